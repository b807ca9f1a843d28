"""A plain loop of requests: repeated until answered, believed only when rightly signed."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from oss.lab.exchanges import LOGIN_TRIES, Exchanges, Router
from radius import attributes as a
from radius.integrity import Secret, reply
from radius.packet import Packet

SECRET = Secret(b"between-us")
RESEND_S = 0.1
NAME = a.attr(a.USER_NAME, "cli1")


@dataclass
class Bench:
    """A NAS's exchanges and the server's socket."""

    server: socket.socket
    exchanges: Exchanges = field(init=False)
    answers: list[Packet | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        here = self.server.getsockname()
        self.exchanges = Exchanges(here, here, [Router("127.0.0.1", SECRET, b"")], RESEND_S)
        self.exchanges.watch(self.server.fileno(), lambda: None)  # a turn ends when the server gets something

    def heard(self) -> tuple[Packet, tuple[str, int]]:
        """The next request that the server gets; the loop goes round meanwhile."""
        give_up = time.monotonic() + 10
        while time.monotonic() < give_up:
            self.exchanges.turn()
            try:
                datagram, peer = self.server.recvfrom(4096)
            except BlockingIOError:
                continue
            return Packet.parse(datagram), peer
        raise TimeoutError("nothing came")

    def acknowledge(self, asked: Packet, peer: tuple[str, int]) -> None:
        """Until the NAS has heard it; on a slow machine it has repeated the record meanwhile."""
        give_up = time.monotonic() + 10
        while time.monotonic() < give_up:
            self.server.sendto(reply(a.ACCOUNTING_RESPONSE, asked, b"", SECRET), peer)
            self.exchanges.turn()
            if self.answers:
                return
            asked, peer = self.heard()
        raise TimeoutError("the NAS takes no answer")

    def turn_for(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.exchanges.turn()


@pytest.fixture
def bench() -> Iterator[Bench]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.setblocking(False)
        made = Bench(server)
        yield made
        made.exchanges.close()


def test_a_record_is_repeated_under_another_identifier_until_it_is_acknowledged(bench: Bench) -> None:
    bench.exchanges.account(0, NAME, bench.answers.append)
    first, _ = bench.heard()
    second, peer = bench.heard()
    assert SECRET.verify_request_authenticator(second)
    assert (first.id != second.id, first.get(a.USER_NAME), second.get(a.USER_NAME)) == (True, b"cli1", b"cli1")
    assert a.ACCT_DELAY_TIME in second
    bench.acknowledge(second, peer)
    assert (bench.exchanges.records_pending, bench.exchanges.sent) == (0, 1)
    assert bench.exchanges.resent >= 1


def test_a_login_is_repeated_with_the_same_octets_and_given_up_after_some_tries(bench: Bench) -> None:
    bench.exchanges.login(0, NAME, b"secret", bench.answers.append)
    told = {bench.heard()[0].raw for _ in range(LOGIN_TRIES)}
    bench.turn_for(2 * RESEND_S)
    assert (len(told), bench.answers, bench.exchanges.given_up) == (1, [None], 1)


def test_an_answer_that_is_not_rightly_signed_acknowledges_nothing(bench: Bench) -> None:
    bench.exchanges.account(0, NAME, bench.answers.append)
    asked, peer = bench.heard()
    bench.server.sendto(reply(a.ACCOUNTING_RESPONSE, asked, b"", Secret(b"a stranger's")), peer)
    bench.heard()
    assert not bench.answers
    assert (bench.exchanges.bad, bench.exchanges.records_pending) == (1, 1)


def test_a_late_answer_to_a_packet_that_was_repeated_is_nobodys_and_no_forgery(bench: Bench) -> None:
    bench.exchanges.account(0, NAME, lambda answer: None)
    first, peer = bench.heard()
    bench.turn_for(2 * RESEND_S)  # it is told again, under another identifier; the first one is free
    for number in range(255):
        bench.exchanges.account(0, a.attr(a.USER_NAME, f"other{number}"), bench.answers.append)
    bench.server.sendto(reply(a.ACCOUNTING_RESPONSE, first, b"", SECRET), peer)
    bench.exchanges.turn()
    assert (bench.answers, bench.exchanges.bad) == ([], 0)
    bench.server.sendto(reply(a.ACCOUNTING_RESPONSE, first, b"", Secret(b"a stranger's")), peer)
    bench.exchanges.turn()
    assert bench.exchanges.bad == 1


def test_in_silence_nothing_is_sent_or_repeated_and_later_all_of_it_is(bench: Bench) -> None:
    bench.exchanges.silent = True
    bench.exchanges.account(0, NAME, bench.answers.append)
    bench.turn_for(3 * RESEND_S)
    with pytest.raises(BlockingIOError):
        bench.server.recvfrom(4096)
    bench.exchanges.silent = False
    assert bench.heard()[0].get(a.USER_NAME) == b"cli1"


def test_more_requests_than_a_socket_has_identifiers_are_under_way_at_once(bench: Bench) -> None:
    for _ in range(300):
        bench.exchanges.account(0, NAME, bench.answers.append)
    assert len({peer for _, peer in (bench.heard() for _ in range(300))}) == 2
