"""Views of a command line: the prompt tells where one stands, and each view is left by the dialect's word for it."""

from __future__ import annotations

from collections.abc import Sequence

from oss.drivers.links import Shell
from oss.drivers.problems import CommandRefused

DEEPEST = 6
COMMAND_S = 30.0
"""Seconds for one command, unless it is known to take longer."""
SAVE_S = 300.0
"""A full OLT writes its configuration to flash for minutes."""


async def home(shell: Shell, leave: str) -> None:
    """Back to the privileged prompt, which names no view: ``OLT(config-if-gpon-0/1)#`` -> ``OLT#``."""
    for _ in range(DEEPEST):
        if "(" not in shell.prompt:
            return
        await shell.run(leave, timeout_s=COMMAND_S)


async def ask(
    shell: Shell,
    command: str,
    view: Sequence[str] = (),
    leave: str = "exit",
    *,
    timeout_s: float | None = None,
    quiet: bool = False,
    nothing: Sequence[str] = (),
) -> str:
    """One question in a view that is entered for it and left again. ``quiet``: its answer is full of secrets."""
    await home(shell, leave)
    for one in view:
        await shell.run(one, timeout_s=COMMAND_S)
    try:
        answer = await shell.run(command, timeout_s=timeout_s or COMMAND_S, quiet=quiet, nothing=nothing)
    except CommandRefused:
        await home(shell, leave)
        raise
    await home(shell, leave)
    return answer


async def asked(
    shell: Shell, command: str, nothing: Sequence[str], view: Sequence[str] = (), leave: str = "exit"
) -> str | None:
    """The same; None where the device refuses because there is nothing to show: any of these words in its answer."""
    try:
        return await ask(shell, command, view, leave, nothing=nothing)
    except CommandRefused as problem:
        if problem.says_any(nothing):
            return None
        raise
