"""Who has a PPPoE session on a router: as a list that a test fills, or as a NAS of the lab has them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, Protocol

from oss.lab.nas import Nas
from oss.lab.sessions import Session
from oss.lab.traffic import parse_rate_limit


class Flow(NamedTuple):
    """What a subscriber moves: bit/s now, octets since the session began; up is from him."""

    up_bps: float = 0.0
    down_bps: float = 0.0
    up_octets: int = 0
    down_octets: int = 0


@dataclass(slots=True)
class Caller:
    """``session_id``: his Acct-Session-Id; ``since``: Unix seconds; ``rate_limit``, ``address_list``: as RADIUS or CoA
    said, empty: nothing; ``flow``: asked when somebody looks."""

    number: int
    login: str
    address: str
    mac: str
    session_id: str
    since: float
    rate_limit: str = ""
    address_list: str = ""
    service: str = "pppoe"
    flow: Callable[[], Flow] = field(default=Flow)

    @property
    def interface(self) -> str:
        """The interface that is his while he is there."""
        return f"<pppoe-{self.login}>"

    @property
    def limits_bps(self) -> tuple[int, int] | None:
        """Up and down, as his queue has them; None: there is no queue."""
        if not self.rate_limit:
            return None
        rate = parse_rate_limit(self.rate_limit)
        return rate.up_bps, rate.down_bps


class Callers(Protocol):
    """A router's sessions."""

    def all(self) -> Iterable[Caller]: ...

    def named(self, login: str) -> Caller | None: ...

    def kick(self, caller: Caller) -> None:
        """His session ends; what he does then is his affair."""


class Listed:
    """Callers that somebody wrote down.

    callers = Listed()
    callers.come("ana", "100.64.0.1", rate_limit="10M/20M")
    """

    def __init__(self) -> None:
        self.here: dict[str, Caller] = {}
        self.kicked: list[str] = []
        self._last = 0

    def come(self, login: str, address: str, rate_limit: str = "", address_list: str = "") -> Caller:
        """A session begins, anew where there was one."""
        self._last += 1
        mac = "02:" + ":".join(f"{octet:02X}" for octet in self._last.to_bytes(5))
        session_id = f"81{self._last:06x}"
        self.here[login] = found = Caller(
            self._last, login, address, mac, session_id, time.time(), rate_limit, address_list
        )
        return found

    def all(self) -> Iterable[Caller]:
        return list(self.here.values())

    def named(self, login: str) -> Caller | None:
        return self.here.get(login)

    def kick(self, caller: Caller) -> None:
        self.kicked.append(caller.login)
        self.here.pop(caller.login, None)


class OfNas:
    """The sessions of a NAS of the lab, as they are when somebody looks."""

    def __init__(self, nas: Nas) -> None:
        self._nas = nas

    def all(self) -> Iterable[Caller]:
        return [_caller(one) for one in self._nas.table.by_id.values()]

    def named(self, login: str) -> Caller | None:
        line = self._nas.lines.get(login)
        return None if line is None or line.session is None else _caller(line.session)

    def kick(self, caller: Caller) -> None:
        line = self._nas.lines.get(caller.login)
        if line is not None and line.session is not None and line.session.acct_session_id == caller.session_id:
            self._nas.kick(line.session)


def _caller(one: Session) -> Caller:
    line, profile = one.line, one.profile
    number = int(one.acct_session_id[8:], 16)
    return Caller(
        *(number, line.login, one.framed_ip, line.mac, one.acct_session_id, one.since),
        *(profile.rate_limit, profile.address_list, "pppoe", partial(_flow, one)),
    )


def _flow(one: Session) -> Flow:
    at = time.time()
    one.use(at)
    return Flow(*one.rates(at), one.in_octets, one.out_octets)
