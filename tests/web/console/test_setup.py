"""The one-time link of an empty installation: step by step, spent once, with every mistake told at its step."""

from __future__ import annotations

import re
from typing import Any

import pytest

from oss.base import db
from tests.web.console.test_sign_in import stranger

from .conftest import Console, audited

__all__ = ["stranger"]
COMPANY = {
    "name": "Serra Azul",
    "legal_name": "Serra Azul Ltda",
    "cnpj": "11.222.333/0001-81",
    "zone": "America/Sao_Paulo",
}
PERSON = {
    "person": "Tainá Brandão",
    "login": "taina",
    "password": "uma frase comprida",
    "again": "uma frase comprida",
}


@pytest.fixture
async def visitor(web_app: Any, aiohttp_client: Any) -> Console:
    """A browser nobody has signed in with, before anybody is there to sign in."""
    found = Console(await aiohttp_client(web_app))
    found.token = "none"
    return found


async def link(hours: int = 24) -> str:
    await db.execute(
        "insert into setup_link values (encode(sha256('abc'::bytea), 'hex'), now() + make_interval(hours => $1))", hours
    )
    return "/setup/abc"


def wrong(raw: str) -> list[str]:
    """The fields that are told to be wrong."""
    return re.findall(r'id="(\w+)-wrong" role="alert" data-said', raw)


async def test_step_by_step_the_link_makes_company_ladder_and_first_user(visitor: Console) -> None:
    address = await link()
    assert 'name="cnpj"' in (await visitor.get(address)).raw
    second = await visitor.post(address, COMPANY | {"step": "company"})
    assert second.status == 200 and 'name="password"' in second.raw
    assert await db.fetchval("select count(*) from company") == 0
    carried = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', second.raw))
    assert {name: carried[name] for name in COMPANY} == COMPANY
    answer = await visitor.post(address, COMPANY | PERSON | {"step": "person"})
    assert (answer.status, answer.place) == (303, "/console/first-steps/factor")
    for beyond in ("/console/first-steps/plan", "/console/", "/console/staff"):  # not before there is a second factor
        assert (await visitor.get(beyond)).place == "/console/account/second-factor", beyond
    offered = await visitor.get("/console/first-steps/factor")
    assert offered.status == 200 and ">Depois<" not in offered.raw
    company = await db.fetchrow("select * from company")
    assert (company["name"], company["cnpj"]) == ("Serra Azul", "11222333000181")
    assert await db.fetchval("select count(*) from dunning_step") == 5
    assert await db.fetchval("select role from staff_user where login = 'taina'") == "admin"
    assert [len(await audited(a)) for a in ("company.added", "user.added")] == [1, 1]
    assert (await visitor.get(address)).status == 410
    visitor.token = "none"
    assert (await visitor.post(address, COMPANY | PERSON)).status == 410


async def test_mistakes_are_told_at_their_step_and_keep_the_link(visitor: Console) -> None:
    address = await link()
    answer = await visitor.post(address, COMPANY | {"step": "company", "cnpj": "11222333000182", "zone": "X"})
    assert (answer.status, wrong(answer.raw)) == (422, ["cnpj", "zone"])
    answer = await visitor.post(address, COMPANY | PERSON | {"step": "person", "password": "short", "again": "shor"})
    assert (answer.status, wrong(answer.raw)) == (422, ["again"])
    answer = await visitor.post(address, COMPANY | PERSON | {"step": "person", "password": "short", "again": "short"})
    assert (answer.status, wrong(answer.raw)) == (422, ["password"])
    assert 'value="short"' not in answer.raw
    # Fields carried along are only a browser's word.
    answer = await visitor.post(address, COMPANY | PERSON | {"step": "person", "cnpj": "11222333000182"})
    assert (answer.status, wrong(answer.raw)) == (422, ["cnpj"])
    assert await db.fetchval("select count(*) from company") == 0
    assert (await visitor.get(address)).status == 200


async def test_one_may_go_back_and_finds_what_was_typed(visitor: Console) -> None:
    address = await link()
    answer = await visitor.post(address, COMPANY | PERSON | {"step": "back"})
    assert answer.status == 200
    assert 'name="cnpj" type="text" value="11.222.333/0001-81"' in answer.raw
    assert 'name="login" value="taina"' in answer.raw
    assert PERSON["password"] not in answer.raw


async def test_an_old_link_and_a_link_beside_a_user_are_worth_nothing(stranger: Console) -> None:
    assert (await stranger.get(await link())).status == 410
    await db.execute("delete from staff_user")
    await db.execute("update setup_link set expires_at = now()")
    assert (await stranger.get("/setup/abc")).status == 410
    assert (await stranger.get("/setup/unknown")).status == 410
