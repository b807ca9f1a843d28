"""A command line over any stream of octets: the conversation driven, with time limits, budget and transcript."""

from __future__ import annotations

import asyncio
import codecs
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Protocol

from oss.drivers.links import Dialect
from oss.drivers.problems import CommandRefused, DeviceSlow, LinkLost, LoginRefused
from oss.drivers.reach import Reach
from oss.drivers.transport.shell import Conversation, NotLetIn, TooMuch, check
from oss.drivers.transport.transcript import Transcript

LOGIN_S: Final = 25.0
PREPARE_S: Final = 10.0
Spend = Callable[[], Awaitable[None]]


class Stream(Protocol):
    """Octets there and back."""

    async def read(self) -> bytes:
        """What came; empty at the end. Raises OSError."""

    def write(self, octets: bytes) -> None: ...

    async def close(self) -> None:
        """Never raises."""


class CommandLine:
    """A `Shell` over a stream. ``via``: how, for the transcript; ``spend``: takes a token for each command."""

    def __init__(
        self, reach: Reach, dialect: Dialect, stream: Stream, transcript: Transcript, via: str, spend: Spend
    ) -> None:
        self.reach, self.dialect, self.via = reach, dialect, via
        self._stream, self._transcript, self._spend = stream, transcript, spend
        self._talk = Conversation(dialect, user=reach.user, password=reach.password)
        self._decoder = codecs.getincrementaldecoder(reach.encoding)("replace")
        self._reading: asyncio.Task[bytes] | None = None
        self._ended = self._listening = False

    @property
    def prompt(self) -> str:
        return self._talk.prompt

    @property
    def open(self) -> bool:
        """Whether it can be spoken to, as far as we know: who closed while nobody looked is noticed here."""
        self._hear_what_is_there()
        return not self._ended

    # ------------------------------------------------------------ login

    async def log_in(self) -> None:
        """Name and password, privileges, preparations. Raises LoginRefused, LinkLost, DeviceSlow."""
        try:
            async with asyncio.timeout(LOGIN_S):
                await self._until_it_waits("login")
        except NotLetIn:
            raise LoginRefused(name=self.reach.name, user=self.reach.user) from None
        except TimeoutError:
            raise DeviceSlow(name=self.reach.name, what="login", seconds=f"{LOGIN_S:g}") from None
        await self._lift()
        for command in self.dialect.prepare:
            await self._prepared(command)

    async def _prepared(self, command: str) -> None:
        try:
            await self.run(command, timeout_s=PREPARE_S)
        except CommandRefused:
            return  # a model that has not this command needs it not

    async def _lift(self) -> None:
        if self.dialect.enable is None or self.prompt.rstrip().endswith("#"):
            return
        before = self.prompt
        secret = self.reach.enable_password or self.reach.password
        try:
            await self.run(self.dialect.enable, timeout_s=PREPARE_S, answers={self.dialect.password: secret})
        except CommandRefused as problem:
            raise LoginRefused(name=self.reach.name, user=self.dialect.enable) from problem
        if self.prompt == before and before.rstrip().endswith(">"):
            raise LoginRefused(name=self.reach.name, user=self.dialect.enable)

    # ------------------------------------------------------------ commands

    async def run(
        self,
        command: str,
        *,
        timeout_s: float = 30.0,
        answers: Mapping[str, str] | None = None,
        quiet: bool = False,
        nothing: Sequence[str] = (),
    ) -> str:
        if not self.open:
            raise LinkLost(name=self.reach.name, what=command)
        self._check(command)
        await self._spend()
        with self._transcript.said(self.via, command, quiet=quiet) as entry:
            try:
                async with asyncio.timeout(timeout_s):
                    await self._asked(command, answers)
            except TimeoutError:
                await self.close()
                raise DeviceSlow(name=self.reach.name, what=command, seconds=f"{timeout_s:g}") from None
            except BaseException:  # what comes now would be the answer to this
                await self.close()
                raise
            entry.answer, refusal = self._talk.answer, self._talk.refusal
            if refusal is None:
                return entry.answer
            refused = CommandRefused(name=self.reach.name, command=command, answer=refusal)
            if not refused.says_any(nothing):
                raise refused
        raise refused

    def _check(self, command: str) -> None:
        """One line, and of letters that the device knows: half a command may mean another. Raises CommandRefused."""
        try:
            check(command)
            command.encode(self.reach.encoding)
        except ValueError as problem:
            raise CommandRefused(name=self.reach.name, command=command, answer=str(problem)) from problem

    async def touch(self, timeout_s: float) -> None:
        """An empty line. Raises DeviceSlow, LinkLost."""
        await self.run("", timeout_s=timeout_s)

    async def _asked(self, command: str, answers: Mapping[str, str] | None) -> None:
        self._hear_what_is_there()
        self._say(self._talk.ask(command, answers))
        await self._until_it_waits(command)

    async def _until_it_waits(self, what: str) -> None:
        """Hear and answer until the prompt stands. Raises LinkLost, NotLetIn."""
        self._listening = True
        try:
            while True:
                due = self._talk.due()
                heard = await self._heard_within(due)
                if heard is not None:
                    self._talk.feed(heard)
                elif (said := self._talk.act()) is not None:
                    self._say(said)
                else:
                    return
        except (OSError, EOFError, TooMuch) as problem:
            self._ended = True
            raise LinkLost(name=self.reach.name, what=what) from problem
        finally:
            self._listening = False

    def _say(self, text: str) -> None:
        self._stream.write(text.encode(self.reach.encoding, "replace"))

    # ------------------------------------------------------------ hearing

    def _next(self) -> asyncio.Task[bytes]:
        """One reading goes on whether somebody waits for it or not: an end is noticed at once, nothing is lost."""
        if self._reading is None:
            self._reading = asyncio.ensure_future(self._stream.read())
        return self._reading

    async def _heard_within(self, seconds: float | None) -> str | None:
        """What came; None: nothing did for so long. Raises EOFError at the end, OSError."""
        task = self._next()
        await asyncio.wait({task}, timeout=seconds)
        return self._taken(task) if task.done() else None

    def _taken(self, task: asyncio.Task[bytes]) -> str:
        self._reading = None
        if task.cancelled():  # by `close`, and not by who waits here
            raise EOFError
        octets = task.result()
        if not octets:
            raise EOFError
        return self._decoder.decode(octets)

    def _hear_what_is_there(self) -> None:
        if self._ended or self._listening:  # what comes belongs to the command that is running
            return
        task = self._next()
        if task.done():
            try:
                self._talk.feed(self._taken(task))  # said without being asked: forgotten with the next command
            except (OSError, EOFError, TooMuch):
                self._ended = True
            else:
                self._next()

    async def close(self) -> None:
        """Say goodbye where it listens, and close; never raises."""
        if not self._ended and self._talk.prompt:
            self._say(self.dialect.leave + self.dialect.newline)
        self._ended = True
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        await self._stream.close()


async def entered(line: CommandLine) -> CommandLine:
    """The same, logged in; closed where that did not end well."""
    try:
        await line.log_in()
    except BaseException:
        await line.close()
        raise
    return line
