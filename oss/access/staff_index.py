"""Members of staff in memory, and the routers they log in to through us: what the AAA node answers from (invariant 5).

Rows are read again when ``staff`` or ``nas`` rings and with every reconcile; a sealed copy on disk lets a node start
without the database. Which one-time codes were used is known here first and written behind: the greater of memory and
row counts, so that a database that was away makes no code good again.
"""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oss.base import db
from oss.base.problems import Problem
from oss.base.secrets import Sealer
from oss.staff import one_time, router_password
from oss.staff.user_list import NEEDS_CODE
from radius.auth import Credential

log = logging.getLogger(__name__)
FILE, AAD = "staff.sealed", "staff.sealed"
ROWS = """select u.id, u.login, u.password_hash, u.active, u.language, coalesce(r.routers, o.routers) as level,
  r.password_sealed, case when r.totp_since is not null then r.totp_sealed end as totp_sealed,
  coalesce(r.totp_counter, 0) as counter
from staff_user u join role o on o.key = u.role left join staff_radius r on r.id = u.id order by u.id"""
WIDTH = 9
NAS = "select id from nas where staff_logins and active order by id"
SETTING = "select value from setting where key = $1"


@dataclass(frozen=True, slots=True)
class Member:
    """One member of staff. ``key``: the password for routers that ask by CHAP; ``totp``: the secret of the codes."""

    user_id: int
    login: str
    password_hash: str
    active: bool
    language: str
    level: str  # one of oss.staff.roles.LEVELS
    key: Credential | None = None
    totp: str | None = None
    unreadable: bool = False  # what is sealed of it, no key of ours opens

    def same(self, other: Member | None) -> bool:
        """Whether what was proven for this one is proven for the other."""
        return other is not None and (self.user_id, self.password_hash) == (other.user_id, other.password_hash)


class StaffIndex:
    """Members by login; ``routers``: keys of the NAS whose administrators log in through us."""

    def __init__(self, sealer: Sealer) -> None:
        self.sealer = sealer
        self.by_login: dict[str, Member] = {}
        self.routers: frozenset[int] = frozenset()
        self.needs_code = False
        self.ready = False
        self.revision = 0  # counts the changes that the copy on disk must follow
        self.used: dict[int, int] = {}  # user id -> the step of the newest code used
        self.stored: dict[int, int] = {}  # the same as the database has it
        self.rows: list[tuple[Any, ...]] = []

    def get(self, login: str) -> Member | None:
        return self.by_login.get(login)

    async def load(self, connection: db.Connection) -> None:
        """Read everything again: a provider has some dozens of staff."""
        rows = [tuple(row) for row in await connection.fetch(ROWS)]
        routers = [row["id"] for row in await connection.fetch(NAS)]
        value = await connection.fetchval(SETTING, NEEDS_CODE)
        self.take(rows, routers, bool(json.loads(value)) if value else False)
        self.ready = True

    def take(self, rows: list[tuple[Any, ...]], routers: list[int], needs_code: bool) -> None:
        """Rows in the order of ROWS become the members."""
        present = (rows, frozenset(routers), needs_code)
        if present != (self.rows, self.routers, self.needs_code):
            self.revision += 1
        self.routers, self.needs_code = present[1:]
        if rows != self.rows:
            members = [self._member(row) for row in rows]
            self.rows, self.by_login = rows, {one.login: one for one in members}
        for row in rows:
            self.stored[row[0]] = row[8]
            self.used[row[0]] = max(self.used.get(row[0], 0), row[8])

    def _member(self, row: tuple[Any, ...]) -> Member:
        user_id, login, password_hash, active, language, level, key, totp, _ = row
        try:
            opened = Credential(self.sealer.open(key, f"{router_password.TABLE}/{user_id}")) if key else None
            secret = self.sealer.open(totp, f"{one_time.TABLE}/{user_id}").decode() if totp else None
        except Problem as problem:
            facts = {"login": login, "problem": str(problem)}
            log.error("what an administrator has for routers cannot be opened", extra={"facts": facts})
            return Member(user_id, login, password_hash, active, language, level, unreadable=True)
        return Member(user_id, login, password_hash, active, language, level, opened, secret)

    # ------------------------------------------------------------ the copy on disk

    def sealed(self, pending: list[dict[str, Any]]) -> str:
        """All of it as one sealed text; ``pending``: notes the database has not got yet."""
        found = {"rows": self.rows, "routers": sorted(self.routers), "needs_code": self.needs_code}
        used = [[user_id, step] for user_id, step in self.used.items()]
        return self.sealer.seal(json.dumps({**found, "used": used, "pending": pending}), AAD)

    def restore(self, folder: Path) -> list[dict[str, Any]]:
        """Take the copy, if there is one that our key opens; returns the notes in it."""
        try:
            found = json.loads(self.sealer.open((folder / FILE).read_text(), AAD))
            rows = [tuple(row) for row in found["rows"]]
            if any(len(row) != WIDTH for row in rows):  # of another version: the database tells anew
                return []
            self.used = {int(user_id): int(step) for user_id, step in found["used"]}
            self.take(rows, found["routers"], bool(found["needs_code"]))
            return list(found["pending"])
        except (OSError, ValueError, KeyError, TypeError, Problem):
            return []


def write_copy(folder: Path, text: str) -> None:
    """Put the copy in the place of the old one at once."""
    path = folder / FILE
    beside = path.with_suffix(".new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
