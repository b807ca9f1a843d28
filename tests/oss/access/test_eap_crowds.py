"""Crowds of EAP at the node, on real sockets: what they cost others, and that everybody gets in who means it."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from ipaddress import ip_network

import pytest
import pytest_asyncio

from oss.access.aaa import Node
from oss.lab.supplicant import Device, Supplicant, context
from radius import attributes as a
from radius.auth import pap_encrypt
from radius.eap import packet
from radius.eap.turns import Turns
from radius.integrity import request
from radius.packet import Packet
from radius.server import Listener, Peer, PeerTable
from radius.sockets import Address
from tests.oss.access.asking import AUTHENTICATOR, SECRET, mac
from tests.oss.access.dialing import carrying
from tests.radius.eap.certificates import Authority

BATCHES = sys.platform == "linux"
CROWD = 40
SLICES = 5  # of one step: what the loop may do from a datagram's arrival to its answer's


@pytest_asyncio.fixture(loop_scope="session")
async def certified(node: Node) -> Node:
    """The node with a certificate."""
    folder = node.options.data_dir / "certs"
    folder.mkdir()
    Authority().issue("radius.example").write(folder, "server.pem", "server.key")
    node.logins.eap.open(node.options.data_dir)
    return node


@pytest_asyncio.fixture(loop_scope="session")
async def address(certified: Node, peer: Peer) -> AsyncIterator[Address]:
    """The node's login port: 127.0.0.1 is one NAS, 127.0.0.2 another."""
    other = Peer(peer.key + 1, "BNG-2", peer.secret)
    nas = PeerTable([(ip_network("127.0.0.1/32"), peer), (ip_network("127.0.0.2/32"), other)])
    listener = Listener("auth", nas, certified.authenticate)
    yield await listener.open("127.0.0.1", 0)
    await listener.close()


class Nas:
    """A NAS's socket; sending does not let the loop go on."""

    def __init__(self, source: str, address: Address) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((source, 0))
        self.socket.connect(address)
        self.socket.setblocking(False)

    def send(self, number: int, body: bytes) -> None:
        self.socket.send(request(a.ACCESS_REQUEST, number, body, SECRET, True, AUTHENTICATOR))

    def eap(self, number: int, message: bytes, state: bytes | None = None) -> None:
        body = a.attr(a.USER_NAME, "x") + a.attr(*mac(f"line {number}")) + packet.attributes(message)
        self.send(number, body + (a.attr(a.STATE, state) if state else b""))

    def pap(self, number: int) -> None:
        self.send(number, a.attr(a.USER_NAME, "cli1") + a.attr(2, pap_encrypt(b"pw1", SECRET, AUTHENTICATOR)))

    async def hears(self) -> Packet:
        octets = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self.socket, 4096), 15)
        return Packet.parse(octets)


async def begun(nas: Nas, count: int) -> list[tuple[bytes, bytes]]:
    """Conversations that got as far as the ClientHello, which is not sent yet: (message, State)."""
    devices = {number: Supplicant(Device(b"cli1", b"pw1", packet.TTLS, "pap", context())) for number in range(count)}
    for number, one in devices.items():
        nas.eap(number, one.identity())
    answers = [await nas.hears() for _ in devices]
    # The first that is proposed is PEAP.
    return [await wished(nas, devices[one.id], one) for one in answers]


async def wished(nas: Nas, device: Supplicant, proposed: Packet) -> tuple[bytes, bytes]:
    message = device.answer(packet.joined(proposed)) or b""
    nas.eap(proposed.id, message, proposed.get(a.STATE))
    start = await nas.hears()
    return device.answer(packet.joined(start)) or b"", start.get(a.STATE) or b""


@pytest.mark.skipif(not BATCHES, reason="elsewhere asyncio reads one datagram in each turn of the loop")
async def test_a_login_of_one_nas_passes_the_handshakes_that_another_began_before_it(
    certified: Node, address: Address
) -> None:
    turns = certified.logins.eap.turns = Turns(slice_s=0.0)
    flood, quiet = Nas("127.0.0.2", address), Nas("127.0.0.1", address)
    with flood.socket, quiet.socket:
        hellos = await begun(flood, CROWD)
        for number, (message, state) in enumerate(hellos):
            flood.eap(CROWD + number, message, state)
        quiet.pap(1)
        assert (await quiet.hears()).code == a.ACCESS_ACCEPT
        assert turns.waiting >= CROWD - SLICES
        assert {(await flood.hears()).code for _ in hellos} == {a.ACCESS_CHALLENGE}  # they are served all the same


async def test_conversations_that_are_only_begun_take_no_memory(certified: Node, address: Address) -> None:
    flood = Nas("127.0.0.2", address)
    with flood.socket:
        hellos = await begun(flood, CROWD)
        assert len(certified.logins.eap.talks) == 0
        flood.eap(200, *hellos[0])
        assert (await flood.hears()).code == a.ACCESS_CHALLENGE and len(certified.logins.eap.talks) == 1


async def test_everybody_gets_in_who_comes_back_at_once_though_only_some_can_wait(certified: Node, peer: Peer) -> None:
    """A NAS asks again when it has no answer."""
    turns = certified.logins.eap.turns = Turns(most=8)
    nas = [peer, Peer(peer.key + 1, "BNG-2", peer.secret)]
    codes = await asyncio.gather(*(logs_in(certified, nas[number % 2], f"line {number}") for number in range(CROWD)))
    assert codes == [a.ACCESS_ACCEPT] * CROWD
    assert turns.dropped > 0 and len(certified.logins.eap.talks) == 0


async def logs_in(node: Node, peer: Peer, line: str) -> int:
    """The last code, having asked as often as it takes."""
    one = Supplicant(Device(b"cli1", b"pw1", packet.TTLS, "pap", context()))
    message, state = one.identity(), None
    for _ in range(200):
        answer = node.authenticate(carrying(message, "x", state, mac(line)), peer)
        found = await asyncio.wait_for(answer, 15) if isinstance(answer, asyncio.Future) else answer
        if found is None:
            continue
        if found.code != a.ACCESS_CHALLENGE:
            return found.code
        heard = Packet.parse(
            bytes((11, 1)) + (20 + len(found.attributes)).to_bytes(2, "big") + bytes(16) + found.attributes
        )
        state, message = heard.get(a.STATE), one.answer(packet.joined(heard)) or b""
    return 0
