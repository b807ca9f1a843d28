"""A password somebody chooses: checked against the rules, and against an operator's list of breached ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from oss.base import db
from oss.base.problems import InvalidInput
from oss.staff import breached, password_rules

_lists: list[Path | None] = []


def look_in(path: Path | None) -> None:
    """The operator's list of breached passwords, from now on."""
    _lists[:] = [path]


async def weakness(password: str, known: Sequence[str]) -> str | None:
    """What is wrong with it; the rules take a millisecond, the list is read in a thread."""
    wrong = password_rules.weakness(password, known)
    if wrong is None and await breached.holds(_lists[0] if _lists else None, password):
        wrong = password_rules.BREACHED
    return wrong


async def demand(password: str, known: Sequence[str], field: str = "password") -> None:
    """Raise InvalidInput for a weak one."""
    if wrong := await weakness(password, known):
        raise InvalidInput({field: wrong})


async def known_of(connection: db.Connection, user_id: int) -> list[str]:
    """What guessers would try of a member of staff: name, login, address, the companies."""
    row = await connection.fetchrow(
        "select login, name, coalesce(email, '') as email, "
        "(select coalesce(array_agg(name || ' ' || legal_name), '{}') from company) as companies "
        "from staff_user where id = $1",
        user_id,
    )
    return [row["login"], row["name"], row["email"], *row["companies"]] if row else []
