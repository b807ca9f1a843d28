"""The description of a list: an address comes back as it went, and nothing it does not know gets in."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.app import feature_routes
from web.tables import TABLES, State, Table

feature_routes()
NAMES = sorted(TABLES)
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp", "Co", "Cn")), max_size=20
)


@st.composite
def states(draw: st.DrawFn) -> tuple[Table, State]:
    """A list, and a state of it made from an address of all its names with any values."""
    table = TABLES[draw(st.sampled_from(NAMES))]
    given_values: dict[str, str] = {"q": draw(WORDS)}
    for one in table.filters:
        known = st.sampled_from(sorted(one.choices)) if one.choices else st.sampled_from(["7", "2026-11-03", "Lavras"])
        given_values[one.name] = draw(st.one_of(st.just(""), known, WORDS))
    sort = st.sampled_from(sorted(table.sorts)).flatmap(lambda name: st.sampled_from([name, "-" + name]))
    given_values["sort"] = draw(st.one_of(st.just(""), sort, WORDS))
    keys = st.lists(st.one_of(st.sampled_from(table.keys), WORDS), max_size=6)
    given_values["cols"] = ".".join(draw(keys))
    given_values["tab"] = draw(st.sampled_from(["", "all", "12", "0", "-1", "x"]))
    return table, table.read(given_values)


@given(states())
def test_an_address_comes_back_as_it_went(made: tuple[Table, State]) -> None:
    table, state = made
    assert table.read(state.params()) == state
    assert table.read_query(state.query()).query() == state.query()
    assert dict(parse_qsl(state.query())) == {name: v for name, v in state.params().items() if name != "tab"}


@given(states())
def test_only_known_names_get_in(made: tuple[Table, State]) -> None:
    table, state = made
    assert {name for name, _ in state.values} <= {"q", *(one.name for one in table.filters)}
    assert state.sort.removeprefix("-") in {"", *table.sorts}
    assert set(state.columns) <= set(table.keys) and len(set(state.columns)) == len(state.columns)
    for one in table.filters:
        value = dict(state.values).get(one.name, "")
        assert one.kind != "choice" or value == "" or value in one.choices


@pytest.mark.parametrize("name", NAMES)
def test_each_list_describes_itself_whole(name: str) -> None:
    table = TABLES[name]
    assert len(set(table.keys)) == len(table.keys)
    assert table.sort.removeprefix("-") in table.sorts
    assert set(table.first_columns) < set(table.keys) or table.first_columns
    assert any(column.value is not None for column in table.columns)
    assert table.of_file(("nonsense",)) == [column for column in table.columns if column.value is not None]


def test_a_day_that_is_none_narrows_nothing() -> None:
    table = TABLES["invoices"]
    assert (
        table.read({"due_from": "2026-02-30", "due_to": "yesterday", "customer": "0", "state": "x' or 1=1"}) == State()
    )
    assert dict(table.read({"due_from": "2026-02-03"}).values) == {"due_from": "2026-02-03"}
