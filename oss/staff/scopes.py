"""Scopes: a permission is held for all customers, for those of a person's cities, or for their own ones.

A route asks whether a permission is held at all; the query then asks for whom. How a new query takes it: its
function has a parameter ``scope`` (from ``web.auth.scope(request, permission)``, of the very permission its route
asks for) and narrows by `oss.crm.within`, which is the only place that knows which customers a scope holds.
What changes rows by their ids asks `oss.crm.within.require` in the change's transaction, before it changes them.
A row outside the scope does not exist for who asks: it is left out of lists, counts and files, and an address with
its id is 404, never 403. Rows of no customer at all (a login nobody knows) belong to ``ALL`` alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["all", "city", "own", "both", "none"]
KINDS: tuple[Kind, ...] = ("all", "city", "own")  # what a role may be granted


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rows: ``cities`` as they are written with customers, ``user_id`` the member of staff whose own they are.

    ``user_id`` is there with every kind: who makes a customer owns it. None is a program of nobody's.
    ``both`` is nobody's grant: their own ones in their cities, where two permissions are asked for (`both`).
    """

    kind: Kind
    cities: tuple[str, ...] = ()
    user_id: int | None = None

    @property
    def is_all(self) -> bool:
        return self.kind == "all"


ALL = Scope("all")  # what the house does by itself, the command line, jobs
NONE = Scope("none")


def both(one: Scope, other: Scope) -> Scope:
    """The rows that two scopes of the same person hold."""
    if other.is_all or one.kind == other.kind:
        return one
    if one.is_all:
        return other
    kinds = {one.kind, other.kind}
    return NONE if "none" in kinds else Scope("both", one.cities, one.user_id)


def covers(one: Scope, other: Scope) -> bool:
    """Whether a scope of a person holds every row that another of the same person holds."""
    if one.is_all or one.kind == "none":
        return one.is_all
    return other.kind in (one.kind, "both") and (one.kind == "own" or set(other.cities) <= set(one.cities))
