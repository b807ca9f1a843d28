"""The one rule, for every combination of holds there is."""

from __future__ import annotations

import dataclasses
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.access.decide import EFFECTS, PRECEDENCE, SEVERITY, Access, Decision, Facts, HoldFact, Speeds, decide

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
RATES = st.integers(1, 2_000_000)
INSTANTS = st.integers(-5, 5).map(lambda hours: NOW + timedelta(hours=hours))


def hold(reason: str) -> st.SearchStrategy[HoldFact]:
    effects = st.sampled_from(sorted(EFFECTS))
    return st.builds(HoldFact, st.just(reason), effects, INSTANTS, st.text(max_size=5), st.none() | INSTANTS)


# At most one hold a reason, as the database keeps it.
HOLDS = st.lists(st.sampled_from(sorted(PRECEDENCE)), unique=True).flatmap(
    lambda reasons: st.tuples(*(hold(reason) for reason in reasons))
)
SPEEDS = st.builds(Speeds, RATES, RATES, RATES, RATES, st.none() | st.just("clientes"))
FACTS = st.builds(Facts, st.just(True), st.just(True), SPEEDS, HOLDS)


def applies(one: HoldFact, now: datetime) -> bool:
    return one.masked_until is None or now >= one.masked_until


def without(facts: Facts, reason: str) -> Facts:
    return dataclasses.replace(facts, holds=tuple(h for h in facts.holds if h.reason != reason))


def what(decision: Decision) -> tuple[object, ...]:
    """The decision without its reason in words."""
    return decision.access, decision.down_kbps, decision.up_kbps, decision.address_list, decision.pool


@given(FACTS, INSTANTS)
def test_a_contract_with_a_cut_hold_never_gets_access(facts: Facts, now: datetime) -> None:
    cut = any(h.effect == "cut" and applies(h, now) for h in facts.holds)
    assert (decide(facts, now).access is Access.REJECT) == cut


@given(FACTS, INSTANTS)
def test_the_worst_hold_that_applies_decides(facts: Facts, now: datetime) -> None:
    applying = [EFFECTS[h.effect] for h in facts.holds if applies(h, now)]
    worst = max(applying, key=SEVERITY.__getitem__, default=Access.FULL)
    assert decide(facts, now).access is worst


@given(FACTS, INSTANTS, st.randoms(use_true_random=False))
def test_the_order_of_holds_does_not_matter(facts: Facts, now: datetime, chance: random.Random) -> None:
    shuffled = list(facts.holds)
    chance.shuffle(shuffled)
    assert decide(dataclasses.replace(facts, holds=tuple(shuffled)), now) == decide(facts, now)


@given(FACTS, INSTANTS)
def test_a_payment_never_lifts_anothers_hold(facts: Facts, now: datetime) -> None:
    paid = decide(without(facts, "overdue"), now)
    for one in facts.holds:
        if one.reason != "overdue" and applies(one, now):
            assert SEVERITY[paid.access] >= SEVERITY[EFFECTS[one.effect]]


@given(FACTS, hold("manual"), INSTANTS)
def test_one_hold_more_never_gives_more_access(facts: Facts, more: HoldFact, now: datetime) -> None:
    before = without(facts, "manual")
    after = dataclasses.replace(before, holds=(*before.holds, more))
    assert SEVERITY[decide(after, now).access] >= SEVERITY[decide(before, now).access]


@given(FACTS, INSTANTS)
def test_a_masked_hold_is_as_good_as_none(facts: Facts, now: datetime) -> None:
    visible = tuple(h for h in facts.holds if applies(h, now))
    assert what(decide(dataclasses.replace(facts, holds=visible), now)) == what(decide(facts, now))


@given(FACTS, INSTANTS, st.integers(0, 20 * 3600))
def test_nothing_changes_by_itself_before_until(facts: Facts, now: datetime, seconds: int) -> None:
    present, later = decide(facts, now), now + timedelta(seconds=seconds)
    if present.until is None or later < present.until:
        assert decide(facts, later) == present


@given(FACTS, INSTANTS)
def test_until_is_the_first_end_of_a_mask_and_then_the_hold_applies(facts: Facts, now: datetime) -> None:
    until = decide(facts, now).until
    ends = [h.masked_until for h in facts.holds if h.masked_until is not None and h.masked_until > now]
    assert until == min(ends, default=None)
    if until is not None:
        ended = [h for h in facts.holds if h.masked_until == until]
        assert all(SEVERITY[decide(facts, until).access] >= SEVERITY[EFFECTS[h.effect]] for h in ended)


@given(FACTS, INSTANTS)
def test_the_reason_named_is_that_of_a_hold_which_applies_and_decides(facts: Facts, now: datetime) -> None:
    found = decide(facts, now)
    applying = {h.reason: h for h in facts.holds if applies(h, now)}
    if not applying:
        assert found.reason.code == ("promised" if facts.holds else "in_order")
        return
    named = applying[found.reason.code]
    assert EFFECTS[named.effect] is found.access
    assert found.reason.facts["note"] == named.note and found.reason.facts["since"] == named.since
    rivals = [h.reason for h in applying.values() if h.effect == named.effect]
    # Somebody who owes and is blocked by hand is told of the hold that a payment cannot lift.
    assert found.reason.code == min(rivals, key=PRECEDENCE.__getitem__)


@given(FACTS, INSTANTS)
def test_a_debt_never_speeds_anybody_up(facts: Facts, now: datetime) -> None:
    found, speeds = decide(facts, now), facts.speeds
    assert found.down_kbps <= speeds.down_kbps and found.up_kbps <= speeds.up_kbps
    if found.access in (Access.REDUCED, Access.WALLED):
        assert found.down_kbps <= speeds.reduced_down_kbps and found.up_kbps <= speeds.reduced_up_kbps
    assert (found.address_list == facts.walled_list) == (found.access is Access.WALLED)


@given(FACTS, INSTANTS)
def test_neither_an_ended_contract_nor_a_switched_off_login_gets_in(facts: Facts, now: datetime) -> None:
    ended = decide(dataclasses.replace(facts, contract_active=False, account_enabled=False), now)
    off = decide(dataclasses.replace(facts, account_enabled=False), now)
    assert (ended.access, ended.reason.code, ended.until) == (Access.REJECT, "contract_ended", None)
    assert (off.access, off.reason.code, off.until) == (Access.REJECT, "account_disabled", None)


def test_a_promise_opens_the_line_until_it_ends() -> None:
    end = NOW + timedelta(days=3)
    overdue = HoldFact("overdue", "cut", NOW - timedelta(days=50), "17, 2026-10-10", end)
    facts = Facts(True, True, Speeds(500_000, 250_000, 1024, 512), (overdue,))
    found = decide(facts, NOW)
    assert (found.access, found.reason.code, found.reason.facts, found.until) == (
        *(Access.FULL, "promised", {"until": end}, end),
    )
    after = decide(facts, end)
    assert (after.access, after.reason.code, after.until) == (Access.REJECT, "overdue", None)


@pytest.mark.parametrize(
    ("effect", "access", "rates", "listed"),
    [
        ("reduce", Access.REDUCED, (1024, 512), None),
        ("wall", Access.WALLED, (1024, 512), "milha-bloqueados"),
        ("cut", Access.REJECT, (500_000, 250_000), None),
    ],
)
def test_each_effect_has_its_access(effect: str, access: Access, rates: tuple[int, int], listed: str | None) -> None:
    facts = Facts(True, True, Speeds(500_000, 250_000, 1024, 512), (HoldFact("manual", effect, NOW),))
    found = decide(facts, NOW)
    assert (found.access, (found.down_kbps, found.up_kbps), found.address_list) == (access, rates, listed)
