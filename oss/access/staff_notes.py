"""What became of administrators' logins on routers, on its way into the audit (invariant 10), off the AAA loop's path.

An accept is a row at once. Refusals of one account at one router from one place for one reason are a row when they
begin and another, with their number, each minute while they go on: whoever guesses must not fill the audit.

Until the database has them, the notes and the one-time codes that were used stand in the node's sealed copy on disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from oss.access.staff_index import StaffIndex, write_copy
from oss.base import audit, clock, db
from oss.base.supervisor import Health

FOLD_S = 60.0
MOST_KINDS = 1_000  # kinds of refusal that are told apart in a minute; the rest is one
MOST_PENDING = 20_000  # notes kept while the database is away
LONGEST = 128  # characters of what a router said
ACCEPTED, REFUSED = "router.accepted", "router.refused"
USED = """insert into staff_radius as r (id, totp_counter) select * from unnest($1::bigint[], $2::bigint[])
on conflict (id) do update set totp_counter = excluded.totp_counter where r.totp_counter < excluded.totp_counter"""


@dataclass(frozen=True, slots=True)
class Note:
    """One login (or ``tries`` alike). ``at``: Unix seconds; ``reason`` is empty where it was accepted.

    ``login`` is a member's: what else was typed may be a password (invariant 9).
    """

    at: float
    user_id: int | None
    login: str | None
    nas_id: int
    nas: str
    calling: str
    reason: str
    level: str = ""
    code: bool = False
    tries: int = 1


Kind = tuple[int | None, int, str, str]


@dataclass(slots=True)
class _Told:
    """Refusals of a kind since the last row about them."""

    until: float
    note: Note
    more: int = 0


class StaffNotes:
    """Notes and used codes, written behind."""

    def __init__(self, index: StaffIndex) -> None:
        self.index = index
        self.pending: list[Note] = []
        self.bell = asyncio.Event()
        self._kinds: dict[Kind, _Told] = {}
        self._copied = 0  # the revision of the index on disk

    def add(self, note: Note) -> None:
        """Keep a note for the audit."""
        if note.reason:
            kind = (note.user_id, note.nas_id, note.reason, note.calling)
            if kind not in self._kinds and len(self._kinds) >= MOST_KINDS:
                kind = (None, 0, "", "")
            told = self._kinds.get(kind)
            if told is not None:
                told.more, told.note = told.more + 1, note
                return
            self._kinds[kind] = _Told(time.monotonic() + FOLD_S, note)
        self._keep(note)

    def _keep(self, note: Note) -> None:
        if len(self.pending) < MOST_PENDING:
            self.pending.append(note)
        self.bell.set()

    def fold(self, now: float) -> None:
        """A minute (monotonic) is over for some kinds of refusal: tell how many more there were."""
        for kind, told in [one for one in self._kinds.items() if one[1].until <= now]:
            del self._kinds[kind]
            if told.more:
                self._keep(replace(told.note, tries=told.more))

    def _used(self) -> dict[int, int]:
        """Codes used that the database does not know of."""
        stored = self.index.stored
        return {user: step for user, step in self.index.used.items() if step > stored.get(user, 0)}

    # ------------------------------------------------------------ writing

    async def write_for_ever(self, dsn: str, folder: Path, health: Health) -> None:
        """Write what has come together: to the copy on disk, then to the database, then off the copy."""
        while True:
            if self._copied != self.index.revision:
                await self._copy(folder)
            if self.pending or self._used():
                await self._copy(folder)
                connection = await db.connect(dsn, "milha-staff")
                try:
                    await self.write(connection)
                finally:
                    await connection.close()
                await self._copy(folder)
            health.beat()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.bell.wait(), 1.0)
            self.bell.clear()
            self.fold(time.monotonic())

    async def _copy(self, folder: Path) -> None:
        revision, text = self.index.revision, self.index.sealed([asdict(note) for note in self.pending])
        await asyncio.to_thread(write_copy, folder, text)
        self._copied = revision

    async def write(self, connection: db.Connection) -> None:
        """One transaction with all that is new."""
        notes, used = list(self.pending), self._used()
        async with connection.transaction():
            for at, actor, action, thing_id, detail in map(_row, notes):
                await audit.note_at(connection, at, actor, action, "staff_user", thing_id, detail)
            known = {row["id"] for row in await connection.fetch("select id from staff_user")}
            new = {user: step for user, step in used.items() if user in known}
            if new:
                await connection.execute(USED, list(new), list(new.values()))
        self.index.stored |= used
        del self.pending[: len(notes)]

    def restore(self, folder: Path) -> None:
        """The members and notes of the copy on disk."""
        self.pending = [*_notes(self.index.restore(folder)), *self.pending]


def _notes(found: list[dict[str, Any]]) -> Iterator[Note]:
    for one in found:
        with contextlib.suppress(TypeError):
            yield Note(**one)


def _row(note: Note) -> tuple[Any, audit.Actor, str, object, str]:
    """A note as the audit's columns."""
    facts: dict[str, object] = {"nas": note.nas, "nas_id": note.nas_id, "from": note.calling}
    if note.reason:
        facts |= {"reason": note.reason, "tries": note.tries}
    else:
        facts |= {"level": note.level, "code": note.code}
    actor = audit.Actor(note.login or "nobody", note.calling or None)
    at = clock.from_timestamp(note.at)
    return at, actor, REFUSED if note.reason else ACCEPTED, note.user_id or "", json.dumps(facts)


def said(octets: bytes | None) -> str:
    """What a router told, fit for a row."""
    return "".join(c for c in (octets or b"").decode("utf-8", "replace") if c.isprintable())[:LONGEST]
