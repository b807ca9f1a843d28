"""radacct becomes history: whole, once, in its months, and without getting in the way of what is live."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from oss.access.accounting import LEASE_EXPIRED
from oss.access.imports import history
from oss.access.imports.report import Report
from oss.access.sessions import MOST_OCTETS, session_uid
from oss.base import db
from tests.conftest import Seed

from .conftest import Import

Radius = tuple[str, db.Connection]
ROW = """insert into radacct (acctsessionid, username, nasipaddress, acctstarttime, acctupdatetime, acctstoptime,
  acctsessiontime, acctinputoctets, acctoutputoctets, callingstationid, nasportid, acctterminatecause, framedipaddress,
  framedipv6prefix, delegatedipv6prefix) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"""
COLUMNS = (
    "session",
    "login",
    "nas",
    "start",
    "heard",
    "stop",
    "lasted",
    "received",
    "sent",
    "mac",
    "port",
    "cause",
    "ip",
)
COLUMNS += ("v6", "pd")
JANUARY = datetime(2024, 1, 31, 23, 0, tzinfo=UTC)
FEBRUARY = datetime(2024, 2, 1, 1, 0, tzinfo=UTC)


async def radacct(radius: Radius, **cells: Any) -> None:
    """A closed session of cli1, with other cells where they are given."""
    row = {"session": "a1", "login": "cli1", "nas": "127.0.0.1", "start": JANUARY, "stop": FEBRUARY} | cells
    await radius[1].execute(ROW, *(row.get(name) for name in COLUMNS))


async def sessions() -> list[Any]:
    return list(await db.fetch("select *, tableoid::regclass::text as part from session_history order by started_at"))


def reasons(report: Report) -> dict[str, tuple[int, list[str]]]:
    return {kind.why: (one.count, one.examples) for kind, one in report.missed.items() if kind.table == "radacct"}


async def test_a_session_comes_whole_and_lies_in_its_month(radius: Radius, take: Import, seed: Seed) -> None:
    cells = {"lasted": 7200, "received": 5 * 2**32, "sent": 9 * 2**40, "mac": "02:00:00:00:00:01", "port": "ether1"}
    cells |= {"cause": "User-Request", "ip": "10.0.0.7", "v6": "2001:db8:1::/64", "pd": "2001:db8:7::/56"}
    await radacct(radius, login="CLI1 ", **cells)
    report = await take()
    [one] = await sessions()
    uid = session_uid(seed.nas, "a1", "cli1", "02:00:00:00:00:01")
    assert (one["uid"], one["nas_id"], one["login"], one["contract_id"]) == (uid, seed.nas, "cli1", seed.contracts[0])
    assert (one["started_at"], one["ended_at"], one["session_s"]) == (JANUARY, FEBRUARY, 7200)
    assert (one["input_octets"], one["output_octets"]) == (5 * 2**32, 9 * 2**40)
    assert (str(one["framed_ip"]), str(one["nas_ip"]), one["nas_port_id"]) == ("10.0.0.7", "127.0.0.1", "ether1")
    assert (one["framed_ipv6_prefix"], one["delegated_ipv6_prefix"]) == ("2001:db8:1::/64", "2001:db8:7::/56")
    assert (one["terminate_cause"], one["part"]) == ("User-Request", "session_history_2024_01")
    assert report.missed == {} and report.taken["sessions"] == 1


async def test_it_is_there_once_however_often_it_is_imported(radius: Radius, take: Import) -> None:
    for number in range(7):
        await radacct(radius, session=f"s{number}")
    await radacct(radius, session="s1")
    assert (await take()).taken["sessions"] == 7
    await radacct(radius, session="s9", start=FEBRUARY, stop=None, heard=FEBRUARY)
    again = await take()
    assert (again.taken["sessions"], again.left["sessions"], len(await sessions())) == (1, 8, 8)


async def test_what_had_no_end_is_brought_up_to_date_by_the_next_import(radius: Radius, take: Import) -> None:
    """Both servers may run for a while."""
    await radacct(radius, stop=None, heard=JANUARY, received=1)
    assert (await take()).taken["sessions"] == 1
    await radius[1].execute(
        "update radacct set acctstoptime = $1, acctinputoctets = 9, acctterminatecause = 'Lost-Carrier'", FEBRUARY
    )
    for dry in (True, False):
        assert (await take(dry_run=dry)).taken["sessions"] == 1
    [one] = await sessions()
    assert (one["ended_at"], one["input_octets"], one["terminate_cause"]) == (FEBRUARY, 9, "Lost-Carrier")
    await radius[1].execute("update radacct set acctstoptime = now(), acctinputoctets = 99")
    assert (await take()).taken["sessions"] == 0 and (await sessions())[0]["input_octets"] == 9


async def test_it_comes_in_chunks(radius: Radius, take: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "AT_ONCE", 3)
    for number in range(8):
        await radacct(radius, session=f"s{number}")
    dry = await take(dry_run=True)
    assert dry.taken["sessions"] == 8 and await sessions() == []
    assert (await take()).taken["sessions"] == 8 and len(await sessions()) == 8


async def test_a_session_without_an_end_fell_silent_and_may_come_back(radius: Radius, take: Import) -> None:
    """Accounting reopens what is Lease-Expired when its router goes on reporting it."""
    await radacct(radius, session="heard", stop=None, heard=FEBRUARY, cause="")
    await radacct(radius, session="lasted", stop=None, lasted=60)
    await radacct(radius, session="nothing", stop=None)
    await radacct(radius, session="backwards", stop=datetime(2023, 1, 1, tzinfo=UTC))
    await take()
    found = {one["acct_session_id"]: (one["terminate_cause"], one["ended_at"] - JANUARY) for one in await sessions()}
    assert {name: (cause, after.total_seconds()) for name, (cause, after) in found.items()} == {
        "heard": (LEASE_EXPIRED, 7200),
        "lasted": (LEASE_EXPIRED, 60),
        "nothing": (LEASE_EXPIRED, 0),
        "backwards": ("Unknown", 0),
    }


async def test_a_session_that_is_open_here_stays_open(radius: Radius, take: Import, seed: Seed) -> None:
    await radacct(radius, stop=None, heard=FEBRUARY)
    await db.execute(
        "insert into session_open (uid, nas_id, acct_session_id, login, started_at, last_seen_at) "
        "values ($1, $2, 'a1', 'cli1', $3, now())",
        *(session_uid(seed.nas, "a1", "cli1", None), seed.nas, JANUARY),
    )
    report = await take()
    assert (report.taken["sessions"], report.left["sessions"], await sessions()) == (0, 1, [])


async def test_odd_rows_are_told_and_do_not_stop_the_others(radius: Radius, take: Import) -> None:
    await radacct(radius, session="unknown-nas", nas="10.9.9.9")
    await radacct(radius, session="unknown-login", login="Gone")
    await radacct(radius, session="no-start", start=None, stop=None)
    await radacct(radius, session="stop-only", start=None, lasted=7200)
    await radacct(radius, session="epoch", start=datetime(1970, 1, 1, tzinfo=UTC))
    await radacct(radius, session="no-login", login=None)
    await radacct(radius, session="huge", received=2**64, sent=-1, lasted=-5)
    await radacct(radius, session="no-address", ip="0.0.0.0", v6="::/0")
    report = await take()
    found = {one["acct_session_id"]: one for one in await sessions()}
    assert set(found) == {"unknown-nas", "unknown-login", "stop-only", "huge", "no-address"}
    assert found["unknown-nas"]["nas_id"] == 0 and str(found["unknown-nas"]["nas_ip"]) == "10.9.9.9"
    assert (found["unknown-login"]["login"], found["unknown-login"]["contract_id"]) == ("gone", None)
    assert found["stop-only"]["started_at"] == JANUARY
    huge, bare = found["huge"], found["no-address"]
    assert (huge["input_octets"], huge["output_octets"], huge["session_s"]) == (MOST_OCTETS, 0, 7200)
    assert (bare["framed_ip"], bare["framed_ipv6_prefix"]) == (None, None)
    assert reasons(report) == {
        "no NAS has this address: kept without one": (1, ["10.9.9.9"]),
        "no such login: kept without a contract": (1, ["gone"]),
        "a session has a start": (2, ["cli1"]),
        "a session has a login and an Acct-Session-Id": (1, ["no-login"]),
        "no count of octets: the nearest was taken": (1, ["cli1"]),
    }


async def test_rows_of_a_month_that_lay_in_the_rest_move_into_it(radius: Radius, take: Import) -> None:
    await radacct(radius, session="before")
    await radacct(radius, session="march", start=datetime(2024, 3, 1, tzinfo=UTC), stop=None)
    await db.execute(
        """insert into session_history (uid, nas_id, acct_session_id, login, started_at, ended_at, input_octets,
        output_octets, session_s, terminate_cause) values (gen_random_uuid(), 1, '1', 'x', $1, $1, 0, 0, 0, 'x')""",
        JANUARY,
    )
    assert (await take()).taken["sessions"] == 2
    parts = [one["part"] for one in await sessions()]
    assert parts == ["session_history_2024_01", "session_history_2024_01", "session_history_2024_03"]


async def test_history_may_begin_on_a_day_or_stay_away(radius: Radius, take: Import) -> None:
    await radacct(radius, session="january")
    await radacct(radius, session="february", start=FEBRUARY, stop=None)
    assert (await take(history=False)).taken["sessions"] == 0
    assert (await take(since=FEBRUARY)).taken["sessions"] == 1


async def test_the_longest_network_is_the_nas(radius: Radius, take: Import) -> None:
    sql = "insert into nas (nasname, shortname, secret) values ($1, $1, 's')"
    await radius[1].executemany(sql, [("10.0.0.0/8",), ("10.1.0.0/16",), ("2001:db8::/32",)])
    for number, ip in enumerate(("10.2.0.1", "10.1.0.1", "2001:db8::9")):
        await radacct(radius, session=f"s{number}", nas=ip)
    await take()
    rows = await db.fetch("select s.acct_session_id, n.network from session_history s join nas n on n.id = s.nas_id")
    assert dict(map(tuple, rows)) == {"s0": "10.0.0.0/8", "s1": "10.1.0.0/16", "s2": "2001:db8::/32"}
