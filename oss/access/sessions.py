"""Live sessions in the AAA node's memory: what each is, what it was given, when it was last heard.

A state machine over what NAS say: Start, Interim and Stop in any order, twice or never, Accounting-On and -Off, and
routers that restart without a word. What it concludes by itself (a line that dialled again, a router that began to
count anew, a lease that ran out) it gives back as ``Ending`` to be journalled like any other record.

Private to the node (invariant 7); screens read ``session_open``. Leases use the monotonic clock and count only time
in which that NAS could be heard (invariant 8).
"""

from __future__ import annotations

import itertools
import time
import uuid
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from oss.access.names import Names, of_class, plain
from radius import attributes as a
from radius.integrity import md5
from radius.packet import Packet
from radius.peers import Host
from radius.server import Peer
from radius.vendors import SessionKeys

LEASE_INTERIMS = 3
LONGEST_GAP_S = 30.0  # beyond its interim; a NAS not heard for longer was away: its leases stand still meanwhile
LATE_S = 60  # how late a record may come; one of a session that began later than that is of another session
ENDED_KEPT_S = 600.0
MOST_ENDED = 131_072
WITNESS_S = 600.0  # two identities counted anew within it: the router restarted
MOST_OCTETS = 2**63 - 1  # what the database's bigint holds
LEAST_LOOKED_AT = 500  # sessions whose leases one tick looks at, at least
ROUND_TICKS = 60  # ticks in which every lease is looked at once

# Why we ended a session without its NAS's Stop; the names stand in session_history.terminate_cause
LEASE_EXPIRED = "Lease-Expired"  # silent for three interims on a NAS that was heard; ours, not a cause of RFC 2866
SUPERSEDED = "Superseded"  # its line dialled again; ours
REBOOTED = "NAS-Reboot"  # RFC 2866 section 5.10
UNKNOWN_TO_NAS = "Unknown-To-NAS"  # it answered a CoA or Disconnect with Session-Context-Not-Found; ours


def session_uid(nas_id: int, acct_session_id: str, login: str, calling: str | None) -> uuid.UUID:
    """The stable identity of a session: the same for its Start, its interims and its Stop."""
    return uuid.UUID(bytes=identity(nas_id, acct_session_id.encode(), login, (calling or "").encode()))


def identity(nas_id: int, acct_session_id: bytes, login: str, calling: bytes) -> bytes:
    """The same as 16 octets, from attributes as they came."""
    return md5(b"%d|%b|%b|%b" % (nas_id, acct_session_id, login.encode(), calling)).digest()


@dataclass(slots=True, eq=False)
class Router:
    """One router's sessions by Acct-Session-Id, and what is known of its restarts (monotonic instants)."""

    by_name: dict[bytes, Live] = field(default_factory=dict)
    restarted: float = float("-inf")  # sessions last heard up to then are gone
    recounted: float = float("-inf")  # when it used an identity again that was still open


_NOWHERE = Router()  # of a session that is in no table yet


@dataclass(slots=True, eq=False)
class Live:
    """One session. ``applied`` is the profile key its NAS is known to use, None when we cannot know."""

    uid: bytes
    peer: Peer
    acct_session_id: bytes
    login: str
    source: Host  # the router's address
    calling: bytes = b""
    port: tuple[bytes | None, bytes | None] = (None, None)  # NAS-Port, NAS-Port-Id
    framed_ip: bytes = b""
    applied: str | None = None
    desired: str | None = None
    began: float = 0.0  # monotonic, by the session's own clock as of its last record
    seen: float = 0.0  # monotonic seconds
    previous_seen: float = 0.0  # of the record before
    lease_from: float = 0.0  # the time in which its NAS was audible, when it was seen
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
    why: str = ""  # a Disconnect that the decision does not explain: too_many_sessions, asked_for
    name: bytes = b""  # User-Name as its router says it
    again: bool = False  # its identity was another session's before
    home: Router = _NOWHERE
    line: tuple[object, ...] | None = None  # router, port and Calling-Station-Id; None without the last

    def keys(self) -> SessionKeys:
        """What identifies it to its NAS (RFC 5176 section 3)."""
        port_id = self.port[1]
        address = ".".join(map(str, self.framed_ip)) if len(self.framed_ip) == 4 else None
        return SessionKeys(
            _text(self.name) or self.login,
            _text(self.acct_session_id),
            address,
            _text(self.calling) or None,
            _text(port_id) if port_id else None,
        )

    @property
    def router(self) -> tuple[int, Host]:
        """Which router: several may stand behind one row of ``nas``."""
        return self.peer.key, self.source

    @property
    def told(self) -> float:
        """What its NAS told last is of this instant (monotonic); it may have been heard later."""
        return min(self.seen, self.began + self.session_s)

    @property
    def gone(self) -> bool:
        """Whether its router restarted since it was heard last."""
        return self.seen <= self.home.restarted


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "replace")


class Ending(NamedTuple):
    """A session that we say has ended, and why."""

    live: Live
    cause: str


class Heard(NamedTuple):
    """What a record means.

    ``live``: the session it speaks of (None: none, or one that is over), ``fresh``: new here. ``endings``: sessions
    that are over because of it. ``restarted``: the router restarted without saying so, and all its sessions last
    heard up to that monotonic instant are over.
    """

    live: Live | None = None
    fresh: bool = False
    endings: tuple[Ending, ...] = ()
    restarted: float | None = None


NOTHING = Heard()


@dataclass(slots=True)
class _Audible:
    """For how long a NAS could be heard: its leases run on this clock."""

    heard: float  # monotonic: its last packet
    away: float = 0.0  # seconds it was not heard, in all

    def clock(self, now: float) -> float:
        return now - self.away


@dataclass(slots=True)
class Sessions:
    """All live sessions of this node: by identity, by login, by the line they use, by router.

    A router's restart ends its sessions at once for whoever asks here; they leave the table piece by piece
    (``sweep``), because 50,000 at once would keep other routers waiting.
    """

    names: Names = field(default_factory=Names)
    by_uid: dict[bytes, Live] = field(default_factory=dict)
    by_login: dict[str, list[Live]] = field(default_factory=dict)
    dirty: set[Live] = field(default_factory=set)  # to be written to session_open
    drifting: set[Live] = field(default_factory=set)  # desired and applied differ
    # uid -> monotonic, in the order they ended; a plain dict grows slow at its front when that is always taken away
    ended: OrderedDict[bytes, float] = field(default_factory=OrderedDict)
    _by_line: dict[tuple[object, ...] | None, Live] = field(default_factory=dict)  # router, port and Calling-Station-Id
    _audible: dict[int, _Audible] = field(default_factory=dict)
    _routers: dict[tuple[int, Host], Router] = field(default_factory=dict)
    _sweeping: dict[tuple[int, Host], Iterator[Live]] = field(default_factory=dict)
    _round: Iterator[Live] = field(default_factory=lambda: iter(()))

    # ------------------------------------------------------------ what a NAS says

    def hear(self, packet: Packet, peer: Peer, source: Host, now: float, interim_s: float = 300) -> Heard:
        """One accounting record (monotonic ``now``); the table follows it."""
        audible = self._listen(peer.key, now, interim_s)
        at = packet.at
        status = packet.integer(a.ACCT_STATUS_TYPE)
        if status == a.ACCT_ON or status == a.ACCT_OFF:
            self._restart((peer.key, source), now - (packet.integer(a.ACCT_DELAY_TIME) or 0))
            return NOTHING
        if a.ACCT_SESSION_ID not in at or a.USER_NAME not in at:
            return NOTHING
        began = now - (packet.integer(a.ACCT_SESSION_TIME) or 0)
        if a.ACCT_DELAY_TIME in at:
            began -= packet.integer(a.ACCT_DELAY_TIME) or 0
        live = self._known(packet, peer, source)
        if status == a.ACCT_STOP:
            return self._stopped(packet, peer, live, began, now)
        if live is None:
            fresh = self._new(packet, peer, source)
            if fresh is None or self.has_ended(fresh.uid, began):
                return NOTHING
            heard = self._enter(fresh, began)
        elif began > live.began + LATE_S or live.gone:
            heard = self._counted_anew(live, began, self._again(packet, peer, source))
        else:
            heard = Heard(live)
        assert heard.live is not None
        heard.live.began = began
        refresh(heard.live, packet, now, audible)
        return heard

    def _known(self, packet: Packet, peer: Peer, source: Host) -> Live | None:
        """The session in the table that a record speaks of; its router's name for it is looked up first."""
        router = self._routers.get((peer.key, source))
        if router is not None:
            named, name = router.by_name.get(packet.get(a.ACCT_SESSION_ID) or b""), packet.get(a.USER_NAME)
            calling = packet.get(a.CALLING_STATION_ID) or b""
            if named is not None and named.name == name and named.calling == calling:
                return named
        found = _identity_of(packet, peer)
        live = None if found is None else self.by_uid.get(found)
        if live is not None:
            live.name = packet.get(a.USER_NAME) or live.name  # as its router says it now; one restored may not know
        return live

    def _stopped(self, packet: Packet, peer: Peer, live: Live | None, began: float, now: float) -> Heard:
        """A Stop ends the session it speaks of, and shows that one begun well before it with its identity is over."""
        if live is None:
            uid = _identity_of(packet, peer)
            if uid is not None:
                self.end(uid, now)
            return NOTHING
        if live.again and began < live.began - LATE_S:
            return NOTHING  # the late Stop of the session before this one, which had the same identity
        self.end(live.uid, now)
        another = began > live.began + LATE_S and packet.integer(a.ACCT_SESSION_TIME) and not live.gone
        return Heard(endings=(Ending(live, REBOOTED),)) if another else NOTHING

    def _listen(self, nas_id: int, now: float, interim_s: float) -> float:
        """A packet of this NAS came; if it was away, its sessions' leases skip the gap. Returns its audible time.

        A NAS with one session is silent for a whole interim and is not away.
        """
        audible = self._audible.get(nas_id)
        if audible is None:
            audible = self._audible[nas_id] = _Audible(now)
        elif now - audible.heard > interim_s + LONGEST_GAP_S:
            audible.away += now - audible.heard
        audible.heard = now
        return audible.clock(now)

    # ------------------------------------------------------------ a session as it is told

    def _new(self, packet: Packet, peer: Peer, source: Host) -> Live | None:
        """A session as its Start or first interim tells it; the Class attribute says what it was given."""
        uid, login, name = _identity_of(packet, peer), self.names.of_session(packet), packet.get(a.USER_NAME)
        if uid is None or not login or not name:
            return None
        sid, calling = packet.get(a.ACCT_SESSION_ID) or b"", packet.get(a.CALLING_STATION_ID) or b""
        port = port_of(packet)
        live = Live(uid, peer, sid, login, source, calling, port, name=name)
        if calling:
            live.line = (peer.key, source, port, calling)
        if packet.integer(a.ACCT_STATUS_TYPE) == a.ACCT_START:
            live.applied = of_class(packet)[0]
        live.applied_at = time.monotonic()
        return live

    def _again(self, packet: Packet, peer: Peer, source: Host) -> Live:
        """Another session with the identity of one that is over."""
        fresh = self._new(packet, peer, source)
        assert fresh is not None  # it has the names that the old one has
        fresh.again = True
        return fresh

    # ------------------------------------------------------------ what follows from it

    def _enter(self, fresh: Live, began: float) -> Heard:
        """A new session, and the end of those that cannot be alive beside it: they began before it."""
        router = self._routers.get(fresh.router)
        named = router.by_name.get(fresh.acct_session_id) if router is not None else None
        if named is not None and not named.gone and named.began <= began:
            # A router gives an Acct-Session-Id once, until it restarts and counts from the beginning.
            self._restart(fresh.router, named.seen)
            self.add(fresh)
            return Heard(fresh, True, (), named.seen)
        gone = [live for live in self._beside(fresh) if not live.gone and live.began <= began]
        for live in gone:
            self.remove(live.uid)
        self.add(fresh)
        return Heard(fresh, True, tuple(Ending(live, SUPERSEDED) for live in gone))

    def _beside(self, fresh: Live) -> list[Live]:
        """Sessions of the same line: it can carry one of a login, and one of a router's port."""
        same_port, same_login = self._by_line.get(fresh.line), self.by_login.get(fresh.login)
        if same_login is None:
            return [] if same_port is None else [same_port]
        found = [live for live in same_login if live is not same_port and _same(live, fresh)]
        return found if same_port is None else [same_port, *found]

    def _counted_anew(self, old: Live, began: float, fresh: Live) -> Heard:
        """A session with the identity of one that was open began much later: its router may have restarted.

        One such identity may be a Stop that was lost; two within minutes are a router that counts from the beginning.
        """
        known = old.gone
        self.remove(old.uid)
        again = began - old.home.recounted < WITNESS_S
        old.home.recounted = began
        if again and not known:
            self._restart(old.router, old.seen)
        heard = self._enter(fresh, began)
        endings = heard.endings if known else (Ending(old, REBOOTED), *heard.endings)
        return Heard(fresh, True, endings, old.seen if again and not known else heard.restarted)

    def _router(self, key: tuple[int, Host]) -> Router:
        found = self._routers.get(key)
        if found is None:
            found = self._routers[key] = Router()
        return found

    def _restart(self, key: tuple[int, Host], before: float) -> None:
        """All sessions of a router last heard up to ``before`` are gone (RFC 2866 section 4.1)."""
        router = self._router(key)
        router.restarted = max(router.restarted, before)
        self._sweeping[key] = iter(list(router.by_name.values()))

    def sweep(self, most: int = 200) -> bool:
        """Take some of the sessions out that a restart ended; True while there may be more."""
        if not self._sweeping:
            return False
        key, left = next(iter(self._sweeping.items()))
        piece = list(itertools.islice(left, most))
        for live in piece:
            if live.gone and self.by_uid.get(live.uid) is live:  # not what began since with the same identity
                self.remove(live.uid)
        if len(piece) < most:
            del self._sweeping[key]
        return bool(self._sweeping)

    # ------------------------------------------------------------ the table

    def add(self, live: Live) -> None:
        """Put a session into the table."""
        self.by_uid[live.uid] = live
        mine = self.by_login.get(live.login)
        if mine is None:
            self.by_login[live.login] = [live]
        else:
            mine.append(live)
        live.home = self._router((live.peer.key, live.source))
        live.home.by_name[live.acct_session_id] = live
        if live.calling:
            live.line = live.line or (live.peer.key, live.source, live.port, live.calling)
            self._by_line[live.line] = live

    def remove(self, uid: bytes) -> Live | None:
        """Take a session out of the table."""
        live = self.by_uid.pop(uid, None)
        if live is None:
            return None
        left = self.by_login[live.login]
        left.remove(live)
        if not left:
            del self.by_login[live.login]
        by_name = live.home.by_name
        if by_name.get(live.acct_session_id) is live:
            del by_name[live.acct_session_id]
        if live.line is not None and self._by_line.get(live.line) is live:
            del self._by_line[live.line]
        self.dirty.discard(live)
        self.drifting.discard(live)
        return live

    def end(self, uid: bytes, now: float) -> None:
        """Its Stop was heard; what comes of it now comes too late."""
        self.remove(uid)
        self.ended[uid] = now
        self.ended.move_to_end(uid)
        while now - self.ended[next(iter(self.ended))] > ENDED_KEPT_S or len(self.ended) > MOST_ENDED:
            self.ended.popitem(last=False)

    def has_ended(self, uid: bytes, began: float) -> bool:
        """Whether a record of a session that began then (monotonic) comes after its Stop."""
        ended = self.ended.get(uid)
        return ended is not None and began < ended + LATE_S

    def others(self, login: str, calling: bytes, port: tuple[bytes | None, bytes | None]) -> list[Live]:
        """This login's sessions on other lines than the one that asks."""
        found = self.by_login.get(login, ())
        return [live for live in found if not (_same_line(live, calling, port) or live.gone)]

    def of(self, nas_id: int) -> Iterator[Live]:
        """The open sessions of a NAS."""
        routers = [router for key, router in self._routers.items() if key[0] == nas_id]
        return (live for router in routers for live in list(router.by_name.values()) if not live.gone)

    # ------------------------------------------------------------ leases

    def renew(self, live: Live, now: float, began_ago: float, seen_ago: float) -> None:
        """A session restored from the database, begun and heard last so many seconds ago: its lease begins now."""
        live.began, live.seen = now - began_ago, now - seen_ago
        live.previous_seen = live.seen
        live.lease_from = self._audible.setdefault(live.peer.key, _Audible(now)).clock(now)

    def expired(self, now: float, interim_s: dict[int, int]) -> list[Live]:
        """Sessions silent for three interims on a NAS that was heard meanwhile, among the next piece of all.

        A piece, because a look at 100,000 leases would keep routers waiting.
        """
        most = max(LEAST_LOOKED_AT, len(self.by_uid) // ROUND_TICKS)
        piece = list(itertools.islice(self._round, most))
        if not piece:
            self._round = iter(list(self.by_uid.values()))
            piece = list(itertools.islice(self._round, most))
        return [live for live in piece if self._is_expired(live, now, interim_s)]

    def _is_expired(self, live: Live, now: float, interim_s: dict[int, int]) -> bool:
        audible = self._audible.get(live.peer.key)
        if audible is None or now - audible.heard >= LONGEST_GAP_S or self.by_uid.get(live.uid) is not live:
            return False
        lease = LEASE_INTERIMS * interim_s.get(live.peer.key, 300)
        return audible.clock(now) - live.lease_from > lease


def _same(live: Live, fresh: Live) -> bool:
    """Whether two sessions of one login are the same line, on whatever router."""
    return _same_line(live, fresh.calling, fresh.port) and (bool(fresh.calling) or live.router == fresh.router)


def _same_line(live: Live, calling: bytes, port: tuple[bytes | None, bytes | None]) -> bool:
    """The same MAC; or the same port where one of the two came without a MAC."""
    if calling and live.calling:
        return calling.lower() == live.calling.lower()
    return live.port == port and port != (None, None)


def login_of(packet: Packet) -> str | None:
    """User-Name as it is compared: what identifies a session, whatever realms are ours today (see `Names`)."""
    name = packet.get(a.USER_NAME)
    return plain(name) if name else None


def octets(packet: Packet, low: int, high: int) -> int:
    """A counter from its octets and gigawords attributes (RFC 2869 section 5.1): 64 bits, of which we keep 63."""
    return min(((packet.integer(high) or 0) << 32) + (packet.integer(low) or 0), MOST_OCTETS)


def port_of(packet: Packet) -> tuple[bytes | None, bytes | None]:
    """NAS-Port and NAS-Port-Id: what a router calls the subscriber's port."""
    return packet.get(a.NAS_PORT), packet.get(a.NAS_PORT_ID)


def _identity_of(packet: Packet, peer: Peer) -> bytes | None:
    """The identity of the session a record speaks of; None where it names none."""
    login, sid = login_of(packet), packet.get(a.ACCT_SESSION_ID)
    if not login or not sid:
        return None
    return identity(peer.key, sid, login, packet.get(a.CALLING_STATION_ID) or b"")


def refresh(live: Live, packet: Packet, now: float, audible: float) -> None:
    """Take over what an accounting record says; counters never run backwards on a late duplicate."""
    live.previous_seen, live.seen, live.lease_from = live.seen, now, audible
    address = packet.get(a.FRAMED_IP_ADDRESS)
    if address is not None and len(address) == 4:
        live.framed_ip = address
    if a.ACCT_OUTPUT_OCTETS not in packet.at and a.ACCT_SESSION_TIME not in packet.at:  # a Start counts nothing yet
        return
    session_s = packet.integer(a.ACCT_SESSION_TIME) or 0
    received = octets(packet, a.ACCT_INPUT_OCTETS, a.ACCT_INPUT_GIGAWORDS)
    output = octets(packet, a.ACCT_OUTPUT_OCTETS, a.ACCT_OUTPUT_GIGAWORDS)
    if session_s > live.session_s:
        if output >= live.output_octets:
            live.output_bps = (output - live.output_octets) * 8 / (session_s - live.session_s)
        live.session_s = session_s
    if output > live.output_octets:
        live.output_octets = output
    if received > live.input_octets:
        live.input_octets = received
