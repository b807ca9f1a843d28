"""The AAA node: sockets, index, live sessions, journal and enforcement in one event loop of their own thread.

Nothing here touches the main loop's objects; the two exchange immutable values: ``Snapshot`` outward, NOTIFY inward.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from oss.access import sessions as live_sessions
from oss.access.enforce import Enforcer, Target
from oss.access.index import Index
from oss.access.journal import LOST, PACKET, Journal
from oss.access.nas_table import NasTable
from oss.access.reasons import ON_THE_WIRE
from oss.access.scribe import Scribe
from oss.access.snapshot import load_index, save_index
from oss.access.tallies import Tallies
from oss.base import db, faults
from oss.base.jobs import listening
from oss.base.secrets import Sealer
from oss.base.supervisor import HealthBoard, keep_running, measure_lag
from radius import attributes as a
from radius import auth
from radius.client import Client
from radius.packet import Packet
from radius.server import AccessReply, AcctHandler, AuthHandler, Kind, Knocks, Listener, Peer, new_counters

log = logging.getLogger(__name__)
RECONCILE_S = 60.0


@dataclass(frozen=True, slots=True)
class NodeOptions:
    """What the node is told at its start."""

    dsn: str
    name: str
    host: str
    auth_port: int
    acct_port: int
    data_dir: Path
    durable: str = "journal"


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


@dataclass(slots=True)
class _Lag:
    worst: float = 0.0

    def seen(self, lag: float) -> None:
        self.worst = max(self.worst * 0.9, lag)


class Node:
    """One AAA node."""

    def __init__(self, options: NodeOptions, sealer: Sealer) -> None:
        self.options, self.sealer = options, sealer
        self.tallies, self.sessions, self.health = Tallies(), live_sessions.Sessions(), HealthBoard()
        self.nas = NasTable(sealer)
        self.journal = Journal(options.data_dir / "journal" / options.name)
        self.client = Client()
        self.index = Index(sealer, lambda entry: self.enforcer.entry_changed(entry))
        self.enforcer = Enforcer(self.index, self.sessions, self.client, self._target)
        self.counters, self.knocks = new_counters(), Knocks()
        self.scribe = Scribe(self.journal, self.sessions, self.enforcer, self.tallies, self.knocks, options.name)
        self.lag = _Lag()
        self._bell = asyncio.Event()
        self._pending: set[int] = set()
        self._words: set[str] = set()
        # Sessions that ended before the open ones were read from the database; None once they are read.
        self._ended: set[uuid.UUID] | None = set()

    def _target(self, peer: Peer) -> Target:
        return self.nas.targets.get(peer.key, Target(None, 3799, enabled=False))

    # ------------------------------------------------------------ the two questions a NAS asks

    def authenticate(self, packet: Packet, peer: Peer) -> AccessReply | None:
        """Access-Request -> reply; None drops it (no User-Name, or the index is still loading)."""
        began = time.perf_counter_ns()
        login = live_sessions.login_of(packet)
        if login is None:
            return None
        entry = self.index.get(login)
        if entry is None:
            return self._reject(peer, login, "unknown_login", began) if self.index.ready else None
        verdict = auth.check(packet, peer.secret, auth.Credential(entry.password))
        if verdict is None:
            return self._reject(peer, login, "no_method", began, contract_id=entry.contract_id)
        if not verdict:
            return self._reject(peer, login, "wrong_password", began, contract_id=entry.contract_id)
        if entry.key == "reject":
            reason = entry.decision.reason
            note = str(reason.facts.get("note") or "")
            return self._reject(peer, login, reason.code, began, note, entry.contract_id)
        self.tallies.accept((time.perf_counter_ns() - began) // 1000)
        granted = entry.accept(peer.vendor, self.nas.interim_s.get(peer.key, 300))
        return AccessReply(a.ACCESS_ACCEPT, granted + verdict.attributes)

    def _reject(
        self,
        peer: Peer,
        login: str,
        reason: str,
        began: int,
        detail: str = "",
        contract_id: int | None = None,
    ) -> AccessReply:
        took = (time.perf_counter_ns() - began) // 1000
        self.tallies.reject(peer.key, login, reason, detail, contract_id, took)
        return AccessReply(a.ACCESS_REJECT, a.attr(a.REPLY_MESSAGE, ON_THE_WIRE))

    def account(self, packet: Packet, peer: Peer, source: str, at: float, ack: Callable[[], None]) -> None:
        """Accounting-Request -> journal; acknowledged once it is on stable storage."""
        faults.point("accept")
        done: Callable[[], None] | None = ack
        if self.options.durable == "database":
            done = None
        self.journal.append(PACKET, peer.key, int(at * 1e6), packet.raw, done or (lambda: self._hold(ack)))
        self._follow(packet, peer, source)

    def _hold(self, ack: Callable[[], None]) -> None:
        """durable=database: acknowledge when the scribe has committed this record."""
        self.scribe.acks.append((self.journal.durable, ack))

    def _follow(self, packet: Packet, peer: Peer, source: str) -> None:
        """Keep the live table in step with what was just heard."""
        now, status = time.monotonic(), packet.integer(a.ACCT_STATUS_TYPE)
        self.sessions.hear(peer.key, now, self.nas.interim_s.get(peer.key, 300))
        if status in (a.ACCT_ON, a.ACCT_OFF):
            self.sessions.remove_nas(peer.key)
            return
        login, sid = live_sessions.login_of(packet), packet.text(a.ACCT_SESSION_ID)
        if login is None or not sid:
            return
        uid = live_sessions.session_uid(peer.key, sid, login, packet.text(a.CALLING_STATION_ID))
        if status == a.ACCT_STOP:
            self.sessions.end(uid, now)
            if self._ended is not None:
                self._ended.add(uid)
            return
        live = self.sessions.by_uid.get(uid)
        if live is None:
            if self.sessions.has_ended(uid, now - (packet.integer(a.ACCT_SESSION_TIME) or 0)):
                return
            live = live_sessions.new_live(packet, peer, source, login, uid)
            self.sessions.add(live)
            self.sessions.dirty.add(live)
        live.source = source
        live_sessions.refresh(live, packet, now)
        self.enforcer.heard(live)

    # ------------------------------------------------------------ life

    async def run(self, stop: asyncio.Event, started: Callable[[], None], publish: Callable[[Snapshot], None]) -> None:
        """Run until ``stop``: listeners close first, then the loops, the journal last."""
        self.journal.open()
        restored = load_index(self.options.data_dir / "index.sealed", self.sealer)
        if restored is not None:
            self.nas.take(restored.nas)
            self.index.walled_list = restored.walled_list or self.index.walled_list
            self.index.take(restored.rows)
        async with AsyncExitStack() as stack:
            stack.callback(self.journal.close)
            await stack.enter_async_context(self.client)
            stack.push_async_callback(self.enforcer.close)
            tasks = [asyncio.create_task(one) for one in self._loops(publish)]
            stack.push_async_callback(_cancel, tasks)
            for listener, port in self._listeners():
                await listener.open(self.options.host, port)
                stack.push_async_callback(listener.close)
            started()
            await stop.wait()
        publish(self.snapshot())

    def _loops(self, publish: Callable[[Snapshot], None]) -> list[Coroutine[Any, Any, None]]:
        part, dsn = self.health.part, self.options.dsn
        scribe, index = part("aaa.scribe"), part("aaa.index")
        index.stale_s = 2 * RECONCILE_S
        return [
            keep_running(part("aaa.journal"), self._flush),
            keep_running(scribe, lambda: self.scribe.write_for_ever(dsn, scribe, self._restore)),
            keep_running(index, lambda: self._follow_index(index)),
            keep_running(part("aaa.clock"), lambda: self._tick(publish)),
            measure_lag(self.lag.seen),
        ]

    async def _flush(self) -> None:
        health = self.health.part("aaa.journal")
        health.stale_s = float("inf")
        health.beat()
        await self.journal.flush_for_ever()

    def _listeners(self) -> list[tuple[Listener, int]]:
        def listener(kind: Kind, handle: AuthHandler | AcctHandler) -> Listener:
            return Listener(
                kind,
                self.nas,
                handle,
                self.counters,
                on_signs=lambda peer: self.scribe.signed.add(peer.key),
                knocks=self.knocks,
            )

        return [
            (listener("auth", self.authenticate), self.options.auth_port),
            (listener("acct", self.account), self.options.acct_port),
        ]

    async def _restore(self, connection: db.Connection) -> None:
        """After the journal's leftovers are in the database: the sessions this node had open."""
        if self._ended is None:
            return  # the database came back while we ran: memory is newer
        await self.nas.load(connection)
        rows = await connection.fetch(
            "select *, host(framed_ip) as ip from session_open where node = $1", self.options.name
        )
        for row in rows:
            peer, present = self.nas.by_key.get(row["nas_id"]), self.sessions.by_uid.get(row["uid"])
            if present is not None:
                present.applied, present.desired = present.applied or row["applied"], row["desired"]
            elif peer is not None and row["uid"] not in self._ended:
                self.sessions.add(_restored(row, peer, self.nas.source(peer)))
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
            self.enforcer.disconnect([uuid.UUID(part) for part in payload[11:].split(",")])
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
        ids, self._pending = self._pending, set()
        if "all" in words or time.monotonic() - self.index.read_at > RECONCILE_S:
            await self._reconcile(connection)
        elif ids:
            try:
                await self.index.reread(connection, ids)
            except BaseException:
                self._pending |= ids
                raise

    async def _reconcile(self, connection: db.Connection) -> None:
        await self.nas.load(connection)
        await self.index.reconcile(connection)
        rows = [entry.row for entry in self.index.entries.values()]
        path = self.options.data_dir / "index.sealed"
        await asyncio.to_thread(save_index, path, self.sealer, self.nas.rows, rows)

    async def _tick(self, publish: Callable[[Snapshot], None]) -> None:
        from oss.base import clock

        while True:
            now = time.monotonic()
            self.index.redecide_due(clock.now())
            self.enforcer.retry_due()
            for live in self.sessions.expired(now, self.nas.interim_s):
                self._lost(live)
            self.health.part("aaa.clock").beat()
            publish(self.snapshot())
            await asyncio.sleep(0.5)

    def _lost(self, live: live_sessions.Live) -> None:
        """A lease ran out: the end goes through the journal like any other record."""
        self.sessions.remove(live.uid)
        body = a.attr(a.USER_NAME, live.login) + a.attr(a.ACCT_SESSION_ID, live.acct_session_id)
        body += a.attr(a.ACCT_STATUS_TYPE, a.ACCT_STOP) + a.attr(a.ACCT_SESSION_TIME, live.session_s)
        if live.calling:
            body += a.attr(a.CALLING_STATION_ID, live.calling)
        raw = bytes([a.ACCOUNTING_REQUEST, 0]) + (20 + len(body)).to_bytes(2, "big") + bytes(16) + body
        self.journal.append(LOST, live.peer.key, int(time.time() * 1e6), raw)

    def snapshot(self) -> Snapshot:
        """The figures of this moment."""
        minute = self.tallies.minutes.get(int(time.time() // 60))
        counters = {**self.counters, **self.enforcer.counts}
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
            lag_records=self.scribe.lag,
            loop_lag_s=self.lag.worst,
            reasons=MappingProxyType(dict(self.tallies.reasons)),
            counters=MappingProxyType(counters),
            parts=parts,
            ready=self.index.ready and self.journal.failing is None,
        )


def _restored(row: db.Connection, peer: Peer, source: str) -> live_sessions.Live:
    return live_sessions.Live(
        uid=row["uid"],
        peer=peer,
        acct_session_id=row["acct_session_id"],
        login=row["login"],
        source=source,
        framed_ip=row["ip"],
        calling=row["calling_station_id"] or None,
        nas_port_id=row["nas_port_id"] or None,
        applied=row["applied"],
        desired=row["desired"],
        seen=time.monotonic(),
        session_s=row["session_s"],
        input_octets=row["input_octets"],
        output_octets=row["output_octets"],
    )


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
