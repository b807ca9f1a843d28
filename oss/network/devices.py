"""Devices: routers, switches, OLTs, radios, servers and power supplies; how each is reached, and what it hangs on."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from oss.base import audit, audit_names, db
from oss.base.problems import Conflict, InvalidInput
from oss.base.secrets import Sealer
from oss.network import dependencies, device_secrets, rows
from oss.network.catalogue import ROLES
from oss.staff.permissions import N_

SNMP: Final = ("off", "1", "2c", "3")
AUTHS: Final = ("none", "md5", "sha1", "sha224", "sha256", "sha384", "sha512")
PRIVS: Final = ("none", "des", "aes128", "aes192", "aes256")
CLIS: Final = ("off", "ssh", "telnet", "api", "api-tls")
ENCODINGS: Final = ("latin-1", "utf-8", "cp1252", "gb18030")
LIMITS: Final = {"cli_per_minute": 60_000, "cli_burst": 1000, "snmp_per_minute": 600_000, "snmp_burst": 10_000}
"""The most that may be set; None: what its role has."""
LONGEST_SECRET = 128  # octets
FINGERPRINT = re.compile(r"sha256:[0-9a-f]{64}")
HOST_KEY = re.compile(r"(ssh-[a-z0-9]+|ecdsa-sha2-[a-z0-9]+|sk-[a-z0-9@.-]+) ([A-Za-z0-9+/]+={0,2})")
USED_BY: Final = {
    N_("PON ports"): "select count(*) from pon_port where device_id = $1",
    N_("customers' lines"): "select count(*) from account_drop where device_id = $1",
    N_(
        "devices said to hang on it"
    ): """select count(*) from device d left join network_link l on l.id = d.hangs_on_link_id
      where d.id <> $1 and (d.hangs_on_device_id = $1 or $1 in (l.a_device_id, l.b_device_id))""",
}

audit_names.called("device", "select id, name, id as inside from device where id = any($1::bigint[])")


@dataclass(frozen=True, slots=True)
class DeviceValues:
    """The fields of a device. A secret that is None stays, one that is empty goes.

    ``hangs_on_device_id`` or ``hangs_on_link_id``: what it depends on where the links do not tell.
    """

    name: str
    site_id: int
    role: str = "router"
    model_id: int | None = None
    serial: str = ""
    software: str = ""
    management: str | None = None
    snmp_version: str = "off"
    snmp_port: int = 161
    snmp_community: str | None = field(default=None, repr=False)
    snmp_user: str = ""
    snmp_auth: str = "none"
    snmp_auth_password: str | None = field(default=None, repr=False)
    snmp_priv: str = "none"
    snmp_priv_password: str | None = field(default=None, repr=False)
    cli_protocol: str = "off"
    cli_port: int | None = None
    cli_user: str = ""
    cli_password: str | None = field(default=None, repr=False)
    ssh_host_key: str | None = None
    ssh_port: int = 22
    ssh_legacy: bool = False
    enable_password: str | None = field(default=None, repr=False)
    cli_encoding: str = "latin-1"
    tls_fingerprint: str | None = None
    cli_per_minute: int | None = None
    cli_burst: int | None = None
    snmp_per_minute: int | None = None
    snmp_burst: int | None = None
    poll_interval_s: int = 60
    enabled: bool = True
    is_core: bool = False
    hangs_on_device_id: int | None = None
    hangs_on_link_id: int | None = None
    note: str = ""


CHOICES: Final = {
    "role": ROLES,
    "snmp_version": SNMP,
    "snmp_auth": AUTHS,
    "snmp_priv": PRIVS,
    "cli_protocol": CLIS,
    "cli_encoding": ENCODINGS,
}


def _check(values: DeviceValues) -> None:
    wrong = {}
    for name, choices in CHOICES.items():
        if getattr(values, name) not in choices:
            wrong[name] = "one of " + ", ".join(choices)
    if not 1 <= len(values.name.strip()) <= 80:
        wrong["name"] = "1 to 80 characters"
    if values.management is not None and not _is_address(values.management):
        wrong["management"] = "must be an IP address"
    if not 10 <= values.poll_interval_s <= 86400:
        wrong["poll_interval_s"] = "must be between 10 and 86400 seconds"
    for name, most in LIMITS.items():
        if not 1 <= (getattr(values, name) or 1) <= most or getattr(values, name) == 0:
            wrong[name] = f"must be between 1 and {most}"
    for name in ("snmp_port", "cli_port", "ssh_port"):
        if not 1 <= (getattr(values, name) or 1) <= 65535:
            wrong[name] = "must be between 1 and 65535"
    if values.is_core and (values.hangs_on_device_id or values.hangs_on_link_id):
        wrong["is_core"] = "what stands at the top hangs on nothing"
    if values.hangs_on_device_id and values.hangs_on_link_id:
        wrong["hangs_on"] = "on a device or on a link, not on both"
    wrong |= _wrong_access(values)
    if wrong:
        raise InvalidInput(wrong)


def _wrong_access(values: DeviceValues) -> dict[str, str]:
    """What is wrong with how it is reached: v3 needs its user; encryption needs a signature (RFC 3414 1.4.3)."""
    wrong = {}
    for name in device_secrets.NAMES:
        if len((getattr(values, name) or "").encode("utf-8", "surrogatepass")) > LONGEST_SECRET:
            wrong[name] = f"at most {LONGEST_SECRET} octets"
    for name in ("snmp_auth_password", "snmp_priv_password"):
        if getattr(values, name) and len(getattr(values, name)) < 8:  # RFC 3414 11.2
            wrong[name] = "at least 8 characters"
    if values.snmp_version == "3" and not values.snmp_user:
        wrong["snmp_user"] = "must not be empty"
    if values.snmp_priv != "none" and values.snmp_auth == "none":
        wrong["snmp_priv"] = "needs authentication"
    if values.ssh_host_key and host_key(values.ssh_host_key) is None:
        wrong["ssh_host_key"] = "must be a key such as ssh-ed25519 AAAA…"
    if values.tls_fingerprint and not FINGERPRINT.fullmatch(values.tls_fingerprint):
        wrong["tls_fingerprint"] = "must be sha256: and 64 hexadecimal digits"
    return wrong


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def host_key(text: str) -> str | None:
    """A public key as it is kept: type and base64, without names before and remarks behind; None where it is none."""
    found = HOST_KEY.search(text)
    if found is None or len(text) > 4000:
        return None
    try:
        raw = base64.b64decode(found[2], validate=True)
    except binascii.Error:
        return None
    named = raw[4 : 4 + int.from_bytes(raw[:4])] if len(raw) > 4 else b""
    return f"{found[1]} {found[2]}" if named == found[1].encode() else None


async def _check_there(connection: db.Connection, values: DeviceValues, device_id: int | None) -> None:
    wrong = {}
    for name, table in (
        ("site_id", "site"),
        ("model_id", "device_model"),
        ("hangs_on_device_id", "device"),
        ("hangs_on_link_id", "network_link"),
    ):
        if not await rows.exists(connection, table, getattr(values, name)):
            wrong[name] = "does not exist"
    if device_id is not None and values.hangs_on_device_id == device_id:
        wrong["hangs_on"] = "cannot hang on itself"
    if values.hangs_on_link_id and not await connection.fetchval(
        "select 1 from network_link where id = $1 and $2 in (a_device_id, b_device_id)",
        values.hangs_on_link_id,
        device_id or 0,
    ):
        wrong["hangs_on"] = "must be one of its own links"
    if wrong:
        raise InvalidInput(wrong)


async def save(
    connection: db.Connection,
    sealer: Sealer,
    actor: audit.Actor,
    values: DeviceValues,
    device_id: int | None = None,
) -> int:
    """Make a device, or change it, and work out anew what hangs on what. Returns its id.

    Raises InvalidInput, Conflict, NotFound.
    """
    _check(values)
    columns: dict[str, Any] = asdict(values) | {"name": values.name.strip()}
    columns["ssh_host_key"] = host_key(values.ssh_host_key) if values.ssh_host_key else None
    columns["tls_fingerprint"] = values.tls_fingerprint or None
    secrets = {name: columns.pop(name) for name in device_secrets.NAMES}
    if await rows.taken(connection, "device", columns["name"], device_id):
        raise Conflict(thing="name", value=columns["name"])
    await _check_there(connection, values, device_id)
    saved, changes = await rows.put(connection, "device", "device", columns, device_id)
    kept = device_secrets.sealed(sealer, saved, secrets)
    if kept:
        sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(kept, 2))
        await connection.execute(f"update device set {sets} where id = $1", saved, *kept.values())
    await dependencies.renew(connection, saved if values.hangs_on_device_id or values.hangs_on_link_id else None)
    named = {"name": columns["name"], "secret_changed": bool(kept), **changes}
    await audit.note(connection, actor, "device.saved", "device", saved, **named)
    return saved


async def taken(connection: db.Connection, name: str, device_id: int | None) -> str | None:
    """What is wrong with a name that another device has."""
    return "already taken" if await rows.taken(connection, "device", name, device_id) else None


async def remove(connection: db.Connection, actor: audit.Actor, device_id: int) -> None:
    """Delete a device with its interfaces and links; what was learned of it goes too. Raises NotFound, StillUsed."""
    await connection.execute("update device set hangs_on_link_id = null where id = $1", device_id)
    row = await rows.remove(connection, "device", "device", device_id, USED_BY)
    await dependencies.renew(connection)
    await audit.note(connection, actor, "device.removed", "device", device_id, name=row["name"])
