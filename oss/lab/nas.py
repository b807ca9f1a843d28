"""One router of the lab: dials its subscribers, accounts for them, obeys (or not) what it is told."""

from __future__ import annotations

import time
from collections import deque
from functools import partial
from typing import NamedTuple

from oss.lab.accounting import Accounting, Lane
from oss.lab.agenda import Agenda
from oss.lab.dialer import Dialer
from oss.lab.dynamic_authorization import DynamicAuthorization
from oss.lab.ledger import Ledger
from oss.lab.profiles import NOTHING, Profile, profile_in
from oss.lab.records import Cause, Record, Status, boot_body, nas_identity
from oss.lab.sessions import Line, Session, Table, new_line, own_address, session_identity
from oss.lab.settings import DEFAULT_INTERIM_S, Mode, NasConfig, Settings
from oss.lab.wire import Wire
from radius import attributes as a
from radius.integrity import Secret
from radius.packet import Packet

_GOLDEN = 0.618033988749895
_SHORTEST_TIMEOUT_S = 1
_SILENT_REBOOT_S = 1.0
_LEFT_TO_THE_NAS = ("255.255.255.254", "255.255.255.255")


class Change(NamedTuple):
    """What became of a session by an order of the server; `at` is seconds since the epoch."""

    at: float
    login: str
    what: str
    rate_limit: str
    address_list: str


class Nas:
    """A PPPoE access concentrator. Everything in it happens in the loop, one agenda entry or datagram at a time."""

    def __init__(self, number: int, config: NasConfig, settings: Settings, agenda: Agenda, ledger: Ledger) -> None:
        self.config, self.settings = config, settings
        self.lines: dict[str, Line] = {}
        self.table = Table()
        self.changes: deque[Change] = deque(maxlen=100_000)
        self.reboots = 0
        self._was: Mode = "healthy"
        self._number, self._agenda, self._ledger = number, agenda, ledger
        self._secret = Secret(config.secret + b"-other" if "other-secret" in config.ill else config.secret)
        self._identity = nas_identity(config.name, config.address)
        deaf = "hears-no-answers" in config.ill
        servers = (settings.auth, settings.acct)
        self._wires = [Wire(config.address, server, self._secret, deaf=deaf) for server in servers]
        self._boot_id, self._serial, self._spread = 0, 0, 0.0
        self._boot_lane = Lane()
        self._open_instruments()

    def _open_instruments(self) -> None:
        config, settings, agenda = self.config, self.settings, self._agenda
        auth, acct = self._wires
        sign = False if "unsigned" in config.ill else None
        self.dialer = Dialer(self._identity, auth, self._secret, agenda, settings, self._accepted, sign)
        self.accounting = Accounting(
            config.name, acct, self._secret, agenda, self._ledger, settings.patience, settings.seed
        )
        secret = Secret(config.secret + b"-coa") if "coa-other-secret" in config.ill else self._secret
        self.orders = DynamicAuthorization(
            secret, config.name, config.address, self.table, self, clock_off_s=config.clock_off_s
        )

    async def start(self) -> None:
        """Opens the port for dynamic authorization and announces the start; dialing waits for that to be heard."""
        if "coa-closed" not in self.config.ill:
            await self.orders.open(self.config.address, self.config.coa_port)
        self._boot()

    async def close(self) -> None:
        """Vanishes like a router without power: no Stops."""
        await self.orders.close()
        for wire in self._wires:
            wire.close()

    @property
    def bad_replies(self) -> int:
        """Answers that did not parse or were not signed with our secret."""
        return sum(wire.bad_replies for wire in self._wires)

    # What subscribers do

    def dial(self, login: str, password: str) -> None:
        """A subscriber dials and wants to stay online. Raises ValueError for what no packet can carry."""
        line = self.lines.get(login)
        if line is None:
            line = self.lines[login] = new_line(self.settings.seed, login, password, len(self.lines))
        line.password, line.wanted = password.encode(), True
        self.dialer.enqueue(line)

    def hangup(self, login: str) -> bool:
        """A subscriber switches off; says whether there was one."""
        line = self.lines.get(login)
        if line is None:
            return False
        line.wanted = False
        if line.session is not None:
            self._end(line.session, Cause.USER_REQUEST)
        line.state = "offline"
        return True

    def lose(self, login: str) -> bool:
        """Nothing comes from a subscriber's line any more: his session ends, and he cannot dial. Says whether he was
        one who wants to be online."""
        line = self.lines.get(login)
        if line is None or not line.wanted:
            return False
        line.wanted = False
        if line.session is not None:
            self._end(line.session, Cause.LOST_CARRIER)
        line.state = "offline"
        return True

    def kick(self, session: Session) -> None:
        """The router's operator ends a session; the subscriber's router dials again."""
        self._end(session, Cause.ADMIN_RESET)
        self.dialer.again(session.line)

    def redial_everybody(self) -> None:
        """Everybody who wants to be online and is not dials now."""
        for line in self.lines.values():
            if line.wanted:
                self.dialer.enqueue(line)

    # What the server says

    def _accepted(self, line: Line, packet: Packet) -> None:
        try:
            profile = profile_in(packet) or NOTHING
        except ValueError:
            # A router that cannot read what it was granted drops the call.
            line.state = "rejected"
            self.dialer.redial(line, self.settings.reject_retry_s)
            return
        session = self._session(line, packet, profile)
        line.session, line.state = session, "online"
        self.table.add(session)
        self._submit(session, Status.START, session.began)
        self._plan_interim(session)
        self.limit(session, packet.integer(a.SESSION_TIMEOUT))

    def _session(self, line: Line, packet: Packet, profile: Profile) -> Session:
        now, at = self._agenda.now(), time.time()
        self._serial += 1
        acct_session_id = f"{self._boot_id:08x}{self._serial:06x}"
        framed_ip = str(packet.address(a.FRAMED_IP_ADDRESS))
        if packet.address(a.FRAMED_IP_ADDRESS) is None or framed_ip in _LEFT_TO_THE_NAS:
            framed_ip = own_address(self._number, line)
        identity = session_identity(self._identity, line, acct_session_id, framed_ip, packet.get(a.CLASS))
        granted = packet.integer(a.ACCT_INTERIM_INTERVAL)
        return Session(line, acct_session_id, framed_ip, identity, profile, granted, now, at, at, at)

    def apply(self, session: Session, profile: Profile) -> None:
        """A CoA: what was moved so far counts under the old profile."""
        at = time.time()
        session.use(at)
        session.profile, session.changed_at = profile, at
        self._note("change", session, at)

    def limit(self, session: Session, timeout_s: int | None) -> None:
        """Session-Timeout: the session ends so many seconds from now; None leaves what was said before."""
        if timeout_s is None:
            return
        session.timeout_plan += 1
        self._agenda.after(max(timeout_s, _SHORTEST_TIMEOUT_S), partial(self._timed_out, session, session.timeout_plan))

    def disconnect(self, session: Session) -> None:
        """A Disconnect: the session stops, and the subscriber's router dials again."""
        self._note("disconnect", session, time.time())
        self._end(session, Cause.ADMIN_RESET)
        self.dialer.again(session.line)

    def _note(self, what: str, session: Session, at: float) -> None:
        profile = session.profile
        self.changes.append(Change(at, session.line.login, what, profile.rate_limit, profile.address_list))

    # The life of a session

    def _end(self, session: Session, cause: Cause) -> None:
        self.table.remove(session)
        session.line.session, session.line.state = None, "offline"
        self._submit(session, Status.STOP, self._agenda.now(), cause)

    def _timed_out(self, session: Session, plan: int, due: float) -> None:
        del due
        if session.line.session is session and session.timeout_plan == plan:
            self._end(session, Cause.SESSION_TIMEOUT)
            self.dialer.again(session.line)

    def _submit(self, session: Session, status: Status, due: float, cause: Cause | None = None) -> None:
        if "no-accounting" not in self.config.ill:
            record = session.record(status, due, time.time(), cause, self.config.clock_off_s)
            self.accounting.submit(session.lane, record)

    def plan_interims(self) -> None:
        """Spreads the interims of all sessions anew, after the interval was changed."""
        for session in self.table.by_id.values():
            self._plan_interim(session)

    def _interval_s(self, session: Session) -> float:
        if "no-interim" in self.config.ill:
            return 0.0
        if self.settings.interim_s is not None:
            return self.settings.interim_s
        return float(session.granted_interim_s or DEFAULT_INTERIM_S)

    def _plan_interim(self, session: Session) -> None:
        """The first one falls anywhere in the interval: thousands that dialed together do not speak together."""
        session.interim_plan += 1
        interval_s = self._interval_s(session)
        if interval_s > 0:
            self._spread = (self._spread + _GOLDEN) % 1.0
            first = self._agenda.now() + interval_s * (self._spread or 1.0)
            self._agenda.at(first, partial(self._interim, session, session.interim_plan))

    def _interim(self, session: Session, plan: int, due: float) -> None:
        if session.line.session is not session or session.interim_plan != plan:
            return
        self._submit(session, Status.INTERIM, due)
        interval_s, now = self._interval_s(session), self._agenda.now()
        missed = max(0, int((now - due) / interval_s))
        self._agenda.at(due + interval_s * (missed + 1), partial(self._interim, session, plan))

    # The life of the router

    def reboot(self, announce: bool) -> None:
        """Forgets sessions and unacknowledged records without a Stop; `announce`: Accounting-Off and -On are sent."""
        self.reboots += 1
        self.accounting.forget()
        self._boot_lane = Lane()
        self._forget_sessions()
        if announce:
            self._announce(Status.OFF)
            self._boot()
        else:
            self._new_boot_id()
            self.dialer.resume()
        if self.settings.redial:
            self._agenda.after(_SILENT_REBOOT_S, lambda _due: self.redial_everybody())

    def switch_off(self) -> None:
        """Without power: no session is there any more, nobody was told, and nobody can dial."""
        self._was, self.orders.mode = self.orders.mode, "silent"
        self.accounting.forget()
        self._forget_sessions()
        self.dialer.pause()

    def switch_on(self) -> None:
        """It starts; who was there dials again."""
        self.orders.mode = self._was
        self.reboot(announce=True)

    def _forget_sessions(self) -> None:
        self.table.clear()
        for line in self.lines.values():
            line.session = None
            # An answer to a login from before the reboot finds nobody who asked.
            if line.state in ("online", "dialing"):
                line.state = "offline"

    def _boot(self) -> None:
        self._new_boot_id()
        if not self.settings.boot_record or "no-accounting" in self.config.ill:
            return
        if not self.config.ill & {"hears-no-answers", "other-secret"}:  # it would wait for ever
            self.dialer.pause()
            self._boot_lane.emptied = self.dialer.resume
        self._announce(Status.ON)

    def _new_boot_id(self) -> None:
        # Sixteenths of a second since the epoch: ids of another start of the same NAS never come again.
        self._boot_id = max(int(time.time() * 16) & 0xFFFFFFFF, self._boot_id + 1)
        self._serial = 0

    def _announce(self, status: Status) -> None:
        now, at = self._agenda.now(), int(time.time() + self.config.clock_off_s)
        body = boot_body(self._identity, status, at)
        record = Record("0", "", status, 0, 0, 0, at, now, body)
        self.accounting.submit(self._boot_lane, record)
