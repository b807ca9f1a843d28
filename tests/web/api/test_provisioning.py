"""API: who waits, a dry run, an act carried out, and what is refused."""

from __future__ import annotations

from oss.access import olt_looks, provision_work
from oss.base import db, secrets
from tests.conftest import Seed
from tests.oss.access.olts import account, provisioned

from .conftest import Caller, Callers


async def test_an_onu_is_found_shown_and_authorised_once(ask: Caller, seed: Seed, sealer: secrets.Sealer) -> None:
    async with provisioned("huawei-olt", sealer, seed) as olt:
        serial = olt.lights(olt.pons[0], 1)
        await olt_looks.look(olt.device_id)
        waiting = (await ask("GET", "/provisioning/waiting")).body["items"]
        assert [(one["serial"], one["pon"]) for one in waiting] == [(serial, olt.pons[0])]
        asked = {"kind": "authorise", "device_id": olt.device_id, "pon": olt.pons[0], "serial": serial}
        asked["account_id"] = await account("cli1")
        query = "&".join(f"{name}={value}" for name, value in asked.items())
        shown = (await ask("GET", f"/provisioning/plan?{query}")).body["commands"]
        assert any(one.startswith("ont add 0 0 sn-auth") for one in shown) and olt.configured() == {}
        first, second = [await ask("POST", "/provisioning/runs", asked) for _ in range(2)]
        assert first.status == 201 and first.body["id"] == second.body["id"]
        await provision_work.carry_out_all()
        run = (await ask("GET", f"/provisioning/runs/{first.body['id']}")).body
        assert (run["state"], [one["state"] for one in run["steps"]]) == ("done", ["done"] * 3)
        assert [one["id"] for one in (await ask("GET", "/provisioning/runs?state=done")).body["items"]] == [run["id"]]
        decided = await ask("POST", f"/provisioning/runs/{run['id']}/decision", {"wants": "take-back"})
        assert decided.status == 409
        assert (await ask("GET", "/provisioning/drift")).body["items"] == []


async def test_what_is_missing_is_said(ask: Caller, seed: Seed) -> None:
    assert (await ask("POST", "/provisioning/runs", {"kind": "authorise"})).status == 422
    assert (await ask("POST", "/provisioning/runs", {"kind": "reboot"})).status == 422
    assert (await ask("POST", "/provisioning/runs", {"kind": "reboot", "onu_id": 7})).status == 404
    assert (await ask("GET", "/provisioning/runs/7")).status == 404


async def test_technicians_provision_and_only_the_network_decides(callers: Callers, seed: Seed) -> None:
    technician, reader = await callers("technician"), await callers("reader")
    asked = {"kind": "reboot", "onu_id": 7}
    assert (await technician("POST", "/provisioning/runs", asked)).status == 404  # it may, and there is none
    assert (await reader("POST", "/provisioning/runs", asked)).status == 403
    assert (await technician("POST", "/provisioning/runs/7/decision", {"wants": "settled"})).status == 403
    assert await db.fetchval("select count(*) from provision_run") == 0


async def test_a_login_awaited_in_a_box_is_offered_for_what_lights_up(
    ask: Caller, seed: Seed, sealer: secrets.Sealer
) -> None:
    async with provisioned("huawei-olt", sealer, seed) as olt:
        box, key = await db.fetchval("select min(name) from splitter_box"), await account("cli1")
        path = f"/access-accounts/{key}/planned-drop"
        assert (await ask("GET", path)).body["box"] is None
        planned = await ask("PATCH", path, {"box": box, "box_port": 2})
        assert (planned.status, planned.body["box"], planned.body["box_port"]) == (200, box, 2)
        serial = olt.lights(planned.body["pon"], 1)
        await olt_looks.look(olt.device_id)
        (waiting,) = (await ask("GET", "/provisioning/waiting")).body["items"]
        assert (waiting["serial"], [one["login"] for one in waiting["candidates"]]) == (serial, ["cli1"])
        assert (await ask("PATCH", path, {"box": box, "box_port": 99})).status == 422
        assert (await ask("PATCH", path, {})).body["box"] is None


async def test_whose_a_run_or_a_difference_is_only_who_sees_the_customer_is_told(
    ask: Caller, callers: Callers, seed: Seed, sealer: secrets.Sealer
) -> None:
    async with provisioned("huawei-olt", sealer, seed) as olt:
        serial, key = olt.lights(olt.pons[0], 1), await account("cli1")
        asked = {"kind": "authorise", "device_id": olt.device_id, "pon": olt.pons[0], "serial": serial}
        run = (await ask("POST", "/provisioning/runs", asked | {"account_id": key})).body["id"]
        await provision_work.carry_out_all()
        next(iter(olt.plant.known(serial).setup.flows.values())).vlan = 999  # type: ignore[union-attr]
        await olt_looks.sweep(olt.device_id)
        technician = await callers("technician")  # a token of no city
        for path in (f"/provisioning/runs/{run}", "/provisioning/runs", "/provisioning/drift"):
            seen, whole = await technician("GET", path), await ask("GET", path)
            assert seen.status == whole.status == 200
            assert "cli1" in str(whole.body) and "cli1" not in str(seen.body), path
            assert f"'account_id': {key}" in str(whole.body) and "'account_id': None" in str(seen.body)


async def test_a_pon_is_numbers_with_slashes(ask: Caller, seed: Seed, sealer: secrets.Sealer) -> None:
    async with provisioned("huawei-olt", sealer, seed) as olt:
        asked = {"kind": "authorise", "device_id": olt.device_id, "pon": "0/1/0 all", "serial": "HWTC00000001"}
        answer = await ask("POST", "/provisioning/runs", asked | {"account_id": await account("cli1")})
        assert answer.status == 422 and "pon" in str(answer.body)
