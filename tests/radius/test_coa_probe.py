"""A question to a NAS's port tells apart: answered, answered by another secret, nobody there, silence (RFC 5176)."""

from __future__ import annotations

import asyncio
import socket

import pytest

from radius import attributes as a
from radius.coa_probe import ask, refuses
from radius.integrity import Secret, reply
from radius.packet import Packet
from radius.sockets import Address
from tests.oss.lab.small_server import udp_end

SECRET = Secret(b"testing123")
BODY = a.attr(a.ACCT_SESSION_ID, "nobody")


def nak(secret: Secret, data: bytes) -> bytes:
    return reply(a.DISCONNECT_NAK, Packet.parse(data), a.attr(a.ERROR_CAUSE, 503), secret)


async def test_a_nak_rightly_signed_is_an_answer_rfc_5176_section_3_5() -> None:
    async with udp_end(lambda data, _: [nak(SECRET, data)]) as end:
        found = await ask(end.address, a.DISCONNECT_REQUEST, BODY, SECRET)
    assert found.kind == "answered" and found.outcome is not None and found.outcome.session_unknown


async def test_an_answer_with_another_secret_is_none_and_is_told_of() -> None:
    async with udp_end(lambda data, _: [nak(Secret(b"other"), data)]) as end:
        assert (await ask(end.address, a.DISCONNECT_REQUEST, BODY, SECRET, 0.05, 2)).kind == "forged"


async def test_noise_before_the_answer_is_passed_over() -> None:
    async with udp_end(lambda data, _: [b"noise", nak(Secret(b"other"), data), nak(SECRET, data)]) as end:
        assert (await ask(end.address, a.DISCONNECT_REQUEST, BODY, SECRET)).kind == "answered"


async def test_an_unanswered_question_is_repeated_octet_for_octet() -> None:
    heard: list[bytes] = []

    def answer(data: bytes, _: Address) -> list[bytes]:
        heard.append(data)
        return [nak(SECRET, data)] if len(heard) == 3 else []

    async with udp_end(answer) as end:
        assert (await ask(end.address, a.DISCONNECT_REQUEST, BODY, SECRET, 0.05, 3)).kind == "answered"
        assert len(set(heard)) == 1
        heard[:] = [b"", b"", b""]
        assert (await ask(end.address, a.DISCONNECT_REQUEST, BODY, SECRET, 0.05, 2)).kind == "silent"


async def test_a_port_where_nothing_listens_says_so_at_once() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    async with asyncio.timeout(5):
        assert (await ask(("127.0.0.1", port), a.DISCONNECT_REQUEST, BODY, SECRET, 60.0)).kind == "refused"
        assert await refuses("127.0.0.1", port, 60.0)


async def test_where_something_listens_nothing_is_refused() -> None:
    async with udp_end(lambda *_: []) as end:
        assert not await refuses(*end.address, timeout_s=0.05)


async def test_an_address_that_is_none_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="router"):
        await ask(("router.example", 3799), a.DISCONNECT_REQUEST, BODY, SECRET)
