"""API tokens in the console: made with no more than their maker may do, shown once, kept to networks, revoked."""

from __future__ import annotations

import re
from typing import Any

import pytest

from oss.base import db
from oss.staff import tokens

from .conftest import Console, audited

NEW = {"name": "crm", "role": "finance", "days": "90", "part": "", "networks": ""}


def shown(raw: str) -> str:
    found = re.search(r"data-secret>(mil_[\w-]+)<", raw)
    assert found is not None
    return found[1]


async def test_a_token_is_made_shown_once_and_works(console: Console) -> None:
    answer = await console.post("/console/tokens", NEW | {"networks": "192.0.2.0/24\n 198.51.100.7, 2001:db8::/32"})
    assert answer.status == 201
    token = shown(answer.raw)
    found = await tokens.find(token, "192.0.2.9")
    assert found is not None and "payments.write" in found.permissions
    assert await tokens.find(token, "203.0.113.1") is None
    row = await db.fetchrow("select * from api_token")
    assert (row["name"], row["made_by"]) == ("crm", "ana") and row["expires_at"] is not None
    listed = await console.get("/console/tokens")
    assert token not in listed.raw
    assert "crm" in listed.text and "192.0.2.0/24" in listed.text and "Financeiro" in listed.text
    (note,) = await audited("token.added")
    assert note["actor"] == "ana" and token not in str(dict(note))


async def test_a_part_of_a_role_is_chosen_by_acts_in_words(console: Console) -> None:
    form = await console.get("/console/tokens/new")
    assert "Ver planos" in form.text and 'data-has="admin finance' in form.raw
    answer = await console.post(
        "/console/tokens",
        [*(NEW | {"part": "1"}).items(), ("permissions", "plans.read"), ("permissions", "payments.write")],
    )
    found = await tokens.find(shown(answer.raw))
    assert found is not None and found.permissions == {"plans.read", "payments.write"}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": " "}, "name"),
        ({"role": "king"}, "role"),
        ({"days": "7"}, "days"),
        ({"networks": "here"}, "networks"),
        ({"part": "1"}, "permissions"),
        ({"part": "1", "permissions": "staff.write"}, "permissions"),
    ],
)
async def test_what_is_wrong_is_told_at_its_field(console: Console, changed: dict[str, str], field: str) -> None:
    answer = await console.post("/console/tokens", NEW | changed)
    assert answer.status == 422
    assert re.search(rf'href="#{field}"', answer.raw)
    assert await db.fetchval("select count(*) from api_token") == 0


async def test_nobody_makes_a_token_that_may_more_than_they(console: Console, api: Any) -> None:
    await db.execute("insert into role (key, name) values ('keeper', 'Keeper')")
    await db.execute(
        "insert into role_grant select 'keeper', p, s from (values ('tokens.write', 'all'), ('plans.read', 'all'), "
        "('customers.read', 'city')) g (p, s)"
    )
    await db.execute("update staff_user set role = 'keeper', cities = '{Serra}'")
    assert 'value="staff.write"' not in (await console.get("/console/tokens/new")).raw
    for role in ("admin", "finance", "technician"):
        assert (await console.post("/console/tokens", NEW | {"role": role})).status == 422
    answer = await console.post("/console/tokens", NEW | {"role": "keeper"})
    found = await tokens.find(shown(answer.raw))
    assert found is not None and found.held.kinds["customers.read"] == "city" and found.held.cities == ("Serra",)
    await db.execute("insert into role_grant values ('keeper', 'staff.write', 'all')")
    again = await tokens.find(shown(answer.raw))
    assert again is not None and "staff.write" not in again.permissions  # the role was given more later
    assert (await console.post("/console/tokens", NEW | {"role": "keeper", "cities": "Lavras"})).status == 422
    token = shown(answer.raw)
    body = {"name": "x", "role": "admin"}
    async with api.post("/api/v1/tokens", json=body, headers={"Authorization": f"Bearer {token}"}) as refused:
        assert refused.status == 422
        assert (await refused.json())["errors"][0]["field"] == "permissions"


async def test_a_revoked_token_ends_with_its_next_request(console: Console) -> None:
    token = shown((await console.post("/console/tokens", NEW)).raw)
    key = await db.fetchval("select id from api_token")
    assert "crm" in (await console.get(f"/console/tokens/{key}/revoke")).text
    answer = await console.post(f"/console/tokens/{key}/revoke")
    assert (answer.status, answer.place) == (303, "/console/tokens")
    assert await tokens.find(token) is None
    assert len(await audited("token.revoked")) == 1
    assert (await console.post(f"/console/tokens/{key}/revoke")).status == 404
    assert (await console.post("/console/tokens/99999/revoke")).status == 404


async def test_the_api_makes_tokens_and_keeps_none_for_a_repeated_request(api: Any) -> None:
    body = {"name": "crm", "role": "finance", "permissions": ["plans.read"], "networks": ["127.0.0.0/8"], "days": 5}
    headers = {"Idempotency-Key": "once"}
    async with api.post("/api/v1/tokens", json=body, headers=headers) as answer:
        made = await answer.json()
        assert answer.status == 201 and answer.headers["Location"].endswith(f"/tokens/{made['id']}")
    assert (made["permissions"], made["networks"], made["made_by"]) == (["plans.read"], ["127.0.0.0/8"], "token:test")
    async with api.post("/api/v1/tokens", json=body, headers=headers) as answer:
        again = await answer.json()
        assert answer.headers["Idempotency-Replayed"] == "true" and again == {**made, "token": None}
    assert made["token"] not in str(await db.fetch("select * from idempotency")) + str(
        await db.fetch("select * from audit")
    )
    async with api.get("/api/v1/plans", headers={"Authorization": f"Bearer {made['token']}"}) as answer:
        assert answer.status == 200
    async with api.get("/api/v1/customers", headers={"Authorization": f"Bearer {made['token']}"}) as answer:
        assert answer.status == 403
