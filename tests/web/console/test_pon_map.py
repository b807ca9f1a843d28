"""The PON heat map, a PON's page with light and last words, and the graphs beside things."""

from __future__ import annotations

import html
import json
import re

import pytest

from oss.base import clock, db, secrets
from oss.monitoring.causes import Last
from oss.monitoring.kinds import DEVICE, INTERFACE
from oss.monitoring.samples import NAN, Sample
from tests.conftest import Seed
from tests.oss.monitoring import darkened
from tests.oss.network.drawn import Drawn
from web.console import pon_words

from .conftest import Console

CELL = re.compile(r'href="/console/pons/(\d+)" class="heat-cell (\w+)"')


@pytest.fixture
async def drawn(seed: Seed, sealer: secrets.Sealer) -> Drawn:
    return await darkened.drawn_for(seed, sealer)


async def test_every_pon_is_a_cell_that_tells_its_state_without_colour(console: Console, drawn: Drawn) -> None:
    await darkened.lit(drawn, [-19.0, -24.5], away=1)
    page = await console.get("/console/pons")
    first, second = drawn.pons["0/1/0"], drawn.pons["0/1/1"]
    assert CELL.findall(page.raw) == [(str(first), "some"), (str(second), "empty")]
    assert "Algumas fora, 0/1/0 1 /5 fora" in page.text and "Sem ONU, 0/1/1 sem ONU" in page.text
    assert "1 de 5 ONUs fora" in page.text and "Serra" in page.text


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("state=some", 1),
        ("state=trouble", 1),
        ("state=well", 0),
        ("state=nonsense", 2),
        ("q=sérra", 2),
        ("q=0/1/1", 1),
        ("q=zzz", 0),
        ("olt=99", 0),
        ("olt=x", 2),
    ],
)
async def test_the_map_is_narrowed(console: Console, drawn: Drawn, query: str, count: int) -> None:
    await darkened.lit(drawn, [-19.0], away=1)
    page = await console.get(f"/console/pons?{query}")
    assert page.status == 200 and len(CELL.findall(page.raw)) == count
    assert count or "Nenhuma porta PON está assim" in page.text


async def test_a_network_without_a_pon_says_so(console: Console, database: str) -> None:
    assert "Nenhuma porta PON conhecida ainda" in (await console.get("/console/pons")).text


async def test_a_pon_shows_its_incident_each_onus_last_word_and_how_the_light_is_spread(
    console: Console, drawn: Drawn, seed: Seed
) -> None:
    await darkened.darken(drawn, 4, Last.POWER)
    await darkened.lit(drawn, [-28.4], away=4)
    page = await console.get(f"/console/pons/{drawn.pons['0/1/0']}")
    assert "CTO-1: sem energia Ninguém assumiu" in page.text and 'href="/console/incidents/' in page.raw
    assert page.text.count("Sem energia na casa há 12 min") >= 4
    assert "−28,4 dBm" in page.text and "1 ONU com sinal fraco" in page.text and "1,20 km" in page.text
    assert "Cliente Número 1" in page.text


def test_light_is_spread_over_decibels() -> None:
    light = pon_words.light("pt-BR", [-28.5, -20.2, -20.4])
    assert light is not None and light["weak"] == 1 and light["worst"] == -28.5
    assert [state for height, state in light["buckets"] if height] == ["degraded", "chart-2"]
    assert pon_words.light("pt-BR", []) is None


async def graphs(console: Console, path: str) -> list[str]:
    """The data addresses of the graphs on a page."""
    page = await console.get(path)
    assert page.status == 200
    return [str(json.loads(html.unescape(one))["data"]) for one in re.findall(r'data-graph="([^"]+)"', page.raw)]


async def test_graphs_stand_beside_what_they_are_about(console: Console, drawn: Drawn, seed: Seed) -> None:
    olt, now = drawn.devices["olt"], clock.now().timestamp()
    assert await graphs(console, f"/console/devices/{olt}") == []
    await darkened.lit(drawn, [-20.0])
    await darkened.echoed(olt, 3)
    await darkened.put(Sample(now - 30, olt, DEVICE, (olt,), (12.0, 40.0, 35.0, 100.0, NAN)))
    of_device = await graphs(console, f"/console/devices/{olt}")
    assert [address.split("metric=")[1] for address in of_device] == [
        "cpu_pct,memory_pct",
        "rtt_ms",
        "loss_pct",
        "temperature_c",
    ]
    assert len(await graphs(console, f"/console/sites/{drawn.sites['serra']}")) == 2
    light = f"/console/graphs/onu/data?object={drawn.onus[0]}&metric=rx_dbm,olt_rx_dbm"
    assert await graphs(console, f"/console/onus/{drawn.onus[0]}") == [light]
    assert await graphs(console, f"/console/subscribers/{seed.customers[0]}") == [light]


async def test_interfaces_show_their_last_hours(console: Console, drawn: Drawn) -> None:
    core, now = drawn.devices["core"], clock.now().timestamp()
    sql = "insert into device_interface (device_id, if_index, name, oper) values ($1, 1, 'sfp1', 'up') returning id"
    port = await db.fetchval(sql, core)
    flows = [Sample(now - 60 * n, core, INTERFACE, (port,), (4e6, 8e6, 0, 0, 0, 0, 0, 0, 1)) for n in range(9, 0, -1)]
    await darkened.put(*flows)
    page = await console.get(f"/console/devices/{core}?tab=interfaces")
    assert 'class="spark"' in page.raw and "4,0 Mbps" in page.text and "8,0 Mbps" in page.text
    assert f"/console/graphs/interface?object={port}" in page.raw


async def test_the_list_of_onus_says_where_its_rows_go_on(console: Console, drawn: Drawn) -> None:
    assert "data-flow" not in (await console.get("/console/onus")).raw
    await db.execute(
        "insert into onu (serial, pon_id, number) "
        "select 'ZTEG' || lpad(n::text, 8, '0'), $1, n from generate_series(1, 120) n",
        drawn.pons["0/1/1"],
    )
    page = await console.get("/console/onus")
    (address,) = re.findall(r'data-flow="([^"]+)"', page.raw)
    part = await console.get(html.unescape(address), **{"HX-Request": "true", "X-Milha-Block": "rows"})
    assert part.raw.count("<tr>") == 51 and "<nav" not in part.raw and "data-flow" in part.raw


async def test_incidents_stand_first_on_the_first_page_and_on_the_networks(
    console: Console, drawn: Drawn, seed: Seed
) -> None:
    await darkened.darken(drawn, 5)
    for place in ("/console/", "/console/network"):
        page = await console.get(place)
        assert "Precisa de gente agora 1 5 clientes sem serviço · R$ 0,75/h" in page.text
        assert "CTO-1: a fibra rompeu Ninguém assumiu 5 clientes · R$ 0,75/h" in page.text
    await db.execute("update incident set acknowledged_at = now(), acknowledged_by = (select min(id) from staff_user)")
    page = await console.get("/console/network")
    assert "Já com alguém CTO-1: a fibra rompeu" in page.text and "Precisa de gente agora" not in page.text
