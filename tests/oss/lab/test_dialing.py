"""Subscribers dial with real Access-Requests, patiently and at a bounded rate."""

from __future__ import annotations

import asyncio

import pytest

from oss.lab.logins import numbered, parse_spans
from radius import attributes as a
from radius.attributes import attr
from radius.integrity import Secret

from .small_server import NAS, SmallServer, small_lab

SECRET = Secret(b"testing123")


@pytest.mark.parametrize(
    ("method", "present", "absent"),
    [
        ("pap", a.USER_PASSWORD, a.CHAP_PASSWORD),
        ("chap", a.CHAP_PASSWORD, a.USER_PASSWORD),
        ("mschap1", a.VENDOR_SPECIFIC, a.CHAP_PASSWORD),
        ("mschap2", a.VENDOR_SPECIFIC, a.CHAP_PASSWORD),
    ],
)
async def test_a_subscriber_dials_as_a_pppoe_concentrator_would_ask(
    aaa: SmallServer, method: str, present: int, absent: int
) -> None:
    async with small_lab(aaa, method=method) as (_, client):
        assert await client.dial(["ana"]) == 1
        stats = await client.until(online=1)
    (asked,) = aaa.logins
    assert present in asked
    assert absent not in asked
    assert (asked.text(a.USER_NAME), asked.text(a.NAS_IDENTIFIER)) == ("ana", "bras1")
    assert str(asked.address(a.NAS_IP_ADDRESS)) == "127.0.0.1"
    assert [asked.integer(kind) for kind in (a.SERVICE_TYPE, a.FRAMED_PROTOCOL, a.NAS_PORT_TYPE)] == [2, 1, 15]
    assert all(kind in asked for kind in (a.NAS_PORT, a.NAS_PORT_ID, a.CALLED_STATION_ID))
    assert len(asked.text(a.CALLING_STATION_ID) or "") == len("02:00:00:00:00:00")
    assert SECRET.verify_message_authenticator(asked) is True
    assert (stats["auth"]["accepted"], stats["auth"]["lost"]) == (1, 0)
    assert 0 < stats["auth"]["latency"]["p99_ms"] < 10_000


@pytest.mark.parametrize("method", ["mschap1", "mschap2"])
async def test_a_wrong_password_is_rejected_and_told_by_ms_chap_too(aaa: SmallServer, method: str) -> None:
    async with small_lab(aaa, method=method) as (_, client):
        await client.dial(["ana"], suffix="wrong")
        await aaa.until(lambda: len(aaa.logins) >= 2)  # it dials again, so the first answer has been read
        stats = await client.stats()
    assert stats["auth"]["rejected"] >= 1
    assert (stats["auth"]["accepted"], stats["auth"]["distrusted"]) == (0, 0)


async def test_a_subscriber_hangs_up_on_a_server_that_accepts_without_knowing_the_password(aaa: SmallServer) -> None:
    """RFC 2759 section 5."""
    aaa.credulous = True
    async with small_lab(aaa, method="mschap2") as (_, client):
        await client.dial(["ana"], suffix="wrong")
        await aaa.until(lambda: len(aaa.logins) >= 2)  # it dials again, so the first answer has been read
        stats = await client.stats()
    assert (stats["online"], stats["auth"]["accepted"]) == (0, 0)
    assert stats["auth"]["distrusted"] >= 1


async def test_an_unsigned_lab_sends_no_message_authenticator(aaa: SmallServer) -> None:
    async with small_lab(aaa, sign=False) as (_, client):
        await client.dial(["ana"])
        await client.until(online=1)
    assert a.MESSAGE_AUTHENTICATOR not in aaa.logins[0]


async def test_the_same_seed_gives_the_same_subscriber(aaa: SmallServer) -> None:
    for seed in (5, 5, 6):
        async with small_lab(aaa, seed=seed) as (_, client):
            await client.dial(["ana"])
            await client.until(online=1)
    macs = [asked.text(a.CALLING_STATION_ID) for asked in aaa.logins]
    assert macs[0] == macs[1] != macs[2]


async def test_a_session_has_what_the_server_granted(aaa: SmallServer) -> None:
    aaa.accept += attr(a.FRAMED_IP_ADDRESS, b"\x0a\x01\x02\x03") + attr(a.CLASS, b"gold")
    async with small_lab(aaa) as (_, client):
        await client.dial(["ana"])
        await client.until(online=1, pending=0)
        (session,) = await client.sessions()
    assert session["profile"] == {"rate_limit": "50M/100M", "address_list": ""}
    assert (session["nas"], session["state"], session["framed_ip"]) == ("bras1", "online", "10.1.2.3")
    (start,) = aaa.of(a.ACCT_START)
    assert (start.get(a.FRAMED_IP_ADDRESS), start.get(a.CLASS)) == (b"\x0a\x01\x02\x03", b"gold")


async def test_without_a_granted_address_each_session_gets_another(aaa: SmallServer) -> None:
    aaa.accept += attr(a.FRAMED_IP_ADDRESS, b"\xff\xff\xff\xfe")
    async with small_lab(aaa, NAS) as (_, client):
        await client.dial(numbered("s", "1", "20"))
        await client.until(online=20)
        addresses = {session["framed_ip"] for session in await client.sessions()}
    assert len(addresses) == 20
    assert all(address.startswith("100.") for address in addresses)


async def test_subscribers_are_dealt_to_the_nas_in_turn_and_stay_there(aaa: SmallServer) -> None:
    async with small_lab(aaa, NAS) as (_, client):
        await client.dial(["a", "b", "c", "d"])
        await client.dial(["b", "c"])
        await client.until(online=4)
        homes = {session["login"]: session["nas"] for session in await client.sessions()}
    assert homes == {"a": "bras1", "b": "bras2", "c": "bras1", "d": "bras2"}


async def test_who_is_refused_tries_again_slowly_as_long_as_redial_is_on(aaa: SmallServer) -> None:
    async with small_lab(aaa) as (_, client):
        await client.dial(["ana"], suffix="wrong")
        await aaa.until(lambda: len(aaa.logins) == 2)
        await client.redial(False)
        (line,) = await client.sessions(everybody=True)
        stats = await client.stats()
    assert line["state"] in ("rejected", "waiting", "dialing")
    assert line["acct_session_id"] is None
    assert stats["auth"]["rejected"] >= 1
    assert stats["online"] == 0
    assert aaa.records[1:] == []


async def test_a_login_nobody_answers_is_sent_unchanged_three_times_then_anew(aaa: SmallServer) -> None:
    aaa.answers = False
    async with small_lab(aaa) as (lab, client):
        await client.dial(["ana"])
        await aaa.until(lambda: len(aaa.logins) == 4)
        stats = await client.stats()
        aaa.answers = True
        await client.until(online=1)
    first, second, third, fourth = (asked.raw for asked in aaa.logins[:4])
    assert first == second == third
    assert fourth[4:20] != first[4:20]
    assert stats["auth"]["lost"] == 1
    assert stats["auth"]["latency"] == {"count": 0, "lost": 1, "p50_ms": None, "p99_ms": None, "max_ms": None}
    assert lab.nas["bras1"].lines["ana"].failures == 0


async def test_dialing_keeps_to_its_rate(aaa: SmallServer) -> None:
    loop = asyncio.get_running_loop()
    async with small_lab(aaa, dial_per_s=100.0) as (_, client):
        began = loop.time()
        await client.dial(numbered("s", "1", "31"))
        await aaa.until(lambda: len(aaa.logins) == 31)
        took_s = loop.time() - began
    assert took_s >= 0.28


async def test_nobody_dials_before_the_router_has_announced_its_start(aaa: SmallServer) -> None:
    aaa.acks = False
    async with small_lab(aaa) as (_, client):
        await client.dial(["ana"])
        await aaa.until(lambda: len(aaa.of(a.ACCT_ON)) == 3)
        asked_before = len(aaa.logins)
        aaa.acks = True
        await client.until(online=1)
    assert asked_before == 0


async def test_a_grant_the_router_cannot_read_opens_no_session(aaa: SmallServer) -> None:
    aaa.accept = a.vsa(14988, 8, "as fast as you can")
    async with small_lab(aaa) as (_, client):
        await client.dial(["ana"])
        await aaa.until(lambda: len(aaa.logins) == 1)
        await client.until(pending=0)
        await aaa.until(lambda: len(aaa.logins) == 2)
        assert (await client.stats())["online"] == 0


def test_logins_are_numbered_as_wide_as_they_are_written() -> None:
    assert numbered("demo", "009", "011") == ["demo009", "demo010", "demo011"]
    assert parse_spans("s", "9-10,12-12") == ["s9", "s10", "s12"]


@pytest.mark.parametrize("spans", ["", "1", "5-4", "a-b", "1-2,"])
def test_spans_that_are_none_are_refused(spans: str) -> None:
    with pytest.raises(ValueError, match="FROM-TO"):
        parse_spans("s", spans)
