"""How far the node reaches beyond UDP and its own logins: NAS by TLS, and realms whose home servers answer.

One place for what both need of the node: certificates looked at each second, tables read with the NAS, a sealed copy
of them for a start without the database.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from oss.access import sealed_rows
from oss.access.home_servers import probe_for_ever
from oss.access.proxy import Proxy
from oss.access.radsec import Radsec
from oss.access.realm_table import RealmTable
from oss.base import db
from oss.base.supervisor import Health
from radius.packet import Packet
from radius.peers import Peer

if TYPE_CHECKING:
    from oss.access.aaa import Node

LOOK_S = 1.0
SAVED_S = 50.0


class Reach:
    """RadSec and realms of one node."""

    def __init__(self, node: Node) -> None:
        options = node.options
        self._node, self._path = node, options.data_dir / "reach.sealed"
        self._saved = float("-inf")  # monotonic
        self.radsec = Radsec(
            node.nas,
            options.data_dir / "certs",
            (options.host, options.radsec_port),
            (node.authenticate, node.account),
            node.counters,
            node.enforcer.connected,
        )
        self.realms = RealmTable(node.sealer, node.client, lambda: self.radsec.certificates.client)
        self.proxy = Proxy(self.realms, node.logins.log, node.tallies, lambda login: node.index.get(login) is not None)
        self.realms.changed = self._changed
        node.enforcer.secured = self.radsec.asked

    def _changed(self) -> None:
        """Logins are looked at for a realm only where there is one: a plain login must not pay for it."""
        self._node.logins.proxy = self.proxy if self.realms.realms else None

    def copying(self, packet: Packet, peer: Peer, ack: Callable[[], None]) -> Callable[[], None]:
        """The acknowledgement of an accounting record, with a copy for its realm behind it."""
        return self.proxy.copying(packet, peer, ack) if self.realms.realms else ack

    # ------------------------------------------------------------ rows

    def restore(self) -> None:
        """What the node knew last, until the database tells."""
        rows = sealed_rows.load(self._path, self._node.sealer)
        if rows:
            self._take(rows)

    def _take(self, rows: sealed_rows.Rows) -> None:
        self.radsec.certified.take(rows.get("nas", []))
        self.realms.take(rows.get("realms", []), rows.get("homes", []))

    async def load(self, connection: db.Connection) -> None:
        """Read NAS by certificate, realms and home servers again; the table of NAS first."""
        before = self._rows()
        await self.radsec.certified.load(connection)
        await self.realms.load(connection)
        if self._rows() != before or time.monotonic() - self._saved > SAVED_S:  # the sealing key may be another one
            self._saved = time.monotonic()
            await asyncio.to_thread(sealed_rows.save, self._path, self._node.sealer, self._rows())

    def _rows(self) -> sealed_rows.Rows:
        realms, homes = self.realms.rows
        return {"nas": self.radsec.certified.rows, "realms": [*map(list, realms)], "homes": [*map(list, homes)]}

    # ------------------------------------------------------------ life

    async def look_after(self) -> None:
        """Certificates, the port, who must go; raises OSError if the port is in use."""
        await self.radsec.look_after()

    async def look_after_for_ever(self, health: Health) -> None:
        """Each second; and whether the home servers are there."""
        async with asyncio.TaskGroup() as group:
            group.create_task(probe_for_ever(lambda: list(self.realms.homes.values()), health.beat))
            while True:
                await self.look_after()
                await asyncio.sleep(LOOK_S)

    async def close(self) -> None:
        """Hang up on all; questions under way stay without an answer."""
        await self.proxy.close()
        await self.realms.close()
        await self.radsec.close()

    def counters(self) -> dict[str, int]:
        """For the health page."""
        return {**self.radsec.counters(), **self.proxy.counters()}
