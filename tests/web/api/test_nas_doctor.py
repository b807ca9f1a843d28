"""The doctor by the API: asked by POST, read by GET, its findings as codes with words beside them."""

from __future__ import annotations

import json
from typing import Any

from oss.base import db
from tests.conftest import Seed
from tests.web.console.test_nas_doctor import HEALTHY


async def test_an_examination_is_asked_for_and_read(api: Any, seed: Seed) -> None:
    path = f"/api/v1/nas/{seed.nas}/doctor"
    async with api.get(path) as answer:
        assert answer.status == 404
    async with api.post(path) as answer:
        asked = await answer.json()
        assert (answer.status, answer.headers["Location"], asked["done"]) == (201, path, False)
    probe = {"kind": "refused", "host": "127.0.0.1", "port": 3799}
    sql = "insert into nas_finding values ($1, 'test', now(), $2)"
    await db.execute(sql, asked["id"], json.dumps(HEALTHY | {"probe": probe}))
    async with api.get(path) as answer:
        found = await answer.json()
    assert (found["id"], found["done"], found["state"]) == (asked["id"], True, "wrong")
    (wrong,) = [one for one in found["checks"] if one["state"] == "wrong"]
    assert (wrong["key"], wrong["cure"], wrong["facts"]["port"]) == ("coa", "coa_closed", 3799)
    assert wrong["seen"] == "127.0.0.1 says that nothing listens at port 3799"
    row = await db.fetchrow("select actor from audit where action = 'nas.examined'")
    assert row["actor"] == "token:test"


async def test_a_router_that_does_not_exist_is_not_examined(api: Any, seed: Seed) -> None:
    async with api.post("/api/v1/nas/77/doctor") as answer:
        assert answer.status == 404
    assert await db.fetchval("select count(*) from nas_exam") == 0
