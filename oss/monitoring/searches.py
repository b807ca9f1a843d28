"""Searches for devices: begun with a range and with how to ask, called off, read; secrets are sealed in their rows."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from oss.base import audit, audit_names, db
from oss.base.events import publish
from oss.base.problems import InvalidInput, NotFound
from oss.base.secrets import Sealer
from oss.monitoring import scan
from oss.monitoring.scan import SearchDue
from oss.network.devices import AUTHS, LONGEST_SECRET, PRIVS

MOST_ADDRESSES: Final = 4096
MOST_RUNNING: Final = 2
"""At a time: a lane of jobs has as many hands, and others wait for them too."""
VERSIONS: Final = ("1", "2c", "3")
SINGLE: Final = "must be addresses of single devices"
NO_DEVICE: Final = tuple(ipaddress.ip_network(one) for one in ("0.0.0.0/8", "224.0.0.0/3", "ff00::/8", "::/128"))
"""This network, multicast, reserved and the broadcast address (RFC 6890, RFC 4291): no device has these."""

COLUMNS = """id, network::text as network, snmp_version, snmp_port, started_by, started_at, total, asked, device_ids,
  finished_at, cancelled_at, failure, (select count(*) from jsonb_object_keys(found)) as found,
  case when cancelled_at is not null then 'cancelled' when failure <> '' then 'failed'
    when finished_at is not null then 'done' else 'running' end as state"""
NEXT = "select nextval(pg_get_serial_sequence('device_search', 'id'))"
RUNNING = "finished_at is null and cancelled_at is null"

audit_names.called(
    "device_search",
    "select id, network::text as name, id as inside from device_search where id = any($1::bigint[])",
)


@dataclass(frozen=True, slots=True)
class Wish:
    """Which addresses are asked, and how."""

    network: str
    snmp_version: str = "2c"
    snmp_port: int = 161
    snmp_community: str | None = field(default=None, repr=False)
    snmp_user: str = ""
    snmp_auth: str = "none"
    snmp_auth_password: str | None = field(default=None, repr=False)
    snmp_priv: str = "none"
    snmp_priv_password: str | None = field(default=None, repr=False)

    def columns(self) -> dict[str, Any]:
        """What of it belongs to its version; the rest is not kept."""
        if self.snmp_version != "3":
            return {"snmp_community": self.snmp_community}
        signed, hidden = self.snmp_auth != "none", self.snmp_priv != "none"
        return {
            "snmp_user": self.snmp_user,
            "snmp_auth": self.snmp_auth,
            "snmp_priv": self.snmp_priv,
            "snmp_auth_password": self.snmp_auth_password if signed else None,
            "snmp_priv_password": self.snmp_priv_password if hidden else None,
        }


def wrong_range(text: str) -> str | None:
    """What is wrong with a range; None: it may be asked."""
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return "must be an address or a prefix such as 10.0.0.0/24"
    if network.num_addresses > MOST_ADDRESSES:
        return f"at most {MOST_ADDRESSES} addresses"
    if "%" in text or any(network.version == one.version and network.overlaps(one) for one in NO_DEVICE):
        return SINGLE
    return None


def _check(wish: Wish) -> None:
    wrong = {"network": told} if (told := wrong_range(wish.network)) else {}
    for name, choices in (("snmp_version", VERSIONS), ("snmp_auth", AUTHS), ("snmp_priv", PRIVS)):
        if getattr(wish, name) not in choices:
            wrong[name] = "one of " + ", ".join(choices)
    if not 1 <= wish.snmp_port <= 65535:
        wrong["snmp_port"] = "must be between 1 and 65535"
    for name in scan.SECRETS:
        if len((getattr(wish, name) or "").encode("utf-8", "surrogatepass")) > LONGEST_SECRET:
            wrong[name] = f"at most {LONGEST_SECRET} octets"
    wrong |= _wrong_user(wish) if wish.snmp_version == "3" else _wrong_community(wish)
    if wrong:
        raise InvalidInput(wrong)


def _wrong_community(wish: Wish) -> dict[str, str]:
    return {} if wish.snmp_community else {"snmp_community": "must not be empty"}


def _wrong_user(wish: Wish) -> dict[str, str]:
    """What is wrong with a v3 user (RFC 3414 1.4.3, 11.2)."""
    wrong = {} if wish.snmp_user else {"snmp_user": "must not be empty"}
    if wish.snmp_priv != "none" and wish.snmp_auth == "none":
        wrong["snmp_priv"] = "needs authentication"
    for how, password in (("snmp_auth", "snmp_auth_password"), ("snmp_priv", "snmp_priv_password")):
        if getattr(wish, how) != "none" and len(getattr(wish, password) or "") < 8:
            wrong[password] = "at least 8 characters"
    return wrong


async def begin(connection: db.Connection, sealer: Sealer, actor: audit.Actor, wish: Wish) -> int:
    """Have a range asked; returns the search's id. Raises InvalidInput, also where others run in its way."""
    _check(wish)
    network = str(ipaddress.ip_network(wish.network.strip(), strict=False))
    await _check_alone(connection, network)
    search_id: int = await connection.fetchval(NEXT)
    columns = wish.columns()
    secrets = {name: columns.pop(name) for name in scan.SECRETS if name in columns}
    sealed = {f"{k}_sealed": sealer.seal(v, scan.place(k, search_id)) for k, v in secrets.items() if v}
    columns |= {"id": search_id, "snmp_version": wish.snmp_version, "snmp_port": wish.snmp_port} | sealed
    columns |= {"total": len(scan.hosts(network)), "started_by": actor.name}
    marks = ", ".join(f"${n}" for n in range(2, len(columns) + 2))
    sql = f"insert into device_search (network, {', '.join(columns)}) values ($1::text::cidr, {marks})"
    await connection.execute(sql, network, *columns.values())
    await publish(connection, SearchDue(search_id))
    facts = {"name": network, "snmp_version": wish.snmp_version, "rows": columns["total"]}
    await audit.note(connection, actor, "device_search.started", "device_search", search_id, **facts)
    return search_id


async def _check_alone(connection: db.Connection, network: str) -> None:
    """Nobody asks these addresses now, and few ask others."""
    await connection.execute("select pg_advisory_xact_lock(hashtext('device_search'))")
    rows = await connection.fetch(
        f"select network && $1::text::cidr as same from device_search where {RUNNING}", network
    )
    if any(row["same"] for row in rows):
        raise InvalidInput({"network": "these addresses are being asked already"})
    if len(rows) >= MOST_RUNNING:
        raise InvalidInput({"network": "other searches are running: wait for one, or call it off"})


async def cancel(connection: db.Connection, actor: audit.Actor, search_id: int) -> None:
    """Call a search off; who answered so far stays. One that is over stays as it is. Raises NotFound."""
    row = await one(connection, search_id)
    sql = f"update device_search set cancelled_at = now() where id = $1 and {RUNNING} returning id"
    if await connection.fetchval(sql, search_id) is not None:
        await audit.note(connection, actor, "device_search.cancelled", "device_search", search_id, name=row["network"])


async def one(connection: db.Connection, search_id: int) -> Any:
    """A search without its secrets and without who answered. Raises NotFound."""
    row = await connection.fetchrow(f"select {COLUMNS} from device_search where id = $1", search_id)
    if row is None:
        raise NotFound(thing="search")
    return row


async def newest(connection: db.Connection, most: int = 20) -> Sequence[Any]:
    """The last searches, the newest first."""
    sql = f"select {COLUMNS} from device_search order by id desc limit $1"
    rows: Sequence[Any] = await connection.fetch(sql, most)
    return rows
