"""The AAA node's table of NAS: who may ask, with which secret, and where their CoA goes."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Callable, Sequence
from typing import Any

from oss.access.enforce import Target
from oss.access.nas import TABLE
from oss.base import db
from oss.base.problems import Problem
from oss.base.secrets import Sealer
from radius.admission import Bucket
from radius.integrity import Secret
from radius.server import Host, Peer, PeerTable

log = logging.getLogger(__name__)
ROWS = """select id, name, network, vendor, secret_sealed, ma_policy, signs_since is not null, coa_host, coa_port,
  coa_enabled, interim_s, nas_identifier, requests_per_s from nas where active order by id"""
ADDED = ("", 0)  # columns that a copy on disk of an older version does not have: no identifier, no limit
WIDTH = 13


class NasTable:
    """Peers by address (longest match). A peer whose row did not change stays the same object: sessions hold it."""

    def __init__(self, sealer: Sealer) -> None:
        self.sealer = sealer
        self.by_key: dict[int, Peer] = {}
        self.targets: dict[int, Target] = {}
        self.interim_s: dict[int, int] = {}
        self.rows: list[tuple[Any, ...]] = []
        self.changed: Callable[[], None] = lambda: None  # told after rows changed
        self._table = PeerTable([])

    def find(self, host: Host) -> Peer | None:
        """The peer a packet from this address belongs to."""
        return self._table.find(host)

    async def load(self, connection: db.Connection) -> None:
        """Read all NAS again."""
        self.take([tuple(row) for row in await connection.fetch(ROWS)])

    def take(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Rows in the order of ROWS become the table."""
        rows = [(*row, *ADDED)[:WIDTH] if len(row) < WIDTH else tuple(row) for row in rows]
        if rows == self.rows:
            return
        self._unlearn(rows)
        entries = []
        for row in rows:
            peer = self._peer(row)
            if peer is None:
                continue
            entries.append((ipaddress.ip_network(row[2]), peer))
            self.targets[row[0]] = Target(row[7], row[8], row[9])
            self.interim_s[row[0]] = row[10]
        self.rows, self._table = rows, PeerTable(entries)
        self.changed()

    def _unlearn(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Whose row does not say any more that it signs begins anew; what was learned since it was read stays."""
        signed = {row[0] for row in self.rows if row[6]}
        for row in rows:
            if not row[6] and row[0] in signed:
                self.by_key[row[0]].signs = False

    def _peer(self, row: tuple[Any, ...]) -> Peer | None:
        """The row's peer; one whose secret cannot be opened stays as it was, if it was: the others must not suffer."""
        key, name, _, vendor, sealed, policy, signs = row[:7]
        try:
            secret = Secret(self.sealer.open(sealed, f"{TABLE}/{key}"))
        except Problem as problem:
            log.error("a NAS's secret cannot be opened", extra={"facts": {"nas": name, "problem": str(problem)}})
            return self.by_key.get(key)
        peer = self.by_key.get(key)
        if peer is None:
            peer = self.by_key[key] = Peer(key, name, secret, vendor, policy, bool(signs))
        if peer.limit.per_second != row[12]:
            peer.limit = Bucket(row[12])
        peer.identifier = row[11].encode()
        peer.name, peer.secret, peer.vendor, peer.ma_policy = name, secret, vendor, policy
        peer.signs = peer.signs or bool(signs)
        return peer

    def address(self, peer: Peer) -> str | None:
        """The address it asks from, where its row is of a single one."""
        found = next((str(row[2]) for row in self.rows if row[0] == peer.key), "/")
        return None if "/" in found else found

    def source(self, peer: Peer) -> str:
        """An address to send CoA to when no packet has come yet: the NAS's own, if it is a single one."""
        for row in self.rows:
            if row[0] == peer.key:
                return str(row[7] or str(row[2]).split("/")[0])
        return "0.0.0.0"  # noqa: S104 nothing is sent there: such a NAS has no rows any more
