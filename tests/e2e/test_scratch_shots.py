from __future__ import annotations
import re, random
from typing import Any
import pytest
from datetime import date
from oss.base import clock, db, secrets
from oss.monitoring import sla
from oss.monitoring.causes import Last
from oss.monitoring.kinds import DEVICE, INTERFACE
from oss.monitoring.samples import Sample
from oss.network import plant, onus, devices
from oss.network.plant import PonValues
from oss.network.onus import OnuValues
from oss.network.devices import DeviceValues
from oss.staff import users
from tests.browsing import chromium, marks, opened, screen, shoot, sign_in, PHONE
from tests.conftest import TESTER, small_provider
from tests.oss.monitoring import darkened
from tests.oss.monitoring.test_sla import outage
pytestmark = marks

async def test_shots(database: str, sealer: secrets.Sealer, web_app: Any, aiohttp_server: Any) -> None:
    async with db.transaction() as connection:
        seed = await small_provider(connection, sealer, count=64)
        await users.add(connection, TESTER, "ana", "Ana Prova", "ana-password-1", "admin")
        await sla.set_target(connection, TESTER, seed.plan, 9950)
    drawn = await darkened.drawn_for(seed, sealer)
    chance = random.Random(3)
    async with db.transaction() as connection:
        for n in range(2):
            olt = await devices.save(connection, sealer, TESTER, DeviceValues(f"LAV-0{n+1}", drawn.sites["centro"], "olt"))
            for p in range(16):
                await plant.save_pon(connection, TESTER, PonValues(olt, f"0/{p//8+1}/{p%8}"))
        pons = await connection.fetch("select id, device_id from pon_port where device_id not in (select id from device where name='olt')")
        for row in pons:
            k = chance.randint(20, 64)
            await connection.execute("insert into onu (serial, pon_id, number, state) select 'ZTEG' || lpad(($1*100+n)::text, 8, '0'), $1, n, 'online' from generate_series(1, $2) n", row["id"], k)
    for dev in {r["device_id"] for r in pons}:
        ids = [r["id"] for r in await db.fetch("select o.id from onu o join pon_port p on p.id=o.pon_id where p.device_id=$1 order by o.id", dev)]
        metrics = []
        for i in ids:
            off = chance.random() < .01
            rx = chance.gauss(-20, 2.2)
            metrics += [float("nan"), float("nan"), float("nan"), 2000.0, 0.0] if off else [rx, 2.0, rx - 1, 2000.0, 1.0]
        await darkened.put(Sample(clock.now().timestamp() - 4, dev, __import__("oss.monitoring.kinds", fromlist=["ONU"]).ONU, ids, metrics))
    await darkened.darken(drawn, 56, Last.LIGHT)
    await darkened.lit(drawn, [-19.4, -24.0, -28.2], away=56)
    await darkened.unreachable(drawn.devices["radio"])
    await darkened.carried(seed.nas, 4.2e9, 6.1e8)
    await db.execute("update incident set acknowledged_at = now(), acknowledged_by = (select min(id) from staff_user) where why = 'down'")
    await db.execute("update contract set started_on='2026-01-01'")
    for k in range(6):
        await outage(seed, seed.contracts[k], 10, 300 * (k + 1))
    async with db.transaction() as connection:
        await sla.propose_month(connection, sla.month(date(2026, 10, 1), "America/Sao_Paulo"))
    core = drawn.devices["core"]
    ports = [await db.fetchval("insert into device_interface (device_id, if_index, name, alias, oper, admin, speed_bps) values ($1,$2,$3,$4,'up','up',10000000000) returning id", core, n, f"sfp-sfpplus{n}", f"uplink {n}") for n in range(1, 9)]
    now = clock.now().timestamp()
    sm = []
    for n in range(400, 0, -1):
        t = now - 60 * n
        sm.append(Sample(t, core, DEVICE, (core,), (20 + 10 * chance.random(), 41.0, 47 + chance.random(), 9e5, float("nan"))))
        vals = []
        for p in range(8):
            f = (p + 1) * 1e8 * (1 + chance.random())
            vals += [f, f * 5, 0, 0, 0, 0, 0, 0, 1]
        sm.append(Sample(t, core, INTERFACE, tuple(ports), vals))
    await darkened.put(*sm)
    await darkened.echoed(core, 400)
    server = await aiohttp_server(web_app)
    pon = drawn.pons["0/1/0"]
    who = seed.customers[0]
    async with chromium() as browser:
        for name, more in (("light", {}), ("dark", {"color_scheme": "dark"}), ("phone", PHONE)):
            page = await opened(await screen(browser, str(server.make_url("")), **more))
            await sign_in(page)
            for key, address in (("overview", "/console/"), ("network", "/console/network"), ("heat", "/console/pons"), ("pon", f"/console/pons/{pon}"), ("sla", "/console/sla?month=2026-10"), ("slapons", "/console/sla/pons"), ("credits", "/console/sla/credits"), ("device", f"/console/devices/{core}"), ("ports", f"/console/devices/{core}?tab=interfaces"), ("site", f"/console/sites/{drawn.sites['centro']}"), ("onu", f"/console/onus/{drawn.onus[60]}"), ("subscriber", f"/console/subscribers/{who}"), ("plan", f"/console/plans/{seed.plan}"), ("wall", "/console/wall")):
                if name == "dark" and key not in ("heat", "pon", "sla", "device"):
                    continue
                answer = await page.goto(address)
                assert answer and answer.status == 200, (address, answer.status)
                await page.wait_for_timeout(500)
                await shoot(page, f"z-{key}-{name}", full_page=key in ("subscriber", "pon", "device", "plan"))
                if name == "phone":
                    print(key, await page.evaluate("document.documentElement.scrollWidth"))
