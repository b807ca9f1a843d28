"""A command line to speak to, by real SSH and telnet; it misbehaves on request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncssh
import telnetlib3

from oss.drivers.links import Dialect
from oss.drivers.reach import Reach

USER, PASSWORD, ENABLE = "milha", "s3nha-do-olt", "mais-alto"
DIALECT = Dialect(
    prompts=(r"[\w.-]+(\([\w./-]+\))?[>#]",),
    errors=(r"^% ", r"^Failure:"),
    pager={r"---- More \( Press 'Q' to break \) ----": " "},
    confirms={r"Are you sure to save\? \(y/n\)\[n\]:": "y", r"\{ <cr>.*\}:": ""},
    prepare=("undo smart",),
    enable="enable",
)
TABLE = [f"  0/ 1/{n}   4857544312930{n:03x}  online" for n in range(60)]


@dataclass
class Cli:
    """An OLT's command line. ``faults``: command -> what goes wrong: stall, hang, close, half, wait (for
    ``goes_on``). ``ended``: sessions that are over; ``left``: SSH connections that are. ``mute``: who is let in gets no
    shell, ever."""

    name: str = "OLT-1"
    echoes: bool = True
    page: int = 20
    user: str = USER
    password: str = PASSWORD
    enable: str = ENABLE
    faults: dict[str, str] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    logins: int = 0
    view: str = ">"
    closers: list[Callable[[], None]] = field(default_factory=list)
    goes_on: asyncio.Event = field(default_factory=asyncio.Event)
    ended: int = 0
    left: int = 0
    mute: bool = False

    async def serve(self, read: Callable[[], Awaitable[str]], write: Callable[[str], None], *, asks: bool) -> None:
        """One session, from its login (``asks``) to its end."""
        try:
            await self._session(read, write, asks)
        finally:
            self.ended += 1

    async def _session(self, read: Callable[[], Awaitable[str]], write: Callable[[str], None], asks: bool) -> None:
        view = ">"
        if asks and not await self._login(read, write):
            return
        self.logins += 1
        write("\r\n  Huawei Integrated Access Software.\r\n  Last login: 3 days ago>\r\n\r\n")
        while True:
            write(f"\r\n{self.name}{view}")
            command = await self._line(read, write)
            self.heard.append(command)
            if command == "quit":
                return
            if not await self._fault(command, write):
                return
            if command == "enable" and view == ">":
                write("Password:")
                if await self._line(read, write, echo=False) != self.enable:
                    write("\r\n% Bad secrets\r\n")
                else:
                    view = "#"
                continue
            if command == "config":
                view = "(config)#"
                continue
            await self._answer(command, read, write)

    async def _login(self, read: Callable[[], Awaitable[str]], write: Callable[[str], None]) -> bool:
        for _ in range(3):
            write("\r\n>>User name:")
            user = await self._line(read, write)
            write(">>User password:")
            if (user, await self._line(read, write, echo=False)) == (self.user, self.password):
                return True
            write("\r\n  Username or password invalid.\r\n")
        return False

    async def _fault(self, command: str, write: Callable[[str], None]) -> bool:
        fault = self.faults.get(command)
        if fault == "close":
            return False
        if fault == "wait":
            await self.goes_on.wait()
        if fault == "hang":
            await asyncio.Event().wait()
        if fault == "stall":
            write("  0/ 1/0   48575443129")
            await asyncio.Event().wait()
        if fault == "half":
            write("  0/ 1/0   48575443129")
            return False
        return True

    async def _answer(self, command: str, read: Callable[[], Awaitable[str]], write: Callable[[str], None]) -> None:
        if command == "display ont info 0 1 all":
            await self._paged(TABLE, read, write)
        elif command == "save":
            write("Are you sure to save? (y/n)[n]:")
            said = await self._line(read, write)
            write("saved\r\n" if said == "y" else "not saved\r\n")
        elif command == "delete all":
            write("Really delete? (y/n):")
            said = await self._line(read, write)
            write(f"said {said}\r\n")
        elif command == "display prompts":
            write(f"description\r\n{self.name}#\r\nother#\r\nlast line\r\n")
        elif command.startswith("echo "):
            write(command[5:] + "\r\n")
        elif command and command != "undo smart":
            write("% Unknown command, the error locates at '^'\r\n")

    async def _paged(self, lines: list[str], read: Callable[[], Awaitable[str]], write: Callable[[str], None]) -> None:
        for n, line in enumerate(lines):
            if n and n % self.page == 0:
                write("---- More ( Press 'Q' to break ) ----")
                await read()
                write("\x1b[37D" + " " * 37 + "\x1b[37D")
            write(line + "\r\n")

    async def _line(
        self, read: Callable[[], Awaitable[str]], write: Callable[[str], None], *, echo: bool = True
    ) -> str:
        text = ""
        while not text.endswith(("\n", "\r")):
            letter = await read()
            if not letter:
                raise EOFError
            if echo and self.echoes:
                write(letter if letter >= " " else "")
            text += letter
        write("\r\n")
        return text.rstrip("\r\n").replace("\0", "")


class _Door(asyncssh.SSHServer):
    def __init__(self, cli: Cli) -> None:
        self.cli = cli

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self.connection = conn
        self.cli.closers.append(conn.abort)

    def session_requested(self) -> Any:
        """Asked where there is no factory of shells: one that never comes."""
        self.cli.logins += 1
        return self.connection.create_server_channel(), asyncio.Event().wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self.cli.left += 1

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (self.cli.user, self.cli.password)


OLD = {
    "kex_algs": ["diffie-hellman-group1-sha1"],
    "encryption_algs": ["aes128-cbc", "3des-cbc"],
    "mac_algs": ["hmac-sha1"],
    "signature_algs": ["ssh-rsa"],
}


@asynccontextmanager
async def ssh(cli: Cli, key: asyncssh.SSHKey | None = None, *, old: bool = False, port: int = 0) -> AsyncIterator[int]:
    """The command line by SSH; yields its port. ``old``: it offers only what OpenSSH has dropped."""

    async def session(process: asyncssh.SSHServerProcess[str]) -> None:
        async def read() -> str:
            return await process.stdin.read(1)

        if process.command is not None:
            cli.heard.append(process.command)
            if cli.faults.get(process.command) == "hang":
                await asyncio.Event().wait()
            process.stdout.write("# nov/26/2026 by RouterOS 6.49\n/ip address\nadd comment=José\n")
            process.exit(0)
            return
        try:
            await cli.serve(read, process.stdout.write, asks=False)
        except (EOFError, asyncssh.Error, BrokenPipeError):
            pass
        process.exit(0)

    made = key or asyncssh.generate_private_key(
        "ssh-rsa" if old else "ssh-ed25519", **({"key_size": 2048} if old else {})
    )
    server = await asyncssh.create_server(
        lambda: _Door(cli), "127.0.0.1", port, server_host_keys=[made], line_editor=False, encoding="latin-1",
        process_factory=None if cli.mute else session,
        **(OLD if old else {}),
    )  # fmt: skip
    try:
        yield server.get_port()
    finally:
        server.close()
        for close in cli.closers:
            close()
        await server.wait_closed()


@asynccontextmanager
async def telnet(cli: Cli, port: int = 0) -> AsyncIterator[int]:
    """The command line by telnet; yields its port."""
    sessions: set[asyncio.Task[None]] = set()

    async def shell(reader: telnetlib3.TelnetReader, writer: telnetlib3.TelnetWriter) -> None:
        async def read() -> str:
            return bytes(await reader.read(1)).decode("latin-1")

        def write(text: str) -> None:
            if not writer.is_closing():
                writer.write(text.encode("latin-1"))

        sessions.add(asyncio.current_task())  # type: ignore[arg-type]
        cli.closers.append(writer.transport.abort)
        try:
            await cli.serve(read, write, asks=True)
        except (EOFError, OSError):
            pass
        writer.close()

    server = await telnetlib3.create_server(
        "127.0.0.1", port, shell=shell, encoding=False, connect_maxwait=0.2, timeout=0
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in sessions:
            task.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)
        await server.wait_closed()


def reach(protocol: str, port: int, **other: object) -> Reach:
    """How a device of this file is reached."""
    given = {"user": USER, "password": PASSWORD, "enable_password": ENABLE, **other}
    return Reach(7, "OLT-1", "127.0.0.1", protocol, port, **given)  # type: ignore[arg-type]
