"""A model of NAS and of the network before them: what they know to be true, and what reaches the node of it.

Routers count their sessions from one after each boot, tell a record at most ``TRIES`` times while nobody acknowledges
it, and forget what they still had to tell when they lose power. The network loses, delays, doubles and reorders.
All times are seconds of the simulation's clock.
"""

from __future__ import annotations

import heapq
import itertools
import random
import time as real_time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from radius import attributes as a
from radius.client import NoReply
from radius.packet import Packet, build

BEGIN = 1_800_000_000
INTERIM_S = 30  # as the small provider's NAS
TRIES, RETRY_S = 4, 10
TRANSIT_S = 20  # at most; a record that is late counts for the same session up to a minute
TRANSITS = (0, 0, 0, 1, 3, TRANSIT_S)
BOOT_S = (90, 180)
STALE_S = 90  # how long a router keeps a session whose line has dialled anew
RATES = (0, 1_000, 2**27)  # octets a second: the last passes 32 bits within an interim


class Clock:
    """In the place of the module ``time``. No two readings are at the same moment."""

    def __init__(self) -> None:
        self.now, self._slip = float(BEGIN), 0.0

    def forward(self, seconds: int) -> None:
        self.now, self._slip = self.now + seconds, 0.0

    def _read(self) -> float:
        self._slip += random.random() * 1e-4
        return self.now + self._slip

    def time(self) -> float:
        return self._read()

    def monotonic(self) -> float:
        return self._read() - 1_000_000

    def time_ns(self) -> int:
        return int(self._read() * 1e9)

    perf_counter_ns = staticmethod(real_time.perf_counter_ns)
    strftime = staticmethod(real_time.strftime)
    gmtime = staticmethod(real_time.gmtime)


@dataclass(frozen=True)
class Line:
    """A customer's line. Without a MAC, its port tells who it is."""

    login: str
    router: int
    port: str
    mac: str = ""


@dataclass(eq=False)
class Session:
    """One session as its router knows it."""

    line: Line
    sid: str
    began: float
    rate: int
    address: int
    mark: str  # the Class it was given
    received: int = 0
    sent: int = 0
    ended: float | None = None
    stale_until: float | None = None  # its line has dialled anew
    heard: bool = False  # the node has had a record of it
    told: bool = False  # the node has had its Stop

    def pairs(self, status: int, now: float) -> list[tuple[int, a.Value]]:
        counters = [(42, self.received % 2**32), (52, self.received >> 32), (43, self.sent % 2**32)]
        said: list[tuple[int, a.Value]] = [
            (a.ACCT_STATUS_TYPE, status),
            (a.ACCT_SESSION_ID, self.sid),
            (a.USER_NAME, self.line.login),
            (a.NAS_PORT_ID, self.line.port),
            (a.FRAMED_IP_ADDRESS, self.address),
        ]
        said += [(a.CALLING_STATION_ID, self.line.mac)] if self.line.mac else []
        said += [(a.CLASS, self.mark)] if self.mark else []
        if status != a.ACCT_START:
            said += [(a.ACCT_SESSION_TIME, int(now - self.began)), *counters, (53, self.sent >> 32)]
        return said


@dataclass(eq=False)
class Said:
    """A record a router wants to be rid of."""

    router: Router
    pairs: list[tuple[int, a.Value]]
    at: float
    session: Session | None = None
    last: bool = False  # of a shutdown: it comes at once or never
    tries: int = 0
    next_try: float = 0.0
    acknowledged: bool = False

    def packet(self, now: float) -> Packet:
        body = b"".join(a.attr(*pair) for pair in (*self.pairs, (a.ACCT_DELAY_TIME, int(now - self.at))))
        return Packet.parse(build(a.ACCOUNTING_REQUEST, 1, bytes(16), body))


@dataclass(eq=False)
class Router:
    """One router; several may stand behind one row of nas."""

    source: bytes
    echoes: bool  # whether it sends the Class back
    sessions: dict[str, Session] = field(default_factory=dict)
    queue: list[Said] = field(default_factory=list)
    counter: int = 0
    reachable: bool = True
    boots_until: float = 0.0
    announces: bool = True


Deliver = Callable[[Said, Packet], None]


class World:
    """Routers, lines and the network. ``real``: every session there ever was."""

    def __init__(self, lines: list[Line], routers: list[Router], seed: int) -> None:
        self.lines, self.routers, self.clock = lines, routers, Clock()
        self.chance = random.Random(seed)
        self.loss = self.doubles = 0.0
        self.real: list[Session] = []
        self._wires: list[tuple[float, int, Said, Packet]] = []
        self._number = itertools.count()

    @property
    def now(self) -> float:
        return self.clock.now

    def router(self, line: Line) -> Router:
        return self.routers[line.router]

    def alive(self) -> list[Session]:
        return [one for one in self.real if one.ended is None]

    def on(self, line: Line) -> list[Session]:
        """The line's sessions on its router, stale ones too."""
        return [one for one in self.router(line).sessions.values() if one.line == line]

    # ------------------------------------------------------------ what happens on a router

    def begin(self, line: Line, mark: str, rate: int) -> Session:
        router = self.router(line)
        router.counter += 1
        address = 0x0A000000 + self.chance.randrange(2**16)
        one = Session(line, f"{router.counter:08x}", self.now, rate, address, mark if router.echoes else "")
        router.sessions[one.sid] = one
        self.real.append(one)
        self.tell(router, one.pairs(a.ACCT_START, self.now), one)
        return one

    def end(self, one: Session, cause: int, tell: bool = True, last: bool = False) -> None:
        router, one.ended = self.router(one.line), self.now
        del router.sessions[one.sid]
        if tell:
            self.tell(router, [*one.pairs(a.ACCT_STOP, self.now), (a.ACCT_TERMINATE_CAUSE, cause)], one, last)

    def interim(self, one: Session) -> None:
        self.tell(self.router(one.line), one.pairs(a.ACCT_INTERIM, self.now), one)

    def off(self, router: Router, stops: bool) -> None:
        """An orderly shutdown: what it has to tell is told once."""
        self._hurry(router)
        for one in list(router.sessions.values()):
            self.end(one, 7, stops, last=True)
        self.tell(router, [(a.ACCT_STATUS_TYPE, a.ACCT_OFF)], last=True)
        self._boot(router, announces=True)

    def cut(self, router: Router, announces: bool) -> None:
        """Its power fails; whether it tells of its boot is its maker's choice."""
        self._hurry(router)
        for one in list(router.sessions.values()):
            self.end(one, 11, tell=False)
        self._boot(router, announces)

    def _hurry(self, router: Router) -> None:
        """Nothing is on its way for longer than a shutdown: it has arrived by then.

        A record that comes two seconds after its router's last word would be taken for one of the next session: a
        restart may use an identity again at once, and nothing in the record tells which is meant.
        """
        hurried = [(min(at, self.now), *rest) for at, *rest in self._wires if rest[1].router is router]
        self._wires = [one for one in self._wires if one[2].router is not router] + hurried  # type: ignore[operator]
        heapq.heapify(self._wires)

    def _boot(self, router: Router, announces: bool) -> None:
        router.queue.clear()
        router.counter, router.announces = 0, announces
        router.boots_until = self.now + self.chance.randint(*BOOT_S)

    # ------------------------------------------------------------ the network

    def tell(
        self, router: Router, pairs: list[tuple[int, a.Value]], session: Session | None = None, last: bool = False
    ) -> None:
        said = Said(router, pairs, self.now, session, last)
        router.queue.append(said)
        self._send(said)

    def _send(self, said: Said) -> None:
        said.tries += 1
        said.next_try = self.now + RETRY_S
        packet = said.packet(self.now)
        copies = 2 if self.chance.random() < self.doubles else 1
        for _ in range(copies):
            if said.router.reachable and self.chance.random() >= self.loss:
                transit = self.chance.choice(TRANSITS) if (self.loss or self.doubles) and not said.last else 0
                heapq.heappush(self._wires, (self.now + transit, next(self._number), said, packet))

    def acknowledge(self, said: Said) -> None:
        """The node's answer is on its way; it may be lost like anything else."""
        if said.router.reachable and self.chance.random() >= self.loss:
            said.acknowledged = True

    def arrived(self) -> Iterator[tuple[Said, Packet]]:
        """What reaches the node by now."""
        while self._wires and self._wires[0][0] <= self.now:
            _, _, said, packet = heapq.heappop(self._wires)
            yield said, packet

    @property
    def quiet(self) -> bool:
        """Whether nothing is under way any more."""
        return not self._wires and not any(router.queue for router in self.routers)

    # ------------------------------------------------------------ time

    def pass_time(self, seconds: int) -> None:
        """The clock goes on; routers count, tell, and tell again."""
        self.clock.forward(seconds)
        for router in self.routers:
            for one in list(router.sessions.values()):
                one.received += one.rate * seconds // 7
                one.sent += one.rate * seconds
                if one.stale_until is not None and self.now >= one.stale_until:
                    self.end(one, 2)
                elif int(self.now - one.began) // INTERIM_S > int(self.now - seconds - one.began) // INTERIM_S:
                    self.interim(one)
            if router.boots_until and self.now >= router.boots_until:
                router.boots_until = 0.0
                if router.announces:
                    self.tell(router, [(a.ACCT_STATUS_TYPE, a.ACCT_ON)])
            router.queue = [said for said in router.queue if not said.acknowledged]
            for said in [said for said in router.queue if said.next_try <= self.now]:
                if said.tries >= TRIES:
                    router.queue.remove(said)
                else:
                    self._send(said)

    # ------------------------------------------------------------ what the node asks of a router

    async def exchange(self, address: tuple[str, int], code: int, body: bytes, *_: object) -> Packet:
        """CoA and Disconnect, answered by what is true."""
        said = Packet.parse(build(code, 1, bytes(16), body))
        octets = bytes(map(int, address[0].split(".")))
        router = next(one for one in self.routers if one.source == octets)
        if not router.reachable or router.boots_until:
            raise NoReply("nobody there")
        one = router.sessions.get(said.text(a.ACCT_SESSION_ID) or "")
        if one is None or one.line.login != said.text(a.USER_NAME):
            return Packet.parse(build(code + 2, 1, bytes(16), a.attr(a.ERROR_CAUSE, 503)))
        if code == a.DISCONNECT_REQUEST:
            self.end(one, 6)
        return Packet.parse(build(code + 1, 1, bytes(16), b""))
