"""A router of the lab is as ill as it is told to be, and no other way; each illness as its server sees it."""

from __future__ import annotations

import pytest

from oss.lab.__main__ import parse_nas
from oss.lab.settings import CLOCK_AHEAD_S, ILLNESSES, Illness, NasConfig
from radius import attributes as a
from radius.packet import Packet

from .small_server import SmallServer, small_lab


def config(*ill: Illness) -> list[NasConfig]:
    return [NasConfig("bras1", "127.0.0.1", b"testing123", 0, frozenset(ill))]


def test_illnesses_are_named_on_the_command_line() -> None:
    assert parse_nas("b=127.0.0.1,s,1,unsigned,clock-ahead").ill == {"unsigned", "clock-ahead"}
    assert parse_nas("b=127.0.0.1,s,1").ill == frozenset()
    with pytest.raises(ValueError, match="no illness flu; there are no-accounting"):
        parse_nas("b=127.0.0.1,s,1,flu")
    assert len(ILLNESSES) == 8


async def test_a_clock_that_is_ahead_tells_the_time_it_has(aaa: SmallServer) -> None:
    def told(record: Packet) -> float:
        return (record.integer(a.EVENT_TIMESTAMP) or 0) - before

    async with small_lab(aaa, config("clock-ahead")) as (_, client):
        async with small_lab(aaa, [NasConfig("bras2", "127.0.0.2", b"testing123", 0)]):
            await aaa.until(lambda: len(aaa.of(a.ACCT_ON)) == 2)
        await client.dial(["ana"])
        await aaa.until(lambda: aaa.of(a.ACCT_START))
    times = sorted(record.integer(a.EVENT_TIMESTAMP) or 0 for record in aaa.of(a.ACCT_ON))
    before = times[0]
    assert times[1] - times[0] == pytest.approx(CLOCK_AHEAD_S, abs=5)
    assert told(aaa.of(a.ACCT_START)[0]) == pytest.approx(CLOCK_AHEAD_S, abs=30)


async def test_without_accounting_logins_go_on(aaa: SmallServer) -> None:
    async with small_lab(aaa, config("no-accounting")) as (_, client):
        await client.dial(["ana"])
        await client.until(online=1)
        await client.hangup(["ana"])
    assert len(aaa.logins) == 1 and aaa.records == []


async def test_who_hears_no_answers_repeats_the_same_octets_rfc_5080_section_2_2_1(aaa: SmallServer) -> None:
    async with small_lab(aaa, config("hears-no-answers")) as (lab, client):
        await client.dial(["ana"])
        await aaa.until(lambda: aaa.auth.counters["duplicates"] >= 2)
        assert lab.nas["bras1"].dialer.accepted == 0


async def test_an_unsigned_router_signs_nothing_and_one_with_another_secret_is_not_believed(aaa: SmallServer) -> None:
    async with small_lab(aaa, config("unsigned")) as (_, client):
        await client.dial(["ana"])
        await client.until(online=1)
    assert a.MESSAGE_AUTHENTICATOR not in aaa.logins[0]
    async with small_lab(aaa, config("other-secret")) as (_, client):
        await client.dial(["bia"])
        while not aaa.auth.counters["bad_message_authenticator"]:
            await client.stats()
    assert len(aaa.logins) == 1


async def test_a_closed_port_has_no_number(aaa: SmallServer) -> None:
    async with small_lab(aaa, config("coa-closed")) as (lab, _):
        assert lab.nas["bras1"].orders.port == 0
