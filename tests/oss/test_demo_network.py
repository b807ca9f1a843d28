"""The demo's network is whole: every customer's line leads from an ONU in a box up to a core."""

from __future__ import annotations

from oss import demo_network
from oss.access import affected, drops
from oss.access.affected import Thing
from oss.access.nas import NasValues
from oss.access.nas import save as save_nas
from oss.base import db, secrets
from oss.network import device_secrets
from tests.conftest import TESTER, Seed


async def test_every_line_leads_up_to_a_core(seed: Seed, sealer: secrets.Sealer) -> None:
    async with db.transaction() as connection:
        for number, name in enumerate(demo_network.NAS):
            values = NasValues(name, f"10.9.0.{number}", secret="testing123")
            await save_nas(connection, sealer, TESTER, values)
        await demo_network.draw(connection, sealer, 16161, 16022)
    counted = await db.fetchrow(
        "select (select count(*) from site) as sites, (select count(*) from device where role = 'router') as routers, "
        "(select count(*) from pon_port) as pons, (select count(*) from onu where box_id is null) as loose, "
        "(select count(*) from device where parent_device_id is null and not is_core) as lost"
    )
    assert dict(counted) == {"sites": 4, "routers": 3, "pons": 16, "loose": 2, "lost": 0}
    for login in seed.logins:
        hops = await affected.path(db.pool(), await drops.account_of(db.pool(), login) or 0)
        assert [hop.kind for hop in hops[:4]] in (["onu", "box", "pon", "device"], ["onu", "box", "box", "pon"])
        assert await db.fetchval("select is_core from device where id = $1", hops[-1].id)
    core = await db.fetchval("select id from device where name = 'BORDA-LAV-1'")
    assert (await affected.weight(db.pool(), Thing("device", core))).lines == 0  # the other core carries on


async def test_a_demo_with_another_port_for_its_agents_asks_them_there(seed: Seed, sealer: secrets.Sealer) -> None:
    async with db.transaction() as connection:
        for number, name in enumerate(demo_network.NAS):
            await save_nas(connection, sealer, TESTER, NasValues(name, f"10.9.0.{number}", secret="testing123"))
        await demo_network.draw(connection, sealer, 16161, 16022)
        await demo_network.keep_ports(connection, sealer, 26161, 26022)
    found = await db.fetch("select distinct snmp_port, host(management) like '127.66.0.%' as ours from device")
    assert [tuple(row) for row in found] == [(26161, True)]
    spoken = await db.fetch("select name, cli_protocol, cli_port, ssh_port from device where cli_protocol <> 'off'")
    assert {tuple(row) for row in spoken} >= {
        ("BNG-LAV-1", "api", 26024, 26022),
        ("OLT-LAV-1", "ssh", 26022, 26022),
        ("OLT-VGA-1", "telnet", 26023, 26022),
    }
    ids = [await db.fetchval("select id from device where name = 'OLT-LAV-1'")]
    async with db.transaction() as connection:
        (way,) = await device_secrets.credentials_of(connection, sealer, ids)
    assert (way.cli_user, way.cli_password) == ("milha", "lab-comando")
