"""Lines on real sockets, asked by Debian's radclient: MAC authentication, learned lines, circuits, realms."""

from __future__ import annotations

import json
import shutil

import pytest

from oss.access import accounts, binding_acts, name_settings
from oss.base import db, sealing
from tests.conftest import TESTER
from tests.e2e.conftest import House
from tests.e2e.test_radclient import radclient, ready
from tests.waiting import eventually

pytestmark = pytest.mark.skipif(not shutil.which("radclient"), reason="freeradius-utils is not installed")
PPPOE = 'User-Name="{name}",User-Password=b00001pw,Calling-Station-Id="{mac}",NAS-Port-Id="{port}"'


async def accepted(house: House, attributes: str) -> bool:
    return "Received Access-Accept" in await radclient(house, attributes)


async def made(house: House, kind: str, login: str) -> None:
    sealer = await sealing.open_sealer(house.settings, house.environment["MILHA_DATABASE_URL"])
    async with db.transaction() as connection:
        await connection.execute(
            "select setval(pg_get_serial_sequence('access_account', 'id'), 1000)"
        )  # seeded by COPY
        await accounts.add(connection, sealer, TESTER, house.contract(2), login, None, kind)
        await name_settings.save_realms(connection, TESTER, ["provider.com.br"])


async def bound(login: str) -> dict[str, str]:
    text = await db.fetchval("select bound from access_account where login = $1", login)
    found: dict[str, str] = json.loads(text)
    return found


async def test_a_mac_logs_in_as_mikrotik_and_as_cisco_ask(house: House) -> None:
    await ready(house)
    await made(house, "mac", "AABB.CC00.0009")
    mikrotik = 'User-Name="{mac}",User-Password="{mac}",Calling-Station-Id="1:aa:bb:cc:0:0:9",NAS-Port-Type=Ethernet'
    mikrotik = mikrotik.format(mac="AA:BB:CC:00:00:09")
    cisco = (
        'User-Name=aabbcc000009,User-Password=aabbcc000009,Calling-Station-Id="AA-BB-CC-00-00-09",'
        'Service-Type=Call-Check,Cisco-AVPair="method=mab",NAS-Port-Id=GigabitEthernet1/0/1'
    )
    await eventually(lambda: accepted(house, mikrotik))
    assert await accepted(house, cisco)
    assert await accepted(house, cisco.replace("User-Password", "CHAP-Password"))
    stranger = 'User-Name="aa:bb:cc:00:00:09",User-Password="aa:bb:cc:00:00:09",Calling-Station-Id="02:00:00:00:00:01"'
    assert not await accepted(house, stranger)
    assert not await accepted(house, stranger.partition(",Calling")[0])


async def test_a_line_is_learned_required_and_given_up(house: House) -> None:
    await ready(house)
    await db.execute("update access_account set binding = 'learn', binding_keys = 'mac vlan' where login = 'b00001'")
    home = PPPOE.format(name="b00001", mac="AA:BB:CC:00:00:01", port="ether1-vlan100")
    moved = PPPOE.format(name="b00001", mac="AA:BB:CC:00:00:02", port="ether1-vlan100")

    async def learned() -> bool:
        assert await accepted(house, home)
        return await bound("b00001") == {"mac": "aa:bb:cc:00:00:01", "vlan": "100"}

    await eventually(learned)
    assert not await accepted(house, home.replace("vlan100", "vlan101"))
    assert not await accepted(house, moved)
    assert await accepted(house, PPPOE.format(name="B00001", mac="aabb-cc00-0001", port="ETHER1-VLAN0100"))

    async def refused() -> str | None:
        found = await db.fetchval(
            "select facts from auth_reject where reason = 'wrong_line' and facts->>'what' = 'mac'"
        )
        return str(found) if found else None

    facts = json.loads(await eventually(refused))
    async with db.transaction() as connection:
        account = await connection.fetchval("select id from access_account where login = 'b00001'")
        await binding_acts.accept_line(connection, TESTER, account, facts["line"])
    await eventually(lambda: accepted(house, moved))
    assert not await accepted(house, home)


async def test_a_circuit_and_a_realm_end_in_the_sessions_of_their_account(house: House) -> None:
    await ready(house)
    await made(house, "circuit", "OLT-1 eth 0/1/3:7")
    circuit = 'ADSL-Agent-Circuit-Id="OLT-1 eth 0/1/3:7"'
    mac = "AA:BB:CC:00:00:05"
    ask = f'User-Name="{mac}",User-Password="{mac}",Calling-Station-Id="{mac}",{circuit}'
    await eventually(lambda: accepted(house, ask))
    realm = PPPOE.format(name="B00001@Provider.com.br", mac="AA:BB:CC:00:00:01", port="ether1")
    await eventually(lambda: accepted(house, realm))
    said = await radclient(house, ask)
    mark = next(line.split("=")[1].strip() for line in said.splitlines() if line.strip().startswith("Class ="))
    start = "Acct-Status-Type=Start,Acct-Session-Id={sid},User-Name={name},Class={mark}"
    for sid, name, given in (("c1", "AA:BB:CC:00:00:05", mark), ("r1", "B00001@Provider.com.br", "0x00")):
        await radclient(house, start.format(sid=sid, name=f'"{name}"', mark=given), kind="acct")
    logins = {"c1": "olt-1_eth_0/1/3:7", "r1": "b00001"}

    async def as_kept() -> bool:
        rows = await db.fetch("select acct_session_id, login, contract_id, user_name from session_open")
        owners = {row["acct_session_id"]: row["contract_id"] for row in rows}
        found = {row["acct_session_id"]: row["login"] for row in rows}
        return found == logins and owners == {"c1": house.contract(2), "r1": house.contract(1)}

    await eventually(as_kept)
    assert (
        await db.fetchval("select user_name from session_open where acct_session_id = 'r1'") == "B00001@Provider.com.br"
    )
    stop = 'Acct-Status-Type=Stop,Acct-Session-Id=r1,User-Name="b00001@provider.com.br",Acct-Session-Time=5'
    await radclient(house, stop, kind="acct")

    async def ended() -> bool:
        return await db.fetchval("select login from session_history where acct_session_id = 'r1'") == "b00001"

    await eventually(ended)
    assert await db.fetchval("select count(*) from session_open where acct_session_id = 'r1'") == 0
