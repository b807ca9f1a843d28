"""The AAA node's table of realms: whose logins another server answers, and which."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from oss.access.home_servers import HomeRow, HomeServer
from oss.base import db
from oss.base.problems import Problem
from oss.base.secrets import Sealer
from radius import dictionary
from radius.client import Client
from radius.integrity import Secret
from radius.proxy import DEFAULT_ALLOWED, Attribute
from radius.radsec_client import Context

log = logging.getLogger(__name__)
TABLE = "home_server/secret_sealed"
REALMS = """select id, name, kind, strip, when_silent, accounting, allow::text from realm where active order by id"""
HOMES = """select id, realm_id, transport, host, auth_port, acct_port, secret_sealed, certificate_name, signs
  from home_server where active order by realm_id, position, id"""

Rows = Sequence[Sequence[Any]]


@dataclass(slots=True, eq=False)
class Realm:
    """One realm; without ``homes`` its logins are our own."""

    id: int
    name: str
    kind: str
    strip: bool
    when_silent: str
    accounting: bool
    allowed: frozenset[Attribute]
    homes: list[HomeServer] = field(default_factory=list)

    def bare(self, login: bytes) -> bytes:
        """A User-Name without the realm; one that is nothing else stays."""
        mark, cut = (b"@", login.rpartition) if self.kind != "prefix" else (b"\\", login.partition)
        parts = cut(mark)
        return (parts[0] if self.kind != "prefix" else parts[2]) or login


class RealmTable:
    """Realms by their spelling in a login (lower case). Home servers whose row did not change stay as they are."""

    def __init__(self, sealer: Sealer, udp: Client, context: Context) -> None:
        self._sealer, self._udp, self._context = sealer, udp, context
        self.rows: tuple[Rows, Rows] = ([], [])
        self.realms: list[Realm] = []
        self.homes: dict[HomeRow, HomeServer] = {}
        self.changed: Callable[[], None] = lambda: None
        self._named: dict[tuple[str, str], Realm] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def realm_of(self, login: str, ours: Callable[[str], bool]) -> Realm | None:
        """Who answers this login; None: we do. A realm by name goes before all; whom only ``null`` or ``default``
        would send away is ours where ``ours`` says that there is such a login here."""
        named = self._named
        prefix, parted, _ = login.partition("\\")
        realm = named.get(("prefix", prefix)) if parted else None
        if realm is None:
            _, at, suffix = login.rpartition("@")
            realm = named.get(("suffix", suffix)) if at else None
            if realm is None:
                realm = named.get(("default" if at or parted else "null", ""))
                if realm is not None and ours(login):
                    return None
        return realm if realm is not None and realm.homes else None

    async def load(self, connection: db.Connection) -> None:
        """Read all of them again."""
        realms = [list(row) for row in await connection.fetch(REALMS)]
        self.take(realms, [list(row) for row in await connection.fetch(HOMES)])

    def take(self, realms: Rows, homes: Rows) -> None:
        """Rows in the order of REALMS and HOMES become the table."""
        if (realms, homes) == self.rows:
            return
        self.rows = (realms, homes)
        before, self.homes = self.homes, {}
        for row in (HomeRow(*one) for one in homes):
            server = before.pop(row, None) or self._server(row)
            if server is not None:
                self.homes[row] = server
        for gone in before.values():
            self._close(gone)
        self.realms = [self._realm(row) for row in realms]
        self._named = {(one.kind, one.name): one for one in self.realms}
        self.changed()

    def _realm(self, row: Sequence[Any]) -> Realm:
        key, name, kind, strip, when_silent, accounting, allow = row
        homes = [server for home, server in self.homes.items() if home.realm_id == key]
        return Realm(key, name, kind, strip, when_silent, accounting, allowed(json.loads(allow)), homes)

    def _server(self, row: HomeRow) -> HomeServer | None:
        """A home server; None where its secret cannot be opened: the others must not suffer."""
        try:
            secret = Secret(self._sealer.open(row.secret_sealed, f"{TABLE}/{row.id}")) if row.secret_sealed else None
        except Problem as problem:
            facts = {"home_server": row.host, "problem": str(problem)}
            log.error("a home server's secret cannot be opened", extra={"facts": facts})
            return None
        return HomeServer(row, secret, self._udp, self._context)

    def _close(self, server: HomeServer) -> None:
        task = asyncio.get_running_loop().create_task(server.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """Hang up on all."""
        await asyncio.gather(*(server.close() for server in self.homes.values()), *self._closing)


def allowed(names: Sequence[str]) -> frozenset[Attribute]:
    """What may come back: what always may, and these by their names; a name nobody knows is none."""
    more = (dictionary.number(name) for name in names)
    return DEFAULT_ALLOWED | {one for one in more if one is not None}
