"""NAS: routers and OLTs that may ask us, by address or prefix, each with its own secret and policy."""

from __future__ import annotations

import ipaddress
from dataclasses import asdict, dataclass, field
from typing import Any

from oss.access import nas_secrets, nas_signing
from oss.access.nas_secrets import TABLE
from oss.base import audit, audit_names, db
from oss.base.problems import Conflict, InvalidInput, NotFound
from oss.base.secrets import Sealer
from radius.vendors import vendors

MA_POLICIES = ("auto", "required", "off")


audit_names.called("nas", "select id, name, id as inside from nas where id = any($1::bigint[])")


@dataclass(frozen=True, slots=True)
class NasValues:
    """The fields of a NAS. ``network``: an address or CIDR prefix; ``secret`` None keeps the present one.

    ``nas_identifier`` tells it apart from others at the same network; ``requests_per_s`` 0 is no limit.
    """

    name: str
    network: str
    vendor: str = "mikrotik"
    secret: str | None = field(default=None, repr=False)
    ma_policy: str = "auto"
    coa_host: str | None = None
    coa_port: int = 3799
    coa_enabled: bool = True
    interim_s: int = 300
    active: bool = True
    nas_identifier: str = ""
    requests_per_s: int = 10_000


def _network(text: str) -> str | None:
    try:
        found = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None
    return str(found.network_address) if found.num_addresses == 1 else str(found)


def _check(values: NasValues, new: bool) -> None:
    wrong = {}
    if not 1 <= len(values.name.strip()) <= 64:
        wrong["name"] = "1 to 64 characters"
    if _network(values.network) is None:
        wrong["network"] = "must be an address or a prefix such as 10.0.0.0/24"
    if values.vendor not in vendors():
        wrong["vendor"] = "is not known"
    if new and not values.secret:
        wrong["secret"] = "must not be empty"
    if values.secret is not None and len(values.secret.encode()) > 128:
        wrong["secret"] = "at most 128 octets"
    if values.ma_policy not in MA_POLICIES:
        wrong["ma_policy"] = "must be one of " + ", ".join(MA_POLICIES)
    if not 1 <= values.coa_port <= 65535:
        wrong["coa_port"] = "must be between 1 and 65535"
    if not 1 <= values.interim_s <= 86400:
        wrong["interim_s"] = "must be between 1 and 86400 seconds"
    if not 0 <= values.requests_per_s <= 1_000_000:
        wrong["requests_per_s"] = "must be between 0 and 1000000 each second, 0 for no limit"
    if len(values.nas_identifier) > 64 or not values.nas_identifier.isprintable():
        wrong["nas_identifier"] = "at most 64 printable characters"
    if values.coa_host and "/" in (_network(values.coa_host) or "/"):
        wrong["coa_host"] = "must be an IP address"
    if wrong:
        raise InvalidInput(wrong)


async def save(
    connection: db.Connection,
    sealer: Sealer,
    actor: audit.Actor,
    values: NasValues,
    nas_id: int | None = None,
    *,
    sure: bool = False,
) -> int:
    """Create a NAS or change it; the AAA nodes use it within the second. Returns its id.

    A new secret of one in use is accepted beside the old one until the router has it (`oss.access.nas_secrets`).
    Raises UnsignedLately where the change would cost logins; ``sure``: somebody knows that.
    """
    _check(values, new=nas_id is None)
    columns = asdict(values) | {"network": _network(values.network), "name": values.name.strip()}
    columns["nas_identifier"] = values.nas_identifier.strip()
    secret = columns.pop("secret")
    await _refuse_taken(connection, columns, nas_id)
    if nas_id is not None and not sure:
        await nas_signing.ask_before_required(connection, nas_id, values.ma_policy)
    diff: dict[str, Any] = {"made": True}
    if nas_id is None:
        nas_id = int(await connection.fetchval("select nextval(pg_get_serial_sequence('nas', 'id'))"))
        columns |= {"id": nas_id, "secret_sealed": sealer.seal(secret, f"{TABLE}/{nas_id}")}
        marks = ", ".join(f"${i}" for i in range(1, len(columns) + 1))
        await connection.execute(
            f"insert into nas ({', '.join(columns)}) values ({marks})",
            *columns.values(),
        )
    else:
        diff = await _update(connection, sealer, nas_id, columns, secret)
    detail = {"name": values.name, "secret_changed": bool(secret), **diff}
    await audit.note(connection, actor, "nas.saved", "nas", nas_id, **detail)
    return nas_id


async def _refuse_taken(connection: db.Connection, columns: dict[str, Any], nas_id: int | None) -> None:
    """A name is taken once; a network as often as each there says another NAS-Identifier."""
    sql = "select 1 from nas where name = $1 and id is distinct from $2"
    if await connection.fetchval(sql, columns["name"], nas_id):
        raise Conflict(thing="name", value=columns["name"])
    sql = "select nas_identifier from nas where network = $1 and id is distinct from $2"
    others = [row[0] for row in await connection.fetch(sql, columns["network"], nas_id)]
    if columns["nas_identifier"] in others:
        field = "nas_identifier" if columns["nas_identifier"] else "network"
        raise Conflict(thing=field, value=columns[field])


async def _update(
    connection: db.Connection, sealer: Sealer, nas_id: int, columns: dict[str, object], secret: str | None
) -> dict[str, Any]:
    """Returns what differs, for the audit."""
    before = await connection.fetchrow("select * from nas where id = $1 for update", nas_id)
    if before is None:
        raise NotFound(thing="nas")
    diff = audit.changed(before, columns)
    if secret and columns["active"]:
        await nas_secrets.follow(connection, sealer, nas_id, secret)
    elif secret:
        columns |= {"secret_sealed": sealer.seal(secret, f"{TABLE}/{nas_id}"), **nas_secrets.NONE}
    sets = ", ".join(f"{name} = ${i}" for i, name in enumerate(columns, 2))
    await connection.execute(f"update nas set {sets} where id = $1", nas_id, *columns.values())
    return diff


async def reveal(connection: db.Connection, sealer: Sealer, actor: audit.Actor, nas_id: int) -> str:
    """The secret in clear, for who pastes it into the router; that it was seen is noted, not what it is."""
    row = await connection.fetchrow("select name, secret_sealed, next_secret_sealed from nas where id = $1", nas_id)
    if row is None:
        raise NotFound(thing="nas")
    await audit.note(connection, actor, "nas.secret_seen", "nas", nas_id, name=row["name"])
    if row["next_secret_sealed"] is not None:  # the router is to be given the new one
        return sealer.open(row["next_secret_sealed"], f"{nas_secrets.NEXT}/{nas_id}").decode("utf-8", "replace")
    return sealer.open(row["secret_sealed"], f"{TABLE}/{nas_id}").decode("utf-8", "replace")
