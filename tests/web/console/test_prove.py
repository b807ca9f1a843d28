"""Before a dangerous act the person proves again who they are, and nothing that was typed is lost."""

from __future__ import annotations

import html
import json
import re
import time
from typing import Any

import pytest

from oss.base import db
from tests.conftest import Seed
from web.console import holds
from web.keys import FRESH

from .conftest import Console, audited

BEA = {"login": "bea", "name": 'Bea "B" <Prova>', "email": "", "role": "noc", "active": "1", "routers": ""}
FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
PASSWORD = "ana-password-1"


@pytest.fixture
async def stale(console: Console) -> Console:
    """Signed in eleven minutes ago."""
    await console.get("/console/plans")
    await age()
    return console


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than one contract is many."""
    monkeypatch.setattr(holds, "MANY", 1)


async def age() -> None:
    sql = "update web_session set data = jsonb_set(data, '{session,proved_at}', to_jsonb($1::float8))"
    await db.execute(sql, time.time() - 660)


def carried(raw: str) -> dict[str, str]:
    """The hidden fields of the question, without the tokens."""
    form = raw.split('action="/console/prove"')[1].split("</form>")[0]
    return {name: html.unescape(value) for name, value in FIELD.findall(form) if name != "csrf_token"}


async def people() -> int:
    return int(await db.fetchval("select count(*) from staff_user"))


async def test_an_act_waits_for_the_proof_and_goes_on_as_it_was_typed(stale: Console) -> None:
    question = await stale.post("/console/staff", BEA)
    assert question.status == 422 and "Ainda é você?" in question.text and await people() == 1
    fields = carried(question.raw)
    assert BEA.items() <= fields.items() and fields["proof_next"] == "/console/staff"
    wrong = await stale.post("/console/prove", fields | {"proof_password": "wrong"})
    assert wrong.status == 422 and "Não confere" in wrong.text and await people() == 1
    assert BEA.items() <= carried(wrong.raw).items()
    sid = await db.fetchval("select sid_hash from web_session")
    on = await stale.post("/console/prove", fields | {"proof_password": PASSWORD})
    assert (on.status, on.place) == (307, "/console/staff")
    assert await db.fetchval("select sid_hash from web_session") != sid  # a rise of rights, a new identifier
    done = await stale.post("/console/staff", {**fields, "proof_password": PASSWORD})
    assert done.status == 200
    assert await db.fetchval("select name from staff_user where login = 'bea'") == BEA["name"]
    assert len(await audited("user.refused")) == 1


async def test_the_form_is_sent_on_by_the_browser_itself(stale: Console) -> None:
    fields = carried((await stale.post("/console/staff", BEA)).raw)
    data = [*fields.items(), ("proof_password", PASSWORD), ("csrf_token", stale.token)]
    async with stale.client.post("/console/prove", data=data) as answer:  # follows the 307 with method and body
        assert answer.status == 200 and answer.history[0].status == 307
    assert await people() == 2


async def test_in_a_dialog_the_question_comes_into_the_dialog(stale: Console) -> None:
    sheet = {"X-Milha-Block": "sheet", "HX-Request": "true"}
    question = await stale.post("/console/staff", BEA, **sheet)
    assert question.status == 422 and "<html" not in question.raw and BEA.items() <= carried(question.raw).items()


async def test_a_script_is_told_where_to_prove_and_htmx_is_led_there(stale: Console) -> None:
    answer = await stale.post("/console/account/second-factor/passkeys/options", Accept="application/json")
    assert answer.status == 403 and json.loads(answer.raw) == {"prove": "/console/prove"}
    assert (await stale.post("/console/staff", BEA, **{"HX-Request": "true"})).place == "/console/prove"
    page = await stale.get("/console/prove?next=/console/account/second-factor")
    fields = carried(page.raw)
    assert "proof_again" not in fields
    on = await stale.post("/console/prove", fields | {"proof_password": PASSWORD})
    assert (on.status, on.place) == (303, "/console/account/second-factor")


async def test_the_proof_leads_nowhere_but_home(stale: Console) -> None:
    for place in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        given = {"proof_next": place, "proof_again": "1", "proof_password": PASSWORD}
        assert (await stale.post("/console/prove", given)).place == "/console/", place


async def test_a_proof_is_good_for_ten_minutes_and_a_read_wants_none(stale: Console) -> None:
    assert (await stale.get("/console/staff")).status == 200
    await stale.post("/console/prove", {"proof_next": "/console/", "proof_password": PASSWORD})
    assert (await stale.post("/console/staff", BEA)).status == 200
    await age()
    assert (await stale.post("/console/staff", BEA | {"login": "caio"})).status == 422
    assert await people() == 2


async def test_many_holds_at_once_want_a_proof_and_a_few_do_not(stale: Console, seed: Seed, few: None) -> None:
    held = {"reason": "manual", "effect": "cut", "note": "why", "number": "2"}
    chosen = [("chosen", str(one)) for one in seed.contracts[:2]]
    asked = await stale.post("/console/holds/place", [*held.items(), *chosen])
    assert asked.status == 422 and "Ainda é você?" in asked.text
    assert await db.fetchval("select count(*) from hold") == 0
    assert (await stale.post("/console/holds/place", [*held.items(), chosen[0]])).status == 303
    assert await db.fetchval("select count(*) from hold") == 1


async def test_a_routers_new_secret_wants_a_proof_and_its_name_does_not(stale: Console, seed: Seed) -> None:
    page = (await stale.get(f"/console/nas/{seed.nas}")).raw
    version = re.search(r'name="form_version" value="(\d+)"', page)
    assert version is not None
    fields = {"name": "BNG-9", "network": "10.9.0.1/32", "vendor": "mikrotik", "secret": "", "form_version": version[1]}
    asked = await stale.post(f"/console/nas/{seed.nas}", fields | {"secret": "a-new-secret-of-it"})
    assert "Ainda é você?" in asked.text
    assert await db.fetchval("select next_secret_sealed is null and name <> 'BNG-9' from nas where id = $1", seed.nas)
    assert "Ainda é você?" not in (await stale.post(f"/console/nas/{seed.nas}", fields)).text


async def test_a_proof_cannot_be_guessed(stale: Console) -> None:
    given = {"proof_next": "/console/"}
    for _ in range(8):
        await stale.post("/console/prove", given | {"proof_password": "wrong"})
    answer = await stale.post("/console/prove", given | {"proof_password": PASSWORD})
    assert answer.status == 422 and "Tentativas demais" in answer.text


def test_what_changes_who_may_do_what_wants_a_proof(web_app: Any) -> None:
    wanted = {
        "/console/staff",
        "/console/staff/{id}",
        "/console/staff/{id}/invite",
        "/console/staff/{id}/remove",
        "/console/staff/{id}/hand-over",
        "/console/dunning/{id}",
        "/console/health/brake",
        "/console/retention/purge",
        "/console/roles",
        "/console/roles/new",
        "/console/roles/{key}",
        "/console/roles/{key}/remove",
        "/console/account/email",
        "/console/account/second-factor/codes/remove",
        "/console/account/second-factor/passkeys",
        "/console/account/second-factor/recovery-codes",
        "/console/nas/{id}/secret",
        "/console/nas/{id}/doctor/paste",
    }
    found = {route.resource.canonical for route in web_app[FRESH]}
    assert wanted <= found, wanted - found
