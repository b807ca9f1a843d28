"""The index holds what the database says, decides by the one rule, and tells each change once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.access import accounts, holds, index
from oss.access.index import UNBOUND, Entry, Index
from oss.base import clock, db, secrets, settings
from oss.contracts import lifecycle, plans
from radius import attributes as a
from radius.vendors import mikrotik
from tests.conftest import TESTER, Seed

OTHER = "b3RoZXIta2V5LW90aGVyLWtleS1vdGhlci1rZXktMTI="


@pytest.fixture
def told() -> list[tuple[str, str]]:
    """(login, profile key) of each change that was told."""
    return []


@pytest.fixture
def known(sealer: secrets.Sealer, told: list[tuple[str, str]]) -> Index:
    return Index(sealer, lambda entry: told.append((entry.login, entry.key)))


def row(
    sealer: secrets.Sealer,
    account: int = 1,
    login: str = "cli1",
    contract: int = 10,
    held: list[tuple[str, str, float | None]] | None = None,
    enabled: bool = True,
    active: bool = True,
    plan_reply: str = "[]",
    own_reply: str = "[]",
) -> tuple[Any, ...]:
    """A row of ROWS; holds as (reason, effect, masked until)."""
    sealed = sealer.seal(f"pw{account}", f"{accounts.TABLE}/{account}")
    facts = json.dumps([[reason, effect, 0.0, "note", masked, {}] for reason, effect, masked in held or []])
    speeds = (500_000, 250_000, 1024, 512, None)
    return (
        account,
        login,
        sealed,
        enabled,
        contract,
        active,
        *speeds,
        facts,
        1,
        "newest",
        plan_reply,
        own_reply,
        *UNBOUND,
    )


def entry(known: Index, login: str = "cli1") -> Entry:
    found = known.get(login)
    assert found is not None
    return found


# ------------------------------------------------------------ rows


def test_a_row_becomes_an_entry_that_is_told_once(known: Index, sealer: secrets.Sealer, told: list[Any]) -> None:
    one = row(sealer)
    for _ in range(3):
        known.take([one])
    assert entry(known).password == b"pw1" and known.get("cli2") is None
    assert told == [("cli1", "full:500000/250000")]


@pytest.mark.parametrize(
    ("effect", "key"),
    [("reduce", "reduced:1024/512"), ("wall", "walled:1024/512:milha-bloqueados"), ("cut", "reject")],
)
def test_a_hold_changes_what_is_told(
    known: Index, sealer: secrets.Sealer, told: list[Any], effect: str, key: str
) -> None:
    known.take([row(sealer)])
    known.take([row(sealer, held=[("overdue", effect, None)])])
    assert told[1:] == [("cli1", key)] and entry(known).key == key


def test_a_change_that_changes_nothing_on_the_wire_is_not_told(
    known: Index, sealer: secrets.Sealer, told: list[Any]
) -> None:
    known.take([row(sealer, held=[("manual", "cut", None)])])
    known.take([row(sealer, held=[("manual", "cut", None), ("overdue", "wall", None)])])
    assert told == [("cli1", "reject")] and len(json.loads(entry(known).row[11])) == 2


def test_an_unchanged_row_opens_no_seal(sealer: secrets.Sealer, monkeypatch: pytest.MonkeyPatch) -> None:
    known, opened = Index(sealer, lambda _: None), []
    monkeypatch.setattr(secrets.Sealer, "open", lambda self, sealed, aad: opened.append(aad) or b"pw")
    one = row(sealer)
    known.take([one])
    known.take([one])
    known.take([(*one[:3], False, *one[4:])])
    assert opened == ["access_account/password_sealed/1"]


def test_the_reply_is_encoded_once_for_a_vendor(known: Index, sealer: secrets.Sealer) -> None:
    known.take([row(sealer)])
    reply = entry(known).accept("mikrotik", 300)
    assert entry(known).accept("mikrotik", 300) is reply and entry(known).accept("standard", 300) is not reply
    assert a.attr(a.CLASS, "milha1:full:500000/250000") in reply
    assert mikrotik.accept(entry(known).settled.profile(300)) in reply


def test_customers_of_a_plan_share_what_is_decided_and_a_hold_makes_its_own(
    known: Index, sealer: secrets.Sealer
) -> None:
    held = row(sealer, 3, "cli3", 12, held=[("overdue", "reduce", None)])
    known.take([row(sealer), row(sealer, 2, "cli2", 11), held, row(sealer, 4, "cli4", 13, enabled=False)])
    first, second, third, fourth = (entry(known, f"cli{number}") for number in range(1, 5))
    assert first.settled is second.settled and first.accept("mikrotik", 300) is second.accept("mikrotik", 300)
    assert len({id(one.settled) for one in (first, third, fourth)}) == 3
    assert (third.key, fourth.key) == ("reduced:1024/512", "reject")
    known.take([row(sealer, 3, "cli3", 12)])
    assert entry(known, "cli3").settled is first.settled


def test_one_customer_of_a_plan_that_goes_leaves_the_others_as_they_were(known: Index, sealer: secrets.Sealer) -> None:
    known.take([row(sealer), row(sealer, 2, "cli2", 11)])
    known._drop("cli1")
    assert entry(known, "cli2").key == "full:500000/250000"


def test_a_plan_and_an_account_may_add_attributes_of_their_own(known: Index, sealer: secrets.Sealer) -> None:
    plan, own = '[["Session-Timeout", "86400"]]', '[["Framed-IP-Address", "10.7.7.7"]]'
    known.take([row(sealer, plan_reply=plan, own_reply=own), row(sealer, 2, "cli2", 11, plan_reply=plan)])
    timeout, address = a.attr(a.SESSION_TIMEOUT, 86400), a.attr(a.FRAMED_IP_ADDRESS, bytes([10, 7, 7, 7]))
    first, second = (entry(known, name).accept("mikrotik", 300) for name in ("cli1", "cli2"))
    assert timeout in first and address in first and timeout in second and address not in second


def test_an_attribute_nobody_knows_is_told_and_left_out(
    known: Index, sealer: secrets.Sealer, caplog: pytest.LogCaptureFixture
) -> None:
    known.take([row(sealer, own_reply='[["Moon-Phase", "full"], ["Session-Timeout", "86400"]]')])
    assert a.attr(a.SESSION_TIMEOUT, 86400) in entry(known).accept("mikrotik", 300)
    (record,) = caplog.records
    assert record.__dict__["facts"]["attribute"] == "Moon-Phase" and record.__dict__["facts"]["login"] == "cli1"


def test_a_changed_reply_is_taken_over(known: Index, sealer: secrets.Sealer) -> None:
    known.take([row(sealer)])
    known.take([row(sealer, plan_reply='[["Session-Timeout", "60"]]')])
    assert a.attr(a.SESSION_TIMEOUT, 60) in entry(known).accept("mikrotik", 300)


def test_what_a_login_was_answered_outlives_a_change_of_its_row(known: Index, sealer: secrets.Sealer) -> None:
    known.take([row(sealer)])
    one = entry(known)
    one.line, one.given, one.answered = b"AA", one.key, 7.0
    known.take([row(sealer, held=[("overdue", "reduce", None)])])
    again = entry(known)
    assert (again.line, again.given, again.answered) == (b"AA", "full:500000/250000", 7.0) and again is not one


# ------------------------------------------------------------ logins that move


def test_a_renamed_login_leaves_its_old_name(known: Index, sealer: secrets.Sealer, told: list[Any]) -> None:
    known.take([row(sealer, login="old")])
    known.take([row(sealer, login="new")])
    assert known.get("old") is None and entry(known, "new").account_id == 1
    assert known.by_contract == {10: ("new",)} and known.by_account == {1: "new"}
    assert told[1:] == [("old", "reject"), ("new", "full:500000/250000")]


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_two_logins_may_change_places(known: Index, sealer: secrets.Sealer, order: tuple[int, int]) -> None:
    known.take([row(sealer, 1, "a"), row(sealer, 2, "b")])
    swapped = {1: row(sealer, 1, "b"), 2: row(sealer, 2, "a")}
    known.take([swapped[one] for one in order])
    assert (entry(known, "a").account_id, entry(known, "b").account_id) == (2, 1)
    assert (entry(known, "a").password, entry(known, "b").password) == (b"pw2", b"pw1")
    assert known.by_account == {1: "b", 2: "a"} and set(known.by_contract[10]) == {"a", "b"}


@given(st.lists(st.lists(st.tuples(st.integers(1, 4), st.sampled_from("abcd"), st.integers(10, 12)), max_size=4)))
def test_after_any_moves_the_three_ways_to_an_entry_agree(batches: list[list[tuple[int, str, int]]]) -> None:
    sealer = secrets.from_text(OTHER)
    known = Index(sealer, lambda _: None)
    for batch in batches:
        # As in the database: an account has one login, a login one account.
        rows = {account: (account, login, contract) for account, login, contract in batch}
        if len({login for _, login, _ in rows.values()}) == len(rows):
            known.take([row(sealer, *one) for one in rows.values()])
            for account, login, contract in rows.values():
                assert (entry(known, login).account_id, entry(known, login).contract_id) == (account, contract)
    for login, one in known.entries.items():
        assert one.login == login and login in known.by_contract[one.contract_id]
    assert sum(len(logins) for logins in known.by_contract.values()) == len(known.entries)


# ------------------------------------------------------------ what cannot be opened


def test_one_damaged_password_does_not_keep_the_others_out(
    known: Index, sealer: secrets.Sealer, caplog: pytest.LogCaptureFixture
) -> None:
    damaged = row(secrets.from_text(OTHER), 2, "damaged")
    for _ in range(3):
        known.take([row(sealer, 1, "first"), damaged, row(sealer, 3, "last")])
    assert set(known.entries) == {"first", "last"} and set(known.unreadable) == {2}
    assert len(caplog.records) == 1  # the edge, not each reconcile
    known.take([row(sealer, 2, "damaged")])
    assert entry(known, "damaged").password == b"pw2" and not known.unreadable


def test_a_password_resealed_with_a_key_we_lack_goes_on_with_what_is_known(
    known: Index, sealer: secrets.Sealer, told: list[Any]
) -> None:
    known.take([row(sealer)])
    known.take([row(secrets.from_text(OTHER), held=[("manual", "cut", None)])])
    assert entry(known).password == b"pw1" and told[-1] == ("cli1", "reject")


# ------------------------------------------------------------ time


def test_a_promise_that_ends_is_decided_again(known: Index, sealer: secrets.Sealer, told: list[Any]) -> None:
    now = clock.now()
    until = now + timedelta(hours=1)
    known.take([row(sealer, held=[("overdue", "cut", until.timestamp())])])
    known.redecide_due(now + timedelta(minutes=59))
    assert told == [("cli1", "full:500000/250000")] and entry(known).decision.reason.code == "promised"
    known.redecide_due(until + timedelta(seconds=1))
    known.redecide_due(until + timedelta(hours=9))
    assert told[1:] == [("cli1", "reject")] and entry(known).password == b"pw1"


def test_a_promise_that_was_lengthened_is_not_decided_too_early(
    known: Index, sealer: secrets.Sealer, told: list[Any]
) -> None:
    now = clock.now()
    for hours in (1, 5):
        masked = (now + timedelta(hours=hours)).timestamp()
        known.take([row(sealer, held=[("overdue", "cut", masked)])])
    known.redecide_due(now + timedelta(hours=2))
    assert len(told) == 1
    known.redecide_due(now + timedelta(hours=6))
    assert told[1:] == [("cli1", "reject")]


def test_a_timer_of_a_login_that_is_gone_does_nothing(known: Index, sealer: secrets.Sealer) -> None:
    now = clock.now()
    known.take([row(sealer, login="old", held=[("overdue", "cut", (now + timedelta(hours=1)).timestamp())])])
    known.take([row(sealer, login="new")])
    known.redecide_due(now + timedelta(hours=2))
    assert set(known.entries) == {"new"}


# ------------------------------------------------------------ the database


async def test_a_reconcile_knows_everybody_and_forgets_who_is_gone(
    undone: db.Connection, provider: Seed, known: Index, told: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "PAGE", 2)
    assert not known.ready
    await known.reconcile(undone)
    assert known.ready and set(known.entries) == set(provider.logins)
    assert entry(known, "cli3").password == b"pw3" and len(told) == 5
    await undone.execute("delete from access_account where login = 'cli3'")
    await known.reconcile(undone)
    assert known.get("cli3") is None and told[5:] == [("cli3", "reject")]


async def test_a_reread_takes_the_contracts_it_is_told_and_no_others(
    undone: db.Connection, provider: Seed, sealer: secrets.Sealer, known: Index, told: list[Any]
) -> None:
    await known.reconcile(undone)
    del told[:]
    first, second = provider.contracts[:2]
    await holds.place(undone, TESTER, [first, second], "manual")
    await known.reread(undone, [first, 0])
    assert told == [("cli1", "reject")] and entry(known, "cli2").key != "reject"
    await accounts.add(undone, sealer, TESTER, first, "extra", "pw")
    await undone.execute("delete from access_account where login = 'cli1'")
    await known.reread(undone, [first])
    assert known.get("cli1") is None and entry(known, "extra").key == "reject"
    assert known.by_contract[first] == ("extra",)


async def test_every_way_to_change_a_decision_is_seen(
    undone: db.Connection, provider: Seed, known: Index, told: list[Any]
) -> None:
    first, second = provider.contracts[:2]
    await known.reconcile(undone)
    slow = await plans.save(undone, TESTER, plans.PlanValues("Lento", 10_000, 5_000, 100))
    await lifecycle.change_plan(undone, TESTER, first, slow)
    await lifecycle.end(undone, TESTER, second, clock.today("America/Sao_Paulo"))
    third = await undone.fetchval("select id from access_account where login = 'cli3'")
    await accounts.set_enabled(undone, TESTER, third, False)
    await holds.place(undone, TESTER, [provider.contracts[3]], "pause", "wall")
    await settings.write(undone, TESTER, "access.walled_list", "sem-acesso")
    del told[:]
    await known.reconcile(undone)
    assert sorted(told) == [
        ("cli1", "full:10000/5000"),
        ("cli2", "reject"),
        ("cli3", "reject"),
        ("cli4", "walled:1024/512:sem-acesso"),
    ]
