"""What is wanted of a session reaches its NAS: asked, answered, verified, asked again - who paid first."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest
import pytest_asyncio

from oss.access import accounts, enforce
from oss.access.enforce import AT_ONCE, BACKOFF_S, Enforcer, Target
from oss.access.index import UNBOUND, Index
from oss.access.sessions import Live, Sessions
from oss.base import secrets
from radius import attributes as a
from radius.client import NoReply
from radius.errors import Unencodable
from radius.integrity import Secret
from radius.packet import Packet, build
from radius.server import Peer
from radius.vendors import vendor
from tests.waiting import eventually

FULL, REDUCED = "full:500000/250000", "reduced:1024/512"
ROUTER = bytes([10, 0, 0, 1])
ACK, NAK, UNKNOWN, SILENT, HANG = "ack", "nak", "unknown session", "silent", "hang"


class Router:
    """In the client's place: answers by its mode and remembers what it was asked."""

    def __init__(self) -> None:
        self.mode = ACK
        self.fails: Exception | None = None
        self.asked: list[tuple[tuple[str, int], str, str]] = []  # address, what, login
        self.bodies: list[bytes] = []
        self.patience: list[tuple[float, int]] = []  # seconds before it is asked again, how often in all
        self.freed = asyncio.Event()

    async def exchange(
        self, address: tuple[str, int], code: int, body: bytes, secret: Secret, timeout_s: float, tries: int
    ) -> Packet:
        said = Packet.parse(build(code, 1, bytes(16), body))
        self.asked.append((address, "coa" if code == a.COA_REQUEST else "disconnect", said.text(a.USER_NAME) or ""))
        self.bodies.append(body)
        self.patience.append((timeout_s, tries))
        if self.fails is not None:
            raise self.fails
        if self.mode == HANG:
            await self.freed.wait()
        if self.mode == SILENT:
            raise NoReply("nothing")
        if self.mode in (NAK, UNKNOWN):
            cause = a.attr(a.ERROR_CAUSE, 503 if self.mode == UNKNOWN else 401)
            return Packet.parse(build(code + 2, 1, bytes(16), cause))
        return Packet.parse(build(code + 1, 1, bytes(16), b""))

    @property
    def what(self) -> list[str]:
        return [what for _, what, _ in self.asked]


class Ground:
    """An enforcer with its index, sessions, router and clock."""

    def __init__(self, sealer: secrets.Sealer) -> None:
        self.sealer, self.router, self.sessions = sealer, Router(), Sessions()
        self.index = Index(sealer, lambda entry: self.enforcer.entry_changed(entry))
        self.target = Target(None, 3799, enabled=True)
        self.ghosts: list[Live] = []
        client, target = self.router, lambda _: self.target
        self.enforcer = Enforcer(self.index, self.sessions, client, target, self.ghost)  # type: ignore[arg-type]
        self.peer = Peer(1, "BNG-1", Secret(b"s"), "mikrotik")
        self.now = 1000.0
        self.index.ready = True

    def ghost(self, one: Live) -> None:
        """What the node does with a session its NAS does not know."""
        self.ghosts.append(one)
        self.sessions.remove(one.uid)

    def decide(self, login: str = "cli1", effect: str | None = None, account: int = 1) -> None:
        """The database says so, now."""
        holds = json.dumps([["overdue", effect, 0.0, "17", None, {}]] if effect else [])
        sealed = self.sealer.seal("pw", f"{accounts.TABLE}/{account}")
        plan = (500_000, 250_000, 1024, 512, None)
        self.index.take(
            [(account, login, sealed, True, 10 + account, True, *plan, holds, 1, "newest", "[]", "[]", *UNBOUND)]
        )

    def live(self, login: str = "cli1", applied: str | None = FULL, peer: Peer | None = None) -> Live:
        """A session its NAS is known to treat so."""
        one = Live(os.urandom(16), peer or self.peer, f"sid-{login}".encode(), login, ROUTER, applied=applied)
        self.sessions.add(one)
        self.enforcer.check(one)
        return one

    async def settled(self) -> None:
        await eventually(lambda: not self.enforcer._tasks)

    async def later(self, seconds: float) -> None:
        self.now += seconds
        self.enforcer.retry_due()
        await self.settled()


@pytest_asyncio.fixture(loop_scope="session")
async def ground(sealer: secrets.Sealer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Ground]:
    one = Ground(sealer)
    monkeypatch.setattr(enforce, "time", SimpleNamespace(time=time.time, monotonic=lambda: one.now))
    one.decide()
    yield one
    await one.enforcer.close()


# ------------------------------------------------------------ asking


async def test_what_is_as_it_should_be_is_left_alone(ground: Ground) -> None:
    one = ground.live()
    await ground.settled()
    assert ground.router.asked == [] and one.desired == FULL and not ground.sessions.drifting


async def test_a_changed_decision_reaches_the_live_session(ground: Ground) -> None:
    one = ground.live()
    ground.decide(effect="reduce")
    assert ground.sessions.drifting == {one} and one.asked_at > 0
    await ground.settled()
    assert ground.router.asked == [(("10.0.0.1", 3799), "coa", "cli1")]
    assert (one.applied, one.desired, one.asked_at, one.attempts) == (REDUCED, REDUCED, 0.0, 0)
    assert not ground.sessions.drifting and ground.enforcer.counts["coa_ack"] == 1
    (done,) = ground.enforcer.done
    assert (done.contract_id, done.account_id, done.cause, done.was, done.wanted, done.outcome, done.attempts) == (
        *(11, 1, "overdue", FULL, REDUCED, "applied", 1),
    )
    body = Packet.parse(build(a.COA_REQUEST, 1, bytes(16), ground.router.bodies[0]))
    assert body.text(a.ACCT_SESSION_ID) == "sid-cli1" and body.integer(a.EVENT_TIMESTAMP)


async def test_who_is_cut_is_disconnected(ground: Ground) -> None:
    one = ground.live()
    ground.decide(effect="cut")
    await ground.settled()
    assert ground.router.what == ["disconnect"] and one.applied == "reject" and not ground.sessions.drifting
    assert [done.outcome for done in ground.enforcer.done] == ["disconnected"]


async def test_every_session_of_a_login_is_changed(ground: Ground) -> None:
    sessions = [ground.live() for _ in range(3)]
    ground.decide(effect="wall")
    await ground.settled()
    assert len(ground.router.asked) == 3 and len({one.applied for one in sessions}) == 1


async def test_a_login_that_is_gone_is_disconnected_and_one_that_never_was_ours_is_not(ground: Ground) -> None:
    ours, stranger = ground.live(), ground.live("roaming", None)
    ground.index._drop("cli1")
    await ground.settled()
    assert ground.router.asked == [(("10.0.0.1", 3799), "disconnect", "cli1")] and stranger.desired is None
    assert ground.enforcer.done[0].cause == "account_gone" and ours.applied == "reject"


async def test_nothing_is_asked_of_who_is_unknown_while_the_index_loads(ground: Ground) -> None:
    ground.index.ready = False
    one = ground.live()
    ground.index.entries.clear()
    ground.enforcer.check(one)
    await ground.settled()
    assert ground.router.asked == []


async def test_orders_go_to_the_host_told(ground: Ground) -> None:
    ground.target = Target("10.9.9.9", 1700, enabled=True)
    ground.live()
    ground.decide(effect="reduce")
    await ground.settled()
    assert ground.router.asked[0][0] == ("10.9.9.9", 1700)


# ------------------------------------------------------------ answers


async def test_a_change_the_nas_refuses_ends_the_session_instead(ground: Ground) -> None:
    one = ground.live()
    ground.router.mode = NAK
    ground.decide(effect="reduce")
    await ground.settled()
    assert one.drift_cause == "nak:unsupported attribute" and one.force_disconnect and ground.sessions.drifting == {one}
    ground.router.mode = ACK
    await ground.later(0)
    assert ground.router.what == ["coa", "disconnect"] and one.applied == "reject"
    assert ground.enforcer.counts["coa_nak"] == ground.enforcer.counts["disconnect_ack"] == 1


async def test_a_session_the_nas_does_not_know_is_a_ghost(ground: Ground) -> None:
    one = ground.live()
    ground.router.mode = UNKNOWN
    ground.decide(effect="reduce")
    await ground.settled()
    assert ground.ghosts == [one] and not one.force_disconnect and not one.busy and not ground.sessions.drifting
    await ground.later(500)
    assert ground.router.what == ["coa"]


async def test_a_silent_nas_is_asked_at_growing_distances(ground: Ground) -> None:
    one = ground.live()
    ground.router.mode = SILENT
    ground.decide(effect="reduce")
    await ground.settled()
    for number, wait in enumerate((*BACKOFF_S, BACKOFF_S[-1], BACKOFF_S[-1]), 1):
        assert (len(ground.router.asked), one.attempts, one.drift_cause) == (number, number, "silent")
        await ground.later(wait - 0.1)
        assert len(ground.router.asked) == number
        await ground.later(0.1)
    ground.router.mode = ACK
    await ground.later(BACKOFF_S[-1])
    assert one.applied == REDUCED and ground.enforcer.done[0].attempts == len(ground.router.asked)


@pytest.mark.parametrize("error", [OSError(101, "Network is unreachable"), Unencodable("a list with too long a name")])
async def test_an_order_that_cannot_be_sent_waits_like_one_unanswered(ground: Ground, error: Exception) -> None:
    one = ground.live()
    ground.router.fails = error
    ground.decide(effect="reduce")
    await ground.settled()
    assert str(error) in str(one.drift_cause) and one.attempts == 1 and not one.busy
    await ground.later(0.5)
    assert one.attempts == 1
    ground.router.fails = None
    await ground.later(1)
    assert one.applied == REDUCED


async def test_a_new_decision_does_not_wait_for_the_old_ones_pause(ground: Ground) -> None:
    one = ground.live()
    ground.router.mode = SILENT
    ground.decide(effect="cut")
    await ground.settled()
    ground.router.mode = ACK
    ground.decide(effect="reduce")
    await ground.settled()
    assert ground.router.what == ["disconnect", "coa"] and one.applied == REDUCED


async def test_who_paid_meanwhile_is_not_asked_at_all(ground: Ground) -> None:
    one = ground.live()
    ground.router.mode = SILENT
    ground.decide(effect="cut")
    await ground.settled()
    ground.decide()
    await ground.later(500)
    assert ground.router.what == ["disconnect"] and not ground.sessions.drifting and one.asked_at == 0.0


async def test_what_changes_during_the_exchange_is_put_right_after_it(ground: Ground) -> None:
    one = ground.live()
    ground.router.mode = HANG
    ground.decide(effect="reduce")
    await eventually(lambda: ground.router.asked)
    ground.decide()
    ground.router.mode = ACK
    ground.router.freed.set()
    await ground.settled()
    await ground.later(0)
    assert ground.router.what == ["coa", "coa"] and one.applied == FULL and not ground.sessions.drifting


async def test_a_nas_without_change_of_authorization_is_not_asked(ground: Ground) -> None:
    ground.target = Target(None, 3799, enabled=False)
    one = ground.live()
    ground.decide(effect="cut")
    await ground.settled()
    assert ground.router.asked == [] and one.drift_cause == "coa_off" and ground.sessions.drifting == {one}


async def test_a_session_that_ended_meanwhile_is_not_asked_for(ground: Ground) -> None:
    first = ground.live()
    ground.router.mode = SILENT
    ground.decide(effect="cut")
    await ground.settled()
    ground.sessions.remove(first.uid)
    await ground.later(500)
    assert len(ground.router.asked) == 1


# ------------------------------------------------------------ many at once


async def test_who_is_freed_goes_before_who_is_slowed_and_a_router_gets_few_at_once(ground: Ground) -> None:
    ground.router.mode = HANG
    for number in range(2, AT_ONCE + 22):
        ground.decide(f"cli{number}", "cut", account=number)
        ground.live(f"cli{number}", FULL)
    ground.decide("payer", "cut", account=1000)
    ground.live("payer", "reject")
    await eventually(lambda: len(ground.router.asked) == AT_ONCE)
    ground.decide("payer", account=1000)
    ground.router.mode = ACK
    ground.router.freed.set()
    await ground.settled()
    order = [login for _, _, login in ground.router.asked]
    assert order.index("payer") == AT_ONCE and len(order) == AT_ONCE + 21


async def test_one_slow_router_does_not_hold_up_another(ground: Ground) -> None:
    ground.router.mode = HANG
    ground.live()
    ground.decide(effect="reduce")
    await eventually(lambda: ground.router.asked)
    ground.router.mode = ACK
    ground.decide("cli2", "reduce", account=2)
    other = ground.live("cli2", FULL, Peer(2, "BNG-2", Secret(b"s"), "standard"))
    await eventually(lambda: other.applied == REDUCED)
    assert ground.sessions.drifting and not ground.router.freed.is_set()


# ------------------------------------------------------------ is it so?


async def test_who_was_disconnected_and_is_still_heard_is_asked_for_again(ground: Ground) -> None:
    one = ground.live()
    ground.decide(effect="cut")
    await ground.settled()
    ground.now += 3
    ground.enforcer.heard(one)  # its last interim may still have been on its way
    assert ground.enforcer.counts["not_obeyed"] == 0
    ground.now += 3
    ground.enforcer.heard(one)
    await ground.settled()
    assert ground.router.what == ["disconnect", "disconnect"] and ground.enforcer.counts["not_obeyed"] == 1
    assert "not_obeyed" in [done.outcome for done in ground.enforcer.done]


async def test_who_was_slowed_and_is_still_fast_is_disconnected(ground: Ground) -> None:
    one = ground.live()
    ground.decide(effect="reduce")
    await ground.settled()
    one.session_s, one.previous_seen, one.output_bps = one.applied_session_s + 60, ground.now + 1, 50_000_000.0
    ground.enforcer.heard(one)
    await ground.settled()
    assert ground.router.what == ["coa", "disconnect"] and ground.enforcer.counts["not_obeyed"] == 1


async def test_traffic_from_before_the_change_proves_nothing(ground: Ground) -> None:
    one = ground.live()
    ground.decide(effect="reduce")
    await ground.settled()
    one.session_s, one.previous_seen, one.output_bps = one.applied_session_s + 60, ground.now - 30, 50_000_000.0
    ground.enforcer.heard(one)
    one.session_s, one.previous_seen, one.output_bps = one.applied_session_s + 60, ground.now + 1, 1_200_000.0
    ground.enforcer.heard(one)
    await ground.settled()
    assert ground.router.what == ["coa"]


# ------------------------------------------------------------ orders


async def test_an_operator_ends_a_session_that_is_as_it_should_be(ground: Ground) -> None:
    one = ground.live()
    ground.enforcer.disconnect([one], "asked_for")
    await ground.settled()
    assert ground.router.what == ["disconnect"] and one.applied == "reject" and one.desired == FULL
    assert [(done.cause, done.outcome) for done in ground.enforcer.done] == [("asked_for", "disconnected")]
    await ground.later(5)
    assert len(ground.router.asked) == 1  # it dials again; only if it does not, it is asked for again


async def test_an_operators_wish_outlives_the_change_that_is_under_way(ground: Ground) -> None:
    one = ground.live()
    ground.router.mode = HANG
    ground.decide(effect="reduce")
    await eventually(lambda: ground.router.asked)
    ground.enforcer.disconnect([one], "asked_for")
    ground.router.mode = ACK
    ground.router.freed.set()
    await ground.settled()
    await ground.later(0)
    assert ground.router.what == ["coa", "disconnect"] and one.applied == "reject"


async def test_a_wish_that_was_overtaken_by_a_decision_does_not_stand_as_its_cause(ground: Ground) -> None:
    one = ground.live()
    ground.router.mode = SILENT
    ground.enforcer.disconnect([one], "too_many_sessions")
    await ground.settled()
    ground.router.mode = ACK
    ground.decide(effect="reduce")
    await ground.settled()
    assert ground.router.what == ["disconnect", "coa"]
    assert [(done.cause, done.wanted) for done in ground.enforcer.done] == [("overdue", REDUCED)]


# ------------------------------------------------------------ what a session was given


async def test_a_session_without_a_mark_has_what_its_login_was_answered(ground: Ground) -> None:
    """Its NAS does not send the Class back: no reason to tell it again what it was told a moment ago."""
    entry = ground.index.entries["cli1"]
    entry.line, entry.given, entry.answered = b"AA", FULL, ground.now - 5
    one = Live(os.urandom(16), ground.peer, b"1", "cli1", ROUTER, b"AA")
    ground.enforcer.began(one, entry)
    ground.sessions.add(one)
    ground.enforcer.check(one)
    await ground.settled()
    assert one.applied == FULL and ground.router.asked == []


@pytest.mark.parametrize(("line", "ago"), [(b"BB", 5.0), (b"AA", enforce.ANSWERED_S + 1)])
async def test_the_answer_to_another_line_or_long_ago_says_nothing(ground: Ground, line: bytes, ago: float) -> None:
    entry = ground.index.entries["cli1"]
    entry.line, entry.given, entry.answered = line, FULL, ground.now - ago
    one = Live(os.urandom(16), ground.peer, b"1", "cli1", ROUTER, b"AA")
    ground.enforcer.began(one, entry)
    ground.sessions.add(one)
    ground.enforcer.check(one)
    await ground.settled()
    assert one.applied is None and ground.router.asked == []  # it may settle first
    await ground.later(enforce.SETTLE_S)
    assert ground.router.what == ["coa"] and one.applied == FULL


# ------------------------------------------------------------ is it alive?


@pytest.mark.parametrize(("mode", "alive", "ghost"), [(ACK, True, False), (NAK, False, False), (UNKNOWN, False, True)])
async def test_a_nas_is_asked_by_a_change_that_changes_nothing(
    ground: Ground, mode: str, alive: bool, ghost: bool
) -> None:
    one = ground.live()
    ground.router.mode = mode
    assert await ground.enforcer.alive(one) == alive
    assert ground.ghosts == ([one] if ghost else []) and ground.router.asked == [(("10.0.0.1", 3799), "coa", "cli1")]
    body = ground.router.bodies[0]
    assert vendor("mikrotik").change(ground.index.entries["cli1"].profile()) in body


async def test_a_nas_that_says_nothing_proves_nothing_and_is_not_waited_for_long(ground: Ground) -> None:
    one = ground.live()
    ground.router.mode = SILENT
    assert not await ground.enforcer.alive(one) and not ground.ghosts
    assert [seconds * tries for seconds, tries in ground.router.patience] == [1.0]
    ground.router.fails = OSError(101, "Network is unreachable")
    assert not await ground.enforcer.alive(one) and not ground.ghosts


async def test_a_nas_that_takes_no_change_is_not_asked_whether_a_session_lives(ground: Ground) -> None:
    one = ground.live()
    ground.target = Target(None, 3799, enabled=False)
    assert not await ground.enforcer.alive(one) and ground.router.asked == []


async def test_a_session_of_before_a_restart_is_not_asked_for(ground: Ground) -> None:
    one = ground.live()
    one.home.restarted = one.seen
    assert not await ground.enforcer.alive(one) and ground.router.asked == []


async def test_what_is_in_flight_ends_with_the_node(ground: Ground) -> None:
    one = ground.live()
    ground.router.mode = HANG
    ground.decide(effect="reduce")
    await eventually(lambda: ground.router.asked)
    await ground.enforcer.close()
    assert not ground.enforcer._tasks and not one.busy and one.applied == FULL
