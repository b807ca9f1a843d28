"""Which ranges may be asked, with which credentials, how many at a time; secrets stand sealed and nowhere else."""

from __future__ import annotations

import pytest

from oss.base import db, secrets
from oss.base.problems import InvalidInput, NotFound
from oss.base.retention import SUBJECTS
from oss.monitoring import scan, searches
from tests.conftest import TESTER

from .searching import begin


@pytest.mark.parametrize("text", ["127.0.0.0/20", "127.0.0.1", "127.0.0.9/24", "10.0.0.0/24", "fd00::/116", "8.8.8.8"])
def test_these_ranges_may_be_asked(text: str) -> None:
    assert searches.wrong_range(text) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("127.0.0.0/19", "at most 4096 addresses"),
        ("0.0.0.0/0", "at most 4096 addresses"),
        ("::/0", "at most 4096 addresses"),
        ("fd00::/115", "at most 4096 addresses"),
        ("224.0.0.0/24", searches.SINGLE),
        ("255.255.255.255", searches.SINGLE),
        ("240.0.0.0/24", searches.SINGLE),
        ("0.0.0.0", searches.SINGLE),
        ("ff02::1", searches.SINGLE),
        ("::", searches.SINGLE),
        ("fe80::1%eth0", searches.SINGLE),
        ("router.example", "must be an address or a prefix such as 10.0.0.0/24"),
        ("10.0.0.1-9", "must be an address or a prefix such as 10.0.0.0/24"),
        ("", "must be an address or a prefix such as 10.0.0.0/24"),
    ],
)
def test_these_ranges_may_not(text: str, told: str) -> None:
    assert searches.wrong_range(text) == told


async def test_a_range_is_asked_at_its_hosts_alone(database: str, sealer: secrets.Sealer) -> None:
    assert scan.hosts("127.0.0.0/30") == ["127.0.0.1", "127.0.0.2"]
    assert scan.hosts("127.0.0.9/32") == ["127.0.0.9"]
    row = await searches.one(db.pool(), await begin(sealer, 161, network="127.9.9.77/24"))
    assert (row["network"], row["total"]) == ("127.9.9.0/24", 254)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"snmp_community": ""}, "snmp_community"),
        ({"snmp_community": "x" * 129}, "snmp_community"),
        ({"snmp_version": "off"}, "snmp_version"),
        ({"snmp_port": 0}, "snmp_port"),
        ({"snmp_version": "3"}, "snmp_user"),
        ({"snmp_version": "3", "snmp_user": "a", "snmp_priv": "des"}, "snmp_priv"),
        ({"snmp_version": "3", "snmp_user": "a", "snmp_auth": "md5"}, "snmp_auth_password"),
        (
            {"snmp_version": "3", "snmp_user": "a", "snmp_auth": "md5", "snmp_auth_password": "12345678"}
            | {"snmp_priv": "des", "snmp_priv_password": "short"},
            "snmp_priv_password",
        ),
    ],
)
async def test_credentials_that_cannot_ask_are_refused(
    database: str, sealer: secrets.Sealer, change: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await begin(sealer, 161, **({"network": "127.9.0.0/24"} | change))
    assert field in refused.value.fields
    assert await db.fetchval("select count(*) from device_search") == 0


async def test_ranges_that_overlap_are_not_asked_at_a_time_and_few_are(database: str, sealer: secrets.Sealer) -> None:
    first = await begin(sealer, 161, network="127.9.0.0/24")
    for inside in ("127.9.0.0/24", "127.9.0.7", "127.9.0.0/22"):
        with pytest.raises(InvalidInput, match="already"):
            await begin(sealer, 161, network=inside)
    await begin(sealer, 161, network="127.9.1.0/24")
    with pytest.raises(InvalidInput, match="other searches"):
        await begin(sealer, 161, network="127.9.2.0/24")
    async with db.transaction() as connection:
        await searches.cancel(connection, TESTER, first)
        await searches.cancel(connection, TESTER, first)  # said twice, noted once
    await begin(sealer, 161, network="127.9.0.0/24")
    assert await db.fetchval("select count(*) from audit where action = 'device_search.cancelled'") == 1


async def test_secrets_are_sealed_each_in_its_place(database: str, sealer: secrets.Sealer) -> None:
    search_id = await begin(sealer, 161, network="127.9.0.0/24", snmp_community="segredo-9")
    row = await db.fetchrow(scan.WITH_SECRETS, search_id)
    assert scan.reached(sealer, row)["snmp_community"] == "segredo-9"
    for table in ("device_search", "audit", "job"):
        assert not any("segredo-9" in str(dict(one)) for one in await db.fetch(f"select * from {table}")), table
    assert "segredo-9" not in repr(searches.Wish("127.0.0.1", snmp_community="segredo-9"))


async def test_searches_are_kept_for_a_month(database: str) -> None:
    assert SUBJECTS["device_search"].days == 30


async def test_a_search_that_is_not_there_is_told(database: str) -> None:
    with pytest.raises(NotFound):
        await searches.one(db.pool(), 77)
