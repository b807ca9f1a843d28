"""A C-Data OLT is configured by SNMP SET, read back by the same client, and refuses what RFC 2579 refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from oss.lab.network.lab import NetworkLab
from oss.lab.network.makers.cdata import CONFIGURED
from oss.lab.network.plant import LiveOnu
from oss.lab.network.shape import Device, Maker, Shape, Site, pons
from oss.lab.network.whims import Deed
from snmp.client import Client
from snmp.credentials import Community, Target
from snmp.errors import SnmpError
from snmp.wire import Assignment, Kind
from tests.oss.lab.network.running import running

IT = Device("olt-c", "olt", Maker.CDATA, "here", "127.77.1.9", core=True, pons=pons("olt-c", Maker.CDATA, (3, 3)))
SHAPE = Shape((Site("here"),), (IT,), ())
ROW = f"{CONFIGURED}.1.1.{{}}.1.0.1.4"
STATUS, MODE, SERIAL, LINE, SERVICE, NAME = (ROW.format(column) for column in (2, 3, 4, 6, 7, 8))
STEPS = ((STATUS, 5), (MODE, 1), (SERIAL, b"CDTC0A0B0C0D"), (LINE, 100), (SERVICE, 100), (NAME, b"ana"), (STATUS, 1))


@asynccontextmanager
async def olt() -> AsyncIterator[tuple[NetworkLab, LiveOnu, Client]]:
    async with (
        running(SHAPE) as lab,
        Client(Target(IT.address, lab.port), Community(SHAPE.community)) as client,
    ):
        yield lab, lab.device("olt-c").state.plant.plug(1, "CDTC0A0B0C0D", 800, "FD511G-X"), client


async def put(client: Client, *wanted: tuple[str, int | bytes]) -> None:
    """One SET request."""
    kinds = [Kind.INTEGER if isinstance(value, int) else Kind.OCTETS for _, value in wanted]
    await client.set(*(Assignment(oid, kind, value) for kind, (oid, value) in zip(kinds, wanted, strict=True)))


async def test_step_by_step_from_found_to_served_and_back() -> None:
    async with olt() as (lab, one, client):
        plant = lab.device("olt-c").state.plant
        assert await client.get(f"{CONFIGURED}.5.1.3.1.0.1.1") == b"CDTC0A0B0C0D"
        for step in STEPS:
            assert not plant.serves(one)
            await put(client, step)
        assert plant.serves(one) and one.number == 4
        assert await client.get(SERIAL) == b"CDTC0A0B0C0D" and await client.get(f"{CONFIGURED}.2.1.1.1.0.1.4") == 1
        assert await client.column(f"{CONFIGURED}.5.1.3") == {}
        await put(client, (f"{CONFIGURED}.4.1.1.1.0.1.4", 1))
        assert one.last_down is not None and one.lit
        await put(client, (STATUS, 6))
        assert one.number is None and not plant.serves(one)


async def test_all_in_one_request() -> None:
    async with olt() as (lab, one, client):
        await put(client, (STATUS, 4), *STEPS[1:-1])
        assert lab.device("olt-c").state.plant.serves(one)
        await put(client, (f"{CONFIGURED}.4.1.2.1.0.1.4", 1))
        assert not lab.device("olt-c").state.plant.serves(one)


@pytest.mark.parametrize(
    "wanted",
    [
        ((STATUS, 1),),
        ((STATUS, 4), (SERIAL, b"CDTC0A0B0C0D")),
        ((STATUS, 4), (SERIAL, b"short"), (LINE, 100), (SERVICE, 100)),
        ((STATUS, 4), (SERIAL, b"CDTC0A0B0C0D"), (LINE, 55), (SERVICE, 100)),
        ((f"{CONFIGURED}.1.1.2.1.0.9.4", 5),),
        (("1.3.6.1.2.1.1.5.0", b"name"),),
    ],
)
async def test_what_cannot_be_set_is_refused_and_nothing_changes(wanted: tuple[tuple[str, int | bytes], ...]) -> None:
    async with olt() as (lab, one, client):
        with pytest.raises(SnmpError):
            await put(client, *wanted)
        assert one.number is None and lab.device("olt-c").state.plant.numbered(1, 4) is None


@pytest.mark.parametrize(("deed", "done"), [(Deed.REFUSE, False), (Deed.HANG, False), (Deed.LOST, True)])
async def test_a_set_fails_as_it_was_ordered(deed: Deed, done: bool) -> None:
    async with olt() as (lab, one, client):
        writes = lab.device("olt-c").writes
        assert writes is not None
        for number in range(1, 6):
            writes.whims.fail(number, deed)
        with pytest.raises(SnmpError):
            await put(client, (STATUS, 4), *STEPS[1:-1])
        assert (one.number is not None) is done
