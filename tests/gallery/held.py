"""The demo's network held: this process keeps the links, the lab plays routers and OLTs; nothing on the pages is drawn.

But for one thing: what was said to the second OLT on a bad day.
"""

from __future__ import annotations

import dataclasses

from oss import demo
from oss.access import olt_looks, provision, provision_work
from oss.base import db
from oss.base.config import Config
from oss.base.secrets import Sealer
from oss.drivers import registry
from oss.drivers.problems import KeyChanged
from oss.lab.network.places import DEMO
from oss.network import configurations, device_links
from tests.e2e.conftest import House
from tests.oss.lab.network.running import free_port

NAMED = "select id from device where name = $1"
OTHER_KEY = """update device set ssh_host_key =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFJvdXRlcnMgYW5kIE9MVHMgaGF2ZSBrZXlzIG9m' where id = $1"""
SAID = """insert into device_transcript (device_id, at, act, what, asked_by, via, command, answer, took_ms, failure)
select $1, now() - make_interval(mins => 20 - n), '00000000000000a' || n / 4, what, who, 'telnet', command,
  answer, 40 + 31 * n, failure
from unnest(
  array[0, 1, 2, 4, 5], array['configuration', 'configuration', 'configuration', 'reboot', 'reboot'],
  array['system:backup', 'system:backup', 'system:backup', 'ana', 'ana'],
  array['enable', 'terminal length 0', 'show gpon onu state', 'pon-onu-mng gpon-onu_1/1/6:99', 'reboot'],
  array['', '', E'OnuIndex   Admin State  OMCC State  Phase State\\n1/1/1:1    enable       enable      working',
    '', '%Error 20210: The ONU does not exist.'],
  array['', '', '', '', 'command-refused']) t(n, what, who, command, answer, failure)"""


def with_network(settings: Config) -> Config:
    """Settings of a house whose lab plays the demo's network on ports of its own."""
    agents, first = free_port(DEMO), free_port(DEMO)
    return dataclasses.replace(settings, lab_snmp_port=agents, lab_cli_port=first)


def lab_options(settings: Config) -> list[str]:
    """What tells the lab to play it."""
    ports = ["--snmp-port", str(settings.lab_snmp_port), "--cli-port", str(settings.lab_cli_port)]
    return ["--network", "demo", *ports, "--behind", "demo:001-200", "--cli-latency", "0.02"]


async def happen(house: House, sealer: Sealer) -> None:
    """A day with the devices, by the code that does it in a provider."""
    await house.stack.enter_async_context(device_links.holding(sealer))
    await _nights(sealer, await db.fetchval(NAMED, "BNG-LAV-1"))
    await _provision(await db.fetchval(NAMED, "OLT-LAV-1"))
    olt = await db.fetchval(NAMED, "OLT-VGA-1")
    await configurations.take(sealer, olt, "night")
    await db.execute(SAID, olt)
    await _another_key(sealer, await db.fetchval(NAMED, "BORDA-LAV-1"))


async def _nights(sealer: Sealer, router: int) -> None:
    """A router's configuration of yesterday, and today's, read from it."""
    taken = await configurations.take(sealer, router, "night")
    row = await db.fetchrow("select text_sealed, driver from device_configuration where id = $1", taken.id)
    text = sealer.open(row["text_sealed"], configurations.place(taken.id)).decode()
    lines = [line for n, line in enumerate(text.splitlines()) if n % 9 != 8]
    await db.execute("delete from device_configuration where id = $1", taken.id)
    driver = registry.drivers()[row["driver"]]
    async with db.transaction() as connection:
        before = await configurations.keep(connection, sealer, router, driver, "\n".join(lines), "night")
        sql = "update device_configuration set taken_at = now() - interval '1 day', seen_at = now() where id = $1"
        await connection.execute(sql, before.id)
    assert (await configurations.take(sealer, router, "asked", demo.ACTOR.name)).new


async def _provision(olt: int) -> None:
    """Two ONUs wait; one is authorised, the other goes on waiting where it is awaited; the OLT is compared."""
    found = max(await olt_looks.look(olt), key=lambda one: one.pon)
    async with db.transaction() as connection:
        account = await connection.fetchval("select id from access_account where login = $1", demo.login(10))
        asked = await provision.authorise(connection, olt, found.pon, found.serial, account)
        await provision.begin(connection, demo.ACTOR, asked)
    await provision_work.carry_out_all()
    await olt_looks.sweep(olt)


async def _another_key(sealer: Sealer, router: int) -> None:
    """A router shows a key that is not the one we know."""
    await configurations.take(sealer, router, "night")
    await db.execute(OTHER_KEY, router)
    try:
        await configurations.take(sealer, router, "night")
    except KeyChanged:
        return
    raise AssertionError("another key was believed")
