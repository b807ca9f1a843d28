"""The inventory that is written for a lab's network is what reading its agents tells."""

from __future__ import annotations

import pytest

from oss import demo_inventory
from oss.access import drops
from oss.base import clock, db, secrets
from oss.lab.network.lab import network_lab
from oss.lab.network.places import DEMO, small
from oss.lab.network.shape import Shape
from oss.monitoring import poller, told
from oss.network import device_secrets, discovery
from snmp.client import Client
from snmp.credentials import Target
from snmp.reading import Reader
from tests.conftest import TESTER, Seed
from tests.oss.lab.network.running import free_port


@pytest.mark.parametrize("shape", [DEMO, small(2, 8)], ids=["demo", "small"])
async def test_reading_every_device_changes_no_interface_and_no_onu(
    shape: Shape, seed: Seed, sealer: secrets.Sealer
) -> None:
    port = free_port(shape)
    async with db.transaction() as connection, network_lab(shape, port):
        written = await demo_inventory.write(connection, sealer, TESTER, shape, port)
        ways = await device_secrets.credentials_of(connection, sealer, list(written.devices.values()))
        assert len(ways) == len(shape.devices)
        for way in ways:
            who = poller.credentials(way)
            assert who is not None
            async with Client(Target(str(way.management), way.snmp_port), who) as client:
                reading = await Reader(client).read()
            facts = told.facts_of(way.device_id, reading, clock.now(), whole=not reading.missing)
            changes = await discovery.look(connection, facts)
            assert [one for one in changes if one.thing != "system"] == []


async def test_logins_are_tied_to_onus_in_boxes(seed: Seed, sealer: secrets.Sealer) -> None:
    async with db.transaction() as connection:
        accounts = [await drops.account_of(connection, login) or 0 for login in seed.logins]
        written = await demo_inventory.write(connection, sealer, TESTER, small(1, 4), 16161, accounts)
        rows = await connection.fetch(
            "select a.account_id, o.id, o.box_id, p.id as pon from account_drop a join onu o on o.id = a.onu_id "
            "join pon_port p on p.id = o.pon_id order by a.account_id"
        )
    assert [row["account_id"] for row in rows] == sorted(accounts)
    assert [row["id"] for row in rows][:4] == [written.onus["olt-1", 0, number] for number in range(4)]
    assert rows[4]["id"] == written.onus["olt-2", 1, 1] and rows[4]["pon"] == written.pons["olt-2", 1]
    assert all(row["box_id"] for row in rows)
