"""wpa_supplicant's eapol_test, another's code, against our node on a real socket: every method, with TLS 1.2 and 1.3.

It compares the keys it derived with those that the Access-Accept brought: "MPPE keys OK".
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from oss.access import holds
from oss.access.aaa import Node
from oss.base import db
from radius.integrity import Secret
from radius.packet import Packet
from radius.server import Listener
from radius.sockets import Address
from tests.conftest import TESTER, Seed
from tests.oss.access.conftest import node
from tests.peers.eapol import Outcome, eapol_test
from tests.radius.eap.certificates import ASKS, Authority
from tests.undone import provider, shared, undone
from tests.waiting import eventually

__all__ = ["node", "provider", "shared", "undone"]

pytestmark = pytest.mark.skipif(shutil.which("eapol_test") is None, reason="eapol_test is not installed: eapoltest")

INSIDE = {
    "TTLS-PAP": 'eap=TTLS\n phase2="auth=PAP"',
    "TTLS-CHAP": 'eap=TTLS\n phase2="auth=CHAP"',
    "TTLS-MSCHAP": 'eap=TTLS\n phase2="auth=MSCHAP"',
    "TTLS-MSCHAPv2": 'eap=TTLS\n phase2="auth=MSCHAPV2"',
    "TTLS-EAP-MSCHAPv2": 'eap=TTLS\n phase2="autheap=MSCHAPV2"',
    "PEAP-MSCHAPv2": 'eap=PEAP\n phase2="auth=MSCHAPV2"',
}
VERSIONS = {"TLSv1.2": "tls_disable_tlsv1_3=1", "TLSv1.3": "tls_disable_tlsv1_3=0"}
methods = pytest.mark.parametrize("method", INSIDE)
versions = pytest.mark.parametrize("version", VERSIONS)


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Server, authority, client; and in ``large`` a server with a chain of RSA certificates."""
    folder = tmp_path_factory.mktemp("papers")
    authority = Authority()
    authority.issue("radius.example").write(folder, "server.pem", "server.key")
    authority.issue("cli1", ASKS).write(folder, "client.pem", "client.key")
    (folder / "ca.pem").write_bytes(authority.pem)
    large = folder / "large"
    large.mkdir()
    root = Authority("Root", rsa_bits=2048)
    lower = Authority("Lower", Authority("Upper", root, rsa_bits=2048), rsa_bits=2048)
    lower.issue("radius.example", rsa_bits=2048).write(large, "server.pem", "server.key")
    (large / "ca.pem").write_bytes(root.pem)
    return folder


@pytest_asyncio.fixture(loop_scope="session")
async def address(node: Node, papers: Path) -> AsyncIterator[Address]:
    """The node, certified, on a socket."""
    shutil.copytree(papers, node.options.data_dir / "certs")
    node.logins.eap.open(node.options.data_dir)
    listener = Listener("auth", node.nas, node.authenticate)
    yield await listener.open("127.0.0.1", 0)
    await listener.close()


def network(papers: Path, method: str, version: str = "TLSv1.2", password: str = "pw1", ca: str = "ca.pem") -> str:
    lines = [INSIDE[method], 'identity="cli1"', 'anonymous_identity="anonymous@isp"', f'password="{password}"']
    return "\n ".join([*lines, f'ca_cert="{papers / ca}"', f'phase1="{VERSIONS[version]}"'])


def accepted(node: Node, tested: Outcome, logins: int = 1) -> bool:
    return tested.status == 0 and tested.keys_match and node.tallies.accepted == logins


async def test_rfc3748_5_4_md5(node: Node, address: Address, tmp_path: Path) -> None:
    done = await eapol_test(address, tmp_path, 'eap=MD5\n identity="cli1"\n password="pw1"', "-n")
    assert done.status == 0 and node.tallies.accepted == 1


async def test_kamath_mschapv2(node: Node, address: Address, tmp_path: Path) -> None:
    done = await eapol_test(address, tmp_path, 'eap=MSCHAPV2\n identity="cli1"\n password="pw1"')
    assert accepted(node, done)


@methods
@versions
async def test_rfc5281_peap_methods_and_their_sessions_that_come_back(
    node: Node, address: Address, papers: Path, tmp_path: Path, method: str, version: str
) -> None:
    done = await eapol_test(address, tmp_path, network(papers, method, version), "-r", "1")
    assert accepted(node, done, 2), done.output[-4000:]
    assert done.version == version and done.resumed == [False, True]


@versions
async def test_rfc5216_rfc9190_tls_and_its_session_that_comes_back(
    node: Node, address: Address, papers: Path, tmp_path: Path, version: str
) -> None:
    own = f'client_cert="{papers}/client.pem"\n private_key="{papers}/client.key"\n ca_cert="{papers}/ca.pem"'
    lines = f'eap=TLS\n identity="anonymous@isp"\n {own}\n phase1="{VERSIONS[version]}"'
    done = await eapol_test(address, tmp_path, lines, "-r", "1")
    assert accepted(node, done, 2), done.output[-4000:]
    assert done.version == version and done.resumed[-1] and not done.resumed[0]


async def test_rfc5077_a_ticket_of_tls12_is_good_too(
    node: Node, address: Address, papers: Path, tmp_path: Path
) -> None:
    lines = network(papers, "PEAP-MSCHAPv2").replace("tlsv1_3=1", "tlsv1_3=1 tls_disable_session_ticket=0")
    done = await eapol_test(address, tmp_path, lines, "-r", "1")
    assert accepted(node, done, 2) and done.resumed == [False, True]


@methods
@versions
async def test_a_wrong_password_is_refused(
    node: Node, address: Address, papers: Path, tmp_path: Path, method: str, version: str
) -> None:
    done = await eapol_test(address, tmp_path, network(papers, method, version, password="wrong"))
    assert done.status != 0 and "CTRL-EVENT-EAP-FAILURE" in done.output
    assert node.tallies.reasons == {"wrong_password": 1} and node.tallies.accepted == 0


@methods
@versions
async def test_a_blocked_customer_is_refused_and_takes_it_for_a_refusal(
    node: Node, address: Address, papers: Path, tmp_path: Path, undone: db.Connection, provider: Seed,
    method: str, version: str,
) -> None:  # fmt: skip
    """A supplicant that had heard success inside would pass over the EAP-Failure and wait (RFC 4137)."""
    await holds.place(undone, TESTER, provider.contracts[:1], "manual", "cut", "")
    await node.index.reconcile(undone)
    done = await eapol_test(address, tmp_path, network(papers, method, version))
    assert done.status != 0 and "CTRL-EVENT-EAP-FAILURE" in done.output
    assert node.tallies.reasons == {"manual": 1}


@versions
async def test_a_device_that_does_not_trust_our_certificate_says_so(
    node: Node, address: Address, papers: Path, tmp_path: Path, version: str
) -> None:
    done = await eapol_test(address, tmp_path, network(papers, "TTLS-PAP", version, ca="large/ca.pem"))
    assert done.status != 0
    await eventually(lambda: node.tallies.reasons == {"eap_certificate_refused": 1})


@versions
@pytest.mark.parametrize("mtu", [None, 300])
async def test_rfc5216_2_1_5_a_long_chain_comes_in_fragments_and_no_larger_than_the_nas_says(
    node: Node, address: Address, papers: Path, tmp_path: Path, version: str, mtu: int | None
) -> None:
    certs = node.options.data_dir / "certs"
    shutil.copytree(papers / "large", certs, dirs_exist_ok=True)
    await node.logins.eap.tick(0.0)
    told = [] if mtu is None else ["-N12:d:" + str(mtu)]
    lines = network(papers, "PEAP-MSCHAPv2", version, ca="large/ca.pem")
    done = await eapol_test(address, tmp_path, lines, *told)
    assert accepted(node, done), done.output[-4000:]
    assert done.largest <= (1360 if mtu is None else mtu - 4) and done.requests >= (9 if mtu is None else 15)


async def test_rfc3748_5_3_1_a_device_of_one_method_gets_it_by_nak(
    node: Node, address: Address, papers: Path, tmp_path: Path
) -> None:
    first = next(iter(node.logins.eap.offer.makers))
    done = await eapol_test(address, tmp_path, network(papers, "TTLS-PAP"))
    assert accepted(node, done) and first != 21 and "Building EAP-Nak" in done.output


async def test_rfc3579_3_1_a_request_without_message_authenticator_is_not_answered(
    node: Node, address: Address
) -> None:
    from radius import attributes as a
    from radius.client import Client, NoReply
    from radius.eap import packet

    body = a.attr(a.USER_NAME, "cli1") + packet.attributes(packet.build(packet.RESPONSE, 1, packet.IDENTITY, b"cli1"))
    async with Client("127.0.0.1") as router:
        secret = Secret(b"testing123")
        reply = await router.exchange(address, a.ACCESS_REQUEST, body, secret)
        assert isinstance(reply, Packet) and reply.code == a.ACCESS_CHALLENGE
        with pytest.raises(NoReply):
            await router.exchange(address, a.ACCESS_REQUEST, body, secret, 0.3, 1, message_authenticator=False)
