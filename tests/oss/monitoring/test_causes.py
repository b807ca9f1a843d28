"""Which cause explains what is down."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from oss.monitoring.causes import TOGETHER_S, Cause, Down, Last, Thing, Tree, Why, causes

SITE, OLT, ROUTER = Thing("site", 1), Thing("device", 1), Thing("device", 2)
PONS = [Thing("pon", n) for n in (1, 2)]
BOXES = [Thing("box", n) for n in range(8)]
ONUS = [Thing("onu", n) for n in range(64)]
"""A site with a router and, behind it, an OLT; 2 PONs, each of 4 boxes of 8 ONUs."""


def plant() -> Tree:
    parents = {ROUTER: SITE, OLT: ROUTER, PONS[0]: OLT, PONS[1]: OLT}
    parents |= {box: PONS[n // 4] for n, box in enumerate(BOXES)}
    parents |= {onu: BOXES[n // 8] for n, onu in enumerate(ONUS)}
    return Tree(parents)


def lost(things: list[Thing], at: float = 100.0, last: Last = Last.LIGHT) -> dict[Thing, Down]:
    return {thing: Down(at, last) for thing in things}


def only(found: list[Cause]) -> Cause:
    assert len(found) == 1, found
    return found[0]


def test_what_is_behind_a_thing_that_is_down_is_no_cause() -> None:
    found = only(causes(plant(), {**lost([OLT]), **lost(ONUS, 130.0)}))
    assert (found.at, found.why, len(found.members), found.began) == (OLT, Why.DOWN, 65, 100.0)


def test_a_site_that_is_down_hides_all_below_though_what_is_between_was_not_seen() -> None:
    found = only(causes(plant(), {**lost([SITE], 150.0), **lost(ONUS[:3], 100.0)}))
    assert found.at == SITE and found.members == {SITE, *ONUS[:3]}


def test_a_pon_whose_onus_lost_their_light_together_is_cut_there() -> None:
    found = only(causes(plant(), lost(ONUS[:32])))
    assert (found.at, found.why, len(found.members)) == (PONS[0], Why.CUT, 32)


def test_onus_of_one_box_that_lost_their_light_together_are_cut_at_the_box() -> None:
    found = only(causes(plant(), lost(ONUS[8:16])))
    assert (found.at, found.why) == (BOXES[1], Why.CUT)


def test_dying_gasps_tell_that_the_power_is_out() -> None:
    down = {**lost(ONUS[:26], last=Last.POWER), **lost(ONUS[26:32], last=Last.NOTHING)}
    assert only(causes(plant(), down)).why is Why.POWER


def test_when_nobody_said_how_it_is_only_said_that_they_were_lost_together() -> None:
    assert only(causes(plant(), lost(ONUS[:32], last=Last.NOTHING))).why is Why.TOGETHER


def test_all_pons_of_an_olt_lost_together_point_to_the_olt() -> None:
    assert only(causes(plant(), lost(ONUS))).at == OLT


def test_who_had_been_off_before_does_not_hide_a_cut() -> None:
    down = {**lost(ONUS[:12], 1.0, Last.POWER), **lost(ONUS[12:32], 5_000.0)}
    found = causes(plant(), down)
    cut = next(one for one in found if one.why is Why.CUT)
    assert cut.at == PONS[0] and cut.members == frozenset(ONUS[12:32])


def test_neighbours_who_switch_off_one_after_the_other_are_each_their_own() -> None:
    down = {onu: Down(n * (TOGETHER_S + 1), Last.POWER) for n, onu in enumerate(ONUS[:8])}
    assert [one.at for one in causes(plant(), down)] == ONUS[:8]


def test_two_of_a_box_are_no_cut() -> None:
    assert len(causes(plant(), lost(ONUS[:2]))) == 2


def test_a_few_of_a_pon_spread_over_its_boxes_are_each_their_own() -> None:
    assert len(causes(plant(), lost(ONUS[0:32:8]))) == 4


def test_two_cuts_at_once_are_two_causes() -> None:
    found = causes(plant(), {**lost(ONUS[0:8]), **lost(ONUS[40:48], 110.0, Last.POWER)})
    assert {(one.at, one.why) for one in found} == {(BOXES[0], Why.CUT), (BOXES[5], Why.POWER)}


def test_a_thing_nobody_knows_the_place_of_is_its_own_cause() -> None:
    stranger = Thing("onu", 999)
    assert only(causes(plant(), lost([stranger]))).at == stranger


def test_a_site_of_which_no_device_answers_is_dark_whatever_way_each_is_reached() -> None:
    radio, tower = Thing("device", 3), Thing("site", 2)
    tree = plant()
    sites = {ROUTER: SITE, OLT: tower, radio: tower}
    standing = Tree({**tree.parents, radio: ROUTER}, sites)
    found = only(causes(standing, {**lost([OLT, *ONUS]), **lost([radio], 110.0)}))
    assert (found.at, found.why, len(found.members), found.began) == (tower, Why.DOWN, 66, 100.0)
    assert only(causes(standing, lost([OLT]))).at == OLT


EVERYTHING = [SITE, ROUTER, OLT, *PONS, *BOXES, *ONUS]
DOWN = st.dictionaries(
    st.sampled_from(EVERYTHING), st.builds(Down, st.floats(0, 500), st.sampled_from(Last)), max_size=len(EVERYTHING)
)


@given(DOWN)
def test_each_thing_that_is_down_has_exactly_one_cause_at_or_above_it(down: dict[Thing, Down]) -> None:
    tree = plant()
    found = causes(tree, down)
    members = [thing for one in found for thing in one.members]
    assert len(members) == len(set(members)) and set(members) == set(down)
    for one in found:
        assert all(thing == one.at or one.at in tree.above(thing) for thing in one.members)


@given(DOWN)
def test_the_order_in_which_it_is_seen_changes_nothing(down: dict[Thing, Down]) -> None:
    backwards = dict(reversed(down.items()))
    assert causes(plant(), down) == causes(plant(), backwards)
