"""A RADIUS server small enough to misbehave on purpose, and a lab that talks to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Any, cast

from oss.lab.accounting import Patience
from oss.lab.control import ControlClient, control_port
from oss.lab.lab import Lab
from oss.lab.settings import NasConfig, Settings
from radius import attributes as a
from radius.auth import Credential, check, refusal
from radius.integrity import Secret
from radius.packet import Packet
from radius.profile import Profile
from radius.server import AccessReply, Listener, Peer, PeerTable
from radius.sockets import Address
from radius.vendors import mikrotik

SECRET = Secret(b"testing123")
PROFILE = Profile(down_kbps=100_000, up_kbps=50_000)


class SmallServer:
    """Accepts whoever's password is the login and "pw"; what it hears is kept, `acks` and `answers` switch it off."""

    def __init__(self) -> None:
        peers = PeerTable([(ip_network("127.0.0.0/8"), Peer(1, "lab", SECRET, "mikrotik"))])
        self.auth = Listener("auth", peers, self._access)
        self.acct = Listener("acct", peers, self._account)
        self.accept = mikrotik.accept(PROFILE)
        self.logins: list[Packet] = []
        self.records: list[Packet] = []
        self.acked: list[Packet] = []
        self.acks = self.answers = True
        self.credulous = False  # accepts whatever the password, like a server that is not what it says
        self._heard = asyncio.Event()

    def _access(self, packet: Packet, peer: Peer) -> AccessReply | None:
        self.logins.append(packet)
        self._heard.set()
        if not self.answers:
            return None
        if self.credulous:
            return AccessReply(a.ACCESS_ACCEPT, self.accept)
        password = (packet.get(a.USER_NAME) or b"") + b"pw"
        verdict = check(packet, peer.secret, Credential(password))
        if verdict:
            return AccessReply(a.ACCESS_ACCEPT, self.accept + verdict.attributes)
        return AccessReply(a.ACCESS_REJECT, a.attr(a.REPLY_MESSAGE, "Access denied") + refusal(packet))

    def _account(self, packet: Packet, peer: Peer, source: str, at: float, ack: Callable[[], None]) -> bool:
        del peer, source, at
        self.records.append(packet)
        if self.acks:
            self.acked.append(packet)
            ack()
        self._heard.set()
        return self.acks

    async def until(self, true: Callable[[], Any], timeout_s: float = 10.0) -> None:
        """Waits until what was heard makes it true."""
        async with asyncio.timeout(timeout_s):
            while not true():
                self._heard.clear()
                await self._heard.wait()

    def of(self, status: int, login: str | None = None) -> list[Packet]:
        """The records heard of this Acct-Status-Type, of one subscriber or all."""
        return [
            record
            for record in self.records
            if record.integer(a.ACCT_STATUS_TYPE) == status and login in (None, record.text(a.USER_NAME))
        ]


@asynccontextmanager
async def small_server() -> AsyncIterator[SmallServer]:
    """The server on two free ports."""
    server = SmallServer()
    await server.auth.open("127.0.0.1", 0)
    await server.acct.open("127.0.0.1", 0)
    try:
        yield server
    finally:
        await server.auth.close()
        await server.acct.close()


class End(asyncio.DatagramProtocol):
    """A UDP end that answers whatever `answer` says."""

    def __init__(self, answer: Callable[[bytes, Address], list[bytes]]) -> None:
        self._answer = answer
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        assert self.transport is not None
        for octets in self._answer(data, addr):
            self.transport.sendto(octets, addr)

    @property
    def address(self) -> Address:
        assert self.transport is not None
        host, port = self.transport.get_extra_info("sockname")[:2]
        return host, port


@asynccontextmanager
async def udp_end(answer: Callable[[bytes, Address], list[bytes]]) -> AsyncIterator[End]:
    """Such an end on a free port."""
    loop = asyncio.get_running_loop()
    transport, end = await loop.create_datagram_endpoint(lambda: End(answer), local_addr=("127.0.0.1", 0))
    try:
        yield end
    finally:
        transport.close()


NAS = [NasConfig(f"bras{n}", f"127.0.0.{n}", b"testing123", 0) for n in (1, 2)]
HASTY = {
    "patience": Patience(first_s=0.05, longest_s=0.2),
    "auth_timeout_s": 0.1,
    "silence_retry_s": 0.2,
    "redial_s": (0.01, 0.05),
    "reject_retry_s": 0.1,
    "dial_per_s": 2000.0,
}


@asynccontextmanager
async def small_lab(
    server: SmallServer, nas: list[NasConfig] = NAS[:1], ledger: Path | None = None, **changes: Any
) -> AsyncIterator[tuple[Lab, ControlClient]]:
    """A lab of hasty routers that dial this server, and a client on its control port."""
    servers = {"auth": server.auth.address, "acct": server.acct.address}
    settings = Settings(**{**servers, **HASTY, **changes})
    async with (
        Lab(nas, settings, ledger) as lab,
        control_port(lab, "127.0.0.1", 0) as (_, address),
        ControlClient(*address) as client,
    ):
        yield lab, client
