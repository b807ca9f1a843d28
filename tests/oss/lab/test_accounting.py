"""Accounting says what happened, in order, until it is acknowledged; the ledger holds exactly what was."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

from oss.lab.accounting import Patience
from oss.lab.logins import numbered
from oss.lab.profiles import Profile
from oss.lab.records import WORDS, Status, session_body
from radius import attributes as a
from radius.attributes import attr
from radius.integrity import Secret
from radius.packet import Packet, build
from radius.sockets import Address

from .small_server import NAS, SmallServer, small_lab, udp_end

SECRET = Secret(b"testing123")


def octets(record: Packet, low: int, high: int) -> int:
    return ((record.integer(high) or 0) << 32) + (record.integer(low) or 0)


def as_ledger(record: Packet) -> dict[str, Any]:
    """What the ledger's line of a record heard must be."""
    return {
        "nas": record.text(a.NAS_IDENTIFIER),
        "acct_session_id": record.text(a.ACCT_SESSION_ID),
        "user": record.text(a.USER_NAME) or "",
        "status": WORDS[Status(record.integer(a.ACCT_STATUS_TYPE) or 0)],
        "in_octets": octets(record, a.ACCT_INPUT_OCTETS, a.ACCT_INPUT_GIGAWORDS),
        "out_octets": octets(record, a.ACCT_OUTPUT_OCTETS, a.ACCT_OUTPUT_GIGAWORDS),
        "session_time": record.integer(a.ACCT_SESSION_TIME) or 0,
        "at": record.integer(a.EVENT_TIMESTAMP),
    }


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


async def test_a_session_is_told_from_start_to_stop_and_stands_in_the_ledger(aaa: SmallServer, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    async with small_lab(aaa, ledger=path, interim_s=0.05) as (_, client):
        await client.dial(["ana"])
        await aaa.until(lambda: len(aaa.of(a.ACCT_INTERIM)) >= 3)
        assert await client.hangup(["ana", "nobody"]) == 1
        await client.until(online=0, pending=0)
        ledger = await client.ledger()
        written = lines(path)
    assert ledger == {"count": len(written), "path": str(path)}
    assert written == [as_ledger(record) for record in aaa.acked]
    statuses = [line["status"] for line in written]
    assert statuses[:2] == ["on", "start"]
    assert statuses[-1] == "stop"
    assert set(statuses[2:-1]) == {"interim"}
    assert aaa.of(a.ACCT_STOP)[0].integer(a.ACCT_TERMINATE_CAUSE) == a.CAUSE_USER_REQUEST
    session = [record for record in aaa.acked if record.text(a.USER_NAME) == "ana"]
    used = [octets(record, a.ACCT_OUTPUT_OCTETS, a.ACCT_OUTPUT_GIGAWORDS) for record in session]
    assert used == sorted(used)
    assert used[-1] > 0
    assert all(a.FRAMED_IP_ADDRESS in record and a.CALLING_STATION_ID in record for record in session)


async def test_an_outage_loses_nothing_and_keeps_each_sessions_order(aaa: SmallServer, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    async with small_lab(aaa, NAS, ledger=path, interim_s=0.1) as (lab, client):
        await client.dial(numbered("s", "01", "40"))
        await client.until(online=40)
        aaa.acks = False
        await aaa.until(lambda: sum(nas.accounting.pending for nas in lab.nas.values()) > 120)
        before = len(aaa.acked)
        aaa.acks = True
        await client.interims(0)
        await client.hangup(numbered("s", "01", "40"))
        stats = await client.until(online=0, pending=0)
    written = lines(path)
    assert stats["acct"]["acked"] == len(written) == len(aaa.acked)
    assert len(written) - before > 120
    by_session = defaultdict(list)
    for line in written:
        by_session[line["acct_session_id"], line["nas"]].append(line)
    sessions = [told for told in by_session.values() if told[0]["user"]]
    assert len(sessions) == 40
    for told in sessions:
        assert (told[0]["status"], told[-1]["status"]) == ("start", "stop")
        assert all(
            (one["at"], one["out_octets"]) <= (next_["at"], next_["out_octets"]) for one, next_ in pairwise(told)
        )


async def test_a_record_sent_again_has_another_identifier_and_says_how_long_it_waited(aaa: SmallServer) -> None:
    aaa.acks = False
    async with small_lab(aaa, boot_record=False, patience=Patience(0.4, 0.6)) as (_, client):
        await client.dial(["ana"])
        await aaa.until(lambda: len(aaa.records) == 4)
        aaa.acks = True
        stats = await client.until(pending=0)
    waited = [record.integer(a.ACCT_DELAY_TIME) for record in aaa.records]
    assert waited[0] == 0
    assert waited == sorted(waited, key=lambda seconds: seconds or 0)
    assert (waited[-1] or 0) >= 1
    assert len({record.id for record in aaa.records}) == len(aaa.records)
    assert len({record.get(a.EVENT_TIMESTAMP) for record in aaa.records}) == 1
    assert stats["acct"]["resent"] == len(aaa.records) - 1
    assert stats["acct"]["sent"] == 1


async def test_a_late_answer_to_an_earlier_sending_acknowledges_the_record(aaa: SmallServer) -> None:
    held: list[Any] = []

    def hold(packet: Packet, peer: object, source: str, at: float, ack: Any) -> None:
        held.append(ack)
        if len(held) == 2:
            held[0]()

    aaa.acct._handle = hold
    async with small_lab(aaa, boot_record=False) as (_, client):
        await client.dial(["ana"])
        stats = await client.until(online=1, pending=0)
    assert stats["acct"]["acked"] == 1


async def test_more_sessions_than_identifiers_all_get_through_an_outage(aaa: SmallServer) -> None:
    aaa.acks = False
    async with small_lab(aaa, boot_record=False, dial_per_s=20_000.0) as (lab, client):
        lab.nas["bras1"].accounting._wire._sockets_left = 0
        await client.dial(numbered("s", "1", "400"))
        await client.until(online=400, pending=400)
        aaa.acks = True
        stats = await client.until(pending=0)
    assert stats["acct"]["acked"] >= 400  # on a slow machine an interim falls due meanwhile
    assert len({record.text(a.USER_NAME) for record in aaa.acked}) == 400


async def test_when_memory_is_full_interims_are_dropped_and_nothing_else(aaa: SmallServer, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    async with small_lab(aaa, ledger=path, patience=Patience(0.05, 0.2, records=5), interim_s=0.02) as (lab, client):
        await client.dial(["ana", "bia"])
        await client.until(online=2, pending=0)
        aaa.acks = False
        await aaa.until(lambda: lab.nas["bras1"].accounting.dropped > 3)
        await client.hangup(["ana", "bia"])
        aaa.acks = True
        await client.until(pending=0)
    assert [line["status"] for line in lines(path)].count("stop") == 2


async def test_a_reply_with_a_wrong_signature_acknowledges_nothing(aaa: SmallServer) -> None:
    asked: list[Packet] = []
    enough = asyncio.Event()

    def forge(data: bytes, sender: Address) -> list[bytes]:
        asked.append(Packet.parse(data))
        if len(asked) == 3:
            enough.set()
        return [build(a.ACCOUNTING_RESPONSE, asked[-1].id, bytes(16), b""), b"no packet"]

    async with udp_end(forge) as forger, small_lab(aaa, boot_record=False, acct=forger.address) as (_, client):
        await client.dial(["ana"])
        async with asyncio.timeout(10):
            await enough.wait()
        stats = await client.stats()
    assert stats["acct"]["acked"] == 0
    assert stats["acct"]["pending"] == 1
    assert stats["bad_replies"] >= 4


async def test_interims_come_as_often_as_granted_until_told_otherwise(aaa: SmallServer) -> None:
    aaa.accept += attr(a.ACCT_INTERIM_INTERVAL, 1)
    async with small_lab(aaa) as (_, client):
        await client.dial(numbered("s", "1", "5"))
        await client.until(online=5)
        await aaa.until(lambda: len(aaa.of(a.ACCT_INTERIM)) == 5)
        await client.interims(0)
        await client.until(pending=0)
        quiet = len(aaa.records)
        await client.interims(0.02)
        await aaa.until(lambda: len(aaa.records) >= quiet + 25)
    told = [record.text(a.USER_NAME) for record in aaa.of(a.ACCT_INTERIM)]
    assert set(told) == set(numbered("s", "1", "5"))


async def test_a_granted_time_ends_the_session_and_the_subscriber_dials_again(aaa: SmallServer) -> None:
    aaa.accept += attr(a.SESSION_TIMEOUT, 1)
    async with small_lab(aaa) as (_, client):
        await client.dial(["ana"])
        await aaa.until(lambda: len(aaa.of(a.ACCT_START)) == 2)
        await client.redial(False)
    assert aaa.of(a.ACCT_STOP)[0].integer(a.ACCT_TERMINATE_CAUSE) == a.CAUSE_SESSION_TIMEOUT
    first, second = aaa.of(a.ACCT_START)[:2]
    assert first.text(a.ACCT_SESSION_ID) != second.text(a.ACCT_SESSION_ID)


async def test_a_session_of_many_gigabytes_is_counted_in_gigawords(aaa: SmallServer) -> None:
    async with small_lab(aaa) as (lab, client):
        await client.dial(["ana"])
        await client.until(online=1)
        session = lab.nas["bras1"].lines["ana"].session
        assert session is not None
        session.profile = Profile()
        session.out_octets = 2**32  # a month may also be one of few bursts
        session.counted_at -= 30 * 86_400
        await client.hangup(["ana"])
        await client.until(pending=0)
    (stop,) = aaa.of(a.ACCT_STOP)
    assert (stop.integer(a.ACCT_OUTPUT_GIGAWORDS) or 0) >= 1
    assert octets(stop, a.ACCT_OUTPUT_OCTETS, a.ACCT_OUTPUT_GIGAWORDS) == session.out_octets


def test_a_body_holds_octets_of_64_bits() -> None:
    body = session_body(b"", Status.INTERIM, 60, (2**33 + 7, 2**32 - 1), 1_700_000_000, None)
    packet = Packet.parse(build(a.ACCOUNTING_REQUEST, 1, bytes(16), body))
    assert octets(packet, a.ACCT_INPUT_OCTETS, a.ACCT_INPUT_GIGAWORDS) == 2**33 + 7
    assert octets(packet, a.ACCT_OUTPUT_OCTETS, a.ACCT_OUTPUT_GIGAWORDS) == 2**32 - 1
    assert packet.integer(a.ACCT_SESSION_TIME) == 60
    assert a.ACCT_TERMINATE_CAUSE not in packet
