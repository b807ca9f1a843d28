"""Accounts of a file, brought in and taken out: nothing half, nothing twice, nothing of somebody else's."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest

from oss.access import account_exchange, accounts
from oss.access.account_csv import Line
from oss.access.account_exchange import Outcome, Wishes
from oss.access.imports.rates import Speed
from oss.base import db, secrets
from tests.conftest import TESTER, Seed

NEW = Line(
    "ana", "s3nha", True, 2, "deny", "Fibra 500", "Ana Peçanha", "12345678901", None, (("Session-Timeout", "9"),), 2
)
Take = Callable[..., Awaitable[Outcome]]


@pytest.fixture
def take(undone: db.Connection, provider: Seed, sealer: secrets.Sealer) -> Take:
    """Brings lines into the small provider."""

    async def run(*lines: Line, **wishes: Any) -> Outcome:
        asked = Wishes(provider.company, 10, date(2026, 11, 1), **wishes)
        return await account_exchange.take(undone, sealer, TESTER, lines, asked)

    return run


async def out(connection: db.Connection, sealer: secrets.Sealer | None) -> dict[str, Line]:
    return {line.login: line async for part in account_exchange.exported(connection, sealer) for line in part}


def told(outcome: Outcome) -> list[tuple[int, str]]:
    return [(mistake.number, mistake.what) for mistake in outcome.mistakes]


async def test_a_new_login_comes_with_customer_and_contract(
    take: Take, undone: db.Connection, sealer: secrets.Sealer
) -> None:
    outcome = await take(NEW)
    assert outcome.mistakes == [] and outcome.taken["logins made"] == outcome.taken["customers made"] == 1
    found = (await out(undone, sealer))["ana"]
    assert found.contract is not None
    unsaid = {"contract": None, "kind": None, "binding": None, "bind_to": None}
    assert dataclasses.replace(found, number=2, **unsaid) == NEW
    row = await undone.fetchrow("select due_day, started_on from contract where id = $1", found.contract)
    assert tuple(row) == (10, date(2026, 11, 1))
    noted = await undone.fetchval("select detail::text from audit where action = 'accounts.imported'")
    assert "s3nha" not in noted and "logins made" in noted


async def test_passwords_stay_inside_unless_asked_for(undone: db.Connection, provider: Seed) -> None:
    found = await out(undone, None)
    assert set(found) == set(provider.logins) and {line.password for line in found.values()} == {None}


async def test_logins_of_one_contract_share_it(take: Take, undone: db.Connection, sealer: secrets.Sealer) -> None:
    bia = dataclasses.replace(NEW, login="bia", contract=777_001, document=None)
    outcome = await take(bia, dataclasses.replace(bia, login="bia2", number=3), dataclasses.replace(NEW, login="caio"))
    assert outcome.taken["contracts made"] == 2 and outcome.taken["customers made"] == 2
    found = await out(undone, sealer)
    assert found["bia"].contract == found["bia2"].contract == 777_001
    assert found["caio"].contract not in (None, 777_001)
    later = await take(dataclasses.replace(NEW, login="davi"))
    assert later.mistakes == [] and ((await out(undone, None))["davi"].contract or 0) > 777_001


async def test_whoever_has_the_document_is_the_customer(take: Take, undone: db.Connection) -> None:
    assert (await take(NEW)).taken["customers made"] == 1
    again = await take(*(dataclasses.replace(NEW, login=login) for login in ("ana2", "ana3")))
    assert (again.taken["customers made"], again.taken["contracts made"]) == (0, 2)
    assert await undone.fetchval("select count(*) from customer where document = $1", NEW.document) == 1


async def test_a_login_may_be_added_to_a_contract_that_runs(take: Take, provider: Seed, undone: db.Connection) -> None:
    line = Line("extra", "x", contract=provider.contracts[0], customer="CLIENTE  numero 1", number=2)
    assert (await take(line)).taken["contracts made"] == 0
    assert (await out(undone, None))["extra"].contract == provider.contracts[0]


async def test_each_mistake_is_told_by_line_with_what_to_do(take: Take, provider: Seed, undone: db.Connection) -> None:
    await undone.execute("update contract set status = 'ended', ended_on = now() where id = $1", provider.contracts[1])
    theirs, ended = provider.contracts[0], provider.contracts[1]
    outcome = await take(
        dataclasses.replace(NEW, number=2, password=None),
        dataclasses.replace(NEW, number=3, login="b", plan=None),
        dataclasses.replace(NEW, number=4, login="c", customer=None),
        dataclasses.replace(NEW, number=5, login="d", plan="Fibra 9"),
        dataclasses.replace(NEW, number=6, login="e", contract=theirs),
        Line("f", "x", contract=ended, number=7),
        Line("g", "x", contract=theirs, plan="Outro", number=8),
        dataclasses.replace(NEW, number=9, login="h", contract=777_001),
        dataclasses.replace(NEW, number=10, login="i", contract=777_001, customer="Bia"),
    )
    assert sorted(told(outcome)) == [
        (2, "login ana is new: it needs a password"),
        (3, "login b is new: name its plan"),
        (4, "login c is new: name its customer"),
        (5, "there is no plan Fibra 9: create it, or let it be made with --speed 300M/150M"),
        (6, f"contract {theirs} is another customer's: leave the cell empty for a new contract"),
        (7, f"contract {ended} has ended: leave the cell empty for a new contract"),
        (8, f"contract {theirs} has the plan Fibra 500, not Outro"),
        (8, "there is no plan Outro: create it, or let it be made with --speed 300M/150M"),
        (10, "contract 777001 stands on line 9 with another plan or customer"),
    ]
    assert await undone.fetchval("select count(*) from access_account") == len(provider.logins)


async def test_plans_are_made_when_a_speed_is_given(take: Take, undone: db.Connection) -> None:
    line = dataclasses.replace(NEW, plan="Fibra 9")
    assert (await take(line, speed=Speed(900, 400))).taken["plans made, without a price yet"] == 1
    row = await undone.fetchrow(
        "select down_kbps, up_kbps, reduced_down_kbps, price_cents from plan where name = 'Fibra 9'"
    )
    assert tuple(row) == (900, 400, 900, 0)


async def test_logins_that_exist_are_left_alone_unless_told_otherwise(
    take: Take, undone: db.Connection, sealer: secrets.Sealer
) -> None:
    before = await out(undone, sealer)
    outcome = await take(Line("cli1", "other", False, number=2))
    assert outcome.taken["logins that exist, left alone"] == 1 and await out(undone, sealer) == before


async def test_an_update_changes_what_the_file_says_and_nothing_else(
    take: Take, undone: db.Connection, sealer: secrets.Sealer
) -> None:
    before = await out(undone, sealer)
    same = list(before.values())
    for taken in (await take(*same, update=True), await take(Line("cli1"), Line("cli2"), update=True)):
        assert set(taken.taken.values()) == {0}
    changed = [
        Line("cli1", "fresh", number=2),
        Line("cli2", None, False, 3, "deny", number=3),
        Line("cli3", plan="Outro", reply=(("Filter-Id", "x"),), number=4),
    ]
    outcome = await take(*changed, update=True, speed=Speed(9000, 9000))
    assert outcome.mistakes == []
    found = await out(undone, sealer)
    assert found["cli1"] == dataclasses.replace(before["cli1"], password="fresh")
    assert found["cli2"] == dataclasses.replace(before["cli2"], enabled=False, max_sessions=3, when_full="deny")
    assert found["cli3"] == dataclasses.replace(before["cli3"], plan="Outro", reply=(("Filter-Id", "x"),))
    assert {found[login] for login in ("cli4", "cli5")} == {before[login] for login in ("cli4", "cli5")}


async def test_a_login_does_not_change_its_contract(take: Take, provider: Seed) -> None:
    outcome = await take(Line("cli1", contract=provider.contracts[1], number=2), update=True)
    what = f"login cli1 belongs to contract {provider.contracts[0]}: it cannot change it here"
    assert told(outcome) == [(2, what)]


async def test_many_come_page_by_page(
    take: Take, undone: db.Connection, sealer: secrets.Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_exchange, "PAGE", 3)
    monkeypatch.setattr(account_exchange.intake, "AT_ONCE", 2)
    lines = [Line(f"many{n}", f"m{n}", True, 1, "newest", "Fibra 500", f"M {n}", number=n) for n in range(7)]
    assert (await take(*lines)).taken["logins made"] == 7
    found = await out(undone, sealer)
    assert {found[f"many{n}"].password for n in range(7)} == {f"m{n}" for n in range(7)}
    assert await account_exchange.most_replies(undone) == 0


async def test_a_sealed_password_stays_in_its_row(take: Take, undone: db.Connection, sealer: secrets.Sealer) -> None:
    await take(NEW)
    row = await undone.fetchrow("select id, password_sealed from access_account where login = 'ana'")
    assert sealer.open(row["password_sealed"], f"{accounts.TABLE}/{row['id']}") == b"s3nha"


async def test_kinds_and_lines_go_out_and_come_back(take: Take, undone: db.Connection, sealer: secrets.Sealer) -> None:
    there = ("fixed", "plan", (("mac", "aa:bb:cc:00:00:01"), ("nas", "BNG-1"), ("vlan", "100")))
    fields = dict(zip(("binding", "bind_to", "bound"), there, strict=True))
    phone = dataclasses.replace(NEW, login="aa:bb:cc:00:00:09", password=None, kind="mac", **fields)
    outcome = await take(phone)
    assert outcome.mistakes == []
    found = (await out(undone, sealer))[phone.login]
    assert dataclasses.replace(found, contract=None, number=2) == phone
    assert await undone.fetchval("select bound_at is not null from access_account where login = $1", phone.login)
    learning = dataclasses.replace(found, binding="learn", bind_to="mac nas", bound=None, plan=None)
    assert (await take(learning, update=True)).taken["logins changed"] == 1
    again = (await out(undone, sealer))[phone.login]
    assert (again.binding, again.bind_to, again.bound) == ("learn", "mac nas", phone.bound)
    assert (await take(again, update=True)).taken["logins changed"] == 0
    lost = dataclasses.replace(found, bound=(("nas", "BNG-9"),))
    assert told(await take(lost, update=True))[0][1] == "there is no NAS BNG-9"
    other = dataclasses.replace(found, kind="circuit")
    assert "is of kind mac" in told(await take(other, update=True))[0][1]
