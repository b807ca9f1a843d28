"""How a device of the inventory is reached, and by which driver."""

from __future__ import annotations

from typing import Final, NamedTuple, cast

from oss.base import db
from oss.base.problems import NotFound
from oss.base.secrets import Sealer
from oss.drivers import registry
from oss.drivers.problems import NotOffered
from oss.drivers.reach import PORTS, Protocol, Reach
from oss.drivers.registry import Driver
from oss.network import device_secrets
from oss.network.device_secrets import Credentials

KNOWN: Final = """select d.id, d.name, d.role, d.sys_object_id, d.sys_descr, m.maker, m.name as model
from device d left join device_model m on m.id = d.model_id where d.id = $1"""


class NotReachable(NotOffered):
    """{name} has no address, or nobody said how its command line is spoken to."""


class NoDriver(NotOffered):
    """{name}: nobody here speaks its language; its maker or model is not known."""


class Way(NamedTuple):
    """Who speaks to a device and how."""

    driver: Driver
    reach: Reach


async def way(connection: db.Connection, sealer: Sealer, device_id: int) -> Way:
    """Raises NotFound, NotReachable, NoDriver."""
    row = await connection.fetchrow(KNOWN, device_id)
    if row is None:
        raise NotFound(thing="device")
    opens = await device_secrets.credentials(connection, sealer, device_id)
    names = [row[name] for name in ("maker", "model", "sys_descr") if row[name]]
    driver = registry.chosen("olt" if row["role"] == "olt" else "router", row["sys_object_id"] or "", names)
    if driver is None:
        raise NoDriver(name=row["name"])
    return Way(driver, reach(row["name"], opens))


def reach(name: str, opens: Credentials) -> Reach:
    """As the transports want it. Raises NotReachable."""
    if opens.management is None or opens.cli_protocol not in PORTS:
        raise NotReachable(name=name)
    return Reach(
        device_id=opens.device_id,
        name=name,
        host=opens.management,
        protocol=cast(Protocol, opens.cli_protocol),
        port=opens.cli_port or PORTS[opens.cli_protocol],
        user=opens.cli_user,
        password=opens.cli_password or "",
        ssh_key=opens.ssh_host_key,
        snmp_port=opens.snmp_port,
        snmp_community=opens.snmp_community,
    )
