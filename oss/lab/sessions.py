"""The subscribers of a NAS: their lines, their sessions, and the table of those that are online."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Literal

from oss.lab.accounting import Lane
from oss.lab.profiles import Profile
from oss.lab.records import Cause, Record, Status, line_identity, session_body
from oss.lab.traffic import Appetite, appetite, octets
from radius import attributes as a
from radius.attributes import attr
from radius.auth import MAX_PASSWORD

State = Literal["offline", "waiting", "dialing", "online", "rejected", "silent"]
_SERVICE = "pppoe"
_FIRST_PORT = 15_728_640
_FIRST_ADDRESS = int(IPv4Address("100.64.0.0"))
_ADDRESSES_PER_NAS = 65_536

IDENTIFICATION = (
    a.ACCT_SESSION_ID,
    a.USER_NAME,
    a.FRAMED_IP_ADDRESS,
    a.CALLING_STATION_ID,
    a.CALLED_STATION_ID,
    a.NAS_PORT,
    a.NAS_PORT_ID,
)
"""By what a CoA- or Disconnect-Request may name a session (RFC 5176 3); the best index first."""


@dataclass(slots=True, eq=False)
class Line:
    """One subscriber's line on one NAS; `wanted` while the subscriber means to be online.

    `pull_bps`: he downloads this fast, as far as he is let; 0: as his habit is.
    """

    login: str
    password: bytes
    index: int
    mac: str
    port: int
    port_id: str
    identity: bytes
    habit: Appetite
    state: State = "offline"
    wanted: bool = False
    failures: int = 0
    pull_bps: int = 0
    session: Session | None = None


def new_line(seed: int, login: str, password: str, index: int) -> Line:
    """A line whose MAC and habits follow from the seed and the login, its port from its place on the NAS.

    Raises ValueError for what no packet can carry.
    """
    if not 0 < len(login.encode()) <= a.MAX_VALUE or len(password.encode()) > MAX_PASSWORD:
        raise ValueError(f"login of 1 to {a.MAX_VALUE} octets and password of up to {MAX_PASSWORD}, please")
    digest = hashlib.blake2b(f"{seed}:{login}".encode(), digest_size=5).digest()
    mac = ":".join(f"{octet:02X}" for octet in (0x02, *digest))
    port, port_id = _FIRST_PORT + index, f"olt1/{index // 1024}/{index // 64 % 16}/{index % 64}"
    identity = line_identity(login, mac, port, port_id, _SERVICE)
    return Line(login, password.encode(), index, mac, port, port_id, identity, appetite(seed, login))


def own_address(nas_number: int, line: Line) -> str:
    """The address a NAS gives from its own pool when the server names none (100.64.0.0/10, RFC 6598)."""
    number = _FIRST_ADDRESS + nas_number % 64 * _ADDRESSES_PER_NAS + line.index % (_ADDRESSES_PER_NAS - 2) + 1
    return str(IPv4Address(number))


@dataclass(slots=True, eq=False)
class Session:
    """One live session. `began` is monotonic, `since`, `counted_at` and `changed_at` are seconds since the epoch."""

    line: Line
    acct_session_id: str
    framed_ip: str
    identity: bytes
    profile: Profile
    granted_interim_s: int | None
    began: float
    since: float
    counted_at: float
    changed_at: float
    keys: dict[int, bytes] = field(default_factory=dict)
    lane: Lane = field(default_factory=Lane)
    in_octets: int = 0
    out_octets: int = 0
    interim_plan: int = 0
    timeout_plan: int = 0

    def __post_init__(self) -> None:
        line = self.line
        self.keys = {
            a.ACCT_SESSION_ID: self.acct_session_id.encode(),
            a.USER_NAME: line.login.encode(),
            a.FRAMED_IP_ADDRESS: IPv4Address(self.framed_ip).packed,
            a.CALLING_STATION_ID: line.mac.encode(),
            a.CALLED_STATION_ID: _SERVICE.encode(),
            a.NAS_PORT: line.port.to_bytes(4, "big"),
            a.NAS_PORT_ID: line.port_id.encode(),
        }

    def use(self, at: float) -> None:
        """Counts what the subscriber moved until `at` under the present profile."""
        walled = bool(self.profile.address_list)
        up, down = octets(self.line.habit, self.counted_at, at, self.profile.rate, walled, self.line.pull_bps)
        self.in_octets += up
        self.out_octets += down
        self.counted_at = max(at, self.counted_at)

    def rates(self, at: float) -> tuple[float, float]:
        """bit/s up and down at an instant (seconds since the epoch)."""
        walled = bool(self.profile.address_list)
        up, down = octets(self.line.habit, at - 1, at, self.profile.rate, walled, self.line.pull_bps)
        return 8.0 * up, 8.0 * down

    def record(
        self, status: Status, due: float, at: float, cause: Cause | None = None, clock_off_s: float = 0.0
    ) -> Record:
        """The accounting record of this session at this instant (`due` monotonic, `at` since the epoch).

        ``clock_off_s``: by how much the router's own clock is ahead of that.
        """
        if status is not Status.START:
            self.use(at)
        used = (self.in_octets, self.out_octets)
        session_time = max(0, int(due - self.began))
        body = session_body(self.identity, status, session_time, used, int(at + clock_off_s), cause)
        return Record(self.acct_session_id, self.line.login, status, *used, session_time, int(at), due, body)


def session_identity(nas: bytes, line: Line, acct_session_id: str, framed_ip: str, class_: bytes | None) -> bytes:
    """The attributes all accounting of a session shares; Class goes back as it came (RFC 2865 5.25)."""
    return b"".join(
        (
            nas,
            line.identity,
            attr(a.ACCT_SESSION_ID, acct_session_id),
            attr(a.FRAMED_IP_ADDRESS, IPv4Address(framed_ip)),
            attr(a.CLASS, class_) if class_ else b"",
        )
    )


class Table:
    """The sessions that are online, found by what identifies them."""

    def __init__(self) -> None:
        self.by_id: dict[bytes, Session] = {}
        self._by_login: dict[bytes, Session] = {}
        self._by_address: dict[bytes, Session] = {}

    def __len__(self) -> int:
        return len(self.by_id)

    def add(self, session: Session) -> None:
        """A session came online."""
        self.by_id[session.keys[a.ACCT_SESSION_ID]] = session
        self._by_login[session.keys[a.USER_NAME]] = session
        self._by_address[session.keys[a.FRAMED_IP_ADDRESS]] = session

    def remove(self, session: Session) -> None:
        """A session ended."""
        del self.by_id[session.keys[a.ACCT_SESSION_ID]]
        del self._by_login[session.keys[a.USER_NAME]]
        if self._by_address.get(session.keys[a.FRAMED_IP_ADDRESS]) is session:
            del self._by_address[session.keys[a.FRAMED_IP_ADDRESS]]

    def clear(self) -> None:
        """The NAS forgot everything."""
        self.by_id.clear()
        self._by_login.clear()
        self._by_address.clear()

    def find(self, keys: dict[int, bytes]) -> Session | None:
        """The first session to which every one of the given attributes belongs (RFC 5176 3: they are ANDed)."""
        for session in self._candidates(keys):
            if all(session.keys[kind] == value for kind, value in keys.items()):
                return session
        return None

    def _candidates(self, keys: dict[int, bytes]) -> list[Session]:
        indexes = (
            (a.ACCT_SESSION_ID, self.by_id),
            (a.USER_NAME, self._by_login),
            (a.FRAMED_IP_ADDRESS, self._by_address),
        )
        for kind, index in indexes:
            if kind in keys:
                found = index.get(keys[kind])
                return [found] if found else []
        return list(self.by_id.values())
