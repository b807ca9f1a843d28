"""Networks to run: a small one for tests, and the demo's, in two cities."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from oss.lab.network.shape import GIGA, Device, Fate, Link, Maker, Port, Shape, Site, pons


def joined(devices: Iterable[Device], links: tuple[Link, ...]) -> tuple[Device, ...]:
    """The devices with the ports at which links end, behind those they have."""
    found = []
    for device in devices:
        ports = list(device.ports)
        for link in links:
            for name, port, other in ((link.a, link.a_port, link.b), (link.b, link.b_port, link.a)):
                if name == device.name:
                    ports.append(Port(len(ports) + 1, port, f"para {other}", link.gbps * GIGA))
        found.append(replace(device, ports=tuple(ports)))
    return tuple(found)


SMALL_LINKS = (
    Link("core-1", "10GE0/1/0", "edge-1", "sfp-sfpplus1"),
    Link("core-1", "10GE0/1/1", "edge-2", "sfp-sfpplus1", gbps=1),
    Link("edge-1", "sfp-sfpplus2", "olt-1", "0/3/0"),
    Link("edge-2", "sfp-sfpplus2", "olt-2", "xgei_1/3/1", gbps=1),
)


def small(pons_each: int = 4, onus_each: int = 64) -> Shape:
    """A core, two edges (one speaks v3, one counts in 32 bits), OLTs of Huawei (olt-1) and ZTE (olt-2); two sites."""
    counts = (onus_each,) * pons_each
    devices = (
        Device("core-1", "router", Maker.HUAWEI, "Centro", "127.77.0.1", "NE8000 M1A", core=True),
        Device("edge-1", "router", Maker.MIKROTIK, "Centro", "127.77.0.2", "CCR2116-12G-4S+", v3=True),
        Device("edge-2", "router", Maker.GENERIC, "Serra", "127.77.0.3", narrow=True),
        Device(
            "olt-1",
            "olt",
            Maker.HUAWEI_OLT,
            "Centro",
            "127.77.0.4",
            "MA5800-X2",
            pons=pons("olt-1", Maker.HUAWEI_OLT, counts),
            nas="edge-1",
        ),
        Device(
            "olt-2", "olt", Maker.ZTE_C300, "Serra", "127.77.0.5", "C320", pons=pons("olt-2", Maker.ZTE_C300, counts)
        ),
    )
    sites = (Site("Centro", "core"), Site("Serra", "pop"))
    return Shape(sites, joined(devices, SMALL_LINKS), SMALL_LINKS)


SITES: Final = (
    Site("CPD Lavras", "core", None, "Rua do Ipê, 41", "Lavras", -21_245_300, -44_999_800),
    Site("POP Serra Azul", "pop", "CPD Lavras", "Avenida Serra Azul, 880", "Lavras", -21_228_900, -44_981_200),
    Site("POP Varginha", "pop", None, "Rua Padre Ângelo, 12", "Varginha", -21_551_700, -45_430_100),
    Site("Torre do Moinho", "tower", None, "Alto do Moinho", "Varginha", -21_407_000, -45_203_000),
)
LINKS: Final = (
    Link("BORDA-LAV-1", "10GE0/1/0", "BNG-LAV-1", "sfp-sfpplus1", "copper", 10),
    Link("BNG-LAV-1", "sfp-sfpplus2", "SW-LAV-1", "sfp-sfpplus1", "copper", 10),
    Link("SW-LAV-1", "sfp-sfpplus2", "OLT-LAV-1", "0/3/0", "fibre", 10, "Anel Lavras"),
    Link("SW-LAV-1", "ether24", "NB-LAV-1", "eth0", "copper", 1),
    Link("BORDA-LAV-1", "10GE0/1/1", "BNG-VGA-1", "sfp-sfpplus1", "leased", 10, "Transporte Lavras–Varginha"),
    Link("BNG-VGA-1", "sfp-sfpplus2", "OLT-VGA-1", "xgei_1/3/1", "fibre", 10),
    Link("SW-LAV-1", "ether10", "RD-MOINHO-LAV", "eth1", "fibre", 1, "Subida do Moinho"),
    Link("RD-MOINHO-LAV", "rf0", "BNG-VGA-1", "ether12", "radio", 1, "Rádio reserva"),
)
LAVRAS_PONS: Final = (6, 5, 5, 64, 5, 5, 5, 6)
VARGINHA_PONS: Final = (13, 12, 13, 12, 13, 12, 13, 13)
"""ONUs of each PON; in Lavras one is full: a cut there is worth looking at. The last of each OLT is nobody's."""
DARK: Final = {(7, 6): Fate.FIBRE, (7, 7): Fate.POWER, (8, 7): Fate.OFF}
"""In Varginha, of customers whom the lab does not dial: demo181, demo182 and demo195."""

WAITING: Final = {(1, 2): "demo009", (2, 3): "demo010"}
"""In Lavras, of two whom the lab does not dial: their ONUs are lit, and nobody has authorised them yet."""


def _demo_devices() -> tuple[Device, ...]:
    lavras, varginha = "CPD Lavras", "POP Varginha"
    olt_lavras = pons("OLT-LAV-1", Maker.HUAWEI_OLT, LAVRAS_PONS, loose=1, waiting=WAITING)
    olt_varginha = pons("OLT-VGA-1", Maker.ZTE_C300, VARGINHA_PONS, DARK, loose=1)
    return (
        Device("BNG-LAV-1", "router", Maker.MIKROTIK, lavras, "127.66.0.1", "CCR2116-12G-4S+", core=True),
        Device("BNG-VGA-1", "router", Maker.MIKROTIK, varginha, "127.66.0.2", "CCR2116-12G-4S+"),
        Device("BORDA-LAV-1", "router", Maker.HUAWEI, lavras, "127.66.0.3", "NE8000 M1A", core=True, v3=True),
        Device("SW-LAV-1", "switch", Maker.MIKROTIK, lavras, "127.66.0.10", "CRS326-24G-2S+"),
        Device(
            "OLT-LAV-1",
            "olt",
            Maker.HUAWEI_OLT,
            "POP Serra Azul",
            "127.66.0.20",
            "MA5800-X2",
            pons=olt_lavras,
            nas="BNG-LAV-1",
        ),
        Device("OLT-VGA-1", "olt", Maker.ZTE_C300, varginha, "127.66.0.21", "C320", pons=olt_varginha, nas="BNG-VGA-1"),
        Device("RD-MOINHO-LAV", "radio", Maker.GENERIC, "Torre do Moinho", "127.66.0.30", "PTP 670"),
        Device("NB-LAV-1", "ups", Maker.GENERIC, lavras, "127.66.0.40", "Smart-UPS 1500", narrow=True),
    )


DEMO: Final = Shape(SITES, joined(_demo_devices(), LINKS), LINKS)

SHAPES: Final[dict[str, Callable[[], Shape]]] = {"demo": lambda: DEMO, "small": small}
"""By the name that the lab's command line knows."""
