"""The RouterOS API over librouteros' async protocol, without what it does to values.

Its high-level calls cast (a password ``123456`` becomes a number, a subscriber ``true`` a boolean), drop letters that
the encoding does not know and cannot bear a trap with a word it has not heard of. So only its framing is used here: a
sentence is written, sentences are read, words stay text. One command at a time; a connection that did not answer in
time is out of step and closed.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from librouteros.connections import AsyncSocketTransport
from librouteros.exceptions import FatalError, LibRouterosError
from librouteros.protocol import AsyncApiProtocol

from oss.drivers.problems import CommandRefused, DeviceSlow, DeviceUnreachable, LinkLost, LoginRefused
from oss.drivers.reach import Reach
from oss.drivers.transport import tls
from oss.drivers.transport.line import Spend
from oss.drivers.transport.transcript import Transcript

OPEN_S: Final = 10.0
CLOSE_S: Final = 2.0
BREATH: Final = 50
"""Sentences read at once before others get the loop: 3 ms of a large table."""
WIRE: Final = "latin-1"
"""Every octet is a letter of it: nothing is lost on the way to our own decoding."""
LOST: Final = (OSError, LibRouterosError, asyncio.IncompleteReadError, IndexError)  # IndexError: an empty sentence
Row = dict[str, str]


class RouterOs:
    """An `Api` that is logged in."""

    def __init__(self, reach: Reach, protocol: AsyncApiProtocol, transcript: Transcript, spend: Spend) -> None:
        self.reach = reach
        self._protocol, self._transcript, self._spend = protocol, transcript, spend
        self._ended = False

    @property
    def open(self) -> bool:
        """Whether it can be spoken to, as far as we know."""
        return not self._ended and not self._protocol.transport.reader.at_eof()

    async def touch(self, timeout_s: float) -> None:
        """Something that costs the router nothing. Raises DeviceSlow, LinkLost."""
        with suppress(CommandRefused):
            await self._asked("/system/identity/print", [], timeout_s)

    async def rows(
        self, path: str, *, props: Sequence[str] = (), where: Sequence[str] = (), timeout_s: float = 30.0
    ) -> list[Row]:
        words = [*where] + ([f"=.proplist={','.join(props)}"] if props else [])
        return await self._asked(path.rstrip("/") + "/print", words, timeout_s)

    async def call(self, command: str, words: Mapping[str, str] | None = None, *, timeout_s: float = 30.0) -> list[Row]:
        said = [f"={name}={value}" for name, value in (words or {}).items()]
        return await self._asked(command, said, timeout_s)

    async def _asked(self, command: str, words: Sequence[str], timeout_s: float) -> list[Row]:
        if not self.open:
            raise LinkLost(name=self.reach.name, what=command)
        await self._spend()
        with self._transcript.said("api", " ".join([command, *words])) as entry:
            try:
                async with asyncio.timeout(timeout_s):
                    rows = await self._talk(command, words)
            except CommandRefused:
                raise
            except UnicodeEncodeError as problem:  # nothing was sent: a letter left out would name something else
                raise CommandRefused(name=self.reach.name, command=command, answer=str(problem)) from problem
            except TimeoutError:
                self.drop()
                raise DeviceSlow(name=self.reach.name, what=command, seconds=f"{timeout_s:g}") from None
            except LOST as problem:
                self.drop()
                raise LinkLost(name=self.reach.name, what=command) from problem
            except BaseException:  # cancelled in the middle: what comes next would be the answer to this
                self.drop()
                raise
            entry.rows(rows)
            return rows

    async def _talk(self, command: str, words: Sequence[str]) -> list[Row]:
        """One command and its answer, ``ret`` of its !done last. Raises CommandRefused after the !done of a !trap."""
        await self._protocol.writeSentence(*(self._to_wire(word) for word in (command, *words)))
        found: list[Row] = []
        trap: Row | None = None
        heard = 0
        while True:
            reply, told = await self._protocol.readSentence()
            heard += 1
            if heard % BREATH == 0:
                await asyncio.sleep(0)
            if reply == "!trap":
                trap = trap or self._row(told)
            elif reply in ("!re", "!done") and told:
                found.append(self._row(told))
            if reply == "!done":
                break
        if trap is not None:
            answer = trap.get("message") or " ".join(f"{name}={value}" for name, value in trap.items()) or "!trap"
            raise CommandRefused(name=self.reach.name, command=command, answer=answer)
        return found

    def _row(self, words: Sequence[str]) -> Row:
        """Attribute words as they are: ``=name=value``, ``.tag=1``; a word without either is a name without value."""
        row = {}
        for word in words:
            name, _, value = word[1:].partition("=") if word.startswith("=") else word.partition("=")
            row[name] = self._from_wire(value)
        return row

    def _to_wire(self, word: str) -> str:
        return word.encode(self.reach.encoding).decode(WIRE)

    def _from_wire(self, word: str) -> str:
        if word.isascii():
            return word
        octets = word.encode(WIRE)
        with suppress(UnicodeDecodeError):
            return octets.decode(self.reach.encoding)
        return octets.decode(WIRE)

    # ------------------------------------------------------------ login

    async def log_in(self) -> None:
        """As RouterOS 6.43 and newer take it, else by the old challenge. Raises LoginRefused."""
        user, password = self.reach.user, self.reach.password
        try:
            rows = await self._talk("/login", [f"=name={user}", f"=password={password}"])
            if rows and "ret" in rows[-1]:  # it is older, and took that for the question for its challenge
                await self._talk("/login", [f"=name={user}", f"=response={self._response(rows[-1]['ret'])}"])
        except (CommandRefused, FatalError, UnicodeEncodeError) as problem:
            raise LoginRefused(name=self.reach.name, user=user) from problem

    def _response(self, challenge: str) -> str:
        secret = self.reach.password.encode(self.reach.encoding)
        told = b"\0" + secret + bytes.fromhex(challenge)
        return "00" + hashlib.md5(told, usedforsecurity=False).hexdigest()

    def drop(self) -> None:
        """The connection is gone, without a word."""
        self._ended = True
        with suppress(OSError, RuntimeError):
            self._protocol.transport.writer.transport.abort()

    async def close(self) -> None:
        """Say nothing, close; never raises."""
        self._ended = True
        closing = asyncio.create_task(self._protocol.transport.close())
        closing.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:  # all who close a stream wait for one future: cancelled itself, it would cancel the others
            await asyncio.wait([closing], timeout=CLOSE_S)
        finally:
            self.drop()


async def opened(reach: Reach, transcript: Transcript, believe: Callable[[str], None], spend: Spend) -> RouterOs:
    """Connected and logged in; ``believe`` is told the certificate's pin (``sha256:hex``) if there is one.

    Raises DeviceUnreachable, LoginRefused, KeyChanged.
    """
    try:
        async with asyncio.timeout(OPEN_S):
            reader, writer = await _connected(reach, believe)
            protocol = AsyncApiProtocol(AsyncSocketTransport(reader, writer), WIRE)
            api = RouterOs(reach, protocol, transcript, spend)
            try:
                await api.log_in()
            except BaseException:
                api.drop()
                raise
            return api
    except TimeoutError:
        raise DeviceUnreachable(name=reach.name, why=f"no answer within {OPEN_S:g} s") from None
    except LOST as problem:
        raise DeviceUnreachable(name=reach.name, why=str(problem) or type(problem).__name__) from problem


async def _connected(reach: Reach, believe: Callable[[str], None]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if reach.protocol == "api-tls":
        return await tls.connected(reach, believe)
    return await asyncio.open_connection(reach.host, reach.port)
