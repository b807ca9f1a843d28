"""The asking side against a NAS that answers rightly, wrongly, late or not at all."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable

import pytest

from radius import attributes as a
from radius.attributes import attr
from radius.auth import Credential, check, pap_encrypt
from radius.client import Client, NoReply
from radius.dynamic_authorization import parse
from radius.integrity import Secret, reply
from radius.packet import Packet
from radius.server import AccessReply, Peer
from radius.sockets import Address

from .wires import SECRET, Answer, listening, udp_end

KEYS = attr(a.USER_NAME, "demo001") + attr(a.ACCT_SESSION_ID, "81200042")


def ack(data: bytes, secret: Secret = SECRET, code: int = a.COA_ACK, attributes: bytes = b"") -> bytes:
    return reply(code, Packet.parse(data), attributes, secret)


def nas(*answers: Callable[[bytes], Iterable[bytes]]) -> Answer:
    """Answers the first datagram as the first says, and so on; the last one stays."""
    left = list(answers)

    def answer(data: bytes, addr: Address) -> Iterable[bytes]:
        return (left.pop(0) if len(left) > 1 else left[0])(data)

    return answer


def says(data: bytes) -> list[bytes]:
    return [ack(data)]


def silent(data: bytes) -> list[bytes]:
    return []


async def test_a_change_is_acknowledged() -> None:
    async with udp_end(nas(says)) as end, Client("127.0.0.1") as client:
        answer = await client.exchange(end.address, a.COA_REQUEST, KEYS, SECRET)
        octets, _ = end.heard.get_nowait()
    assert parse(answer).ack
    assert SECRET.verify_request_authenticator(Packet.parse(octets))
    assert SECRET.verify_message_authenticator(Packet.parse(octets)) is True


async def test_a_refusal_comes_back_with_its_cause() -> None:
    def refuses(data: bytes) -> list[bytes]:
        return [ack(data, code=a.DISCONNECT_NAK, attributes=attr(a.ERROR_CAUSE, 503))]

    async with udp_end(nas(refuses)) as end, Client("127.0.0.1") as client:
        outcome = parse(await client.exchange(end.address, a.DISCONNECT_REQUEST, KEYS, SECRET))
    assert (outcome.ack, outcome.session_unknown) == (False, True)


async def test_an_unanswered_request_is_repeated_octet_for_octet_from_the_same_port() -> None:
    async with udp_end(nas(silent, silent, says)) as end, Client("127.0.0.1") as client:
        answer = await client.exchange(end.address, a.COA_REQUEST, KEYS, SECRET, timeout_s=0.02, tries=50)
        tries = [end.heard.get_nowait() for _ in range(end.heard.qsize())]
    assert parse(answer).ack
    assert len(tries) >= 3
    assert len(set(tries)) == 1


async def test_a_nas_that_never_answers_is_told_apart_after_all_tries() -> None:
    async with udp_end(nas(silent)) as end, Client("127.0.0.1") as client:
        with pytest.raises(NoReply, match="did not answer 3 tries"):
            await client.exchange(end.address, a.COA_REQUEST, KEYS, SECRET, timeout_s=0.01)
        assert end.heard.qsize() == 3


async def test_a_port_where_nobody_listens_is_no_reply() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as closed:
        closed.bind(("127.0.0.1", 0))
        address = closed.getsockname()
    async with Client("127.0.0.1") as client:
        with pytest.raises(NoReply):
            await client.exchange(address, a.COA_REQUEST, KEYS, SECRET, timeout_s=0.01, tries=2)


def _unsigned_right(data: bytes) -> bytes:
    """A rightly authenticated ack with a wrong Message-Authenticator."""
    forged = attr(a.MESSAGE_AUTHENTICATOR, bytes(16))
    head = bytes((a.COA_ACK, data[1], 0, 20 + len(forged)))
    return head + SECRET.digest(head + data[4:20] + forged) + forged


WRONG: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("bad_authenticator", lambda data: ack(data, Secret(b"another"))),
    ("bad_authenticator", _unsigned_right),
    ("wrong_code", lambda data: ack(data, code=a.DISCONNECT_ACK)),
    ("wrong_code", lambda data: data),
    ("unasked", lambda data: ack(data[:1] + bytes((data[1] ^ 0x80,)) + data[2:])),
    ("malformed", lambda data: ack(data)[:-1]),
]


@pytest.mark.parametrize(("counter", "wrong"), WRONG)
async def test_a_wrong_answer_is_counted_and_the_right_one_still_awaited(
    counter: str, wrong: Callable[[bytes], bytes]
) -> None:
    async with udp_end(nas(lambda data: [wrong(data), ack(data)])) as end, Client("127.0.0.1", 1) as client:
        answer = await client.exchange(end.address, a.COA_REQUEST, KEYS, SECRET, timeout_s=5)
        assert parse(answer).ack
        assert {name: count for name, count in client.counters.items() if count} == {counter: 1}


async def test_an_answer_from_another_address_is_not_an_answer() -> None:
    async with udp_end() as stranger, Client("127.0.0.1", 1) as client:

        def after_the_stranger(data: bytes, addr: Address) -> list[bytes]:
            stranger.send(ack(data, code=a.COA_NAK), addr)
            return [ack(data)]

        async with udp_end(after_the_stranger) as end:
            answer = await client.exchange(end.address, a.COA_REQUEST, KEYS, SECRET, timeout_s=5)
        assert parse(answer).ack
        assert client.counters["unasked"] == 1


async def test_an_answer_that_comes_late_reaches_nobody() -> None:
    async with udp_end(nas(silent)) as end, Client("127.0.0.1", 1) as client:
        with pytest.raises(NoReply):
            await client.exchange(end.address, a.COA_REQUEST, KEYS, SECRET, timeout_s=0.01, tries=1)
        late, _ = end.heard.get_nowait()
        end.answer = lambda data, addr: [ack(late), ack(data)]
        answer = await client.exchange(end.address, a.COA_REQUEST, KEYS, SECRET, timeout_s=5)
        assert parse(answer).ack
        assert client.counters["unasked"] == 1


async def test_an_answer_that_comes_twice_at_once_counts_once() -> None:
    async with Client("127.0.0.1", 1) as client, udp_end() as end:
        delivered: list[int] = []

        def twice(data: bytes, addr: Address) -> list[bytes]:
            for time in (1, 2):
                client._lanes[0].datagram_received(ack(data), end.address)
                delivered.append(time)
            return []

        end.answer = twice
        assert parse(await client.exchange(end.address, a.COA_REQUEST, KEYS, SECRET, timeout_s=5)).ack
        assert delivered == [1, 2]


async def test_all_identifiers_are_used_before_one_is_used_again() -> None:
    async with udp_end(nas(says)) as end, Client("127.0.0.1", 2) as client:
        for _ in range(512):
            await client.exchange(end.address, a.COA_REQUEST, KEYS, SECRET, timeout_s=5)
        used = [(addr, octets[1]) for octets, addr in (end.heard.get_nowait() for _ in range(512))]
    assert len(set(used)) == 512


async def test_the_257th_request_of_a_socket_waits_for_an_identifier() -> None:
    async with udp_end(nas(silent)) as end, Client("127.0.0.1", 1) as client:
        ask = [asyncio.ensure_future(_exchange(client, end.address)) for _ in range(257)]
        first = [await asyncio.wait_for(end.heard.get(), 5) for _ in range(256)]
        assert len({octets[1] for octets, _ in first}) == 256
        assert end.heard.empty()
        end.answer = lambda data, addr: [ack(data)]
        end.send(ack(first[0][0]), first[0][1])
        done, _ = await asyncio.wait(ask, return_when=asyncio.FIRST_COMPLETED)
        assert len(done) == 1
        last, _ = await asyncio.wait_for(end.heard.get(), 5)
        assert last[1] == first[0][0][1]
        for octets, addr in first[1:]:
            end.send(ack(octets), addr)
        assert all(parse(packet).ack for packet in await asyncio.gather(*ask))


async def _exchange(client: Client, address: Address) -> Packet:
    return await client.exchange(address, a.COA_REQUEST, KEYS, SECRET, timeout_s=5, tries=1)


async def test_waiting_for_an_identifier_has_an_end() -> None:
    async with udp_end(nas(silent)) as end, Client("127.0.0.1", 1) as client:
        busy = [asyncio.ensure_future(_exchange(client, end.address)) for _ in range(256)]
        for _ in busy:
            await asyncio.wait_for(end.heard.get(), 5)
        with pytest.raises(NoReply, match="no identifier became free"):
            await client.exchange(end.address, a.COA_REQUEST, KEYS, SECRET, timeout_s=0.01, tries=2)
        for task in busy:
            task.cancel()
        await asyncio.wait(busy)
        end.answer = lambda data, addr: [ack(data)]
        assert parse(await _exchange(client, end.address)).ack  # a cancelled request gives its identifier back


async def test_a_silent_nas_holds_up_nobody_but_itself() -> None:
    async with udp_end(nas(silent)) as dead, udp_end(nas(says)) as alive, Client("127.0.0.1", 1) as client:
        busy = [asyncio.ensure_future(_exchange(client, dead.address)) for _ in range(300)]
        for _ in range(256):
            await asyncio.wait_for(dead.heard.get(), 5)
        assert parse(await _exchange(client, alive.address)).ack
        for task in busy:
            task.cancel()
        await asyncio.wait(busy)


async def test_a_closed_client_says_so() -> None:
    async with udp_end(nas(says)) as end:
        async with Client("127.0.0.1", 1) as client:
            pass
        with pytest.raises(NoReply, match="closed"):
            await client.exchange(end.address, a.COA_REQUEST, KEYS, SECRET)


async def test_the_source_address_is_the_one_asked_for() -> None:
    async with udp_end(nas(says)) as end, Client("127.0.0.7", 1) as client:
        await client.exchange(end.address, a.COA_REQUEST, KEYS, SECRET, timeout_s=5)
        _, addr = end.heard.get_nowait()
    assert addr[0] == "127.0.0.7"


async def test_a_source_address_of_somebody_else_is_named() -> None:
    with pytest.raises(OSError, match=r"cannot bind UDP 192\.0\.2\.1"):
        async with Client("192.0.2.1"):
            pass


async def test_a_password_is_hidden_with_the_authenticator_given() -> None:
    authenticator = bytes(range(16))
    hidden = attr(a.USER_PASSWORD, pap_encrypt(b"demo001pw", SECRET, authenticator))

    def handle(packet: Packet, peer: Peer) -> AccessReply:
        right = check(packet, peer.secret, Credential(b"demo001pw"))
        return AccessReply(a.ACCESS_ACCEPT if right else a.ACCESS_REJECT)

    async with listening("auth", handle) as listener, Client("127.0.0.1") as client:
        answer = await client.exchange(
            listener.address, a.ACCESS_REQUEST, KEYS + hidden, SECRET, timeout_s=5, authenticator=authenticator
        )
    assert answer.code == a.ACCESS_ACCEPT


async def test_accounting_and_status_are_asked_too() -> None:
    async with (
        listening("acct", lambda packet, peer, source, at, acknowledge: acknowledge()) as listener,
        Client("127.0.0.1") as client,
    ):
        for code in (a.ACCOUNTING_REQUEST, a.STATUS_SERVER):
            answer = await client.exchange(listener.address, code, b"", SECRET, timeout_s=5)
            assert answer.code == a.ACCOUNTING_RESPONSE
