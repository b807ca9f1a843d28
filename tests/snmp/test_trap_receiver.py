"""The trap port on a real socket: floods, the kernel's counter, informs, both families."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from snmp.trap_message import acknowledged
from snmp.trap_receiver import BUFFER_OCTETS, listed_drops
from snmp.trap_sources import Source
from tests.waiting import eventually

from .trap_wires import OURS, Ear, link_down, receiving

FLOODER, QUIET = "127.0.0.2", "127.0.0.3"
FREE = Source(1, frozenset({b"public"}), per_second=1e9, burst=1e9)
TWO = {FLOODER: FREE, QUIET: Source(2, frozenset({b"public"}))}


@contextmanager
def device(ear: Ear, host: str = "127.0.0.1") -> Iterator[socket.socket]:
    """A socket of a device, connected to the receiver."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.bind((host, 0))
        sock.connect((host if host == "::1" else "127.0.0.1", ear.port))
        yield sock


async def test_all_traps_of_a_quiet_source_arrive_beside_a_flood() -> None:
    async with receiving(TWO) as ear:
        with device(ear, FLOODER) as flooder, device(ear, QUIET) as quiet:
            for number in range(20_000):
                flooder.send(link_down(number))
                if number % 100 == 0:
                    quiet.send(link_down(number))
                while number % 100 == 99 and ear.counts().received <= number:
                    await asyncio.sleep(0)  # also the smallest buffer holds a hundred
            await eventually(lambda: ear.counts(2).told == 200 and not ear.intake.waiting)
        found = Counter(one.source for one in ear.heard)
        assert found[2] == 200
        assert (found[1] + ear.counts().crowded, ear.receiver.drops()) == (20_000, 0)


async def test_what_the_kernel_throws_away_is_told_by_its_own_counter() -> None:
    async with receiving(TWO, buffer_octets=4096) as ear:
        with device(ear, FLOODER) as flooder:
            for number in range(500):  # nothing is read meanwhile: the loop is ours
                flooder.send(link_down(number))
            drops = ear.receiver.drops()
            assert drops is not None
            assert 0 < drops < 500
            assert ear.receiver._sock is not None
            assert listed_drops(ear.receiver._sock) == drops, "/proc/net/udp counts the same"
            await eventually(lambda: ear.counts().received + drops == 500)
        assert ear.receiver.drops() == drops


async def test_the_buffer_is_as_large_as_the_machine_allows() -> None:
    async with receiving() as small, receiving(buffer_octets=BUFFER_OCTETS // 8) as other:
        assert small.receiver.buffer_octets >= other.receiver.buffer_octets >= BUFFER_OCTETS // 8


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_an_inform_is_answered_for_each_copy_to_the_port_it_came_from(host: str) -> None:
    async with receiving(host=host) as ear:
        with device(ear, host) as first, device(ear, host) as second:
            loop, inform = asyncio.get_running_loop(), link_down(1, request=5, inform=True)
            for sock in (first, second, first):
                sock.send(inform)
            async with asyncio.timeout(10):
                answers = [await loop.sock_recv(sock, 4096) for sock in (first, second, first)]
            assert all(acknowledged(one, b"public", 5) for one in answers)
            for sock in (first, second):
                with pytest.raises(BlockingIOError):
                    sock.recv(4096)
        assert ([one.count for one in ear.heard], ear.counts().retransmitted) == ([1], 2)


async def test_one_socket_hears_both_families_and_knows_them_by_their_plain_addresses() -> None:
    async with receiving(host="::") as ear:
        for host in ("127.0.0.1", "::1"):
            with device(ear, host) as sock:
                sock.send(link_down(1 if host == "::1" else 2))
        await eventually(lambda: ear.counts().told == 2)
        assert ear.intake.strangers.count == 0


async def test_other_work_of_the_loop_goes_on_during_a_flood() -> None:
    async with receiving({"127.0.0.1": FREE}) as ear:
        with device(ear) as sock:
            for number in range(3000):
                sock.send(link_down(number))
            turns = 0
            while ear.counts().told < 3000:
                turns += 1
                await asyncio.sleep(0)
        assert turns > 5
        assert ear.receiver.turns > 5


async def test_what_was_received_is_told_when_the_port_closes() -> None:
    async with receiving() as ear:
        with device(ear) as sock:
            for _ in range(5):
                sock.send(link_down(1))
            await eventually(lambda: ear.counts().received == 5)
        assert [one.count for one in ear.heard] == [1]
    assert [one.count for one in ear.heard] == [1, 4]
    assert ear.receiver.drops() is None


async def test_a_port_that_is_taken_is_named() -> None:
    async with receiving() as ear:
        with pytest.raises(OSError, match=f"cannot bind UDP 127.0.0.1 port {ear.port} for traps"):
            await ear.receiver.__class__(ear.intake).open("127.0.0.1", ear.port)


async def test_sources_may_change_while_it_listens() -> None:
    async with receiving() as ear:
        with device(ear) as sock:
            sock.send(link_down(1))
            await eventually(lambda: ear.counts().told == 1)
            ear.intake.know({"192.0.2.1": OURS})
            sock.send(link_down(2))
            await eventually(lambda: ear.intake.strangers.count == 1)
        assert ear.counts().told == 1
