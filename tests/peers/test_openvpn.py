"""OpenVPN with radiusplugin (Debian's): a tunnel that comes up by our leave, and whose session we follow.

The plugin takes no Disconnect-Request: RFC 5176 is not in it. A session ends when the tunnel does.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import pytest

from oss.access import certificates
from oss.base import db
from tests.waiting import eventually

from .conftest import LOGIN, PASSWORD, SECRET, SERVER_NAME, Field, needs
from .namespaces import Namespace, Program, lines

PLUGIN = "/usr/lib/openvpn/radiusplugin.so"
pytestmark = [needs("openvpn", PLUGIN, "/dev/net/tun"), pytest.mark.slow]
FRAMED_IP = "10.8.0.33"


async def server(field: Field) -> Program:
    """The VPN server in the NAS's namespace."""
    folder, here = field.folder, certificates.folder_of(field.settings.data_dir)
    (folder / "clients").mkdir()
    ours = [f"OpenVPNConfig={folder}/server.conf", "NAS-Identifier=openvpn", f"NAS-IP-Address={field.nas.here}"]
    ours += ["Service-Type=5", "Framed-Protocol=1", "NAS-Port-Type=5", "subnet=255.255.255.0", "overwriteccfiles=true"]
    ours += ["server", "{", "acctport=1813", "authport=1812", f"name={field.nas.us}"]
    plugin = lines(folder, "plugin.cnf", [*ours, "retry=2", "wait=3", f"sharedsecret={SECRET}", "}"])
    told = ["dev tun", "proto udp4", "local 10.60.0.1", "port 1194", "topology subnet", "server 10.8.0.0 255.255.255.0"]
    told += [f"ca {here}/ca.pem", f"cert {here}/server.pem", f"key {here}/server.key", "dh none", "keepalive 1 5"]
    told += ["verify-client-cert none", "username-as-common-name", f"client-config-dir {folder}/clients"]
    told += [f"status {folder}/status 1", "status-version 1", f"plugin {PLUGIN} {plugin}", "verb 3"]
    program = await field.nas.start("openvpn", "--config", lines(folder, "server.conf", told))
    await program.says("Initialization Sequence Completed")
    return program


async def client(field: Field, home: Namespace, password: str = PASSWORD) -> Program:
    """A customer at home who dials in."""
    here = certificates.folder_of(field.settings.data_dir)
    words = lines(field.folder, "words", [LOGIN, password])
    told = ["client", "dev tun", "proto udp4", "remote 10.60.0.1 1194", "nobind", "verb 3", "explicit-exit-notify 1"]
    told += [f"ca {here}/ca.pem", "remote-cert-tls server", f"verify-x509-name {SERVER_NAME} name"]
    told += [f"auth-user-pass {words}", "auth-retry none", "connect-retry 1 1"]
    return await home.start("openvpn", "--config", lines(field.folder, "client.conf", told))


async def gives(attributes: Sequence[Sequence[str]]) -> None:
    """What the account's Access-Accept carries beyond its plan."""
    await db.execute("update access_account set reply = $1::jsonb where login = $2", json.dumps(attributes), LOGIN)
    await db.execute("select pg_notify('milha_access', 'all')")


async def test_a_tunnel_comes_up_with_our_address_and_its_session_lasts_as_long_as_it(field: Field) -> None:
    home = await field.namespace()
    await field.nas.wire(home, "vn0", "10.60.0.1/24", "10.60.0.2/24")
    await gives([["Framed-IP-Address", FRAMED_IP]])
    await server(field)
    tunnel = await client(field, home)
    await tunnel.says("Initialization Sequence Completed", within_s=30)
    session = await field.open_session()
    assert str(session["framed_ip"]) == FRAMED_IP
    # There and back through the tunnel: nobody listens at the other end, and its refusal comes home.
    _, said = await home.run(sys.executable, "-c", "import socket; socket.create_connection(('10.8.0.1', 9), 5)")
    assert "ConnectionRefusedError" in said
    tunnel.process.terminate()
    ended = await field.closed_session(session["acct_session_id"])
    assert (ended["login"], ended["uid"]) == (LOGIN, session["uid"])
    assert ended["input_octets"] > 0 and ended["output_octets"] > 0


async def test_a_wrong_password_gets_no_tunnel_and_no_session(field: Field) -> None:
    home = await field.namespace()
    await field.nas.wire(home, "vn0", "10.60.0.1/24", "10.60.0.2/24")
    await server(field)
    await (await client(field, home, "wrong")).says("AUTH_FAILED", within_s=30)
    assert (await eventually(field.rejects))[0] == "wrong_password"
    assert await db.fetchval("select count(*) from session_open") == 0
