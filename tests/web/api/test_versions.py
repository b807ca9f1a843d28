"""A change of what was read (If-Match, RFC 9110 13.1.1): refused with the present state if it was changed meanwhile."""

from __future__ import annotations

import json
from typing import Any

import pytest

from oss.base import db
from tests.conftest import Seed

from .conftest import Caller
from .test_resources import open_session


def things(seed: Seed) -> dict[str, tuple[str, dict[str, Any], dict[str, Any]]]:
    return {
        "customer": (f"/customers/{seed.customers[0]}", {"name": "Uma"}, {"email": "outra@example.com"}),
        "contract": (f"/contracts/{seed.contracts[0]}", {"due_day": 5}, {"due_day": 20}),
        "plan": (f"/plans/{seed.plan}", {"price_cents": 1}, {"price_cents": 2}),
        "nas": (f"/nas/{seed.nas}", {"interim_s": 60}, {"interim_s": 90}),
        "access_account": ("/access-accounts/1", {"max_sessions": 2}, {"enabled": False}),
    }


@pytest.mark.parametrize("what", ["customer", "contract", "plan", "nas", "access_account"])
async def test_a_stale_change_is_refused_with_the_present_state(ask: Caller, seed: Seed, what: str) -> None:
    path, first, second = things(seed)[what]
    read = await ask("GET", path)
    mine = {"If-Match": read.headers["ETag"]}
    other = await ask("PATCH", path, first, headers=mine)
    assert other.status == 200 and other.headers["ETag"] != read.headers["ETag"]
    stale = await ask("PATCH", path, second, headers=mine)
    assert stale.status == 412 and stale.body["type"] == "urn:milha:problem:changed-meanwhile"
    present = await ask("GET", path)
    assert stale.body["current"] == present.body == other.body
    assert stale.headers["ETag"] == present.headers["ETag"] == other.headers["ETag"]
    for header in (present.headers["ETag"], "*", f'"0-x", W/{present.headers["ETag"]}'):
        assert (await ask("PATCH", path, first, headers={"If-Match": header})).status == 200, header
    for header in ('"0-x"', '"abc"', ""):
        assert (await ask("PATCH", path, first, headers={"If-Match": header})).status == 412, header


async def test_what_the_network_says_beside_it_refuses_no_change(ask: Caller, seed: Seed) -> None:
    read = await ask("GET", "/access-accounts/1")
    await open_session(seed, 0, None)
    online = await ask("GET", "/access-accounts/1")
    assert online.body["online"] and online.headers["ETag"] != read.headers["ETag"]
    done = await ask("PATCH", "/access-accounts/1", {"max_sessions": 3}, headers={"If-Match": read.headers["ETag"]})
    assert done.status == 200
    await db.execute("update nas set signs_since = now()")  # learned by a node
    assert await db.fetchval("select version from nas where id = $1", seed.nas) == 1


async def test_a_customer_is_changed_in_part_and_the_change_is_noted(ask: Caller, seed: Seed) -> None:
    path = f"/customers/{seed.customers[0]}"
    changed = await ask("PATCH", path, {"document": "52998224725", "postcode": "37200000"})
    assert changed.status == 200 and changed.body["name"] == "Cliente Número 1" and changed.body["version"] == 2
    cleared = await ask("PATCH", path, {"document": None})
    assert cleared.body["document"] is None
    rows = await db.fetch("select detail from audit where action = 'customer.changed' order by id")
    assert json.loads(rows[0]["detail"])["after"] == {"document": "52998224725", "postcode": "37200000"}
    assert json.loads(rows[1]["detail"]) == {"before": {"document": "52998224725"}, "after": {"document": None}}
    for body, field in (({"document": "52998224724"}, "document"), ({"name": " "}, "name"), ({"phone": "1"}, "phone")):
        assert set((await ask("PATCH", path, body)).fields) == {field}, body
    assert (await ask("PATCH", "/customers/999999", {"name": "x"})).status == 404
