"""The AAA node's table of NAS: who may ask, with which secret, and where their CoA goes."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Callable, Sequence
from typing import Any

from oss.access import nas_secrets
from oss.access.enforce import Target
from oss.access.nas_secrets import TABLE
from oss.base import db
from oss.base.problems import Problem
from oss.base.secrets import Sealer
from radius.admission import Bucket
from radius.integrity import Secret
from radius.server import Host, Peer, PeerTable

log = logging.getLogger(__name__)
ROWS = """select id, name, network, vendor, secret_sealed, ma_policy, signs_since is not null, coa_host, coa_port,
  coa_enabled, interim_s, next_secret_sealed, next_heard_at is not null, nas_identifier, requests_per_s
from nas where active order by id"""
FIRST = 11  # columns that every copy on disk has
ADDED = (None, False, "", 0)  # what those lack that an older version wrote: no secret to come, no identifier, no limit


class NasTable:
    """Peers by address (longest match). A peer whose row did not change stays the same object: sessions hold it."""

    def __init__(self, sealer: Sealer) -> None:
        self.sealer = sealer
        self.by_key: dict[int, Peer] = {}
        self.targets: dict[int, Target] = {}
        self.interim_s: dict[int, int] = {}
        self.rows: list[tuple[Any, ...]] = []
        self.following: dict[int, Secret] = {}  # by NAS: the secret that is to take the place of the present one
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
        rows = [(*row, *ADDED[len(row) - FIRST :]) for row in rows]
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
            following = self._following(row)
        except Problem as problem:
            log.error("a NAS's secret cannot be opened", extra={"facts": {"nas": name, "problem": str(problem)}})
            return self.by_key.get(key)
        peer = self.by_key.get(key)
        if peer is None:
            peer = self.by_key[key] = Peer(key, name, secret, vendor, policy, bool(signs))
            self._arm(peer, secret, following)
            if following is not None and row[12]:  # it has been heard with the new one
                peer.turn()
        if peer.limit.per_second != row[14]:
            peer.limit = Bucket(row[14])
        peer.identifier = row[13].encode()
        peer.name, peer.vendor, peer.ma_policy = name, vendor, policy
        peer.signs = peer.signs or bool(signs)
        self._arm(peer, secret, following)
        return peer

    def _following(self, row: tuple[Any, ...]) -> Secret | None:
        sealed = row[11]
        return Secret(self.sealer.open(sealed, f"{nas_secrets.NEXT}/{row[0]}")) if sealed else None

    def _arm(self, peer: Peer, secret: Secret, following: Secret | None) -> None:
        """Give the peer its secrets; the one it was heard with last stays the first."""
        ahead = following is not None and peer.spare is not None and peer.secret.value == following.value
        if following is None:
            self.following.pop(peer.key, None)
            peer.secret, peer.spare = secret, None
            return
        self.following[peer.key] = following
        peer.secret, peer.spare = (following, secret) if ahead else (secret, following)

    def turned(self) -> list[int]:
        """The NAS that have been heard with their new secret."""
        return [key for key, secret in self.following.items() if self.by_key[key].secret is secret]

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
