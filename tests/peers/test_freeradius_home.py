"""FreeRADIUS as the home server of a realm, by UDP and by TLS, and eapol_test as the supplicant in front of us.

eapol_test compares the session keys of the Access-Accept with its own: they are right only if a proxy hid them anew.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from oss.access.realms import HomeValues, RealmValues
from oss.base import db, secrets
from radius import attributes as a
from radius.auth import chap_response
from tests.conftest import Seed
from tests.oss.access.reaching import equip, free_tcp
from tests.oss.access.test_node import free_ports
from tests.oss.access.test_proxy import VECTOR, proxying
from tests.radius.certificates import Authority
from tests.waiting import eventually

PROGRAM = shutil.which("freeradius") or shutil.which("freeradius", path="/usr/sbin")
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="freeradius is not installed (Debian: freeradius)")
SHARED = "of the home server"

CONFIGURATION = """
prefix = /usr
name = freeradius
raddbdir = {folder}
logdir = {folder}
run_dir = {folder}
libdir = /usr/lib/freeradius
pidfile = {folder}/radiusd.pid
max_request_time = 30
cleanup_delay = 1
max_requests = 4096
hostname_lookups = no
log {{
\tdestination = stdout
}}
security {{
\treject_delay = 0
\tstatus_server = yes
}}
proxy_requests = no
client milha {{
\tipaddr = 127.0.0.1
\tsecret = "{secret}"
\trequire_message_authenticator = yes
}}
thread pool {{
\tstart_servers = 1
\tmax_servers = 2
\tmin_spare_servers = 1
\tmax_spare_servers = 2
\tmax_requests_per_server = 0
}}
modules {{
\tpap {{
\t}}
\tchap {{
\t}}
\tmschap {{
\t}}
\tfiles {{
\t\tfilename = {folder}/users
\t}}
\tdetail {{
\t\tfilename = {folder}/detail
\t}}
\teap {{
\t\tdefault_eap_type = peap
\t\tmd5 {{
\t\t}}
\t\tmschapv2 {{
\t\t}}
\t\ttls-config tls-common {{
\t\t\tprivate_key_file = {key}
\t\t\tcertificate_file = {certificate}
\t\t\tca_file = {trusted}
\t\t\tcipher_list = "DEFAULT"
\t\t\ttls_min_version = "1.2"
\t\t\ttls_max_version = "1.2"
\t\t}}
\t\tpeap {{
\t\t\ttls = tls-common
\t\t\tdefault_eap_type = mschapv2
\t\t\tvirtual_server = home
\t\t}}
\t\tttls {{
\t\t\ttls = tls-common
\t\t\tvirtual_server = home
\t\t}}
\t}}
}}
server home {{
\tlisten {{
\t\ttype = auth
\t\tipaddr = 127.0.0.1
\t\tport = {auth}
\t}}
\tlisten {{
\t\ttype = acct
\t\tipaddr = 127.0.0.1
\t\tport = {acct}
\t}}
\tlisten {{
\t\tipaddr = 127.0.0.1
\t\tport = {tls}
\t\ttype = auth+acct
\t\tproto = tcp
\t\tclients = radsec
\t\ttls {{
\t\t\tprivate_key_file = {key}
\t\t\tcertificate_file = {certificate}
\t\t\tca_file = {trusted}
\t\t\tcipher_list = "DEFAULT"
\t\t\ttls_min_version = "1.2"
\t\t\ttls_max_version = "1.3"
\t\t\trequire_client_cert = yes
\t\t}}
\t}}
\tauthorize {{
\t\tchap
\t\tmschap
\t\teap {{
\t\t\tok = return
\t\t}}
\t\tfiles
\t\tpap
\t}}
\tauthenticate {{
\t\tAuth-Type PAP {{
\t\t\tpap
\t\t}}
\t\tAuth-Type CHAP {{
\t\t\tchap
\t\t}}
\t\tAuth-Type MS-CHAP {{
\t\t\tmschap
\t\t}}
\t\teap
\t}}
\taccounting {{
\t\tdetail
\t}}
}}
clients radsec {{
\tclient tls {{
\t\tipaddr = 127.0.0.1
\t\tproto = tls
\t\tsecret = radsec
\t}}
}}
"""


@asynccontextmanager
async def freeradius(folder: Path, authority: Authority) -> AsyncIterator[tuple[int, int, int]]:
    """The program on three free ports: logins, accounting, TLS."""
    assert PROGRAM is not None
    folder.mkdir()
    certificate, key, _ = authority.issue("home.example.net", dns=("home.example.net",))
    (folder / "users").write_text('joao@example.net Cleartext-Password := "pw"\n\tFilter-Id = "theirs"\n')
    (folder / "dictionary").write_text("$INCLUDE /usr/share/freeradius/dictionary\n")
    ports = (*free_ports(), free_tcp())
    places = {"folder": folder, "key": key, "certificate": certificate, "trusted": authority.pem, "secret": SHARED}
    text = CONFIGURATION.format(**places, auth=ports[0], acct=ports[1], tls=ports[2])
    (folder / "radiusd.conf").write_text(text)
    process = await asyncio.create_subprocess_exec(
        *(PROGRAM, "-fxx", "-l", "stdout", "-d", str(folder), "-n", "radiusd"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said: list[str] = []
    ready = asyncio.Event()

    async def listen() -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            said.append(line.decode(errors="replace").rstrip())
            if "Ready to process requests" in said[-1]:
                ready.set()
        ready.set()

    listening = asyncio.create_task(listen())
    try:
        await asyncio.wait_for(ready.wait(), 20)
        assert any("Ready to process requests" in line for line in said), "\n".join(said[-15:])
        yield ports
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        await listening


@pytest.mark.parametrize("transport", ["udp", "radsec"])
async def test_freeradius_answers_for_its_realm(
    seed: Seed, database: str, sealer: secrets.Sealer, tmp_path: Path, transport: str
) -> None:
    """FreeRADIUS before 3.2.5 signs no answer but those of EAP: by UDP the operator has to say so."""
    authority = Authority(tmp_path / "ca")
    equip(authority, tmp_path)
    async with freeradius(tmp_path / "home", authority) as (auth, acct, tls):
        values = HomeValues("127.0.0.1", "udp", auth, acct, secret=SHARED, signs=False)
        if transport == "radsec":
            values = HomeValues("127.0.0.1", "radsec", tls, tls, certificate_name="home.example.net")
        async with proxying(database, sealer, tmp_path, RealmValues("example.net"), values) as here:
            await eventually(lambda: here.node.snapshot().home_servers[0][1] == "alive" or transport == "udp")
            accepted = await here.dial("joao@example.net")
            assert accepted.code == a.ACCESS_ACCEPT and a.FILTER_ID not in accepted
            assert (await here.dial("joao@example.net", password=b"no")).code == a.ACCESS_REJECT
            chap = (a.CHAP_PASSWORD, chap_response(b"\1", b"pw", VECTOR))
            assert (await here.dial("joao@example.net", chap, password=None)).code == a.ACCESS_ACCEPT
            assert (await here.says(a.ACCT_START, "joao@example.net")).code == a.ACCOUNTING_RESPONSE
            detail = tmp_path / "home" / "detail"
            await eventually(lambda: detail.exists() and "Acct-Delay-Time" in detail.read_text())
            assert '"joao@example.net"' in detail.read_text()


@pytest.mark.skipif(shutil.which("eapol_test") is None, reason="eapol_test is not installed (Debian: eapoltest)")
@pytest.mark.parametrize("method", ["PEAP", "TTLS", "MD5"])
async def test_eap_goes_through_us_to_freeradius_and_the_keys_match_rfc_2548_2_4_2(
    seed: Seed, database: str, sealer: secrets.Sealer, tmp_path: Path, method: str
) -> None:
    authority = Authority(tmp_path / "ca")
    phase2 = {"PEAP": 'phase2="auth=MSCHAPV2"', "TTLS": 'phase2="auth=PAP"', "MD5": ""}[method]
    (tmp_path / "wpa.conf").write_text(
        "network={\n key_mgmt=WPA-EAP\n"
        f' eap={method}\n identity="joao@example.net"\n password="pw"\n ca_cert="{authority.pem}"\n {phase2}\n}}\n'
    )
    async with freeradius(tmp_path / "home", authority) as (auth, acct, _):
        values = HomeValues("127.0.0.1", "udp", auth, acct, secret=SHARED)
        async with proxying(database, sealer, tmp_path, RealmValues("example.net"), values) as here:
            port = str(here.node.options.auth_port)
            command = (
                "eapol_test",
                "-c",
                str(tmp_path / "wpa.conf"),
                "-a",
                "127.0.0.1",
                "-p",
                port,
                "-s",
                "testing123",
            )
            process = await asyncio.create_subprocess_exec(
                *command, "-t", "15", *(("-n",) if method == "MD5" else ()), stdout=asyncio.subprocess.PIPE
            )
            output = (await process.communicate())[0].decode(errors="replace")
            assert output.rstrip().endswith("SUCCESS") and process.returncode == 0, output[-2000:]
            assert method == "MD5" or "MPPE keys OK: 1  mismatch: 0" in output
            assert await eventually(lambda: db.fetchval("select count(*) from auth_log where reason = ''")) == 1
