"""Processes that a measurement starts: they end with it, whatever ends it."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
PATIENCE_S = 60.0


class ChildEnded(Exception):
    """A process ended that should have gone on; the message has its last words."""


def dying_with_us(how: signal.Signals) -> Callable[[], None] | None:
    """For ``preexec_fn``: the kernel sends ``how`` when we die (Linux; the thread that starts it must be the main)."""
    if sys.platform != "linux":
        return None
    prctl, parent = ctypes.CDLL(None).prctl, os.getpid()

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, how)
        if os.getppid() != parent:  # we were quicker
            os._exit(1)

    return ask


@contextlib.asynccontextmanager
async def running(
    command: Sequence[object],
    log: Path,
    *,
    env: dict[str, str] | None = None,
    stop: signal.Signals = signal.SIGTERM,
    **identity: Any,
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process until ``stop``; killed if it is not gone a minute later. ``log`` takes all it says."""
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *map(str, command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=env,
            start_new_session=True,  # a terminal's Ctrl-C is for us, who stop things in order
            preexec_fn=dying_with_us(stop),
            **identity,
        )
    try:
        yield process
    finally:
        await _end(process, stop)


async def _end(process: asyncio.subprocess.Process, stop: signal.Signals) -> None:
    if process.returncode is None:
        process.send_signal(stop)
    try:
        async with asyncio.timeout(PATIENCE_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def must_live(process: asyncio.subprocess.Process, log: Path) -> None:
    """Raises ChildEnded if it does not."""
    if process.returncode is not None:
        words = "\n".join(log.read_text(errors="replace").splitlines()[-8:])
        raise ChildEnded(f"{log.stem} ended with status {process.returncode}:\n{words}")


async def output_of(command: Sequence[str | Path], **options: Any) -> str:
    """Run to the end and give its stdout; raises ChildEnded with its stderr if it fails."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        preexec_fn=dying_with_us(signal.SIGTERM),
        **options,
    )
    try:
        out, errors = await process.communicate()
    except BaseException:
        await _end(process, signal.SIGTERM)
        raise
    if process.returncode:
        raise ChildEnded(f"{Path(command[0]).name}: {errors.decode(errors='replace').strip()[-800:]}")
    return out.decode()
