"""radacct's sessions become session history, in chunks, each in its own month; run twice, each is there once.

Two servers may work side by side for a while: what an earlier run found without an end is brought up to date.

A session without an end ends when it was last heard of, as one that fell silent ("Lease-Expired"): if its router goes
on reporting it to Milha, accounting opens it again. One that Milha has open already stays as it is.
"""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, NamedTuple

import asyncpg

from oss.access.imports.cells import Row, address, number, prefix, text, time
from oss.access.imports.report import Kind, Report
from oss.access.imports.source import Tables
from oss.access.sessions import LEASE_EXPIRED, MOST_OCTETS, session_uid
from oss.base import clock, db, partitions

AT_ONCE = 5000
FIRST = datetime(1995, 1, 1, tzinfo=UTC)
UNKNOWN_NAS = 0
COLUMNS = (
    *("uid", "nas_id", "acct_session_id", "login", "account_id", "contract_id", "started_at", "ended_at"),
    *("framed_ip", "framed_ipv6_prefix", "delegated_ipv6_prefix", "calling_station_id", "nas_port_id"),
    *("input_octets", "output_octets", "session_s", "terminate_cause", "nas_ip"),
)
STAGE = "create temporary table if not exists session_import (like session_history) on commit drop"
TRIAL = "create temporary table session_trial (like session_history including all) on commit drop"
# What may have gone on since an earlier import: a session that had no end then.
NEWER = f"{{old}}.terminate_cause = '{LEASE_EXPIRED}' and {{new}}.ended_at > {{old}}.ended_at"
CHANGES = (column for column in COLUMNS if column not in ("uid", "started_at", "account_id", "contract_id"))
# The table's name is a constant of this module.
INSERT = f"""insert into {{table}} as t ({", ".join(COLUMNS)})
select distinct on (uid, started_at) {", ".join(COLUMNS)} from session_import s
where not exists (select 1 from session_history h where h.uid = s.uid and h.started_at = s.started_at
  and not ({NEWER.format(old="h", new="s")}))
and not exists (select 1 from session_open o where o.uid = s.uid) order by uid, started_at, ended_at desc
on conflict (uid, started_at) do update set {", ".join(f"{column} = excluded.{column}" for column in CHANGES)}
where {NEWER.format(old="t", new="excluded")}"""
Say = Callable[[str], None]
Record = tuple[Any, ...]


class Known(NamedTuple):
    """What the rows are matched with: NAS by network, accounts by login."""

    nas: list[tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, int]]  # longest prefix first
    accounts: dict[str, tuple[int, int]]
    found: dict[str, int]  # NAS of an address, once it was looked up

    def nas_id(self, ip: str) -> int:
        """The NAS whose network holds this address; 0: none."""
        if ip not in self.found:
            at = address(ip)
            held = (key for network, key in self.nas if at is not None and at in network)
            self.found[ip] = next(held, UNKNOWN_NAS)
        return self.found[ip]


async def take(tables: Tables, zone: tzinfo, since: datetime | None, report: Report, say: Say) -> None:
    """Write the history, a transaction a chunk."""
    if not tables.has("radacct"):
        return
    async with db.transaction() as connection:
        known = await _known(connection)
    months: set[tuple[int, int]] = set()
    async for chunk in _chunks(tables, known, zone, since, report):
        async with db.transaction() as connection:
            await _months(connection, chunk, months)
            await _write(connection, chunk, "session_history", report)
        say(f"{report.taken['sessions'] + report.left['sessions']:,} sessions of the history")


async def try_out(
    connection: db.Connection, tables: Tables, zone: tzinfo, since: datetime | None, report: Report, say: Say
) -> None:
    """The same into a table of this transaction: the history itself is not locked by a dry run."""
    if not tables.has("radacct"):
        return
    known = await _known(connection)
    await connection.execute(TRIAL)
    async for chunk in _chunks(tables, known, zone, since, report):
        await _write(connection, chunk, "session_trial", report)
        say(f"{report.taken['sessions'] + report.left['sessions']:,} sessions of the history")


async def _known(connection: db.Connection) -> Known:
    nas = [(ipaddress.ip_network(row[0]), row[1]) for row in await connection.fetch("select network, id from nas")]
    nas.sort(key=lambda one: -one[0].prefixlen)
    rows = await connection.fetch("select login, id, contract_id from access_account")
    return Known(nas, {row[0]: (row[1], row[2]) for row in rows}, {})


async def _chunks(
    tables: Tables, known: Known, zone: tzinfo, since: datetime | None, report: Report
) -> AsyncIterator[list[Record]]:
    chunk: list[Record] = []
    async for row in tables.rows("radacct", since):
        record = _record(row, known, zone, report)
        if record is not None:
            chunk.append(record)
        if len(chunk) == AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


async def _months(connection: db.Connection, chunk: list[Record], made: set[tuple[int, int]]) -> None:
    """Make the months of these sessions; one that somebody reads for long keeps its rows in the default partition."""
    started = COLUMNS.index("started_at")
    for month in sorted({(one[started].year, one[started].month) for one in chunk} - made):
        begin = datetime(*month, 1, tzinfo=UTC).date()
        try:
            await partitions.ensure_months(connection, "session_history", begin, begin)
        except asyncpg.LockNotAvailableError:
            pass
        made.add(month)


async def _write(connection: db.Connection, chunk: list[Record], table: str, report: Report) -> None:
    await connection.execute(STAGE)
    await connection.execute("truncate session_import")
    await connection.copy_records_to_table("session_import", records=chunk, columns=COLUMNS)
    done = int((await connection.execute(INSERT.format(table=table))).split()[-1])
    report.taken["sessions"] += done
    if len(chunk) > done:
        report.left["sessions"] += len(chunk) - done


def _record(row: Row, known: Known, zone: tzinfo, report: Report) -> Record | None:
    """A row of radacct in the order of COLUMNS; None if it tells of no session."""
    login, session, nas_ip = text(row, "username").lower(), text(row, "acctsessionid"), text(row, "nasipaddress")
    times = _times(row, zone)
    if times is None or not session or not login:
        missing = "a session has a start" if times is None else "a session has a login and an Acct-Session-Id"
        report.miss(Kind("radacct", "", "", "", missing), login or session)
        return None
    started, ended, cause = times
    nas_id = known.nas_id(nas_ip)
    if nas_id == UNKNOWN_NAS:
        report.miss(Kind("radacct", "nasipaddress", "", "", "no NAS has this address: kept without one"), nas_ip)
    account, contract = known.accounts.get(login, (None, None))
    if account is None:
        report.miss(Kind("radacct", "username", "", "", "no such login: kept without a contract"), login)
    calling = text(row, "callingstationid")
    return (
        *(session_uid(nas_id, session, login, calling or None), nas_id, session, login, account, contract),
        *(started, ended, address(text(row, "framedipaddress"))),
        *(prefix(text(row, "framedipv6prefix")), prefix(text(row, "delegatedipv6prefix"))),
        *(calling or None, text(row, "nasportid") or None),
        *(_counter(row, "acctinputoctets", report), _counter(row, "acctoutputoctets", report)),
        *(_seconds(row, started, ended), cause, address(nas_ip)),
    )


def _times(row: Row, zone: tzinfo) -> tuple[datetime, datetime, str] | None:
    """(start, end, cause of the end) of a session; None where no start can be believed."""
    stopped, heard = time(row, "acctstoptime", zone), time(row, "acctupdatetime", zone)
    lasted = timedelta(seconds=min(max(number(row, "acctsessiontime") or 0, 0), 2**31))
    last = stopped or heard
    started = time(row, "acctstarttime", zone) or (last - lasted if last else None)
    if started is None or not FIRST <= started <= clock.now() + timedelta(days=1):
        return None
    cause = text(row, "acctterminatecause") or "Unknown" if stopped else LEASE_EXPIRED
    ended = max(last or started + lasted, started)
    return started.astimezone(UTC), ended.astimezone(UTC), cause


def _counter(row: Row, column: str, report: Report) -> int:
    """Octets; 63 bits are kept."""
    octets = number(row, column) or 0
    if 0 <= octets <= MOST_OCTETS:
        return octets
    report.miss(
        Kind("radacct", column, "", "number", "no count of octets: the nearest was taken"), text(row, "username")
    )
    return min(max(octets, 0), MOST_OCTETS)


def _seconds(row: Row, started: datetime, ended: datetime) -> int:
    lasted = number(row, "acctsessiontime")
    return lasted if lasted is not None and lasted >= 0 else int((ended - started).total_seconds())
