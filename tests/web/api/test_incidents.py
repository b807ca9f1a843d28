"""API: incidents with whom they touch, what is done about them; alert rules."""

from __future__ import annotations

import pytest

from oss.base import db, secrets
from tests.conftest import Seed
from tests.oss.monitoring.outage import Outage, drawn_outage

from .conftest import Caller, Callers

RULE = {"name": "Hot", "subject": "device", "metric": "temperature_c", "limit": 75, "margin": 5, "severity": "critical"}


@pytest.fixture
async def outage(seed: Seed, sealer: secrets.Sealer) -> Outage:
    return await drawn_outage(sealer, seed.logins)


async def test_an_incident_is_read_with_its_members_and_customers(ask: Caller, outage: Outage, seed: Seed) -> None:
    key = await outage.cut()
    one = (await ask("GET", f"/incidents/{key}")).body
    assert (one["why"], one["at_name"], one["customers"], one["cents_an_hour"]) == ("cut", "CTO-1", 5, 75)
    assert [each["id"] for each in (await ask("GET", "/incidents?open=true&why=cut")).body["items"]] == [key]
    assert (await ask("GET", "/incidents?open=false")).body["items"] == []
    members = (await ask("GET", f"/incidents/{key}/members")).body["items"]
    assert {(each["kind"], each["object_id"]) for each in members} == {("onu", each) for each in outage.drawn.onus}
    page = (await ask("GET", f"/incidents/{key}/customers?limit=3")).body
    rest = (await ask("GET", f"/incidents/{key}/customers?cursor={page['next']}")).body
    assert [each["login"] for each in page["items"] + rest["items"]] == seed.logins
    assert (await ask("GET", f"/incidents/{key + 1}/members")).status == 404


async def test_it_is_acknowledged_and_written_about(ask: Caller, outage: Outage) -> None:
    key = await outage.cut()
    taken = await ask("POST", f"/incidents/{key}/acknowledge")
    assert taken.status == 201 and taken.body["acknowledged_at"] is not None
    assert [one["id"] for one in (await ask("GET", "/incidents?acknowledged=true")).body["items"]] == [key]
    body = {"note_to_customers": "A crew is on it.", "expected_at": "2031-01-01T00:00:00Z"}
    assert list((await ask("PATCH", f"/incidents/{key}", body)).fields) == ["expected_at"]
    changed = await ask("PATCH", f"/incidents/{key}", {"note_to_customers": "A crew is on it."})
    assert (changed.status, changed.body["note_to_customers"]) == (200, "A crew is on it.")
    stale = await ask("PATCH", f"/incidents/{key}", {"note_to_customers": "x"}, headers={"If-Match": '"1"'})
    assert stale.status == 412
    assert (await ask("DELETE", f"/incidents/{key}/acknowledge")).status == 204
    await outage.repair()
    assert (await ask("POST", f"/incidents/{key}/acknowledge")).status == 409


async def test_a_reader_reads_and_changes_nothing(ask: Caller, callers: Callers, outage: Outage) -> None:
    key, reader = await outage.cut(), await callers("reader")
    assert (await reader("GET", f"/incidents/{key}")).status == 200
    assert (await reader("POST", f"/incidents/{key}/acknowledge")).status == 403
    assert (await reader("PATCH", f"/incidents/{key}", {"note_to_customers": "x"})).status == 403
    assert (await reader("GET", "/alert-rules")).status == 403
    finance = await callers("technician")
    assert (await finance("GET", f"/incidents/{key}/customers")).body["items"] == []  # none of its cities


async def test_a_rule_is_made_changed_and_deleted(ask: Caller) -> None:
    made = await ask("POST", "/alert-rules", RULE)
    assert made.status == 201 and made.headers["Location"].endswith(f"/alert-rules/{made.body['id']}")
    assert (made.body["limit"], made.body["side"], made.body["window_s"]) == (75.0, "above", None)
    path = f"/alert-rules/{made.body['id']}"
    changed = await ask("PATCH", path, {"limit": 80, "enabled": True})
    assert (changed.body["limit"], changed.body["margin"], changed.body["enabled"]) == (80.0, 5.0, True)
    assert changed.body["version"] == 2
    assert [
        one["name"] for one in (await ask("GET", "/alert-rules?subject=server&severity=critical")).body["items"]
    ] == [
        "RADIUS packets are dropped",
        "RADIUS loop lags",
        "Journal lags",
    ]
    assert (await ask("DELETE", path)).status == 204
    assert (await ask("GET", path)).status == 404
    assert await db.fetchval("select count(*) from audit where action like 'alert_rule.%'") == 3


@pytest.mark.parametrize(
    ("change", "field"),
    [({"metric": "rx_dbm"}, "metric"), ({"kind": "rate"}, "window_s"), ({"limit": "75"}, "limit"), ({"x": 1}, "x")],
)
async def test_what_makes_no_sense_is_refused_at_its_field(ask: Caller, change: dict[str, object], field: str) -> None:
    answer = await ask("POST", "/alert-rules", RULE | change)
    assert (answer.status, list(answer.fields)) == (422, [field])
