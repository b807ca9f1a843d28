"""The node's side of the NAS doctor: what was heard of a NAS, and how it takes a CoA now, told to who asked.

Asked by NOTIFY ("doctor:exam:<exam>:<nas>", "doctor:watch:<nas>:<seconds>"), because only the node's address is the one
the NAS knows. The answers go out through the scribe. Nothing a NAS serves is changed: the probe names a session that
does not exist, and repeats to one that does what it is given already.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import time
from collections.abc import Callable
from typing import Any, Final

from oss.access.enforce import Asked
from oss.access.index import Index
from oss.access.nas_ears import Ears, Watch, trips
from oss.access.nas_table import NasTable
from oss.access.scribe import Scribe
from oss.access.sessions import Live, Sessions
from oss.base import clock
from radius import attributes as a
from radius.coa_probe import Answer, ask, refuses
from radius.dynamic_authorization import parse
from radius.errors import NoReply, RadiusError
from radius.knocks import Knocks
from radius.peers import Host, Peer, host_address
from radius.radsec_link import NotConnected
from radius.sockets import Address
from radius.vendors import SessionKeys, vendor

log = logging.getLogger(__name__)
AT_ONCE: Final = 4  # examinations under way
MOST_WAITING: Final = 64
PATIENCE_S: Final = 2.0  # for an answer over TLS
QUESTIONS: Final = 4  # about sessions that do not exist: their round trips are told
MOST_LOOKED_AT: Final = 500  # sessions of a NAS whose interims are looked at
LONGEST_WATCH_S: Final = 120
NOBODY: Final = "milha-doctor"  # the login of the invented session

FOUND = """insert into nas_finding (exam_id, node, at, facts) select id, $2, $3, $4::jsonb from nas_exam where id = $1
on conflict (exam_id, node) do nothing"""
WATCHED = """insert into nas_watch (nas_id, node, at, until_at, count, lines)
select id, $2, now(), $3, $4, $5::jsonb from nas where id = $1
on conflict (nas_id, node) do update set at = excluded.at, until_at = excluded.until_at, count = excluded.count,
  lines = excluded.lines"""


class Examiner:
    """Answers the doctor's questions to this node, a few at a time."""

    def __init__(
        self, nas: NasTable, sessions: Sessions, index: Index, ears: Ears, knocks: Knocks, scribe: Scribe, node: str
    ) -> None:
        self.nas, self.sessions, self.index, self.ears = nas, sessions, index, ears
        self.knocks, self.scribe, self.node = knocks, scribe, node
        self.secured: Callable[[Peer], Asked | None] = lambda peer: None  # how a NAS is asked that comes by TLS
        self._few = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._strangers: dict[str, int] = {}  # knocks told to whoever watches

    def hear(self, payload: str) -> None:
        """An order, as its NOTIFY spells it; one that is none of ours is left alone."""
        what, _, numbers = payload.partition(":")
        first, _, second = numbers.partition(":")
        if not (first.isdigit() and second.isdigit()):
            return
        if what == "exam" and len(self._tasks) < MOST_WAITING:
            task = asyncio.get_running_loop().create_task(self._examine(int(first), int(second)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif what == "watch":
            self._watch(int(first), min(int(second), LONGEST_WATCH_S))

    async def close(self) -> None:
        """End what is under way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # ------------------------------------------------------------ one examination

    async def _examine(self, exam_id: int, nas_id: int) -> None:
        async with self._few:
            peer = self._peer(nas_id)
            facts: dict[str, Any] = {"known": peer is not None}
            if peer is not None:
                probe = await self._probe(peer)
                facts |= self.ears.facts(peer, time.time()) | self._sessions(peer) | {"probe": probe}
            self.scribe.letters.append((FOUND, (exam_id, self.node, clock.now(), json.dumps(facts))))

    def _peer(self, nas_id: int) -> Peer | None:
        """The NAS, if it is in use."""
        in_use = any(row[0] == nas_id for row in self.nas.rows)
        return self.nas.by_key.get(nas_id) if in_use else None

    def _sessions(self, peer: Peer) -> dict[str, Any]:
        """Whether the sessions open here are heard as often as their NAS was asked to tell of them."""
        now, wanted = time.monotonic(), self.nas.interim_s.get(peer.key, 300)
        looked = self._live(peer)
        late = [live for live in looked if now - live.seen > 1.5 * wanted + 5]
        return {
            "interim_s": wanted,
            "sessions": len(looked),
            "late": len(late),
            "oldest_s": round(max((now - live.began for live in looked), default=0.0)),
        }

    def _live(self, peer: Peer) -> list[Live]:
        found = []
        for live in self.sessions.of(peer.key):
            found.append(live)
            if len(found) == MOST_LOOKED_AT:
                break
        return found

    # ------------------------------------------------------------ the probe

    async def _probe(self, peer: Peer) -> dict[str, Any]:
        """How the NAS takes a CoA: ``kind`` as `radius.coa_probe` says it, or off, nowhere, unsent, deaf."""
        target = self.nas.targets.get(peer.key)
        if target is None or not target.enabled:
            return {"kind": "off"}
        tls = self.secured(peer) is not None
        host = "TLS" if tls else target.host or self._host(peer)
        if host is None:
            return {"kind": "nowhere", "port": target.port}
        place = {"host": host, "port": target.port}
        try:
            return place | await self._ask(peer, (host, target.port))
        except NotConnected:
            return place | {"kind": "not_connected"}
        except (RadiusError, OSError) as error:
            return place | {"kind": "unsent", "error": str(error)}

    def _host(self, peer: Peer) -> str | None:
        """Where its packets come from; before the first one its own address, if its row has a single one."""
        heard: Host | None = self.ears.of[peer.key].source
        if heard is None:
            heard = next((live.source for live in self.sessions.of(peer.key)), None)
        if heard is not None:
            return str(host_address(heard))
        network = next((str(row[2]) for row in self.nas.rows if row[0] == peer.key), "/")
        return None if "/" in network else network

    async def _ask(self, peer: Peer, address: Address) -> dict[str, Any]:
        first = await self._invented(peer, address)
        if first.kind != "answered":
            deaf = first.kind == "silent" and address[0] != "TLS" and await refuses(address[0])
            return {"kind": "deaf" if deaf else first.kind}
        answers = [first] + [await self._invented(peer, address) for _ in range(QUESTIONS - 1)]
        seconds = [one.took_s for one in answers if one.kind == "answered"]
        found = {"kind": "answered", "trips": trips(seconds), "nobody": _outcome(first)}
        live = self._settled(peer)
        if live is not None:
            found["session"] = _outcome(await self._repeat(live, address)) | {"login": live.login}
        return found

    async def _invented(self, peer: Peer, address: Address) -> Answer:
        """A Disconnect for a session that does not exist: a NAK with Session-Context-Not-Found (503) proves it all."""
        keys = SessionKeys(NOBODY, f"{NOBODY}-{secrets.token_hex(6)}", None, None, None)
        body = a.attr(a.EVENT_TIMESTAMP, int(time.time())) + vendor(peer.vendor).keys(keys)
        return await self._told(peer, address, a.DISCONNECT_REQUEST, body)

    def _settled(self, peer: Peer) -> Live | None:
        """A session that has what its contract wants: to repeat that to it changes nothing."""
        for live in self._live(peer):
            entry = self.index.get(live.login)
            if entry is not None and live.applied == entry.key and entry.key != "reject" and not live.busy:
                return live
        return None

    async def _repeat(self, live: Live, address: Address) -> Answer:
        entry, maker = self.index.entries[live.login], vendor(live.peer.vendor)
        body = a.attr(a.EVENT_TIMESTAMP, int(time.time())) + maker.keys(live.keys()) + maker.change(entry.profile())
        return await self._told(live.peer, address, a.COA_REQUEST, body)

    async def _told(self, peer: Peer, address: Address, code: int, body: bytes) -> Answer:
        """By datagram, or over the connection of a NAS that comes by TLS, where TLS has checked who answers."""
        way, began = self.secured(peer), time.perf_counter()
        if way is None:
            return await ask(address, code, body, peer.secret)
        try:
            answer = await way(code, body, PATIENCE_S)
        except NotConnected:
            raise
        except NoReply:
            return Answer("silent", None, time.perf_counter() - began)
        return Answer("answered", parse(answer), time.perf_counter() - began)

    # ------------------------------------------------------------ watching

    def _watch(self, nas_id: int, seconds: int) -> None:
        peer = self._peer(nas_id)
        if peer is not None:
            self._strangers = self._strangers if self.ears.watched else self._knocked()
            self._letter(nas_id, self.ears.watch(peer, time.time() + seconds))

    def tick(self) -> None:
        """Twice a second: marks, and what those who watch a NAS have not read yet."""
        now = time.time()
        self.ears.mark(self.nas.by_key, now)
        if not self.ears.watched:
            return
        strangers = self._new_strangers()
        for nas_id in list(self.ears.watched):
            watch = self.ears.look(nas_id, self.nas.by_key[nas_id], now)
            if watch is None:
                continue
            for ip, count in strangers:
                watch.add(int(now * 1e6), "stranger", ip, "unknown_nas", count)
            if watch.dirty:
                self._letter(nas_id, watch)

    def _knocked(self) -> dict[str, int]:
        return {ip: knock.count for ip, knock in self.knocks.snapshot().items()}

    def _new_strangers(self) -> list[tuple[str, int]]:
        """Unknown addresses that asked since the last look: one of them may be the router that is watched."""
        present, before = self._knocked(), self._strangers
        self._strangers = present
        return [(ip, count - before.get(ip, 0)) for ip, count in present.items() if count != before.get(ip, 0)]

    def _letter(self, nas_id: int, watch: Watch) -> None:
        watch.dirty = False
        until, lines = clock.from_timestamp(watch.until), json.dumps(list(watch.lines))
        self.scribe.letters.append((WATCHED, (nas_id, self.node, until, watch.count, lines)))


def _outcome(answer: Answer) -> dict[str, Any]:
    if answer.outcome is None:
        return {"kind": answer.kind}
    return {"kind": "ack" if answer.outcome.ack else "nak", "cause": answer.outcome.error_cause}
