"""Both ends of RADIUS over TLS for tests: a server with one NAS, and clients with certificates of any kind."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from radius import attributes as a
from radius.packet import Packet
from radius.peers import Host, Peer
from radius.radsec import SECRET
from radius.radsec_client import RadsecClient
from radius.radsec_link import Hooks, Link
from radius.radsec_server import Limits, RadsecServer, StreamListener
from radius.server import AccessReply, Later

HOST = b"nas-1"


@dataclass
class Table:
    """The NAS by the names of their certificates."""

    by_name: dict[str, Host] = field(default_factory=lambda: {"bng-1": HOST})
    peers: dict[Host, Peer] = field(default_factory=lambda: {HOST: Peer(1, "BNG-1", SECRET, ma_policy="off")})

    def of(self, names: tuple[str, ...]) -> Host | None:
        return next((self.by_name[name] for name in names if name in self.by_name), None)

    def find(self, host: Host) -> Peer | None:
        return self.peers.get(host)


class Server:
    """Accepts every login but those named nobody (silence) and later (answered when told)."""

    def __init__(self, context: ssl.SSLContext | None, limits: Limits | None = None) -> None:
        self.table, self.records = Table(), list[tuple[Packet, Host]]()
        self.logins: list[str] = []
        self.later: list[Later] = []
        self.refused: list[tuple[tuple[str, ...], Exception]] = []
        self.came: list[str] = []
        auth = StreamListener("auth", self.table, self.access)
        acct = StreamListener("acct", self.table, self.account, auth.counters)
        self.radsec = RadsecServer(
            self.table,
            auth,
            acct,
            lambda address, names, error: self.refused.append((names, error)),
            judge=lambda certificate: self.verdict,
            came=lambda peer: self.came.append(peer.name),
            limits=limits,
        )
        self.radsec.context = context
        self.port = 0
        self.verdict: str | None = None

    @property
    def causes(self) -> list[str]:
        return [getattr(error, "cause", type(error).__name__) for _, error in self.refused]

    def access(self, packet: Packet, peer: Peer) -> AccessReply | Later | None:
        login = packet.text(a.USER_NAME) or ""
        self.logins.append(login)
        if login == "nobody":
            return None
        if login == "later":
            self.later.append(asyncio.get_running_loop().create_future())
            return self.later[-1]
        return AccessReply(a.ACCESS_ACCEPT, a.attr(a.REPLY_MESSAGE, login))

    def account(self, packet: Packet, peer: Peer, host: Host, at: float, ack: Callable[[], None]) -> None:
        self.records.append((packet, host))
        ack()


@asynccontextmanager
async def serving(context: ssl.SSLContext | None, limits: Limits | None = None) -> AsyncIterator[Server]:
    """The server on a free port."""
    server = Server(context, limits)
    _, server.port = await server.radsec.open("127.0.0.1", 0)
    try:
        yield server
    finally:
        await server.radsec.close()


@asynccontextmanager
async def asking(context: ssl.SSLContext, port: int, **more: Any) -> AsyncIterator[RadsecClient]:
    """A client of the server ``aaa``."""
    client = RadsecClient("127.0.0.1", port, lambda: context, server_name="aaa", **more)
    client.start()
    try:
        yield client
    finally:
        await client.close()


async def linked(context: ssl.SSLContext, port: int, hooks: Hooks | None = None) -> Link:
    """A bare connection, before or after TLS is there."""
    link = Link(context, hooks or Hooks(), False, "aaa")
    await asyncio.get_running_loop().create_connection(lambda: link, "127.0.0.1", port)
    return link


def login(name: str) -> bytes:
    return a.attr(a.USER_NAME, name)
