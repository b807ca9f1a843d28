"""One connection to a command line: login, prompt, echo, pager, questions, and failures on order."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

from oss.lab.network.cli.grammar import Found, Wrong, find
from oss.lab.network.cli.line import CommandLine, Refused
from oss.lab.network.cli.terminal import Gone, Terminal
from oss.lab.network.whims import Deed

TRIES = 3


class Talk:
    """``view``: where it is; ``at``: what the view is of (an interface); ``paging``, ``smart``, ``logs``: as the person
    has set them; ``user``: who is there."""

    def __init__(self, line: CommandLine, terminal: Terminal) -> None:
        self.line, self.terminal = line, terminal
        self.view, self.at = line.first_view, ""
        self.paging = self.smart = self.logs = True
        self.user = ""
        self.kept: dict[str, Any] = {}
        self._left = False

    async def run(self, user: str | None = None) -> None:
        """Until somebody leaves. ``user``: who is known already (SSH); None: asked here (telnet)."""
        try:
            if user is None and not await self._login():
                return
            self.user = user or self.user
            self.terminal.write(self.line.greeting(self))
            await self.line.enters(self)
            while not self._left:
                self.terminal.write(self.line.prompt(self))
                said = (await self.terminal.line()).strip()
                if said:
                    await self._obey(said)
        except Gone:
            pass
        finally:
            self.terminal.hang_up()

    def leave(self) -> None:
        """Ends the connection after this command."""
        self._left = True

    async def ask(self, question: str, echo: str | None = "all") -> str:
        """A question in the middle of a command, and the line that answers it."""
        self.terminal.write(question)
        return (await self.terminal.line(echo)).strip()

    async def confirmed(self, question: str) -> bool:
        """Asked until it is a yes or a no; Return alone is a no."""
        return (await self.ask(question)).lower() in ("y", "yes")

    # ------------------------------------------------------------ login

    async def _login(self) -> bool:
        self.terminal.write(self.line.banner)
        for _ in range(TRIES):
            self.user = await self.ask(self.line.ask_user)
            password = await self.ask(self.line.ask_password, self.line.password_echo)
            if self.line.allows(self.user, password):
                return True
            self.terminal.write(self.line.wrong_login + "\n")
        return False

    # ------------------------------------------------------------ commands

    async def _obey(self, said: str) -> None:
        whims = self.line.whims
        deed = whims.next()
        if whims.latency_s:
            await asyncio.sleep(whims.latency_s)
        if deed is not None and not deed.done:
            await self._instead(deed)
            return
        answer = await self._answer(said)
        if deed is not None:
            self._broken_off(answer)
            await self._instead(Deed.HANG if deed is Deed.MUTE else Deed.CLOSE)
        elif answer:
            await self.show(answer)

    async def _answer(self, said: str) -> str:
        found = find(self.line.rules, self.view, said)
        try:
            if isinstance(found, Found) and found.rule.more and self.smart:
                found = await self._more(found, said)
            if isinstance(found, Wrong):
                return self.line.wrong(self, said, found)
            told = found.rule.act(self, **found.given)
            return (await told if inspect.isawaitable(told) else told) or ""
        except Refused as refusal:
            return str(refusal)

    async def _more(self, found: Found, said: str) -> Found | Wrong:
        """It offers further words; a Return alone takes none."""
        added = await self.ask(found.rule.more)
        whole = f"{said} {added}".strip()
        self.terminal.write(self.line.again(whole))
        return find(self.line.rules, self.view, whole) if added else found

    def _broken_off(self, answer: str) -> None:
        self.terminal.write(answer[: len(answer) // 2])

    async def _instead(self, deed: Deed) -> None:
        """What comes instead of an answer."""
        if deed is Deed.REFUSE:
            await self.show(self.line.busy())
        elif deed is Deed.HANG:
            await asyncio.Event().wait()
        elif deed is Deed.REBOOT and self.line.whims.reboot is not None:
            self.line.whims.reboot()
            raise Gone
        else:
            raise Gone

    # ------------------------------------------------------------ answers

    async def show(self, text: str) -> None:
        """An answer, page by page where it is long."""
        pager, whims, shown = self.line.pager, self.line.whims, 0
        for number, line in enumerate(text.rstrip("\n").split("\n")):
            if self.paging and shown >= pager.lines:
                shown = await self._page(shown)
                if shown < 0:
                    return
            self.terminal.write(line + "\n")
            shown += 1
            if whims.line_s:
                await asyncio.sleep(whims.line_s)
            if whims.spam and self.logs and number % 5 == 1:
                self.terminal.write(self.line.spam() + "\n")

    async def _page(self, shown: int) -> int:
        """Lines shown of the next page; -1: somebody has seen enough."""
        pager = self.line.pager
        self.terminal.write(pager.text)
        key = await self.terminal.key()
        self.terminal.write(pager.wipe)
        if key in "qQ\x03":
            return -1
        return shown - 1 if key == "\n" else 0
