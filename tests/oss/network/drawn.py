"""A small network to ask about: a core, a ring of two switches, an OLT and a radio behind one of them.

core - ring-a - olt
   \\      |        (the ring: core - ring-a - ring-b - core)
    ring-b - radio
"""

from __future__ import annotations

from dataclasses import dataclass

from oss.base import db, secrets
from oss.network import devices, links, onus, plant, sites
from oss.network.devices import DeviceValues
from oss.network.links import LinkValues
from oss.network.onus import OnuValues
from oss.network.plant import BoxValues, PonValues
from oss.network.sites import SiteValues
from tests.conftest import TESTER


@dataclass(frozen=True, slots=True)
class Drawn:
    """Ids by name."""

    sites: dict[str, int]
    devices: dict[str, int]
    links: dict[str, int]
    pons: dict[str, int]
    boxes: dict[str, int]
    onus: list[int]


JOINED = (("core", "ring-a"), ("core", "ring-b"), ("ring-a", "ring-b"), ("ring-a", "olt"), ("ring-b", "radio"))


async def draw(connection: db.Connection, sealer: secrets.Sealer, onu_count: int = 4) -> Drawn:
    """Two PONs; the first feeds two boxes, one behind the other, with the ONUs in turn."""
    there = {"centro": await sites.save(connection, TESTER, SiteValues("Centro", "core", city="Lavras"))}
    there["serra"] = await sites.save(
        connection, TESTER, SiteValues("Serra", "pop", parent_id=there["centro"], city="Varginha")
    )
    there["torre"] = await sites.save(connection, TESTER, SiteValues("Torre", "tower", city="Varginha"))
    made = {}
    for name, role, site in (
        ("core", "router", "centro"),
        ("ring-a", "switch", "serra"),
        ("ring-b", "switch", "torre"),
        ("olt", "olt", "serra"),
        ("radio", "radio", "torre"),
    ):
        values = DeviceValues(name, there[site], role, is_core=name == "core")
        made[name] = await devices.save(connection, sealer, TESTER, values)
    joined = {f"{a} {b}": await links.save(connection, TESTER, LinkValues(made[a], made[b])) for a, b in JOINED}
    pons = {name: await plant.save_pon(connection, TESTER, PonValues(made["olt"], name)) for name in ("0/1/0", "0/1/1")}
    ports = max(8, (onu_count + 1) // 2)
    first = await plant.save_box(connection, TESTER, BoxValues("CTO-1", pons["0/1/0"], ports))
    boxes = {"CTO-1": first}
    boxes["CTO-2"] = await plant.save_box(connection, TESTER, BoxValues("CTO-2", pons["0/1/0"], ports, parent_id=first))
    ends = []
    for number in range(onu_count):
        box = boxes["CTO-1" if number % 2 == 0 else "CTO-2"]
        values_of = OnuValues(f"HWTC{number:08X}", box_id=box, box_port=number // 2 + 1, number=number)
        ends.append(await onus.save(connection, TESTER, values_of))
    return Drawn(there, made, joined, pons, boxes, ends)
