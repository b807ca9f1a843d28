"""The doctor names each illness rightly: a real node, a real database, and the lab's router on real sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from oss.access import exams
from oss.access.aaa import Node, NodeOptions
from oss.access.doctor import KEYS, Check
from oss.access.exams import Exam
from oss.base import db, secrets
from oss.lab.accounting import Patience
from oss.lab.lab import Lab
from oss.lab.settings import ILLNESSES, Illness, NasConfig, Settings
from tests.conftest import TESTER, Seed, small_provider
from tests.waiting import eventually

HASTY: dict[str, Any] = {
    "patience": Patience(first_s=0.3, longest_s=1.0),
    "auth_timeout_s": 0.2,
    "silence_retry_s": 0.3,
    "redial_s": (0.05, 0.1),
    "reject_retry_s": 0.3,
    "dial_per_s": 500.0,
}


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass(slots=True)
class Ward:
    """A node, a router of the lab, and the provider they belong to."""

    seed: Seed
    node: Node
    lab: Lab | None = None

    async def exam(self) -> Exam:
        async with db.transaction() as connection:
            number = await exams.ask(connection, TESTER, self.seed.nas)
        return await exams.finished(number, self.seed.nas)

    async def until(self, true: Callable[[dict[str, Check]], Any], within_s: float = 20.0) -> dict[str, Check]:
        """The checks of the first examination of which it is true."""
        last: dict[str, Check] = {}

        async def look() -> bool:
            nonlocal last
            last = {one.key: one for one in (await self.exam()).checks}
            return bool(true(last))

        try:
            await eventually(look, within_s)
        except TimeoutError:
            raise AssertionError({key: (one.state, one.cure, one.facts) for key, one in last.items()}) from None
        return last


@asynccontextmanager
async def ward(
    database: str, sealer: secrets.Sealer, folder: Path, *ill: Illness, coa_port: int | None = None, **changes: Any
) -> AsyncIterator[Ward]:
    """A router with these illnesses, its subscribers dialing; no lab at all with ``coa_port``."""
    port = coa_port or free_port()
    async with db.transaction() as connection:
        seed = await small_provider(connection, sealer, coa_port=port, interim_s=1)
    auth, acct = free_port(), free_port()
    node = Node(NodeOptions(database, "test", "127.0.0.1", auth, acct, folder), sealer)
    stop, started = asyncio.Event(), asyncio.Event()
    running = asyncio.create_task(node.run(stop, started.set, lambda _: None))
    try:
        await asyncio.wait_for(started.wait(), 10)
        await eventually(lambda: node.index.ready)
        if coa_port is not None:
            yield Ward(seed, node)
            return
        settings = Settings(("127.0.0.1", auth), ("127.0.0.1", acct), **{**HASTY, **changes})
        nas = NasConfig("BNG-1", "127.0.0.1", b"testing123", port, frozenset(ill))
        async with Lab([nas], settings) as lab:
            lab.dial([(login, login.replace("cli", "pw")) for login in seed.logins])
            yield Ward(seed, node, lab)
    finally:
        stop.set()
        await asyncio.wait_for(running, 20)


def states(checks: dict[str, Check], *but: str) -> set[str]:
    return {one.state for key, one in checks.items() if key not in but}


async def test_a_healthy_router_is_all_green(database: str, sealer: secrets.Sealer, tmp_path: Path) -> None:
    async with ward(database, sealer, tmp_path) as here:
        checks = await here.until(lambda found: states(found) == {"ok"} and found["interim"].facts["gap_s"])
        assert tuple(checks) == KEYS
        assert checks["coa"].facts["nobody"] == {"kind": "nak", "cause": 503}
        assert checks["coa"].facts["session"]["kind"] == "ack"
        assert checks["interim"].facts["gap_s"] == pytest.approx(1, abs=0.5)
        assert checks["answer"].facts["count"] >= 4
        assert here.lab is not None and {one.what for one in here.lab.nas["BNG-1"].changes} <= {"change"}
        assert len(here.node.sessions.by_uid) == 5, "the probe ended a session"


NAMED: dict[Illness, dict[str, tuple[str, str]]] = {
    "no-accounting": {"acct": ("wrong", "acct_off"), "coa": ("ok", ""), "auth": ("ok", "")},
    "no-interim": {"interim": ("wrong", "interim_off"), "acct": ("ok", ""), "coa": ("ok", "")},
    "coa-closed": {"coa": ("wrong", "coa_closed"), "secret": ("ok", ""), "interim": ("ok", "")},
    "coa-other-secret": {"coa": ("wrong", "coa_deaf"), "secret": ("ok", ""), "clock": ("ok", "")},
    "clock-ahead": {"clock": ("wrong", "clock_off"), "coa": ("wrong", "coa_clock"), "secret": ("ok", "")},
    "unsigned": {"signs": ("wrong", "signs_never"), "auth": ("ok", ""), "secret": ("ok", "")},
    "other-secret": {"secret": ("wrong", "secret_differs"), "auth": ("wrong", "secret_first"), "heard": ("ok", "")},
    "hears-no-answers": {"path": ("wrong", "answers_lost"), "coa": ("ok", ""), "auth": ("ok", "")},
}


@pytest.mark.parametrize("ill", ILLNESSES)
async def test_each_illness_is_named(database: str, sealer: secrets.Sealer, tmp_path: Path, ill: Illness) -> None:
    wanted = NAMED[ill]
    async with ward(database, sealer, tmp_path, ill) as here:
        found = await here.until(
            lambda checks: all((checks[key].state, checks[key].cure) == words for key, words in wanted.items())
        )
        wrong = {key for key, one in found.items() if one.state == "wrong"}
        follows = {"other-secret": {"acct", "coa", "secret", "auth"}}.get(ill, set())
        assert wrong <= {key for key, (state, _) in wanted.items() if state == "wrong"} | follows


async def test_a_wrong_secret_shows_in_garbled_passwords_where_nothing_is_signed(
    database: str, sealer: secrets.Sealer, tmp_path: Path
) -> None:
    async with ward(database, sealer, tmp_path, "other-secret", "unsigned") as here:
        found = await here.until(lambda checks: checks["secret"].cure == "secret_garbled")
        assert found["secret"].facts["logins"] > 1
        assert (found["auth"].state, found["auth"].cure) == ("wrong", "secret_first")
        assert found["signs"].cure == "signs_never"


async def test_a_router_whose_interims_are_rare_is_told_how_rare(
    database: str, sealer: secrets.Sealer, tmp_path: Path
) -> None:
    async with ward(database, sealer, tmp_path) as here:
        here.node.nas.interim_s[here.seed.nas] = 1
        assert here.lab is not None
        await here.until(lambda checks: checks["acct"].state == "ok")
        heard = here.node.logins.ears.of[here.seed.nas]
        heard.gaps.extend([30.0] * 31)
        found = await here.until(lambda checks: checks["interim"].cure == "interim_slow")
        assert (found["interim"].facts["gap_s"], found["interim"].facts["interim_s"]) == (30.0, 1)


async def test_a_router_that_was_never_heard_is_looked_for_among_those_who_knock(
    database: str, sealer: secrets.Sealer, tmp_path: Path
) -> None:
    async with ward(database, sealer, tmp_path, coa_port=free_port()) as here:
        found = {one.key: one for one in (await here.exam()).checks}
        assert (found["heard"].state, found["heard"].cure) == ("wrong", "never_heard")
        assert found["coa"].cure == "coa_closed" and found["auth"].cure == "no_login"
        await db.execute("insert into nas_knock values ('10.20.0.7', 41, now(), now())")
        found = {one.key: one for one in (await here.exam()).checks}
        assert (found["heard"].cure, found["heard"].facts["addresses"]) == ("other_address", ["10.20.0.7"])


async def test_a_router_that_is_not_in_use_is_not_asked(database: str, sealer: secrets.Sealer, tmp_path: Path) -> None:
    async with ward(database, sealer, tmp_path, coa_port=free_port()) as here:
        await db.execute("update nas set active = false")
        found = await here.until(lambda checks: checks["coa"].cure == "not_in_use")
        assert {one.state for one in found.values()} == {"unknown"}


async def test_twenty_examinations_are_kept_and_each_is_in_the_audit(
    database: str, sealer: secrets.Sealer, tmp_path: Path
) -> None:
    async with db.transaction() as connection:
        seed = await small_provider(connection, sealer)
        for _ in range(exams.KEPT + 3):
            last = await exams.ask(connection, TESTER, seed.nas)
    kept = await exams.history(db.pool(), seed.nas)
    assert [one.id for one in kept] == list(range(last, last - exams.KEPT, -1))
    assert {(one.asked_by, one.done, one.state) for one in kept} == {("test", False, "unknown")}
    assert await db.fetchval("select count(*) from audit where action = 'nas.examined'") == exams.KEPT + 3


async def test_what_comes_is_watched_line_by_line_without_a_password(
    database: str, sealer: secrets.Sealer, tmp_path: Path
) -> None:
    async with ward(database, sealer, tmp_path) as here:
        assert here.lab is not None
        await here.until(lambda checks: checks["acct"].state == "ok")
        async with db.transaction() as connection:
            await exams.watch(connection, TESTER, here.seed.nas)
        await eventually(lambda: here.node.logins.ears.watched)
        here.lab.hangup(["cli2"])
        here.lab.dial([("nobody", "a-secret-word")])

        async def kinds() -> Any:
            seen = await exams.watched(here.seed.nas)
            found = {(one.kind, one.login, one.why) for one in seen.lines} if seen is not None else set()
            wanted = {("stop", "cli2", ""), ("login", "nobody", "unknown_login"), ("interim", "cli1", "")}
            return seen if wanted <= found else None

        seen = await eventually(kinds)
        assert seen.running and seen.count >= len(seen.lines) <= 60
        assert "a-secret-word" not in str(await db.fetch("select * from nas_watch"))


async def test_a_watch_ends_by_itself(database: str, sealer: secrets.Sealer, tmp_path: Path) -> None:
    async with ward(database, sealer, tmp_path, coa_port=free_port()) as here:
        await db.execute("select pg_notify('milha_access', $1)", f"doctor:watch:{here.seed.nas}:0")
        seen = await eventually(lambda: exams.watched(here.seed.nas))
        await eventually(lambda: not here.node.logins.ears.watched)
        assert not seen.running and here.node.logins.ears.of[here.seed.nas].watch is None
