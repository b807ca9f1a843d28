"""One way from the house to a device: its queue, its link, what is told of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from oss.base import db
from oss.base.secrets import Sealer
from oss.drivers.links import Link
from oss.drivers.registry import Driver
from oss.network import device_links
from oss.network.device_links import Priority
from oss.network.link_keeper import Keeper
from tests.oss.drivers.transport import equipment
from tests.oss.drivers.transport.equipment import TABLE, Cli
from tests.oss.network.links import device, own_maker

SCREEN = "\n".join(TABLE)


@pytest.fixture(autouse=True)
def maker() -> Iterator[None]:
    with own_maker():
        yield


@pytest_asyncio.fixture(loop_scope="session")
async def keeper(database: str, sealer: Sealer) -> AsyncIterator[Keeper]:
    async with device_links.holding(sealer, "n1") as found:
        yield found


async def read(driver: Driver, link: Link) -> str:
    """A table of the OLT."""
    assert driver.router is not None
    return await driver.router.configuration(link)


async def asked(device_id: int, priority: Priority = Priority.PERSON, deadline_s: float = 20) -> str:
    return await device_links.do(
        device_id, read, priority=priority, deadline_s=deadline_s, what="table", asked_by="ana"
    )


@pytest.mark.parametrize("way", ["ssh", "telnet"])
async def test_a_device_is_asked_and_its_link_kept_open(keeper: Keeper, sealer: Sealer, way: str) -> None:
    cli = Cli()
    serve = equipment.ssh if way == "ssh" else equipment.telnet
    async with serve(cli) as port:
        olt = await device(sealer, way, port, role="olt")
        assert (await asked(olt)).split() == SCREEN.split()
        assert (await asked(olt)).split() == SCREEN.split()
        assert cli.logins == 1
        await keeper.tell()
        row = await db.fetchrow("select * from device_session where device_id = $1", olt)
        assert row["node"] == "n1" and row["open_since"] is not None and row["problem"] == ""
        said = await db.fetch("select * from device_transcript where device_id = $1 order by id", olt)
        assert [one["command"] for one in said] == ["enable", "undo smart", *["display ont info 0 1 all"] * 2]
        assert said[-1]["answer"].split() == SCREEN.split()
        assert {one["asked_by"] for one in said} == {"ana"} and said[0]["via"] == way
        await keeper.close()
