"""How a member of staff likes the console: theme, density, language."""

from __future__ import annotations

from oss.base import audit, db
from oss.base.problems import InvalidInput

CHOICES = {
    "theme": ("system", "light", "dark"),
    "density": ("comfortable", "compact"),
    "language": ("pt-BR", "en"),
}


def check(chosen: dict[str, str]) -> None:
    """Raise InvalidInput for a value that is none of the choices."""
    wrong = {name: "one of " + ", ".join(CHOICES[name]) for name, value in chosen.items() if value not in CHOICES[name]}
    if wrong:
        raise InvalidInput(wrong)


async def save(actor: audit.Actor, user_id: int, chosen: dict[str, str]) -> None:
    """Keep what was chosen; what is not named stays."""
    check(chosen)
    if not chosen:
        return
    values = [chosen.get(name) for name in CHOICES]
    async with db.transaction() as connection:
        await connection.execute(
            "update staff_user set theme = coalesce($2, theme), density = coalesce($3, density), "
            "language = coalesce($4, language) where id = $1",
            user_id,
            *values,
        )
        await audit.note(connection, actor, "user.preferences", "staff_user", user_id, **chosen)
