"""What access knows of a line, as plain values: the login, its sessions, refusals, requests, its router."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from oss.access.decide import Decision, HoldFact


@dataclass(frozen=True, slots=True)
class Account:
    """What is set of the login, and what is decided about it; ``hold``: the one the decision names."""

    enabled: bool
    kind: str
    max_sessions: int
    when_full: str
    policy: str
    bound: Mapping[str, str]
    bound_at: datetime | None
    decision: Decision
    hold: HoldFact | None
    placed_by: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """A session that accounting tells of. bit/s and octets from the customer's view: down is to him."""

    uid: Any
    started_at: datetime
    last_seen_at: datetime
    ip: str | None
    ipv6: str | None
    delegated: str | None
    mac: str | None
    port: str | None
    nas_id: int
    nas: str | None
    interim_s: int | None
    session_id: str
    up_bps: int
    down_bps: int
    up_octets: int
    down_octets: int
    desired: str | None
    applied: str | None
    drift_since: datetime | None
    drift_cause: str | None

    def alive(self, now: datetime) -> bool:
        """Heard within three of its interims: its lease runs."""
        return now - self.last_seen_at <= timedelta(seconds=3 * (self.interim_s or 300))

    @property
    def addressed(self) -> bool:
        """Whether the router told of any address."""
        return bool(self.ip or self.ipv6 or self.delegated)


@dataclass(frozen=True, slots=True)
class Past:
    """A session that is over."""

    started_at: datetime
    ended_at: datetime
    session_s: int
    terminate_cause: str
    mac: str | None
    port: str | None
    nas_id: int
    nas: str | None
    ip: str | None
    down_octets: int
    up_octets: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Logins refused for one reason, within a day."""

    reason: str
    count: int
    first_at: datetime
    last_at: datetime
    facts: Mapping[str, Any]
    nas: str | None


GIVEN: Final = ("", "in_order", "promised")


@dataclass(frozen=True, slots=True)
class Request:
    """One login as it was asked for; ``reason`` is one of GIVEN where it was accepted."""

    at: datetime
    reason: str
    mac: str | None
    port: str | None
    nas_id: int
    nas: str | None


@dataclass(frozen=True, slots=True)
class Stranger:
    """A login nobody has, asked for from this login's own line."""

    login: str
    count: int
    last_at: datetime
    nas: str | None


@dataclass(frozen=True, slots=True)
class Twin:
    """Another login that is online with the same MAC; ``login`` is empty where the reader may not see whose it is."""

    login: str
    mac: str
    since: datetime
    nas: str | None


@dataclass(frozen=True, slots=True)
class Router:
    """The router this login came through last, as the AAA nodes hear it."""

    id: int
    name: str
    active: bool
    interim_s: int
    device_id: int | None
    network: str
    heard_at: datetime | None
    carries: bool
    garbled: int
    knock_ip: str | None
    knocked_at: datetime | None

    def silent(self, now: datetime) -> bool:
        """It has sessions, and was not heard for three of its interims."""
        return (
            self.carries and self.heard_at is not None and now - self.heard_at > timedelta(seconds=3 * self.interim_s)
        )


@dataclass(frozen=True, slots=True)
class Observed:
    """What the router was seen to apply to the session, bit/s. ``state``: same, differs, gone or unread."""

    state: str
    down_bps: int | None
    up_bps: int | None
    by_queue: str
    read_at: datetime
    problem: str


@dataclass(frozen=True, slots=True)
class Provision:
    """The last run that was to bring the login in (None: there was none), and where its ONU waits to be authorised."""

    run_id: int | None
    kind: str | None
    state: str | None
    serial: str | None
    made_at: datetime | None
    olt: str | None
    waiting_pon: str | None
    waiting_olt: str | None
    waiting_serial: str | None
    waiting_since: datetime | None


@dataclass(frozen=True, slots=True)
class Used:
    """Octets of the sessions that ended within thirty days, and of the open one."""

    down_octets: int
    up_octets: int


@dataclass(frozen=True, slots=True)
class Sessions:
    """The open ones, the newest first."""

    open: tuple[Session, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """The sessions of the last weeks, the newest first."""

    past: tuple[Past, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Asked:
    """The last logins, the newest first."""

    requests: tuple[Request, ...] = ()
