"""COPY's binary format by hand: what PostgreSQL and its driver read back, and what PostgreSQL itself would write."""

from __future__ import annotations

import ipaddress
import uuid
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oss.base import copying, db

COLUMNS = ("number", "words", "count", "who", "at", "ip", "yes", "small", "whole", "wholes", "reals")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST = datetime(1, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
REAL = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest_asyncio.fixture(loop_scope="session")
async def copied(undone: db.Connection) -> AsyncIterator[db.Connection]:
    """A connection with a table of each type there is."""
    await undone.execute(
        "create temp table copied "
        "(number bigint, words text, count bigint, who uuid, at timestamptz, ip inet, yes boolean, "
        "small smallint, whole int, wholes int[], reals real[])"
    )
    yield undone
    await undone.execute("drop table copied")


async def back(connection: db.Connection, column: str, values: Iterable[bytes]) -> list[Any]:
    """Encoded values of one column as the driver reads them again, in order."""
    await connection.execute("truncate copied")
    rows = (copying.row(copying.bigint(number), value) for number, value in enumerate(values))
    await copying.copy(connection, "copied", ("number", column), rows)
    return [row[0] for row in await connection.fetch(f"select {column} from copied order by number")]


@REAL
@given(st.lists(st.none() | st.text(max_size=50)))
async def test_text_comes_back_without_its_nuls(copied: db.Connection, values: list[str | None]) -> None:
    found = await back(copied, "words", map(copying.text, values))
    assert found == [value and value.replace("\0", "") for value in values]


@REAL
@given(st.lists(st.binary(max_size=50)))
async def test_octets_come_back_as_text_whatever_a_router_sent(copied: db.Connection, values: list[bytes]) -> None:
    found = await back(copied, "words", map(copying.text, values))
    assert found == [value.decode("utf-8", "replace").replace("\0", "") for value in values]


async def test_half_a_surrogate_pair_is_replaced(copied: db.Connection) -> None:
    assert await back(copied, "words", [copying.text("a\ud800b")]) == ["a?b"]


@REAL
@given(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)))
async def test_bigint_comes_back(copied: db.Connection, values: list[int | None]) -> None:
    assert await back(copied, "count", map(copying.bigint, values)) == values


@REAL
@given(st.lists(st.uuids()))
async def test_uuid_comes_back(copied: db.Connection, values: list[uuid.UUID]) -> None:
    assert await back(copied, "who", [copying.uuid(value.bytes) for value in values]) == values


@REAL
@given(st.lists(st.datetimes(timezones=st.just(UTC))))
async def test_a_moment_comes_back_to_the_microsecond(copied: db.Connection, values: list[datetime]) -> None:
    exact = [(value - EPOCH) // timedelta(microseconds=1) for value in values]
    assert await back(copied, "at", map(copying.moment, exact)) == values


async def test_a_moment_no_calendar_holds_becomes_the_nearest_that_one_does(copied: db.Connection) -> None:
    assert await back(copied, "at", [copying.moment(-(2**63)), copying.moment(2**63 - 1)]) == [FIRST, LAST]


@REAL
@given(st.lists(st.ip_addresses()))
async def test_an_address_of_either_family_comes_back(copied: db.Connection, values: list[Any]) -> None:
    assert await back(copied, "ip", [copying.inet(value.packed) for value in values]) == values


async def test_octets_that_are_no_address_are_null(copied: db.Connection) -> None:
    assert await back(copied, "ip", map(copying.inet, [b"", b"\1", bytes(5), bytes(15), bytes(17)])) == [None] * 5


async def test_boolean_comes_back(copied: db.Connection) -> None:
    values = [copying.boolean(True), copying.boolean(False), copying.NULL]
    assert await back(copied, "yes", values) == [True, False, None]


async def test_more_rows_than_are_handed_over_at_once_come_in_order(copied: db.Connection) -> None:
    count = 3 * copying.CHUNK + 7
    assert await back(copied, "count", map(copying.bigint, range(count))) == list(range(count))


async def test_no_rows_are_no_mistake(copied: db.Connection) -> None:
    assert await back(copied, "count", []) == []


async def test_postgresql_writes_the_same_octets(copied: db.Connection) -> None:
    rows = [
        copying.row(
            copying.bigint(number),
            copying.text("João"),
            copying.bigint(-number),
            copying.uuid(bytes(range(16))),
            copying.moment(1_795_000_000_123_456 + number),
            copying.inet(address.packed),
            copying.boolean(bool(number)),
            copying.smallint(-number),
            copying.integer(-number),
            copying.integers([-number, 7] * number),
            copying.reals([-number, 0.5] * number),
        )
        for number, address in enumerate((ipaddress.ip_address("192.0.2.1"), ipaddress.ip_address("2001:db8::1")))
    ]
    rows.append(copying.row(copying.bigint(2), *[copying.NULL] * (len(COLUMNS) - 1)))
    await copying.copy(copied, "copied", COLUMNS, rows)
    written = BytesIO()
    query = f"select {', '.join(COLUMNS)} from copied order by number"
    await copied.copy_from_query(query, output=written, format="binary")
    assert written.getvalue() == copying.HEADER + b"".join(rows) + copying.TRAILER


@REAL
@given(st.lists(st.lists(st.integers(-(2**31), 2**31 - 1), max_size=20)))
async def test_whole_numbers_come_back(copied: db.Connection, values: list[list[int]]) -> None:
    assert await back(copied, "wholes", map(copying.integers, values)) == values
    ones = [one for some in values for one in some]
    assert await back(copied, "whole", map(copying.integer, ones)) == ones
    small = [one % 65_536 - 32_768 for one in ones]
    assert await back(copied, "small", map(copying.smallint, small)) == small


@REAL
@given(st.lists(st.lists(st.floats(width=32), max_size=20)))
async def test_reals_come_back_with_what_is_no_number(copied: db.Connection, values: list[list[float]]) -> None:
    assert str(await back(copied, "reals", map(copying.reals, values))) == str(values)


async def test_what_is_too_large_for_a_real_is_infinite(copied: db.Connection) -> None:
    assert await back(copied, "reals", [copying.reals([1e300, -1e300])]) == [[float("inf"), float("-inf")]]
