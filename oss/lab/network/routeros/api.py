"""One connection of the API: login, then commands that run beside each other, told apart by their tags."""

from __future__ import annotations

import asyncio
import hashlib
import os
from contextlib import suppress
from typing import Final

from oss.lab.network.routeros.commands import ROWS_AT_A_TIME, STREAMS, Asked, answers, parsed
from oss.lab.network.routeros.router import RouterOs
from oss.lab.network.routeros.trap import Trap
from oss.lab.network.routeros.words import Malformed, read_sentence, reply, sentence
from oss.lab.network.whims import Deed

REFUSED: Final = "invalid user name or password (6)"
ENDS: Final = (asyncio.IncompleteReadError, ConnectionError, Malformed, OSError)


class Fatal(Exception):
    """!fatal with this reason, and the connection ends."""


class Closed(Exception):
    """The connection ends without a word."""


class Connection:
    """``run`` until either end closes."""

    def __init__(self, router: RouterOs, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._router, self._reader, self._writer = router, reader, writer
        self._running: dict[asyncio.Task[None], str | None] = {}
        self._challenge = b""
        self._user: str | None = None
        self._broken: bytearray | None = None

    async def run(self) -> None:
        """Serve until it ends."""
        try:
            while True:
                await self._hear(await read_sentence(self._reader))
        except Fatal as fatal:
            with suppress(*ENDS):
                self._writer.write(sentence(["!fatal", str(fatal)]))
                await self._writer.drain()
        except (Closed, *ENDS):
            pass
        finally:
            for task in list(self._running):
                task.cancel()
            self._writer.close()

    async def _hear(self, words: list[str]) -> None:
        try:
            asked = parsed(words)
        except Trap as trap:
            await self._trap(trap, None)
            return
        if asked.command == "/login":
            await self._login(asked)
        elif self._user is None:
            raise Fatal("not logged in")
        elif asked.command == "/quit":
            raise Fatal("session terminated on request")
        elif asked.command == "/cancel":
            await self._cancel(asked)
        elif asked.tag is None and asked.command.rpartition("/")[2] not in STREAMS:
            await self._do(asked)
        else:
            self._beside(asked)

    def _beside(self, asked: Asked) -> None:
        task = asyncio.get_running_loop().create_task(self._do_alone(asked))
        self._running[task] = asked.tag
        task.add_done_callback(lambda done: self._running.pop(done, None))

    async def _do_alone(self, asked: Asked) -> None:
        try:
            await self._do(asked)
        except Fatal as fatal:
            self._writer.write(sentence(["!fatal", str(fatal)]))
            self._writer.close()
        except (Closed, *ENDS):
            self._writer.transport.abort()

    # ------------------------------------------------------------ login

    async def _login(self, asked: Asked) -> None:
        name, words = asked.words.get("name", ""), asked.words
        if self._router.login == "challenge" and "response" not in words:
            self._challenge = os.urandom(16)
            await self._say("!done", {"ret": self._challenge.hex()}, asked.tag)
            return
        if self._proven(name, words.get("password"), words.get("response", "")):
            self._user = name
            self._router.note("system,info,account", f"user {name} logged in via api")
            await self._say("!done", {}, asked.tag)
            return
        self._router.note("system,error,critical", f"login failure for user {name} via api")
        await self._trap(Trap(REFUSED), asked.tag)

    def _proven(self, name: str, password: str | None, response: str) -> bool:
        """The password itself, or MD5 over 0, the password and what the router had said (before 6.43)."""
        if self._router.login == "plain":
            return password is not None and self._router.allows(name, password)
        known = self._router.users.get(name)
        if known is None or not self._router.allows(name, known):
            return False
        digest = hashlib.md5(b"\0" + known.encode("latin-1", "replace") + self._challenge, usedforsecurity=False)
        return bool(self._challenge) and response == "00" + digest.hexdigest()

    # ------------------------------------------------------------ commands

    async def _do(self, asked: Asked) -> None:
        whims = self._router.whims
        deed = whims.next()
        if whims.latency_s:
            await asyncio.sleep(whims.latency_s)
        if deed is not None and not deed.done:
            await self._instead(deed, asked)
            return
        if deed is not None:
            self._broken = bytearray()
        await self._answer(asked)
        if deed is not None and self._broken is not None:
            octets, self._broken = bytes(self._broken), None
            self._writer.write(octets[: max(1, len(octets) // 2)])
            await self._writer.drain()
            await self._instead(Deed.HANG if deed is Deed.MUTE else Deed.CLOSE, asked)

    async def _answer(self, asked: Asked) -> None:
        done: dict[str, str] = {}
        self._router.acting = self._user or ""
        rows, held = 0, bytearray()
        streams = asked.command.rpartition("/")[2] in STREAMS
        try:
            async for said in answers(self._router, asked):
                if said.kind == "!done":
                    done, rows = said.fields, rows + 1
                    continue
                rows += 1
                held += reply(said.kind, said.fields, asked.tag)
                if streams or rows % ROWS_AT_A_TIME == 0 or self._router.whims.line_s:
                    await self._send(held)
                    await asyncio.sleep(self._router.whims.line_s)
        except Trap as trap:
            await self._send(held)
            await self._trap(trap, asked.tag)
            return
        await self._send(held)
        if not rows and self._router.empty and asked.command.endswith("/print"):
            await self._say("!empty", {}, asked.tag)
        await self._say("!done", done, asked.tag)

    async def _cancel(self, asked: Asked) -> None:
        """Of one tag, or all; what was cancelled says so itself, before the cancel is done."""
        wanted = asked.words.get("tag")
        for task, tag in list(self._running.items()):
            if wanted in (None, tag):
                task.cancel()
                await self._trap(Trap("interrupted", 2), tag)
        await self._say("!done", {}, asked.tag)

    async def _instead(self, deed: Deed, asked: Asked) -> None:
        if deed is Deed.REFUSE:
            await self._trap(Trap("action timed out - try again, if error continues contact MikroTik", 4), asked.tag)
        elif deed is Deed.HANG:
            await asyncio.Event().wait()
        elif deed is Deed.FATAL:
            raise Fatal("session closed")
        elif deed is Deed.REBOOT and self._router.whims.reboot is not None:
            self._router.whims.reboot()
            raise Closed
        else:
            raise Closed

    # ------------------------------------------------------------ sentences

    async def _trap(self, trap: Trap, tag: str | None) -> None:
        await self._say("!trap", trap.fields, tag)
        await self._say("!done", {}, tag)

    async def _say(self, kind: str, fields: dict[str, str], tag: str | None) -> None:
        await self._send(bytearray(reply(kind, fields, tag)))

    async def _send(self, octets: bytearray) -> None:
        """Puts it on the wire and empties it; keeps it where the answer is to be broken off."""
        if self._broken is not None:
            self._broken += octets
        elif octets:
            self._writer.write(bytes(octets))
            await self._writer.drain()
        octets.clear()
