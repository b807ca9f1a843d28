"""The demo's network: two cities, four sites, three routers, two OLTs with sixteen PONs, boxes, the customers' ONUs."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta

from oss.access import drops, nas_devices
from oss.base import audit, clock, db
from oss.base.secrets import Sealer
from oss.network import catalogue, devices, discovery, links, maintenance, sites
from oss.network.devices import DeviceValues
from oss.network.facts import Facts, Interface, SeenOnu, System
from oss.network.links import LinkValues
from oss.network.maintenance import WindowValues
from oss.network.rows import natural
from oss.network.sites import SiteValues

ACTOR = audit.Actor("system:demo")
# name, kind, fed from, address, city, latitude, longitude
SITES = (
    ("CPD Lavras", "core", None, "Rua do Ipê, 41", "Lavras", -21_245_300, -44_999_800),
    ("POP Serra Azul", "pop", "CPD Lavras", "Avenida Serra Azul, 880", "Lavras", -21_228_900, -44_981_200),
    ("POP Varginha", "pop", None, "Rua Padre Ângelo, 12", "Varginha", -21_551_700, -45_430_100),
    ("Torre do Moinho", "tower", None, "Alto do Moinho", "Varginha", -21_407_000, -45_203_000),
)
# name, role, site, model, management, core
DEVICES = (
    ("BNG-LAV-1", "router", "CPD Lavras", "CCR2116-12G-4S+", "10.0.0.1", True),
    ("BNG-VGA-1", "router", "POP Varginha", "CCR2116-12G-4S+", "10.0.0.2", False),
    ("BORDA-LAV-1", "router", "CPD Lavras", "NE8000 M1A", "10.0.0.3", True),
    ("SW-LAV-1", "switch", "CPD Lavras", "CRS326-24G-2S+", "10.0.0.10", False),
    ("OLT-LAV-1", "olt", "POP Serra Azul", "MA5800-X2", "10.0.0.20", False),
    ("OLT-VGA-1", "olt", "POP Varginha", "C320", "10.0.0.21", False),
    ("RD-MOINHO-LAV", "radio", "Torre do Moinho", "PTP 670", "10.0.0.30", False),
    ("NB-LAV-1", "ups", "CPD Lavras", "Smart-UPS 1500", "10.0.0.40", False),
)
# one end, its interface, other end, its interface, medium, Gbps, name
LINKS = (
    ("BORDA-LAV-1", "10GE0/1/0", "BNG-LAV-1", "sfp-sfpplus1", "copper", 10, ""),
    ("BNG-LAV-1", "sfp-sfpplus2", "SW-LAV-1", "sfp-sfpplus1", "copper", 10, ""),
    ("SW-LAV-1", "sfp-sfpplus2", "OLT-LAV-1", "0/3/0", "fibre", 10, "Anel Lavras"),
    ("SW-LAV-1", "ether24", "NB-LAV-1", "eth0", "copper", 1, ""),
    ("BORDA-LAV-1", "10GE0/1/1", "BNG-VGA-1", "sfp-sfpplus1", "leased", 10, "Transporte Lavras–Varginha"),
    ("BNG-VGA-1", "sfp-sfpplus2", "OLT-VGA-1", "xgei_1/3/1", "fibre", 10, ""),
    ("SW-LAV-1", "ether10", "RD-MOINHO-LAV", "eth1", "fibre", 1, "Subida do Moinho"),
    ("RD-MOINHO-LAV", "rf0", "BNG-VGA-1", "ether12", "radio", 1, "Rádio reserva"),
)
PONS_EACH, BOXES_EACH, BOX_PORTS = 8, 3, 8
NAS = ("BNG-LAV-1", "BNG-VGA-1")
SOFTWARE = {"router": "7.16.2", "switch": "7.16.2", "olt": "V800R021C10", "radio": "670-04-10", "ups": "2.1"}
DARK = ("los", "dying-gasp", "offline")


async def draw(connection: db.Connection, sealer: Sealer, chance: random.Random) -> None:
    """Draw it, in the caller's transaction, and tie the demo's customers to its ONUs."""
    there: dict[str, int] = {}
    for name, kind, feeder, address, city, north, east in SITES:
        feeding = there[feeder] if feeder else None
        values = SiteValues(name, kind, None, feeding, address, city, north, east)
        there[name] = await sites.save(connection, ACTOR, values)
    made = await _devices(connection, sealer, there)
    await _interfaces(connection, made)
    await _links(connection, made)
    await _plant(connection, chance, made)
    for name in NAS:
        nas = await connection.fetchval("select id from nas where name = $1", name)
        await nas_devices.tie(connection, ACTOR, nas, made[name])
    start = (clock.now() + timedelta(days=2)).replace(hour=5, minute=0, second=0, microsecond=0)
    window = WindowValues(start, start + timedelta(hours=2), "Troca da fonte redundante", device_id=made["OLT-LAV-1"])
    await maintenance.save(connection, ACTOR, window)
    await audit.note(connection, ACTOR, "network.drawn", "network", "", count=len(made))


async def _devices(connection: db.Connection, sealer: Sealer, there: dict[str, int]) -> dict[str, int]:
    models = {row["name"]: row["id"] for row in await catalogue.every(connection)}
    made = {}
    for name, role, site, model, management, core in DEVICES:
        values = DeviceValues(
            name,
            there[site],
            role,
            models[model],
            "",
            SOFTWARE[role],
            management,
            "2c",
            is_core=core,
            snmp_community="demo-leitura",
        )
        made[name] = await devices.save(connection, sealer, ACTOR, values)
    return made


async def _interfaces(connection: db.Connection, made: dict[str, int]) -> None:
    """Those that links end at, as a reading would have found them."""
    names: dict[str, list[tuple[str, str, int]]] = {}
    for a, a_port, b, b_port, _, gbps, _ in LINKS:
        names.setdefault(a, []).append((a_port, f"para {b}", gbps))
        names.setdefault(b, []).append((b_port, f"para {a}", gbps))
    for number, (device, ports) in enumerate(names.items()):
        told = tuple(
            Interface(index, port, alias, 6, gbps * 10**9, f"AA:00:00:00:{number:02X}:{index:02X}", "up", "up")
            for index, (port, alias, gbps) in enumerate(ports, 1)
        )
        facts = Facts(made[device], clock.now(), System(name=device, descr=f"{device}, demo"), told)
        await discovery.discovered(connection, ACTOR, facts)


async def _links(connection: db.Connection, made: dict[str, int]) -> None:
    rows = await connection.fetch("select id, device_id, name from device_interface")
    ports = {(row["device_id"], row["name"]): row["id"] for row in rows}
    for a, a_port, b, b_port, medium, gbps, name in LINKS:
        ends = ports[made[a], a_port], ports[made[b], b_port]
        await links.save(connection, ACTOR, LinkValues(made[a], made[b], medium, name, gbps * 10**9, *ends))


async def _plant(connection: db.Connection, chance: random.Random, made: dict[str, int]) -> None:
    """Every login of the demo has an ONU: those the first router serves in Lavras, the others in Varginha."""
    accounts = [row["id"] for row in await connection.fetch("select id from access_account order by login")]
    half = len(accounts) // 2
    for olt, prefix, some, base in (
        ("OLT-LAV-1", "HWTC", accounts[:half], SITES[1]),
        ("OLT-VGA-1", "ZTEG", accounts[half:], SITES[2]),
    ):
        boxes = await _boxes(connection, chance, made[olt], olt[4:7], (base[5], base[6]))
        await _onus(connection, chance, made[olt], prefix, some, boxes)


async def _boxes(
    connection: db.Connection, chance: random.Random, olt: int, area: str, place: tuple[int, int]
) -> list[tuple[int, str, int]]:
    """PON ports with their boxes; the third box of each hangs behind the first. Returns (box, PON's name, PON)."""
    found = []
    for port in range(PONS_EACH):
        name = f"0/1/{port}"
        pon = await connection.fetchval(
            "insert into pon_port (device_id, name, sort_key) values ($1, $2, $3) returning id",
            olt,
            name,
            natural(name),
        )
        first = None
        for number in range(BOXES_EACH):
            north, east = (middle + chance.randrange(-16_000, 16_000) for middle in place)
            box = await connection.fetchval(
                "insert into splitter_box (name, pon_id, parent_id, ports, latitude_e6, longitude_e6) "
                "values ($1, $2, $3, $4, $5, $6) returning id",
                *(f"CTO-{area}-{port}{number + 1:02d}", pon, first if number == 2 else None, BOX_PORTS, north, east),
            )
            first = first or box
            found.append((box, name, pon))
    return found


async def _onus(
    connection: db.Connection,
    chance: random.Random,
    olt: int,
    prefix: str,
    accounts: Sequence[int],
    boxes: list[tuple[int, str, int]],
) -> None:
    """One ONU a login, in the next free socket; a few are dark, one is in no box."""
    told, places = [], {}
    for place, _ in enumerate(accounts):
        box, pon_name, _ = boxes[place % len(boxes)]
        serial = f"{prefix}{chance.randrange(16**8):08X}"
        state = chance.choice(DARK) if chance.random() < 0.02 else "online"
        told.append(SeenOnu(serial, pon_name, place, "HG8245Q2" if prefix == "HWTC" else "F670L", state))
        places[serial] = box, place // len(boxes) + 1
    told.append(SeenOnu(f"{prefix}00DE0001", "0/1/7", 127, "", "online"))
    await discovery.discovered(connection, ACTOR, Facts(olt, clock.now(), onus=tuple(told)))
    columns = [list(column) for column in zip(*((serial, *place) for serial, place in places.items()), strict=True)]
    await connection.execute(
        "update onu o set box_id = f.box, box_port = f.port from unnest($1::text[], $2::bigint[], $3::int[]) "
        "f(serial, box, port) where o.serial = f.serial",
        *columns,
    )
    sql = "select id, serial from onu where serial = any($1::text[])"
    ids = {row["serial"]: row["id"] for row in await connection.fetch(sql, columns[0])}
    await drops.tie_all(connection, [(account, ids[serial]) for account, serial in zip(accounts, places, strict=True)])
