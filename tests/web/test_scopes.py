"""Scopes through the whole application: another's record is 404 by its id, and in no list, count or file.

The member of staff here holds every permission there is, the scoped ones for one city (or for their own) alone: so
whatever a route may be, what it shows of the others is a leak.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from billing import payments
from billing.whose import BY_NAME
from oss.access import holds
from oss.base import clock, db
from oss.staff import saved_views, tokens
from oss.staff.permissions import AuditPermission, known
from oss.staff.tokens import Limits
from tests.conftest import TESTER, Seed, fall_overdue
from tests.web.console.conftest import go_online
from web.gate import things
from web.routing import PUBLIC

from .test_router_walk import TOKEN, ask
from .walking import STREAMS, Step, steps

FOREIGN, MINE = 0, 1  # indices of the seed
EVERYTHING = """insert into role_grant (role, permission, scope)
select 'watcher', p, case when p = any($2::text[]) then $3 else 'all' end from unnest($1::text[]) p
on conflict (role, permission) do update set scope = excluded.scope"""


@dataclass(slots=True)
class Watcher:
    """Somebody signed in whose scope is one city or their own records; ids by parameter, of both customers."""

    client: Any
    csrf: str
    bearer: str
    ids: list[dict[str, str]]

    async def kind(self, scope: str) -> None:
        """From now on the scoped permissions are held so."""
        scoped = [name for name, one in known().items() if one.scoped]
        await db.execute(EVERYTHING, list(known()), scoped, scope)

    def headers(self, step: Step) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.bearer}"} if step.is_api else {"X-CSRF-Token": self.csrf}

    async def text(self, step: Step) -> str:
        async with self.client.get(step.path, headers=self.headers(step), allow_redirects=False) as answer:
            if step.written in STREAMS:
                return str(await answer.content.readuntil(b"\n\n"))
            return f"{answer.status} {await answer.text()}"


async def _rich(seed: Seed, index: int) -> dict[str, str]:
    """A customer with one of everything; the ids by the parameter that names each."""
    uid = await go_online(seed, index, applied="reduced:1024/512", drift=60, cause="silent")
    contract = seed.contracts[index]
    invoice = await fall_overdue(contract, 7)
    async with db.transaction() as connection:
        await holds.place(connection, TESTER, [contract], "fraud", "wall", f"why{index}")
        values = {"amount_cents": 100, "method": "pix", "reference": f"ref{index}", "received_at": clock.now()}
        paid = await payments.register(connection, TESTER, invoice_id=invoice, **values)
    await db.execute(
        "insert into auth_reject values (now(), $1, $2, 'wrong_password', '', $3, 1, now(), now())",
        *(seed.nas, seed.logins[index], contract),
    )
    account = await db.fetchval("select id from access_account where contract_id = $1", contract)
    found = {"subscriber": seed.customers[index], "customer_id": seed.customers[index], "contract_id": contract}
    found |= {"account_id": account, "uid": uid, "invoice_id": invoice, "payment_id": paid.payment_id}
    sql = """insert into outage_credit
      (contract_id, month_on, down_s, basis_points, target_basis_points, amount_cents)
      select contract_id, '2026-10-01', 60, 9900, 9950, 110 from invoice where id = $1 returning id"""
    found["credit_id"] = await db.fetchval(sql, invoice)
    return {name: str(value) for name, value in found.items()} | {"nas_id": str(seed.nas)}


@pytest_asyncio.fixture(loop_scope="session")
async def watcher(client: Any, seed: Seed) -> AsyncIterator[Watcher]:
    """Signed in, with a token of the same role."""
    async with client.get("/console/plans") as page:
        found = TOKEN.search(await page.text())
    assert found is not None
    ids = [await _rich(seed, FOREIGN), await _rich(seed, MINE)]
    await db.execute("update customer set name = 'Zulmira', search_key = 'zulmira' where id = $1", seed.customers[0])
    await db.execute(
        "update customer set document = '52998224725', phone = '35987654321' where id = $1", seed.customers[0]
    )
    await db.execute("update customer set city = 'Vila'")
    mine = "update customer set city = 'Serra', owner_id = (select id from staff_user) where id = $1"
    await db.execute(mine, seed.customers[MINE])
    await db.execute("insert into role (key, name) values ('watcher', 'Watcher')")
    await db.execute("update staff_user set role = 'watcher', cities = '{Serra}'")
    user = await db.fetchval("select id from staff_user")
    async with db.transaction() as connection:
        limits = Limits(cities=["Serra"], user_id=user)
        bearer = await tokens.add(connection, TESTER, "watch", "watcher", limits=limits)
    yield Watcher(client, found[1], bearer, ids)


def scoped(step: Step) -> bool:
    """Whether a route names a record that is some customer's."""
    names = dict.fromkeys(re.findall(r"{(\w+)}", step.written), "1")
    return bool(list(things(step.written, names)))


@pytest.mark.parametrize("kind", ["city", "own"])
async def test_an_id_of_another_scope_is_not_there_on_any_route(
    web_app: web.Application, watcher: Watcher, kind: str
) -> None:
    await watcher.kind(kind)
    asked = [step for step in steps(web_app, watcher.ids[FOREIGN]) if scoped(step)]
    assert len(asked) > 30 and {step.is_api for step in asked} == {True, False}
    found = [(step.name, await ask(watcher.client, step, watcher.headers(step))) for step in asked]
    assert [one for one in found if one[1] != 404] == []


async def test_one_s_own_ids_are_there(web_app: web.Application, watcher: Watcher) -> None:
    for kind in ("city", "own"):
        await watcher.kind(kind)
        for step in steps(web_app, watcher.ids[MINE]):
            if scoped(step) and step.is_api and step.method == "GET" and "{reason}" not in step.written:
                assert await ask(watcher.client, step, watcher.headers(step)) == 200, step.name
        page = await watcher.text(Step("GET", f"/console/subscribers/{watcher.ids[MINE]['subscriber']}", "", ""))
        assert page.startswith("200")


@pytest.mark.parametrize("kind", ["city", "own"])
async def test_no_list_count_or_file_shows_another_scope(
    web_app: web.Application, watcher: Watcher, seed: Seed, kind: str
) -> None:
    await watcher.kind(kind)
    theirs = ["Zulmira", "zulmira", seed.logins[FOREIGN], "100.64.0.1", "why0", "ref0", watcher.ids[FOREIGN]["uid"]]
    ids = {"subscriber": watcher.ids[MINE]["subscriber"], "id": str(seed.nas), **watcher.ids[MINE]}
    shown, leaks = 0, []
    for step in steps(web_app, ids):
        if step.method != "GET" or step.permission in (PUBLIC, *AuditPermission):
            continue  # the audit is of the whole house: who may read it reads of everybody
        for query in ("", "?q=Zulmira", "?q=100.64.0.1", "?q=" + seed.logins[FOREIGN]):
            if query and ("{" in step.written or step.written in STREAMS):
                continue
            text = await watcher.text(Step("GET", step.path + query, step.written, step.permission))
            told = [
                one for one in theirs if one.lower() != query.removeprefix("?q=").lower()
            ]  # its own words come back
            names = re.compile("|".join(rf"(?<![\w.]){re.escape(one)}(?![\w.])" for one in told))
            shown += text.startswith("200")
            leaks += [
                (step.path + query, one[0], text[max(0, one.start() - 80) : one.end() + 40])
                for one in names.finditer(text)
            ][:1]
    assert leaks == []
    assert shown > 60


async def test_counts_are_those_of_the_scope(watcher: Watcher) -> None:
    from billing import subscriber_list
    from oss.access import hold_list, session_list
    from oss.staff.scopes import ALL, Scope

    day = clock.today("America/Sao_Paulo")
    for scope, people, online in ((ALL, 5, 2), (Scope("city", ("Serra",)), 1, 1), (Scope("city", ()), 0, 0)):
        tally = await subscriber_list.counts(day, scope)
        assert (tally["everybody"], tally["online"]) == (people, online)
        assert (await session_list.counts(scope))["every"] == online
        assert (await hold_list.counts(scope))["fraud"] == online


async def test_a_body_or_a_form_that_names_another_scope_s_record_changes_nothing(watcher: Watcher, seed: Seed) -> None:
    await watcher.kind("city")
    theirs, headers = watcher.ids[FOREIGN], {"Authorization": f"Bearer {watcher.bearer}"}
    before = await db.fetchval("select count(*) from hold")
    bodies = {
        "contracts": {
            "company_id": seed.company,
            "customer_id": int(theirs["customer_id"]),
            "plan_id": seed.plan,
            "due_day": 5,
        },
        "access-accounts": {"contract_id": int(theirs["contract_id"]), "login": "new", "password": "a-password-1"},
        "payments": {"invoice_id": int(theirs["invoice_id"]), "amount_cents": 100, "method": "pix"},
    }
    for path, body in bodies.items():
        async with watcher.client.post(f"/api/v1/{path}", json=body, headers=headers) as answer:
            told = await answer.json()
            assert answer.status == 422, (path, told)
            assert [one["message"] for one in told["errors"] if one["field"] in BY_NAME] == ["does not exist"], told
    fields = {"act": "place", "reason": "manual", "effect": "cut", "note": "x", "csrf_token": watcher.csrf}
    hold = str(await db.fetchval("select id from hold where contract_id = $1", int(theirs["contract_id"])))
    for chosen, of in ((theirs["contract_id"], ""), (hold, "holds"), (theirs["customer_id"], "subscribers")):
        data = {**fields, "chosen": chosen, "list": of}
        async with watcher.client.post("/console/holds/place", data=data, allow_redirects=False) as answer:
            assert answer.status in (400, 422), await answer.text()
    whole = {"list": "holds", "whole": "1", "query": "", "csrf_token": watcher.csrf}
    await watcher.client.post("/console/holds/lift", data={**whole, "reason": "fraud"}, allow_redirects=False)
    standing = "select lifted_at is null from hold where contract_id = $1 and reason = 'fraud'"
    assert await db.fetchval(standing, int(theirs["contract_id"]))
    assert not await db.fetchval(standing, int(watcher.ids[MINE]["contract_id"]))
    data = {"chosen": theirs["uid"], "csrf_token": watcher.csrf}
    async with watcher.client.post("/console/sessions/disconnect", data=data) as answer:
        assert answer.status == 422
    for path in ("/console/sessions/disconnect/now", "/console/sessions/reapply"):
        await watcher.client.post(path, data=data, allow_redirects=False)
    data = {"contract": theirs["contract_id"], "csrf_token": watcher.csrf}
    await watcher.client.post("/console/enforcement/reapply", data=data, allow_redirects=False)
    assert await db.fetchval("select count(*) from hold") == before
    touched = (
        "select count(*) from audit where action in ('session.disconnected', 'session.reapplied') and detail::text ~ $1"
    )
    assert await db.fetchval(touched, rf'(cli1"|[\[ ]{theirs["contract_id"]}[,\]])') == 0


async def test_a_shared_view_counts_the_rows_of_who_looks(watcher: Watcher) -> None:
    await watcher.kind("all")
    user = await db.fetchval("select id from staff_user")
    await saved_views.add(TESTER, user, "subscribers", saved_views.View("Everybody", "", True))
    for kind, count in (("all", 5), ("city", 1), ("own", 1)):
        await watcher.kind(kind)
        page = await watcher.text(Step("GET", "/console/subscribers", "", ""))
        assert re.search(r'Everybody <span class="n">(\d+)</span>', page)[1] == str(count), kind  # type: ignore[index]


async def test_personal_data_are_whole_for_who_may_see_them(watcher: Watcher, seed: Seed) -> None:
    await watcher.kind("city")
    await db.execute("update customer set document = '52998224725', phone = '35987654321', email = 'iris@example.com'")
    headers, path = {"Authorization": f"Bearer {watcher.bearer}"}, f"/api/v1/customers/{seed.customers[MINE]}"
    for granted in (True, False):
        if not granted:
            await db.execute("delete from role_grant where permission = 'personal.read'")
        async with watcher.client.get(path, headers=headers) as answer:
            told = await answer.json()
        async with watcher.client.get("/console/subscribers.csv?cols=name.document") as answer:
            file = await answer.text()
        assert ("52998224725" in file) == (told["document"] == "52998224725") == granted
        assert (told["email"] == "iris@example.com") == ("98765" in told["phone"]) == granted
    page = await watcher.text(Step("GET", f"/console/subscribers/{seed.customers[MINE]}", "", ""))
    assert "/disclose" not in page
