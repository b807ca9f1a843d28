"""Echoes come back from who is there, are lost where nobody is, and keep to their rate."""

from __future__ import annotations

import asyncio
import contextlib
import math
import socket
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.monitoring import icmp, ping
from oss.monitoring.ping import Heard, Pinger

NOBODY = "240.0.0.1"  # reserved (RFC 1112 4): routed nowhere


def lets_us() -> bool:
    if (made := ping.opened(4)) is None:
        return False
    made.close()
    return True


LETS_US = lets_us()
by_icmp = pytest.mark.skipif(not LETS_US, reason="the kernel lets us send no ICMP")


@given(st.binary(min_size=8, max_size=8), st.integers(0, 2**64 - 1), st.sampled_from((4, 6)))
def test_what_is_sent_comes_back_as_it_was(mark: bytes, number: int, version: int) -> None:
    sent = icmp.request(version, mark, number)
    assert version == 6 or icmp.checksum(sent) == 0
    answer = bytes([icmp.REPLY[version]]) + sent[1:]
    assert icmp.reply(version, answer) == icmp.Echo(mark, number)
    assert icmp.reply(version, sent) is None  # a request is no answer
    if version == 4:
        assert icmp.reply(4, b"\x45" + bytes(19) + answer) == icmp.Echo(mark, number)


@given(st.binary(max_size=80), st.sampled_from((4, 6)))
def test_no_octets_break_the_reader(octets: bytes, version: int) -> None:
    found = icmp.reply(version, octets)
    assert found is None or len(found.mark) == 8


def test_the_checksum_is_that_of_the_rfc() -> None:
    assert icmp.checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF - 0xDDF2  # RFC 1071 3


@by_icmp
async def test_ourselves_answer_by_icmp() -> None:
    pinger = Pinger()
    try:
        heard, six = await pinger.ping_all(["127.0.0.1", "::1"], gap_s=0)
        assert pinger.by_icmp(4) and (heard.sent, len(heard.times), heard.loss_pct) == (3, 3, 0)
        assert 0 < heard.rtt_ms < 2_000
        assert six.loss_pct in (0, 100)  # a machine may have no IPv6
    finally:
        pinger.close()


async def test_without_icmp_a_port_that_refuses_is_an_answer(unused_tcp_port: int) -> None:
    pinger = Pinger(icmp_allowed=False, tcp_port=unused_tcp_port)
    heard = await pinger.ping("127.0.0.1", gap_s=0)
    assert (len(heard.times), heard.loss_pct, pinger.by_icmp(4)) == (3, 0, False)


async def test_without_icmp_an_open_port_is_an_answer() -> None:
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        pinger = Pinger(icmp_allowed=False, tcp_port=server.sockets[0].getsockname()[1])
        assert (await pinger.ping("127.0.0.1", 1)).loss_pct == 0


@by_icmp
async def test_where_there_is_no_way_an_echo_is_lost() -> None:
    pinger = Pinger(timeout_s=0.05)
    heard = await pinger.ping(NOBODY, 2, gap_s=0)
    assert (heard.times, heard.loss_pct) == ((), 100) and math.isnan(heard.rtt_ms)
    pinger.close()


async def test_without_icmp_who_does_not_answer_in_time_is_lost() -> None:
    """A server that takes nobody: its queue is full, and the kernel answers no more."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, contextlib.ExitStack() as stack:
        address = full.getsockname()
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(address)
        pinger = Pinger(timeout_s=0.05, icmp_allowed=False, tcp_port=address[1])
        assert (await pinger.ping("127.0.0.1", 1)).loss_pct == 100


@by_icmp
async def test_an_answer_from_elsewhere_or_of_another_pinger_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    pinger, answers = Pinger(timeout_s=0.05), []

    class Liar:
        """Answers each echo in a stranger's name, or with a stranger's mark."""

        def sendto(self, octets: bytes, where: tuple[str, int]) -> None:
            forged = b"\0" + octets[1:]
            answers.append((forged, ("192.0.2.66", 0)))
            answers.append((forged[:8] + bytes(8) + forged[16:], where))
            pinger._read(4, self)  # type: ignore[arg-type]

        def recvfrom(self, most: int) -> Any:
            if not answers:
                raise BlockingIOError
            return answers.pop(0)

    monkeypatch.setattr(Pinger, "_socket", lambda self, version: Liar())
    assert (await pinger.ping("127.0.0.1", 1)).times == ()
    assert answers == []


async def test_echoes_keep_to_their_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(ping, "asyncio", SimpleNamespace(sleep=sleep))
    monkeypatch.setattr(ping, "time", SimpleNamespace(monotonic=lambda: 100.0))
    pinger = Pinger(per_second=10)
    for _ in range(5):
        await pinger._turn()
    assert waits == pytest.approx([0.1, 0.2, 0.3, 0.4])


def test_what_was_heard_is_a_sample() -> None:
    sample = Heard(4, (0.010, 0.020, 0.030)).sample(7, 9, 5.0)
    assert (sample.owner_id, sample.objects, sample.metrics) == (7, (9,), (pytest.approx(20), pytest.approx(25)))


async def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        await Pinger().ping("router.example")
