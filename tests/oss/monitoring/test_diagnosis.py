"""The judge: whatever is known, one first sentence comes of it, and never a cause without its facts."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oss.access.decide import Access, Decision, HoldFact, Reason
from oss.access.line_known import Account, Observed, Past, Provision, Refusal, Request, Router, Session, Stranger, Twin
from oss.contracts.line_facts import Contract
from oss.drivers.olt import OnuNow
from oss.drivers.router import Limit, Rate
from oss.monitoring.diagnosis import LAST_RESORTS, judge
from oss.monitoring.diagnosis_causes import KINDS, Cause, cause
from oss.monitoring.diagnosis_facts import Facts, Live
from oss.monitoring.line_facts import Away, Carrying, Debt, Neighbour, Plant, Standing, Trend, trend_of
from tests.oss.monitoring.staged import speaking
from web.console import diagnosis_words
from web.console.diagnosis_sentences import SENTENCES

NOW = datetime(2026, 11, 26, 17, 0, tzinfo=UTC)
AGO = NOW - timedelta(minutes=8)
ENDED = Past(AGO, NOW - timedelta(hours=5), 60, "User-Request", None, None, 1, "BNG-1", None, 1, 1)
ROUTER = Router(1, "BNG-1", True, 60, None, "192.0.2.1", AGO, True, 0, None, None)
SESSION = Session(
    b"1", NOW - timedelta(hours=3), NOW - timedelta(seconds=40), "100.64.0.9", None, None, "AA:BB:CC:00:00:01", "pon-1",
    1, "BNG-1", 60, "80", 1_000_000, 9_000_000, 10, 20, "full:500000/250000", "full:500000/250000", None, None,
)  # fmt: skip
PLANT = Plant(
    1, "HWTC1", "online", None, -20.0, -21.0, 900.0, 3, 7, "0/1/0", 4, "OLT-1", "Serra", "CTO-1", True, True, NOW,
    tuple(Neighbour(n, f"HWTC{n}", "online", -20.0, None) for n in range(2, 9)),
)  # fmt: skip
DECISION = Decision(Access.FULL, 500_000, 250_000, None, None, Reason("in_order"), None)
ACCOUNT = Account(True, "password", 1, "newest", "off", {}, None, DECISION, None)
CONTRACT = Contract(1, "active", date(2025, 1, 1), None, "Fibra 500", 500_000, 250_000, None, 10_990, "Ana", NOW.date())
WELL = Facts(NOW, "cli1", CONTRACT, ACCOUNT, (SESSION,), plant=PLANT)
AWAY = replace(WELL, sessions=())


def dark(word: str, others: str = "online", of: int = 7) -> Plant:
    """Its ONU dark by a last word, ``of`` neighbours being as they are."""
    lit = -20.0 if others == "online" else None
    rest = tuple(Neighbour(n, f"HWTC{n}", others, lit, AGO) for n in range(2, 2 + of))
    return replace(PLANT, word=word, since=AGO, rx_dbm=None, others=rest)


def held(reason: str, effect: str) -> Account:
    access = {"reduce": Access.REDUCED, "wall": Access.WALLED, "cut": Access.REJECT}[effect]
    hold = HoldFact(reason, effect, AGO)
    decided = replace(DECISION, access=access, down_kbps=1_024, reason=Reason(reason))
    return replace(ACCOUNT, decision=decided, hold=hold, placed_by="bia")


def refusal(reason: str, **facts: Any) -> tuple[Refusal, ...]:
    return (Refusal(reason, 4, AGO, NOW - timedelta(minutes=1), facts, "BNG-1"),)


def incident(why: str, kind: str = "pon", name: str = "OLT-1 0/1/0") -> tuple[Standing, ...]:
    return (Standing(9, why, kind, 7, name, AGO, 24, 24, "critical", False, None, None, "", AGO, 24),)


REQUESTS = tuple(Request(NOW - timedelta(minutes=n), "", "AA", "p", 1, "BNG-1") for n in range(1, 5))
RUN = Provision(3, "authorise", "stuck", "HWTC1", AGO, "OLT-1", None, None, None, None)
TABLE: dict[str, Facts] = {
    "well": WELL,
    "wrong_password": replace(AWAY, rejects=refusal("wrong_password")),
    "refused": replace(AWAY, rejects=refusal("no_method", wanted="EAP", offered="PAP")),
    "unknown_login": replace(AWAY, stranger=Stranger("clil", 3, AGO, "BNG-1")),
    "wrong_vlan": replace(AWAY, rejects=refusal("wrong_line", what="vlan", seen="200", expected="100")),
    "too_many_sessions": replace(WELL, rejects=refusal("session_open", nas="BNG-2", since="2026-11-26T12:00:00Z")),
    "no_address": replace(AWAY, asked=REQUESTS),
    "duplicate_mac": replace(AWAY, twin=Twin("cli2", "AABBCC000001", AGO, "BNG-1")),
    "shared_mac": replace(WELL, twin=Twin("cli2", "AABBCC000001", AGO, "BNG-1")),
    "contract_ended": replace(AWAY, contract=replace(CONTRACT, status="ended", ended_on=date(2026, 11, 1))),
    "contract_not_begun": replace(AWAY, contract=replace(CONTRACT, started_on=date(2026, 12, 1))),
    "debt_cut": replace(AWAY, account=held("overdue", "cut"), debt=Debt(1, 10_990, date(2026, 10, 1), "1-7", 3, 56)),
    "debt_slowed": replace(WELL, account=held("overdue", "reduce"), debt=Debt(1, 10_990, AGO.date(), "1-7", 3, 9)),
    "debt_lifting": replace(AWAY, account=held("overdue", "cut"), debt=Debt(0, 0)),
    "held": replace(AWAY, account=held("manual", "cut")),
    "fraud": replace(AWAY, account=held("fraud", "wall")),
    "paused": replace(AWAY, account=held("pause", "cut")),
    "onu_power": replace(AWAY, plant=dark("dying-gasp")),
    "onu_fibre": replace(AWAY, plant=dark("los")),
    "onu_dark": replace(AWAY, plant=dark("offline")),
    "some_fibre": replace(AWAY, plant=replace(dark("los"), others=(*dark("los", "los", 3).others, *PLANT.others))),
    "area_power": replace(AWAY, plant=dark("dying-gasp", "dying-gasp", 23)),
    "area_fibre": replace(AWAY, plant=dark("los", "los", 23)),
    "area_lost": replace(AWAY, plant=dark("offline", "offline", 23)),
    "device_down": replace(AWAY, incidents=incident("down", "link", "core – ring-a")),
    "olt_down": replace(AWAY, away=(Away(4, "OLT-1", "olt", AGO),)),
    "nas_down": replace(AWAY, away=(Away(5, "BNG-1", "router", AGO),),
                        router=replace(ROUTER, device_id=5)),
    "nas_silent": replace(AWAY, router=ROUTER),
    "nas_secret": replace(AWAY, router=replace(ROUTER, heard_at=NOW, garbled=8)),
    "nas_unknown": replace(AWAY, router=replace(ROUTER, knock_ip="192.0.2.9", knocked_at=NOW)),
    "onu_unauthorised": replace(AWAY, plant=replace(PLANT, word="unknown", listed=False, rx_dbm=None)),
    "onu_nowhere": replace(AWAY, plant=replace(PLANT, word="unknown", pon_id=None, pon="", olt_id=None, olt="")),
    "provision_stuck": replace(AWAY, provision=RUN),
    "provision_running": replace(AWAY, provision=replace(RUN, state="running")),
    "cpe_off": replace(AWAY, history=(ENDED,)),
    "never_dialled": AWAY,
    "never_seen": Facts(NOW),
    "stale_session": replace(AWAY, sessions=(replace(SESSION, last_seen_at=AGO),), plant=None),
    "limit_differs": replace(WELL, live=Live(True, None, Limit(1_024_000, 512_000, "queue1"), None)),
    "link_full": replace(WELL, links=(Carrying(1, "a – b", 10**9, 9.8e8),)),
    "plan_full": replace(WELL, live=Live(True, Rate(499_000_000, 10), None, None)),
    "weak_light": replace(WELL, live=Live(True, None, None, OnuNow("online", -28.5))),
    "light_below_neighbours": replace(WELL, plant=replace(PLANT, rx_dbm=-26.5)),
    "light_falling": replace(WELL, plant=replace(PLANT, rx_dbm=-23.5), trend=Trend(-20.0, 7, 0.1)),
}  # fmt: skip


@pytest.mark.parametrize("key", TABLE)
def test_facts_give_their_cause(key: str) -> None:
    assert judge(TABLE[key])[0].key == key


def test_an_onu_that_waits_on_an_olt_is_not_authorised_whatever_is_known_of_it() -> None:
    waits = Provision(None, None, None, None, None, None, "0/1/3", "OLT-9", "HWTC1", AGO)
    found = judge(replace(AWAY, plant=dark("offline"), provision=waits))[0]
    assert (found.key, found.facts["olt"], found.facts["pon"]) == ("onu_unauthorised", "OLT-9", "0/1/3")


def test_what_the_router_was_seen_to_apply_goes_before_what_the_books_say() -> None:
    seen = Observed("differs", 10_000_000, 5_000_000, "cli1", AGO, "")
    found = judge(replace(WELL, observed=seen))[0]
    assert (found.key, found.facts["applied_kbps"]) == ("limit_differs", 10_000)
    assert judge(replace(WELL, observed=replace(seen, state="same")))[0].key == "well"


def test_the_sentence_of_a_dark_street_says_how_many_of_how_many_when_and_what_not_to_do() -> None:
    found = judge(replace(AWAY, plant=dark("dying-gasp", "dying-gasp", 23), incidents=incident("power")))[0]
    said = diagnosis_words.cause(speaking("en", NOW), found)
    assert said.sentence == "The power of the street is gone: 24 of 24 ONUs of PON OLT-1 0/1/0 gasped at 13:52."
    assert said.step == "An incident is open; do not send anybody."
    said = diagnosis_words.cause(speaking("pt-BR", NOW), found)
    assert said.sentence == "Falta energia na rua: 24 de 24 ONUs de PON OLT-1 0/1/0 avisaram ao apagar às 13:52."
    assert said.step == "Há um incidente aberto; não envie ninguém."


def test_an_incident_that_the_line_worked_through_hides_none_behind_it() -> None:
    began = NOW - timedelta(days=1)
    old = replace(incident("down", "device", "core")[0], id=8, began_at=began, from_at=began)
    worked = replace(ENDED, started_at=NOW - timedelta(hours=6))
    found = judge(replace(AWAY, history=(worked,), incidents=(old, *incident("cut"))))[0]
    assert (found.key, found.incident) == ("area_fibre", 9)


def test_a_hold_comes_before_a_dark_street_and_this_before_a_password() -> None:
    everything = replace(
        AWAY,
        account=held("manual", "cut"),
        plant=dark("los", "los", 23),
        rejects=refusal("wrong_password"),
    )
    assert [one.key for one in judge(everything)][:3] == ["held", "area_fibre", "wrong_password"]


def test_a_warning_never_explains_that_somebody_is_offline() -> None:
    weak = replace(AWAY, plant=replace(PLANT, rx_dbm=-28.5))
    assert [one.key for one in judge(weak)][:2] == ["never_dialled", "weak_light"]


def test_who_was_let_in_since_is_refused_no_more() -> None:
    since = (Request(NOW, "", "AA", "p", 1, "BNG-1"),)
    assert judge(replace(AWAY, rejects=refusal("wrong_password"), asked=since))[0].key != "wrong_password"


def test_old_refusals_explain_nothing() -> None:
    old = (Refusal("wrong_password", 4, AGO, NOW - timedelta(hours=2), {}, "BNG-1"),)
    assert judge(replace(WELL, rejects=old))[0].key == "well"


def test_light_that_fell_for_the_whole_pon_is_not_one_customers() -> None:
    assert trend_of(1, {1: -23.0, 2: -23.0, 3: -23.0, 4: -23.0}, {1: -20.0, 2: -20.0, 3: -20.0, 4: -20.0}) == Trend(
        -20.0, 7, -3.0
    )
    fell = replace(WELL, plant=replace(PLANT, rx_dbm=-23.0), trend=Trend(-20.0, 7, -3.0))
    assert "light_falling" not in {one.key for one in judge(fell)}


# ------------------------------------------------------------ the words


PLACE = re.compile(r"%\((\w+)\)s")


def test_every_cause_has_its_sentence_and_every_sentence_its_cause() -> None:
    assert set(SENTENCES) == set(KINDS)
    assert {step for kind in KINDS.values() for step in kind.steps} == set(diagnosis_words.STEPS)


@pytest.mark.parametrize("key", KINDS)
def test_a_sentence_is_made_of_facts_that_the_cause_must_have(key: str) -> None:
    sentence, step = SENTENCES[key]
    optional = {"note", "pool", "when"}
    assert set(PLACE.findall(sentence)) - optional <= set(KINDS[key].needs) and not PLACE.findall(step)
    if "when" in PLACE.findall(sentence):
        assert "at" in KINDS[key].needs
    for words in (sentence, step):
        assert words.endswith(".") and words.count(". ") == 0, "one plain sentence"


@pytest.mark.parametrize("language", ["en", "pt-BR"])
@pytest.mark.parametrize("key", TABLE)
def test_each_is_said_in_both_languages(key: str, language: str) -> None:
    said = diagnosis_words.cause(speaking(language, NOW), judge(TABLE[key])[0])
    assert said.sentence.endswith(".") and "%(" not in said.sentence and "None" not in said.sentence
    if language == "pt-BR":
        english = diagnosis_words.cause(speaking("en", NOW), judge(TABLE[key])[0])
        assert said.sentence != english.sentence and said.step != english.step


def test_a_cause_without_its_facts_cannot_be() -> None:
    with pytest.raises(ValueError, match="at"):
        Cause("onu_power")
    assert cause("onu_power", at=None) is None


# ------------------------------------------------------------ whatever is known


moments = st.integers(-90_000, 900).map(lambda seconds: NOW + timedelta(seconds=seconds))
texts = st.sampled_from(["", "cli1", "%(x)s", "{name}", "São João", "00:11"])
names = st.none() | texts
powers = st.none() | st.floats(0, 1e10)
roles = st.sampled_from(["olt", "router"])
json_values = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6)
facts_of = st.dictionaries(
    st.sampled_from(["what", "seen", "expected", "line", "since", "nas", "calling_station_id", "tries"]),
    json_values | st.sampled_from(["mac", "vlan", "port", "nas", "circuit", "2026-11-26T12:00:00Z", "2026-99-99T1"]),
)
reasons = st.sampled_from(
    ["wrong_password", "wrong_line", "session_open", "slowed", "overdue", "no_method", "eap_failed", "something"]
)
words_of_onus = st.sampled_from(["online", "offline", "los", "dying-gasp", "unknown"])
light = st.none() | st.floats(-40, 0)
NEIGHBOURS = [
    Neighbour(number, f"HWTC{number}", word, power, since)
    for number, (word, power, since) in enumerate(
        (
            ("online", -20.0, None),
            ("online", -28.0, AGO),
            ("online", None, None),
            ("los", None, AGO),
            ("dying-gasp", None, None),
            ("offline", -9.0, AGO),
            ("unknown", None, None),
        )
    )
]
neighbours = st.sampled_from(NEIGHBOURS)
accounts = st.none() | st.builds(
    held, st.sampled_from(["overdue", "manual", "fraud", "pause", "new"]), st.sampled_from(["reduce", "wall", "cut"])
)
everything = st.builds(
    Facts,
    now=st.just(NOW),
    login=texts,
    contract=st.none() | st.builds(replace, st.just(CONTRACT), status=st.sampled_from(["active", "ended"])),
    account=accounts | st.just(ACCOUNT),
    sessions=st.lists(
        st.builds(
            replace,
            st.just(SESSION),
            last_seen_at=moments,
            started_at=moments,
            ip=st.none() | st.just("100.64.0.9"),
            nas=st.none() | texts,
            interim_s=st.none() | st.integers(1, 900),
            applied=st.none() | st.just("reduced:1/2") | texts,
            drift_since=st.none() | moments,
            down_bps=st.integers(0, 10**12),
        ),
        max_size=2,
    ).map(tuple),
    rejects=st.lists(
        st.builds(Refusal, reasons, st.integers(1, 99), moments, moments, facts_of, st.none() | texts), max_size=3
    ).map(tuple),
    asked=st.lists(
        st.builds(Request, moments, st.sampled_from(["", "in_order", "overdue"]), texts, texts, st.just(1), names),
        max_size=5,
    ).map(tuple),
    stranger=st.none() | st.builds(Stranger, texts, st.integers(1, 9), moments, st.none() | texts),
    twin=st.none() | st.builds(Twin, texts, texts, moments, st.none() | texts),
    router=st.none()
    | st.builds(
        Router, st.just(1), texts, st.booleans(), st.integers(1, 900), st.none() | st.integers(1, 5), texts,
        st.none() | moments, st.booleans(), st.integers(0, 9), st.none() | texts, st.none() | moments,
    ),
    observed=st.none()
    | st.builds(
        Observed, st.sampled_from(["same", "differs", "gone", "unread"]), st.none() | st.integers(0, 10**10),
        st.none(), texts, moments, texts,
    ),
    provision=st.none()
    | st.builds(
        Provision, st.integers(1, 9), names, st.sampled_from([None, "planned", "running", "stuck", "done"]), names,
        st.none() | moments, names, names, names, names, st.none() | moments,
    ),
    used=st.none(),
    plant=st.none()
    | st.builds(
        replace, st.just(PLANT), word=words_of_onus, since=st.none() | moments, rx_dbm=light, polled=st.booleans(),
        listed=st.booleans(), told_at=st.none() | moments, pon_id=st.none() | st.just(7),
        others=st.lists(neighbours, max_size=8).map(tuple),
    ),
    trend=st.none() | st.builds(Trend, st.floats(-40, 0), st.just(7), st.none() | st.floats(-9, 9)),
    away=st.lists(st.builds(Away, st.integers(1, 5), texts, roles, moments), max_size=2).map(tuple),
    links=st.lists(
        st.builds(Carrying, st.just(1), texts, st.none() | st.integers(0, 10**9), powers), max_size=2
    ).map(tuple),
    incidents=st.lists(
        st.sampled_from(["down", "power", "cut", "together", "rule", "flapping"]).flatmap(
            lambda why: st.sampled_from(["site", "device", "link", "pon", "box", "onu"]).map(
                lambda kind: incident(why, kind)[0]
            )
        ),
        max_size=2,
    ).map(tuple),
    debt=st.none()
    | st.builds(Debt, st.integers(0, 3), st.integers(0, 10**7), st.none(), texts, st.none(), st.integers(0, 400)),
    live=st.builds(
        Live, st.none() | st.booleans(), st.none() | st.builds(Rate, st.integers(0, 10**10), st.integers(0, 10**10)),
        st.none() | st.builds(Limit, st.none() | st.integers(0, 10**10), st.none(), texts),
        st.none() | st.builds(OnuNow, words_of_onus, light),
    ),
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(everything)
def test_whatever_is_known_the_judge_finds_one_first_sentence(known: Facts) -> None:
    found = judge(known)
    assert found and len({one.key for one in found}) == len(found)
    assert sum(one.key in LAST_RESORTS for one in found) <= 1
    for one in found:
        assert all(one.facts.get(name) is not None for name in KINDS[one.key].needs)
        for language in ("en", "pt-BR"):
            said = diagnosis_words.cause(speaking(language, NOW), one)
            assert said.sentence and said.step


def test_the_facts_above_are_all_there_are() -> None:
    """Whoever adds a fact adds it to what hypothesis makes up."""
    assert {one.name for one in fields(Facts)} == {
        *("now", "login", "contract", "account", "sessions", "history", "rejects", "asked", "stranger", "twin"),
        *(
            "router",
            "observed",
            "provision",
            "used",
            "plant",
            "trend",
            "away",
            "links",
            "incidents",
            "debt",
            "available",
            "live",
        ),
    }
