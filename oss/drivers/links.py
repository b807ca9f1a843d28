"""What a driver speaks through. The transports (`oss/drivers/transport/`) are these; recorded transcripts are, too.

A driver never opens a socket, waits for a prompt or counts seconds: it says a command and reads the answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a maker's command line behaves: regular expressions, matched against the end of what was said so far.

    ``prompts``: it waits for a command (the last line, whole); none: each command is run in an SSH channel of its own
    (RouterOS, whose interactive shell redraws what it says). ``pager``: pattern -> key that goes on.
    ``confirms``: question -> answer, where a command asks back. ``errors``: a line of an answer that refuses.
    ``login``, ``password``: what telnet asks. ``prepare``: said once after the login (no paging, no log spam).
    ``enable``: the command that lifts the privilege, and what it asks for.
    """

    prompts: Sequence[str]
    errors: Sequence[str]
    pager: Mapping[str, str] = field(default_factory=dict)
    confirms: Mapping[str, str] = field(default_factory=dict)
    login: str = r"(?i)(user ?name|login):\s*$"
    password: str = field(default=r"(?i)password:\s*$", repr=False)  # the question, no secret
    prepare: Sequence[str] = ()
    enable: str | None = None
    newline: str = "\n"
    leave: str = "quit"


class Shell(Protocol):
    """A command line that is logged in and waits."""

    @property
    def prompt(self) -> str:
        """The prompt as it stands, which on most makers names the view: ``OLT(config-if-gpon-0/1)#``."""

    async def run(
        self,
        command: str,
        *,
        timeout_s: float = 30.0,
        answers: Mapping[str, str] | None = None,
        quiet: bool = False,
        nothing: Sequence[str] = (),
    ) -> str:
        """The answer: lines without echo, pager residue, control sequences and prompt, ``\\n`` between them.

        ``answers``: questions of this command beside the dialect's. ``quiet``: its secrets are masked in the
        transcript even where they are not the login's. ``nothing``: words, in lower case, of a refusal that says that
        there is nothing to show: the transcript takes it for no failure. Raises CommandRefused (an error line of the
        dialect), DeviceSlow, LinkLost; after the last two the link is closed and opened anew for the next command.
        """


class Api(Protocol):
    """RouterOS API. All values are text as the router spelled it, nothing is cast."""

    async def rows(
        self, path: str, *, props: Sequence[str] = (), where: Sequence[str] = (), timeout_s: float = 30.0
    ) -> list[dict[str, str]]:
        """``/ppp/active`` -> its rows (``/print`` is added); ``where``: query words as they are sent, ``?name=x``."""

    async def call(
        self, command: str, words: Mapping[str, str] | None = None, *, timeout_s: float = 30.0
    ) -> list[dict[str, str]]:
        """Any command, ``/ppp/active/remove`` with ``{".id": "*1"}``: its !re sentences; ``ret`` of !done is last."""


class Snmp(Protocol):
    """The device's agent, within its budget."""

    async def column(self, oid: str) -> Mapping[tuple[int, ...], object]:
        """A column: index -> value (int, str or bytes)."""

    async def get(self, oids: Sequence[str]) -> Mapping[str, object]:
        """Single values; what the agent has not is absent."""

    async def put(self, oid: str, value: int | str | bytes) -> None:
        """SET. Raises CommandRefused."""


class Link(Protocol):
    """All ways to one device, opened when first wanted and kept open."""

    async def shell(self) -> Shell: ...

    async def api(self) -> Api: ...

    async def snmp(self) -> Snmp: ...

    def keys(self) -> Mapping[str, str]:
        """Keys believed on first use and to be kept: ``ssh_key``, ``tls_pin``."""
