"""A bucket for each NAS, and logins before accounting, on real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import threading
import time
from collections.abc import Callable
from ipaddress import ip_network

import pytest

from radius import attributes as a
from radius.admission import Admission, Bucket, Queue
from radius.attributes import attr
from radius.datagrams import waiting
from radius.integrity import request
from radius.packet import Packet
from radius.server import AccessReply, Listener, Peer, PeerTable
from tests.waiting import eventually

from .wires import NAS, SECRET, hears, peer, recorded

ACCEPT = AccessReply(a.ACCESS_ACCEPT)


def login(ident: int, vector: int = 0) -> bytes:
    return request(
        a.ACCESS_REQUEST, ident % 256, attr(a.USER_NAME, "nemo"), SECRET, authenticator=vector.to_bytes(16, "big")
    )


def record(number: int) -> bytes:
    body = attr(a.ACCT_STATUS_TYPE, a.ACCT_INTERIM) + attr(a.ACCT_SESSION_ID, str(number))
    return request(a.ACCOUNTING_REQUEST, number % 256, body, SECRET)


# The bucket


def test_a_bucket_gives_a_seconds_worth_at_once_and_then_as_much_as_flows_in() -> None:
    bucket = Bucket(10)
    assert [bucket.take(100.0) for _ in range(30)].count(True) == 10
    assert [bucket.take(100.05) for _ in range(5)] == [False] * 5
    assert [bucket.take(100.5) for _ in range(9)].count(True) == 5


def test_in_any_long_time_no_more_than_the_rate_is_taken() -> None:
    bucket = Bucket(100)
    taken = sum(bucket.take(step / 1000) for step in range(60_000))
    assert 6_000 <= taken <= 6_000 + 100


def test_no_limit_is_no_limit() -> None:
    bucket = Bucket()
    assert all(bucket.take(1.0) for _ in range(100_000))


def test_half_a_request_a_second_is_one_in_two_seconds() -> None:
    bucket = Bucket(0.5)
    assert [bucket.take(float(second)) for second in range(10)].count(True) <= 6


def standing() -> Queue:
    """A queue that has not been empty for long."""
    queue = Queue(lambda: 1.0)
    now = time.monotonic()
    assert [queue.stands(now - 0.2 + step / 50) for step in range(10)][-1]
    return queue


def test_heaps_that_are_worked_off_are_no_queue_and_one_that_stays_is_for_a_second_more() -> None:
    share = 0.0
    queue = Queue(lambda: share)
    for step in range(100):
        share = 0.0 if step % 8 == 7 else 0.9
        assert not queue.stands(step / 100)
    share = 0.9
    assert [queue.stands(2 + step * 0.03) for step in range(5)] == [False] * 4 + [True]
    share = 0.0
    assert queue.stands(3.0) and not queue.stands(3.2)
    share = 0.9
    assert not queue.stands(9.0)  # nobody asked for long: what was then says nothing of now


def test_what_a_nas_sends_above_its_limit_is_served_while_nobody_waits() -> None:
    one = peer(limit=Bucket(3))
    listener, wire = recorded("auth", lambda packet, peer: ACCEPT, one)
    listener.receive([(login(number, number), NAS) for number in range(20)])
    assert (len(wire.sent), one.counters["limited"]) == (20, 0)


def test_what_a_nas_sends_above_its_limit_while_others_wait_is_dropped_and_counted() -> None:
    one = peer(limit=Bucket(3))
    listener, wire = recorded("auth", lambda packet, peer: ACCEPT, one, queue=standing())
    listener.receive([(login(number, number), NAS) for number in range(20)])
    assert (len(wire.sent), one.counters["limited"]) == (3, 17)
    assert listener.counters["limited"] == one.counters["limited"]


# Logins before accounting


class Records:
    def __init__(self) -> None:
        self.taken = 0

    def __call__(self, packet: Packet, peer: Peer, source: object, at: float, ack: Callable[[], None]) -> None:
        self.taken += 1
        ack()


def behind(share: float, bound: float = 5) -> tuple[Listener, list[tuple[bytes, object]], Records]:
    records = Records()
    listener, wire = recorded("acct", records, admission=Admission(lambda: share, bound))
    return listener, wire.sent, records


def test_while_logins_wait_accounting_above_a_bound_is_put_off_silently() -> None:
    listener, sent, records = behind(0.5)
    listener.receive([(record(number), NAS) for number in range(100)])
    assert records.taken == len(sent) == 5
    assert listener.counters["put_off"] == 100 - records.taken


def test_while_no_login_waits_all_accounting_is_taken() -> None:
    listener, sent, records = behind(0.01)
    listener.receive([(record(number), NAS) for number in range(100)])
    assert records.taken == len(sent) == 100


def test_what_was_answered_is_answered_again_and_status_too_while_logins_wait() -> None:
    """The answer to a repetition costs little and spares the next one."""
    listener, sent, _ = behind(0.5)
    hears(listener, record(1), NAS)
    listener.receive([(record(number), NAS) for number in range(2, 100)])
    before, put_off = len(sent), listener.counters["put_off"]
    hears(listener, record(1), NAS)
    hears(listener, request(a.STATUS_SERVER, 1, b"", SECRET), NAS)
    assert (len(sent) - before, listener.counters["put_off"] - put_off) == (2, 0)


def busy(seconds: float) -> None:
    """Python at work: nobody else's turn."""
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what waits in a socket")
@pytest.mark.parametrize("portable", [False, True])
async def test_under_overload_logins_are_answered_first(portable: bool) -> None:
    """More of both waits in the sockets than a second can serve; the logins' answers do not wait for the records."""
    order: list[str] = []

    def access(packet: Packet, peer: Peer) -> AccessReply:
        busy(0.002)
        order.append("login")
        return ACCEPT

    def account(packet: Packet, peer: Peer, source: object, at: float, ack: Callable[[], None]) -> None:
        busy(0.002)
        order.append("record")
        ack()

    peers = PeerTable([(ip_network("127.0.0.1"), peer())])
    auth = Listener("auth", peers, access, portable=portable)
    admission = Admission(lambda: waiting(auth.wire), bound_per_s=20, behind=0.01)
    acct = Listener("acct", peers, account, portable=portable, admission=admission)
    for listener in (acct, auth):
        await listener.open("127.0.0.1", 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nas:
        for number in range(500):
            nas.sendto(record(number), acct.address)
            nas.sendto(login(number, number), auth.address)
        await eventually(lambda: order.count("login") == 500)
        before = order[: len(order) - order[::-1].index("login")].count("record")
        await eventually(lambda: acct.counters["requests"] == 500)
    assert auth.counters["answers"] == 500
    assert before < 250 and acct.counters["put_off"] > 200, (before, acct.counters)
    for listener in (acct, auth):
        await listener.close()


class Flood(threading.Thread):
    """A mad NAS: as many logins as a thread can send, each a new one."""

    def __init__(self, source: str, address: tuple[str, int], burst: int) -> None:
        super().__init__(daemon=True)
        self.source, self.address, self.over, self.sent = source, address, threading.Event(), 0
        self.octets, self.burst = login(1), burst

    def run(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nas:
            nas.bind((self.source, 0))
            while not self.over.is_set():
                for _ in range(self.burst):
                    self.sent += 1
                    vector = self.sent.to_bytes(16, "big")
                    nas.sendto(self.octets[:4] + vector + self.octets[20:], self.address)
                self.over.wait(0.001)


async def answered(nas: socket.socket, octets: bytes, address: tuple[str, int], tries: int) -> bool:
    """As NAS do: sent again while nothing comes."""
    loop = asyncio.get_running_loop()
    for _ in range(tries):
        nas.sendto(octets, address)
        with contextlib.suppress(TimeoutError):
            return bool(await asyncio.wait_for(loop.sock_recv(nas, 4096), 0.7))
    return False


async def lost(limit: float, count: int, flooded: int, burst: int, tries: int, enough: int) -> tuple[int, Peer]:
    """How many of a quiet NAS's logins get no answer beside a mad one; looks no further when that many got none."""
    mad, quiet = Peer(1, "mad", SECRET, ma_policy="off", limit=Bucket(limit)), Peer(2, "quiet", SECRET)

    def access(packet: Packet, peer: Peer) -> AccessReply:
        busy(0.002)
        return ACCEPT

    peers = PeerTable([(ip_network("127.0.0.2"), mad), (ip_network("127.0.0.1"), quiet)])
    listener = Listener("auth", peers, access)
    await listener.open("127.0.0.1", 0)
    missing = 0
    flood = Flood("127.0.0.2", listener.address, burst)
    flood.octets = request(a.ACCESS_REQUEST, 1, attr(a.USER_NAME, "x"), SECRET, message_authenticator=False)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nas:
        nas.bind(("127.0.0.1", 0))
        nas.setblocking(False)
        flood.start()
        await eventually(lambda: mad.counters["requests"] > flooded)
        for number in range(count):
            missing += not await answered(nas, login(number, number), listener.address, tries)
            if missing >= enough:
                break
        flood.over.set()
        await asyncio.to_thread(flood.join)
    await listener.close()
    return missing, mad


@pytest.mark.skipif(sys.platform != "linux", reason="127.0.0.2 is an address of its own on Linux")
async def test_a_nas_that_floods_does_not_make_another_lose_its_logins() -> None:
    missing, mad = await lost(limit=200, count=100, flooded=2_000, burst=50, tries=3, enough=100)
    assert mad.counters["limited"] > 1_000
    assert missing == 0, f"{missing} of 100 lost"


@pytest.mark.skipif(sys.platform != "linux", reason="127.0.0.2 is an address of its own on Linux")
async def test_without_a_limit_it_does() -> None:
    """The test above can fail: the same flood without a limit keeps the others out."""
    missing, mad = await lost(limit=0, count=3, flooded=500, burst=500, tries=1, enough=1)
    assert mad.counters["limited"] == 0
    assert missing > 0
