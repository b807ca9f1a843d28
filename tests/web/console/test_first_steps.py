"""The first day in the console: plan, router with what to paste, a test login, what arrives; left and come back to."""

from __future__ import annotations

import json
import re
import time

import pyotp
import pytest

from oss.access import accounts
from oss.base import db, secrets
from tests.conftest import Seed

from .conftest import Console, audited

PLAN = {"name": "Fibra 500", "down_kbps": "500", "up_kbps": "250", "price_cents": "109,90"}
ROUTER = {"name": "bras-1", "network": "127.0.0.1", "vendor": "mikrotik"}
LINE = "insert into nas_watch (nas_id, node, at, until_at, count, lines) values ($1, 'n', now(), now(), 1, $2)"


@pytest.fixture
async def fresh(console: Console) -> Console:
    """Signed in right behind the set-up: a company and its administrator, nothing else."""
    await db.execute(
        "insert into company (name, legal_name, cnpj, zone) values ('Serra', 'Serra Ltda', '11222333000181', 'UTC')"
    )
    return console


async def test_step_leads_to_step(fresh: Console) -> None:
    assert (await fresh.get("/console/first-steps")).place == "/console/first-steps/factor"
    assert "Primeiros passos" in (await fresh.get("/console/")).text
    answer = await fresh.post("/console/first-steps/plan", PLAN)
    assert (answer.status, answer.place) == (303, "/console/first-steps/router")
    assert await db.fetchval("select price_cents from plan") == 10_990
    answer = await fresh.post("/console/first-steps/router", ROUTER)
    assert answer.status == 201
    secret = re.search(r"secret=&#34;([a-z2-9]{20})&#34;", answer.raw)
    assert secret is not None, answer.raw
    await with_codes(fresh)
    assert (await fresh.get("/console/first-steps")).place == "/console/first-steps/login"
    later = await fresh.get("/console/first-steps/router")
    assert secret[1] not in later.raw
    assert secret[1] in (await fresh.post("/console/first-steps/router/secret?for=cisco")).raw
    assert len(await audited("nas.secret_seen")) == 2  # when it was made, and now
    assert secret[1] not in str(await db.fetch("select * from audit"))
    again = await fresh.post("/console/first-steps/router", ROUTER | {"network": "10.0.0.1"})
    assert (again.status, again.place) == (303, "/console/first-steps/router")
    assert await db.fetchval("select count(*) from nas") == 1


@pytest.mark.parametrize(
    ("step", "values", "field"),
    [
        ("plan", PLAN | {"name": ""}, "name"),
        ("plan", PLAN | {"down_kbps": "0"}, "down_kbps"),
        ("plan", PLAN | {"price_cents": "cheap"}, "price_cents"),
        ("router", ROUTER | {"network": "here"}, "network"),
        ("router", ROUTER | {"vendor": "abacus"}, "vendor"),
        ("router", ROUTER | {"name": ""}, "name"),
    ],
)
async def test_what_is_wrong_is_told_at_its_field(
    fresh: Console, step: str, values: dict[str, str], field: str
) -> None:
    answer = await fresh.post(f"/console/first-steps/{step}", values)
    assert answer.status == 422
    assert f'href="#{field}"' in answer.raw


async def test_the_test_login_has_a_password_of_its_own_and_ends_with_the_first_steps(
    console: Console, seed: Seed, sealer: secrets.Sealer
) -> None:
    answer = await console.post("/console/first-steps/login")
    login, password = re.findall(r'data-made="\d">([^<]+)<', answer.raw)
    assert answer.status == 201 and login.startswith("teste-") and len(password) == 12
    row = await db.fetchrow("select * from access_account where login = $1", login)
    assert password in sealer.open(row["password_sealed"], f"{accounts.TABLE}/{row['id']}").decode()
    assert await db.fetchval("select count(*) from nas_watch where nas_id = $1", seed.nas) == 1
    assert password not in (await console.get("/console/first-steps/login")).raw
    other = re.findall(r'data-made="\d">([^<]+)<', (await console.post("/console/first-steps/login")).raw)
    assert other[0] == login and other[1] != password
    assert (await console.post("/console/first-steps/leave")).place == "/console/"
    assert await db.fetchval("select status from contract where id = $1", row["contract_id"]) == "ended"
    assert "/console/first-steps" not in (await console.get("/console/")).raw
    assert password not in str(await db.fetch("select * from audit"))


@pytest.mark.parametrize(
    ("why", "said"), [("", "cli1 foi aceito"), ("wrong_password", "cli1 foi recusado"), ("unknown_login", "recusado")]
)
async def test_what_arrives_is_told_with_its_reason(console: Console, seed: Seed, why: str, said: str) -> None:
    lines = [[1_790_000_000_000_000, "login", "cli1", why, 1]]
    await db.execute(LINE, seed.nas, json.dumps(lines))
    part = await console.get("/console/first-steps/login/arrivals")
    assert said in part.text


async def test_who_may_not_change_the_house_has_no_first_steps(console: Console, seed: Seed) -> None:
    await db.execute("update staff_user set role = 'attendant'")
    assert "first-steps" not in (await console.get("/console/")).raw
    assert (await console.get("/console/first-steps")).status == 403


async def with_codes(console: Console) -> str:
    """The administrator's second factor, by the wizard; the app's secret."""
    assert (await console.post("/console/first-steps/factor")).place == "/console/first-steps/factor"
    page = await console.get("/console/first-steps/factor")
    found = re.search(r"data-key-text>([A-Z2-7]{32})<", page.raw)
    assert found is not None and "<svg" in page.raw.split("data-qr")[1][:200]
    wrong = await console.post("/console/first-steps/factor/confirm", {"code": "1"})
    assert wrong.status == 422 and 'id="code-wrong" role="alert" data-said' in wrong.raw
    code = pyotp.TOTP(found[1]).at(int(time.time()))
    done = await console.post("/console/first-steps/factor/confirm", {"code": code})
    assert done.status == 200 and len(re.findall(r'<li class="bg-base-200[^>]*>[\w-]+</li>', done.raw)) == 10
    return found[1]


async def test_the_administrator_gets_a_second_factor_with_recovery_codes(fresh: Console) -> None:
    assert "Segundo fator" in (await fresh.get("/console/")).text
    secret = await with_codes(fresh)
    later = await fresh.get("/console/first-steps/factor")
    assert secret not in later.raw and "Você tem um segundo fator" in later.text
    assert (await fresh.get("/console/first-steps")).place == "/console/first-steps/plan"
    assert await db.fetchval("select count(*) from staff_recovery_code") == 10
    assert (
        await fresh.post("/console/first-steps/factor")
    ).status == 409  # there is one: it is not replaced in passing


async def test_the_step_is_open_to_whose_role_demands_what_they_do_not_have_yet(fresh: Console) -> None:
    await db.execute("update role set needs_second_factor = true where key = 'admin'")
    assert (await fresh.get("/console/first-steps/plan")).place == "/console/account/second-factor"
    assert (await fresh.get("/console/first-steps/factor")).status == 200
    await with_codes(fresh)
    assert (await fresh.get("/console/first-steps/plan")).status == 200
