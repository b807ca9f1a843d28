"""The asking side of RADIUS over TLS: connections that are kept, and requests that outlive them.

Towards a home server of a realm, or a NAS that listens for CoA itself. Nothing is repeated on a connection; what was
on its way when one broke is sent again on the next (RFC 6613 section 2.6.1), and whoever asked hears nothing of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
from collections import deque
from collections.abc import Callable
from typing import Final

from radius.attributes import STATUS_SERVER
from radius.errors import NoReply, Unencodable
from radius.packet import Packet
from radius.radsec_link import HANDSHAKE_S, Ask, Hooks, Link, NotConnected

BACKOFF_S: Final = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
CONNECT_S: Final = 5.0
MOST_WAITING: Final = 4096
"""Requests without a connection or a number, beyond which a new one is refused at once."""

Context = Callable[[], ssl.SSLContext | None]
"""The context of the next connection; None = there is no certificate."""


class RadsecClient:
    """Towards one server. 256 requests are under way on each of ``connections``; the next one waits.

    ``keepalive_s``: after so long a silence a Status-Server asks whether anybody is there (RFC 3539 section 3.4); a
    second such time without a word, and the connection is given up.
    """

    def __init__(
        self,
        host: str,
        port: int,
        context: Context,
        *,
        server_name: str | None = None,
        connections: int = 4,
        keepalive_s: float = 30.0,
    ) -> None:
        self.host, self.port, self.server_name = host, port, server_name or host
        self.keepalive_s = keepalive_s
        self.error: str | None = "not connected yet"
        self.heard: Callable[[Link, list[bytes]], None] = lambda link, packets: None  # what the server asks of us
        self.counters = dict.fromkeys(("connected", "lost", "sent_again"), 0)
        self._context, self._most = context, connections
        self._links: list[Link] = []
        self._waiting: deque[Ask] = deque()
        self._failures = 0
        self._task: asyncio.Task[None] | None = None
        self._wanted = asyncio.Event()

    def start(self) -> None:
        """Connect, and again whenever the connection is lost."""
        self._task = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """Hang up; who still waits for an answer is told that there is none."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for link in list(self._links):
            link.close()
        for ask in [*self._waiting, *(one for link in self._links for one in link.unanswered())]:
            if not ask.answer.done() and ask.again:
                ask.answer.set_exception(NotConnected("the client is closed"))
        self._waiting.clear()

    @property
    def connected(self) -> bool:
        """Whether there is a connection now."""
        return any(link.open for link in self._links)

    # ------------------------------------------------------------ asking

    async def exchange(
        self,
        code: int,
        attributes: bytes,
        timeout_s: float = 5.0,
        *,
        authenticator: bytes | None = None,
        message_authenticator: bool | None = None,
    ) -> Packet:
        """The answer, over whichever connection; raises NotConnected, NoReply, Unencodable.

        Pass the ``authenticator`` with which a User-Password has been hidden.
        """
        if len(self._waiting) >= MOST_WAITING:
            raise NoReply(f"{self.host}: too many requests wait")
        answer: asyncio.Future[Packet] = asyncio.get_running_loop().create_future()
        ask = Ask(code, attributes, answer, authenticator, message_authenticator)
        self._waiting.append(ask)
        self._pump()
        try:
            async with asyncio.timeout(timeout_s):
                return await answer
        except TimeoutError:
            if not self.connected:
                raise NotConnected(f"{self.host} port {self.port}: {self.error}") from None
            raise NoReply(f"{self.host} did not answer over TLS within {timeout_s:g} s") from None
        finally:
            if not answer.done():
                answer.cancel()

    def _pump(self) -> None:
        """Put on their way what waits, as far as there are numbers; more connections where there are not."""
        while self._waiting:
            if self._waiting[0].answer.done():
                self._waiting.popleft()
                continue
            link = next((one for one in self._links if one.room), None)
            if link is None:
                self._wanted.set()
                return
            ask = self._waiting.popleft()
            try:
                link.ask(ask)
            except Unencodable as error:
                ask.answer.set_exception(error)

    # ------------------------------------------------------------ connections

    async def _keep(self) -> None:
        """Connect the first one at once and for good, others when they are wanted; ask who is silent."""
        while True:
            if not self.connected:
                await asyncio.sleep(self._backoff())
                await self._connect()
            elif self._wanted.is_set() and len(self._links) < self._most:
                await self._connect()
            self._wanted.clear()
            self._look_after()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(1.0, self.keepalive_s / 4) if self.connected else 0):
                    await self._wanted.wait()

    def _backoff(self) -> float:
        """Nothing after a connection that served; more and more after those that did not."""
        return BACKOFF_S[min(self._failures, len(BACKOFF_S) - 1)] * random.uniform(0.8, 1.2)

    async def _connect(self) -> None:
        context = self._context()
        if context is None:
            self._failed("there is no certificate to show")
            return
        loop, ready = asyncio.get_running_loop(), asyncio.get_running_loop().create_future()
        ready.add_done_callback(lambda done: done.cancelled() or done.exception())
        hooks = Hooks(
            opened=lambda link: None if ready.done() else ready.set_result(None),
            heard=self.heard,
            freed=self._served,
            closed=lambda link, error: self._lost(link, error, ready),
        )
        link = Link(context, hooks, False, self.server_name)
        try:
            async with asyncio.timeout(CONNECT_S):
                await loop.create_connection(lambda: link, self.host, self.port)
            self._links.append(link)
            async with asyncio.timeout(HANDSHAKE_S):
                await ready
        except (OSError, TimeoutError, NoReply) as error:
            link.abort()
            self._failed(str(error) or "no answer to the connection")
            return
        self.counters["connected"] += 1
        self._ask_if_alive(link)
        self._pump()

    def _ask_if_alive(self, link: Link) -> None:
        """A server that does not take our certificate says so after TLS is there (TLS 1.3): an answer proves it."""
        if link.room:
            link.ask(Ask(STATUS_SERVER, b"", asyncio.get_running_loop().create_future(), again=False))

    def _served(self, link: Link) -> None:
        self._failures, self.error = 0, None
        self._pump()

    def _failed(self, said: str) -> None:
        self._failures += 1
        self.error = said

    def _lost(self, link: Link, error: Exception | None, ready: asyncio.Future[None]) -> None:
        """What was on its way goes first on the next connection."""
        if not ready.done():
            ready.set_exception(NotConnected(str(error)))
        if link not in self._links:
            return
        self._links.remove(link)
        again = [ask for ask in link.unanswered() if ask.again]
        self.counters["lost"] += 1
        self.counters["sent_again"] += len(again)
        self._waiting.extendleft(reversed(again))
        if not self.connected and link.opened_at:
            self._failures += not link.served
            self.error = str(error) if error is not None else "the other side hung up"
        self._wanted.set()
        self._pump()

    def _look_after(self) -> None:
        """Ask a silent connection whether it lives; give up one that is silent to that, too, or has no numbers left."""
        now = asyncio.get_running_loop().time()
        for link in list(self._links):
            silent = now - link.heard_at
            if not link.open:
                continue
            if silent > 2 * self.keepalive_s or link.abandoned:
                link.close(NoReply("it does not answer"))
            elif silent > self.keepalive_s and not link.unanswered():
                self._ask_if_alive(link)
