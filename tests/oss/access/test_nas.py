"""NAS: kept with a sealed secret, refused field by field, found by the longest match."""

from __future__ import annotations

import dataclasses
import json

import asyncpg
import pytest

from oss.access import nas, nas_signing
from oss.access.nas import NasValues
from oss.access.nas_table import ROWS, NasTable
from oss.base import db, secrets
from oss.base.problems import Conflict, InvalidInput, NotFound
from radius.peers import told_apart
from radius.server import Peer
from tests.conftest import TESTER

ROUTER = NasValues("BNG-1", "10.0.0.1", secret="testing123")
OTHER = "b3RoZXIta2V5LW90aGVyLWtleS1vdGhlci1rZXktMTI="


async def secret(connection: db.Connection, sealer: secrets.Sealer, nas_id: int) -> bytes:
    sealed = await connection.fetchval("select secret_sealed from nas where id = $1", nas_id)
    return sealer.open(sealed, f"{nas.TABLE}/{nas_id}")


async def test_a_nas_is_kept_with_its_secret_sealed(undone: db.Connection, sealer: secrets.Sealer) -> None:
    nas_id = await nas.save(undone, sealer, TESTER, dataclasses.replace(ROUTER, network="10.0.0.77/24"))
    row = await undone.fetchrow("select * from nas where id = $1", nas_id)
    assert (row["name"], row["network"], row["vendor"], row["coa_port"]) == ("BNG-1", "10.0.0.0/24", "mikrotik", 3799)
    assert await secret(undone, sealer, nas_id) == b"testing123"
    assert "testing123" not in str(await undone.fetch("select * from audit"))


async def test_a_change_without_a_secret_keeps_the_present_one(undone: db.Connection, sealer: secrets.Sealer) -> None:
    nas_id = await nas.save(undone, sealer, TESTER, ROUTER)
    changed = dataclasses.replace(ROUTER, secret=None, interim_s=60, active=False)
    assert await nas.save(undone, sealer, TESTER, changed, nas_id) == nas_id
    assert await secret(undone, sealer, nas_id) == b"testing123"
    await nas.save(undone, sealer, TESTER, dataclasses.replace(ROUTER, secret="a new one", active=False), nas_id)
    assert await secret(undone, sealer, nas_id) == b"a new one", "a router that is not in use has nothing to lose"
    notes = await undone.fetch("select detail from audit where action = 'nas.saved' order by id")
    assert [json.loads(one["detail"])["secret_changed"] for one in notes] == [True, False, True]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "x" * 65),
        ("network", "router.example"),
        ("network", "10.0.0.1/33"),
        ("vendor", "acme"),
        ("secret", None),
        ("secret", ""),
        ("secret", "x" * 129),
        ("ma_policy", "maybe"),
        ("coa_port", 0),
        ("coa_port", 65536),
        ("interim_s", 0),
        ("interim_s", 86401),
        ("coa_host", "10.0.0.0/24"),
        ("coa_host", "router.example"),
    ],
)
async def test_what_is_wrong_with_a_nas_is_told(
    undone: db.Connection, sealer: secrets.Sealer, field: str, value: object
) -> None:
    with pytest.raises(InvalidInput) as problem:
        await nas.save(undone, sealer, TESTER, dataclasses.replace(ROUTER, **{field: value}))
    assert list(problem.value.fields) == [field]


async def test_names_and_networks_are_taken_once(undone: db.Connection, sealer: secrets.Sealer) -> None:
    await nas.save(undone, sealer, TESTER, ROUTER)
    for change in ({"name": "BNG-2"}, {"network": "10.0.0.2"}):
        with pytest.raises(Conflict):
            await nas.save(undone, sealer, TESTER, dataclasses.replace(ROUTER, **change))
    with pytest.raises(NotFound):
        await nas.save(undone, sealer, TESTER, dataclasses.replace(ROUTER, name="x", network="10.9.9.9"), 0)


# ------------------------------------------------------------ the node's table


def name(peer: Peer | None) -> str | None:
    return peer.name if peer else None


async def test_the_longest_match_answers_and_who_is_off_does_not(undone: db.Connection, sealer: secrets.Sealer) -> None:
    for title, network, active in (
        ("one", "10.0.0.1", True),
        ("some", "10.0.0.0/24", True),
        ("all", "10.0.0.0/8", True),
        ("off", "10.0.0.2", False),
        ("six", "2001:db8::/32", True),
    ):
        await nas.save(undone, sealer, TESTER, NasValues(title, network, secret="s", active=active))
    table = NasTable(sealer)
    await table.load(undone)
    found = {ip: name(table.find(ip)) for ip in ("10.0.0.1", "10.0.0.2", "10.1.1.1", "2001:db8::5", "192.0.2.1")}
    assert found == {
        "10.0.0.1": "one",
        "10.0.0.2": "some",
        "10.1.1.1": "all",
        "2001:db8::5": "six",
        "192.0.2.1": None,
    }


async def test_a_peer_lives_on_when_its_row_changes(undone: db.Connection, sealer: secrets.Sealer) -> None:
    nas_id = await nas.save(undone, sealer, TESTER, ROUTER)
    table = NasTable(sealer)
    await table.load(undone)
    peer = table.find("10.0.0.1")
    assert peer is not None
    peer.signs = True
    await nas.save(
        undone, sealer, TESTER, dataclasses.replace(ROUTER, name="BNG-X", interim_s=60, coa_port=3800), nas_id
    )
    await table.load(undone)
    assert table.find("10.0.0.1") is peer and peer.name == "BNG-X" and peer.signs
    assert table.interim_s[nas_id] == 60 and table.targets[nas_id].port == 3800


async def test_a_secret_that_cannot_be_opened_shuts_out_its_own_nas_only(
    undone: db.Connection, sealer: secrets.Sealer, caplog: pytest.LogCaptureFixture
) -> None:
    first = await nas.save(undone, sealer, TESTER, ROUTER)
    table = NasTable(sealer)
    await table.load(undone)
    await undone.execute("update nas set secret_sealed = 'v1:damaged', name = 'BNG-0' where id = $1", first)
    other = secrets.from_text(OTHER)
    await nas.save(undone, other, TESTER, NasValues("BNG-2", "10.0.0.2", secret="s"))
    await nas.save(undone, sealer, TESTER, NasValues("BNG-3", "10.0.0.3", secret="s"))
    await table.load(undone)
    found = [name(table.find(f"10.0.0.{last}")) for last in (1, 2, 3)]
    assert found == ["BNG-1", None, "BNG-3"] and len(caplog.records) == 2
    assert name(table.find("10.0.0.1")) == "BNG-1"


async def test_change_of_authorization_goes_to_the_host_told_else_to_the_nas_itself(
    undone: db.Connection, sealer: secrets.Sealer
) -> None:
    await nas.save(undone, sealer, TESTER, ROUTER)
    away = NasValues("BNG-2", "10.0.9.0/24", secret="s", coa_host="10.0.9.9", coa_enabled=False)
    away_id = await nas.save(undone, sealer, TESTER, away)
    table = NasTable(sealer)
    table.take([tuple(row) for row in await undone.fetch(ROWS)])
    for ip, wanted in (("10.0.0.1", "10.0.0.1"), ("10.0.9.1", "10.0.9.9")):
        peer = table.find(ip)
        assert peer is not None and table.source(peer) == wanted
    assert not table.targets[away_id].enabled


# ------------------------------------------------------------ several behind one address


async def test_a_network_may_be_shared_by_who_says_another_identifier(
    undone: db.Connection, sealer: secrets.Sealer
) -> None:
    for title, identifier in (("all", ""), ("north", "n"), ("south", "s")):
        await nas.save(undone, sealer, TESTER, NasValues(title, "10.0.0.1", secret=title, nas_identifier=identifier))
    for identifier, field in (("", "network"), ("n", "nas_identifier")):
        with pytest.raises(Conflict) as problem:
            await nas.save(undone, sealer, TESTER, NasValues("x", "10.0.0.1", secret="x", nas_identifier=identifier))
        assert problem.value.facts["thing"] == field
    with pytest.raises(asyncpg.UniqueViolationError):
        await undone.execute("insert into nas (name, network, secret_sealed) values ('y', '10.0.0.1', 'x')")


async def test_the_table_tells_them_apart_and_gives_each_its_secret_limit_and_port(
    undone: db.Connection, sealer: secrets.Sealer
) -> None:
    for title, identifier, port in (("north", "n", 3799), ("south", "s", 1700)):
        values = NasValues(
            title, "10.0.0.1", secret=title, nas_identifier=identifier, coa_port=port, requests_per_s=port
        )
        await nas.save(undone, sealer, TESTER, values)
    table = NasTable(sealer)
    await table.load(undone)
    found = table.find("10.0.0.1")
    assert found is not None and found.shared is not None
    for title, said, port in (("north", b"n", 3799), ("south", b"s", 1700)):
        one = told_apart(found.shared, said)
        assert one is not None and (one.name, one.secret.value) == (title, title.encode())
        assert table.targets[one.key].port == one.limit.per_second == port


async def test_a_copy_of_an_older_version_still_makes_a_table(undone: db.Connection, sealer: secrets.Sealer) -> None:
    await nas.save(undone, sealer, TESTER, ROUTER)
    table = NasTable(sealer)
    table.take([tuple(row)[:11] for row in await undone.fetch(ROWS)])
    found = table.find("10.0.0.1")
    assert found is not None and (found.identifier, found.limit.per_second) == (b"", 0)


# ------------------------------------------------------------ signing


async def test_a_router_whose_signing_is_learned_anew_begins_anew_in_memory(
    undone: db.Connection, sealer: secrets.Sealer
) -> None:
    nas_id = await nas.save(undone, sealer, TESTER, ROUTER)
    table = NasTable(sealer)
    await table.load(undone)
    peer = table.by_key[nas_id]
    peer.signs = True  # learned, and not written yet: another change must not unlearn it
    await undone.execute("update nas set name = 'x'")
    await table.load(undone)
    assert peer.signs
    await undone.execute("update nas set signs_since = now()")
    await table.load(undone)
    await nas_signing.learn_anew(undone, TESTER, nas_id)
    await table.load(undone)
    assert not peer.signs
    with pytest.raises(NotFound):
        await nas_signing.learn_anew(undone, TESTER, 0)


async def test_to_require_what_a_router_did_not_do_lately_raises_unless_somebody_is_sure(
    undone: db.Connection, sealer: secrets.Sealer
) -> None:
    nas_id = await nas.save(undone, sealer, TESTER, ROUTER)
    await undone.execute("insert into nas_tally values ($1, now(), 'unsigned', 41, now(), now())", nas_id)
    required = dataclasses.replace(ROUTER, ma_policy="required")
    with pytest.raises(nas_signing.UnsignedLately) as problem:
        await nas.save(undone, sealer, TESTER, required, nas_id)
    assert problem.value.facts == {"count": 41}
    await nas.save(undone, sealer, TESTER, required, nas_id, sure=True)
    assert await undone.fetchval("select ma_policy from nas where id = $1", nas_id) == "required"
