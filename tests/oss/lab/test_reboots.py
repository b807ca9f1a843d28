"""Routers restart: announced with Accounting-Off and -On, or silently, and nothing of before comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from oss.lab.logins import numbered
from radius import attributes as a

from .small_server import NAS, SmallServer, small_lab
from .test_accounting import lines

LOGINS = numbered("s", "1", "10")


def statuses(aaa: SmallServer, nas: str) -> list[int | None]:
    return [r.integer(a.ACCT_STATUS_TYPE) for r in aaa.acked if r.text(a.NAS_IDENTIFIER) == nas]


async def test_an_announced_reboot_says_off_and_on_and_everybody_dials_again(aaa: SmallServer, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    async with small_lab(aaa, NAS, ledger=path) as (_, client):
        await client.dial(LOGINS)
        await client.until(online=10, pending=0)
        before = {row["acct_session_id"] for row in await client.sessions()}
        await client.reboot("bras1")
        await aaa.until(lambda: len(aaa.of(a.ACCT_START)) == 15)
        stats = await client.until(online=10, pending=0)
        after = {row["acct_session_id"] for row in await client.sessions()}
    assert statuses(aaa, "bras1") == [a.ACCT_ON, *[a.ACCT_START] * 5, a.ACCT_OFF, a.ACCT_ON, *[a.ACCT_START] * 5]
    assert statuses(aaa, "bras2") == [a.ACCT_ON, *[a.ACCT_START] * 5]
    assert len(before & after) == 5
    assert (stats["reboots"], stats["nas"]["bras1"]["reboots"]) == (1, 1)
    assert [line["status"] for line in lines(path)].count("off") == 1


async def test_a_silent_reboot_empties_the_table_without_a_word(aaa: SmallServer) -> None:
    async with small_lab(aaa, redial=False) as (_, client):
        await client.dial(LOGINS)
        await client.until(online=10, pending=0)
        told = len(aaa.records)
        await client.reboot("bras1", announce=False)
        stats = await client.stats()
        rows = await client.sessions()
        quiet = len(aaa.records)
        await client.redial(True)
        await client.until(online=10, pending=0)
    assert (rows, stats["online"], quiet) == ([], 0, told)
    assert len({record.text(a.ACCT_SESSION_ID) for record in aaa.of(a.ACCT_START)}) == 20
    assert aaa.of(a.ACCT_STOP) == []


@pytest.mark.parametrize("announce", [True, False])
async def test_a_reboot_forgets_what_was_not_acknowledged(aaa: SmallServer, announce: bool, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    async with small_lab(aaa, ledger=path, boot_record=False) as (_, client):
        aaa.acks = False
        await client.dial(LOGINS)
        await client.until(online=10, pending=10)
        await client.reboot("bras1", announce)
        stats = await client.stats()
        aaa.acks = True
        await client.until(online=10, pending=0)
    assert stats["acct"]["forgotten"] == 10
    assert stats["acct"]["pending"] == (1 if announce else 0)
    written = lines(path)
    assert [line["status"] for line in written] == ["off"] * announce + ["start"] * 10
    assert len({line["acct_session_id"] for line in written if line["status"] == "start"}) == 10


async def test_an_answer_to_a_login_from_before_the_reboot_opens_no_session(aaa: SmallServer) -> None:
    aaa.answers = False
    async with small_lab(aaa, redial=False, auth_timeout_s=0.3, auth_tries=2, boot_record=False) as (lab, client):
        await client.dial(["ana"])
        await aaa.until(lambda: len(aaa.logins) == 1)
        await client.reboot("bras1", announce=False)
        aaa.answers = True
        await aaa.until(lambda: aaa.auth.counters["answers"] + len(aaa.logins) >= 2)
        await client.until(pending=0)
        stats = await client.stats()
    assert stats["online"] == 0
    assert lab.nas["bras1"].lines["ana"].state == "offline"


async def test_a_second_start_of_the_lab_uses_other_session_ids(aaa: SmallServer) -> None:
    for _ in range(2):
        async with small_lab(aaa) as (lab, client):
            await client.dial(LOGINS)
            await client.until(online=10, pending=0)
            lab.nas["bras1"]._boot_id -= 1
    starts = [record.text(a.ACCT_SESSION_ID) for record in aaa.of(a.ACCT_START)]
    assert len(set(starts)) == 20
