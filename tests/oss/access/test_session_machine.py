"""Whatever routers and networks do, the rows end as the routers know it, and no ghost keeps anybody out.

A state machine dials, hangs up, cuts power and links, loses and doubles records, and lets time pass; the node's own
code hears them, the applier's own code writes them in random batches into a real database.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Coroutine, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from oss.access import aaa, accounting, brake, enforce, index, logins, nas, nas_table, sessions
from oss.access.aaa import LOST, Node, NodeOptions
from oss.access.fold import fold
from oss.access.journal_reader import LOGIN, Record, parse
from oss.access.sessions import LEASE_INTERIMS, LONGEST_GAP_S, session_uid
from oss.base import db, secrets
from radius import attributes as a
from tests.conftest import TESTER, small_provider
from tests.oss.access.asking import asks, mac, port
from tests.oss.access.nas_model import INTERIM_S, RATES, STALE_S, TRANSIT_S, Line, Router, Session, World
from tests.undone import copied

SOAK = bool(os.environ.get("MILHA_SOAK"))
STEP_S = 5
LINES = [
    Line("cli1", 0, "p1", "M1"),
    Line("cli1", 1, "p1", "M2"),  # the same account elsewhere: the newest wins
    Line("cli2", 0, "p2", "M3"),
    Line("cli2", 2, "p1", "M4"),  # this account refuses a second session
    Line("cli3", 0, "p3"),  # its router tells no MAC
    Line("cli4", 0, "p1", "M1"),  # another login on the first line
    Line("cli4", 1, "p2", "M5"),  # this account may have two sessions
    Line("cli4", 2, "p2", "M6"),
    Line("cli5", 1, "p3", "M7"),
]
ANY_LINE, LOSSES = st.sampled_from(LINES), st.sampled_from([0.0, 0.1, 0.5])
ACTS = ("dial", "dial", "dial beside", "hang up", "move")
FATES = ("shut down", "shut down with stops", "power fails", "power fails unsaid", "unreachable", "reachable")
POLICY = "update access_account set when_full = 'deny' where login = 'cli2'"
TWO = "update access_account set max_sessions = 2 where login = 'cli4'"
ROWS = "select uid, started_at, input_octets, output_octets, session_s, host(framed_ip) as ip from {table}"
CLOCKED = (aaa, sessions, enforce, logins, brake)


class Ground:
    """The database, the loop and what a node is told, for all examples."""

    def __init__(self, dsn: str, folder: Path, sealer: secrets.Sealer) -> None:
        self.loop, self.folder, self.sealer = asyncio.new_event_loop(), folder, sealer
        self.compared = 0  # sessions of all examples
        self.connection: db.Connection = self.run(db.connect(dsn))
        self.run(self._seed())

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(coroutine)

    async def _seed(self) -> None:
        seed = await small_provider(self.connection, self.sealer, interim_s=INTERIM_S)
        other = nas.NasValues("BNG-2", "127.0.0.3", secret="testing123", interim_s=INTERIM_S)
        self.nas = (seed.nas, await nas.save(self.connection, self.sealer, TESTER, other))
        for sql in (POLICY, TWO, accounting.PREPARE):
            await self.connection.execute(sql)
        self.accounts = [tuple(row) for row in await self.connection.fetch(index.BY_PAGE, 0, 100)]
        self.routers = [tuple(row) for row in await self.connection.fetch(nas_table.ROWS)]

    def node(self, world: World) -> Node:
        """A node that has just been started."""
        one = Node(NodeOptions("", "test", "127.0.0.1", 0, 0, self.folder), self.sealer)
        one.enforcer.client = world  # type: ignore[assignment]
        one.nas.take(self.routers)
        one.index.take(self.accounts)
        one.index.ready = True
        one.applier.caught_up.set()
        return one

    def close(self) -> None:
        self.run(self.connection.close())
        self.loop.close()


class Machine(RuleBasedStateMachine):
    """The world, a node, and its journal on the way into the database."""

    def __init__(self, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.ground, self.monkeypatch = ground, monkeypatch
        self.journal: list[Record] = []
        self.transaction = ground.connection.transaction()
        ground.run(self.transaction.start())

    @initialize(seed=st.integers(0, 2**16), loss=LOSSES, doubles=st.sampled_from([0.0, 0.5]), lines=st.sets(ANY_LINE))
    def a_new_world(self, seed: int, loss: float, doubles: float, lines: set[Line]) -> None:
        routers = [Router(bytes([127, 0, 0, 1 + number]), echoes=number != 1) for number in range(3)]
        self.world = World(LINES, routers, seed)
        self.world.loss, self.world.doubles = loss, doubles
        for module in CLOCKED:
            self.monkeypatch.setattr(module, "time", self.world.clock)
        self.node = self.ground.node(self.world)
        self.node._ended = None
        for line in sorted(lines, key=LINES.index):
            self.dial(line, RATES[seed % 3], False)

    # ------------------------------------------------------------ what people and routers do

    @rule(events=st.lists(st.tuples(ANY_LINE, st.sampled_from(ACTS), st.sampled_from(RATES)), min_size=3, max_size=10))
    def people_come_and_go(self, events: list[tuple[Line, str, int]]) -> None:
        for line, act, rate in events:
            if act.startswith("dial"):
                self.dial(line, rate, stale=act == "dial beside")
            for one in self.world.on(line):
                if act == "hang up":
                    self.world.end(one, 1)
                elif act == "move":
                    one.address = 0x0A090000 + rate % 11
                    self.world.interim(one)
            self.pass_time(1)

    def dial(self, line: Line, rate: int, stale: bool) -> None:
        """Who has a session on this line already leaves it on the router as a stale one, or ends it first."""
        router = self.world.router(line)
        if not router.reachable or router.boots_until:
            return
        for one in [one for one in router.sessions.values() if (one.line.port, one.line.mac) == (line.port, line.mac)]:
            if not stale:
                self.world.end(one, 1)
            elif one.stale_until is None:
                one.stale_until = self.world.now + self.world.chance.randint(10, STALE_S)
        mark = self.ground.run(self._login(line))
        if mark is not None:
            self.world.begin(line, mark, rate)
        self.pass_time(1)

    async def _login(self, line: Line) -> str | None:
        """The Class of an accept. A refusal must have its reason on the routers."""
        peer = self._peer(self.world.router(line))
        pairs = [port(line.port)] + ([mac(line.mac)] if line.mac else [])
        request = asks(line.login, *pairs, password=line.login.replace("cli", "pw").encode())
        before = self._others(line)
        reply = self.node.authenticate(request, peer)
        if isinstance(reply, asyncio.Future):
            reply = await reply
        assert reply is not None
        if reply.code == a.ACCESS_REJECT:
            assert line.login == "cli2" and before, f"{line} was kept out by nobody"
            return None
        return f"milha1:{self.node.index.entries[line.login].key}"

    def _others(self, line: Line) -> list[Session]:
        """What the routers know of this account on other lines."""
        return [one for one in self.world.alive() if one.line.login == line.login and one.line != line]

    @rule(number=st.integers(0, 2), what=st.sampled_from(FATES), seconds=st.sampled_from([1, 100, 200]))
    def something_happens_to_a_router(self, number: int, what: str, seconds: int) -> None:
        router = self.world.routers[number]
        if what in ("unreachable", "reachable"):
            router.reachable = what == "reachable"
        elif not router.boots_until and what.startswith("shut down"):
            self.world.off(router, stops=what == "shut down with stops")
        elif not router.boots_until:
            self.world.cut(router, announces=what == "power fails")
        self.wait(seconds)

    @rule(loss=LOSSES, doubles=st.sampled_from([0.0, 0.5]))
    def another_network(self, loss: float, doubles: float) -> None:
        self.world.loss, self.world.doubles = loss, doubles

    @rule(seconds=st.sampled_from([5, 20, 60, 200, 600]))
    def wait(self, seconds: int) -> None:
        for _ in range(max(1, seconds // STEP_S)):
            self.pass_time(min(seconds, STEP_S))

    # ------------------------------------------------------------ what the node does

    def pass_time(self, seconds: int) -> None:
        self.world.pass_time(seconds)
        self.ground.run(self._work())

    async def _work(self) -> None:
        """What the node's loops do: hear, give up, sweep, ask again, sync the journal."""
        node = self.node
        for said, packet in self.world.arrived():
            acknowledge = partial(self.world.acknowledge, said)
            node.account(packet, self._peer(said.router), said.router.source, self.world.clock.time(), acknowledge)
            if said.session is not None:
                said.session.heard = True
                said.session.told |= packet.integer(a.ACCT_STATUS_TYPE) == a.ACCT_STOP
        now = self.world.clock.monotonic()
        for live in node.sessions.expired(now, node.nas.interim_s):
            node._give_up(live, LOST)
        node.sessions.sweep()
        node.enforcer.retry_due()
        while node.enforcer._tasks:
            await asyncio.sleep(0)
        self._sync()

    def _sync(self) -> None:
        """The journal's group is on stable storage."""
        journal = self.node.journal
        (frames, journal._frames), (done, journal._done) = (journal._frames, []), (journal._done, [])
        records, _ = parse(b"".join(frames))
        self.journal += [record for record in records if record.kind != LOGIN]
        for one in done:
            one()

    def _peer(self, router: Router) -> Any:
        return self.node.nas.by_key[self.ground.nas[self.world.routers.index(router) // 2]]

    @precondition(lambda self: self.journal)
    @rule(most=st.sampled_from([1, 2, 5, 20, 1000]))
    def apply(self, most: int) -> None:
        """A batch becomes rows."""
        batch, self.journal = self.journal[:most], self.journal[most:]
        self.ground.run(accounting.apply(self.ground.connection, fold(batch).parts, "test"))

    @rule()
    def restart_the_node(self) -> None:
        """It has only what the rows tell."""
        while self.journal:
            self.apply(1000)
        self.ground.run(self.node.enforcer.close())
        self.node = self.ground.node(self.world)
        self.ground.run(self.node._restore(self.ground.connection))

    # ------------------------------------------------------------ what must be true in the end

    def teardown(self) -> None:
        try:
            if hasattr(self, "world"):
                self._settle()
                self._compare()
        finally:
            self.ground.run(self.transaction.rollback())

    def _settle(self) -> None:
        """Links are mended, everything is delivered, and who is silent for longer than a lease is given up."""
        self.world.loss = self.world.doubles = 0.0
        for router in self.world.routers:
            router.reachable = True
        gap = INTERIM_S + int(LONGEST_GAP_S)
        for passed in range(0, LEASE_INTERIMS * INTERIM_S + 2 * gap + 200 + TRANSIT_S, STEP_S):
            self.pass_time(STEP_S)
            if passed % INTERIM_S == 0:
                for router in self.world.routers:
                    self.world.tell(router, [(a.ACCT_STATUS_TYPE, a.ACCT_INTERIM)])  # it can be heard
        for one in self.world.alive():
            self.world.interim(one)
        self.ground.run(self._work())
        while self.journal:
            self.apply(1000)

    def _compare(self) -> None:
        self.ground.compared += len(self.world.real)
        closed, opened = (self._rows(table) for table in ("session_history", "session_open"))
        for one in self.world.real:
            found = [row for row in closed.get(self._uid(one), []) if self._is(row, one)]
            if one.told:
                assert [self._totals(row) for row in found] == [self._truth(one)], f"{one} has {found}"
            elif one.ended is not None:
                assert len(found) == one.heard, f"{one} has {closed.get(self._uid(one))}"
            else:
                assert not found, f"{one} goes on and has {found}"
        alive = {self._uid(one): one for one in self.world.alive()}
        assert set(opened) == set(alive), f"open rows are {opened}"
        for uid, (row,) in opened.items():
            assert self._is(row, alive[uid]) and self._totals(row) == self._truth(alive[uid]), f"{alive[uid]} has {row}"
            assert row["ip"] == ".".join(map(str, alive[uid].address.to_bytes(4, "big")))
        heard = sum(one.heard for one in self.world.real)
        assert sum(map(len, closed.values())) + len(opened) == heard, "rows of sessions that never were"
        known = {one.uid for one in self.node.sessions.by_uid.values()}
        assert known == {uid.bytes for uid in alive}, "the node's own table differs from the routers'"

    def _rows(self, table: str) -> dict[Any, list[Any]]:
        found: dict[Any, list[Any]] = {}
        for row in self.ground.run(self.ground.connection.fetch(ROWS.format(table=table))):
            found.setdefault(row["uid"], []).append(row)
        return found

    def _uid(self, one: Session) -> Any:
        nas_id = self.ground.nas[one.line.router // 2]
        return session_uid(nas_id, one.sid, one.line.login, one.line.mac)

    @staticmethod
    def _is(row: Any, one: Session) -> bool:
        """The row's session began when this one did, give or take a transit."""
        late = row["started_at"].timestamp() - one.began
        return bool(-1 <= late <= TRANSIT_S + STEP_S + 1)

    @staticmethod
    def _totals(row: Any) -> tuple[int, ...]:
        return row["input_octets"], row["output_octets"], row["session_s"]

    def _truth(self, one: Session) -> tuple[int, ...]:
        return one.received, one.sent, int((one.ended or self.world.now) - one.began)


@pytest_asyncio.fixture(loop_scope="session")
async def own_database(server: str, template: str) -> AsyncIterator[str]:
    async with copied(server, template) as dsn:
        yield dsn


@pytest.fixture
def ground(own_database: str, tmp_path: Path, sealer: secrets.Sealer) -> Iterator[Ground]:
    one = Ground(own_database, tmp_path, sealer)
    yield one
    one.close()


def test_rows_end_as_the_routers_know_it(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    run_state_machine_as_test(
        lambda: Machine(ground, monkeypatch),
        settings=settings(
            max_examples=5000 if SOAK else 150,
            stateful_step_count=100 if SOAK else 30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            print_blob=True,
        ),
    )
    assert ground.compared > 300, "too little happened to prove anything"


def test_a_session_begun_before_the_word_of_its_routers_boot_arrives_stays_one_row(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Accounting-On comes 20 seconds late, ends a session begun meanwhile, and that one's Stop is late as well."""
    here, beside = Line("cli1", router=1, port="p1", mac="M2"), Line("cli1", router=0, port="p1", mac="M1")
    state = Machine(ground, monkeypatch)
    state.a_new_world(seed=0, loss=0.5, doubles=0.0, lines=set())
    other = Line("cli4", router=1, port="p2", mac="M5")
    state.people_come_and_go(events=[(here, "dial", 0), (here, "move", 0), (other, "dial", 0), (beside, "dial", 0)])
    state.something_happens_to_a_router(number=1, seconds=100, what="shut down with stops")
    state.wait(seconds=20)
    again = [(here, "dial", 0), (beside, "dial beside", 0)]
    state.people_come_and_go(events=again * 2)
    state.wait(seconds=60)
    state.teardown()
    assert ground.compared > 3


def test_a_node_that_read_its_sessions_from_rows_closes_all_of_a_router_that_counts_anew(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The moment it knows from a row differs by microseconds from the row's own."""
    here, beside, other = (Line("cli1", 1, "p1", "M2"), Line("cli1", 0, "p1", "M1"), Line("cli5", 1, "p3", "M7"))
    for seed in range(5):
        random.seed(seed)
        state = Machine(ground, monkeypatch)
        state.a_new_world(seed=0, loss=0.0, doubles=0.0, lines=set())
        state.something_happens_to_a_router(number=0, seconds=200, what="unreachable")
        state.people_come_and_go(events=[(here, "dial", 0), *[(beside, "dial", 0)] * 3])
        state.restart_the_node()
        state.something_happens_to_a_router(number=1, seconds=200, what="power fails unsaid")
        for _ in range(7):
            state.restart_the_node()
        state.people_come_and_go(events=[(other, "dial", 0), (other, "dial", 0), (beside, "dial", 0)])
        state.teardown()
    assert ground.compared > 5
