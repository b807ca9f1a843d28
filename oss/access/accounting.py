"""Journal records -> session rows: fold a batch to one state per session, then a few set-based statements.

Idempotent by design: the journal position is stored in the same transaction, uids are derived from the packet, and
totals only grow, so late, duplicated or reordered records end in the same row. A session whose lease ran out (we heard
nothing) is open again when it is heard again; one the NAS itself ended stays closed.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from oss.access.journal import LOST, Record
from oss.access.sessions import LATE_S, login_of, octets, session_uid
from oss.base import clock, db
from radius import attributes as a
from radius.packet import Malformed, Packet

log = logging.getLogger(__name__)
REBOOTED = "NAS-Reboot"  # RFC 2866 5.10
LEASE_EXPIRED = "Lease-Expired"  # ours, not a cause of RFC 2866: silent for three interims
REFUSED = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)
TERMINATE_CAUSES = {  # RFC 2866 5.10
    1: "User-Request", 2: "Lost-Carrier", 3: "Lost-Service", 4: "Idle-Timeout", 5: "Session-Timeout",
    6: "Admin-Reset", 7: "Admin-Reboot", 8: "Port-Error", 9: "NAS-Error", 10: "NAS-Request", 11: "NAS-Reboot",
    12: "Port-Unneeded", 13: "Port-Preempted", 14: "Port-Suspended", 15: "Service-Unavailable", 16: "Callback",
    17: "User-Error", 18: "Host-Request",
}  # fmt: skip


@dataclass(slots=True)
class Fold:
    """What a batch says of one session. Times are aware UTC, ``session_s`` seconds, octets 64-bit."""

    uid: uuid.UUID
    nas_id: int
    acct_session_id: str
    login: str
    started_at: datetime
    last_seen_at: datetime
    framed_ip: str | None = None
    framed_ipv6_prefix: str | None = None
    delegated_ipv6_prefix: str | None = None
    calling_station_id: str | None = None
    nas_port_id: str | None = None
    input_octets: int = 0
    output_octets: int = 0
    session_s: int = 0
    terminate_cause: str | None = None


@dataclass(frozen=True, slots=True)
class Restart:
    """A NAS said Accounting-On or -Off: its sessions begun before ``at`` are gone."""

    nas_id: int
    at: datetime


def fold(records: Iterable[Record]) -> list[list[Fold] | Restart]:
    """Batches of folded sessions, cut where a NAS restarted, in journal order."""
    parts: list[list[Fold] | Restart] = []
    present: dict[uuid.UUID, Fold] = {}
    for record in records:
        try:
            packet = Packet.parse(record.payload)
        except Malformed:
            continue  # it was parsed once before it was journalled; a foreign file is not ours to apply
        at = clock.from_timestamp(record.at_us / 1e6 - (packet.integer(a.ACCT_DELAY_TIME) or 0))
        status = packet.integer(a.ACCT_STATUS_TYPE)
        if status in (a.ACCT_ON, a.ACCT_OFF):
            parts += [list(present.values()), Restart(record.nas_id, at)]
            present = {}
            continue
        _merge(present, packet, record, status, at)
    return [*parts, list(present.values())]


def _merge(present: dict[uuid.UUID, Fold], packet: Packet, record: Record, status: int | None, at: datetime) -> None:
    sid, login = packet.text(a.ACCT_SESSION_ID), login_of(packet)
    if not sid or login is None or status not in (a.ACCT_START, a.ACCT_INTERIM, a.ACCT_STOP):
        return
    uid = session_uid(record.nas_id, sid, login, packet.text(a.CALLING_STATION_ID))
    session_s = packet.integer(a.ACCT_SESSION_TIME) or 0
    started = clock.from_timestamp(at.timestamp() - session_s)
    one = present.get(uid)
    if one is None:
        one = present[uid] = Fold(uid, record.nas_id, _text(sid), _text(login), started, at)
    _absorb(one, packet, session_s, started, at)
    if record.kind == LOST:
        one.terminate_cause = one.terminate_cause or LEASE_EXPIRED
    elif status != a.ACCT_STOP:
        one.terminate_cause = None if one.terminate_cause == LEASE_EXPIRED else one.terminate_cause
    else:
        cause = packet.integer(a.ACCT_TERMINATE_CAUSE) or 0
        one.terminate_cause = TERMINATE_CAUSES.get(cause, str(cause) if cause else "Unknown")


def _absorb(one: Fold, packet: Packet, session_s: int, started: datetime, at: datetime) -> None:
    one.started_at, one.last_seen_at = min(one.started_at, started), max(one.last_seen_at, at)
    one.session_s = max(one.session_s, session_s)
    received = octets(packet, a.ACCT_INPUT_OCTETS, a.ACCT_INPUT_GIGAWORDS)
    sent = octets(packet, a.ACCT_OUTPUT_OCTETS, a.ACCT_OUTPUT_GIGAWORDS)
    one.input_octets, one.output_octets = max(one.input_octets, received), max(one.output_octets, sent)
    address = packet.address(a.FRAMED_IP_ADDRESS)
    one.framed_ip = str(address) if address else one.framed_ip
    one.calling_station_id = _text(packet.text(a.CALLING_STATION_ID)) or one.calling_station_id
    one.nas_port_id = _text(packet.text(a.NAS_PORT_ID)) or one.nas_port_id
    one.framed_ipv6_prefix = _prefix(packet.get(a.FRAMED_IPV6_PREFIX)) or one.framed_ipv6_prefix
    one.delegated_ipv6_prefix = _prefix(packet.get(a.DELEGATED_IPV6_PREFIX)) or one.delegated_ipv6_prefix


def _text(value: str | None) -> str:
    """PostgreSQL's text holds no NUL; a router's mistake must not stop the journal."""
    return (value or "").replace("\x00", "")


def _prefix(value: bytes | None) -> str | None:
    """RFC 3162 2.3 / RFC 4818: reserved octet, length, up to 16 octets of prefix."""
    if value is None or not 2 <= len(value) <= 18 or value[1] > 128:
        return None
    import ipaddress

    address = ipaddress.IPv6Address(value[2:].ljust(16, b"\x00"))
    return f"{address}/{value[1]}"


COLUMNS = (
    "uid, nas_id, acct_session_id, login, started_at, last_seen_at, framed_ip, framed_ipv6_prefix, "
    "delegated_ipv6_prefix, calling_station_id, nas_port_id, input_octets, output_octets, session_s, terminate_cause"
)
# asyncpg wants an address object for inet; as text the cast is the server's.
SAID = f"""with said as (
  select uid, nas_id, acct_session_id, login, started_at, last_seen_at, framed_ip::inet as framed_ip,
  framed_ipv6_prefix, delegated_ipv6_prefix, calling_station_id, nas_port_id, input_octets, output_octets, session_s,
  terminate_cause
  from unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::text[],
  $8::text[], $9::text[], $10::text[], $11::text[], $12::bigint[], $13::bigint[], $14::bigint[], $15::text[])
  r({COLUMNS}))"""

# A record of a session that has ended. One begun a while after that end is another with the same identity: routers
# count their sessions from the beginning again. After a restart that may be at once.
TOO_LATE = f"""r.started_at < h.ended_at
    + case h.terminate_cause when '{REBOOTED}' then interval '2 seconds' else interval '{LATE_S} seconds' end"""

REOPEN = (
    SAID
    + f""", back as (delete from session_history h using said r where h.uid = r.uid
    and h.terminate_cause = '{LEASE_EXPIRED}' and r.terminate_cause is distinct from '{LEASE_EXPIRED}'
    and h.ended_at <= r.last_seen_at and {TOO_LATE}
    and not exists (select 1 from session_open o where o.uid = r.uid) returning h.*)
insert into session_open (uid, nas_id, acct_session_id, login, account_id, contract_id, started_at, last_seen_at,
  framed_ip, framed_ipv6_prefix, delegated_ipv6_prefix, calling_station_id, nas_port_id, input_octets, output_octets,
  session_s, node)
select uid, nas_id, acct_session_id, login, account_id, contract_id, started_at, ended_at, framed_ip,
  framed_ipv6_prefix, delegated_ipv6_prefix, calling_station_id, nas_port_id, input_octets, output_octets, session_s,
  $16 from back where nas_id in (select id from nas) on conflict do nothing"""
)

OPEN = (
    SAID
    + f"""
insert into session_open as s (uid, nas_id, acct_session_id, login, account_id, contract_id, started_at, last_seen_at,
  framed_ip, framed_ipv6_prefix, delegated_ipv6_prefix, calling_station_id, nas_port_id, input_octets, output_octets,
  session_s, node)
select r.uid, r.nas_id, r.acct_session_id, r.login, ac.id, ac.contract_id, r.started_at, r.last_seen_at, r.framed_ip,
  r.framed_ipv6_prefix, r.delegated_ipv6_prefix, r.calling_station_id, r.nas_port_id, r.input_octets, r.output_octets,
  r.session_s, $16
from said r join nas on nas.id = r.nas_id left join access_account ac on ac.login = r.login
where r.terminate_cause is null and not exists (
  select 1 from session_history h where h.uid = r.uid and {TOO_LATE})
on conflict (uid) do update set
  last_seen_at = greatest(s.last_seen_at, excluded.last_seen_at),
  started_at = least(s.started_at, excluded.started_at),
  framed_ip = coalesce(excluded.framed_ip, s.framed_ip),
  framed_ipv6_prefix = coalesce(excluded.framed_ipv6_prefix, s.framed_ipv6_prefix),
  delegated_ipv6_prefix = coalesce(excluded.delegated_ipv6_prefix, s.delegated_ipv6_prefix),
  nas_port_id = coalesce(nullif(excluded.nas_port_id, ''), s.nas_port_id),
  input_bps = case when excluded.session_s > s.session_s then least(
    greatest(excluded.input_octets - s.input_octets, 0)::numeric * 8 / (excluded.session_s - s.session_s),
    9e18)::bigint else s.input_bps end,
  output_bps = case when excluded.session_s > s.session_s then least(
    greatest(excluded.output_octets - s.output_octets, 0)::numeric * 8 / (excluded.session_s - s.session_s),
    9e18)::bigint else s.output_bps end,
  input_octets = greatest(s.input_octets, excluded.input_octets),
  output_octets = greatest(s.output_octets, excluded.output_octets),
  session_s = greatest(s.session_s, excluded.session_s), node = excluded.node"""
)

CLOSE = (
    SAID
    + f""", gone as (delete from session_open s using said r
    where s.uid = r.uid and r.terminate_cause is not null returning s.*)
insert into session_history (uid, nas_id, acct_session_id, login, account_id, contract_id, started_at, ended_at,
  framed_ip, framed_ipv6_prefix, delegated_ipv6_prefix, calling_station_id, nas_port_id, input_octets, output_octets,
  session_s, terminate_cause)
select r.uid, r.nas_id, r.acct_session_id, r.login, ac.id, ac.contract_id, least(r.started_at, g.started_at),
  greatest(r.last_seen_at, g.last_seen_at), coalesce(r.framed_ip, g.framed_ip),
  coalesce(r.framed_ipv6_prefix, g.framed_ipv6_prefix), coalesce(r.delegated_ipv6_prefix, g.delegated_ipv6_prefix),
  coalesce(r.calling_station_id, g.calling_station_id), coalesce(r.nas_port_id, g.nas_port_id),
  greatest(r.input_octets, g.input_octets), greatest(r.output_octets, g.output_octets),
  greatest(r.session_s, g.session_s), r.terminate_cause
from said r left join gone g on g.uid = r.uid left join access_account ac on ac.login = r.login
where r.terminate_cause is not null and not exists (
  select 1 from session_history h where h.uid = r.uid and {TOO_LATE})
on conflict do nothing"""
)

RESTARTED = f"""with gone as (delete from session_open where nas_id = $1 and started_at < $2 returning *)
insert into session_history (uid, nas_id, acct_session_id, login, account_id, contract_id, started_at, ended_at,
  framed_ip, framed_ipv6_prefix, delegated_ipv6_prefix, calling_station_id, nas_port_id, input_octets, output_octets,
  session_s, terminate_cause)
select uid, nas_id, acct_session_id, login, account_id, contract_id, started_at, last_seen_at, framed_ip,
  framed_ipv6_prefix, delegated_ipv6_prefix, calling_station_id, nas_port_id, input_octets, output_octets, session_s,
  '{REBOOTED}' from gone on conflict do nothing"""


def _columns(folds: Sequence[Fold]) -> list[list[Any]]:
    return [[getattr(one, name.strip()) for one in folds] for name in COLUMNS.split(",")]


async def apply(connection: db.Connection, records: Sequence[Record], node: str) -> None:
    """Bring a batch of records into the session tables, in the caller's transaction.

    A record the database refuses (a value no column holds) is told and left out: the journal must not stop at it.
    """
    try:
        async with connection.transaction():
            await _apply(connection, records, node)
    except REFUSED as error:
        if len(records) == 1:
            facts = {"nas": records[0].nas_id, "packet": records[0].payload.hex(), "error": str(error)}
            log.error("accounting record refused by the database", extra={"facts": facts})
            return
        half = len(records) // 2
        await apply(connection, records[:half], node)
        await apply(connection, records[half:], node)


async def _apply(connection: db.Connection, records: Sequence[Record], node: str) -> None:
    for part in fold(records):
        if isinstance(part, Restart):
            await connection.execute(RESTARTED, part.nas_id, part.at)
        elif part:
            columns = _columns(part)
            await connection.execute(REOPEN, *columns, node)
            if any(one.terminate_cause is None for one in part):
                await connection.execute(OPEN, *columns, node)
            if any(one.terminate_cause is not None for one in part):
                await connection.execute(CLOSE, *columns)
