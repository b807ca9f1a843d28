"""Rules of signing in at work: refused after the right password, ended when hours end, led to a second factor first."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from oss.base import clock, db
from oss.staff import users
from tests.conftest import TESTER

from .conftest import Console, audited

ROLE = "/console/roles/"
BEA = {"login": "bea", "password": "bea-password-1"}
FREE = {"routers": "write", "from": "", "to": "", "networks": ""}
RULED = "select count(*) from role where needs_second_factor or hours is not null or networks is not null"


def window(begins_in: int, ends_in: int) -> dict[str, str]:
    """Hours around now, in the provider's zone, on every day; minutes."""
    now = clock.now().astimezone(ZoneInfo("America/Sao_Paulo"))
    begin, end = now + timedelta(minutes=begins_in), now + timedelta(minutes=ends_in)
    return {"from": f"{begin:%H:%M}", "to": f"{end:%H:%M}"}


ALWAYS = [("days", str(day)) for day in range(7)]


@pytest.fixture
async def bea(console: Console, web_app: Any, aiohttp_client: Any) -> Console:
    """A browser of ``bea`` of the NOC, not signed in."""
    async with db.transaction() as connection:
        await users.add(connection, TESTER, "bea", "Bea", BEA["password"], "noc")
    browser = Console(await aiohttp_client(web_app))
    browser.token = "none"
    return browser


async def rule(console: Console, days: bool = False, role: str = "noc", **fields: str) -> Any:
    return await console.post(ROLE + role, [*(FREE | fields).items(), *(ALWAYS if days else [])])


async def test_outside_its_hours_a_role_is_refused_after_the_right_password_alone(
    console: Console, bea: Console
) -> None:
    assert (await rule(console, True, **window(60, 120))).status == 303
    answer = await bea.post("/login", BEA)
    assert answer.status == 403 and "certos horários" in answer.text
    wrong = await bea.post("/login", BEA | {"password": "wrong"})
    assert wrong.status == 422 and "certos horários" not in wrong.text
    assert (await bea.get("/console/")).status == 303
    assert '"why": "outside-hours"' in (await audited("user.refused"))[1]["detail"]
    await rule(console, True, **window(-60, 60))
    assert (await bea.post("/login", BEA)).status == 303


async def test_a_session_ends_when_its_hours_do(console: Console, bea: Console) -> None:
    await rule(console, True, **window(-60, 60))
    await bea.post("/login", BEA)
    assert (await bea.get("/console/plans")).status == 200
    await rule(console, True, **window(-60, -1))
    answer = await bea.get("/console/plans")
    assert answer.status == 403 and "certos horários" in answer.text
    assert (await bea.get("/console/plans")).place.startswith("/login")
    assert await db.fetchval("select count(*) from web_session s join staff_user u on u.id = s.user_id "
                             "where u.login = 'bea'") == 0  # fmt: skip


async def test_a_role_signs_in_from_its_networks_only(console: Console, bea: Console) -> None:
    await rule(console, networks="203.0.113.0/24 2001:db8::/32")
    answer = await bea.post("/login", BEA)
    assert answer.status == 403 and "certas redes" in answer.text and "127.0.0.1" in answer.text
    await rule(console, networks="127.0.0.0/8")
    assert (await bea.post("/login", BEA)).status == 303
    await rule(console, networks="203.0.113.0/24")
    assert (await bea.get("/console/plans")).status == 403


async def test_an_address_that_is_only_claimed_is_not_believed(console: Console, bea: Console) -> None:
    await rule(console, networks="203.0.113.0/24")
    assert (await bea.post("/login", BEA, **{"X-Forwarded-For": "203.0.113.9"})).status == 403


async def test_who_must_have_a_second_factor_is_led_to_set_one_up_before_anything_else(
    console: Console, bea: Console
) -> None:
    await rule(console, needs_second_factor="1")
    answer = await bea.post("/login", BEA)
    assert (answer.status, answer.place) == (303, "/console/account/second-factor")
    for path in ("/console/", "/console/plans", "/console/nas", "/console/own-access"):
        assert (await bea.get(path)).place == "/console/account/second-factor", path
    page = await bea.get("/console/account/second-factor")
    assert page.status == 200 and "precisa de segundo fator" in page.text
    assert (await bea.post("/console/plans", {"name": "X"})).status == 303
    assert await db.fetchval("select count(*) from plan") == 0
    await db.execute(
        "insert into staff_passkey (user_id, credential_id, public_key, sign_count, name) "
        "select id, 'x', 'y', 0, 'k' from staff_user where login = 'bea'"
    )
    assert (await bea.get("/console/plans")).status == 200


async def test_the_last_factor_a_role_asks_for_stays(console: Console, bea: Console) -> None:
    await bea.post("/login", BEA)
    await db.execute(
        "insert into staff_passkey (user_id, credential_id, public_key, sign_count, name) "
        "select id, 'x', 'y', 0, 'k' from staff_user where login = 'bea'"
    )
    await rule(console, needs_second_factor="1")
    passkey = await db.fetchval("select id from staff_passkey")
    bea.token = ""
    answer = await bea.post(f"/console/account/second-factor/passkeys/{passkey}/remove")
    assert answer.status == 409 and await db.fetchval("select count(*) from staff_passkey") == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"networks": "203.0.113.0/24"}, "certas redes"),
        (window(60, 120), "certos horários"),
        ({"needs_second_factor": "1"}, "não tem segundo fator"),
    ],
)
async def test_an_administrator_is_warned_before_a_rule_shuts_him_out(
    console: Console, fields: dict[str, str], words: str
) -> None:
    warned = await rule(console, "from" in fields, role="admin", **fields)
    assert warned.status == 422 and words in warned.text and "knowingly" in warned.raw
    assert await db.fetchval(RULED) == 0
    assert (await console.get("/console/plans")).status == 200
    done = await rule(console, "from" in fields, role="admin", knowingly="1", **fields)
    assert done.status == 303 and await db.fetchval(RULED) == 1
    assert (await console.get("/console/plans")).status in (303, 403)


async def test_rules_are_shown_as_they_are_and_mistakes_are_named(console: Console) -> None:
    await rule(console, True, **{"from": "08:00", "to": "18:00"}, networks="203.0.113.0/24", needs_second_factor="1")
    page = await console.get(ROLE + "noc")
    assert 'value="08:00"' in page.raw and "203.0.113.0/24" in page.raw and page.raw.count("checked") >= 8
    for wrong in ({"networks": "x"}, {"from": "8h", "to": "18:00"}, {"from": "08:00", "to": "18:00"}):
        assert (await rule(console, **wrong)).status == 422, wrong
    detail = json.loads((await audited("role.sign_in_rules"))[0]["detail"])
    assert detail["after"]["networks"] == ["203.0.113.0/24"] and detail["before"]["hours"] is None
    assert (await rule(console, role="king")).status == 404
