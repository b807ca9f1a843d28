"""The poller against a real agent: what it tells becomes inventory and samples; who does not answer, an incident."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from oss.base import db, partitions, secrets
from oss.base.supervisor import Health
from oss.lab.network.echo_door import EchoDoor
from oss.monitoring import polled, told
from oss.monitoring import poller as room
from oss.monitoring.causes import Last
from oss.monitoring.kinds import DEVICE, INTERFACE, ONU
from oss.monitoring.poller import Poller
from oss.monitoring.told import Ids
from oss.monitoring.watch import Watch
from oss.monitoring.writer import Writer
from oss.network import devices, sites
from oss.network.device_secrets import Credentials
from oss.network.devices import DeviceValues
from oss.network.sites import SiteValues
from snmp.counters import Traffic
from snmp.credentials import Auth, Community, Privacy, User, Version
from snmp.results import DownCause, Interface, Onu, OnuState, Reading, System
from tests.conftest import TESTER
from tests.snmp.agents import folder, free_port, needs_snmpd, snmpd
from tests.waiting import eventually

AWAY = "127.0.0.9"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loops' pauses, short."""
    for name in ("ECHO_S", "SETTLE_S", "RELOAD_S", "LEASE_S"):
        monkeypatch.setattr(room, name, 0.05)


async def device(sealer: secrets.Sealer, name: str, address: str, port: int = 161, community: str = "public") -> int:
    async with db.transaction() as connection:
        site = await connection.fetchval("select min(id) from site")
        site = site or await sites.save(connection, TESTER, SiteValues("Centro", "core"))
        values = DeviceValues(name, site, "router", management=address, snmp_version="2c", snmp_port=port)
        key = await devices.save(connection, sealer, TESTER, values)
        sealed = sealer.seal(community, f"device/snmp_community_sealed/{key}")
        await connection.execute("update device set snmp_community_sealed = $2 where id = $1", key, sealed)
        await connection.execute("update device set poll_interval_s = 10 where id = $1", key)
    return key


@contextlib.asynccontextmanager
async def polling(sealer: secrets.Sealer) -> AsyncIterator[Poller]:
    async with db.pool().acquire() as connection:
        await partitions.ensure(connection)
    writer, watch = Writer(), Watch()
    one = Poller(sealer, writer, watch)
    health = Health("poller")
    tasks = [asyncio.create_task(one.run(health)), asyncio.create_task(writer.run(Health("samples")))]
    try:
        yield one
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@needs_snmpd
async def test_a_device_is_discovered_and_its_interfaces_are_sampled(
    database: str, sealer: secrets.Sealer, quick: None
) -> None:
    async with folder() as where, snmpd(["rocommunity public", "sysName core-1"], where) as target:
        key = await device(sealer, "core", "127.0.0.1", target.port)
        async with polling(sealer) as one:
            await eventually(lambda: _has("select 1 from device_interface where device_id = $1 and name = 'lo'", key))
            await eventually(lambda: _true(bool(one.polled[key].ids.interfaces)))
            one.schedule.drop(key)
            polled = one.polled[key]
            one._take(key, polled, await polled.reader.read())
            await eventually(lambda: _has("select 1 from sample_raw where owner_id = $1 and kind = $2", key, 1))
    assert await db.fetchval("select sys_name from device where id = $1", key) == "core-1"
    kinds = await db.fetch("select distinct kind from sample_raw where owner_id = $1", key)
    assert {row["kind"] for row in kinds} >= {INTERFACE.number, DEVICE.number}


async def test_who_does_not_answer_by_echo_is_an_incident_and_who_does_is_none(
    database: str, sealer: secrets.Sealer, quick: None
) -> None:
    await device(sealer, "here", "127.0.0.1")
    door = EchoDoor(AWAY, port := free_port(AWAY))  # on loopback: what leaves this machine, others may answer
    door.away()
    away = await device(sealer, "gone", AWAY, port)
    await db.execute("update alert_rule set raise_s = 0 where subject = 'ping'")
    async with polling(sealer) as one:
        one.pinger.timeout_s = 0.2
        await eventually(lambda: _has("select 1 from incident where at_kind = 'device' and at_id = $1", away))
    assert await db.fetchval("select count(*) from incident") == 1
    door.close()


async def test_one_process_polls_and_the_next_takes_over(database: str, sealer: secrets.Sealer, quick: None) -> None:
    async with polling(sealer) as first:
        await eventually(lambda: _true(bool(first.watch.rules)))
        async with polling(sealer) as second:
            await asyncio.sleep(0)
            assert not second.watch.rules
            task = asyncio.current_task()
            assert task is not None
            await db.execute(
                "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted and "
                "objid = (hashtext('milha:poller')::bigint & 4294967295)::oid"
            )
            await eventually(lambda: _true(bool(second.watch.rules)))


async def _has(sql: str, *values: object) -> bool:
    return bool(await db.fetchval(sql, *values))


async def _true(value: bool) -> bool:
    return value


def test_a_reading_becomes_samples_of_what_the_inventory_knows() -> None:
    system = System("", "1.3.6.1.4.1.1", 4_200, "olt", "", "")
    onus = (
        Onu("1", "0/1/0", 3, "HWTC00000001", state=OnuState.LOS, rx_dbm=None),
        Onu("2", "0/1/0", 4, "HWTC00000002", state=OnuState.ONLINE, rx_dbm=-21.5, distance_m=800),
        Onu("3", "0/1/0", 5, "HWTC00000003", state=OnuState.ONLINE),
    )
    reading = Reading(1.0, "huawei_olt", system, (Interface(7, "ge0", oper="up"), Interface(8, "ge1")), onus=onus)
    traffic = [Traffic(7, 1e6, 2e6, None, None, None, None, None), Traffic(8, None, None, None, None, None, None, None)]
    ids = Ids({7: 70}, {"HWTC00000001": 1, "HWTC00000002": 2})
    by_kind = {one.kind: one for one in told.samples(5, reading, traffic, ids, 99.0)}
    interface, onu = by_kind[INTERFACE], by_kind[ONU]
    assert list(interface.objects) == [70] and list(interface.metrics[:2]) == [1e6, 2e6] and interface.metrics[8] == 1.0
    state = ONU.place("state")
    assert list(onu.objects) == [1, 2]
    assert [onu.metrics[state], onu.metrics[ONU.width + state]] == [0.0, 1.0]
    assert by_kind[DEVICE].metrics[DEVICE.place("uptime_s")] == 42.0


def test_why_an_onu_went_is_its_state_or_else_what_the_olt_remembers_of_one_that_is_off() -> None:
    def onu(number: int, state: OnuState, last: DownCause | None = None) -> Onu:
        return Onu(str(number), "0/1/0", number, f"HWTC0000000{number}", state=state, last_down=last)

    rows = (
        onu(1, OnuState.LOS),
        onu(2, OnuState.DYING_GASP),
        onu(3, OnuState.OFFLINE, DownCause.DYING_GASP),
        onu(4, OnuState.OFFLINE, DownCause.RESET),
        onu(5, OnuState.ONLINE, DownCause.LOS),
        onu(6, OnuState.OFFLINE, DownCause.LOS),
    )
    reading = Reading(1.0, "huawei_olt", System("", "", 1, "olt", "", ""), onus=rows)
    ids = Ids({}, {f"HWTC0000000{number}": number * 10 for number in range(1, 6)})
    assert told.last_words(reading, ids) == {10: Last.LIGHT, 20: Last.POWER, 30: Last.POWER}


def way(version: str, user: str = "", auth: str = "none", priv: str = "none", **secret: str) -> Credentials:
    return Credentials(1, "127.0.0.1", version, 161, user, auth, priv, "off", None, "", None, **secret)


@pytest.mark.parametrize("version", ["off", "1", "2c", "3"])
def test_a_device_of_which_nobody_said_how_is_not_asked(version: str) -> None:
    assert polled.credentials(way(version)) is None


def test_credentials_are_the_wires() -> None:
    user = way("3", "noc", "sha256", "aes128", snmp_auth_password="a" * 8, snmp_priv_password="b" * 8)
    assert polled.credentials(user) == User("noc", Auth.SHA256, "a" * 8, Privacy.AES128, "b" * 8)
    assert polled.credentials(way("1", snmp_community="public")) == Community("public", Version.V1)
