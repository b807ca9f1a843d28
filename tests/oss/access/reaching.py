"""A whole AAA node with certificates, a NAS known by certificate, and what it is asked over TLS."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oss.access import nas, nas_radsec
from oss.access.aaa import Node, NodeOptions, Snapshot
from oss.base import db, secrets
from radius import attributes as a
from radius.auth import pap_encrypt
from radius.integrity import reply
from radius.packet import Packet
from radius.radsec import SECRET
from radius.radsec_client import RadsecClient
from tests.conftest import TESTER
from tests.oss.access.test_node import free_ports
from tests.radius.certificates import Authority
from tests.waiting import eventually

VECTOR = bytes(range(16))


def equip(authority: Authority, data_dir: Path, *, as_file: str = "aaa") -> None:
    """The node's certificates, laid where it looks for them."""
    folder = data_dir / "certs"
    folder.mkdir(parents=True, exist_ok=True)
    certificate, key, _ = authority.issue("aaa", dns=("aaa",), as_file=as_file)
    for source, name in ((key, "server.key"), (certificate, "server.pem"), (authority.pem, "ca.pem")):
        shutil.copy(source, folder / name)


async def certified_nas(sealer: secrets.Sealer, name: str = "BNG-TLS", certificate: str = "bng-1") -> int:
    """A NAS that comes by TLS; returns its id."""
    values = nas.NasValues(name, "", secret=None, interim_s=30)
    values = nas_radsec.prepared(values, "radsec", None)
    async with db.transaction() as connection:
        nas_id = await nas.save(connection, sealer, TESTER, values)
        await nas_radsec.save(connection, TESTER, nas_id, "radsec", certificate)
    return nas_id


@asynccontextmanager
async def running(dsn: str, sealer: secrets.Sealer, data_dir: Path, name: str = "test") -> AsyncIterator[Node]:
    """The node on free ports, its index read."""
    auth_port, acct_port = free_ports()
    options = NodeOptions(dsn, name, "127.0.0.1", auth_port, acct_port, data_dir, radsec_port=free_tcp())
    node, stop, started, published = Node(options, sealer), asyncio.Event(), asyncio.Event(), list[Snapshot]()
    task = asyncio.create_task(node.run(stop, started.set, published.append))
    await eventually(lambda: started.is_set() or task.done())
    if task.done():
        task.result()
    await eventually(lambda: node.index.ready)
    try:
        yield node
    finally:
        stop.set()
        await asyncio.wait_for(task, 20)


def free_tcp() -> int:
    """A TCP port that nobody has at this moment."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass
class TlsNas:
    """A NAS that comes by TLS, and obeys what it is told."""

    client: RadsecClient
    told: list[tuple[int, str]] = field(default_factory=list)

    async def dial(self, login: str, password: str = "", **more: Any) -> Packet:
        hidden = pap_encrypt((password or login.replace("cli", "pw")).encode(), SECRET, VECTOR)
        body = a.attr(a.USER_NAME, login) + a.attr(a.USER_PASSWORD, hidden)
        return await self.client.exchange(a.ACCESS_REQUEST, body, 10, authenticator=VECTOR)

    async def says(self, status: int, login: str, sid: str = "8000", session_s: int = 0) -> Packet:
        body = a.attr(a.ACCT_STATUS_TYPE, status) + a.attr(a.ACCT_SESSION_ID, sid) + a.attr(a.USER_NAME, login)
        return await self.client.exchange(a.ACCOUNTING_REQUEST, body + a.attr(a.ACCT_SESSION_TIME, session_s), 10)

    def obey(self, link: Any, packets: list[bytes]) -> None:
        for octets in packets:
            packet = Packet.parse(octets)
            self.told.append((packet.code, packet.text(a.USER_NAME) or ""))
            link.send(reply(packet.code + 1, packet, b"", SECRET))


@asynccontextmanager
async def tls_nas(node: Node, context: ssl.SSLContext) -> AsyncIterator[TlsNas]:
    """It connects at once, and again whenever it must."""
    port = node.options.radsec_port
    found = TlsNas(RadsecClient("127.0.0.1", port, lambda: context, server_name="aaa"))
    found.client.heard = found.obey
    found.client.start()
    try:
        yield found
    finally:
        await found.client.close()
