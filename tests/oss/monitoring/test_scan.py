"""A range is asked by a job: who is there is found, silence costs no more than its patience, and nothing is lost."""

from __future__ import annotations

import asyncio
import json

import pytest

from oss.base import db, secrets
from oss.lab.network.places import small
from oss.monitoring import scan, searches
from oss.monitoring.scan import SearchDue, Stretch
from snmp.credentials import Community
from tests.conftest import TESTER
from tests.oss.lab.network.running import running
from tests.waiting import eventually

from .searching import RANGE, SILENT, begin, ended, silence, working

V3 = {
    "snmp_version": "3",
    "snmp_community": None,
    "snmp_user": "milha",
    "snmp_auth": "sha256",
    "snmp_auth_password": "lab-assinatura",
    "snmp_priv": "aes128",
    "snmp_priv_password": "lab-sigilo-1",
}


async def found(search_id: int) -> dict[str, dict[str, object]]:
    told: dict[str, dict[str, object]] = json.loads(
        await db.fetchval("select found from device_search where id = $1", search_id)
    )
    return told


async def test_who_answers_in_a_range_is_found_with_what_it_is(database: str, sealer: secrets.Sealer) -> None:
    async with running(small(1, 4)) as lab, working(database, sealer):
        search_id = await begin(sealer, lab.port)
        row = await ended(search_id)
    assert (row["state"], row["asked"], row["total"], row["found"]) == ("done", 14, 14, 4)
    told = await found(search_id)
    assert set(told) == {"127.77.0.1", "127.77.0.3", "127.77.0.4", "127.77.0.5"}
    olt = told["127.77.0.4"]
    assert (olt["name"], olt["profile"], olt["maker"], olt["has_onus"]) == ("olt-1", "huawei_olt", "Huawei", True)
    assert told["127.77.0.1"]["name"] == "core-1" and not told["127.77.0.1"]["has_onus"]
    assert await db.fetchval("select count(*) from job") == 0


async def test_a_user_of_v3_finds_those_who_know_it(database: str, sealer: secrets.Sealer) -> None:
    async with running(small(1, 4)) as lab, working(database, sealer):
        search_id = await begin(sealer, lab.port, **V3)
        await ended(search_id)
        told = await found(search_id)
        assert told["127.77.0.2"]["name"] == "edge-1"
        other = await begin(sealer, lab.port, **(V3 | {"snmp_user": "somebody"}))
        await ended(other)
    assert (await found(other))["127.77.0.2"]["refused"] is True


async def test_silence_is_asked_twice_and_no_more(database: str, sealer: secrets.Sealer) -> None:
    with silence() as port:
        stretch = Stretch(scan.hosts("127.77.16.0/26"), port, Community("x"))
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await stretch.run()
        lasted = loop.time() - begun
    assert (stretch.asked, stretch.found) == (62, [])
    assert (
        lasted > sum(scan.PATIENCE.attempts_s) - 0.1
    )  # and all of them beside each other: the runner's limit shows it


async def test_the_order_is_mixed_whole_and_always_the_same() -> None:
    every = scan.in_no_order("127.77.0.0/24", 5)
    assert sorted(every) == sorted(scan.hosts("127.77.0.0/24")) and every != scan.hosts("127.77.0.0/24")
    assert every == scan.in_no_order("127.77.0.0/24", 5) != scan.in_no_order("127.77.0.0/24", 6)


async def test_a_search_that_is_called_off_ends_and_keeps_who_answered(database: str, sealer: secrets.Sealer) -> None:
    with silence() as port:
        async with working(database, sealer) as worker:
            search_id = await begin(sealer, port, network=SILENT)
            await eventually(lambda: db.fetchval("select count(*) from job where lease is not null"))
            async with db.transaction() as connection:
                await searches.cancel(connection, TESTER, search_id)
            await eventually(lambda: db.fetchval("select count(*) = 0 from job"))
            assert worker.done == 1
            other = await begin(sealer, port, network=SILENT)  # the range is free again
            async with db.transaction() as connection:
                await searches.cancel(connection, TESTER, other)
    row = await searches.one(db.pool(), search_id)
    assert (row["state"], row["finished_at"]) == ("cancelled", None) and row["asked"] < row["total"]


async def test_a_restart_goes_on_where_it_was(
    database: str, sealer: secrets.Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "STRETCH", 4)
    async with running(small(1, 4)) as lab:
        search_id = await begin(sealer, lab.port)
        async with working(database, sealer):
            await eventually(lambda: db.fetchval("select asked >= 4 from device_search where id = $1", search_id))
        before = await found(search_id)
        async with working(database, sealer):
            row = await ended(search_id)
    assert (row["asked"], row["found"]) == (14, 4) and before.items() <= (await found(search_id)).items()


async def test_a_stretch_asked_twice_changes_nothing(database: str, sealer: secrets.Sealer) -> None:
    async with running(small(1, 4)) as lab, working(database, sealer):
        search_id = await begin(sealer, lab.port)
        await ended(search_id)
        async with db.transaction() as connection:
            await scan.search(connection, SearchDue(search_id))
        row = await searches.one(db.pool(), search_id)
    assert (row["asked"], row["found"]) == (14, 4)


async def test_credentials_that_no_key_opens_end_the_search_in_words(database: str, sealer: secrets.Sealer) -> None:
    search_id = await begin(secrets.from_text(secrets.new_key()), 16161)
    async with working(database, sealer):
        row = await ended(search_id)
    assert row["state"] == "failed" and "lab-leitura" not in row["failure"]


async def test_the_range_of_the_lab_is_loopback() -> None:
    assert all(one.startswith("127.") for one in (RANGE, SILENT))
