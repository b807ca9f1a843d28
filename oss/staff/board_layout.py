"""How each person has arranged the board: which widgets, in which order, how large; audited as preferences are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from oss.base import audit, db
from oss.base.problems import InvalidInput
from oss.base.widgets import SIZES, WIDGETS, Widget, allowed

STEPS = ("earlier", "later", "remove", "add")
ACTS = (*STEPS, *SIZES)
KEEP = """insert into board_layout (user_id, widgets, updated_at) values ($1, $2::jsonb, now())
on conflict (user_id) do update set widgets = excluded.widgets, updated_at = excluded.updated_at"""


@dataclass(frozen=True, slots=True)
class Placed:
    """One widget on somebody's board."""

    key: str
    size: str


def usual(permissions: frozenset[str]) -> list[Placed]:
    """The board of whoever has arranged nothing."""
    return [Placed(one.key, one.sizes[0]) for one in allowed(permissions)]


async def read(user_id: int, permissions: frozenset[str]) -> list[Placed]:
    """Somebody's board: what may be seen of what was placed."""
    return _shown(await db.fetchval("select widgets from board_layout where user_id = $1", user_id), permissions)


def _shown(kept: str | None, permissions: frozenset[str]) -> list[Placed]:
    """A widget whose feature or permission is gone is left out; a size it has no more becomes its usual one."""
    if kept is None:
        return usual(permissions)
    known = {one.key: one for one in allowed(permissions)}
    found = {key: Placed(key, _size(known[key], size)) for key, size in json.loads(kept) if key in known}
    return list(found.values())


def _size(widget: Widget, size: str) -> str:
    return size if size in widget.sizes else widget.sizes[0]


def missing(placed: Sequence[Placed], permissions: frozenset[str]) -> list[Widget]:
    """What could be added."""
    present = {one.key for one in placed}
    return [one for one in allowed(permissions) if one.key not in present]


def acted(placed: Sequence[Placed], act: str, key: str, at: int | None = None) -> list[Placed]:
    """The board after one act; ``at``: where a widget is added, the end if None. Raises InvalidInput.

    What is there already is not added again, what is gone is not moved: two windows may be open.
    """
    if act not in ACTS or key not in WIDGETS:
        raise InvalidInput({"act": "one of " + ", ".join(ACTS)})
    found, here = list(placed), next((n for n, one in enumerate(placed) if one.key == key), None)
    if act == "add":
        if here is None:
            found.insert(len(found) if at is None else max(0, at), Placed(key, WIDGETS[key].sizes[0]))
    elif here is not None:
        _change(found, act, here)
    return found


def _change(found: list[Placed], act: str, here: int) -> None:
    one = found.pop(here)
    if act in SIZES:
        found.insert(here, Placed(one.key, _size(WIDGETS[one.key], act)))
    elif act != "remove":
        found.insert(max(0, here + (1 if act == "later" else -1)), one)


def ordered(placed: Sequence[Placed], keys: Sequence[str]) -> list[Placed]:
    """The same widgets in another order; what ``keys`` does not name keeps its order behind them."""
    known = {one.key: one for one in placed}
    first = [known.pop(key) for key in keys if key in known]
    return [*first, *known.values()]


async def act(
    actor: audit.Actor, user_id: int, permissions: frozenset[str], name: str, key: str, at: int | None = None
) -> None:
    """Move, size, add or remove one widget, and keep it."""
    async with db.transaction() as connection:
        present = await _locked(connection, user_id, permissions)
        await _keep(connection, actor, user_id, acted(present, name, key, at))


async def order(actor: audit.Actor, user_id: int, permissions: frozenset[str], keys: Sequence[str]) -> None:
    """Put the widgets in this order, and keep it."""
    async with db.transaction() as connection:
        present = await _locked(connection, user_id, permissions)
        await _keep(connection, actor, user_id, ordered(present, keys))


async def reset(actor: audit.Actor, user_id: int) -> None:
    """Back to the usual board."""
    async with db.transaction() as connection:
        await connection.execute("delete from board_layout where user_id = $1", user_id)
        await audit.note(connection, actor, "user.board_reset", "staff_user", user_id)


async def _locked(connection: db.Connection, user_id: int, permissions: frozenset[str]) -> list[Placed]:
    """The board as it is now; another act of the same person waits."""
    await connection.execute("select 1 from staff_user where id = $1 for no key update", user_id)
    kept = await connection.fetchval("select widgets from board_layout where user_id = $1", user_id)
    return _shown(kept, permissions)


async def _keep(connection: db.Connection, actor: audit.Actor, user_id: int, placed: Sequence[Placed]) -> None:
    kept = [[one.key, one.size] for one in placed]
    await connection.execute(KEEP, user_id, json.dumps(kept))
    await audit.note(connection, actor, "user.board", "staff_user", user_id, widgets=kept)
