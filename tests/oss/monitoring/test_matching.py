"""What the causes of now make of the incidents that are open."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from oss.monitoring.causes import Cause, Thing, Why
from oss.monitoring.matching import Change, Held, match

PON, OLT, BOX = Thing("pon", 1), Thing("device", 1), Thing("box", 1)
ONUS = [Thing("onu", n) for n in range(8)]


def cut(at: Thing, things: list[Thing], why: Why = Why.CUT) -> Cause:
    return Cause(at, why, frozenset(things), 100.0)


def alone(thing: Thing) -> Cause:
    return Cause(thing, Why.DOWN, frozenset((thing,)), 100.0)


def held(at: Thing, things: list[Thing], why: Why = Why.CUT) -> Held:
    return Held(at, why, frozenset(things))


def test_a_cause_nobody_knew_opens_one() -> None:
    cause = cut(PON, ONUS)
    assert match({}, [cause]) == Change(opened=[cause])


def test_the_same_cause_again_changes_nothing() -> None:
    assert match({7: held(PON, ONUS)}, [cut(PON, ONUS)]) == Change()


def test_what_has_no_cause_any_more_is_over() -> None:
    assert match({7: held(PON, ONUS)}, []) == Change(closed=[7])


def test_more_of_the_same_grows_and_may_move_up() -> None:
    found = match({7: held(BOX, ONUS[:3])}, [cut(PON, ONUS)])
    assert found == Change(changed={7: held(PON, ONUS)})


def test_incidents_that_one_cause_explains_become_the_oldest_of_them() -> None:
    found = match({8: held(ONUS[3], ONUS[3:4], Why.DOWN), 7: held(BOX, ONUS[:3])}, [cut(PON, ONUS)])
    assert found == Change(changed={7: held(PON, ONUS)}, merged={8: 7})


def test_a_repair_that_is_half_done_shrinks_it_and_leaves_it_where_it_was() -> None:
    found = match({7: held(PON, ONUS)}, [alone(one) for one in ONUS[5:]])
    assert found == Change(changed={7: held(PON, ONUS[5:])})


def test_what_is_back_itself_gives_way_to_what_is_still_away_behind_it() -> None:
    site, olt = Thing("site", 1), Thing("device", 1)
    down = held(site, [olt, *ONUS], Why.DOWN)
    assert match({7: down}, [cut(PON, ONUS, Why.POWER)]).changed == {7: held(PON, ONUS, Why.POWER)}
    assert match({7: down}, [cut(site, [olt], Why.DOWN)]).changed == {7: held(site, [olt], Why.DOWN)}


def test_the_last_words_that_come_late_tell_what_it_was() -> None:
    found = match({7: held(PON, ONUS, Why.TOGETHER)}, [cut(PON, ONUS, Why.POWER)])
    assert found == Change(changed={7: held(PON, ONUS, Why.POWER)})


def test_another_loss_beside_an_incident_is_another_incident() -> None:
    other = alone(Thing("onu", 99))
    assert match({7: held(PON, ONUS)}, [cut(PON, ONUS), other]) == Change(opened=[other])


def test_a_parent_that_fails_takes_its_childrens_incidents() -> None:
    olt = Cause(OLT, Why.DOWN, frozenset([OLT, *ONUS]), 90.0)
    found = match({7: held(BOX, ONUS[:4]), 9: held(ONUS[6], ONUS[6:7])}, [olt])
    assert found == Change(changed={7: Held(OLT, Why.DOWN, olt.members)}, merged={9: 7})


@given(st.lists(st.integers(0, 3), min_size=8, max_size=8), st.lists(st.integers(0, 3), min_size=8, max_size=8))
def test_every_incident_is_kept_merged_or_closed_and_every_thing_lost_is_in_one(
    before: list[int], now: list[int]
) -> None:
    """``before`` and ``now`` give each ONU its group; group 0 is well."""
    incidents = {n: held(PON, [o for o, g in zip(ONUS, before, strict=True) if g == n]) for n in set(before) - {0}}
    found = [cut(PON, [o for o, g in zip(ONUS, now, strict=True) if g == n]) for n in set(now) - {0}]
    change = match(incidents, found)
    kept = set(incidents) - set(change.closed) - set(change.merged)
    after = {n: change.changed.get(n, incidents[n]).members for n in kept}
    assert all(into in kept for into in change.merged.values())
    covered = [thing for members in after.values() for thing in members]
    covered += [thing for cause in change.opened for thing in cause.members]
    assert sorted(covered) == sorted(o for o, g in zip(ONUS, now, strict=True) if g)
