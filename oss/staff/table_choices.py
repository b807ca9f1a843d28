"""Which columns a person wants to see of a list, in which order, and how close its rows stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oss.base import db
from oss.base.problems import InvalidInput

DENSITIES = ("comfortable", "compact")


@dataclass(frozen=True, slots=True)
class Choice:
    """Empty: as the list comes."""

    columns: tuple[str, ...] = ()
    density: str = ""


async def of(user_id: int, name: str) -> Choice:
    """What a person chose for a list."""
    sql = "select columns, density from table_choice where user_id = $1 and list = $2"
    row = await db.fetchrow(sql, user_id, name)
    return Choice(tuple(row["columns"]), row["density"] or "") if row else Choice()


async def set_columns(user_id: int, name: str, columns: Sequence[str]) -> None:
    """Keep the columns; none: as the list comes. A look, no change of the provider's: it leaves no audit row."""
    await db.execute(
        "insert into table_choice (user_id, list, columns) values ($1, $2, $3) "
        "on conflict (user_id, list) do update set columns = excluded.columns",
        user_id,
        name,
        list(columns),
    )


async def set_density(user_id: int, name: str, density: str) -> None:
    """Keep how close the rows stand."""
    if density not in DENSITIES:
        raise InvalidInput({"density": "one of " + ", ".join(DENSITIES)})
    await db.execute(
        "insert into table_choice (user_id, list, density) values ($1, $2, $3) "
        "on conflict (user_id, list) do update set density = excluded.density",
        user_id,
        name,
        density,
    )
