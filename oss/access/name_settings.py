"""What the operator sets about names: the realms that are our own, and the password that routers send for every MAC."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from oss.base import audit, settings
from oss.base.connecting import Connection
from oss.base.problems import InvalidInput, Problem
from oss.base.secrets import Sealer

REALMS, WORD = "access.realms", "access.mac_password"
PLACE = f"setting/value/{WORD}"
MOST_REALMS, LONGEST_WORD = 50, 64
_REALM = re.compile(r"[^\s@\\/,;]{1,100}")
READ = "select key, value::text from setting where key = any($1::text[])"


@dataclass(frozen=True, slots=True)
class NameSettings:
    """``word``: whether there is one; what it is leaves the database only for the AAA node."""

    realms: tuple[str, ...] = ()
    word: bool = False


async def realms(connection: Connection) -> frozenset[str]:
    """The realms that come off a User-Name."""
    return frozenset(json.loads((await rows(connection)).get(REALMS, "[]")))


async def rows(connection: Connection) -> dict[str, str]:
    """The settings as they are kept: JSON by key, the password sealed."""
    return {row[0]: row[1] for row in await connection.fetch(READ, [REALMS, WORD])}


def word(sealer: Sealer, kept: dict[str, str]) -> bytes:
    """The password of MAC authentication out of those rows; empty where there is none, or no key of ours opens it."""
    sealed = json.loads(kept.get(WORD, "null"))
    try:
        return sealer.open(sealed, PLACE) if sealed else b""
    except Problem:
        return b""


async def read(connection: Connection) -> NameSettings:
    """For a screen."""
    kept = await rows(connection)
    return NameSettings(tuple(json.loads(kept.get(REALMS, "[]"))), kept.get(WORD, "null") != "null")


def split(text: str) -> list[str]:
    """Realms as people type them, one a line or with commas; an @ before one is understood."""
    words = (word.strip().lstrip("@").casefold() for word in re.split(r"[,;\s]+", text))
    return list(dict.fromkeys(word for word in words if word))


async def save_realms(connection: Connection, actor: audit.Actor, wanted: list[str]) -> None:
    """Change which realms are ours."""
    if len(wanted) > MOST_REALMS or not all(_REALM.fullmatch(one) for one in wanted):
        raise InvalidInput({"realms": "must be realms such as provider.com.br"})
    if wanted != list((await read(connection)).realms):
        await settings.write(connection, actor, REALMS, wanted)


async def save_word(connection: Connection, sealer: Sealer, actor: audit.Actor, wanted: str | None) -> None:
    """Change the password of MAC authentication; None: there is none any more. The note of it does not name it."""
    if wanted is not None and not 1 <= len(wanted.encode()) <= LONGEST_WORD:
        raise InvalidInput({"word": f"1 to {LONGEST_WORD} characters"})
    value = json.dumps(sealer.seal(wanted, PLACE) if wanted else None)
    before = await connection.fetchval("select value::text from setting where key = $1 for update", WORD)
    await connection.execute(
        "insert into setting (key, value, updated_at) values ($1, $2::jsonb, now()) "
        "on conflict (key) do update set value = excluded.value, updated_at = now()",
        WORD,
        value,
    )
    diff = audit.changed({"value": before is not None and before != "null"}, {"value": wanted is not None})
    new = "set" if wanted else "none"
    await audit.note(connection, actor, "setting.changed", "setting", WORD, new=new, **diff)
