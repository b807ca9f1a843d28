"""Two scopes of one person: the rows both hold, and whether one holds all that the other does."""

from __future__ import annotations

import pytest

from oss.staff.scopes import ALL, NONE, Scope, both, covers

CITY, OWN, BOTH = (Scope(kind, ("Serra",), 7) for kind in ("city", "own", "both"))  # type: ignore[arg-type]
MOVED = Scope("city", ("Vila",), 7)


@pytest.mark.parametrize(
    ("one", "other", "held"),
    [(ALL, CITY, CITY), (OWN, ALL, OWN), (CITY, OWN, BOTH), (OWN, CITY, BOTH), (CITY, NONE, NONE), (NONE, ALL, NONE)],
)
def test_what_two_permissions_open_is_what_each_of_them_does(one: Scope, other: Scope, held: Scope) -> None:
    assert both(one, other).kind == held.kind
    assert both(CITY, OWN) == BOTH


@pytest.mark.parametrize(
    ("wide", "narrow"), [(ALL, CITY), (ALL, NONE), (CITY, CITY), (CITY, BOTH), (OWN, BOTH), (BOTH, BOTH)]
)
def test_a_scope_covers_what_lies_in_it(wide: Scope, narrow: Scope) -> None:
    assert covers(wide, narrow)


@pytest.mark.parametrize(
    ("narrow", "wide"), [(CITY, ALL), (CITY, OWN), (OWN, CITY), (BOTH, CITY), (NONE, CITY), (MOVED, CITY), (NONE, NONE)]
)
def test_it_covers_nothing_beyond(narrow: Scope, wide: Scope) -> None:
    assert not covers(narrow, wide)
