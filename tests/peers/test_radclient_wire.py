"""FreeRADIUS's radclient, another's code, against our listener: it asks, and it checks how we sign.

radclient exits with 0 only when the answer was rightly signed and of the code it expects (an accept, an
acknowledgement); `-x` prints what it received.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Callable
from ipaddress import ip_network
from typing import Any, NamedTuple

import pytest

from radius import attributes as a
from radius.attributes import attr
from radius.auth import Credential, check, refusal
from radius.dictionary import describe
from radius.integrity import Secret, reply
from radius.mschap import nt_hash
from radius.packet import Packet
from radius.profile import Profile
from radius.server import AccessReply, Listener, Peer, PeerTable
from radius.sockets import Address, bound_socket
from radius.vendors import vendor

pytestmark = pytest.mark.skipif(
    shutil.which("radclient") is None, reason="radclient is not installed (Debian: freeradius-utils)"
)

SECRET = Secret(b"testing123")
PASSWORDS = {"demo001": b"demo001pw", "User": b"clientPass", "longest": b"x" * 128, "São": "coração".encode()}
PROFILE = Profile(down_kbps=100_000, up_kbps=50_000, address_list="overdue", session_timeout_s=3600, interim_s=300)


class Said(NamedTuple):
    status: int
    output: str


async def radclient(
    address: Address, command: str, attributes: str, *, secret: str = "testing123", tries: int = 1
) -> Said:
    """What radclient makes of one request; it waits a second for each answer."""
    process = await asyncio.create_subprocess_exec(
        *("radclient", "-x", "-r", str(tries), "-t", "1", f"{address[0]}:{address[1]}", command, secret),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate(attributes.encode() + b"\n")
    assert process.returncode is not None
    return Said(process.returncode, output.decode())


class Server:
    """A small AAA: the passwords above, a MikroTik profile, and accounting acknowledged as told."""

    def __init__(self, **peer: Any) -> None:
        self.peer = Peer(1, "radclient", SECRET, "mikrotik", **peer)
        peers = PeerTable([(ip_network("127.0.0.1"), self.peer)])
        self.auth = Listener("auth", peers, self.access)
        self.acct = Listener("acct", peers, self.account)
        self.records: list[Packet] = []
        self.acknowledges = True

    def access(self, packet: Packet, peer: Peer) -> AccessReply:
        password = PASSWORDS.get(packet.text(a.USER_NAME) or "")
        verdict = None if password is None else check(packet, peer.secret, Credential(password))
        if verdict:
            return AccessReply(a.ACCESS_ACCEPT, vendor(peer.vendor).accept(PROFILE) + verdict.attributes)
        return AccessReply(a.ACCESS_REJECT, attr(a.REPLY_MESSAGE, "Access denied") + refusal(packet))

    def account(self, packet: Packet, peer: Peer, source: str, at: float, ack: Callable[[], None]) -> None:
        self.records.append(packet)
        if self.acknowledges:
            ack()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    for listener in (server.auth, server.acct):
        await listener.open("127.0.0.1", 0)
    yield server
    for listener in (server.auth, server.acct):
        await listener.close()


def login(name: str, password: str, *more: str, method: str = "User-Password") -> str:
    return ", ".join((f'User-Name = "{name}"', f'{method} = "{password}"', *more))


SIGNED = "Message-Authenticator = 0x00"


@pytest.mark.parametrize("method", ["User-Password", "CHAP-Password", "MS-CHAP-Password"])
@pytest.mark.parametrize("more", [(), (SIGNED,)])
async def test_a_right_password_is_accepted_with_the_profile(
    server: Server, method: str, more: tuple[str, ...]
) -> None:
    said = await radclient(server.auth.address, "auth", login("demo001", "demo001pw", *more, method=method))
    assert said.status == 0, said.output
    assert "Received Access-Accept" in said.output
    for line in (
        'Mikrotik-Rate-Limit = "50M/100M"',
        'Mikrotik-Address-List = "overdue"',
        "Session-Timeout = 3600",
        "Acct-Interim-Interval = 300",
    ):
        assert line in said.output
    assert server.peer.signs is bool(more)


@pytest.mark.parametrize("method", ["User-Password", "CHAP-Password", "MS-CHAP-Password"])
async def test_a_wrong_password_is_rejected(server: Server, method: str) -> None:
    said = await radclient(server.auth.address, "auth", login("demo001", "wrong", SIGNED, method=method))
    assert said.status == 1
    assert "Received Access-Reject" in said.output
    assert 'Reply-Message = "Access denied"' in said.output


async def test_radclient_reads_the_keys_of_ms_chap_version_1(server: Server) -> None:
    said = await radclient(server.auth.address, "auth", login("User", "clientPass", SIGNED, method="MS-CHAP-Password"))
    assert said.status == 0, said.output
    # It prints what it unhid: no LM-Key, the hash of the NT hash (RFC 2759 section 9.2), padding.
    assert f"MS-CHAP-MPPE-Keys = 0x{'00' * 8}41c00c584bd2d91c4017a2a12fa59f3f" in said.output
    assert "MS-MPPE-Encryption-Policy = Encryption-Allowed" in said.output


async def test_radclient_hears_ms_chap_error_when_the_password_is_wrong(server: Server) -> None:
    said = await radclient(server.auth.address, "auth", login("User", "clientpass", SIGNED, method="MS-CHAP-Password"))
    assert said.status == 1
    assert 'MS-CHAP-Error = "\\000E=691 R=0"' in said.output


def rfc_2759(answer: str = "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df") -> str:
    """The response of RFC 2759 section 9.2, octet for octet: radclient does not compute version 2 itself."""
    response = f"2a00 21402324255e262a28295f2b3a337c7e {'00' * 8} {answer}".replace(" ", "")
    challenge = "5b5d7c7d7b3f2f3e3c2c602132262628"
    return f'User-Name = "User", MS-CHAP-Challenge = 0x{challenge}, MS-CHAP2-Response = 0x{response}, {SIGNED}'


async def test_radclient_reads_the_keys_and_the_proof_of_ms_chap_version_2(server: Server) -> None:
    said = await radclient(server.auth.address, "auth", rfc_2759())
    assert said.status == 0, said.output
    proof = b"S=407A5589115FD0D6209F510FE9C04566932CDA56".hex()
    assert f"MS-CHAP2-Success = 0x2a{proof}" in said.output
    # RFC 3079 section 3.5.3: SendStartKey128, unhidden by radclient.
    assert "MS-MPPE-Send-Key = 0x8b7cdc149b993a1ba118cb153f56dccb" in said.output
    assert re.search(r"MS-MPPE-Recv-Key = 0x[0-9a-f]{32}\n", said.output)
    assert 'Mikrotik-Rate-Limit = "50M/100M"' in said.output


async def test_radclient_hears_why_ms_chap_version_2_failed(server: Server) -> None:
    said = await radclient(server.auth.address, "auth", rfc_2759("00" * 24))
    assert said.status == 1
    assert re.search(r'MS-CHAP-Error = "\*E=691 R=0 C=[0-9A-F]{32} V=3 M=', said.output), said.output


@pytest.mark.skipif(shutil.which("smbencrypt") is None, reason="smbencrypt is not installed")
@pytest.mark.parametrize("password", ["clientPass", "a", "senha com acento é"])
async def test_freeradius_hashes_a_password_as_we_do(password: str) -> None:
    process = await asyncio.create_subprocess_exec("smbencrypt", password, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    assert nt_hash(password.encode()).hex().upper().encode() in output.split()


@pytest.mark.parametrize(("name", "password"), [("longest", "x" * 128), ("São", "coração")])
async def test_the_longest_password_and_one_beyond_ascii_are_accepted(server: Server, name: str, password: str) -> None:
    said = await radclient(server.auth.address, "auth", login(name, password, SIGNED))
    assert said.status == 0, said.output


async def test_a_request_signed_with_another_secret_gets_silence(server: Server) -> None:
    said = await radclient(
        server.auth.address, "auth", login("demo001", "demo001pw", SIGNED), secret="another", tries=1
    )
    assert said.status == 1
    assert "No reply from server" in said.output
    assert server.auth.counters["bad_message_authenticator"] >= 1
    assert server.auth.counters["answers"] == 0


async def test_once_it_has_signed_an_unsigned_request_gets_silence(server: Server) -> None:
    server.peer.signs = True
    said = await radclient(server.auth.address, "auth", login("demo001", "demo001pw"))
    assert "No reply from server" in said.output
    assert server.auth.counters["missing_message_authenticator"] >= 1


async def test_an_address_that_is_no_nas_gets_silence_and_is_remembered(server: Server) -> None:
    server.auth.peers = PeerTable([])
    said = await radclient(server.auth.address, "auth", login("demo001", "demo001pw", SIGNED))
    assert "No reply from server" in said.output
    assert server.auth.knocks.snapshot()["127.0.0.1"].count >= 1


async def test_proxy_states_come_back_as_they_were_sent(server: Server) -> None:
    states = ("Proxy-State = 0x6f6e65", "Proxy-State = 0x0002")
    said = await radclient(server.auth.address, "auth", login("demo001", "demo001pw", SIGNED, *states))
    assert said.status == 0, said.output
    received = said.output.partition("Received")[2]
    assert [line.strip() for line in received.splitlines() if "Proxy-State" in line] == list(states)


RECORD = (
    'User-Name = "demo001", Acct-Status-Type = Interim-Update, Acct-Session-Id = "81200042", '
    "Framed-IP-Address = 100.64.0.7, Acct-Input-Octets = 4000000000, Acct-Input-Gigawords = 2"
)


async def test_an_accounting_record_is_read_and_acknowledged(server: Server) -> None:
    said = await radclient(server.acct.address, "acct", RECORD)
    assert said.status == 0, said.output
    assert "Received Accounting-Response" in said.output
    [record] = server.records
    assert dict(describe(record)).items() >= {
        ("User-Name", "demo001"),
        ("Acct-Status-Type", "Interim-Update"),
        ("Acct-Session-Id", "81200042"),
        ("Framed-IP-Address", "100.64.0.7"),
        ("Acct-Input-Octets", "4000000000"),
        ("Acct-Input-Gigawords", "2"),
    }


async def test_a_record_that_is_not_durable_is_repeated_by_radclient_and_taken_once(server: Server) -> None:
    server.acknowledges = False
    said = await radclient(server.acct.address, "acct", RECORD, tries=3)
    assert "No reply from server" in said.output
    assert len(server.records) == 1
    assert server.acct.counters["duplicates"] >= 1


async def test_a_record_under_another_secret_gets_silence(server: Server) -> None:
    said = await radclient(server.acct.address, "acct", RECORD, secret="another")
    assert "No reply from server" in said.output
    assert server.records == []
    assert server.acct.counters["bad_authenticator"] >= 1


@pytest.mark.parametrize("port", ["auth", "acct"])
async def test_status_server_is_answered_on_both_ports(server: Server, port: str) -> None:
    listener = server.auth if port == "auth" else server.acct
    said = await radclient(listener.address, "status", SIGNED)
    assert said.status == 0, said.output
    assert f"Received {'Access-Accept' if port == 'auth' else 'Accounting-Response'}" in said.output


@pytest.mark.parametrize("port", ["auth", "acct"])
async def test_status_server_under_another_secret_gets_silence_and_accuses_nobody(server: Server, port: str) -> None:
    listener = server.auth if port == "auth" else server.acct
    said = await radclient(listener.address, "status", SIGNED, secret="another")
    assert "No reply from server" in said.output
    assert server.peer.counters["bad_status"] >= 1
    assert listener.knocks.snapshot() == {}


async def test_two_routers_behind_one_address_have_each_its_own_secret(server: Server) -> None:
    south = Peer(2, "south", Secret(b"another"), "mikrotik", identifier=b"south")
    server.auth.peers = PeerTable([(ip_network("127.0.0.1"), server.peer), (ip_network("127.0.0.1"), south)])
    login_of_south = login("demo001", "demo001pw", SIGNED, 'NAS-Identifier = "south"')
    for attributes, secret, status in (
        (login_of_south, "another", 0),
        (login_of_south, "testing123", 1),
        (login("demo001", "demo001pw", SIGNED, 'NAS-Identifier = "any"'), "testing123", 0),
    ):
        said = await radclient(server.auth.address, "auth", attributes, secret=secret)
        assert said.status == status, said.output


async def test_an_unsigned_request_with_proxy_state_is_not_answered_by_default(server: Server) -> None:
    """BlastRADIUS (CVE-2024-3596): radclient 3.2.1 signs only when it is told to, like an old router."""
    said = await radclient(server.auth.address, "auth", login("demo001", "demo001pw", "Proxy-State = 0x00"))
    assert "No reply from server" in said.output
    assert server.peer.counters["missing_message_authenticator"] >= 1


class Router(asyncio.DatagramProtocol):
    """The NAS side of RFC 5176: believes a request or stays silent, and answers with a code and attributes."""

    def __init__(self, code: int, attributes: bytes) -> None:
        self.code, self.attributes = code, attributes
        self.believed: list[Packet] = []

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        packet = Packet.parse(data)
        signed = SECRET.verify_message_authenticator(packet)
        if signed is not False and SECRET.verify_request_authenticator(packet):
            self.believed.append(packet)
            self.transport.sendto(reply(self.code, packet, self.attributes, SECRET), addr)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize(
    ("command", "code", "attributes", "received"),
    [
        ("coa", a.COA_ACK, b"", "Received CoA-ACK"),
        ("coa", a.COA_NAK, attr(a.ERROR_CAUSE, 503), "Error-Cause = Session-Context-Not-Found"),
        ("disconnect", a.DISCONNECT_ACK, b"", "Received Disconnect-ACK"),
        ("disconnect", a.DISCONNECT_NAK, attr(a.ERROR_CAUSE, 402), "Error-Cause = Missing-Attribute"),
    ],
)
async def test_radclient_and_we_believe_each_other_in_dynamic_authorization(
    command: str, code: int, attributes: bytes, received: str, signed: bool
) -> None:
    loop = asyncio.get_running_loop()
    sock = await bound_socket("127.0.0.1", 0)
    transport, router = await loop.create_datagram_endpoint(lambda: Router(code, attributes), sock=sock)
    question = 'User-Name = "demo001", Acct-Session-Id = "81200042"' + (", " + SIGNED if signed else "")
    said = await radclient(sock.getsockname(), command, question)
    transport.close()
    assert received in said.output, said.output
    assert [packet.text(a.ACCT_SESSION_ID) for packet in router.believed] == ["81200042"]
    assert (a.MESSAGE_AUTHENTICATOR in router.believed[0]) is signed
