"""Realms and their home servers: whose logins another server answers."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field

from oss.access.home_servers import is_address
from oss.access.realm_table import TABLE
from oss.base import audit, audit_names, db
from oss.base.problems import Conflict, InvalidInput, NotFound
from oss.base.secrets import Sealer
from radius import dictionary

audit_names.called(
    "realm", "select id, coalesce(nullif(name, ''), kind) as name, id as inside from realm where id = any($1::bigint[])"
)
audit_names.called(
    "home_server", "select id, host as name, realm_id as inside from home_server where id = any($1::bigint[])"
)
KINDS = ("suffix", "prefix", "default", "null")
WHEN_SILENT = ("silence", "reject")
TRANSPORTS = ("udp", "radsec")
NAME = re.compile(r"[a-z0-9_][a-z0-9._-]{0,252}")


@dataclass(frozen=True, slots=True)
class RealmValues:
    """The fields of a realm. ``name``: without its mark; empty for ``null`` and ``default``. ``allow``: names of
    attributes that may come back beyond those that always may."""

    name: str
    kind: str = "suffix"
    strip: bool = False
    when_silent: str = "silence"
    accounting: bool = True
    allow: tuple[str, ...] = ()
    active: bool = True


@dataclass(frozen=True, slots=True)
class HomeValues:
    """The fields of a home server; ``secret`` None keeps the present one, TLS needs none. ``signs``: its answers by UDP
    must carry a Message-Authenticator."""

    host: str
    transport: str = "udp"
    auth_port: int = 1812
    acct_port: int = 1813
    secret: str | None = field(default=None, repr=False)
    certificate_name: str = ""
    position: int = 1
    signs: bool = True
    active: bool = True


def _check(values: RealmValues) -> None:
    wrong = {}
    if values.kind not in KINDS:
        wrong["kind"] = "must be one of " + ", ".join(KINDS)
    if values.kind in ("suffix", "prefix") and not NAME.fullmatch(values.name):
        wrong["name"] = "letters, digits, dots, dashes and underscores"
    if values.when_silent not in WHEN_SILENT:
        wrong["when_silent"] = "must be one of " + ", ".join(WHEN_SILENT)
    unknown = [name for name in values.allow if dictionary.number(name) is None]
    if unknown:
        wrong["allow"] = "there is no such attribute"
    if wrong:
        raise InvalidInput(wrong)


def tidy(values: RealmValues) -> RealmValues:
    """As it is kept: lower case, without the mark that people type along, names as the dictionary spells them."""
    name = values.name.strip().lower().removeprefix("@").removesuffix("\\")
    name = name if values.kind in ("suffix", "prefix") else ""
    allow = tuple(dict.fromkeys(dictionary.canonical(one) or one for one in values.allow))
    return RealmValues(name, values.kind, values.strip, values.when_silent, values.accounting, allow, values.active)


async def save(connection: db.Connection, actor: audit.Actor, values: RealmValues, realm_id: int | None = None) -> int:
    """Create a realm or change it; the AAA nodes use it within the second. Returns its id."""
    values = tidy(values)
    _check(values)
    sql = "select 1 from realm where kind = $1 and name = $2 and id is distinct from $3"
    if await connection.fetchval(sql, values.kind, values.name, realm_id):
        raise Conflict(thing="name", value=values.name or values.kind)
    columns = asdict(values) | {"allow": json.dumps(values.allow)}
    before = await connection.fetchrow("select * from realm where id = $1 for update", realm_id)
    saved = await _write(connection, "realm", columns, realm_id)
    told = asdict(values) | {"made": True}
    if before is not None:
        present = dict(before) | {"allow": json.loads(before["allow"])}
        told = {"name": values.name, "kind": values.kind, **audit.changed(present, asdict(values))}
    await audit.note(connection, actor, "realm.saved", "realm", saved, **told)
    return saved


async def remove(connection: db.Connection, actor: audit.Actor, realm_id: int) -> None:
    """Its logins are ours again, or nobody's."""
    row = await connection.fetchrow("delete from realm where id = $1 returning name, kind", realm_id)
    if row is None:
        raise NotFound(thing="realm")
    await audit.note(connection, actor, "realm.removed", "realm", realm_id, name=row["name"], kind=row["kind"])


def _check_home(values: HomeValues, has_secret: bool) -> None:
    wrong = {}
    udp = values.transport == "udp"
    if values.transport not in TRANSPORTS:
        wrong["transport"] = "must be one of " + ", ".join(TRANSPORTS)
    if udp and not is_address(values.host):
        wrong["host"] = "must be an IPv4 address"
    if not udp and not re.fullmatch(r"[A-Za-z0-9.:_-]{1,253}", values.host):
        wrong["host"] = "must be an address or a name"
    if udp and not (values.secret or has_secret):
        wrong["secret"] = "must not be empty"
    if values.secret is not None and len(values.secret.encode()) > 128:
        wrong["secret"] = "at most 128 octets"
    wrong |= {
        name: "must be between 1 and 65535"
        for name in ("auth_port", "acct_port")
        if not 1 <= getattr(values, name) <= 65535
    }
    if not 1 <= values.position <= 99:
        wrong["position"] = "must be between 1 and 99"
    if wrong:
        raise InvalidInput(wrong)


HOME = "select * from home_server where id = $1 and realm_id = $2 for update"


async def save_home(
    connection: db.Connection,
    sealer: Sealer,
    actor: audit.Actor,
    realm_id: int,
    values: HomeValues,
    home_id: int | None = None,
) -> int:
    """Create a home server of a realm or change it; returns its id."""
    if not await connection.fetchval("select 1 from realm where id = $1", realm_id):
        raise NotFound(thing="realm")
    before = await connection.fetchrow(HOME, home_id, realm_id)
    if home_id is not None and before is None:
        raise NotFound(thing="home server")
    _check_home(values, before is not None and before["secret_sealed"] is not None)
    columns = asdict(values) | {"realm_id": realm_id, "host": values.host.strip()}
    secret = columns.pop("secret")
    diff = audit.changed(before, columns) if before is not None else {"made": True}
    if home_id is None:
        home_id = int(await connection.fetchval("select nextval(pg_get_serial_sequence('home_server', 'id'))"))
        columns["id"] = home_id
    if secret:
        columns["secret_sealed"] = sealer.seal(secret, f"{TABLE}/{home_id}")
    await _write(connection, "home_server", columns, None if "id" in columns else home_id)
    facts = {"host": values.host, "transport": values.transport, "secret_changed": bool(secret), **diff}
    await audit.note(connection, actor, "home_server.saved", "home_server", home_id, realm=realm_id, **facts)
    return home_id


async def remove_home(connection: db.Connection, actor: audit.Actor, realm_id: int, home_id: int) -> None:
    """It is asked no more."""
    sql = "delete from home_server where id = $1 and realm_id = $2 returning host"
    host = await connection.fetchval(sql, home_id, realm_id)
    if host is None:
        raise NotFound(thing="home server")
    await audit.note(connection, actor, "home_server.removed", "home_server", home_id, realm=realm_id, host=host)


async def _write(connection: db.Connection, table: str, columns: dict[str, object], row_id: int | None) -> int:
    """Insert a row, or change it; returns its id. Raises NotFound."""
    values = list(columns.values())
    if row_id is None:
        marks = ", ".join(f"${i}" for i in range(1, len(columns) + 1))
        sql = f"insert into {table} ({', '.join(columns)}) values ({marks}) returning id"
        return int(await connection.fetchval(sql, *values))
    sets = ", ".join(f"{name} = ${i}" for i, name in enumerate(columns, 2))
    if await connection.fetchval(f"update {table} set {sets} where id = $1 returning id", row_id, *values) is None:
        raise NotFound(thing="realm")
    return row_id
