"""How much to ask of a device at once, as it is learned."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from snmp.sizing import LEAST, MOST, START, Sizing

COLUMN = "1.3.6.1.2.1.2.2.1.10"


def test_a_table_is_asked_for_with_one_row_more_than_it_had() -> None:
    sizing = Sizing()
    assert sizing.ask(COLUMN) == START
    sizing.walked(COLUMN, 5)
    assert (sizing.ask(COLUMN), sizing.ask("another")) == (6, START)


def test_a_device_that_answers_well_is_asked_for_more_up_to_a_frame() -> None:
    sizing = Sizing()
    for _ in range(5):
        sizing.walked(COLUMN, 500)
    assert sizing.ask(COLUMN) == MOST


def test_one_that_could_not_is_never_asked_for_so_much_again() -> None:
    sizing = Sizing()
    assert sizing.shrink(28) and sizing.ask(COLUMN) == 14
    sizing.walked(COLUMN, 500)
    assert sizing.ask(COLUMN) == 14
    sizing.cut(5)
    sizing.walked(COLUMN, 500)
    assert sizing.ask(COLUMN) == 5


@given(st.lists(st.tuples(st.sampled_from(["walked", "cut", "shrink"]), st.integers(0, 300)), max_size=50))
def test_what_is_asked_is_always_something_and_shrinking_ends(steps: list[tuple[str, int]]) -> None:
    sizing = Sizing()
    for what, rows in steps:
        if what == "walked":
            sizing.walked(COLUMN, rows)
        elif what == "cut":
            sizing.cut(rows)
        else:
            before = sizing.ask(COLUMN)
            assert not sizing.shrink(before) or sizing.ask(COLUMN) < before
        assert LEAST <= sizing.ask(COLUMN) <= sizing.largest <= sizing.ceiling <= MOST
