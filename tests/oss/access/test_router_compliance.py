"""A lab router's settings against the NAS row that it is: what is wrong, and what to paste; no secret is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from oss.access import nas_devices, router_compliance
from oss.access.nas_cures import cure
from oss.access.nas_paste import Values
from oss.access.router_compliance import Us
from oss.base import db
from oss.base.secrets import Sealer
from oss.network import device_links, device_settings
from oss.network.link_keeper import Keeper
from tests.conftest import TESTER, Seed
from tests.oss.network.routers import router

US = Us("127.0.0.1", 1812, 1813)


@pytest_asyncio.fixture(loop_scope="session")
async def keeper(database: str, sealer: Sealer) -> AsyncIterator[Keeper]:
    async with device_links.holding(sealer, "n1") as found:
        yield found


async def examined(sealer: Sealer, device_id: int) -> list[router_compliance.Examined]:
    async with db.pool().acquire() as connection:
        return await router_compliance.examined(connection, sealer, device_id, US, "SECRET")


async def test_what_is_wrong_and_what_helps(keeper: Keeper, seed: Seed, sealer: Sealer) -> None:
    async with router(sealer) as one:
        inside = one.router.menus
        async with db.transaction() as connection:
            await nas_devices.tie(connection, TESTER, seed.nas, one.device_id)
        assert await examined(sealer, one.device_id) == []

        await device_settings.take(sealer, one.device_id, "ana")
        (found,) = await examined(sealer, one.device_id)
        states = {check.key: check.state for check in found.checks}
        assert states["secret"] == states["server"] == states["coa"] == states["used"] == "ok"
        assert states["interim"] == "wrong"  # 5 minutes, and the row says 30 s
        assert found.cures["interim"] == "/ppp aaa set use-radius=yes accounting=yes interim-update=30s"

        inside["/radius"].rows["*1"]["secret"] = "outro"
        inside["/radius/incoming"].rows["*0"]["accept"] = "false"
        await device_settings.take(sealer, one.device_id, "ana")
        (found,) = await examined(sealer, one.device_id)
        assert {check.key for check in found.wrong} >= {"secret", "coa", "interim"}
        assert 'secret="SECRET"' in found.cures["secret"] and "accept=yes" in found.cures["coa"]
        kept = await db.fetchval("select settings::text from device_settings")
        assert "testing123" not in kept and "outro" not in kept and "‹" in kept


def test_a_cure_stands_in_the_blocks_where_it_belongs() -> None:
    values = Values("192.0.2.10", 1812, 1813, "S", 3799, True, 300)
    assert cure("cisco_ios", "15.9", "coa", values).split("\n") == [
        "aaa server radius dynamic-author",
        " client 192.0.2.10 server-key S",
        " port 3799",
        " auth-type any",
    ]
    assert cure("huawei_vrp", "", "interim", values).split("\n") == [
        "aaa",
        " accounting-scheme milha",
        "  accounting interim interval 5",
        "commit",
    ]
    assert "servers add" in cure("mikrotik", "7.16", "ntp", values)
    assert "server-dns-names" in cure("mikrotik", "6.49", "ntp", values)
    assert cure("unheard", "", "ntp", values) == ""
    for driver in ("mikrotik", "huawei_vrp", "cisco_ios"):
        for rule in ("used", "server", "secret", "accounting", "interim", "coa", "ntp"):
            assert cure(driver, "7", rule, values), (driver, rule)
