"""Who had an address: now, then, and for a while in the middle of a session; each question is noted."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.access.address_list import prefixes, read_address
from oss.base import clock, db
from tests.conftest import Seed

from .conftest import Console, audited

OPEN = """insert into session_open (uid, nas_id, acct_session_id, login, contract_id, started_at, last_seen_at,
  framed_ip, delegated_ipv6_prefix, calling_station_id)
values ($1, $2, 'a1', $3, $4, $5, now(), $6, $7, 'aa-bb-cc-00-00-01')"""
ENDED = """insert into session_history (uid, nas_id, acct_session_id, login, contract_id, started_at, ended_at,
  framed_ip, input_octets, output_octets, session_s, terminate_cause)
values ($1, $2, 'a0', $3, $4, $5, $6, $7, 0, 0, 0, 'User-Request')"""
MOVED = "insert into session_address values ($1, $2, $3, 'framed_ip', $4, $5, $6)"


async def a_week(seed: Seed) -> datetime:
    """203.0.113.7: cli2's three days ago, cli1's for the first hour of the session he has now."""
    now, first = clock.now(), uuid.uuid4()
    began = now - timedelta(hours=3)
    mine = (first, seed.nas, "cli1")
    await db.execute(OPEN, *mine, seed.contracts[0], began, "203.0.113.8", "2001:db8:0:aa00::/56")
    await db.execute(MOVED, *mine, "203.0.113.7", began, began + timedelta(hours=1))
    theirs = (uuid.uuid4(), seed.nas, "cli2", seed.contracts[1])
    then = now - timedelta(days=3)
    await db.execute(ENDED, *theirs, then, then + timedelta(hours=2), "203.0.113.7")
    return now


def asked(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds").replace("+", "%2B")


async def test_all_who_had_it_are_named_with_their_times(console: Console, seed: Seed) -> None:
    await a_week(seed)
    page = await console.get("/console/addresses?q=203.0.113.7")
    assert page.status == 200 and "cli1" in page.text and "cli2" in page.text
    assert page.raw.index("cli1") < page.raw.index("cli2")  # the latest first
    assert f'href="/console/subscribers/{seed.customers[1]}?contract={seed.contracts[1]}"' in page.raw
    (noted,) = await audited("address.looked_up")
    assert noted["object_id"] == "203.0.113.7" and json.loads(noted["detail"]) == {"at": None, "found": 2}


@pytest.mark.parametrize(
    ("back", "address", "who"),
    [
        (timedelta(days=3) - timedelta(hours=1), "203.0.113.7", ["cli2"]),
        (timedelta(hours=2, minutes=30), "203.0.113.7", ["cli1"]),
        (timedelta(hours=1), "203.0.113.7", []),
        (timedelta(hours=1), "203.0.113.8", ["cli1"]),
        (timedelta(hours=2, minutes=30), "203.0.113.8", []),  # he had the other one then
        (timedelta(hours=1), "2001:db8:0:aa17::1", ["cli1"]),
        (timedelta(hours=1), "2001:db8:0:ab17::1", []),
    ],
)
async def test_an_instant_leads_to_who_had_it_then(
    console: Console, seed: Seed, back: timedelta, address: str, who: list[str]
) -> None:
    now = await a_week(seed)
    page = await console.get(f"/console/addresses?q={address}&at={asked(now - back)}")
    assert [login for login in ("cli1", "cli2") if f"<td>{login}</td>" in page.raw] == who
    assert ("Nenhum cliente tinha" in page.text) == (who == [])


async def test_an_instant_without_a_zone_is_the_providers(console: Console, seed: Seed) -> None:
    now = await a_week(seed)
    local = (now - timedelta(hours=2, minutes=30) - timedelta(hours=3)).replace(tzinfo=None)  # America/Sao_Paulo
    page = await console.get(f"/console/addresses?q=203.0.113.7&at={local.isoformat(timespec='seconds')}")
    assert "<td>cli1</td>" in page.raw and "<td>cli2</td>" not in page.raw


async def test_the_answer_is_a_file_too(console: Console, seed: Seed) -> None:
    await a_week(seed)
    file = await console.get("/console/addresses.csv?q=203.0.113.7")
    lines = file.raw.strip().splitlines()
    assert len(lines) == 3 and "cli1" in lines[1] and "cli2" in lines[2]
    assert len(await audited("address.looked_up")) == 1


@pytest.mark.parametrize("query", ["q=banana", "q=203.0.113.7&at=amanhã", "q=203.0.113"])
async def test_what_is_no_address_or_no_instant_is_said(console: Console, query: str) -> None:
    page = await console.get(f"/console/addresses?{query}")
    assert page.status == 200 and "Isto não é um" in page.text
    assert await audited("address.looked_up") == []


@given(st.ip_addresses(v=6), st.sampled_from(["{}", " [{}]:443 ", "{}%eth0", "{}/56"]))
def test_a_prefix_that_a_customer_may_have_holds_the_address(address: IPv6Address, spelt: str) -> None:
    read = read_address(spelt.format(address))
    assert read is not None and read == (address.ipv4_mapped or address)
    assert all(read in ip_network(one) for one in prefixes(read))
    assert len(prefixes(read)) == (97 if isinstance(read, IPv6Address) else 0)


@given(st.ip_addresses(v=4), st.sampled_from(["{}", "{}:51234", "{}/32", "::ffff:{}"]))
def test_an_ipv4_address_is_read_however_it_was_pasted(address: IPv4Address, spelt: str) -> None:
    assert read_address(spelt.format(address)) == address
