"""The in-memory index (invariant 5): login -> password, decision, ready-made reply.

RADIUS never waits for the database. NOTIFY is only the bell; the rows are read again. A full reconcile runs on every
reconnect and every minute. Rows that did not change are recognised by comparison, so that a reconcile opens no seal
and decides nothing again.
"""

from __future__ import annotations

import asyncio
import heapq
import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from oss.access import passwords
from oss.access.decide import Access, Decision, Facts, HoldFact, Speeds, decide
from oss.access.lines import Rule, rule
from oss.access.names import class_of
from oss.base import clock, db
from oss.base.problems import Problem
from oss.base.secrets import Sealer
from radius import attributes as a
from radius import dictionary
from radius.auth import Credential
from radius.errors import RadiusError
from radius.profile import Profile
from radius.vendors import vendor

log = logging.getLogger(__name__)
PAGE = 500
AT_ONCE = 50  # entries made before other work of the loop gets its turn
WALLED_LIST = "milha-bloqueados"

ROWS = """select ac.id, ac.login, case ac.password_kind when 'clear' then ac.password_sealed
  else ac.password_kind || '=' || ac.password_sealed end as password_sealed, ac.enabled, c.id as contract_id,
  c.status = 'active' as active,
  p.down_kbps, p.up_kbps, p.reduced_down_kbps, p.reduced_up_kbps, p.pool,
  coalesce((select jsonb_agg(jsonb_build_array(h.reason, h.effect, extract(epoch from h.placed_at), h.note,
    extract(epoch from h.masked_until), h.facts) order by h.id) from hold h
    where h.contract_id = c.id and h.lifted_at is null), '[]'::jsonb)::text as holds,
  ac.max_sessions, ac.when_full, p.reply::text as plan_reply, ac.reply::text as own_reply,
  ac.kind || ' ' || coalesce(ac.binding, p.binding) || ' ' || coalesce(ac.binding_keys, p.binding_keys) as rule,
  ac.bound::text as bound
from access_account ac join contract c on c.id = ac.contract_id join plan p on p.id = c.plan_id
"""
BY_CONTRACT = ROWS + "where c.id = any($1::bigint[])"
BY_PAGE = ROWS + "where ac.id > $1 order by ac.id limit $2"
WIDTH = 18  # columns of ROWS; the walled list's name follows in an entry's row
SHARED = (10, 13, 14, 16, 18)  # texts that many rows have in common: pool, when_full, plan_reply, rule, walled list
EMPTY = ("[]", "{}")
UNBOUND = ("password off mac", "{}")  # rule and bound of a row from before there were any


def profile_key(decision: Decision) -> str:
    """A decision's effect on a session, as short text: ``full:500000/250000``, ``reject``."""
    if decision.access is Access.REJECT:
        return "reject"
    key = f"{decision.access}:{decision.down_kbps}/{decision.up_kbps}"
    return f"{key}:{decision.address_list}" if decision.address_list else key


@dataclass(slots=True, eq=False)
class Settled:
    """A decision and the replies made of it: one for all customers of a plan who are in good standing."""

    decision: Decision
    key: str
    reply: bytes  # attributes of the Accept beyond the profile: the plan's and the account's own
    named: str = ""  # the login, where a router's accounting may not tell it: it comes back in the Class
    accepts: dict[tuple[str, int], bytes] = field(default_factory=dict)

    def profile(self, interim_s: int | None = None) -> Profile:
        """The decision as a vendor profile."""
        d = self.decision
        return Profile(d.down_kbps, d.up_kbps, d.address_list, d.pool, None, interim_s)

    def accept(self, vendor_name: str, interim_s: int) -> bytes:
        """The attributes of an Access-Accept, encoded once per vendor and interim."""
        found = self.accepts.get((vendor_name, interim_s))
        if found is None:
            found = vendor(vendor_name).accept(self.profile(interim_s)) + self.reply
            found += a.attr(a.CLASS, class_of(self.key, self.named))
            self.accepts[vendor_name, interim_s] = found
        return found


@dataclass(slots=True, eq=False)
class Entry:
    """What is known of one login."""

    row: tuple[Any, ...]
    login: str
    credential: Credential
    settled: Settled
    rule: Rule
    line: bytes = b""  # Calling-Station-Id of its last accepted login
    given: str = ""  # what that login was given, as a profile key
    answered: float = float("-inf")  # when, monotonic

    @property
    def account_id(self) -> int:
        return int(self.row[0])

    @property
    def contract_id(self) -> int:
        return int(self.row[4])

    @property
    def max_sessions(self) -> int:
        """How many may be open at once."""
        return int(self.row[12])

    @property
    def denies(self) -> bool:
        """Whether one session too many is refused; else it is let in, and the oldest ended."""
        return bool(self.row[13] == "deny")

    @property
    def bound(self) -> str:
        """What its row says that its line must be, as JSON."""
        return str(self.row[17])

    @property
    def password(self) -> bytes | None:
        """None where only a hash is kept."""
        return self.credential.password

    @property
    def decision(self) -> Decision:
        return self.settled.decision

    @property
    def key(self) -> str:
        return self.settled.key

    def profile(self) -> Profile:
        """The decision as a vendor profile."""
        return self.settled.profile()

    def accept(self, vendor_name: str, interim_s: int) -> bytes:
        """The attributes of an Access-Accept."""
        return self.settled.accept(vendor_name, interim_s)


class Index:
    """Logins and what is decided about them; ``changed`` is told each login whose decision changed."""

    def __init__(self, sealer: Sealer, changed: Callable[[Entry], None]) -> None:
        self.sealer, self.changed = sealer, changed
        self.entries: dict[str, Entry] = {}
        self.by_contract: dict[int, tuple[str, ...]] = {}
        self.by_account: dict[int, str] = {}
        self.ready = False
        self.walled_list = WALLED_LIST
        self.read_at = 0.0  # monotonic time of the last full reconcile
        self.unreadable: dict[int, str] = {}  # account id -> its sealed password, which no key of ours opens
        self._timers: list[tuple[float, str]] = []
        # Values that thousands of rows share are kept once: texts, and what was decided for customers without a hold.
        self._texts: dict[str, str] = {}
        self._settled: dict[tuple[Any, ...], Settled] = {}

    def get(self, login: str) -> Entry | None:
        return self.entries.get(login)

    # ------------------------------------------------------------ reading

    async def reread(self, connection: db.Connection, contract_ids: Iterable[int]) -> None:
        """Read these contracts' logins again and drop those that are gone."""
        ids = list(contract_ids)
        for start in range(0, len(ids), PAGE):
            part = ids[start : start + PAGE]
            rows = await connection.fetch(BY_CONTRACT, part)
            seen = {row["login"] for row in rows}
            await self._take_gently(rows)
            for contract_id in part:
                for login in set(self.by_contract.get(contract_id, ())) - seen:
                    self._drop(login)

    async def _take_gently(self, rows: Sequence[Any]) -> None:
        for start in range(0, len(rows), AT_ONCE):
            self.take(rows[start : start + AT_ONCE])
            await asyncio.sleep(0)

    async def reconcile(self, connection: db.Connection) -> None:
        """Read everything, page by page, giving way between pages; then unknown logins are unknown."""
        self.walled_list = await _walled_list(connection)
        seen: set[str] = set()
        async for rows in _pages(connection):
            seen.update(row["login"] for row in rows)
            await self._take_gently(rows)
        for login in [login for login in self.entries if login not in seen]:
            self._drop(login)
        self.ready, self.read_at = True, time.monotonic()

    def take(self, rows: Iterable[Any]) -> None:
        """Make entries of rows (any sequence with the columns of ROWS in order)."""
        now = clock.now()
        for row in rows:
            raw = (*row, self.walled_list)
            known = self.entries.get(raw[1])
            if known is not None and known.row == raw:
                continue
            credential = self._credential(raw, known)
            if credential is not None:
                self._put(self._entry(raw, credential, now), known)

    def _credential(self, raw: tuple[Any, ...], known: Entry | None) -> Credential | None:
        """The login's password; None if it cannot be opened: one damaged row must not keep all others out."""
        mine = known if known is not None and known.account_id == raw[0] else None
        if mine is not None and mine.row[2] == raw[2]:
            return mine.credential
        try:
            kind, _, sealed = raw[2].rpartition("=")  # a sealed value has no such sign in it
            kept = passwords.unseal(self.sealer, raw[0], kind or "clear", sealed)
            same = mine is not None and kept.kind == "clear" and mine.credential.password == kept.octets
            credential = mine.credential if mine is not None and same else passwords.credential(kept)
        except Problem as problem:
            if self.unreadable.get(raw[0]) != raw[2]:
                facts = {"login": raw[1], "problem": str(problem)}
                log.error("a password cannot be opened; the one known before goes on, if any", extra={"facts": facts})
            self.unreadable[raw[0]] = raw[2]
            return mine.credential if mine is not None else None
        self.unreadable.pop(raw[0], None)
        return credential

    def _entry(self, raw: tuple[Any, ...], credential: Credential, now: datetime) -> Entry:
        row = tuple(self._texts.setdefault(v, v) if n in SHARED or v in EMPTY else v for n, v in enumerate(raw))
        says = rule(row[16])
        alone = row[11] != "[]" or row[15] != "[]" or says.kind == "circuit"  # a hold, a reply or a Class of its own
        settled = self._settle(row, now) if alone else self._settled.get(_standing(row))
        if settled is None:
            settled = self._settled[_standing(row)] = self._settle(row, now)
        return Entry(row, row[1], credential, settled, says)

    def _settle(self, row: tuple[Any, ...], now: datetime) -> Settled:
        decision = decide(_facts(row), now)
        named = row[1] if rule(row[16]).kind == "circuit" else ""
        return Settled(decision, profile_key(decision), _encoded(_pairs(row[14], row[15]), row[1]), named)

    def _put(self, entry: Entry, known: Entry | None) -> None:
        if known is not None:
            entry.line, entry.given, entry.answered = known.line, known.given, known.answered
            if known.account_id != entry.account_id:
                self.by_account.pop(known.account_id, None)  # another account takes the login over
            if known.contract_id != entry.contract_id:
                self._leave(known.contract_id, entry.login)
        old_login = self.by_account.get(entry.account_id)
        if old_login is not None and old_login != entry.login:
            self._drop(old_login)
        self.entries[entry.login] = entry
        self.by_account[entry.account_id] = entry.login
        logins = self.by_contract.get(entry.contract_id, ())
        if entry.login not in logins:
            self.by_contract[entry.contract_id] = (*logins, entry.login)
        if entry.decision.until:
            heapq.heappush(self._timers, (entry.decision.until.timestamp(), entry.login))
        if known is None or known.key != entry.key:
            self.changed(entry)

    def _leave(self, contract_id: int, login: str) -> None:
        left = tuple(one for one in self.by_contract.get(contract_id, ()) if one != login)
        if left:
            self.by_contract[contract_id] = left
        else:
            self.by_contract.pop(contract_id, None)

    def _drop(self, login: str) -> None:
        entry = self.entries.pop(login, None)
        if entry is None:
            return
        self.by_account.pop(entry.account_id, None)
        self._leave(entry.contract_id, login)
        entry.settled = GONE
        self.changed(entry)

    # ------------------------------------------------------------ time passes

    def redecide_due(self, now: datetime) -> None:
        """Decide again where a decision's ``until`` has come (a promise that ends, for one)."""
        while self._timers and self._timers[0][0] <= now.timestamp():
            _, login = heapq.heappop(self._timers)
            known = self.entries.get(login)
            if known is None or known.decision.until is None or known.decision.until > now:
                continue
            self._put(self._entry(known.row, known.credential, now), known)


GONE = Settled(decide(Facts(False, False, Speeds(1, 1, 1, 1)), clock.from_timestamp(0)), "reject", b"")


def _standing(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """All that decides about a customer without a hold."""
    return row[3], row[5], *row[6:11], row[14], row[WIDTH]


def _pairs(plan: str, own: str) -> list[tuple[str, str]]:
    """The plan's attributes and the account's own, which take the place of the plan's of the same name."""
    mine: list[tuple[str, str]] = [(name, value) for name, value in json.loads(own)]
    names = {name.casefold() for name, _ in mine}
    return [(name, value) for name, value in json.loads(plan) if name.casefold() not in names] + mine


def _encoded(pairs: list[tuple[str, str]], login: str) -> bytes:
    """Attributes for the wire; one that cannot be encoded is told and left out."""
    found = []
    for name, value in pairs:
        try:
            found.append(dictionary.encode(name, value))
        except RadiusError as error:
            facts = {"attribute": name, "login": login, "error": str(error)}
            log.error("a reply attribute cannot be encoded", extra={"facts": facts})
    return b"".join(found)


def _facts(raw: tuple[Any, ...]) -> Facts:
    holds = tuple(
        HoldFact(
            reason,
            effect,
            clock.from_timestamp(since),
            note,
            clock.from_timestamp(masked) if masked is not None else None,
            facts,
        )
        for reason, effect, since, note, masked, facts in json.loads(raw[11])
    )
    return Facts(raw[3], raw[5], Speeds(raw[6], raw[7], raw[8], raw[9], raw[10]), holds, raw[WIDTH])


async def _pages(connection: db.Connection) -> AsyncIterator[list[Any]]:
    last = 0
    while rows := await connection.fetch(BY_PAGE, last, PAGE):
        yield rows
        last = rows[-1]["id"]


async def _walled_list(connection: db.Connection) -> str:
    value = await connection.fetchval("select value from setting where key = 'access.walled_list'")
    return str(json.loads(value)) if value else WALLED_LIST
