"""API: a line's diagnosis, its steps as operations there are, and who carries most."""

from __future__ import annotations

import re
from typing import Any

from oss.base import db
from oss.monitoring.diagnosis_causes import KINDS
from tests.conftest import Seed, fall_overdue
from tests.web.console.conftest import go_online
from web.api.typed import CATALOGUE, PREFIX
from web.api.v1.diagnosis import OPERATIONS

from .conftest import Callers


async def account() -> int:
    return int(await db.fetchval("select id from access_account where login = 'cli1'"))


async def test_a_line_is_diagnosed_in_the_language_asked_for(callers: Callers, seed: Seed) -> None:
    await fall_overdue(seed.contracts[0], 50)
    caller, key = await callers("admin"), await account()
    answer = await caller("GET", f"/diagnosis/{key}")
    (first, *_) = answer.body["causes"]
    assert answer.status == 200 and (first["key"], first["severity"]) == ("debt_cut", "blocked")
    assert first["sentence"].startswith("Cortado por dívida") and first["facts"]["days"] == 50
    promise = f"/api/v1/contracts/{seed.contracts[0]}/promise"
    assert first["steps"][0] == {"key": "promise", "method": "POST", "path": promise}
    english = await caller("GET", f"/diagnosis/{key}?language=en")
    assert english.body["causes"][0]["sentence"].startswith("Cut off for debt")
    assert (await caller("GET", "/diagnosis/999999")).status == 404
    assert (await caller("GET", f"/diagnosis/{key}?language=xx")).status == 422


def test_every_step_is_an_operation_that_there_is(web_app: Any) -> None:
    known = {
        (one.method, re.sub(r"{\w+}", "{}", one.path.removeprefix(PREFIX))) for one in web_app[CATALOGUE].operations
    }
    for step, (method, path) in OPERATIONS.items():
        assert (method, re.sub(r"{\w+}", "{}", path.partition("?")[0])) in known, step
    assert {step for kind in KINDS.values() for step in kind.steps} - {"links"} == set(OPERATIONS)


async def test_who_carries_most_with_the_limit_in_force(callers: Callers, seed: Seed) -> None:
    await go_online(seed, 0, bps=400_000_000)
    await go_online(seed, 1, bps=800_000, applied="reduced:1024/512")
    answer = await (await callers("admin"))("GET", "/bandwidth?most=5")
    lines = [(one["login"], one["down_bps"], one["limit_kbps"], one["share"]) for one in answer.body["lines"]]
    assert lines == [("cli1", 400_000_000, 500_000, 0.8), ("cli2", 800_000, 1_024, 0.7812)]
    assert [one["name"] for one in answer.body["routers"]] == ["BNG-1"]
