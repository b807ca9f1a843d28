"""Who was found, beside the inventory: new, known, of the same name, the same device twice; and what is taken over."""

from __future__ import annotations

import pytest

from oss.base import db, secrets
from oss.base.problems import InvalidInput
from oss.lab.network.places import small
from oss.monitoring import finds
from oss.monitoring.finds import Choice, Inventory, compared, model_of
from oss.monitoring.scan import Found
from oss.network import device_secrets, devices, sites
from oss.network.devices import DeviceValues
from oss.network.sites import SiteValues
from tests.conftest import TESTER
from tests.oss.lab.network.running import running
from tests.oss.monitoring.test_poller import polling, quick  # noqa: F401 - a fixture
from tests.waiting import eventually

from .searching import begin, ended, working

HUAWEI = "1.3.6.1.4.1.2011"
NE = {"id": 1, "maker": "Huawei", "name": "NE8000 M1A", "role": "router", "sys_object_id": HUAWEI}
OLT = {"id": 2, "maker": "Huawei", "name": "MA5800-X7", "role": "olt", "sys_object_id": None}
DEVICE = {"id": 7, "name": "core-1", "sys_name": "core-1", "serial": "S7", "management": "10.0.0.7"}


def states(*every: Found, row: object = DEVICE) -> list[str]:
    inventory = Inventory()
    inventory.add(row)
    return [one.state for one in compared(every, inventory, [NE, OLT])]


def test_a_device_is_known_by_address_and_serial_and_a_name_alone_says_little() -> None:
    assert states(Found("10.0.0.7", name="x")) == ["known"]
    assert states(Found("10.0.0.8", name="x", serial="S7")) == ["known"]
    assert states(Found("10.0.0.8", name="core-1")) == ["namesake"]
    assert states(Found("10.0.0.8", name="core-2", serial="S8")) == ["new"]
    assert states(Found("10.0.0.7", refused=True)) == ["refused"]
    assert states(Found("10.0.0.8"), row={**DEVICE, "serial": "", "sys_name": ""}) == ["new"]


def test_one_device_at_two_addresses_is_one() -> None:
    first = Found("10.0.0.1", name="edge", description="x", booted_at=1000)
    assert states(first, Found("10.0.0.2", name="edge", description="x", booted_at=1003)) == ["new", "twin"]
    assert states(first, Found("10.0.0.2", name="edge", description="x", booted_at=1900)) == ["new", "new"]
    assert states(first, Found("10.0.0.2", description="x", booted_at=1000)) == ["new", "new"]
    assert states(Found("10.0.0.1", serial="A"), Found("10.0.0.2", serial="A")) == ["new", "twin"]
    assert states(Found("10.0.0.1", name="e", serial="A"), Found("10.0.0.2", name="e", serial="B")) == ["new", "new"]


def test_a_model_is_known_by_its_name_or_guessed_by_its_number() -> None:
    assert model_of([NE, OLT], Found("a", object_id=f"{HUAWEI}.2.1", description="Huawei NE9000")) == (NE, False)
    assert model_of([NE, OLT], Found("a", object_id=f"{HUAWEI}.2.1", description="MA5800-X7 V100")) == (OLT, True)
    assert model_of([NE, OLT], Found("a", object_id=f"{HUAWEI}.2.1", has_onus=True)) == (None, False)
    assert model_of([NE, OLT], Found("a", object_id=f"{HUAWEI}9.2")) == (None, False)


def test_devices_of_one_name_that_started_apart_are_as_many_devices() -> None:
    every = [Found(f"10.9.{n >> 8}.{n & 255}", name="MikroTik", booted_at=60.0 * n) for n in range(4096)]
    assert states(*every) == ["new"] * 4096


async def place() -> int:
    async with db.transaction() as connection:
        return await sites.save(connection, TESTER, SiteValues("Centro"))


async def take(sealer: secrets.Sealer, search_id: int, choices: list[Choice], site_id: int) -> list[int]:
    async with db.transaction() as connection:
        return await finds.add(connection, sealer, TESTER, search_id, choices, site_id)


async def test_those_chosen_become_devices_that_are_asked_as_they_were_found(
    database: str, sealer: secrets.Sealer
) -> None:
    site = await place()
    async with db.transaction() as connection:
        known = DeviceValues("old-olt", site, "olt", management="127.77.0.5")
        await devices.save(connection, sealer, TESTER, known)
        await devices.save(connection, sealer, TESTER, DeviceValues("olt-1", site, "olt"))
    async with running(small(1, 4)) as lab, working(database, sealer):
        search_id = await begin(sealer, lab.port)
        await ended(search_id)
        told = {one.found.address: one for one in await finds.of(db.pool(), search_id)}
        assert {key: one.state for key, one in told.items()} == {
            "127.77.0.1": "new",
            "127.77.0.3": "new",
            "127.77.0.4": "namesake",
            "127.77.0.5": "known",
        }
        chosen = [Choice("127.77.0.1"), Choice("127.77.0.3", "switch"), Choice("127.77.0.4"), Choice("127.77.0.5")]
        made = await take(sealer, search_id, chosen, site)
    rows = {
        row["host"]: row for row in await db.fetch("select host(management), * from device where id = any($1)", made)
    }
    assert {key: (row["name"], row["role"]) for key, row in rows.items()} == {
        "127.77.0.1": ("core-1", "router"),
        "127.77.0.3": ("edge-2", "switch"),
        "127.77.0.4": ("olt-1 (127.77.0.4)", "olt"),
    }
    reach = await device_secrets.credentials(db.pool(), sealer, made[0])
    assert (reach.snmp_community, reach.snmp_version, reach.snmp_port) == ("lab-leitura", "2c", lab.port)
    assert len(await finds.added(db.pool(), made)) == 3
    assert {one.state for one in await finds.of(db.pool(), search_id)} == {"known"}
    assert await take(sealer, search_id, chosen, site) == []  # said twice, made once
    assert await db.fetchval("select count(*) from audit where action = 'device.saved'") == 5
    assert not any("lab-leitura" in str(dict(row)) for row in await db.fetch("select * from audit"))


async def test_the_next_poll_of_what_was_added_finds_its_interfaces(
    database: str,
    sealer: secrets.Sealer,
    quick: None,  # noqa: F811
) -> None:
    async with running(small(1, 4)) as lab, working(database, sealer):
        search_id = await begin(sealer, lab.port)
        await ended(search_id)
        (device,) = await take(sealer, search_id, [Choice("127.77.0.1")], await place())
        sql = "select count(*) > 0 from device_interface where device_id = $1"
        assert not await db.fetchval(sql, device)
        async with polling(sealer) as poller:
            await eventually(lambda: device in poller.polled)
            poller.schedule.hurry(device, 0)
            await eventually(lambda: db.fetchval(sql, device))


async def test_what_was_not_found_is_not_added(database: str, sealer: secrets.Sealer) -> None:
    site, search_id = await place(), await begin(sealer, network="127.9.0.0/24")
    for choices in ([], [Choice("127.9.0.1")], [Choice("x")] * 257):
        with pytest.raises(InvalidInput):
            await take(sealer, search_id, choices, site)
    refused = """update device_search set found = '{"127.9.0.1": {"refused": true}, "127.9.0.2": {"name": "b"}}'"""
    await db.execute(refused)
    for choice, where in ((Choice("127.9.0.1"), site), (Choice("127.9.0.2"), 99), (Choice("127.9.0.2", "moon"), site)):
        with pytest.raises(InvalidInput):
            await take(sealer, search_id, [choice], where)
    assert await db.fetchval("select count(*) from device") == 0
