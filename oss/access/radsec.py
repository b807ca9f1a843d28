"""RADIUS over TLS in the AAA node: the NAS that come by it, by certificate, and CoA back to them.

A NAS behind NAT or with an address that changes is known by its certificate, and is asked over the connection it
opened. One that listens for CoA itself (it has a CoA address) is asked over a connection of ours.
"""

from __future__ import annotations

import ipaddress
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from oss.access.enforce import Asked
from oss.access.nas_table import NasTable
from oss.access.radsec_certificates import RadsecCertificates
from oss.access.radsec_words import Doorkeeper
from oss.base import db
from radius.packet import Packet
from radius.peers import Host, MessageAuthenticatorPolicy, Peer
from radius.radsec import FINGERPRINT, PORT, SECRET
from radius.radsec_client import RadsecClient
from radius.radsec_server import RadsecServer, StreamListener
from radius.server import AcctHandler, AuthHandler

log = logging.getLogger(__name__)
ROWS = "select id, certificate_name, network from nas where active and transport = 'radsec' order by id"

Connected = tuple[int, float, str, str]
"""A NAS that is there: its id, since when (Unix time), from which address, by which TLS."""


class CertifiedNas:
    """NAS by certificate. Each has a host that stands for its address, wherever it comes from: sessions keep it."""

    def __init__(self, nas: NasTable) -> None:
        self.nas = nas
        self.rows: list[list[Any]] = []
        self.hosts: dict[int, Host] = {}  # by id
        self._by_name: dict[str, Host] = {}
        self._peers: dict[Host, Peer] = {}

    async def load(self, connection: db.Connection) -> None:
        """Read all of them again; the table of NAS first."""
        self.take([list(row) for row in await connection.fetch(ROWS)])

    def take(self, rows: Sequence[Sequence[Any]]) -> None:
        """Rows in the order of ROWS become the table."""
        self.rows = [list(row) for row in rows]
        by_name, peers, hosts = dict[str, Host](), dict[Host, Peer](), dict[int, Host]()
        for key, name, network in rows:
            peer = self.nas.by_key.get(key)
            if peer is not None:
                host = hosts[key] = ipaddress.ip_network(network).network_address.packed
                by_name[name], peers[host] = host, _inside_tls(peer)
        self._by_name, self._peers, self.hosts = by_name, peers, hosts

    def of(self, names: tuple[str, ...]) -> Host | None:
        """The host of the NAS with one of these names, the first that is known."""
        return next((self._by_name[name] for name in names if name in self._by_name), None)

    def find(self, host: Host) -> Peer | None:
        """The NAS of a host."""
        return self._peers.get(host)


def _inside_tls(peer: Peer) -> Peer:
    """The same NAS with the secret that all have inside TLS. Who asks is proven by TLS and not by a signature, so one
    is required only where the operator says so."""
    policy: MessageAuthenticatorPolicy = "required" if peer.ma_policy == "required" else "off"
    return replace(peer, secret=SECRET, spare=None, ma_policy=policy, identifier=b"", shared=None)


class Radsec:
    """The node's side of TLS: listens as soon as there are certificates and a port."""

    def __init__(
        self,
        nas: NasTable,
        folder: Path,
        listen: tuple[str, int],
        handlers: tuple[AuthHandler, AcctHandler],
        counters: dict[str, int],
        came: Callable[[int], None],
    ) -> None:
        """``came`` is told the id of each NAS that connects."""
        self.nas, self.listen = nas, listen
        self.certified, self.certificates, self.door = CertifiedNas(nas), RadsecCertificates(folder), Doorkeeper()
        auth = StreamListener("auth", self.certified, handlers[0], counters)
        acct = StreamListener("acct", self.certified, handlers[1], counters)
        judge, refused = self.certificates.judge, self.door.refused
        self.server = RadsecServer(self.certified, auth, acct, refused, judge=judge, came=lambda peer: came(peer.key))
        self.address: tuple[str, int] | None = None
        self._clients: dict[tuple[str, int, str], RadsecClient] = {}

    # ------------------------------------------------------------ life

    async def look_after(self) -> None:
        """Once a second: new certificates, the port, and who must go. Raises OSError if the port is in use."""
        self.certificates.renew()
        self.server.context = self.certificates.server
        if self.address is None and self.listen[1] and self.server.context is not None:
            self.address = await self.server.open(*self.listen)
            log.info("RadSec listens", extra={"facts": {"address": self.address}})
        self.server.look_after()

    async def close(self) -> None:
        """Hang up on all."""
        await self.server.close()
        for client in self._clients.values():
            await client.close()

    # ------------------------------------------------------------ asking a NAS

    def asked(self, peer: Peer) -> Asked | None:
        """How this NAS is asked by CoA and Disconnect; None: by UDP."""
        host = self.certified.hosts.get(peer.key)
        if host is None:
            return None
        target = self.nas.targets.get(peer.key)
        if target is not None and target.host:
            return self._towards(peer.key, target.host, target.port).exchange

        async def over_its_own(code: int, attributes: bytes, timeout_s: float) -> Packet:
            return await self.server.exchange(host, code, attributes, timeout_s)

        return over_its_own

    def _towards(self, key: int, host: str, port: int) -> RadsecClient:
        """The connection to a NAS that listens itself; made with the first question."""
        name = next((row[1] for row in self.certified.rows if row[0] == key), host)
        name = host if name.startswith(FINGERPRINT) else name
        found = self._clients.get((host, port, name))
        if found is None:
            found = RadsecClient(host, port or PORT, lambda: self.certificates.client, server_name=name, connections=1)
            self._clients[(host, port, name)] = found
            found.start()
        return found

    # ------------------------------------------------------------ for screens

    def connected(self) -> tuple[Connected, ...]:
        """Who is there now."""
        found = []
        for host, link in self.server.connected():
            peer = self.certified.find(host)
            if peer is not None:
                found.append((peer.key, time.time() - link.age, link.source[0], link.described))
        return tuple(found)

    def counters(self) -> dict[str, int]:
        """For the health page."""
        refused = sum(self.door.counts.values())
        return {"radsec_connections": len(self.server.connected()), "radsec_refused": refused}
