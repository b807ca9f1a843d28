"""The AAA node: sockets, index, live sessions, journal and enforcement in one event loop of their own thread.

Access-Requests go to ``logins``, accounting to the journal and the table of sessions; the applier beside the node
turns the journal into rows, the scribe writes what the node itself has to tell.

Nothing here touches the main loop's objects; the two exchange immutable values: ``Snapshot`` outward, NOTIFY inward.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import logging
import time
import uuid
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from oss.access import name_settings
from oss.access import sessions as live_sessions
from oss.access.apply_process import ApplyProcess
from oss.access.enforce import Enforcer, Target
from oss.access.index import Entry, Index
from oss.access.journal import Journal
from oss.access.journal_reader import GHOST, LOST, PACKET, REBOOTED, RESTARTED, STAFF, SUPERSEDED
from oss.access.logins import Logins
from oss.access.names import Names, uid_mark
from oss.access.nas_clock import Clocks
from oss.access.nas_probe import Examiner
from oss.access.nas_pulse import NasPulse
from oss.access.nas_table import NasTable
from oss.access.radsec import Connected
from oss.access.reach import Reach
from oss.access.scribe import Scribe
from oss.access.secret_keeper import SecretKeeper
from oss.access.snapshot import load_index, save_index
from oss.access.tallies import Tallies
from oss.base import clock, collector, db, faults
from oss.base.jobs import listening
from oss.base.secrets import Sealer
from oss.base.supervisor import HealthBoard, keep_running, measure_lag
from radius import attributes as a
from radius import auth, knocks
from radius.admission import Admission
from radius.client import Client
from radius.datagrams import waiting
from radius.packet import Packet
from radius.peers import Host, host_address
from radius.server import AccessReply, AcctHandler, AuthHandler, Kind, Knocks, Later, Listener, Peer, new_counters

ENDINGS = {live_sessions.SUPERSEDED: SUPERSEDED, live_sessions.REBOOTED: REBOOTED}
log = logging.getLogger(__name__)
RECONCILE_S = 60.0


@dataclass(frozen=True, slots=True)
class NodeOptions:
    """What the node is told at its start."""

    dsn: str = field(repr=False)
    name: str
    host: str
    auth_port: int
    acct_port: int
    data_dir: Path
    durable: str = "journal"
    radsec_port: int = 0  # TCP; 0 = no RADIUS over TLS


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The node's figures, replaced once a second; read by the main loop, never changed."""

    at: float
    online: int
    drifting: int
    accounts: int
    index_ready: bool
    accepted: int
    rejected: int
    p99_us: int
    lag_records: int
    loop_lag_s: float
    reasons: MappingProxyType[str, int]
    counters: MappingProxyType[str, int]
    parts: tuple[tuple[str, str, str | None, int], ...]  # name, state, error, restarts
    ready: bool
    radsec: tuple[Connected, ...] = ()
    home_servers: tuple[tuple[Any, ...], ...] = ()  # home_servers.Standing
    sealed_with: tuple[str, ...] = ()  # the keys that the copy of the index on disk needs


@dataclass(slots=True)
class _Lag:
    worst: float = 0.0

    def seen(self, lag: float) -> None:
        self.worst = max(self.worst * 0.9, lag)


class Node:
    """One AAA node."""

    def __init__(self, options: NodeOptions, sealer: Sealer) -> None:
        self.options, self.sealer = options, sealer
        self.tallies, self.health = Tallies(), HealthBoard()
        self.nas = NasTable(sealer)
        self.journal = Journal(options.data_dir / "journal" / options.name)
        self.client = Client()
        self.index = Index(sealer, lambda entry: self.enforcer.entry_changed(entry))
        self.names = Names(self.index.entries)
        self.sessions = live_sessions.Sessions(self.names)
        self.enforcer = Enforcer(self.index, self.sessions, self.client, self._target, self._ghost)
        self.logins = Logins(self.index, self.sessions, self.nas, self.journal, self.tallies, self.enforcer.alive)
        self.counters, self.knocks = new_counters(), Knocks()
        self.reach = Reach(self)
        self.applier = ApplyProcess(self.journal, options.dsn, options.name, eager=options.durable == "database")
        self.clocks = Clocks()
        pulse = NasPulse(self.nas.by_key, self.clocks)
        self.scribe = Scribe(self.sessions, self.enforcer, self.tallies, self.knocks, options.name, pulse)
        self.nas.changed, self.logins.doubt = self.knocks.forget, self._doubt
        ears, self.enforcer.took = self.logins.ears, self.logins.ears.took
        self.examiner = Examiner(self.nas, self.sessions, self.index, ears, self.knocks, self.scribe, options.name)
        self.examiner.secured = self.reach.radsec.asked
        self.keeper = SecretKeeper(self.nas, self.logins.imported, sealer)
        self.scribe.learned = partial(self.logins.bindings.write, index=self.index)
        self.lag = _Lag()
        self.sealed_with: tuple[str, ...] = ()
        self._listeners: list[Listener] = []
        self._bell = asyncio.Event()
        self._pending: set[int] = set()
        self._words: set[str] = set()
        # Sessions that ended before the open ones were read from the database; None once they are read.
        self._ended: set[bytes] | None = set()

    def _target(self, peer: Peer) -> Target:
        return self.nas.targets.get(peer.key, Target(None, 3799, enabled=False))

    def authenticate(self, packet: Packet, peer: Peer) -> AccessReply | Later | None:
        """Access-Request -> reply; None drops it."""
        return self.logins.authenticate(packet, peer)

    def _doubt(self, packet: Packet, peer: Peer) -> None:
        """A password was not right: is it the secret that is not?"""
        if auth.garbled(packet, peer.secret):
            self.counters["garbled"] += 1
            peer.counters["garbled"] += 1
            said = knocks.caller(packet, "wrong_secret", "auth", peer.key)
            address = self.nas.address(peer) or str(packet.address(a.NAS_IP_ADDRESS) or "")
            self.knocks.note(address, time.time(), said)

    # ------------------------------------------------------------ accounting

    def account(self, packet: Packet, peer: Peer, host: Host, at: float, ack: Callable[[], None]) -> bool:
        """Accounting-Request -> table and journal; acknowledged once it is on stable storage."""
        faults.point("accept")
        at_us, source = int(at * 1e6), _octets(host)
        self.clocks.hear(packet, peer.key, source, at)
        staff = self.logins.staff.is_session(packet, peer)
        if not staff:
            self._follow(packet, peer, source, at_us)
            ack = self.reach.copying(packet, peer, ack)
        done = ack if self.options.durable == "journal" else partial(self._hold, ack)
        return self.journal.append(STAFF if staff else PACKET, peer.key, at_us, packet.raw, done, source)

    def _hold(self, ack: Callable[[], None]) -> None:
        """durable=database: acknowledge when this record is a row."""
        self.applier.acks.append((self.journal.durable, ack))

    def _follow(self, packet: Packet, peer: Peer, source: bytes, at_us: int) -> None:
        """Keep the live table in step with what was just heard, and journal what follows from it first."""
        now = time.monotonic()
        heard = self.sessions.hear(packet, peer, source, now, self.nas.interim_s.get(peer.key, 300))
        self.logins.ears.told(packet, peer.key, source, at_us, None if heard.fresh else heard.live)
        if heard.restarted is not None:
            before_us = at_us - int((now - heard.restarted) * 1e6)
            self.journal.append(RESTARTED, peer.key, before_us, b"", source=source)
        for ending in heard.endings:
            self._end(ending.live, ENDINGS[ending.cause], at_us - int((now - ending.live.told) * 1e6))
        live = heard.live
        if live is None:
            if self._ended is not None:
                self._note_end(self._ended, packet, peer)
            return
        if heard.fresh:
            entry = self.index.get(live.login)
            self.enforcer.began(live, entry)
            self.sessions.dirty.add(live)
            self._one_too_many(live.login, entry)
        self.enforcer.heard(live)

    def _note_end(self, ended: set[bytes], packet: Packet, peer: Peer) -> None:
        """Until the open sessions are read from the database: which of them have ended meanwhile."""
        if packet.integer(a.ACCT_STATUS_TYPE) != a.ACCT_STOP:
            return
        login, sid = live_sessions.login_of(packet), packet.get(a.ACCT_SESSION_ID)
        if login and sid:
            calling = packet.get(a.CALLING_STATION_ID) or b""
            ended.add(live_sessions.identity(peer.key, sid, login, calling))

    def _one_too_many(self, login: str, entry: Entry | None) -> None:
        """The newest wins: end the oldest of an account's sessions that are more than it may have."""
        others = self.sessions.by_login[login]
        if len(others) == 1 or entry is None or len(others) <= entry.max_sessions:
            return
        alive = sorted((one for one in others if not one.gone), key=lambda one: one.began)
        self.enforcer.disconnect(alive[: max(0, len(alive) - entry.max_sessions)], "too_many_sessions")

    def _end(self, live: live_sessions.Live, kind: int, at_us: int) -> None:
        """We say that a session has ended; that goes through the journal like any other record."""
        body = a.attr(a.USER_NAME, live.login) + a.attr(a.ACCT_SESSION_ID, live.acct_session_id)
        body += a.attr(a.ACCT_STATUS_TYPE, a.ACCT_STOP) + a.attr(a.ACCT_SESSION_TIME, live.session_s)
        body += uid_mark(live.uid)
        if live.calling:
            body += a.attr(a.CALLING_STATION_ID, live.calling)
        raw = bytes([a.ACCOUNTING_REQUEST, 0]) + (20 + len(body)).to_bytes(2, "big") + bytes(16) + body
        self.journal.append(kind, live.peer.key, at_us, raw, source=_octets(live.source))

    def _give_up(self, live: live_sessions.Live, kind: int) -> None:
        """End a session as of the moment it was heard last."""
        if self.sessions.by_uid.get(live.uid) is live:
            self.sessions.remove(live.uid)
            self._end(live, kind, int((time.time() - (time.monotonic() - live.told)) * 1e6))

    def _ghost(self, live: live_sessions.Live) -> None:
        self._give_up(live, GHOST)

    # ------------------------------------------------------------ life

    async def run(self, stop: asyncio.Event, started: Callable[[], None], publish: Callable[[Snapshot], None]) -> None:
        """Run until ``stop``: listeners close first, then the loops, the journal last."""
        self.journal.open()
        self.logins.eap.open(self.options.data_dir)
        restored = load_index(self.options.data_dir / "index.sealed", self.sealer)
        if restored is not None:
            self.nas.take(restored.nas)
            self._take_names(restored.names)
            self.index.walled_list = restored.walled_list or self.index.walled_list
            self.index.take(restored.rows)
        self.logins.staff.notes.restore(self.options.data_dir)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.reach.close)
            stack.callback(self.journal.close)
            await stack.enter_async_context(self.client)
            stack.push_async_callback(self.enforcer.close)
            stack.push_async_callback(self.logins.close)
            self.reach.restore()
            await self.reach.look_after()
            stack.push_async_callback(self.examiner.close)
            tasks = [asyncio.create_task(one) for one in self._loops(publish)]
            stack.push_async_callback(_cancel, tasks)
            for listener, port in self._sockets():
                await listener.open(self.options.host, port)
                self._listeners.append(listener)
                stack.push_async_callback(listener.close)
            started()
            await stop.wait()
        publish(self.snapshot())

    def _loops(self, publish: Callable[[Snapshot], None]) -> list[Coroutine[Any, Any, None]]:
        part, dsn = self.health.part, self.options.dsn
        scribe, index, applier, staff = map(part, ("aaa.scribe", "aaa.index", "aaa.applier", "aaa.staff"))
        keeper = part("aaa.secrets")
        index.stale_s, applier.stale_s = 2 * RECONCILE_S, float("inf")
        return [
            keep_running(part("aaa.journal"), self._flush),
            keep_running(applier, lambda: self.applier.run_for_ever(applier)),
            keep_running(scribe, lambda: self.scribe.write_for_ever(dsn, scribe, self._restore)),
            keep_running(keeper, lambda: self.keeper.keep_for_ever(dsn, keeper)),
            keep_running(index, lambda: self._follow_index(index)),
            keep_running(part("aaa.clock"), lambda: self._tick(publish)),
            keep_running(part("aaa.reach"), lambda: self.reach.look_after_for_ever(part("aaa.reach"))),
            keep_running(staff, lambda: self.logins.staff.write_for_ever(dsn, self.options.data_dir, staff)),
            measure_lag(self.lag.seen),
        ]

    async def _flush(self) -> None:
        health = self.health.part("aaa.journal")
        health.stale_s = float("inf")
        health.beat()
        await self.journal.flush_for_ever()

    def _sockets(self) -> list[tuple[Listener, int]]:
        def listener(kind: Kind, handle: AuthHandler | AcctHandler, admission: Admission | None = None) -> Listener:
            return Listener(
                kind,
                self.nas,
                handle,
                self.counters,
                on_signs=lambda peer: self.scribe.signed.add(peer.key),
                knocks=self.knocks,
                admission=admission,
            )

        logins = listener("auth", self.authenticate)
        records = listener("acct", self.account, Admission(lambda: waiting(logins.wire)))
        return [(logins, self.options.auth_port), (records, self.options.acct_port)]

    async def _restore(self, connection: db.Connection) -> None:
        """After the journal's leftovers are in the database: the sessions this node had open."""
        if self._ended is None:
            return  # the database came back while we ran: memory is newer
        await self.applier.caught_up.wait()
        await self.nas.load(connection)
        rows = await connection.fetch(
            "select *, host(framed_ip) as ip, host(nas_ip) as router from session_open where node = $1",
            self.options.name,
        )
        for row in rows:
            uid = row["uid"].bytes
            peer, present = self.nas.by_key.get(row["nas_id"]), self.sessions.by_uid.get(uid)
            if present is not None:
                present.applied, present.desired = present.applied or row["applied"], row["desired"]
            elif peer is not None and uid not in self._ended:
                live = _restored(row, peer, row["router"] or self.nas.source(peer))
                self.sessions.add(live)
                ago = [time.time() - row[column].timestamp() for column in ("started_at", "last_seen_at")]
                self.sessions.renew(live, time.monotonic(), *ago)
        self._ended = None
        log.info("sessions restored", extra={"facts": {"sessions": len(self.sessions.by_uid)}})

    async def _follow_index(self, health: object) -> None:
        """LISTEN, reconcile, then reread what rings; reconcile again every minute."""
        part = self.health.part("aaa.index")
        connection = await db.connect(self.options.dsn, "milha-index")
        try:
            async with listening(self.options.dsn, "milha_access", self._ring) as ears:
                await self._reconcile(connection)
                part.beat()
                while True:
                    ears.check()
                    await self._reread(connection)
                    part.beat()
        finally:
            connection.terminate()

    def _ring(self, payload: str) -> None:
        if payload.startswith("contracts:"):
            self._pending.update(int(part) for part in payload[10:].split(","))
        elif payload.startswith("disconnect:"):
            uids = [uuid.UUID(part).bytes for part in payload[11:].split(",")]
            found = [live for uid in uids if (live := self.sessions.by_uid.get(uid)) is not None]
            self.enforcer.disconnect(found, "asked_for")
        elif payload.startswith("doctor:"):
            self.examiner.hear(payload[7:])
        elif payload.startswith("again:"):
            self._look_again([int(part) for part in payload[6:].split(",")])
        else:
            self._words.add(payload)
        self._bell.set()

    def _look_again(self, contract_ids: list[int]) -> None:
        """Somebody asked: forget what is believed of these sessions and tell their NAS anew."""
        for contract_id in contract_ids:
            for login in self.index.by_contract.get(contract_id, ()):
                for live in self.sessions.by_login.get(login, ()):
                    live.applied = None
                self.enforcer.entry_changed(self.index.entries[login])

    async def _reread(self, connection: db.Connection) -> None:
        due = RECONCILE_S - (time.monotonic() - self.index.read_at)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.05, min(due, 5.0))):
                await self._bell.wait()
        self._bell.clear()
        words, self._words = self._words, set()
        if "nas" in words:
            await self.nas.load(connection)
            await self.reach.load(connection)
        if words & {"nas", "staff"}:
            await self.logins.staff.load(connection)
        ids, self._pending = self._pending, set()
        if "all" in words or time.monotonic() - self.index.read_at > RECONCILE_S:
            await self._reconcile(connection)
        elif ids:
            try:
                await self.index.reread(connection, ids)
            except BaseException:
                self._pending |= ids
                raise

    def _take_names(self, kept: dict[str, str]) -> None:
        """What the operator set about names, as its rows have it."""
        self.names.realms = frozenset(json.loads(kept.get(name_settings.REALMS, "[]")))
        self.names.word = name_settings.word(self.sealer, kept)

    async def _reconcile(self, connection: db.Connection) -> None:
        await self.nas.load(connection)
        await self.reach.load(connection)
        await self.logins.staff.load(connection)
        kept = await name_settings.rows(connection)
        self._take_names(kept)
        first = not self.index.ready
        await self.index.reconcile(connection)
        await self.logins.eap.read(connection)
        if first:
            collector.keep()
        rows = [entry.row for entry in self.index.entries.values()]
        path = self.options.data_dir / "index.sealed"
        names = list(kept.items())
        self.sealed_with = await asyncio.to_thread(save_index, path, self.sealer, self.nas.rows, rows, names)

    async def _tick(self, publish: Callable[[Snapshot], None]) -> None:
        while True:
            now = time.monotonic()
            self.index.redecide_due(clock.now())
            self.enforcer.retry_due()
            for live in self.sessions.expired(now, self.nas.interim_s):
                self.logins.ears.lost(live.peer.key)
                self._give_up(live, LOST)
            self.examiner.tick()
            self.logins.brake.forget(now)
            await self.logins.eap.tick(now)
            self.health.part("aaa.clock").beat()
            publish(self.snapshot())
            await self._sweep()
            await asyncio.sleep(max(0.0, now + 0.5 - time.monotonic()))

    async def _sweep(self) -> None:
        """Take out what restarts ended, and answers that are too old to be asked for, piece by piece."""
        for sweep in (self.sessions.sweep, *(one.replies.sweep for one in self._listeners)):
            more = True
            while more:
                more = sweep()
                await asyncio.sleep(0)

    def snapshot(self) -> Snapshot:
        """The figures of this moment."""
        minute = self.tallies.minutes.get(int(time.time() // 60))
        counters = {**self.counters, **self.enforcer.counts, "held": self.logins.brake.held}
        counters |= self.reach.counters()
        counters["kernel_drops"] = sum(one.wire.drops() or 0 for one in self._listeners if one.wire is not None)
        parts = tuple((p.name, p.state, p.error, p.restarts) for p in self.health.parts.values())
        return Snapshot(
            at=time.time(),
            online=len(self.sessions.by_uid),
            drifting=len(self.sessions.drifting),
            accounts=len(self.index.entries),
            index_ready=self.index.ready,
            accepted=self.tallies.accepted,
            rejected=self.tallies.rejected,
            p99_us=minute.p99_us() if minute else 0,
            lag_records=self.applier.lag,
            loop_lag_s=self.lag.worst,
            reasons=MappingProxyType(dict(self.tallies.reasons)),
            counters=MappingProxyType(counters),
            parts=parts,
            ready=self.index.ready and self.journal.failing is None,
            radsec=self.reach.radsec.connected(),
            home_servers=self.reach.proxy.standings(),
            sealed_with=self.sealed_with,
        )


def _restored(row: Any, peer: Peer, router: str) -> live_sessions.Live:
    """An open session as its row tells it."""
    address = ipaddress.ip_address(row["ip"]).packed if row["ip"] else b""
    return live_sessions.Live(
        uid=row["uid"].bytes,
        peer=peer,
        acct_session_id=row["acct_session_id"].encode(),
        login=row["login"],
        name=(row["user_name"] or row["login"]).encode(),
        source=_octets(router),
        calling=(row["calling_station_id"] or "").encode(),
        port=(None, (row["nas_port_id"] or "").encode() or None),
        framed_ip=address,
        applied=row["applied"],
        desired=row["desired"],
        session_s=row["session_s"],
        input_octets=row["input_octets"],
        output_octets=row["output_octets"],
    )


def _octets(host: Host) -> bytes:
    """A router's address as the journal and the table keep it."""
    return host if isinstance(host, bytes) else host_address(host).packed


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
