"""Network namespaces for real programs: each has a wire to us, and may have one to another.

Their packets stay on wires that the test made. A namespace's own processes end with it; nothing else is touched.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.stack import close_pipes
from tests.waiting import eventually

_numbers = itertools.count(1)


@functools.cache
def why_not() -> str:
    """Why there can be no namespaces here; empty where there can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if shutil.which("ip") is None:
        return "ip is not installed (Debian: iproute2)"
    name = f"milha{os.getpid()}try"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
    return made.stderr.strip()


async def ip(*arguments: str) -> str:
    """One command of iproute2; raises RuntimeError with its words when it fails."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec("ip", *arguments, stdout=pipe, stderr=asyncio.subprocess.STDOUT)
    said = (await process.communicate())[0].decode()
    if process.returncode:
        raise RuntimeError(f"ip {' '.join(arguments)}: {said}")
    return said


def _free_network() -> Iterator[str]:
    """Prefixes ``10.x.y`` that nobody on this machine uses, from a place that is this process's own."""
    for number in itertools.count(os.getpid() * 7):
        yield f"10.{200 + number // 250 % 50}.{number % 250}"


@dataclass
class Program:
    """A running program and what it says, line by line, into a file."""

    process: asyncio.subprocess.Process
    log: Path

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    async def says(self, words: str, times: int = 1, within_s: float = 15.0) -> str:
        """Wait until it has said something (so many times); what it said is in the error where it does not."""

        def heard() -> bool:
            return self.said().count(words) >= times or self.process.returncode is not None

        with contextlib.suppress(TimeoutError):
            await eventually(heard, within_s)
        said = self.said()
        assert said.count(words) >= times, f"no {words!r} in:\n{said[-6000:]}"
        return said


@dataclass
class Namespace:
    """One of them. ``us`` is our end of its wire, ``here`` its own."""

    name: str
    folder: Path
    us: str
    here: str
    _stack: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    @classmethod
    @contextlib.asynccontextmanager
    async def made(cls, folder: Path) -> AsyncIterator[Namespace]:
        """A namespace with loopback and a wire to us (an address that is not loopback: without one getaddrinfo with
        AI_ADDRCONFIG finds nothing, and pam_radius_auth asks nobody)."""
        number = next(_numbers)
        prefix = await _unused_prefix()
        one = cls(f"milha{os.getpid()}n{number}", folder, f"{prefix}.1", f"{prefix}.2")
        ours = f"mv{os.getpid()}n{number}"
        await ip("netns", "add", one.name)
        try:
            await ip("link", "add", ours, "type", "veth", "peer", "name", "uplink", "netns", one.name)
            await ip("addr", "add", f"{one.us}/30", "dev", ours)
            await ip("link", "set", ours, "up")
            await ip("-n", one.name, "link", "set", "lo", "up")
            await one.address("uplink", f"{one.here}/30")
            yield one
        finally:
            await one._stack.aclose()
            await ip("netns", "del", one.name)
            with contextlib.suppress(RuntimeError):  # goes with its other end, a moment later or sooner
                await ip("link", "del", ours)

    async def address(self, device: str, address: str) -> None:
        await ip("-n", self.name, "addr", "add", address, "dev", device)
        await ip("-n", self.name, "link", "set", device, "up")

    async def wire(self, other: Namespace, device: str, address: str, its_address: str) -> None:
        """A wire to another namespace, the same name at both ends."""
        made = ("type", "veth", "peer", "name", device, "netns", other.name)
        await ip("-n", self.name, "link", "add", device, *made)
        await self.address(device, address)
        await other.address(device, its_address)

    async def start(self, *command: str) -> Program:
        """A program in the namespace until the namespace goes."""
        log = self.folder / f"{Path(command[0]).name}-{self.name}-{next(_numbers)}.log"
        with log.open("wb") as file:
            process = await asyncio.create_subprocess_exec(
                *("ip", "netns", "exec", self.name, *command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=file,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        self._stack.push_async_callback(_ended, process)
        return Program(process, log)

    async def run(self, *command: str, typed: str = "", within_s: float = 30.0) -> tuple[int, str]:
        """A program to its end: exit status and words."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *("ip", "netns", "exec", self.name, *command),
            stdin=pipe,
            stdout=pipe,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            said, _ = await asyncio.wait_for(process.communicate(typed.encode()), within_s)
        finally:
            await _ended(process)
        assert process.returncode is not None
        return process.returncode, said.decode(errors="replace")


async def _unused_prefix() -> str:
    taken = await ip("-4", "-o", "addr", "show")
    networks = _free_network()
    for _ in range(next(_numbers)):
        next(networks)
    return next(prefix for prefix in networks if f" {prefix}." not in taken)


async def _ended(process: asyncio.subprocess.Process, patience_s: float = 5.0) -> None:
    """End a program with what it started: politely first. ``ip netns exec`` becomes the program, so the pid is its."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), patience_s)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # a child that outlived it, as openvpn's plugin processes may
    close_pipes(process)


def lines(folder: Path, name: str, content: Sequence[str]) -> str:
    """A configuration file; its path."""
    path = folder / name
    path.write_text("\n".join(content) + "\n")
    return str(path)
