"""Every reason there is can be put into words; on the wire there is one sentence."""

from __future__ import annotations

import inspect
import re

from oss.access import decide, logins, reasons


def test_every_reason_the_rule_or_the_node_can_give_has_a_sentence() -> None:
    node = set(re.findall(r'_reject\(packet, peer, (?:entry\.)?login, "(\w+)"', inspect.getsource(logins)))
    rule = set(re.findall(r'Reason\("(\w+)"', inspect.getsource(decide))) | set(decide.PRECEDENCE)
    assert len(node) >= 5 and len(rule) >= 8 and node | rule <= set(reasons.SENTENCES)


def test_facts_stand_where_they_belong() -> None:
    assert reasons.words("overdue", {"note": "17, 2026-10-10"}) == "Invoice overdue: 17, 2026-10-10"
    assert reasons.words("promised", {"until": "2026-12-01"}) == "Promise to pay until 2026-12-01"


def test_a_missing_fact_reads_as_a_dash() -> None:
    assert reasons.words("manual", {"note": ""}) == reasons.words("manual") == "Blocked by staff: -"


def test_a_reason_nobody_knows_is_told_as_it_is() -> None:
    assert reasons.words("moon_phase", {"note": "x"}) == "moon_phase"


def test_the_wire_hears_nothing_precise() -> None:
    heard = reasons.ON_THE_WIRE.lower()
    assert heard.isascii() and len(heard) <= 253
    assert not any(word in heard for word in ("senha", "password", "debito", "fatura", "bloque", "login"))
