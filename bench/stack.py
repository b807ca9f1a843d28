"""A provider and its lab as processes on loopback, for measurements and for the long tests."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from oss.base import config

PORTS = {
    "MILHA_WEB_PORT": socket.SOCK_STREAM,
    "MILHA_RADIUS_AUTH_PORT": socket.SOCK_DGRAM,
    "MILHA_RADIUS_ACCT_PORT": socket.SOCK_DGRAM,
    "MILHA_LAB_COA_PORT": socket.SOCK_DGRAM,
    "MILHA_LAB_CONTROL_PORT": socket.SOCK_STREAM,
}


def free_port(kind: int = socket.SOCK_DGRAM) -> int:
    """A port nobody uses at this moment."""
    with socket.socket(socket.AF_INET, kind) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def environment(folder: Path, dsn: str, **more: str) -> dict[str, str]:
    """The variables of a provider with data in ``folder`` and ports of its own."""
    names = ("PATH", "HOME", "LANG", "COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START")
    found = {name: os.environ[name] for name in names if name in os.environ}
    data = folder / "data"
    data.mkdir(exist_ok=True)
    found |= {
        "MILHA_DATA_DIR": str(data),
        "MILHA_DATABASE_URL": dsn,
        "MILHA_NODE": "bench",
        "MILHA_LOG_LEVEL": "warning",
        "MILHA_RADSEC_PORT": "0",
        "MILHA_TRAP_PORT": "0",
    }
    return found | {name: str(free_port(kind)) for name, kind in PORTS.items()} | more


@contextlib.asynccontextmanager
async def launched(
    command: Sequence[str], env: dict[str, str], log: Path | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process of ours until its SIGTERM; ``log`` takes what it says on stderr."""
    with contextlib.ExitStack() as files:
        errors = files.enter_context(log.open("ab")) if log else None
        process = await asyncio.create_subprocess_exec(*command, env=env, stdout=asyncio.subprocess.PIPE, stderr=errors)
        try:
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()
            close_pipes(process)


@contextlib.asynccontextmanager
async def child(
    command: Sequence[str], env: dict[str, str], ready: str, log: Path | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The same, from its ready line on."""
    async with launched(command, env, log) as process:
        await started(process, ready)
        yield process


async def started(process: asyncio.subprocess.Process, ready: str, timeout_s: float = 60) -> None:
    """Wait for the line that says so; raises RuntimeError if the process ends before."""
    assert process.stdout is not None
    async with asyncio.timeout(timeout_s):
        while ready not in (line := (await process.stdout.readline()).decode()):
            if not line:
                raise RuntimeError(f"process {process.pid} ended before it was ready")


def close_pipes(process: asyncio.subprocess.Process) -> None:
    """asyncio leaves a dead process's pipe transports to the collector, which complains."""
    transport = getattr(process, "_transport", None)
    if transport is not None:
        transport.close()


def provider_command() -> list[str]:
    """A Milha process that says ``ready``."""
    return [sys.executable, "-m", "bench.provider"]


def lab_command(
    settings: config.Config,
    folder: Path,
    nas: dict[str, str],
    dial: Sequence[str],
    *options: str,
) -> list[str]:
    """The lab with these NAS (name -> address), dialing these ``PREFIX:FROM-TO:NAS`` lines."""
    command = [sys.executable, "-m", "oss.lab", "--die-with-parent", *options]
    for name, address in nas.items():
        command += ["--nas", f"{name}={address},testing123,{settings.lab_coa_port}"]
    for lines in dial:
        command += ["--dial", lines]
    command += ["--auth", f"127.0.0.1:{settings.radius_auth_port}", "--acct", f"127.0.0.1:{settings.radius_acct_port}"]
    return [*command, "--control", f"127.0.0.1:{settings.lab_control_port}", "--ledger", str(folder / "ledger.jsonl")]
