"""The listener on real sockets."""

from __future__ import annotations

import asyncio
import socket
import sys

import pytest
import uvloop

from radius import attributes as a
from radius.attributes import attr
from radius.client import Client
from radius.integrity import request
from radius.packet import Packet
from radius.server import AccessReply, Listener, Peer
from radius.sockets import BUFFER_OCTETS, bound_socket

from .wires import SECRET, hears, listening, peer, table, udp_end

ACCEPT = AccessReply(a.ACCESS_ACCEPT)


def accept(packet: Packet, peer: Peer) -> AccessReply:
    return ACCEPT


BATCHES = sys.platform == "linux"
"""Whether this system has recvmmsg and sendmmsg."""


@pytest.mark.parametrize("portable", [False, True])
async def test_a_datagram_is_answered_from_the_port_it_was_sent_to(portable: bool) -> None:
    question = request(a.ACCESS_REQUEST, 1, attr(a.USER_NAME, "nemo"), SECRET)
    async with listening("auth", accept, portable=portable) as listener, udp_end() as nas:
        nas.send(question, listener.address)
        octets, addr = await asyncio.wait_for(nas.heard.get(), 5)
        assert addr == listener.address
    assert SECRET.verify_reply(Packet.parse(octets), question[4:20])


async def test_a_repetition_over_the_wire_gets_the_same_octets() -> None:
    question = request(a.ACCESS_REQUEST, 1, attr(a.USER_NAME, "nemo"), SECRET)
    async with listening("auth", accept) as listener, udp_end() as nas:
        for _ in range(2):
            nas.send(question, listener.address)
        first, second = [await asyncio.wait_for(nas.heard.get(), 5) for _ in range(2)]
        assert first == second
        assert listener.counters["duplicates"] == 1


@pytest.mark.parametrize("portable", [False, True])
async def test_a_listener_survives_datagrams_of_every_size(portable: bool) -> None:
    nas = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    async with listening("auth", accept, portable=portable) as listener, Client("127.0.0.1", 1) as client:
        with nas:
            for size in (0, 1, 19, 20, 4096, 4097, 65_507):
                nas.sendto(b"\1" * size, listener.address)
        answer = await client.exchange(listener.address, a.ACCESS_REQUEST, attr(1, "nemo"), SECRET)
        assert answer.code == a.ACCESS_ACCEPT
        assert listener.counters["malformed"] == 7


@pytest.mark.parametrize("portable", [False, True])
async def test_ipv6_is_served(portable: bool) -> None:
    async with listening("auth", accept, host="::1", portable=portable) as listener, Client("::1", 1) as client:
        answer = await client.exchange(listener.address, a.ACCESS_REQUEST, attr(1, "nemo"), SECRET)
    assert answer.code == a.ACCESS_ACCEPT


async def test_a_taken_port_is_named_and_the_listener_can_still_be_closed() -> None:
    async with listening("auth", accept) as first:
        second = Listener("auth", table(peer()), accept)
        with pytest.raises(OSError, match=f"cannot bind UDP 127.0.0.1 port {first.address[1]}"):
            await second.open(*first.address)
        await asyncio.wait_for(second.close(), 5)
        with pytest.raises(OSError, match="not open"):
            _ = second.address


async def test_a_host_that_is_no_address_is_named() -> None:
    with pytest.raises(OSError, match=r"no address for 'nowhere\.invalid'"):
        await Listener("auth", table(peer()), accept).open("nowhere.invalid", 0)


async def test_a_closed_listener_gives_its_port_back() -> None:
    async with listening("auth", accept) as listener:
        address = listener.address
    again = Listener("auth", table(peer()), accept)
    assert await again.open(*address) == address
    await again.close()
    await again.close()


async def test_the_buffers_are_as_large_as_the_kernel_allows() -> None:
    plain = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_OCTETS)
    sock = await bound_socket("127.0.0.1", 0)
    with plain, sock:
        allowed = plain.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) >= allowed


@pytest.mark.parametrize("portable", [False, True])
async def test_a_thousand_requests_at_once_are_all_answered(portable: bool) -> None:
    async with listening("auth", accept, portable=portable) as listener, Client("127.0.0.1", 4) as client:
        answers = await asyncio.gather(
            *(
                client.exchange(listener.address, a.ACCESS_REQUEST, attr(1, f"user{number}"), SECRET, 5.0)
                for number in range(1000)
            )
        )
        assert [answer.code for answer in answers] == [a.ACCESS_ACCEPT] * 1000
        assert listener.counters["answers"] == 1000


@pytest.mark.parametrize("portable", [False, True])
async def test_it_runs_on_uvloop_in_a_thread_of_its_own(portable: bool) -> None:
    """As the AAA loop does."""
    raw = b"\2\0\0\0\x7f\0\0\1" + bytes(8)
    spoofed = raw if BATCHES and not portable else ("127.0.0.1", 0)

    async def ask() -> int:
        async with listening("auth", accept, portable=portable) as listener, Client("127.0.0.1", 1) as client:
            answer = await client.exchange(listener.address, a.ACCESS_REQUEST, attr(1, "nemo"), SECRET)
            # A spoofed source port 0 cannot be answered: the kernel refuses, and nothing else happens.
            hears(listener, request(a.ACCESS_REQUEST, 1, attr(1, "x"), SECRET), spoofed)
            await client.exchange(listener.address, a.ACCESS_REQUEST, attr(1, "nemo"), SECRET)
            return answer.code

    def run() -> int:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(ask())

    assert await asyncio.to_thread(run) == a.ACCESS_ACCEPT
