"""One device by gufo-snmp: its sockets, encoder and decoder in Rust, our waiting.

The sockets of `gufo.snmp._fast` are used and not its sessions: a page of a walk crosses into Python once and not row
by row, the socket stays with the loop between requests, and a timeout counts only time in which the loop was free.
Two things the library does not tell are found out here. A request answered by an error-status looks like the end of
the table or like an empty one: each answer of v1 and v2c is looked at before gufo takes it, and in v3, where it may be
encrypted, pysnmp asks once more. And an agent that restarted is not heard any more by a v3 session: it is begun anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from gufo.snmp import NoSuchInstance, SnmpAuthError, SnmpDecodeError
from gufo.snmp import SnmpError as GufoError
from gufo.snmp import user as keys
from gufo.snmp._fast import GetIter, SnmpV1ClientSocket, SnmpV2cClientSocket, SnmpV3ClientSocket

from snmp.answer_head import head
from snmp.credentials import Auth, Credentials, Expansion, Privacy, Target, User, Version, master_key
from snmp.errors import (
    AgentError,
    AuthFailed,
    Malformed,
    NoSuchObject,
    PortClosed,
    SnmpError,
    TimedOut,
    Unreachable,
    agent_error,
)
from snmp.free_clock import FreeClock, free_clock
from snmp.wire import Cursor, Pairs, Value

T = TypeVar("T")
AUTH: Final[dict[Auth, type[keys.BaseAuthKey]]] = {
    Auth.MD5: keys.Md5Key,
    Auth.SHA1: keys.Sha1Key,
    Auth.SHA224: keys.Sha224Key,
    Auth.SHA256: keys.Sha256Key,
    Auth.SHA384: keys.Sha384Key,
    Auth.SHA512: keys.Sha512Key,
}
PRIVACY: Final[dict[Privacy, type[keys.BasePrivKey]]] = {
    Privacy.DES: keys.DesKey,
    Privacy.AES128: keys.Aes128Key,
    Privacy.AES192: keys.Aes192Key,
    Privacy.AES256: keys.Aes256Key,
}
EXPANSION: Final = {
    Expansion.BLUMENTHAL: keys.KeyExpansion.Blumenthal,
    Expansion.REEDER: keys.KeyExpansion.Cisco,
}
FRESH_S: Final = 140.0
"""An idle v3 session asks for the agent's time again after so long (RFC 3414 section 2.2.3 allows 150 s)."""
LARGEST: Final = 65_535
NO_ERROR, NO_SUCH_NAME = 0, 2  # error-status (RFC 3416 section 3); v1 ends a walk by the second
SURE_S: Final = 900.0
"""So long an end of a table is believed that was made sure of before."""

Socket = SnmpV1ClientSocket | SnmpV2cClientSocket | SnmpV3ClientSocket
MakeSure = Callable[[str, str, float], Awaitable[bool]]
"""Given a column, its last OID and a time limit: whether nothing follows in it; raises the agent's error."""


class GufoWire:
    """A socket towards one device; one request at a time."""

    def __init__(self, target: Target, credentials: Credentials, make_sure: MakeSure) -> None:
        self._target, self._credentials, self._make_sure = target, credentials, make_sure
        self._loop = asyncio.get_running_loop()
        self._clock: FreeClock = free_clock()
        self._clock.hold()
        self._socket: Socket | None = None
        self._answer: asyncio.Future[None] | None = None
        self._spoken = 0.0
        self._ends: dict[str, tuple[str, float]] = {}
        self._peek: socket.socket | None = None
        self._seen = b""
        self._closed = False

    # ------------------------------------------------------------ what is asked

    async def get(self, oids: Sequence[str], timeout_s: float) -> dict[str, Value]:
        """Values by OID; see `snmp.wire.Wire`."""
        link = await self._open(timeout_s)
        wanted = list(oids)
        found = await self._exchange(lambda: link.send_get_many(wanted), link.recv_get_many, timeout_s)
        if not found:
            await self._why_empty(link, wanted, timeout_s)
        return found

    async def _why_empty(self, link: Socket, oids: list[str], timeout_s: float) -> None:
        """Raises the agent's error, if it was one."""
        if self._peek is not None:
            first = head(self._seen)
            if first is not None and first.status not in (NO_ERROR, NO_SUCH_NAME):
                raise agent_error(first.status, f"{self._target} {oids[0]}")
            return
        with contextlib.suppress(NoSuchObject):
            value = await self._exchange(lambda: link.send_get(oids[0]), link.recv_get, timeout_s)
            if value is None:
                raise AgentError(f"{self._target}: the agent cannot answer {oids[0]}")

    def cursor(self, oid: str, size: int) -> Cursor:
        """The beginning of a walk."""
        return Cursor(oid, size, oid, GetIter(oid, size))

    async def page(self, cursor: Cursor, timeout_s: float) -> tuple[Pairs, bool]:
        """The next rows of a walk, and whether these were the last."""
        link = await self._open(timeout_s)
        try:
            rows, over = await self._rows(link, cursor.state, timeout_s)
        except StopAsyncIteration:
            return await self._end(cursor, timeout_s)
        if rows:
            cursor.last = rows[-1][0]
        return rows, over

    async def _rows(self, link: Socket, iterator: GetIter, timeout_s: float) -> tuple[Pairs, bool]:
        if isinstance(link, SnmpV1ClientSocket):
            pair = await self._exchange(
                lambda: link.send_get_next(iterator), lambda: link.recv_get_next(iterator), timeout_s
            )
            return [pair], False
        rows = await self._exchange(
            lambda: link.send_get_bulk(iterator), lambda: link.recv_get_bulk(iterator), timeout_s
        )
        if rows and rows[-1] is None:
            rows.pop()
            return rows, True  # type: ignore[return-value]  # None stands at the end only
        return rows, False  # type: ignore[return-value]

    async def _end(self, cursor: Cursor, timeout_s: float) -> tuple[Pairs, bool]:
        """The table ends here, or the agent answered by an error-status: the same to gufo."""
        if self._peek is not None:
            return self._end_by_its_head(cursor)
        last, until = self._ends.get(cursor.oid, ("", 0.0))
        if last != cursor.last or until < self._clock.now():
            if not await self._make_sure(cursor.oid, cursor.last, timeout_s):
                raise AgentError(f"{self._target}: the agent stumbled below {cursor.oid}")
            self._ends[cursor.oid] = (cursor.last, self._clock.now() + SURE_S)
        return [], True

    def _end_by_its_head(self, cursor: Cursor) -> tuple[Pairs, bool]:
        first = head(self._seen)
        if first is not None and first.status not in (NO_ERROR, NO_SUCH_NAME):
            raise agent_error(first.status, f"{self._target} {cursor.oid}")
        if first is None or not (first.status or first.ends(cursor.oid)):  # that was another answer, which came late
            raise AgentError(f"{self._target}: the agent stumbled below {cursor.oid}")
        return [], True

    # ------------------------------------------------------------ the session

    async def _open(self, timeout_s: float) -> Socket:
        if self._closed:
            raise Unreachable(f"{self._target}: the client is closed")
        if self._socket is None:
            try:
                self._socket = await self._connect(timeout_s)
            except (SnmpError, asyncio.CancelledError):
                self._forget()
                raise
        elif isinstance(self._socket, SnmpV3ClientSocket) and self._clock.now() - self._spoken > FRESH_S:
            await self._refresh(self._socket, timeout_s)
        return self._socket

    async def _connect(self, timeout_s: float) -> Socket:
        who = self._credentials
        if isinstance(who, User):
            user = await asyncio.get_running_loop().run_in_executor(None, gufo_user, who)
            return await self._discover(user, timeout_s)
        kind = SnmpV1ClientSocket if who.version is Version.V1 else SnmpV2cClientSocket
        self._watch(made := self._make(lambda: kind(str(self._target), who.community, 0, 0, 0, 0)))
        return made

    async def _discover(self, user: keys.User, timeout_s: float) -> SnmpV3ClientSocket:
        """Engine id first, without a user; then keys, and the agent's boots and time (RFC 3414 section 4)."""
        name, nobody = str(self._target), keys.User.default()
        link = self._make(lambda: SnmpV3ClientSocket(name, b"", nobody.name, 0, b"", 0, b"", 0, 0, 0, 0))
        self._watch(link)
        await self._refresh(link, timeout_s)
        auth, privacy = (user.get_auth_alg(), user.get_auth_key()), (user.get_priv_alg(), user.get_priv_key())
        self._make(lambda: link.set_keys(user.name, *auth, *privacy))
        if user.require_auth():
            await self._refresh(link, timeout_s)
        return link

    def _make(self, make: Callable[[], T]) -> T:
        try:
            return make()
        except (OSError, GufoError) as problem:
            raise Unreachable(f"{self._target}: {problem}") from None

    async def _refresh(self, link: SnmpV3ClientSocket, timeout_s: float) -> None:
        await self._exchange(link.send_refresh, link.recv_refresh, timeout_s)

    def _watch(self, made: Socket) -> None:
        self._socket = made
        self._loop.add_reader(made.get_fd(), self._readable)
        if not isinstance(made, SnmpV3ClientSocket):
            self._peek = socket.socket(fileno=os.dup(made.get_fd()))

    def _forget(self) -> None:
        if self._socket is not None:
            self._loop.remove_reader(self._socket.get_fd())
            self._socket = None
        if self._peek is not None:
            self._peek.close()
            self._peek = None

    def close(self) -> None:
        """Give the socket back."""
        if not self._closed:
            self._closed = True
            self._forget()
            self._clock.release()

    # ------------------------------------------------------------ one request, one answer

    def _readable(self) -> None:
        if self._answer is not None:
            if not self._answer.done():
                self._answer.set_result(None)
        elif self._socket is not None:  # nobody waits: a second copy, or an answer that came after its time
            try:
                self._socket.recv_get()
            except (GufoError, BlockingIOError, StopAsyncIteration):
                return
            except OSError:
                self._forget()

    async def _exchange(self, send: Callable[[], None], receive: Callable[[], T], timeout_s: float) -> T:
        try:
            return await self._answered(send, receive, timeout_s)
        except NoSuchInstance:
            raise NoSuchObject(f"{self._target}: no such object") from None
        except TimedOut:
            if isinstance(self._socket, SnmpV3ClientSocket):
                self._forget()  # gufo does not hear an agent that restarted: the next attempt discovers it anew
            raise
        except SnmpAuthError:
            self._forget()
            raise AuthFailed(f"{self._target}: authentication failed") from None
        except SnmpDecodeError as problem:
            raise Malformed(f"{self._target}: {problem}") from None
        except (TimeoutError, ConnectionRefusedError):
            self._forget()  # uvloop tells nothing more of a socket that had an error
            raise PortClosed(f"{self._target}: nobody listens there") from None
        except (OSError, GufoError) as problem:
            self._forget()
            raise Unreachable(f"{self._target}: {problem}") from None

    async def _answered(self, send: Callable[[], None], receive: Callable[[], T], timeout_s: float) -> T:
        clock, due = self._clock, self._clock.now() + timeout_s
        await self._sent(send, due)
        while True:
            answer = self._answer = self._loop.create_future()
            timer = self._loop.call_later(max(0.0, due - clock.now()), _give_up, answer)
            try:
                await answer
            finally:
                timer.cancel()
                self._answer = None
            try:
                if self._peek is not None:
                    self._seen = self._peek.recv(LARGEST, socket.MSG_PEEK)
                value = receive()
            except BlockingIOError:
                if clock.now() >= due:
                    raise TimedOut(f"{self._target}: no answer within {timeout_s:g} s") from None
            else:
                self._spoken = clock.now()
                return value

    async def _sent(self, send: Callable[[], None], due: float) -> None:
        while True:
            try:
                return send()
            except BlockingIOError:  # the kernel's buffer is full
                if self._clock.now() >= due:
                    raise TimedOut(f"{self._target}: could not send") from None
                await asyncio.sleep(0.01)


def _give_up(answer: asyncio.Future[None]) -> None:
    """The time is over. What lies in the socket is looked at once more before anybody is called dead."""
    if not answer.done():
        answer.set_result(None)


def gufo_user(user: User) -> keys.User:
    """The user with master keys, which are the same for every device and are made once."""
    if user.auth is None:
        return keys.User(user.name)
    auth = AUTH[user.auth](master_key(user.auth, user.auth_password), keys.KeyType.Master)
    if user.privacy is None:
        return keys.User(user.name, auth_key=auth)
    privacy = PRIVACY[user.privacy](master_key(user.auth, user.privacy_password), keys.KeyType.Master)
    return keys.User(user.name, auth_key=auth, priv_key=privacy, key_expansion=EXPANSION[user.expansion])
