"""How a member of staff likes the console: theme, density, language, time zone."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

from oss.base import audit, db
from oss.base.problems import InvalidInput

CHOICES = {
    "theme": ("system", "light", "dark"),
    "density": ("comfortable", "compact"),
    "language": ("pt-BR", "en"),
}
NAMES = (*CHOICES, "zone")
COMPANY = "company"  # the zone of the company, wherever it moves: kept as null
BRAZIL = (
    "America/Noronha",
    "America/Sao_Paulo",
    "America/Bahia",
    "America/Recife",
    "America/Fortaleza",
    "America/Belem",
    "America/Cuiaba",
    "America/Manaus",
    "America/Porto_Velho",
    "America/Rio_Branco",
)
PRESENT = "select theme, density, language, zone from staff_user where id = $1 for update"
SAVE = "update staff_user set theme = $2, density = $3, language = $4, zone = $5 where id = $1"


@cache
def zones() -> tuple[str, ...]:
    """The zones that may be chosen: those of Brazil, then the others of the world by name, no bare offsets."""
    world = (name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix", "right")))
    return (*BRAZIL, *sorted(set(world) - set(BRAZIL)), "UTC")


def check(chosen: dict[str, str]) -> None:
    """Raise InvalidInput for a value that is none of the choices."""
    wrong = {
        name: "one of " + ", ".join(CHOICES[name])
        for name, value in chosen.items()
        if name in CHOICES and value not in CHOICES[name]
    }
    if chosen.get("zone", COMPANY) not in (COMPANY, *zones()):
        wrong["zone"] = "is not known"
    if wrong:
        raise InvalidInput(wrong)


async def save(actor: audit.Actor, user_id: int, chosen: dict[str, str]) -> None:
    """Keep what was chosen; what is not named stays."""
    check(chosen)
    if not chosen:
        return
    wanted: dict[str, str | None] = {**chosen}
    if chosen.get("zone") == COMPANY:
        wanted["zone"] = None
    async with db.transaction() as connection:
        before = await connection.fetchrow(PRESENT, user_id)
        after = dict(before) | wanted
        await connection.execute(SAVE, user_id, *(after[name] for name in NAMES))
        diff = audit.changed(before, after)
        if diff:
            await audit.note(connection, actor, "user.preferences", "staff_user", user_id, **diff)
