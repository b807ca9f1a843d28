"""What the AAA node heard of each NAS, in memory: counts, when each thing came last, clock, rhythm of the interims.

The doctor asks for it (``facts``), a technician may watch it as it comes (``Watch``). Counts run from the node's start;
marks of them, taken twice a minute, tell what is of the last minutes. Nothing here knows a password.
"""

from __future__ import annotations

import itertools
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

from oss.access.sessions import Live
from radius import attributes as a
from radius.auth import pap_decrypt
from radius.packet import Packet
from radius.peers import Host, Peer

RECENT_S, WINDOW_S = 60.0, 300.0  # what is "now", and what is "lately"
MARK_S: Final = 30.0
MARKS_A_TICK: Final = 100  # NAS marked at a time: a tick of the node may not take long
SAMPLES: Final = 31  # of clock, interims and round trips
SKEW_EVERY_US: Final = 500_000
GARBLED_LOGINS: Final = 16  # more names than that say no more
WATCHED_LINES: Final = 60  # of a watched NAS, the newest
FIRST_S: Final = 1.5  # into a session: what was heard before that was its Start
DELAYED_S: Final = 2  # an Acct-Delay-Time from which on a record is one that was told before

FAULTS: Final = (
    *("duplicates", "malformed", "bad_authenticator", "bad_message_authenticator", "missing_message_authenticator"),
    *("dropped", "failed"),
)
STATUS: Final = {
    a.ACCT_START: "starts",
    a.ACCT_INTERIM: "interims",
    a.ACCT_STOP: "stops",
    a.ACCT_ON: "boots",
    a.ACCT_OFF: "boots",
}
KINDS: Final = {
    a.ACCT_START: "start",
    a.ACCT_INTERIM: "interim",
    a.ACCT_STOP: "stop",
    a.ACCT_ON: "on",
    a.ACCT_OFF: "off",
}

Line = tuple[int, str, str, str, int]
"""What came: microseconds since 1970; login, start, interim, stop, on, off, fault or stranger; the login (or address);
why a login was refused ('' = it was accepted) or which fault; how many."""


@dataclass(slots=True)
class Watch:
    """What comes from one NAS until ``until`` (Unix seconds): the newest lines, and how many there were."""

    until: float
    lines: deque[Line] = field(default_factory=lambda: deque(maxlen=WATCHED_LINES))
    count: int = 0
    faults: dict[str, int] = field(default_factory=dict)  # the peer's counters as they were told last
    dirty: bool = True

    def add(self, at_us: int, kind: str, login: str = "", why: str = "", many: int = 1) -> None:
        """One more line."""
        self.lines.append((at_us, kind, login.replace("\0", "")[:128], why, many))
        self.count += 1
        self.dirty = True


Mark = tuple[float, dict[str, int]]


@dataclass(slots=True)
class Heard:
    """One NAS. Instants are microseconds since 1970, 0 = never since the node started."""

    accepts: int = 0
    accepted_us: int = 0
    rejects: int = 0
    rejected_us: int = 0
    first_accept_us: int = 0
    garbled: int = 0
    garbled_logins: set[str] = field(default_factory=set)
    records: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("starts", "interims", "stops", "boots"), 0))
    told_us: dict[str, int] = field(default_factory=dict)
    delayed: int = 0
    lost: int = 0
    source: Host | None = None
    skews: deque[float] = field(default_factory=lambda: deque(maxlen=SAMPLES))
    skew_due_us: int = 0
    gaps: deque[float] = field(default_factory=lambda: deque(maxlen=SAMPLES))
    trips: deque[float] = field(default_factory=lambda: deque(maxlen=200))
    marks: deque[Mark] = field(default_factory=lambda: deque(maxlen=int(WINDOW_S / MARK_S) + 1))
    watch: Watch | None = None
    curious: bool = True  # an accept is the first one, or is watched

    def counts(self, peer: Peer) -> dict[str, int]:
        """All counts since the node started, the listener's among them."""
        own = {name: getattr(self, name) for name in ("accepts", "rejects", "garbled", "delayed", "lost")}
        return {**peer.counters, **own, **self.records}

    def since(self, peer: Peer, seconds: float, now: float) -> dict[str, int]:
        """The counts of the last ``seconds`` (up to one mark more)."""
        present, base = self.counts(peer), {}
        for at, counts in self.marks:
            if now - at < seconds:
                break
            base = counts
        return {name: count - base.get(name, 0) for name, count in present.items()}

    @property
    def heard_us(self) -> int:
        """When something that could be believed came last."""
        return max(self.accepted_us, self.rejected_us, *self.told_us.values(), 0)


class Ears:
    """All NAS of this node, by the key of their peer."""

    def __init__(self) -> None:
        self.of: defaultdict[int, Heard] = defaultdict(Heard)
        self.started = time.time()
        self.watched: set[int] = set()
        self._round: Iterator[Peer] = iter(())

    # ------------------------------------------------------------ what is heard

    def accepted(self, heard: Heard, login: str, at_us: int) -> None:
        """The rarer part of an accept: the first one since the start, and those that somebody watches."""
        heard.first_accept_us = heard.first_accept_us or at_us
        heard.curious = heard.watch is not None
        if heard.watch is not None:
            heard.watch.add(at_us, "login", login)

    def refused(self, nas_id: int, login: str, reason: str, at_us: int) -> None:
        """A login was refused."""
        heard = self.of[nas_id]
        heard.rejects += 1
        heard.rejected_us = at_us
        if heard.watch is not None:
            heard.watch.add(at_us, "login", login, reason)

    def disproven(self, packet: Packet, peer: Peer, login: str) -> None:
        """A wrong password: one that no person types was hidden with another secret (RFC 2865 section 5.2)."""
        hidden = packet.get(a.USER_PASSWORD)
        if hidden is None or a.MESSAGE_AUTHENTICATOR in packet.at:
            return
        typed = pap_decrypt(hidden, peer.secret, packet.authenticator)
        if typed is not None and _is_garbled(typed):
            heard = self.of[peer.key]
            heard.garbled += 1
            if len(heard.garbled_logins) < GARBLED_LOGINS:
                heard.garbled_logins.add(login)

    def told(self, packet: Packet, nas_id: int, source: Host, at_us: int, live: Live | None) -> None:
        """An accounting record, and its session where that was known before."""
        heard = self.of[nas_id]
        heard.source = source
        status, at = packet.integer(a.ACCT_STATUS_TYPE) or 0, packet.at
        name = STATUS.get(status)
        if name is not None:
            heard.records[name] += 1
            heard.told_us[name] = at_us
        delay_s = (packet.integer(a.ACCT_DELAY_TIME) or 0) if a.ACCT_DELAY_TIME in at else 0
        if delay_s >= DELAYED_S:
            heard.delayed += 1
        elif at_us >= heard.skew_due_us and a.EVENT_TIMESTAMP in at:
            heard.skew_due_us = at_us + SKEW_EVERY_US
            heard.skews.append((packet.integer(a.EVENT_TIMESTAMP) or 0) + delay_s - at_us / 1e6)
        # The first interim after a Start may come at any time, so that not all sessions speak at once.
        if status == a.ACCT_INTERIM and live is not None and live.previous_seen - live.began > FIRST_S:
            heard.gaps.append(live.seen - live.previous_seen)
        if heard.watch is not None:
            heard.watch.add(at_us, KINDS.get(status, "other"), packet.text(a.USER_NAME) or "")

    def lost(self, nas_id: int) -> None:
        """A session was given up: silent for three of its interims."""
        self.of[nas_id].lost += 1

    def took(self, nas_id: int, seconds: float) -> None:
        """A CoA or Disconnect was answered after so long."""
        self.of[nas_id].trips.append(seconds)

    # ------------------------------------------------------------ as time goes by

    def mark(self, peers: dict[int, Peer], now: float) -> None:
        """Remember the counts of some NAS whose last mark is old enough (Unix seconds)."""
        piece = list(itertools.islice(self._round, MARKS_A_TICK))
        if not piece:
            self._round = iter(list(peers.values()))
        for peer in piece:
            heard = self.of[peer.key]
            if not heard.marks or now - heard.marks[-1][0] >= MARK_S:
                heard.marks.append((now, heard.counts(peer)))

    def watch(self, peer: Peer, until: float) -> Watch:
        """Keep what comes from this NAS until then."""
        self.watched.add(peer.key)
        heard = self.of[peer.key]
        heard.watch, heard.curious = Watch(until, faults=dict(peer.counters)), True
        return heard.watch

    def look(self, nas_id: int, peer: Peer, now: float) -> Watch | None:
        """The watch of a NAS with its newest faults in it; one whose time is over is taken away."""
        heard = self.of[nas_id]
        watch = heard.watch
        if watch is None:
            return None
        for name in FAULTS:
            more = peer.counters[name] - watch.faults.get(name, 0)
            if more > 0:
                watch.add(int(now * 1e6), "fault", "", name, more)
        watch.faults = dict(peer.counters)
        if now >= watch.until:
            heard.watch, watch.dirty = None, True
            self.watched.discard(nas_id)
        return watch

    # ------------------------------------------------------------ what is known

    def facts(self, peer: Peer, now: float) -> dict[str, Any]:
        """What the doctor is told of a NAS; instants are Unix seconds, None = never since the node started."""
        heard = self.of[peer.key]
        recent, lately = (heard.since(peer, seconds, now) for seconds in (RECENT_S, WINDOW_S))
        told = {name: at_us / 1e6 for name, at_us in heard.told_us.items()}
        return {
            "up_s": round(now - self.started, 1),
            "recent": recent,
            "lately": lately,
            "heard_at": heard.heard_us / 1e6 or None,
            "accepted_at": heard.accepted_us / 1e6 or None,
            "rejected_at": heard.rejected_us / 1e6 or None,
            "first_accept_at": heard.first_accept_us / 1e6 or None,
            "told_at": told,
            "garbled_logins": len(heard.garbled_logins),
            "signs": peer.signs,
            "skew_s": skew_s(heard),
            "gap_s": round(median(heard.gaps), 1) if heard.gaps else None,
            "trips": trips(list(heard.trips)),
        }


def skew_s(heard: Heard) -> float | None:
    """By how much the NAS's clock is ahead of ours, in seconds (its Event-Timestamp is of whole ones)."""
    return round(median(heard.skews), 1) if heard.skews else None


def trips(seconds: list[float]) -> dict[str, float] | None:
    """Round trips: how many, the middle one, and the one that 99 of 100 do not exceed, in milliseconds."""
    if not seconds:
        return None
    ordered = sorted(seconds)
    p50, p99 = (ordered[int(len(ordered) * share)] * 1000 for share in (0.5, 0.99))
    return {"count": len(ordered), "p50_ms": round(p50, 1), "p99_ms": round(p99, 1)}


def _is_garbled(typed: bytes) -> bool:
    """Whether no keyboard makes this: control characters, or octets that are no UTF-8."""
    try:
        return any(one < " " or one == "\x7f" for one in typed.decode())
    except UnicodeDecodeError:
        return True
