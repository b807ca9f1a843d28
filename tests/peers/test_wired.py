"""hostapd and wpa_supplicant, a switch's port and the computer at it (IEEE 802.1X, driver=wired), against our EAP."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from oss.access import certificate_authority as authority
from oss.access import certificates as store
from oss.base import db
from oss.commands_cert import hand_out
from tests.waiting import eventually

from .conftest import LOGIN, PASSWORD, SECRET, SERVER_NAME, Field, needs
from .namespaces import Namespace, Program, lines

pytestmark = [
    needs("hostapd", "wpa_supplicant"),
    pytest.mark.slow,
]
WHO = [f'identity="{LOGIN}"', f'password="{PASSWORD}"']
METHODS = {
    "PEAP": ["eap=PEAP", *WHO, 'phase2="auth=MSCHAPV2"'],
    "TTLS": ["eap=TTLS", *WHO, 'anonymous_identity="anon"', 'phase2="auth=PAP"'],
    "TLS": ["eap=TLS", *WHO],
}


async def switch(field: Field, home: Namespace) -> Program:
    """A switch with one port, which asks us."""
    await field.nas.wire(home, "port0", "10.60.0.1/24", "10.60.0.2/24")
    told = ["interface=port0", "driver=wired", "ieee8021x=1", "use_pae_group_addr=1", "eap_reauth_period=0"]
    told += [
        f"own_ip_addr={field.nas.here}",
        "nas_identifier=hostapd-wired",
        "logger_stdout=-1",
        "logger_stdout_level=0",
    ]
    for kind, port in (("auth", 1812), ("acct", 1813)):
        told += [
            f"{kind}_server_addr={field.nas.us}",
            f"{kind}_server_port={port}",
            f"{kind}_server_shared_secret={SECRET}",
        ]
    told += ["radius_das_port=3799", f"radius_das_client={field.nas.us} {SECRET}"]
    program = await field.nas.start("hostapd", "-d", lines(field.folder, "hostapd.conf", told))
    await program.says("AP-ENABLED")
    return program


async def computer(field: Field, home: Namespace, method: list[str]) -> Program:
    """What a customer plugs in; it believes our certificate and no other."""
    ca = store.folder_of(field.settings.data_dir) / store.AUTHORITY
    network = ["key_mgmt=IEEE8021X", "eapol_flags=0", f'ca_cert="{ca}"', f'domain_match="{SERVER_NAME}"', *method]
    path = lines(field.folder, "wpa.conf", ["ap_scan=0", "network={", *network, "}"])
    return await home.start("wpa_supplicant", "-D", "wired", "-i", "port0", "-c", path)


def client_files(field: Field) -> list[str]:
    """What ``milha cert client`` hands out, as wpa_supplicant's settings."""
    made = authority.issue(store.folder_of(field.settings.data_dir), authority.LOGIN, LOGIN)
    out: Path = field.folder / "client"
    hand_out(made, LOGIN, out, old_devices=False)
    return [f'client_cert="{out}/{LOGIN}.pem"', f'private_key="{out}/{LOGIN}.key"']


@pytest.mark.parametrize("method", METHODS)
async def test_a_port_opens_by_eap_and_our_disconnect_closes_it(field: Field, method: str) -> None:
    """RFC 3579 with RFC 5216 (TLS), RFC 5281 (TTLS) and PEAP; RFC 5176 section 3.1 for the Disconnect."""
    home = await field.namespace()
    port = await switch(field, home)
    person = await computer(field, home, METHODS[method] + (client_files(field) if method == "TLS" else []))
    await person.says("CTRL-EVENT-EAP-SUCCESS", within_s=30)
    await port.says("AP-STA-CONNECTED")
    session = await field.open_session()
    await field.disconnect(session["uid"])
    assert [row["outcome"] for row in await field.enforced()] == ["disconnected"]
    await port.says("AP-STA-DISCONNECTED")
    ended = await field.closed_session(session["acct_session_id"])
    assert (ended["login"], ended["uid"]) == (LOGIN, session["uid"])


async def test_a_renewed_certificate_is_shown_to_the_next_who_comes(field: Field) -> None:
    home = await field.namespace()
    await switch(field, home)
    folder = store.folder_of(field.settings.data_dir)

    async def shown() -> str:
        person = await computer(field, home, METHODS["PEAP"])
        said = await person.says("CTRL-EVENT-EAP-SUCCESS", within_s=30)
        person.process.terminate()
        await person.process.wait()
        return next(line.rpartition("hash=")[2] for line in said.splitlines() if "PEER-CERT depth=0" in line)

    def mark() -> str:
        return store.fingerprint(store.load(folder).chain[0]).replace(":", "").lower()

    before = mark()
    assert await shown() == before
    authority.renew(folder)
    await noticed()
    assert await shown() == mark() != before


async def noticed() -> None:
    """The node has looked at its files since now: twice a second, before it says how it is."""
    since = time.time() + 0.4

    async def looked() -> bool:
        return float(await db.fetchval("select stats->'aaa'->>'at' from node") or 0) > since

    await eventually(looked)


async def test_a_revoked_certificate_opens_no_port(field: Field) -> None:
    """RFC 5216 section 5.4."""
    home = await field.namespace()
    await switch(field, home)
    files, folder = client_files(field), store.folder_of(field.settings.data_dir)
    authority.revoke(folder, authority.issued(folder)[0].serial)
    await noticed()
    person = await computer(field, home, METHODS["TLS"] + files)
    await person.says("CTRL-EVENT-EAP-FAILURE", within_s=30)
    assert "EAP-SUCCESS" not in person.said()
    assert (await eventually(field.rejects))[0] == "eap_client_certificate"


async def test_a_wrong_password_leaves_the_port_closed(field: Field) -> None:
    home = await field.namespace()
    await switch(field, home)
    wrong = [word.replace(PASSWORD, "wrong") for word in METHODS["PEAP"]]
    await (await computer(field, home, wrong)).says("CTRL-EVENT-EAP-FAILURE", within_s=30)
    assert (await eventually(field.rejects))[0] == "wrong_password"
    assert await db.fetchval("select count(*) from session_open") == 0
