"""Reading a device again and again: what is asked each time, once an hour, and when something goes wrong."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from snmp.client import Client, Patience
from snmp.credentials import Community, Target
from snmp.errors import TimedOut
from snmp.profiles import profiles
from snmp.reading import SYS_DESCR, SYS_OBJECT_ID, SYS_UP_TIME, Reader
from tests.snmp.agents import needs_snmpd
from tests.snmp.scripted import GET, NULL, Asked, Scripted, integer, octets, oid, table

V2C, SHORT = Community("public"), Patience((0.2, 0.2))
COUNTER64, TICKS = 0x46, 0x43
IF_NAME, LOAD = "1.3.6.1.2.1.31.1.1.1.1", "1.3.6.1.2.1.25.3.3.1.2"


def device(names: dict[int, str], uptime: int = 50_000) -> dict[str, bytes]:
    """An agent's values: a system, these interfaces, one processor."""
    rows = {
        SYS_DESCR: octets(b"something"),
        SYS_OBJECT_ID: oid("1.3.6.1.4.1.4242"),
        SYS_UP_TIME: integer(uptime, TICKS),
        f"{LOAD}.1": integer(30),
    }
    for index, name in names.items():
        rows[f"1.3.6.1.2.1.2.2.1.8.{index}"] = integer(1)
        rows[f"{IF_NAME}.{index}"] = octets(name.encode())
        rows[f"1.3.6.1.2.1.31.1.1.1.6.{index}"] = integer(100 * index, COUNTER64)
        rows[f"1.3.6.1.2.1.31.1.1.1.10.{index}"] = integer(200 * index, COUNTER64)
    return dict(sorted(rows.items(), key=lambda row: [int(part) for part in row[0].split(".")]))


class Changing(Scripted):
    """An agent whose values a test changes as it goes."""

    def __init__(self, rows: dict[str, bytes]) -> None:
        self.rows = rows
        super().__init__(lambda asked: table(self.rows)(asked))

    def walks(self, column: str) -> int:
        """How often a column was begun."""
        return sum(asked.kind != GET and asked.oids[0] == column for asked in self.asked)


@needs_snmpd
async def test_a_real_agent_is_read_and_the_second_time_by_less(agent: Target) -> None:
    async with Client(agent, V2C) as client:
        reader = Reader(client)
        first = await reader.read()
        asked = client.requests
        second = await reader.read()
        assert client.requests - asked < asked
    loopback = next(one for one in second.interfaces if one.name == "lo")
    assert loopback.oper == "up" and loopback.bits == 64 and loopback.in_octets is not None
    assert second.profile == "generic" and second.memories and not second.missing
    assert {one.name for one in first.interfaces} == {one.name for one in second.interfaces}
    assert second.at > first.at


async def test_only_what_is_wanted_is_asked() -> None:
    with Changing(device({1: "a"})) as agent:
        async with Client(agent.target, V2C) as client:
            reading = await Reader(client, profiles()["generic"]).read({"processors"})
    assert [one.load_percent for one in reading.processors] == [30.0] and reading.interfaces == ()
    assert not agent.walks(IF_NAME)


async def test_only_the_fields_that_are_wanted_are_asked() -> None:
    with Changing(device({1: "a"})) as agent:
        async with Client(agent.target, V2C) as client:
            reading = await Reader(client, profiles()["generic"]).read({"interfaces"}, {"oper"})
    (one,) = reading.interfaces
    assert (one.oper, one.name, one.in_octets) == ("up", None, None)
    assert not agent.walks(IF_NAME) and not agent.walks("1.3.6.1.2.1.31.1.1.1.6")


async def test_names_are_asked_once_and_again_for_what_is_new() -> None:
    with Changing(device({1: "a"})) as agent:
        async with Client(agent.target, V2C) as client:
            reader = Reader(client)
            for _ in range(3):
                assert [one.name for one in (await reader.read()).interfaces] == ["a"]
            assert agent.walks(IF_NAME) == 1
            agent.rows = device({1: "a", 2: "b"})
            assert [one.name for one in (await reader.read()).interfaces] == ["a", "b"]
            assert agent.walks(IF_NAME) == 2


async def test_a_device_that_restarted_is_asked_everything_anew() -> None:
    with Changing(device({1: "a"})) as agent:
        async with Client(agent.target, V2C) as client:
            reader = Reader(client)
            await reader.read()
            agent.rows = device({1: "renumbered"}, uptime=100) | {SYS_DESCR: octets(b"another version")}
            agent.rows = dict(sorted(agent.rows.items(), key=lambda row: [int(part) for part in row[0].split(".")]))
            reading = await reader.read()
    assert reading.interfaces[0].name == "renumbered" and reading.system.description == "another version"


async def test_tables_that_a_device_has_not_are_not_asked_at_each_poll() -> None:
    with Changing(device({1: "a"})) as agent:
        async with Client(agent.target, V2C) as client:
            reader = Reader(client)
            await reader.read()
            asked = agent.walks("1.3.6.1.2.1.99.1.1.1.4")
            await reader.read()
    assert agent.walks("1.3.6.1.2.1.99.1.1.1.4") == asked <= 2  # once, and once to make sure


async def test_a_table_that_goes_wrong_is_reported_and_rests() -> None:
    rows = device({1: "a"})

    def stumbling(asked: Asked) -> Iterable[bytes]:
        if asked.oids[0].startswith(LOAD):
            yield asked.answer((asked.oids[0], NULL), status=5)
        else:
            yield from table(rows)(asked)

    with Scripted(stumbling) as agent:
        async with Client(agent.target, V2C, patience=SHORT) as client:
            reader = Reader(client)
            first, second = await reader.read(), await reader.read()
    assert len(first.missing) == 1 and first.missing[0].startswith("processors: ")
    assert second.missing == () and [one.name for one in second.interfaces] == ["a"]


async def test_a_table_that_never_answers_costs_that_table_only() -> None:
    rows = device({1: "a"})

    def mute(asked: Asked) -> Iterable[bytes]:
        return [] if asked.oids[0].startswith(LOAD) else table(rows)(asked)

    with Scripted(mute) as agent:
        async with Client(agent.target, V2C, patience=Patience((0.05,))) as client:
            reading = await Reader(client).read()
    assert reading.missing[0].startswith("processors: ") and len(reading.interfaces) == 1


async def test_a_device_that_does_not_answer_is_an_error_and_no_reading() -> None:
    with Scripted(lambda asked: []) as agent:
        async with Client(agent.target, V2C, patience=SHORT) as client:
            with pytest.raises(TimedOut):
                await Reader(client).read()


async def test_an_agent_that_is_bad_at_bulk_is_asked_one_by_one() -> None:
    with Changing(device({1: "a", 2: "b"}) | {SYS_OBJECT_ID: oid("1.3.6.1.4.1.41112.1.4")}) as agent:
        async with Client(agent.target, V2C) as client:
            reading = await Reader(client).read()
    assert reading.profile == "ubiquiti" and [one.name for one in reading.interfaces] == ["a", "b"]
    assert {asked.second for asked in agent.asked if asked.kind != GET} == {1}
