"""A maker of the tests' own: a file that names its driver is put among the makers (`tests.oss.network.links`)."""

from __future__ import annotations

from collections.abc import Sequence

from oss.drivers.links import Link
from oss.drivers.registry import Driver
from oss.drivers.router import RouterSession
from tests.oss.drivers.transport.equipment import DIALECT


class TestedRouter:
    """What the tests ask of it."""

    async def sessions(self, link: Link) -> Sequence[RouterSession]:
        rows = await (await link.api()).rows("/ppp/active")
        return [RouterSession(row[".id"], row["name"], row.get("address")) for row in rows]

    async def configuration(self, link: Link) -> str:
        return await (await link.shell()).run("display ont info 0 1 all")


DRIVER = Driver(
    key="tested-maker",
    title="Tested",
    maker="Tested",
    protocols=("ssh", "telnet", "api", "api-tls"),
    object_ids=("1.3.6.1.4.1.99999",),
    dialect=DIALECT,
    router=TestedRouter(),  # type: ignore[arg-type]
    olt=TestedRouter(),  # type: ignore[arg-type]
)
