"""Debian's radclient against the whole provider: what a person at a shell sees."""

from __future__ import annotations

import asyncio
import shutil

import aiohttp
import pytest

from oss.access import holds
from oss.base import db
from tests.conftest import TESTER
from tests.e2e.conftest import House
from tests.waiting import eventually

pytestmark = pytest.mark.skipif(not shutil.which("radclient"), reason="freeradius-utils is not installed")
GENERIC = 'Reply-Message = "Acesso indisponivel. Fale com o seu provedor."'


async def radclient(
    house: House, attributes: str, *options: str, secret: str = "testing123", kind: str = "auth"
) -> str:
    """radclient's words for one request."""
    ports = {"auth": house.settings.radius_auth_port, "acct": house.settings.radius_acct_port}
    command = ["radclient", "-x", "-r", "1", "-t", "1", *options, f"127.0.0.1:{ports[kind]}", kind, secret]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.STDOUT)
    out, _ = await process.communicate(attributes.encode() + b"\n")
    return out.decode()


async def metric(house: House, name: str) -> float:
    """One line of /metrics."""
    async with aiohttp.ClientSession(f"http://127.0.0.1:{house.settings.web_port}") as web, web.get("/metrics") as page:
        lines = (await page.text()).splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith(name))


async def counted(house: House, what: str, at_least: float = 1) -> bool:
    """Whether the packet counter reached a value (figures are published twice a second)."""
    return await metric(house, f'milha_radius_packets_total{{what="{what}"}}') >= at_least


async def ready(house: House) -> None:
    await house.seed(3)
    await house.provide()
    await eventually(lambda: _ready(house))


async def _ready(house: House) -> bool:
    async with aiohttp.ClientSession(f"http://127.0.0.1:{house.settings.web_port}") as web, web.get("/readyz") as page:
        return page.status == 200


async def test_pap_and_chap_get_the_plans_rate(house: House) -> None:
    await ready(house)
    for proof in ("User-Password=b00001pw", "CHAP-Password=b00001pw"):
        said = await radclient(house, f"User-Name=b00001,{proof}")
        assert "Received Access-Accept" in said
        assert 'Mikrotik-Rate-Limit = "250M/500M"' in said
        assert said.partition("Received Access-Accept")[2].splitlines()[1].strip().startswith("Message-Authenticator")


async def test_wrong_password_unknown_login_and_blocked_contract_hear_the_same_sentence(house: House) -> None:
    await ready(house)
    async with db.transaction() as connection:
        await holds.place(connection, TESTER, [house.contract(2)], "manual", "cut", "secret reason")
    await eventually(lambda: _refused(house))
    answers = [
        await radclient(house, f"User-Name={login},User-Password={password}")
        for login, password in (("b00001", "wrong"), ("stranger", "x"), ("b00002", "b00002pw"))
    ]
    for said in answers:
        assert "Received Access-Reject" in said
        assert GENERIC in said
        assert "secret reason" not in said
    await eventually(lambda: _rows({"wrong_password", "unknown_login", "manual"}))


async def _refused(house: House) -> bool:
    return "Access-Reject" in await radclient(house, "User-Name=b00002,User-Password=b00002pw")


async def _rows(reasons: set[str]) -> bool:
    rows = await db.fetch("select reason, detail from auth_reject")
    details = {row["detail"] for row in rows if row["reason"] == "manual"}
    return {row["reason"] for row in rows} >= reasons and details == {"secret reason"}


async def test_an_unknown_nas_is_ignored_and_counted(house: House) -> None:
    await house.seed(1)
    async with db.transaction() as connection:
        await connection.execute("update nas set network = '127.0.0.77'")
    await house.provide()
    said = await radclient(house, "User-Name=b00001,User-Password=b00001pw")
    assert "No reply from server" in said
    await eventually(lambda: counted(house, "unknown_nas"))
    await eventually(lambda: _knocked("127.0.0.1"))


async def _knocked(ip: str) -> bool:
    return (await db.fetchval("select count from nas_knock where ip = $1", ip) or 0) >= 1


async def test_a_wrong_message_authenticator_is_dropped_and_counted(house: House) -> None:
    await ready(house)
    said = await radclient(house, "User-Name=b00001,User-Password=b00001pw,Message-Authenticator=0x00", secret="other")
    assert "No reply from server" in said
    await eventually(lambda: counted(house, "bad_message_authenticator"))


async def test_a_nas_that_has_signed_once_must_sign_from_then_on_even_after_a_restart(house: House) -> None:
    await house.seed(3)
    provider = await house.provide()
    await eventually(lambda: _ready(house))
    assert "Access-Accept" in await radclient(house, "User-Name=b00001,User-Password=b00001pw")
    signed = "User-Name=b00001,User-Password=b00001pw,Message-Authenticator=0x00"
    assert "Access-Accept" in await radclient(house, signed)
    assert "No reply from server" in await radclient(house, "User-Name=b00001,User-Password=b00001pw")
    await eventually(lambda: counted(house, "missing_message_authenticator"))
    await eventually(lambda: _learned())
    provider.terminate()
    await provider.wait()
    await house.provide()
    await eventually(lambda: _ready(house))
    assert "No reply from server" in await radclient(house, "User-Name=b00001,User-Password=b00001pw")


async def _learned() -> bool:
    return await db.fetchval("select signs_since from nas") is not None


async def test_proxy_state_without_a_message_authenticator_is_dropped(house: House) -> None:
    await ready(house)
    said = await radclient(house, "User-Name=b00001,User-Password=b00001pw,Proxy-State=0x01")
    assert "No reply from server" in said
    signed = "User-Name=b00001,User-Password=b00001pw,Proxy-State=0x01,Message-Authenticator=0x00"
    assert "Access-Accept" in await radclient(house, signed)


async def test_accounting_is_answered_without_a_message_authenticator_and_kept(house: House) -> None:
    await ready(house)
    start = "User-Name=b00001,Acct-Status-Type=Start,Acct-Session-Id=s1,Framed-IP-Address=100.64.0.9"
    said = await radclient(house, start, kind="acct")
    answer = said.partition("Received Accounting-Response")[2]
    assert answer
    assert "Message-Authenticator" not in answer
    await eventually(lambda: _open("s1"))
    stop = "User-Name=b00001,Acct-Status-Type=Stop,Acct-Session-Id=s1,Acct-Input-Octets=5,Acct-Input-Gigawords=1"
    await radclient(house, stop, kind="acct")
    await eventually(lambda: _history("s1", (1 << 32) + 5))


async def _open(sid: str) -> bool:
    return await db.fetchval("select host(framed_ip) from session_open where acct_session_id = $1", sid) == "100.64.0.9"


async def _history(sid: str, octets: int) -> bool:
    return await db.fetchval("select input_octets from session_history where acct_session_id = $1", sid) == octets
