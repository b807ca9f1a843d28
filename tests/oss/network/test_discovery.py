"""What a device tells, brought into the inventory: once however often, with a history, and shown before it is done."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oss.base import clock, db, secrets
from oss.base.problems import NotFound
from oss.network import discovery
from oss.network.discovery import Change
from oss.network.facts import Facts, Interface, Neighbour, SeenOnu, System
from tests.conftest import TESTER

from .drawn import Drawn, draw

AT = clock.now()
TWO = (Interface(1, "ether1", "Uplink", 6, 10**9, "aa:bb:cc:00:00:01", "up", "up"), Interface(2, "ether2", oper="down"))


@pytest.fixture
async def drawn(database: str, sealer: secrets.Sealer) -> Drawn:
    async with db.transaction() as connection:
        return await draw(connection, sealer)


async def tell(facts: Facts) -> list[tuple[str, str, str]]:
    """What the look says, which is what the doing does; and nothing the second time."""
    async with db.transaction() as connection:
        would = await discovery.look(connection, facts)
        done = await discovery.discovered(connection, TESTER, facts)
        assert would == done
        assert await discovery.discovered(connection, TESTER, facts) == []
    return [(one.thing, one.what, one.name) for one in done]


async def interfaces(device: int) -> list[tuple[str, int | None, bool]]:
    sql = "select name, if_index, gone_at is not null from device_interface where device_id = $1 order by name, id"
    return [tuple(row) for row in await db.fetch(sql, device)]


async def test_interfaces_come_change_go_and_come_back(drawn: Drawn) -> None:
    facts = Facts(drawn.devices["core"], AT, interfaces=TWO)
    assert await tell(facts) == [("interface", "new", "ether1"), ("interface", "new", "ether2")]
    later = replace(facts, at=AT + timedelta(hours=1), interfaces=(replace(TWO[0], alias="Backbone"),))
    assert await tell(later) == [("interface", "changed", "ether1"), ("interface", "gone", "ether2")]
    again = replace(facts, at=AT + timedelta(hours=2), interfaces=(replace(TWO[0], alias="Backbone"), TWO[1]))
    assert await tell(again) == [("interface", "back", "ether2")]
    history = await db.fetch(
        "select i.name, c.what, c.after from interface_change c join device_interface i "
        "on i.id = c.interface_id order by c.id"
    )
    assert [(row["name"], row["what"]) for row in history] == [
        ("ether1", "new"),
        ("ether2", "new"),
        ("ether2", "gone"),
        ("ether1", "changed"),
        ("ether2", "back"),
    ]
    assert "Backbone" in history[3]["after"]


async def test_a_restart_that_numbers_all_anew_loses_none(drawn: Drawn) -> None:
    device = drawn.devices["core"]
    await tell(Facts(device, AT, interfaces=TWO))
    turned = replace(TWO[0], if_index=2), replace(TWO[1], if_index=1), Interface(3, "ether3")
    assert await tell(Facts(device, AT, interfaces=turned)) == [("interface", "new", "ether3")]
    assert await interfaces(device) == [("ether1", 2, False), ("ether2", 1, False), ("ether3", 3, False)]
    renamed = replace(turned[0], name="sfp1"), *turned[1:]
    assert await tell(Facts(device, AT, interfaces=renamed)) == [("interface", "changed", "sfp1")]


async def test_a_number_taken_over_by_another_interface_is_another_one(drawn: Drawn) -> None:
    device = drawn.devices["core"]
    await tell(Facts(device, AT, interfaces=TWO))
    moved = replace(TWO[0], if_index=2), Interface(1, "vlan9")
    assert ("interface", "gone", "ether2") in await tell(Facts(device, AT, interfaces=moved))
    assert await interfaces(device) == [("ether1", 2, False), ("ether2", None, True), ("vlan9", 1, False)]


INTERFACE = st.builds(
    Interface,
    st.integers(1, 6),
    st.sampled_from(["a", "b", "c", "d"]),
    alias=st.sampled_from(["", "x"]),
    oper=st.sampled_from(["up", "down", "nonsense"]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.lists(INTERFACE, max_size=6), min_size=1, max_size=5))
async def test_whatever_is_told_is_told_once_and_ends_as_it_was_told(drawn: Drawn, told: list[list[Interface]]) -> None:
    device = drawn.devices["radio"]
    for one in told:
        await tell(Facts(device, AT, interfaces=tuple(one)))
        first = {}
        for interface in one:
            first.setdefault(interface.if_index, interface.name)
        here = {row[1]: row[0] for row in await interfaces(device) if not row[2]}
        assert here == first


async def test_the_system_names_model_and_software(drawn: Drawn) -> None:
    device = drawn.devices["olt"]
    system = System(
        "OLT-1\x00", "Huawei Integrated Access Software, MA5800-X2", "1.3.6.1.4.1.2011.2.248", "2102", "V800R021"
    )
    assert await tell(Facts(device, AT, system=system)) == [("system", "changed", "olt")]
    row = await db.fetchrow(
        "select d.*, m.maker, m.name as model from device d join device_model m on m.id = d.model_id where d.id = $1",
        device,
    )
    assert row["model"] == "MA5800-X2"
    assert (row["sys_name"], row["software"], row["serial"], row["maker"]) == ("OLT-1", "V800R021", "2102", "Huawei")
    assert row["discovered_at"] is not None
    notes = await db.fetch("select detail from audit where action = 'device.discovered'")
    assert len(notes) == 1 and "system changed" in notes[0]["detail"]


@pytest.mark.parametrize(
    ("descr", "model"),
    [("RouterOS CCR2116-12G-4S+", "CCR2116-12G-4S+"), ("RouterOS x86", None), ("a copy of the CCR2116-12G-4S+", None)],
    ids=["a model by its name", "of the maker, no model", "another maker's"],
)
async def test_a_model_is_known_by_its_name_and_never_guessed(drawn: Drawn, descr: str, model: str | None) -> None:
    device = drawn.devices["core"]
    oid = "1.3.6.1.4.1.8072.3.2.10" if "copy" in descr else "1.3.6.1.4.1.14988.1"
    await tell(Facts(device, AT, system=System("core", descr, oid)))
    sql = "select m.name from device d left join device_model m on m.id = d.model_id where d.id = $1"
    assert await db.fetchval(sql, device) == model


async def test_a_neighbour_of_ours_becomes_a_link_once(drawn: Drawn) -> None:
    core, radio = drawn.devices["core"], drawn.devices["radio"]
    await tell(Facts(core, AT, interfaces=TWO))
    told = Neighbour(1, "radio", "aa:bb", "wlan1"), Neighbour(2, "somebody else"), Neighbour(2, "ring-a")
    assert await tell(Facts(core, AT, neighbours=told)) == [("link", "new", "core – radio")]
    row = await db.fetchrow("select * from network_link where found_by = 'lldp'")
    assert {row["a_device_id"], row["b_device_id"]} == {core, radio} and row["capacity_bps"] == 10**9
    assert await db.fetchval("select parent_device_id from device where id = $1", radio) == core
    assert await tell(Facts(radio, AT, neighbours=(Neighbour(1, "core"),))) == []  # the other end says it too


async def test_onus_are_put_where_their_olt_sees_them(drawn: Drawn) -> None:
    olt = drawn.devices["olt"]
    first = SeenOnu("4857544300000000", "0/1/0", 0, "HG8245", "online")
    seen = (
        first,
        SeenOnu("ZTEGDEADBEEF", "0/1/7", 3, state="online"),
        SeenOnu("HWTC00000001", "0/1/0", 1, state="online"),
    )
    assert set(await tell(Facts(olt, AT, onus=seen))) == {
        ("pon", "new", "0/1/7"),
        ("onu", "new", "ZTEGDEADBEEF"),
        ("onu", "changed", "HWTC00000000"),
        ("onu", "changed", "HWTC00000001"),
    }
    row = await db.fetchrow(
        "select o.*, p.name as pon from onu o join pon_port p on p.id = o.pon_id where serial = 'ZTEGDEADBEEF'"
    )
    assert (row["pon"], row["number"], row["state"], row["box_id"]) == ("0/1/7", 3, "online", None)
    moved = replace(first, pon="0/1/1"), seen[1]
    assert set(await tell(Facts(olt, AT, onus=moved))) == {
        ("onu", "moved", "HWTC00000000"),
        ("onu", "gone", "HWTC00000001"),
    }
    row = await db.fetchrow("select pon_id, box_id, box_port from onu where serial = 'HWTC00000000'")
    assert tuple(row) == (drawn.pons["0/1/1"], None, None)
    assert await db.fetchval("select state from onu where serial = 'HWTC00000001'") == "offline"


async def test_a_part_that_was_not_read_changes_nothing(drawn: Drawn) -> None:
    core = drawn.devices["core"]
    await tell(Facts(core, AT, interfaces=TWO))
    assert await tell(Facts(core, AT)) == []
    assert [row[2] for row in await interfaces(core)] == [False, False]
    assert await tell(Facts(core, AT, interfaces=())) == [
        ("interface", "gone", "ether1"),
        ("interface", "gone", "ether2"),
    ]


async def test_states_alone_do_not_flood_the_audit(drawn: Drawn) -> None:
    core = drawn.devices["core"]
    await tell(Facts(core, AT, interfaces=TWO))
    before = await db.fetchval("select count(*) from audit")
    down = replace(TWO[0], oper="down")
    assert await tell(Facts(core, AT, interfaces=(down, TWO[1]))) == [("interface", "changed", "ether1")]
    assert await db.fetchval("select count(*) from audit") == before


async def test_a_device_that_is_gone_is_told(drawn: Drawn) -> None:
    with pytest.raises(NotFound):
        await tell(Facts(999999, AT))
    async with db.transaction() as connection:
        looked = await discovery.look(connection, Facts(drawn.devices["core"], AT, interfaces=TWO))
    assert looked == [Change("interface", "new", "ether1"), Change("interface", "new", "ether2")]
    assert await db.fetchval("select count(*) from device_interface") == 0
