"""API: sites, devices, links, plant, maintenance, and where a login's line ends."""

from __future__ import annotations

from oss.base import db, secrets
from oss.network import device_secrets
from tests.conftest import Seed

from .conftest import Caller, Callers


async def network(ask: Caller) -> dict[str, int]:
    """A site, a core and an OLT with a PON, a box and an ONU in it, all made by the API."""
    made = {"site": (await ask("POST", "/sites", {"name": "Centro", "kind": "core", "city": "Lavras"})).body["id"]}
    for name, role, core in (("core", "router", True), ("olt", "olt", False)):
        body = {"name": name, "role": role, "site_id": made["site"], "is_core": core, "snmp_community": "publica-77"}
        answer = await ask("POST", "/devices", body)
        assert answer.status == 201 and "publica-77" not in str(answer.body)
        made[name] = answer.body["id"]
    body = {"a_device_id": made["core"], "b_device_id": made["olt"], "capacity_bps": 10**10}
    made["link"] = (await ask("POST", "/links", body)).body["id"]
    made["pon"] = (await ask("POST", "/pon-ports", {"device_id": made["olt"], "name": "0/1/0"})).body["id"]
    made["box"] = (await ask("POST", "/boxes", {"name": "CTO-1", "pon_id": made["pon"], "ports": 8})).body["id"]
    made["onu"] = (await ask("POST", "/onus", {"serial": "hwtc0000000a", "box_id": made["box"], "box_port": 3})).body[
        "id"
    ]
    return made


async def test_a_network_is_drawn_and_a_line_leads_up_to_the_core(
    ask: Caller, seed: Seed, sealer: secrets.Sealer
) -> None:
    made = await network(ask)
    olt = (await ask("GET", f"/devices/{made['olt']}")).body
    assert (olt["parent_device_id"], olt["parent_link_id"]) == (made["core"], made["link"])
    assert (await device_secrets.credentials(db.pool(), sealer, made["olt"])).snmp_community == "publica-77"
    onu = (await ask("GET", f"/onus/{made['onu']}")).body
    assert (onu["serial"], onu["pon_id"]) == ("HWTC0000000A", made["pon"])
    assert [one["id"] for one in (await ask("GET", "/onus?serial=485754430000000a")).body["items"]] == [made["onu"]]
    account = await db.fetchval("select id from access_account where login = 'cli1'")
    assert (await ask("GET", f"/access-accounts/{account}/drop")).body["path"] == []
    tied = await ask("PATCH", f"/access-accounts/{account}/drop", {"onu_id": made["onu"]})
    assert [one["name"] for one in tied.body["path"]] == ["HWTC0000000A", "CTO-1", "0/1/0", "olt", "core – olt", "core"]
    assert (await ask("DELETE", f"/onus/{made['onu']}")).status == 409
    assert (await ask("PATCH", f"/access-accounts/{account}/drop", {})).body["onu_id"] is None
    for path in ("onus/{onu}", "boxes/{box}", "pon-ports/{pon}", "links/{link}", "devices/{olt}"):
        assert (await ask("DELETE", "/" + path.format(**made))).status == 204, path


async def test_what_is_left_out_of_a_change_stays(ask: Caller, seed: Seed, sealer: secrets.Sealer) -> None:
    made = await network(ask)
    core = f"/devices/{made['core']}"
    changed = await ask("PATCH", core, {"software": "7.16", "management": "10.0.0.1"})
    assert (changed.body["software"], changed.body["is_core"], changed.body["version"]) == ("7.16", True, 2)
    assert (await device_secrets.credentials(db.pool(), sealer, made["core"])).snmp_community == "publica-77"
    await ask("PATCH", core, {"snmp_community": ""})
    assert (await device_secrets.credentials(db.pool(), sealer, made["core"])).snmp_community is None
    assert (await ask("PATCH", f"/sites/{made['site']}", {"city": None})).body["name"] == "Centro"


async def test_a_change_of_an_older_version_is_refused(ask: Caller, seed: Seed) -> None:
    made = await network(ask)
    link = f"/links/{made['link']}"
    tag = (await ask("GET", link)).headers["ETag"]
    assert (await ask("PATCH", link, {"name": "x"}, headers={"If-Match": tag})).status == 200
    assert (await ask("PATCH", link, {"name": "y"}, headers={"If-Match": tag})).status == 412


async def test_mistakes_are_told_by_field(ask: Caller, seed: Seed) -> None:
    made = await network(ask)
    wrong = await ask("POST", "/links", {"a_device_id": made["core"], "b_device_id": made["core"]})
    assert wrong.status == 422 and list(wrong.fields) == ["b_device_id"]
    wrong = await ask("PATCH", f"/devices/{made['core']}", {"snmp_version": "3"})
    assert list(wrong.fields) == ["snmp_user"]
    window = {"starts_at": "2090-01-01T00:00:00Z", "ends_at": "2090-01-01T02:00:00Z", "note": "x"}
    assert list((await ask("POST", "/maintenance-windows", window)).fields) == ["target"]
    made_window = await ask("POST", "/maintenance-windows", window | {"pon_id": made["pon"]})
    assert (made_window.body["target"], made_window.body["state"]) == ("olt 0/1/0", "planned")
    path = f"/maintenance-windows/{made_window.body['id']}"
    assert (await ask("DELETE", path)).status == 204
    assert (await ask("GET", path)).body["state"] == "cancelled"


async def test_a_reader_reads_and_changes_nothing(ask: Caller, callers: Callers, seed: Seed) -> None:
    made = await network(ask)
    reader = await callers("reader")
    for path in ("sites", "devices", "links", "pon-ports", "boxes", "onus", "maintenance-windows"):
        assert (await reader("GET", f"/{path}")).status == 200
    assert (await reader("GET", f"/devices/{made['core']}/interfaces")).body["items"] == []
    assert (await reader("DELETE", f"/links/{made['link']}")).status == 403
