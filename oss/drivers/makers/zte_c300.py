"""ZTE ZXA10 C300 and C320 (V2.x): ONUs by SSH or telnet."""

from __future__ import annotations

from oss.drivers.registry import Driver
from oss.drivers.zte import DIALECT, Names, ZteOlt

NAMES = Names(
    olt="gpon-olt_",
    onu="gpon-onu_",
    vport="",
    uncfg="show gpon onu uncfg",
    running="show running-config interface",
    service="HSI",
)
DRIVER = Driver(
    key="zte-c300",
    title="ZTE C300 / C320",
    maker="ZTE",
    protocols=("telnet", "ssh"),
    object_ids=("1.3.6.1.4.1.3902",),
    dialect=DIALECT,
    olt=ZteOlt(NAMES),
)
