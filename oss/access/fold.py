"""Journal records -> what they say of each session: a batch becomes one state per session, in journal order.

Totals only grow, so late, duplicated or reordered records end in the same state. A batch is cut where an order matters:
where a router restarted, where a session's identity begins again, and where an address of a session changes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from oss.access.journal_reader import GHOST, LOGIN, LOST, PACKET, REBOOTED, RESTARTED, STAFF, SUPERSEDED, Record
from oss.access.login_log import Login
from oss.access.login_log import read as read_login
from oss.access.names import also, of_class, plain, uid_of
from oss.access.sessions import LATE_S, LEASE_EXPIRED, MOST_OCTETS, UNKNOWN_TO_NAS, identity
from oss.access.sessions import REBOOTED as NAS_REBOOT
from oss.access.sessions import SUPERSEDED as BY_ITS_LINE
from radius import attributes as a
from radius.packet import Malformed, Packet

OURS = {LOST: LEASE_EXPIRED, SUPERSEDED: BY_ITS_LINE, REBOOTED: NAS_REBOOT, GHOST: UNKNOWN_TO_NAS}
OF_A_SESSION = (a.ACCT_START, a.ACCT_INTERIM, a.ACCT_STOP)
SECOND = 1_000_000
AFTER_REBOOT_US = 2 * SECOND  # a router that restarted may use an identity again at once
TERMINATE_CAUSES = {  # RFC 2866 section 5.10
    1: "User-Request", 2: "Lost-Carrier", 3: "Lost-Service", 4: "Idle-Timeout", 5: "Session-Timeout",
    6: "Admin-Reset", 7: "Admin-Reboot", 8: "Port-Error", 9: "NAS-Error", 10: "NAS-Request", 11: "NAS-Reboot",
    12: "Port-Unneeded", 13: "Port-Preempted", 14: "Port-Suspended", 15: "Service-Unavailable", 16: "Callback",
    17: "User-Error", 18: "Host-Request",
}  # fmt: skip


class Fold:
    """What a batch says of one session. Times are microseconds since 1970, ``session_s`` seconds, octets 63 bits;
    texts are octets as they came. ``since_us``: when its addresses were told first, 0: none was. ``cause``: why it
    ended, None while it is open; ``ours``: we said so, not the NAS. ``given``: the profile key that its Start
    brought, as octets. ``login``: the account's where its router brought it back, else User-Name as it is compared,
    and ``also`` what that may mean where nobody has it; ``name``: User-Name as it came."""

    __slots__ = (
        "also",
        "calling",
        "cause",
        "delegated_ipv6_prefix",
        "framed_ip",
        "framed_ipv6_prefix",
        "given",
        "input_octets",
        "last_seen_us",
        "login",
        "name",
        "nas_id",
        "nas_ip",
        "ours",
        "output_octets",
        "port_id",
        "session_s",
        "sid",
        "since_us",
        "started_us",
        "uid",
    )

    def __init__(self, uid: bytes, record: Record, sid: bytes, login: str, calling: bytes, started_us: int) -> None:
        self.uid, self.nas_id, self.nas_ip = uid, record.nas_id, record.source
        self.sid, self.login, self.calling = sid, login, calling
        self.name: bytes = b""
        self.also: tuple[str, ...] = ()
        self.started_us = self.last_seen_us = started_us
        self.input_octets = self.output_octets = self.session_s = self.since_us = 0
        self.framed_ip = self.framed_ipv6_prefix = self.delegated_ipv6_prefix = self.port_id = self.given = b""
        self.cause: str | None = None
        self.ours = False


class Restart(NamedTuple):
    """A router's sessions begun before ``before_us`` (Accounting-On, -Off) or last heard up to then are over.

    ``source`` empty: every router behind that row of ``nas``."""

    nas_id: int
    source: bytes
    before_us: int
    unannounced: bool


Part = list[Fold] | Restart


class Folded(NamedTuple):
    """A batch: parts to be applied one after another, the logins in it, and what administrators' sessions told."""

    parts: list[Part]
    logins: list[Login]
    staff: list[Record]


def fold(records: Iterable[Record], realms: Collection[str] = ()) -> Folded:
    """Records in journal order; ``realms``: those of ours."""
    parts: list[Part] = []
    logins: list[Login] = []
    staff: list[Record] = []
    present = _Present(realms)
    for record in records:
        kind = record.kind
        if kind == LOGIN:
            logins += read_login(record.payload)
            continue
        if kind == STAFF:
            staff.append(record)
            continue
        if kind != PACKET and kind != RESTARTED and kind not in OURS:
            continue  # a version of tomorrow wrote it: what it means is not for us to guess
        if kind == RESTARTED:
            parts += [present.folds(), Restart(record.nas_id, record.source, record.at_us, True)]
            present = _Present(realms)
            continue
        try:
            packet = Packet.parse(record.payload)
        except Malformed:
            continue  # it was parsed once before it was journalled; a foreign file is not ours to apply
        at_us = record.at_us - (packet.integer(a.ACCT_DELAY_TIME) or 0) * SECOND
        status = packet.integer(a.ACCT_STATUS_TYPE)
        if status == a.ACCT_ON or status == a.ACCT_OFF:
            parts += [present.folds(), Restart(record.nas_id, record.source, at_us, False)]
            present = _Present(realms)
        elif status in OF_A_SESSION and not _merge(present, packet, record, status, at_us):
            parts.append(present.folds())
            present = _Present(realms)
            _merge(present, packet, record, status, at_us)
    parts.append(present.folds())
    return Folded([part for part in parts if part], logins, staff)


class _Present:
    """The folds of a part: by identity, and by the names a router uses, which spares most records the identity."""

    __slots__ = ("by_name", "by_uid", "realms")

    def __init__(self, realms: Collection[str]) -> None:
        self.realms = realms
        self.by_uid: dict[bytes, Fold] = {}
        self.by_name: dict[tuple[int, bytes, bytes, bytes], Fold] = {}

    def folds(self) -> list[Fold]:
        return list(self.by_uid.values())

    def find(
        self, packet: Packet, record: Record, sid: bytes, name: bytes, calling: bytes, started_us: int
    ) -> tuple[Fold, bool]:
        """The session's fold, and whether it is new."""
        key = (record.nas_id, sid, name, calling)
        one = self.by_name.get(key)
        if one is not None:
            return one, False
        login = plain(name)
        uid = uid_of(packet) if record.kind != PACKET else b""
        uid = uid or identity(record.nas_id, sid, login, calling)
        one = self.by_uid.get(uid)
        new = one is None
        if one is None:
            one = self.by_uid[uid] = Fold(uid, record, sid, of_class(packet)[1] or login, calling, started_us)
            one.also, one.name = tuple(also(packet, login, self.realms)), name
        self.by_name[key] = one
        return one, new


def _merge(present: _Present, packet: Packet, record: Record, status: int | None, at_us: int) -> bool:
    """Take one record in; False: it must not be folded with what came before."""
    sid, name = packet.get(a.ACCT_SESSION_ID), packet.get(a.USER_NAME)
    if not sid or not name:
        return True
    session_s = packet.integer(a.ACCT_SESSION_TIME) or 0
    started_us = at_us - session_s * SECOND
    one, new = present.find(packet, record, sid, name, packet.get(a.CALLING_STATION_ID) or b"", started_us)
    if new:
        _addresses(one, packet, at_us)
    elif _begins_again(one, started_us) or not _addresses(one, packet, at_us):
        return False
    _absorb(one, packet, session_s, started_us, at_us)
    if status == a.ACCT_START:
        one.given = given(packet) or one.given
    _close(one, packet, record.kind, status, at_us)
    return True


def _begins_again(one: Fold, started_us: int) -> bool:
    """Whether a session that began then is another one with the same identity, begun after this one's end."""
    if one.cause is None:
        return False
    old = one.last_seen_us - one.started_us > LATE_S * SECOND  # else the word of its router's restart was late
    slack = AFTER_REBOOT_US if one.cause == NAS_REBOOT and old else LATE_S * SECOND
    return started_us > one.last_seen_us + slack


def _absorb(one: Fold, packet: Packet, session_s: int, started_us: int, at_us: int) -> None:
    if started_us < one.started_us:
        one.started_us = started_us
    if at_us > one.last_seen_us:
        one.last_seen_us = at_us
    if session_s > one.session_s:
        one.session_s = session_s
    if a.ACCT_INPUT_OCTETS in packet.at or a.ACCT_OUTPUT_OCTETS in packet.at:  # a Start counts nothing yet
        received = _octets(packet, a.ACCT_INPUT_OCTETS, a.ACCT_INPUT_GIGAWORDS)
        sent = _octets(packet, a.ACCT_OUTPUT_OCTETS, a.ACCT_OUTPUT_GIGAWORDS)
        one.input_octets, one.output_octets = max(one.input_octets, received), max(one.output_octets, sent)
    one.port_id = packet.get(a.NAS_PORT_ID) or one.port_id


def given(packet: Packet) -> bytes:
    """The profile key in the Class of our Access-Accept; empty when it is not ours."""
    return (of_class(packet)[0] or "").encode()


def _octets(packet: Packet, low: int, high: int) -> int:
    """RFC 2869 section 5.1."""
    return min(((packet.integer(high) or 0) << 32) + (packet.integer(low) or 0), MOST_OCTETS)


def _close(one: Fold, packet: Packet, kind: int, status: int | None, at_us: int) -> None:
    """What this record says of the end: the NAS's word counts more than ours."""
    if kind != PACKET:
        if one.cause is None:
            one.cause, one.ours = OURS[kind], True
    elif status != a.ACCT_STOP:
        if one.ours and at_us >= one.last_seen_us:  # heard again after all
            one.cause, one.ours = None, False
    else:
        cause = packet.integer(a.ACCT_TERMINATE_CAUSE) or 0
        one.cause, one.ours = TERMINATE_CAUSES.get(cause, str(cause) if cause else "Unknown"), False


ADDRESSES = (
    ("framed_ip", a.FRAMED_IP_ADDRESS),
    ("framed_ipv6_prefix", a.FRAMED_IPV6_PREFIX),
    ("delegated_ipv6_prefix", a.DELEGATED_IPV6_PREFIX),
)


def _addresses(one: Fold, packet: Packet, at_us: int) -> bool:
    """Take the addresses over; False, and nothing taken, when one differs from the one it had."""
    at = packet.at
    for name, kind in ADDRESSES:
        if kind in at and packet.get(kind) != getattr(one, name):
            return _take_over(one, packet, at_us)
    return True


def _take_over(one: Fold, packet: Packet, at_us: int) -> bool:
    found = [(name, value) for name, kind in ADDRESSES if (value := packet.get(kind)) and _sound(kind, value)]
    if any(getattr(one, name) not in (b"", value) for name, value in found):
        return False
    for name, value in found:
        setattr(one, name, value)
    if found and not one.since_us:
        one.since_us = at_us
    return True


def _sound(kind: int, value: bytes) -> bool:
    """An IPv4 address, or a prefix as RFC 3162 section 2.3 lays it out."""
    if kind == a.FRAMED_IP_ADDRESS:
        return len(value) == 4
    return 2 <= len(value) <= 18 and value[1] <= 128
