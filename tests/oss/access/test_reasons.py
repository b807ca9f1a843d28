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


def test_the_facts_of_a_refusal_make_its_sentence_precise() -> None:
    invoice = {"invoice": "1-123", "due_on": "2026-11-14"}
    assert reasons.words("overdue", invoice) == "Blocked: invoice 1-123 overdue since 2026-11-14"
    assert reasons.words("overdue", {"note": "123", "invoice": "1-123"}) == "Invoice overdue: 123"
    there = {"nas": "BNG-2", "since": "2026-11-26T10:00:00Z", "calling_station_id": "02:AA:BB:CC:DD:EE"}
    assert reasons.words("session_open", there) == "A session is open at BNG-2 since 2026-11-26T10:00:00Z"
    assert reasons.words("session_open") == "A session is open already"
    assert reasons.words("slowed", {"tries": 12}).startswith("12 wrong passwords")


def test_what_a_fact_holds_is_never_read_as_a_place_for_another() -> None:
    assert reasons.words("manual", {"note": "{tries}"}) == "Blocked by staff: {tries}"
    assert set(reasons.PRECISE) <= set(reasons.SENTENCES)
