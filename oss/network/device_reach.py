"""How a device of the inventory is reached, and by which driver."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, cast

from oss.base import db
from oss.base.problems import NotFound
from oss.base.secrets import Sealer
from oss.drivers import budget, registry
from oss.drivers.budget import Limits
from oss.drivers.problems import NotOffered
from oss.drivers.reach import PORTS, Protocol, Reach
from oss.drivers.registry import Driver
from oss.network import device_secrets
from oss.network.device_secrets import Credentials
from snmp.credentials import Auth, Community, Privacy, User, Version

KNOWN: Final = """select d.id, d.name, d.role, d.sys_object_id, d.sys_descr, m.maker, m.name as model,
  d.cli_per_minute, d.cli_burst, d.snmp_per_minute, d.snmp_burst
from device d left join device_model m on m.id = d.model_id where d.id = $1"""


class NotReachable(NotOffered):
    """{name} has no address, or nobody said how its command line is spoken to."""


class NoDriver(NotOffered):
    """{name}: nobody here speaks its language; its maker or model is not known."""


class Way(NamedTuple):
    """Who speaks to a device and how."""

    driver: Driver
    reach: Reach
    snmp: Community | User | None
    limits: Limits | None


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
    return Way(driver, reach(row["name"], opens, by_snmp=driver.dialect is None), snmp_secret(opens), limits(row))


def reach(name: str, opens: Credentials, by_snmp: bool = False) -> Reach:
    """As the transports want it; ``by_snmp``: it has no command line of use. Raises NotReachable."""
    spoken = opens.cli_protocol if opens.cli_protocol in PORTS else "ssh"
    if opens.management is None or (spoken != opens.cli_protocol and not by_snmp):
        raise NotReachable(name=name)
    return Reach(
        device_id=opens.device_id,
        name=name,
        host=opens.management,
        protocol=cast(Protocol, spoken),
        port=opens.cli_port or PORTS[spoken],
        user=opens.cli_user,
        password=opens.cli_password or "",
        enable_password=opens.enable_password or "",
        ssh_port=opens.ssh_port,
        ssh_key=opens.ssh_host_key,
        tls_pin=opens.tls_fingerprint,
        legacy=opens.ssh_legacy,
        encoding=opens.cli_encoding,
        snmp_port=opens.snmp_port,
        snmp_community=opens.snmp_community,
    )


def snmp_secret(one: Credentials) -> Community | User | None:
    """As the wire wants it; None: nobody said how to ask."""
    if one.snmp_version in ("1", "2c") and one.snmp_community:
        return Community(one.snmp_community, Version(one.snmp_version))
    if one.snmp_version != "3" or not one.snmp_user:
        return None
    auth = None if one.snmp_auth == "none" else Auth(one.snmp_auth)
    privacy = None if one.snmp_priv == "none" else Privacy(one.snmp_priv)
    return User(one.snmp_user, auth, one.snmp_auth_password or "", privacy, one.snmp_priv_password or "")


def limits(row: Mapping[str, Any]) -> Limits | None:
    """What may be asked of a device: as its row says, else as an OLT; None: as much as one wants."""
    given = {name: row[name] for name in Limits.__slots__ if row[name] is not None}
    if row["role"] != "olt" and not given:
        return None
    return Limits(**{name: given.get(name, getattr(budget.OLT, name)) for name in Limits.__slots__})
