"""Folded accounting -> session rows: COPY what a batch says, then a few set-based statements.

Idempotent by design: the journal's position is stored in the same transaction, identities are derived from the packet,
and totals only grow. A session that we ended ourselves (nothing was heard, its line dialled again, its router
restarted) is open again when it is heard again; one that its NAS ended stays closed, and takes what comes late.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Sequence
from typing import Any

import asyncpg

from oss.access.fold import Fold, Part, Restart
from oss.access.sessions import LATE_S, LEASE_EXPIRED, REBOOTED, SUPERSEDED, UNKNOWN_TO_NAS
from oss.base import clock, copying
from oss.base.connecting import Connection

log = logging.getLogger(__name__)
REFUSED = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)
OURS = f"('{LEASE_EXPIRED}', '{SUPERSEDED}', '{REBOOTED}', '{UNKNOWN_TO_NAS}')"

# The connection of the applier: what a batch says, and which of it speaks of a session that is over. Small tables of
# unknown content are always joined to large ones by index, in the order that is written; a plan that reads the history
# as a whole would never end. Look-ups stand as lateral and scalar subqueries, which are made row by row whatever the
# planner believes: a plan is kept, and may be of a day on which a table was empty.
PREPARE = """
create temp table if not exists said (
  uid uuid not null, nas_id bigint not null, nas_ip inet, acct_session_id text not null,
  login text collate "C" not null, calling_station_id text not null, nas_port_id text not null,
  started_at timestamptz not null, last_seen_at timestamptz not null, framed_ip inet,
  framed_ipv6_prefix text, delegated_ipv6_prefix text, input_octets bigint not null,
  output_octets bigint not null, session_s bigint not null, terminate_cause text, ours boolean not null,
  since timestamptz, given text, also text[], user_name text
) on commit delete rows;
create temp table if not exists past (
  uid uuid not null, place tid not null, started_at timestamptz not null, ended_at timestamptz not null,
  ours boolean not null
) on commit delete rows;
set enable_hashjoin = off; set enable_mergejoin = off; set enable_seqscan = off; set join_collapse_limit = 1;
set jit = off;
"""
COLUMNS = (
    "uid", "nas_id", "nas_ip", "acct_session_id", "login", "calling_station_id", "nas_port_id", "started_at",
    "last_seen_at", "framed_ip", "framed_ipv6_prefix", "delegated_ipv6_prefix", "input_octets", "output_octets",
    "session_s", "terminate_cause", "ours", "since", "given",
    "also", "user_name",
)  # fmt: skip

# A name that nobody has may mean another (`oss.access.names.also`): the first of these that is a login.
MEANT = """update said r set login = coalesce((select a.login from unnest(r.also) with ordinality n(name, rank)
  cross join lateral (select login from access_account where login = n.name offset 0) a order by n.rank limit 1),
  r.login)
where r.also is not null and (select a.login from access_account a where a.login = r.login) is null"""

# Records of a session that has ended. One begun a while after that end is another with the same identity: routers
# count their sessions from the beginning again. After a restart that may be at once, unless the session had only just
# begun: then the word of the restart was late rather than that its router restarted and came as far again. Where
# another with the same identity is open, the one that began nearer is meant. A session begins within the day its
# records say: only the partitions of that day are looked at.
PAST = f"""insert into past select r.uid, r.ctid, h.started_at, h.ended_at, h.terminate_cause in {OURS} from said r
cross join lateral (select started_at, ended_at, terminate_cause from session_history h
  where h.uid = r.uid and h.started_at > r.started_at - interval '1 day'
    and h.started_at < r.started_at + interval '1 day' and r.started_at < h.ended_at
    + case when h.terminate_cause = '{REBOOTED}' and h.ended_at > h.started_at + interval '{LATE_S} seconds'
      then interval '2 seconds' else interval '{LATE_S} seconds' end
  order by h.started_at desc limit 1) h
where not coalesce((select abs(extract(epoch from r.started_at - o.started_at))
    <= abs(extract(epoch from r.started_at - h.started_at)) from session_open o where o.uid = r.uid), false)"""

# The planner takes an array for ten rows, and begins with it: else it may think that to read the history is quicker.
# And it must know the history's rows by ``past`` alone: by ``said`` it would look into every partition.
PAIRS = "unnest(array(select past from past)) p cross join lateral (select * from said where ctid = p.place offset 0) r"

# The NAS's own word of the end counts more than ours; ours, where the session was heard again meanwhile, more than the
# one before.
ENDED = "p.ours and r.terminate_cause is not null and (not r.ours or r.last_seen_at > p.ended_at)"
LATE = f"""update session_history h set
  input_octets = greatest(h.input_octets, r.input_octets), output_octets = greatest(h.output_octets, r.output_octets),
  session_s = greatest(h.session_s, r.session_s), nas_ip = coalesce(h.nas_ip, r.nas_ip),
  framed_ip = coalesce(h.framed_ip, r.framed_ip),
  framed_ipv6_prefix = coalesce(h.framed_ipv6_prefix, r.framed_ipv6_prefix),
  delegated_ipv6_prefix = coalesce(h.delegated_ipv6_prefix, r.delegated_ipv6_prefix),
  ended_at = case when {ENDED} then greatest(r.last_seen_at, h.started_at) else h.ended_at end,
  terminate_cause = case when {ENDED} then r.terminate_cause else h.terminate_cause end
from {PAIRS} where h.uid = p.uid and h.started_at = p.started_at"""

ACCOUNT = "left join lateral (select id, contract_id from access_account where login = r.login offset 0) ac on true"
FIELDS = """uid, nas_id, nas_ip, acct_session_id, login, account_id, contract_id, started_at, {at}, framed_ip,
  framed_ipv6_prefix, delegated_ipv6_prefix, calling_station_id, nas_port_id, input_octets, output_octets, session_s"""
OPEN_FIELDS, HISTORY_FIELDS = FIELDS.format(at="last_seen_at"), FIELDS.format(at="ended_at")

# NAS-Reboot may also be its NAS's own word: then only a session that went on may contradict it, not one told again.
REOPEN = f"""with back as (delete from session_history h using {PAIRS}
  where h.uid = p.uid and h.started_at = p.started_at and p.ours and (not r.ours or r.last_seen_at > p.ended_at)
    and r.last_seen_at >= p.ended_at and (h.terminate_cause <> '{REBOOTED}' or r.session_s >= h.session_s)
    and (select o.uid from session_open o where o.uid = p.uid) is null
    and exists (select 1 from nas where id = r.nas_id) returning h.*, r.last_seen_at)
insert into session_open ({OPEN_FIELDS}, node) select {OPEN_FIELDS}, $1 from back"""

# What spoke of a session that is over is done with; one that is open again may have another address now.
TAKEN = """delete from said where ctid = any (array(select place from past p where not coalesce(
  (select o.started_at = p.started_at from session_open o where o.uid = p.uid), false)))"""

MOVED = """insert into session_address (uid, nas_id, login, kind, address, from_at, until_at)
select r.uid, s.nas_id, s.login, m.kind, m.old, coalesce((select max(b.until_at) from session_address b
    where b.uid = r.uid and b.kind = m.kind and b.until_at > s.started_at), s.started_at), r.since
from said r
cross join lateral (select * from session_open where uid = r.uid and last_seen_at <= r.last_seen_at offset 0) s
cross join lateral (values ('framed_ip', host(s.framed_ip), host(r.framed_ip)),
  ('framed_ipv6_prefix', s.framed_ipv6_prefix, r.framed_ipv6_prefix),
  ('delegated_ipv6_prefix', s.delegated_ipv6_prefix, r.delegated_ipv6_prefix)) m(kind, old, new)
where m.old <> m.new on conflict do nothing"""


def _newer(column: str) -> str:
    return (
        f"{column} = case when excluded.last_seen_at >= s.last_seen_at then coalesce(excluded.{column}, s.{column}) "
        f"else coalesce(s.{column}, excluded.{column}) end"
    )


def _rate(octets: str) -> str:
    """Of what came since the row was written last; a slip of a counter must not overflow."""
    grown = f"greatest(excluded.{octets}_octets - s.{octets}_octets, 0)::numeric * 8"
    seconds = "(excluded.session_s - s.session_s)"
    return (
        f"{octets}_bps = case when {seconds} > 0 then least({grown} / {seconds}, 9e18)::bigint else s.{octets}_bps end"
    )


# What a session was given stands in its row from the first: a node that dies before its scribe wrote it would tell
# the NAS anew, and a NAS that cannot obey would lose the session. Later only the scribe says what is applied.
OPEN = f"""insert into session_open as s ({OPEN_FIELDS}, node, applied, user_name)
select r.uid, r.nas_id, r.nas_ip, r.acct_session_id, r.login, ac.id, ac.contract_id, r.started_at, r.last_seen_at,
  r.framed_ip, r.framed_ipv6_prefix, r.delegated_ipv6_prefix, r.calling_station_id, r.nas_port_id, r.input_octets,
  r.output_octets, r.session_s, $1, r.given, nullif(r.user_name, r.login)
from said r join nas on nas.id = r.nas_id {ACCOUNT}
where r.terminate_cause is null
on conflict (uid) do update set
  last_seen_at = greatest(s.last_seen_at, excluded.last_seen_at),
  started_at = least(s.started_at, excluded.started_at), nas_ip = coalesce(excluded.nas_ip, s.nas_ip),
  {_newer("framed_ip")}, {_newer("framed_ipv6_prefix")}, {_newer("delegated_ipv6_prefix")},
  nas_port_id = coalesce(nullif(excluded.nas_port_id, ''), s.nas_port_id),
  {_rate("input")}, {_rate("output")},
  input_octets = greatest(s.input_octets, excluded.input_octets),
  output_octets = greatest(s.output_octets, excluded.output_octets),
  session_s = greatest(s.session_s, excluded.session_s), node = excluded.node"""

CLOSE = f"""with gone as (delete from session_open
  where uid = any (array (select uid from said where terminate_cause is not null)))
insert into session_history ({HISTORY_FIELDS}, terminate_cause)
select r.uid, r.nas_id, coalesce(r.nas_ip, g.nas_ip), r.acct_session_id, r.login, ac.id, ac.contract_id,
  least(r.started_at, g.started_at), greatest(r.last_seen_at, g.last_seen_at), coalesce(r.framed_ip, g.framed_ip),
  coalesce(r.framed_ipv6_prefix, g.framed_ipv6_prefix), coalesce(r.delegated_ipv6_prefix, g.delegated_ipv6_prefix),
  coalesce(nullif(r.calling_station_id, ''), g.calling_station_id, ''),
  coalesce(nullif(r.nas_port_id, ''), g.nas_port_id, ''), greatest(r.input_octets, g.input_octets),
  greatest(r.output_octets, g.output_octets), greatest(r.session_s, g.session_s), r.terminate_cause
from said r left join lateral (select * from session_open where uid = r.uid offset 0) g on true {ACCOUNT}
where r.terminate_cause is not null on conflict do nothing"""

# Unannounced, the moment is when one of its sessions was heard last, as the node knows it: from its own clock, or from
# a row read at its start. The two differ a little, and no router restarts in half a second.
RESTARTED = f"""with gone as (delete from session_open where nas_id = $1
  and ($2::inet is null or nas_ip is null or nas_ip = $2::inet)
  and case when $4 then last_seen_at <= $3::timestamptz + interval '0.5 seconds' else started_at < $3 end returning *)
insert into session_history ({HISTORY_FIELDS}, terminate_cause)
select {OPEN_FIELDS}, '{REBOOTED}' from gone on conflict do nothing"""


def row(one: Fold) -> bytes:
    """A fold in COPY's format, in the order of COLUMNS."""
    return copying.row(
        copying.uuid(one.uid),
        copying.bigint(one.nas_id),
        copying.inet(one.nas_ip),
        copying.text(one.sid),
        copying.text(one.login),
        copying.text(one.calling),
        copying.text(one.port_id),
        copying.moment(one.started_us),
        copying.moment(one.last_seen_us),
        copying.inet(one.framed_ip),
        copying.text(prefix(one.framed_ipv6_prefix)) if one.framed_ipv6_prefix else copying.NULL,
        copying.text(prefix(one.delegated_ipv6_prefix)) if one.delegated_ipv6_prefix else copying.NULL,
        copying.bigint(one.input_octets),
        copying.bigint(one.output_octets),
        copying.bigint(one.session_s),
        copying.NULL if one.cause is None else copying.text(one.cause),
        copying.boolean(one.ours),
        copying.moment(one.since_us) if one.since_us else copying.NULL,
        copying.text(one.given) if one.given else copying.NULL,
        copying.texts(one.also),
        copying.text(one.name),
    )


def prefix(value: bytes) -> str:
    """RFC 3162 section 2.3, RFC 4818 section 3: a reserved octet, the length, up to 16 octets of prefix."""
    return f"{ipaddress.IPv6Address(value[2:].ljust(16, bytes(1)))}/{value[1]}"


async def apply(connection: Connection, parts: Sequence[Part], node: str) -> None:
    """Bring parts of a fold into the session tables, in the caller's transaction (a connection after PREPARE).

    A session the database refuses (a value no column holds) is told and left out: the journal must not stop at it.
    """
    for part in parts:
        if isinstance(part, Restart):
            source = ".".join(map(str, part.source)) if len(part.source) == 4 else _address(part.source)
            at = clock.from_timestamp(part.before_us / 1e6)
            await connection.execute(RESTARTED, part.nas_id, source, at, part.unannounced)
        else:
            await _sessions(connection, part, node)


def _address(octets: bytes) -> str | None:
    return str(ipaddress.IPv6Address(octets)) if len(octets) == 16 else None


async def _sessions(connection: Connection, folds: list[Fold], node: str) -> None:
    try:
        async with connection.transaction():
            await _write(connection, folds, node)
    except REFUSED as error:
        if len(folds) == 1:
            one = folds[0]
            facts: dict[str, Any] = {"nas": one.nas_id, "session": one.sid.hex(), "login": one.login}
            log.error("session refused by the database", extra={"facts": {**facts, "error": str(error)}})
            return
        half = len(folds) // 2
        await _sessions(connection, folds[:half], node)
        await _sessions(connection, folds[half:], node)


async def _write(connection: Connection, folds: list[Fold], node: str) -> None:
    await copying.copy(connection, "said", COLUMNS, map(row, folds))
    if any(one.also for one in folds):
        await connection.execute(MEANT)
    if await connection.execute(PAST) != "INSERT 0 0":
        await connection.execute(LATE)
        await connection.execute(REOPEN, node)
        await connection.execute(TAKEN)
        await connection.execute("delete from past")
    await connection.execute(MOVED)
    if any(one.cause is not None for one in folds):
        await connection.execute(CLOSE)
    if any(one.cause is None for one in folds):
        await connection.execute(OPEN, node)
    await connection.execute("delete from said")
