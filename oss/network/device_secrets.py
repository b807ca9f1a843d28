"""What opens a device: community, SNMPv3 passwords, the password of its command line; sealed, each in its own place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from oss.base import db
from oss.base.problems import NotFound
from oss.base.secrets import Sealer

NAMES: Final = ("snmp_community", "snmp_auth_password", "snmp_priv_password", "cli_password", "enable_password")
READ = f"""select id, host(management) as management, snmp_version, snmp_port, snmp_user, snmp_auth, snmp_priv,
  cli_protocol, cli_port, cli_user, ssh_host_key, ssh_port, ssh_legacy, cli_encoding, tls_fingerprint,
  {", ".join(f"{name}_sealed" for name in NAMES)}
from device where id = any($1::bigint[])"""
PORTS: Final = {"ssh": 22, "telnet": 23, "api": 8728, "api-tls": 8729}


@dataclass(frozen=True, slots=True)
class Credentials:
    """How a device is reached, in clear: for who polls it or logs in to it, never for a screen.

    ``management`` None: it has no address yet. ``ssh_host_key``: the only key that is to be believed, as
    ``type base64`` (OpenSSH's known_hosts without names); ``tls_fingerprint``: ``sha256:hex`` of its certificate.
    """

    device_id: int
    management: str | None
    snmp_version: str
    snmp_port: int
    snmp_user: str
    snmp_auth: str
    snmp_priv: str
    cli_protocol: str
    cli_port: int | None
    cli_user: str
    ssh_host_key: str | None
    ssh_port: int = 22
    ssh_legacy: bool = False
    cli_encoding: str = "latin-1"
    tls_fingerprint: str | None = None
    snmp_community: str | None = field(default=None, repr=False)
    snmp_auth_password: str | None = field(default=None, repr=False)
    snmp_priv_password: str | None = field(default=None, repr=False)
    cli_password: str | None = field(default=None, repr=False)
    enable_password: str | None = field(default=None, repr=False)


def place(name: str, device_id: int) -> str:
    """Where a secret is sealed for."""
    return f"device/{name}_sealed/{device_id}"


def sealed(sealer: Sealer, device_id: int, secrets: Mapping[str, str | None]) -> dict[str, str | None]:
    """Columns of the secrets that were given: None keeps the present one, empty takes it away."""
    return {
        f"{name}_sealed": sealer.seal(value, place(name, device_id)) if value else None
        for name, value in secrets.items()
        if value is not None
    }


def _opened(sealer: Sealer, row: Any) -> Credentials:
    clear: dict[str, Any] = {
        name: sealer.open(row[f"{name}_sealed"], place(name, row["id"])).decode("utf-8", "replace")
        for name in NAMES
        if row[f"{name}_sealed"] is not None
    }
    plain = {name: row[name] for name in Credentials.__slots__ if name not in (*NAMES, "device_id")}
    port = plain["cli_port"] or PORTS.get(plain["cli_protocol"])
    return Credentials(device_id=row["id"], **(plain | {"cli_port": port}), **clear)


async def credentials(connection: db.Connection, sealer: Sealer, device_id: int) -> Credentials:
    """How one device is reached. Raises NotFound."""
    found = await credentials_of(connection, sealer, [device_id])
    if not found:
        raise NotFound(thing="device")
    return found[0]


async def credentials_of(connection: db.Connection, sealer: Sealer, device_ids: list[int]) -> list[Credentials]:
    """How some devices are reached, in no order."""
    return [_opened(sealer, row) for row in await connection.fetch(READ, device_ids)]
