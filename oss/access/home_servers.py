"""Home servers of realms: how each is asked, and whether it is there."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from radius import attributes as a
from radius.client import Client, NoReply
from radius.errors import RadiusError
from radius.integrity import Secret
from radius.packet import Packet
from radius.radsec import SECRET
from radius.radsec_client import Context, RadsecClient

TRIES, TRY_S = 2, 1.5  # by UDP, before the next home server is asked: a NAS waits some 10 s in all
TLS_S = 3.0
SILENT: Final = 2  # questions without an answer, one after the other, that make a server a dead one
PROBE_EVERY_S, PROBE_S = 10.0, 2.0
REVIVE_S = 60.0  # after so long a dead one that never answered a Status-Server is given a request again

State = Literal["unknown", "alive", "dead"]


class Unsigned(RadiusError):
    """An answer without a Message-Authenticator, which a forger could have made (CVE-2024-3596)."""


class HomeRow(NamedTuple):
    """A row of ``home_server``; the secret is still sealed."""

    id: int
    realm_id: int
    transport: str
    host: str
    auth_port: int
    acct_port: int
    secret_sealed: str | None
    certificate_name: str
    signs: bool


class Standing(NamedTuple):
    """What a screen shows of a home server: its id, state, since when (Unix time), answers, silences, how long an
    answer took (microseconds, the last one), and what is wrong."""

    id: int
    state: State
    since: float
    answers: int
    silences: int
    took_us: int
    error: str


@dataclass(slots=True)
class Health:
    """Alive by any answer; dead by silence, or by a Status-Server that used to be answered and is not."""

    state: State = "unknown"
    since: float = 0.0  # Unix time
    heard: float = float("-inf")  # monotonic, like the next two
    asked: float = float("-inf")
    probed: float = float("-inf")
    answers: int = 0
    silences: int = 0
    in_a_row: int = 0
    took_us: int = 0
    says_so: bool = False  # it has answered a Status-Server
    error: str = ""

    def answered(self, took_s: float) -> None:
        self.answers, self.in_a_row, self.took_us, self.error = self.answers + 1, 0, int(took_s * 1e6), ""
        self.heard = time.monotonic()
        self._become("alive")

    def silent(self, why: str) -> None:
        self.silences, self.in_a_row, self.error = self.silences + 1, self.in_a_row + 1, why
        if self.in_a_row >= SILENT:
            self._become("dead")

    def _become(self, state: State) -> None:
        if state != self.state:
            self.state, self.since = state, time.time()


class HomeServer:
    """One home server, by UDP or over a kept TLS connection."""

    def __init__(self, row: HomeRow, secret: Secret | None, udp: Client, context: Context) -> None:
        self.row, self.secret, self.health = row, secret or SECRET, Health()
        self._udp, self.tls = udp, None
        if row.transport == "radsec":
            self.tls = RadsecClient(
                row.host, row.auth_port, context, server_name=row.certificate_name or None, connections=4
            )
            self.tls.start()

    async def close(self) -> None:
        """Hang up, where there is a connection."""
        if self.tls is not None:
            await self.tls.close()

    async def ask(self, code: int, attributes: bytes, authenticator: bytes | None = None) -> Packet:
        """The answer to a request; raises NoReply, Unsigned, Unencodable.

        An Access-Request always carries a Message-Authenticator. By UDP its answer must, too, unless the operator
        said that this server cannot: TLS proves as much by itself.
        """
        began = self.health.asked = time.monotonic()
        try:
            answer = await self._exchange(code, attributes, authenticator)
        except NoReply as error:
            self.health.silent(str(error))
            raise
        self.health.answered(time.monotonic() - began)
        signed = self.tls is not None or code != a.ACCESS_REQUEST or a.MESSAGE_AUTHENTICATOR in answer
        if not signed and self.row.signs:
            self.health.error = "unsigned"
            raise Unsigned("an answer without Message-Authenticator")
        return answer

    async def _exchange(self, code: int, attributes: bytes, authenticator: bytes | None) -> Packet:
        signed = code != a.ACCOUNTING_REQUEST
        if self.tls is not None:
            return await self.tls.exchange(
                code, attributes, TLS_S, authenticator=authenticator, message_authenticator=signed
            )
        port = self.row.acct_port if code == a.ACCOUNTING_REQUEST else self.row.auth_port
        try:
            return await self._udp.exchange(
                (self.row.host, port),
                code,
                attributes,
                self.secret,
                TRY_S,
                TRIES,
                authenticator=authenticator,
                message_authenticator=signed,
            )
        except OSError as error:  # no way there
            raise NoReply(str(error)) from None

    @property
    def worth_asking(self) -> bool:
        """Not dead, or dead for so long that it may have come back."""
        return self.health.state != "dead" or time.monotonic() - self.health.asked > REVIVE_S

    async def probe(self) -> None:
        """Ask whether it is there (RFC 5997), if nothing was heard for a while."""
        health, began = self.health, time.monotonic()
        if self.tls is not None:  # its connection asks by itself
            self._follow_connection(self.tls)
        elif began - max(health.heard, health.probed) >= PROBE_EVERY_S:
            health.probed = began
            address = (self.row.host, self.row.auth_port)
            try:
                await self._udp.exchange(address, a.STATUS_SERVER, b"", self.secret, PROBE_S, 1)
            except (RadiusError, OSError) as error:
                if health.says_so:
                    health.silent(str(error))
                return
            health.says_so = True
            health.answered(time.monotonic() - began)

    def _follow_connection(self, tls: RadsecClient) -> None:
        if tls.connected and tls.error is None:
            self.health.error = ""
            self.health._become("alive")
        elif not tls.connected:
            self.health.error = tls.error or ""
            self.health._become("dead")

    def standing(self) -> Standing:
        """For a screen."""
        health = self.health
        return Standing(
            self.row.id, health.state, health.since, health.answers, health.silences, health.took_us, health.error
        )


def is_address(host: str) -> bool:
    """Whether it is an IPv4 address: what we ask by UDP."""
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


async def probe_for_ever(servers: Callable[[], list[HomeServer]], beat: Callable[[], None]) -> None:
    """All of them, each second those that are due."""
    while True:
        beat()
        await asyncio.gather(*(one.probe() for one in servers()))
        await asyncio.sleep(1.0)
