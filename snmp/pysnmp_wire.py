"""One device by pysnmp: what gufo-snmp cannot (SET), and everything where it has no wheel.

It is pure Python, some 20 times dearer a value, and times itself by its own timers: requests take turns (`AT_ONCE`), so
that a crowd of devices does not make each of them look dead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, Final
from weakref import WeakKeyDictionary

from pysnmp.error import PySnmpError
from pysnmp.hlapi.v3arch import asyncio as hlapi
from pysnmp.proto import errind, rfc1902, rfc1905

from snmp.credentials import Auth, Credentials, Expansion, Privacy, Target, User, Version
from snmp.errors import AuthFailed, Malformed, NoSuchObject, SnmpError, TimedOut, Unreachable, agent_error
from snmp.free_clock import free_clock
from snmp.wire import Assignment, Cursor, Kind, Pairs, Value

AT_ONCE: Final = 20
"""Requests under way in a process; with more the loop is busy past their time."""
PATIENCE_S: Final = 120
"""pysnmp's own time limit, which must never be the one that ends a request."""
AUTH: Final = {
    Auth.MD5: hlapi.USM_AUTH_HMAC96_MD5,
    Auth.SHA1: hlapi.USM_AUTH_HMAC96_SHA,
    Auth.SHA224: hlapi.USM_AUTH_HMAC128_SHA224,
    Auth.SHA256: hlapi.USM_AUTH_HMAC192_SHA256,
    Auth.SHA384: hlapi.USM_AUTH_HMAC256_SHA384,
    Auth.SHA512: hlapi.USM_AUTH_HMAC384_SHA512,
}
PRIVACY: Final = {
    (Privacy.DES, Expansion.BLUMENTHAL): hlapi.USM_PRIV_CBC56_DES,
    (Privacy.AES128, Expansion.BLUMENTHAL): hlapi.USM_PRIV_CFB128_AES,
    (Privacy.AES192, Expansion.BLUMENTHAL): hlapi.USM_PRIV_CFB192_AES_BLUMENTHAL,
    (Privacy.AES256, Expansion.BLUMENTHAL): hlapi.USM_PRIV_CFB256_AES_BLUMENTHAL,
    (Privacy.DES, Expansion.REEDER): hlapi.USM_PRIV_CBC56_DES,
    (Privacy.AES128, Expansion.REEDER): hlapi.USM_PRIV_CFB128_AES,
    (Privacy.AES192, Expansion.REEDER): hlapi.USM_PRIV_CFB192_AES,
    (Privacy.AES256, Expansion.REEDER): hlapi.USM_PRIV_CFB256_AES,
}
MAKE: Final = {
    Kind.INTEGER: rfc1902.Integer32,
    Kind.UNSIGNED: rfc1902.Unsigned32,
    Kind.OCTETS: rfc1902.OctetString,
    Kind.OID: rfc1902.ObjectName,
    Kind.ADDRESS: rfc1902.IpAddress,
    Kind.TICKS: rfc1902.TimeTicks,
}
ABSENT: Final = (rfc1905.NoSuchObject, rfc1905.NoSuchInstance, rfc1905.EndOfMibView)
NOT_LET_IN: Final = (
    *(errind.UnknownUserName, errind.WrongDigest, errind.AuthenticationFailure, errind.AuthenticationError),
    *(errind.UnsupportedSecurityLevel, errind.DecryptionError, errind.NotInTimeWindow, errind.UnknownSecurityName),
)


class _Engine:
    """An engine of pysnmp's: a tenth of a second to make and a megabyte, so all communities share one, as all devices
    of a user do. Closed when nobody uses it any more."""

    def __init__(self) -> None:
        self.pysnmp = hlapi.SnmpEngine()
        self._users, self.retired = 0, False

    def take(self) -> _Engine:
        """One more uses it."""
        self._users += 1
        return self

    def release(self) -> None:
        """One less."""
        self._users -= 1
        if not self._users:
            self.retired = True
            self.pysnmp.close_dispatcher()

    def retire(self) -> None:
        """Nobody else shall take it: what it knows of agents is old."""
        self.retired = True


_engines: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[User | None, _Engine]] = WeakKeyDictionary()
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


class PysnmpWire:
    """An engine of pysnmp's, with one device's credentials."""

    def __init__(self, target: Target, credentials: Credentials) -> None:
        self._target, self._who = target, credentials
        self._clock = free_clock()
        self._clock.hold()
        self._engine: _Engine | None = None
        self._heard = False
        self._closed = False

    async def get(self, oids: Sequence[str], timeout_s: float) -> dict[str, Value]:
        """Values by OID; see `snmp.wire.Wire`."""
        try:
            rows = await self._ask("get_cmd", [_name(oid) for oid in oids], timeout_s, oids[0])
        except NoSuchObject:  # v1: one of them, and none of the others is told
            return {}
        return {oid: plain(value) for oid, value in rows if not isinstance(value, ABSENT)}

    def cursor(self, oid: str, size: int) -> Cursor:
        """The beginning of a walk."""
        return Cursor(oid, size, oid)

    async def page(self, cursor: Cursor, timeout_s: float) -> tuple[Pairs, bool]:
        """The next rows of a walk, and whether these were the last."""
        try:
            rows = await self._after(cursor.last, cursor.size, timeout_s)
        except NoSuchObject:  # v1's end of everything
            return [], True
        below = cursor.oid + "."
        pairs: Pairs = []
        for oid, value in rows:
            if not oid.startswith(below) or isinstance(value, ABSENT):
                return pairs, True
            pairs.append((oid, plain(value)))
        if not pairs:
            return [], True
        cursor.last = pairs[-1][0]
        return pairs, False

    async def nothing_follows(self, column: str, last: str, timeout_s: float) -> bool:
        """Whether ``column`` has no row after ``last``; raises the agent's error-status."""
        return not (await self.page(Cursor(column, 1, last), timeout_s))[0]

    async def set(self, assignments: Sequence[Assignment], timeout_s: float) -> None:
        """All of them or none (RFC 3416 section 4.2.5); raises Refused and its kin."""
        names = [hlapi.ObjectType(_identity(one.oid), MAKE[one.kind](one.value)) for one in assignments]
        await self._ask("set_cmd", names, timeout_s, assignments[0].oid)

    def close(self) -> None:
        """Give the socket back."""
        if self._closed:
            return
        self._closed = True
        self._clock.release()
        self._forget()

    def _forget(self) -> None:
        if self._engine is not None:
            self._engine.release()
            self._engine = None

    # ------------------------------------------------------------ one request, one answer

    async def _after(self, oid: str, size: int, timeout_s: float) -> list[tuple[str, Any]]:
        if isinstance(self._who, User) or self._who.version is not Version.V1:
            return await self._ask("bulk_cmd", [0, size, _name(oid)], timeout_s, oid)
        return await self._ask("next_cmd", [_name(oid)], timeout_s, oid)

    async def _ask(self, what: str, arguments: list[Any], timeout_s: float, about: str) -> list[tuple[str, Any]]:
        async with _turn():
            if self._closed:
                raise Unreachable(f"{self._target}: the client is closed")
            if self._engine is None:
                self._engine = _engine(self._who)
            try:
                place = await self._place()
                command = getattr(hlapi, what)(
                    self._engine.pysnmp, _authority(self._who), place, hlapi.ContextData(), *arguments, lookupMib=False
                )
                problem, status, _, rows = await self._within(command, timeout_s)
            except PySnmpError as error:
                raise Malformed(f"{self._target}: {error}") from None
            except OSError as error:
                raise Unreachable(f"{self._target}: {error}") from None
        if problem:
            raise self._translated(problem)
        self._heard = True
        if int(status):
            raise agent_error(int(status), f"{self._target} {about}")
        return [(str(name), value) for name, value in rows]

    async def _place(self) -> Any:
        kind = hlapi.Udp6TransportTarget if ":" in self._target.address else hlapi.UdpTransportTarget
        return await kind.create((self._target.address, self._target.port), timeout=PATIENCE_S, retries=0)

    async def _within(self, command: Coroutine[Any, Any, Any], timeout_s: float) -> Any:
        due = self._clock.now() + timeout_s
        task = asyncio.ensure_future(command)
        try:
            while (left := due - self._clock.now()) > 0:
                if (await asyncio.wait({task}, timeout=left))[0]:
                    return task.result()
        finally:
            task.cancel()
        if self._heard and self._engine is not None and isinstance(self._who, User):
            self._engine.retire()  # an agent that restarted is not heard any more: the next attempt discovers it anew
            self._forget()
            self._heard = False
        raise TimedOut(f"{self._target}: no answer within {timeout_s:g} s")

    def _translated(self, problem: Any) -> SnmpError:
        if isinstance(problem, errind.RequestTimedOut):
            return TimedOut(f"{self._target}: no answer")
        kind = AuthFailed if isinstance(problem, NOT_LET_IN) else Malformed
        return kind(f"{self._target}: {problem}")


def _engine(who: Credentials) -> _Engine:
    mine = _engines.setdefault(asyncio.get_running_loop(), {})
    key = who if isinstance(who, User) else None
    if key not in mine or mine[key].retired:
        mine[key] = _Engine()
    return mine[key].take()


def _turn() -> asyncio.Semaphore:
    loop = asyncio.get_running_loop()
    if loop not in _turns:
        _turns[loop] = asyncio.Semaphore(AT_ONCE)
    return _turns[loop]


def _authority(who: Credentials) -> Any:
    if isinstance(who, User):
        return hlapi.UsmUserData(
            who.name,
            authKey=who.auth_password if who.auth else None,
            privKey=who.privacy_password if who.privacy else None,
            authProtocol=AUTH[who.auth] if who.auth else hlapi.USM_AUTH_NONE,
            privProtocol=PRIVACY[who.privacy, who.expansion] if who.privacy else hlapi.USM_PRIV_NONE,
        )
    return hlapi.CommunityData(who.community, mpModel=0 if who.version is Version.V1 else 1)


def _identity(oid: str) -> Any:
    return hlapi.ObjectIdentity(oid)


def _name(oid: str) -> Any:
    return hlapi.ObjectType(_identity(oid))


def plain(value: Any) -> Value:
    """A value of pysnmp's as `snmp.wire.Value` says."""
    if isinstance(value, rfc1902.IpAddress):
        return str(value.prettyPrint())
    if isinstance(value, rfc1902.ObjectName | rfc1902.univ.ObjectIdentifier):
        return str(value)
    if isinstance(value, rfc1902.univ.Integer):
        return int(value)
    if isinstance(value, rfc1902.univ.OctetString):
        return bytes(value)
    return None
