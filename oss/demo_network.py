"""The demo's network: what the lab runs (`oss.lab.network.places`), tied to the demo's customers and NAS."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from oss import demo_inventory
from oss.access import nas_devices, planned_drops, provision_rules
from oss.access.provision_rules import RuleValues
from oss.base import audit, clock, db
from oss.base.secrets import Sealer
from oss.lab.network.places import DEMO
from oss.network import maintenance
from oss.network.maintenance import WindowValues

ACTOR = audit.Actor("system:demo")
NAS = ("BNG-LAV-1", "BNG-VGA-1")
VLAN = 100
"""That of all customers, as the lab's OLTs have it."""
OF_ZTE = RuleValues(line_profile="UP-1G", onu_type="F670L", down_profile="DOWN-1G", up_profile="UP-1G")
FREE_BOX = """select b.name, n as port from splitter_box b join pon_port p on p.id = b.pon_id
join device d on d.id = p.device_id cross join generate_series(1, b.ports) n
where d.name = $1 and p.name = $2 and not exists (select 1 from onu o where o.box_id = b.id and o.box_port = n)
  and not exists (select 1 from planned_drop l where l.box_id = b.id and l.box_port = n) order by n, b.name limit 1"""
FULL_PON = ("OLT-LAV-1", 3)
"""The PON to cut when somebody wants to see what a cut looks like: 64 customers hang on it."""


async def draw(connection: db.Connection, sealer: Sealer, port: int, cli_port: int) -> None:
    """Write it, in the caller's transaction: every login has an ONU, the first hundred in Lavras, the others in
    Varginha; but of two nobody has authorised the ONU yet.

    ``port``: where the lab's agents answer; ``cli_port``: from which on its command lines do."""
    waiting = [login for device in DEMO.devices for pon in device.pons for _, login in pon.waiting]
    sql = "select id from access_account where login <> all($1::text[]) order by login"
    accounts = [row["id"] for row in await connection.fetch(sql, waiting)]
    made = (await demo_inventory.write(connection, sealer, ACTOR, DEMO, port, accounts, cli_port=cli_port)).devices
    for name in NAS:
        nas = await connection.fetchval("select id from nas where name = $1", name)
        await nas_devices.tie(connection, ACTOR, nas, made[name])
    for rule in (RuleValues(vlan=VLAN, bridge=True), replace(OF_ZTE, device_id=made["OLT-VGA-1"])):
        await provision_rules.save(connection, ACTOR, rule)
    await _awaited(connection)
    start = (clock.now() + timedelta(days=2)).replace(hour=5, minute=0, second=0, microsecond=0)
    window = WindowValues(start, start + timedelta(hours=2), "Troca da fonte redundante", device_id=made["OLT-LAV-1"])
    await maintenance.save(connection, ACTOR, window)
    await audit.note(connection, ACTOR, "network.drawn", "network", "", count=len(made))


async def _awaited(connection: db.Connection) -> None:
    """Each of the two whose ONUs wait is awaited in a box of its PON: provisioning offers them without being asked."""
    pons = [(device.name, pon) for device in DEMO.devices for pon in device.pons]
    for olt, place, login in ((olt, pon.name, login) for olt, pon in pons for _, login in pon.waiting):
        box = await connection.fetchrow(FREE_BOX, olt, place)
        account = await connection.fetchval("select id from access_account where login = $1", login)
        if account is not None:
            await planned_drops.plan(connection, ACTOR, account, box["name"], box["port"])


async def keep_ports(connection: db.Connection, sealer: Sealer, port: int, cli_port: int) -> None:
    """A demo that is started with other ports for its agents and command lines asks them there; one that is older than
    those learns of them."""
    addresses = [one.address for one in DEMO.devices]
    await connection.execute(
        "update device set snmp_port = $2 where host(management) = any($1::text[]) and snmp_port <> $2", addresses, port
    )
    for one in DEMO.devices:
        await demo_inventory.keep_command_line(connection, sealer, one, cli_port)
