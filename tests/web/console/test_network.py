"""Sites, devices and plant in the console: made as they are typed, shown with what hangs on them, never overwritten."""

from __future__ import annotations

import html
import re

from oss.access import drops
from oss.access.drops import Drop
from oss.base import clock, db, secrets
from oss.monitoring.device_events import DeviceEvents
from oss.network import device_secrets, readers
from oss.network.facts import Facts, Interface
from snmp.trap_events import Kind, TrapEvent
from snmp.trap_fold import Heard
from tests.conftest import TESTER, Seed
from tests.oss.network.drawn import Drawn, draw

from .conftest import Console, audited

HIDDEN = re.compile(r'name="(form_version|form_base)" value="([^"]*)"')
SAID = re.compile(r'id="(\w+)-wrong" role="alert" data-said')
SITE = {"name": "POP Centro", "kind": "core", "city": "Lavras", "latitude_e6": "-21,245287", "longitude_e6": "44.999 W"}
DEVICE = {
    "name": "BNG-1",
    "role": "router",
    "management": "10.0.0.1",
    "enabled": "1",
    "is_core": "1",
    "poll_interval_s": "60",
    "snmp_version": "2c",
    "snmp_port": "161",
    "snmp_community": "publica-77",
    "snmp_auth": "none",
    "snmp_priv": "none",
    "cli_protocol": "off",
}


async def drawing(sealer: secrets.Sealer) -> Drawn:
    async with db.transaction() as connection:
        return await draw(connection, sealer)


async def test_a_site_and_a_device_are_made_as_they_are_typed(console: Console, sealer: secrets.Sealer) -> None:
    answer = await console.post("/console/sites", SITE)
    assert answer.status == 303
    row = await db.fetchrow("select id, name, kind, city, latitude_e6, longitude_e6 from site")
    assert tuple(row)[1:] == ("POP Centro", "core", "Lavras", -21_245_287, -44_999_000)
    site = row["id"]
    made = await console.post("/console/devices", DEVICE | {"site_id": str(site)})
    assert made.status == 303
    device = await db.fetchval("select id from device where name = 'BNG-1'")
    kept = await device_secrets.credentials(db.pool(), sealer, device)
    assert (kept.snmp_community, kept.management, kept.snmp_version) == ("publica-77", "10.0.0.1", "2c")
    page = await console.get(f"/console/devices/{device}")
    assert "Nada: está no topo" in page.text and "publica-77" not in page.raw
    assert "publica-77" not in (await console.get(f"/console/devices/{device}/edit")).raw
    assert "BNG-1" in (await console.get(f"/console/sites/{site}")).text
    assert not any("publica-77" in str(dict(row)) for row in await db.fetch("select * from audit"))
    assert len(await audited("site.saved")) == len(await audited("device.saved")) == 1


async def test_a_secret_left_empty_stays(console: Console, sealer: secrets.Sealer) -> None:
    await console.post("/console/sites", SITE)
    site = str(await db.fetchval("select id from site"))
    await console.post("/console/devices", DEVICE | {"site_id": site})
    device = await db.fetchval("select id from device")
    await console.post(f"/console/devices/{device}", DEVICE | {"site_id": site, "snmp_community": "", "note": "x"})
    assert (await device_secrets.credentials(db.pool(), sealer, device)).snmp_community == "publica-77"
    assert await db.fetchval("select note from device") == "x"


async def test_what_is_wrong_is_told_at_its_field(console: Console) -> None:
    for change in ({"name": ""}, {"latitude_e6": "91"}, {"latitude_e6": "x"}, {"kind": "moon"}, {"parent_id": "9999"}):
        answer = await console.post("/console/sites", SITE | change)
        assert answer.status == 422 and SAID.findall(answer.raw) == list(change), change
    lone = await console.post("/console/sites", SITE | {"longitude_e6": ""})
    assert SAID.findall(lone.raw) == ["longitude_e6"]
    await console.post("/console/sites", SITE)
    site = str(await db.fetchval("select id from site"))
    for change in (
        {"management": "10.0.0"},
        {"snmp_version": "3"},
        {"snmp_priv": "aes128"},
        {"ssh_host_key": "ssh-rsa AAAA"},
        {"hangs_on": "device-99999", "is_core": ""},
        {"poll_interval_s": "1"},
    ):
        answer = await console.post("/console/devices", DEVICE | {"site_id": site} | change)
        field = next(iter(change)) if change.get("snmp_version") != "3" else "snmp_user"
        assert answer.status == 422 and field in answer.raw, change
    assert await db.fetchval("select count(*) from device") == 0


async def test_a_device_shows_what_hangs_on_it(console: Console, seed: Seed, sealer: secrets.Sealer) -> None:
    drawn = await drawing(sealer)
    account = await drops.account_of(db.pool(), "cli1") or 0
    async with db.transaction() as connection:
        await drops.tie(connection, TESTER, account, Drop(onu_id=drawn.onus[0]))
    page = await console.get(f"/console/devices/{drawn.devices['olt']}")
    assert "1 linha depende dele" in page.text and "R$ 109,90 por mês" in page.text
    assert "ring-a" in page.text
    box = await console.get(f"/console/boxes/{drawn.boxes['CTO-1']}")
    assert "Cliente Número 1" in box.text and "2 de 8 portas em uso" in box.text
    assert "HWTC00000000" in (await console.get(f"/console/pons/{drawn.pons['0/1/0']}")).text
    for tab in ("interfaces", "links", "plant", "history"):
        assert (await console.get(f"/console/devices/{drawn.devices['olt']}?tab={tab}")).status == 200


async def test_what_is_used_is_not_deleted(console: Console, sealer: secrets.Sealer) -> None:
    drawn = await drawing(sealer)
    for path in (
        f"sites/{drawn.sites['centro']}",
        f"devices/{drawn.devices['olt']}",
        f"pons/{drawn.pons['0/1/0']}",
        f"boxes/{drawn.boxes['CTO-1']}",
    ):
        asked = await console.get(f"/console/{path}/remove")
        assert asked.status == 200
        assert (await console.post(f"/console/{path}/remove", {})).status == 409, path
    answer = await console.post(f"/console/devices/{drawn.devices['radio']}/remove", {})
    assert (answer.status, answer.place) == (303, "/console/devices")
    assert await db.fetchval("select count(*) from network_link") == 4


async def test_an_onu_is_put_into_a_box_and_tied_to_a_login(
    console: Console, seed: Seed, sealer: secrets.Sealer
) -> None:
    drawn = await drawing(sealer)
    box = drawn.boxes["CTO-2"]
    form = {"serial": "48:57:54:43:1A:2B:3C:4D", "box_id": str(box), "box_port": "8", "login": "CLI3"}
    assert (await console.post("/console/onus", form)).place == f"/console/boxes/{box}"
    row = await db.fetchrow("select id, serial, pon_id, box_port from onu order by id desc limit 1")
    assert tuple(row)[1:] == ("HWTC1A2B3C4D", drawn.pons["0/1/0"], 8)
    sql = "select a.login from account_drop d join access_account a on a.id = d.account_id where d.onu_id = $1"
    assert await db.fetchval(sql, row["id"]) == "cli3"
    taken = await console.post("/console/onus", form | {"serial": "ZTEG00000001"})
    assert SAID.findall(taken.raw) == ["box_port"]
    nobody = await console.post("/console/onus", form | {"serial": "ZTEG00000001", "box_port": "7", "login": "nobody"})
    assert SAID.findall(nobody.raw) == ["login"]
    await console.post(f"/console/onus/{row['id']}", form | {"login": ""})
    assert await db.fetchval(sql, row["id"]) is None


async def test_somebody_of_one_city_does_not_tie_customers_of_another(
    console: Console, seed: Seed, sealer: secrets.Sealer
) -> None:
    drawn = await drawing(sealer)
    await db.execute("update staff_user set role = 'technician', cities = '{Lavras}'")
    form = {"serial": "ZTEG00000009", "box_id": str(drawn.boxes["CTO-2"]), "box_port": "8", "login": "cli3"}
    assert SAID.findall((await console.post("/console/onus", form)).raw) == ["login"]
    await db.execute("update customer set city = 'Lavras' where id = $1", seed.customers[2])
    assert (await console.post("/console/onus", form)).status == 303


async def test_two_people_at_one_device_are_shown_both(console: Console, sealer: secrets.Sealer) -> None:
    await console.post("/console/sites", SITE)
    site = str(await db.fetchval("select id from site"))
    await console.post("/console/devices", DEVICE | {"site_id": site})
    device = await db.fetchval("select id from device")
    page = await console.get(f"/console/devices/{device}/edit")
    hidden = {name: html.unescape(value) for name, value in HIDDEN.findall(page.raw)}
    await db.execute("update device set note = 'outra pessoa', software = '7.1' where id = $1", device)
    stale = DEVICE | {"site_id": site, "name": "BNG-2", "note": "", **hidden}
    answer = await console.post(f"/console/devices/{device}", stale)
    assert answer.status == 409 and "outra pessoa" in answer.text


async def test_maintenance_is_planned_in_the_houses_time_and_called_off(
    console: Console, sealer: secrets.Sealer
) -> None:
    drawn = await drawing(sealer)
    olt = drawn.devices["olt"]
    form = {"target": f"device-{olt}", "starts_at": "2090-01-05T22:00", "ends_at": "2090-01-06T01:00", "note": "Fonte"}
    assert (await console.post("/console/maintenance", form)).place == "/console/maintenance"
    row = await db.fetchrow("select id, starts_at, made_by from maintenance_window")
    assert row["starts_at"].isoformat() == "2090-01-06T01:00:00+00:00" and row["made_by"] == "ana"
    assert "Fonte" in (await console.get("/console/maintenance")).text
    assert 'value="2090-01-05T22:00"' in (await console.get(f"/console/maintenance/{row['id']}")).raw
    early = await console.post("/console/maintenance", form | {"ends_at": "2090-01-05T21:00"})
    assert SAID.findall(early.raw) == ["ends_at"]
    assert SAID.findall((await console.post("/console/maintenance", form | {"target": "moon-1"})).raw) == ["target"]
    await console.post(f"/console/maintenance/{row['id']}/cancel", {})
    assert await db.fetchval("select cancelled_at is not null from maintenance_window")


async def test_what_a_device_tells_is_shown_before_it_is_taken_over(console: Console, sealer: secrets.Sealer) -> None:
    drawn = await drawing(sealer)
    home = f"/console/devices/{drawn.devices['core']}"
    assert "Ler agora" not in (await console.get(home)).text
    assert (await console.post(f"{home}/read", {})).status == 502
    await db.execute("update device set management = '127.0.0.1', snmp_version = '2c' where name = 'core'")

    @readers.reads
    async def told(reach: device_secrets.Credentials) -> Facts:
        return Facts(reach.device_id, clock.now(), interfaces=(Interface(1, "sfp1", "Backbone", oper="up"),))

    try:
        assert "Ler agora" in (await console.get(home)).text
        preview = await console.post(f"{home}/read", {})
        assert "Interface nova sfp1" in preview.text
        assert await db.fetchval("select count(*) from device_interface") == 0
        assert (await console.post(f"{home}/read/take", {})).place == home
        assert "Backbone" in (await console.get(f"{home}?tab=interfaces")).text
        assert "Nada mudaria." in (await console.post(f"{home}/read", {})).text
    finally:
        readers.forget(told)


async def test_the_search_finds_devices_sites_and_serials(console: Console, seed: Seed, sealer: secrets.Sealer) -> None:
    await drawing(sealer)
    for text, found in (
        ("ring-a", "ring-a"),
        ("HWTC00000002", "HWTC00000002"),
        ("0000 0003", "HWTC00000003"),
        ("Torre", "Torre"),
    ):
        assert found in (await console.get(f"/console/search?q={text}")).text, text


async def test_a_list_of_devices_is_taken_as_a_file_and_noted(console: Console, sealer: secrets.Sealer) -> None:
    await drawing(sealer)
    answer = await console.get("/console/devices.csv?role=switch")
    assert [line.split(";")[0] for line in answer.raw.splitlines()[1:]] == ["ring-a", "ring-b"]
    assert len(await audited("network.exported")) == 1


async def test_a_network_that_is_not_drawn_says_how_to_begin(console: Console) -> None:
    assert "A rede ainda não está desenhada" in (await console.get("/console/network")).text
    for path in ("/console/sites", "/console/devices", "/console/onus", "/console/maintenance", "/console/models"):
        assert (await console.get(path)).status == 200


async def test_the_traps_of_a_device_stand_on_its_page(console: Console, sealer: secrets.Sealer) -> None:
    olt = (await drawing(sealer)).devices["olt"]
    assert "162" in (await console.get(f"/console/devices/{olt}?tab=traps")).text
    event = TrapEvent(Kind.ONU_DYING_GASP, "1.3.6.1.4.1.1", "onuGasp", "", "onu:7", None, {"name": "<i>x"})
    events = DeviceEvents()
    events.put(Heard(olt, event, 4, 1_790_000_000.0, 1_790_000_001.0))
    await events.flush()
    page = (await console.get(f"/console/devices/{olt}?tab=traps")).raw
    assert "onu:7" in page and "onuGasp" in page and "&lt;i&gt;x" in page and "<i>x" not in page
