"""ZTE ZXA10 C600, C620 and C650: ONUs by SSH or telnet; interfaces have other names, service ports are apart."""

from __future__ import annotations

from oss.drivers.registry import Driver
from oss.drivers.zte import DIALECT, Names, ZteOlt

NAMES = Names(
    olt="gpon_olt-",
    onu="gpon_onu-",
    vport="vport-",
    uncfg="show pon onu uncfg",
    running="show running-config-interface",
    service="1",
)
DRIVER = Driver(
    key="zte-c600",
    title="ZTE C600 / C620 / C650",
    maker="ZTE",
    protocols=("ssh", "telnet"),
    object_ids=("1.3.6.1.4.1.3902",),
    models=("C600", "C610", "C620", "C650"),
    dialect=DIALECT,
    olt=ZteOlt(NAMES),
)
