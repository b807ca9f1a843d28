"""Devices looked for in the console: a range asked, who answered shown, the chosen ones put into the inventory."""

from __future__ import annotations

import base64
import json
import logging
import re
import zlib
from http.cookies import SimpleCookie

import pytest

from oss.base import db, secrets
from oss.lab.network.places import small
from tests.oss.lab.network.running import running
from tests.oss.monitoring.searching import RANGE, SILENT, ended, silence, working
from tests.waiting import eventually
from tests.web.console.test_network import SITE
from web import form_drafts

from .conftest import Console, audited

FORM = {
    "network": RANGE,
    "snmp_version": "2c",
    "snmp_port": "161",
    "snmp_community": "lab-leitura",
    "snmp_auth": "sha1",
    "snmp_priv": "aes128",
}
FIND = "/console/devices/find"
CHECKED = re.compile(r'name="chosen" value="([^"]+)"[^>]*checked')
SAID = re.compile(r'id="(\w+)-wrong" role="alert" data-said')


async def test_a_range_is_asked_and_the_chosen_ones_become_devices(
    console: Console, database: str, sealer: secrets.Sealer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await console.post("/console/sites", SITE)
    site = str(await db.fetchval("select id from site"))
    pages = []
    async with running(small(1, 4)) as lab, working(database, sealer):
        begun = await console.post(FIND, FORM | {"snmp_port": str(lab.port)})
        assert begun.status == 303 and begun.place.startswith(FIND + "/")
        search_id = int(begun.place.rpartition("/")[2])
        await ended(search_id)
        page = await console.get(begun.place)
        assert CHECKED.findall(page.raw) == ["127.77.0.1", "127.77.0.3", "127.77.0.4", "127.77.0.5"]
        assert "core-1" in page.text and "Huawei" in page.text and "4 podem ser adicionados" in page.text
        chosen = [("chosen", one) for one in ("127.77.0.1", "127.77.0.3", "127.77.0.4")]
        unknown = [("role-127.77.0.3", "switch"), ("model-127.77.0.3", "")]
        added = await console.post(f"{begun.place}/add", [*chosen, *unknown, ("site_id", site)])
        assert (added.status, added.place) == (303, begun.place)
        pages = [page, await console.get(begun.place), await console.get(FIND), await console.get("/console/audit")]
        rows = await db.fetch("select id, name, role from device order by name")
        pages += [await console.get(f"/console/devices/{row['id']}/edit") for row in rows]
    assert [(row["name"], row["role"]) for row in rows] == [
        ("core-1", "router"),
        ("edge-2", "switch"),
        ("olt-1", "olt"),
    ]
    assert "3 aparelhos estão agora no inventário" in pages[1].text and "Adicionados ao inventário" in pages[1].text
    assert all(f'href="/console/devices/{row["id"]}"' in pages[1].raw for row in rows)
    assert CHECKED.findall(pages[1].raw) == ["127.77.0.5"]
    assert "procurou aparelhos em 127.77.0.0/28" in pages[3].text
    assert len(await audited("device.saved")) == 3 and len(await audited("device_search.taken")) == 1
    assert [one.status for one in pages] == [200] * 7
    assert not any("lab-leitura" in one.raw for one in pages)
    assert not any("lab-leitura" in str(dict(row)) for row in await db.fetch("select * from audit"))
    assert "lab-leitura" not in caplog.text


async def test_a_search_shows_how_far_it_is_and_is_called_off(
    console: Console, database: str, sealer: secrets.Sealer
) -> None:
    with silence() as port:
        async with working(database, sealer):
            begun = await console.post(FIND, FORM | {"network": SILENT, "snmp_port": str(port)})
            page = await console.get(begun.place)
            assert "de 254 endereços perguntados" in page.text and 'hx-trigger="every 1s"' in page.raw
            again = await console.post(FIND, FORM | {"network": "127.77.16.0/30", "snmp_port": str(port)})
            assert again.status == 422 and SAID.findall(again.raw) == ["network"]
            assert (await console.post(f"{begun.place}/cancel")).status == 303
            await eventually(lambda: db.fetchval("select count(*) = 0 from job"))
    page = await console.get(begun.place)
    assert "foi cancelada depois de" in page.text and "every 1s" not in page.raw
    assert "Ninguém respondeu em 127.77.16.0/24" in page.text
    assert len(await audited("device_search.cancelled")) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"network": "127.0.0.0/16"}, "network"),
        ({"network": "224.0.0.0/24"}, "network"),
        ({"network": "roteador"}, "network"),
        ({"network": ""}, "network"),
        ({"snmp_community": ""}, "snmp_community"),
        ({"snmp_version": "3"}, "snmp_user"),
        ({"snmp_port": "70000"}, "snmp_port"),
    ],
)
async def test_what_is_wrong_is_told_at_its_field(console: Console, change: dict[str, str], field: str) -> None:
    answer = await console.post(FIND, FORM | change)
    assert answer.status == 422 and field in SAID.findall(answer.raw)
    assert "lab-leitura" not in answer.raw
    assert await db.fetchval("select count(*) from device_search") == 0


async def test_nothing_chosen_and_no_site_are_told(console: Console, database: str) -> None:
    sql = """insert into device_search (network, snmp_version, snmp_community_sealed, total, asked, finished_at, found)
        values ('127.9.0.0/30', '2c', null, 2, 2, now(), '{"127.9.0.1": {"name": "<b>x</b>"}}') returning id"""
    place = f"{FIND}/{await db.fetchval(sql)}"
    page = await console.get(place)
    assert "<b>x" not in page.raw and "&lt;b&gt;x" in page.raw and "não há nenhum" in page.text
    for posted in ([], [("chosen", "127.9.0.1")], [("chosen", "127.9.0.9"), ("site_id", "1")]):
        answer = await console.post(f"{place}/add", posted)
        assert answer.status == 422 and 'role="alert"' in answer.raw
    assert await db.fetchval("select count(*) from device") == 0
    assert (await console.get(f"{FIND}/999")).status == 404


async def test_the_list_of_devices_leads_to_it(console: Console) -> None:
    assert f'href="{FIND}"' in (await console.get("/console/devices")).raw


async def test_a_community_typed_after_the_session_ended_is_not_kept_in_the_browser(
    console: Console, sealer: secrets.Sealer
) -> None:
    user = await db.fetchval("select id from staff_user where login = 'ana'")
    await db.execute("delete from web_session")
    answer = await console.post(FIND, FORM | {"form_at": FIND, "form_key": f"{user}.x"})
    kept = SimpleCookie(answer.headers["Set-Cookie"])[form_drafts.COOKIE].value
    packed = sealer.open(base64.urlsafe_b64decode(kept).decode(), form_drafts.CONTEXT)
    fields = dict(json.loads(zlib.decompress(base64.b64decode(packed)))["fields"])
    assert fields["network"] == RANGE and "snmp_community" not in fields
