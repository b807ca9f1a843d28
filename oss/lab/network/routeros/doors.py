"""The ports of a RouterOS: the API plain and by TLS, and SSH for /export.

See `router` for how to start one. Without a certificate the API by TLS has anonymous Diffie-Hellman alone, as a router
has on which nobody made one: clients must allow ``ADH:@SECLEVEL=0``.
"""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dh, ec
from cryptography.x509.oid import NameOID

from oss.lab.network.cli.doors import Doors
from oss.lab.network.routeros.api import Connection
from oss.lab.network.routeros.export import export
from oss.lab.network.routeros.router import RouterOs
from oss.lab.network.whims import Deed

FFDHE2048 = int(
    "FFFFFFFFFFFFFFFFADF85458A2BB4A9AAFDC5620273D3CF1D8B9C583CE2D3695A9E13641146433FBCC939DCE249B3EF9"
    "7D2FE363630C75D8F681B202AEC4617AD3DF1ED5D5FD65612433F51F5F066ED0856365553DED1AF3B557135E7F57C935"
    "984F0C70E0E68B77E2A689DAF3EFE8721DF158A136ADE73530ACCA4F483A797ABC0AB182B324FB61D108A94BB2C8E3FB"
    "B96ADAB760D7F4681D4F42A3DE394DF4AE56EDE76372BB190B07A7C8EE0A6D709E02FCE1CDF7E2ECC03404CD28342F61"
    "9172FE9CE98583FF8E4F1232EEF28183C3FE3B1B4C6FAD733BB5FCBC2EC22005C58EF1837D1683B2C6F34A26C1B2EFFA"
    "886B423861285C97FFFFFFFFFFFFFFFF",
    16,
)
"""The group of RFC 7919 appendix A.1."""


def certificate(name: str) -> tuple[bytes, bytes]:
    """One that a router made for itself, with its key, both PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.public_bytes(serialization.Encoding.PEM), private


def tls(name: str | None) -> ssl.SSLContext:
    """With a new certificate of this name; None: without any. Reads and writes files: not for the loop."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        if name is not None:
            chain = Path(folder, "chain.pem")
            chain.write_bytes(b"".join(certificate(name)))
            context.load_cert_chain(chain)
            return context
        parameters = dh.DHParameterNumbers(FFDHE2048, 2).parameters()
        group = Path(folder, "group.pem")
        group.write_bytes(parameters.parameter_bytes(serialization.Encoding.PEM, serialization.ParameterFormat.PKCS3))
        context.load_dh_params(str(group))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ADH:@SECLEVEL=0")
    return context


class RouterDoors:
    """Open while inside `served`; ports as they were found free, 0: not open."""

    def __init__(self, router: RouterOs, host: str) -> None:
        self.router, self.host = router, host
        self.api_port = self.tls_port = 0
        self.ssh = Doors(None, host, False, router.allows)
        self.ssh.does = self._does
        self.context: ssl.SSLContext | None = None
        self.with_certificate = True
        self._by_tls: asyncio.Server | None = None
        self._wanted = (False, False)
        self._servers: list[asyncio.Server] = []
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._later: asyncio.Task[None] | None = None
        self._away = False

    @property
    def ssh_port(self) -> int:
        """Where SSH answers."""
        return self.ssh.ssh_port

    @property
    def connections(self) -> int:
        """How many talk by API now."""
        return len(self._connections)

    async def open(self, api: bool, by_tls: bool) -> None:
        """Take connections. Raises OSError where a port is taken."""
        self._wanted = api, by_tls
        if api:
            self.api_port = _port(await self._listen(self.api_port, None))
        if by_tls:
            self._by_tls = await self._listen(self.tls_port, self.context)
            self.tls_port = _port(self._by_tls)

    async def _listen(self, port: int, context: ssl.SSLContext | None) -> asyncio.Server:
        server = await asyncio.start_server(self._talk, self.host, port, ssl=context)
        self._servers.append(server)
        return server

    async def change_key(self) -> None:
        """It was exchanged for another device, or somebody stands between: another host key, another certificate."""
        await self.ssh.change_key()
        if self._by_tls is not None and self.with_certificate:
            self.context = await asyncio.to_thread(tls, self.router.state.device.name)
            self._by_tls.close()
            self._by_tls = await self._listen(self.tls_port, self.context)

    async def close(self) -> None:
        """Nobody comes in any more, and who is in is out."""
        if self._later is not None and self._later is not asyncio.current_task():
            self._later.cancel()
        for server in self._servers:
            server.close()
        self._servers.clear()
        self.cut()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def cut(self) -> None:
        """All connections end without a word."""
        for task, writer in list(self._connections.items()):
            writer.transport.abort()
            task.cancel()

    def away(self, away: bool) -> None:
        """While it is away, who is in is out, and who comes is turned away."""
        self._away = away
        self.ssh.away(away)
        if away:
            self.cut()

    def reboot(self, away_s: float) -> None:
        """All connections end; nobody gets in for so many seconds."""
        self._later = asyncio.get_running_loop().create_task(self._reboot(away_s))
        if self.ssh.ssh_port:
            self.ssh.reboot(away_s)

    async def _reboot(self, away_s: float) -> None:
        await self.close()
        await asyncio.sleep(away_s)
        await self.open(*self._wanted)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if self._away:
            writer.transport.abort()
            return
        self._connections[task] = writer
        try:
            await Connection(self.router, reader, writer).run()
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            del self._connections[task]

    async def _does(self, command: str) -> tuple[str, Deed | None]:
        """What SSH is asked without a terminal; it fails as commands of the API do."""
        whims, words = self.router.whims, command.split()
        deed = whims.next()
        if whims.latency_s:
            await asyncio.sleep(whims.latency_s)
        if deed is Deed.REFUSE:
            return "failure: action timed out\r\n", None
        if deed is Deed.REBOOT and whims.reboot is not None:
            whims.reboot()
        if words[:1] in (["/export"], ["export"]):
            return export(self.router, words[1:]), deed
        return f"bad command name {words[0] if words else ''} (line 1 column 1)\r\n", deed


def _port(server: asyncio.Server) -> int:
    return int(server.sockets[0].getsockname()[1])


def _restart(doors: RouterDoors) -> None:
    doors.router.state.restart()
    doors.reboot(doors.router.whims.away_s)


@asynccontextmanager
async def served(
    router: RouterOs,
    host: str,
    api_port: int | None = 0,
    tls_port: int | None = None,
    ssh_port: int | None = None,
    with_certificate: bool = True,
) -> AsyncIterator[RouterDoors]:
    """A router, reachable while inside; port 0: any, None: not this way."""
    doors = RouterDoors(router, host)
    doors.api_port, doors.tls_port, doors.ssh.ssh_port = api_port or 0, tls_port or 0, ssh_port or 0
    router.whims.reboot = partial(_restart, doors)
    doors.with_certificate = with_certificate
    if tls_port is not None:
        doors.context = await asyncio.to_thread(tls, router.state.device.name if with_certificate else None)
    try:
        await doors.open(api_port is not None, tls_port is not None)
        await doors.ssh.open(ssh_port is not None, False)
        yield doors
    finally:
        await doors.close()
        await doors.ssh.close()
