"""The ports of a command line: SSH (asyncssh) and telnet (RFC 854), on one device.

line = HuaweiOlt(state_of(small().device("olt-1")))
async with opened(line, "127.0.0.1", ssh_port=0, telnet_port=0) as doors:
    doors.ssh_port, doors.telnet_port   # as they were found free
    line.whims.fail(2, Deed.CLOSE)
    await doors.change_key()            # from now on it shows another host key
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncssh

from oss.lab.network.cli.line import CommandLine
from oss.lab.network.cli.talk import Talk
from oss.lab.network.cli.telnet import Options
from oss.lab.network.cli.terminal import Terminal
from oss.lab.network.whims import Deed

LEGACY: dict[str, Any] = {
    "kex_algs": ["diffie-hellman-group1-sha1", "diffie-hellman-group14-sha1"],
    "encryption_algs": ["aes128-cbc", "3des-cbc"],
    "mac_algs": ["hmac-sha1", "hmac-md5"],
}
"""All that an old device knows; its key is RSA, signed with SHA-1."""

Exec = Callable[[str], Awaitable[tuple[str, Deed | None]]]
"""Does a command that came without a terminal: what it says, and in which way it fails at it."""


class Doors:
    """Open while inside `opened`. ``closed``: nobody is let in; who is in stays."""

    def __init__(self, line: CommandLine | None, host: str, legacy: bool, allows: Callable[[str, str], bool]) -> None:
        self.host, self.legacy, self.allows = host, legacy, allows
        self.line = line
        self.does: Exec | None = None
        self.ssh_port = self.telnet_port = 0
        self.talks: set[asyncio.Task[None]] = set()
        self.connections: set[asyncssh.SSHServerConnection] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._ssh: asyncssh.SSHAcceptor | None = None
        self._telnet: asyncio.Server | None = None
        self._wanted: tuple[bool, bool] = (False, False)
        self._key = self._new_key()
        self._later: asyncio.Task[None] | None = None
        self._away = False

    @property
    def is_away(self) -> bool:
        """Nobody is let in now."""
        return self._away

    @property
    def host_key(self) -> str:
        """The public key that it shows, ``type base64``."""
        return " ".join(self._key.export_public_key().decode().split()[:2])

    async def open(self, ssh: bool, telnet: bool) -> None:
        """Take connections. Raises OSError where a port is taken."""
        self._wanted = ssh, telnet
        if ssh:
            self._ssh = await self._listen()
            self.ssh_port = self._ssh.get_port()
        if telnet:
            self._telnet = await asyncio.start_server(self._by_telnet, self.host, self.telnet_port)
            self.telnet_port = self._telnet.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Nobody comes in any more, and who is in is out."""
        if self._later is not None and self._later is not asyncio.current_task():
            self._later.cancel()
        for server in (self._ssh, self._telnet):
            if server is not None:
                server.close()
        self.cut()
        await asyncio.gather(*self.talks, return_exceptions=True)
        self._ssh = self._telnet = None

    def cut(self) -> None:
        """All connections end without a word."""
        for one in list(self.connections):
            one.abort()
        for writer in list(self._writers):
            writer.transport.abort()
        for talk in list(self.talks):
            talk.cancel()

    def away(self, away: bool) -> None:
        """While it is away, who is in is out, and who comes is turned away."""
        self._away = away
        if away:
            self.cut()

    def reboot(self, away_s: float) -> None:
        """All connections end; nobody gets in for so many seconds."""
        self._later = asyncio.get_running_loop().create_task(self._reboot(away_s))

    async def _reboot(self, away_s: float) -> None:
        await self.close()
        await asyncio.sleep(away_s)
        await self.open(*self._wanted)

    async def change_key(self) -> None:
        """It was exchanged for another device, or somebody stands between."""
        self._key = self._new_key()
        if self._ssh is not None:
            self._ssh.close()
            await self._ssh.wait_closed()
            self._ssh = await self._listen()

    # ------------------------------------------------------------ SSH

    def _new_key(self) -> asyncssh.SSHKey:
        if self.legacy:
            return asyncssh.generate_private_key("ssh-rsa", key_size=1024)
        return asyncssh.generate_private_key("ssh-ed25519")

    async def _listen(self) -> asyncssh.SSHAcceptor:
        algorithms = LEGACY if self.legacy else {}
        return await asyncssh.create_server(
            lambda: _Guard(self),
            self.host,
            self.ssh_port,
            server_host_keys=[self._key],
            encoding=None,
            line_editor=False,
            allow_scp=False,
            **algorithms,
        )

    def begin(self, terminal: Terminal, user: str | None) -> asyncio.Task[None]:
        """A person is at a terminal."""
        assert self.line is not None
        task = asyncio.get_running_loop().create_task(Talk(self.line, terminal).run(user))
        self.talks.add(task)
        task.add_done_callback(self.talks.discard)
        return task

    # ------------------------------------------------------------ telnet

    async def _by_telnet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._away or self.line is None:
            writer.transport.abort()
            return
        encoding = self.line.encoding
        options = Options()
        self._writers.add(writer)
        terminal = Terminal(lambda text: writer.write(options.quoted(text.encode(encoding, "replace"))), writer.close)
        writer.write(options.offer())
        task = self.begin(terminal, None)
        try:
            while octets := await reader.read(4096):
                keys, answer = options.heard(octets)
                writer.write(answer)
                terminal.feed(keys.decode(encoding, "replace"))
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            terminal.end()
            self._writers.discard(writer)
            task.cancel()
            writer.close()


class _Guard(asyncssh.SSHServer):
    """Who comes by SSH: by password, asked for either way."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._connection: asyncssh.SSHServerConnection | None = None
        self.user = ""

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._doors.connections.add(conn)
        if self._doors.is_away:
            conn.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connection is not None:
            self._doors.connections.discard(self._connection)

    def begin_auth(self, username: str) -> bool:
        self.user = username
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return self._doors.allows(username, password)

    def session_requested(self) -> Any:
        return _Channel(self._doors, self.user, self.cut)

    def cut(self) -> None:
        """The connection ends without a word."""
        if self._connection is not None:
            self._connection.abort()


class _Channel(asyncssh.SSHServerSession[bytes]):
    """One channel of an SSH connection."""

    def __init__(self, doors: Doors, user: str, cut: Callable[[], None]) -> None:
        self._doors, self._user, self._cut = doors, user, cut
        self._channel: asyncssh.SSHServerChannel[bytes] | None = None
        self._terminal: Terminal | None = None
        self._task: asyncio.Task[None] | None = None
        self._command: str | None = None

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        self._channel = chan

    def pty_requested(self, *_: Any) -> bool:
        return True

    def shell_requested(self) -> bool:
        return self._doors.line is not None

    def exec_requested(self, command: str) -> bool:
        self._command = command
        return self._doors.does is not None

    def session_started(self) -> None:
        assert self._channel is not None
        if self._command is not None:
            self._task = asyncio.get_running_loop().create_task(self._once(self._command))
            return
        self._terminal = Terminal(self._send, self._channel.close)
        self._task = self._doors.begin(self._terminal, self._user)

    async def _once(self, command: str) -> None:
        """A command without a terminal."""
        assert self._channel is not None
        assert self._doors.does is not None
        said, deed = await self._doors.does(command)
        octets = said.encode("latin-1", "replace")
        if deed is None:
            self._channel.write(octets)
            self._channel.exit(0)
            return
        if deed.done:
            self._channel.write(octets[: len(octets) // 2])
        if deed in (Deed.HANG, Deed.MUTE):
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        self._cut()

    def _send(self, text: str) -> None:
        assert self._channel is not None
        assert self._doors.line is not None
        if not self._channel.is_closing():
            self._channel.write(text.encode(self._doors.line.encoding, "replace"))

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        if self._terminal is not None and self._doors.line is not None:
            self._terminal.feed(data.decode(self._doors.line.encoding, "replace"))

    def eof_received(self) -> bool:
        if self._terminal is not None:
            self._terminal.end()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if self._terminal is not None:
            self._terminal.end()
        if self._task is not None:
            self._task.cancel()


@asynccontextmanager
async def opened(
    line: CommandLine, host: str, ssh_port: int | None = 0, telnet_port: int | None = None, legacy: bool = False
) -> AsyncIterator[Doors]:
    """A device's command line, reachable while inside; port 0: any, None: not this way. ``legacy``: old SSH only."""
    doors = Doors(line, host, legacy, line.allows)
    doors.ssh_port, doors.telnet_port = ssh_port or 0, telnet_port or 0
    line.whims.reboot = lambda: doors.reboot(line.whims.away_s)
    try:
        await doors.open(ssh_port is not None, telnet_port is not None)
        yield doors
    finally:
        await doors.close()
