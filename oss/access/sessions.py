"""Live sessions in the AAA node's memory: what each is, what it was given, when it was last heard.

Private to the node (invariant 7); screens read ``session_open``. Leases use the monotonic clock and count only time
in which that NAS could be heard (invariant 8).
"""

from __future__ import annotations

import hashlib
import time
import uuid
from dataclasses import dataclass, field

from radius import attributes as a
from radius.packet import Packet
from radius.server import Peer
from radius.vendors import SessionKeys

CLASS_MARK = "milha1:"
LEASE_INTERIMS = 3
LONGEST_GAP_S = 30.0  # beyond its interim; a NAS not heard for longer was away: its leases stand still meanwhile
LATE_S = 60  # a record of a session that begins later than this after its Stop is of another session
ENDED_KEPT_S = 600.0
MOST_OCTETS = 2**63 - 1  # what the database's bigint holds


def session_uid(nas_id: int, acct_session_id: str, login: str, calling: str | None) -> uuid.UUID:
    """The stable identity of a session: the same for its Start, its interims and its Stop."""
    text = f"{nas_id}|{acct_session_id}|{login}|{calling or ''}"
    return uuid.UUID(bytes=hashlib.md5(text.encode(), usedforsecurity=False).digest())


@dataclass(slots=True, eq=False)
class Live:
    """One session. ``applied`` is the profile key its NAS is known to use, None when we cannot know."""

    uid: uuid.UUID
    peer: Peer
    acct_session_id: str
    login: str
    source: str
    framed_ip: str | None = None
    calling: str | None = None
    nas_port_id: str | None = None
    applied: str | None = None
    desired: str | None = None
    seen: float = 0.0  # monotonic seconds
    previous_seen: float = 0.0  # of the record before
    session_s: int = 0
    input_octets: int = 0
    output_octets: int = 0
    output_bps: float = 0.0
    applied_at: float = 0.0  # monotonic
    applied_session_s: int = 0  # the session's own clock when ``applied`` was acknowledged
    attempts: int = 0
    next_try: float = 0.0
    asked_at: float = 0.0  # wall clock: when the present difference began; 0 = none
    was: str | None = None
    drift_cause: str | None = None
    busy: bool = False
    force_disconnect: bool = False

    def keys(self) -> SessionKeys:
        """What identifies it to its NAS (RFC 5176 3)."""
        return SessionKeys(self.login, self.acct_session_id, self.framed_ip, self.calling, self.nas_port_id)


@dataclass(slots=True)
class Sessions:
    """All live sessions of this node, by uid, by login, by NAS."""

    by_uid: dict[uuid.UUID, Live] = field(default_factory=dict)
    by_login: dict[str, list[Live]] = field(default_factory=dict)
    heard: dict[int, float] = field(default_factory=dict)  # nas id -> monotonic
    dirty: set[Live] = field(default_factory=set)  # to be written to session_open
    drifting: set[Live] = field(default_factory=set)  # desired and applied differ
    ended: dict[uuid.UUID, float] = field(default_factory=dict)  # uid -> monotonic, in the order they ended

    def add(self, live: Live) -> None:
        self.by_uid[live.uid] = live
        self.by_login.setdefault(live.login, []).append(live)

    def remove(self, uid: uuid.UUID) -> Live | None:
        live = self.by_uid.pop(uid, None)
        if live is None:
            return None
        left = [one for one in self.by_login.get(live.login, []) if one is not live]
        if left:
            self.by_login[live.login] = left
        else:
            self.by_login.pop(live.login, None)
        self.dirty.discard(live)
        self.drifting.discard(live)
        return live

    def end(self, uid: uuid.UUID, now: float) -> None:
        """Its Stop was heard; what comes of it now comes too late."""
        self.remove(uid)
        self.ended.pop(uid, None)
        self.ended[uid] = now
        while now - next(iter(self.ended.values())) > ENDED_KEPT_S:
            del self.ended[next(iter(self.ended))]

    def has_ended(self, uid: uuid.UUID, began: float) -> bool:
        """Whether a record of a session that began then (monotonic) comes after its Stop."""
        ended = self.ended.get(uid)
        return ended is not None and began < ended + LATE_S

    def remove_nas(self, nas_id: int) -> list[Live]:
        """The NAS restarted: all its sessions are gone (RFC 2866 4.1, Accounting-On/Off)."""
        gone = [live for live in self.by_uid.values() if live.peer.key == nas_id]
        for live in gone:
            self.remove(live.uid)
        return gone

    def hear(self, nas_id: int, now: float, interim_s: float) -> None:
        """A packet of this NAS came; if it was away, its sessions' leases skip the gap.

        A NAS with one session is silent for a whole interim and is not away.
        """
        last = self.heard.get(nas_id)
        self.heard[nas_id] = now
        if last is not None and now - last > interim_s + LONGEST_GAP_S:
            for live in self.by_uid.values():
                if live.peer.key == nas_id:
                    live.seen += now - last

    def expired(self, now: float, interim_s: dict[int, int]) -> list[Live]:
        """Sessions silent for three interims on a NAS that was heard meanwhile."""
        found = []
        for live in self.by_uid.values():
            lease = LEASE_INTERIMS * interim_s.get(live.peer.key, 300)
            heard = self.heard.get(live.peer.key, 0.0)
            if now - live.seen > lease and now - heard < LONGEST_GAP_S:
                found.append(live)
        return found


def login_of(packet: Packet) -> str | None:
    """User-Name as we look it up: trimmed, lower case."""
    name = packet.text(a.USER_NAME)
    return name.strip().lower() if name else None


def octets(packet: Packet, low: int, high: int) -> int:
    """A counter from its octets and gigawords attributes (RFC 2869 5.1): 64 bits, of which we keep 63."""
    return min(((packet.integer(high) or 0) << 32) + (packet.integer(low) or 0), MOST_OCTETS)


def new_live(packet: Packet, peer: Peer, source: str, login: str, uid: uuid.UUID) -> Live:
    """A session as its Start or first interim tells it; the Class attribute says what it was given."""
    live = Live(uid, peer, packet.text(a.ACCT_SESSION_ID) or "", login, source)
    mark = packet.text(a.CLASS) or ""
    if mark.startswith(CLASS_MARK) and packet.integer(a.ACCT_STATUS_TYPE) == a.ACCT_START:
        live.applied = mark[len(CLASS_MARK) :]
    live.applied_at = time.monotonic()
    return live


def refresh(live: Live, packet: Packet, now: float) -> None:
    """Take over what an accounting record says; counters never run backwards on a late duplicate."""
    live.previous_seen, live.seen = live.seen, now
    address = packet.address(a.FRAMED_IP_ADDRESS)
    live.framed_ip = str(address) if address else live.framed_ip
    live.calling = packet.text(a.CALLING_STATION_ID) or live.calling
    live.nas_port_id = packet.text(a.NAS_PORT_ID) or live.nas_port_id
    session_s = packet.integer(a.ACCT_SESSION_TIME) or 0
    output = octets(packet, a.ACCT_OUTPUT_OCTETS, a.ACCT_OUTPUT_GIGAWORDS)
    if session_s > live.session_s and output >= live.output_octets:
        live.output_bps = (output - live.output_octets) * 8 / (session_s - live.session_s)
    live.session_s = max(live.session_s, session_s)
    live.output_octets = max(live.output_octets, output)
    received = octets(packet, a.ACCT_INPUT_OCTETS, a.ACCT_INPUT_GIGAWORDS)
    live.input_octets = max(live.input_octets, received)
