"""radsecproxy, another's code: in front of us it carries a UDP NAS over TLS; behind us it is a home server by TLS.

Its configuration takes one directive a line; it discards an Accounting-Response that carries a Message-Authenticator.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from oss.base import db, secrets
from radius import attributes as a
from radius.auth import chap_response, pap_encrypt
from radius.client import Client
from radius.integrity import Secret
from tests.conftest import Seed
from tests.oss.access.reaching import certified_nas, equip, free_tcp, running
from tests.oss.access.test_node import free_ports
from tests.oss.access.test_proxy import Home, at_home, proxying
from tests.radius.certificates import Authority
from tests.waiting import eventually

PROGRAM = shutil.which("radsecproxy") or shutil.which("radsecproxy", path="/usr/sbin")
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="radsecproxy is not installed (Debian: radsecproxy)")

NEAR = Secret(b"between the NAS and radsecproxy")
VECTOR = bytes(range(16))


@asynccontextmanager
async def radsecproxy(folder: Path, text: str) -> AsyncIterator[list[str]]:
    """The program with this configuration; what it says, line by line."""
    assert PROGRAM is not None
    path = folder / "radsecproxy.conf"
    path.write_text(text)
    process = await asyncio.create_subprocess_exec(
        *(PROGRAM, "-f", "-d", "2", "-c", str(path), "-i", str(folder / "pid")), stderr=asyncio.subprocess.PIPE
    )
    said: list[str] = []

    async def listen() -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            said.append(line.decode().strip())

    listening = asyncio.create_task(listen())
    try:
        yield said
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        await listening


def tls_block(authority: Authority, name: str) -> str:
    certificate, key, _ = authority.issue(name, dns=(name,))
    return f"""
tls default {{
    CACertificateFile {authority.pem}
    CertificateFile {certificate}
    CertificateKeyFile {key}
}}
"""


def towards(authority: Authority, port: int, udp: int) -> str:
    """A UDP NAS on one side, us by TLS on the other."""
    return f"""
ListenUDP 127.0.0.1:{udp}
LogLevel 2
LoopPrevention on
{tls_block(authority, "radsecproxy")}
client 127.0.0.1 {{
    type udp
    secret {NEAR.value.decode().replace(" ", "_")}
}}
server aaa {{
    host 127.0.0.1
    port {port}
    type tls
    secret radsec
    StatusServer on
    CertificateNameCheck off
    MatchCertificateAttribute SubjectAltName:DNS:/^aaa$/
}}
realm * {{
    server aaa
    accountingServer aaa
}}
"""


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "ca")


async def test_a_udp_nas_behind_radsecproxy_logs_in_and_counts_over_tls_rfc_6614_2(
    seed: Seed, database: str, sealer: secrets.Sealer, tmp_path: Path, authority: Authority
) -> None:
    equip(authority, tmp_path)
    nas_id = await certified_nas(sealer, certificate="radsecproxy")
    secret = Secret(NEAR.value.replace(b" ", b"_"))
    udp = free_ports()[0]
    async with running(database, sealer, tmp_path) as node:
        await eventually(lambda: node.reach.radsec.certified.hosts)
        config = towards(authority, node.options.radsec_port, udp)
        async with radsecproxy(tmp_path, config) as said, Client("127.0.0.1") as nas:
            await eventually(lambda: node.snapshot().radsec or _ended(said))
            address = ("127.0.0.1", udp)

            async def dial(login: str, body: bytes) -> int:
                body = a.attr(a.USER_NAME, login) + a.attr(a.NAS_IDENTIFIER, "far") + body
                answer = await nas.exchange(address, a.ACCESS_REQUEST, body, secret, 3, 3, authenticator=VECTOR)
                return answer.code

            right = a.attr(a.USER_PASSWORD, pap_encrypt(b"pw1", secret, VECTOR))
            wrong = a.attr(a.USER_PASSWORD, pap_encrypt(b"no", secret, VECTOR))
            chap = a.attr(a.CHAP_PASSWORD, chap_response(b"\1", b"pw2", VECTOR))
            assert await dial("cli1", right) == a.ACCESS_ACCEPT
            assert await dial("cli1", wrong) == a.ACCESS_REJECT
            assert await dial("cli2", chap) == a.ACCESS_ACCEPT
            for status in (a.ACCT_START, a.ACCT_INTERIM, a.ACCT_STOP):
                body = a.attr(a.USER_NAME, "cli1") + a.attr(a.ACCT_STATUS_TYPE, status)
                body += a.attr(a.ACCT_SESSION_ID, "8000") + a.attr(a.ACCT_SESSION_TIME, status * 10)
                answer = await nas.exchange(address, a.ACCOUNTING_REQUEST, body, secret, 3, 3)
                assert answer.code == a.ACCOUNTING_RESPONSE
            told = node.snapshot()
            assert told.radsec[0][0] == nas_id and told.radsec[0][3].startswith("TLSv1.3")
            assert told.counters["malformed"] == told.counters["failed"] == 0
            row = await eventually(lambda: db.fetchrow("select nas_id, login from session_history"))
            assert tuple(row) == (nas_id, "cli1")


async def test_radsecproxy_with_a_certificate_nobody_knows_is_not_let_in(
    seed: Seed, database: str, sealer: secrets.Sealer, tmp_path: Path, authority: Authority
) -> None:
    equip(authority, tmp_path)
    await certified_nas(sealer, certificate="another")
    async with running(database, sealer, tmp_path) as node:
        config = towards(authority, node.options.radsec_port, free_ports()[0])
        async with radsecproxy(tmp_path, config) as said:
            await eventually(lambda: node.reach.radsec.door.counts.get("unlisted") or _ended(said))
            assert node.snapshot().radsec == () and node.counters["requests"] == 0


async def test_radsecproxy_as_a_home_server_by_tls_answers_for_its_realm(
    seed: Seed, database: str, sealer: secrets.Sealer, tmp_path: Path, authority: Authority
) -> None:
    """Us -> TLS -> radsecproxy -> UDP -> the home server: password, CHAP and the key of MS-CHAP arrive unharmed."""
    from oss.access.realms import HomeValues, RealmValues

    equip(authority, tmp_path)
    home, port = Home(), free_tcp()
    async with at_home(home) as ports:
        config = f"""
ListenTLS 127.0.0.1:{port}
LogLevel 2
{tls_block(authority, "home.example.net")}
client aaa {{
    host 127.0.0.1
    type tls
    secret radsec
    CertificateNameCheck off
    MatchCertificateAttribute SubjectAltName:DNS:/^aaa$/
}}
server behind {{
    host 127.0.0.1
    port {ports[0]}
    type udp
    secret of%20the%20home%20server
}}
server counting {{
    host 127.0.0.1
    port {ports[1]}
    type udp
    secret of%20the%20home%20server
}}
realm example.net {{
    server behind
    accountingServer counting
}}
"""
        values = HomeValues("127.0.0.1", "radsec", port, port, certificate_name="home.example.net")
        async with (
            radsecproxy(tmp_path, config) as said,
            proxying(database, sealer, tmp_path, RealmValues("example.net"), values) as here,
        ):
            await eventually(lambda: here.node.snapshot().home_servers[0][1] == "alive" or _ended(said))
            assert (await here.dial("joao@example.net")).code == a.ACCESS_ACCEPT
            assert (await here.dial("joao@example.net", password=b"no")).code == a.ACCESS_REJECT
            chap = (a.CHAP_PASSWORD, chap_response(b"\1", b"pw", VECTOR))
            assert (await here.dial("joao@example.net", chap, password=None)).code == a.ACCESS_ACCEPT
            await here.says(a.ACCT_START, "joao@example.net")
            await eventually(lambda: home.records)


def _ended(said: list[str]) -> bool:
    """Whether it gave up, so that a test need not wait for what will not come."""
    wrong = [line for line in said if "config error" in line.lower() or "verification failed" in line.lower()]
    assert not wrong, wrong
    return False
