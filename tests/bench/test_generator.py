"""The load generator against a server that answers right, wrong, forged or not at all: it must see the difference."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from bench import generator, packages
from bench.children import ChildEnded

pytestmark = pytest.mark.skipif(
    bool(packages.missing(packages.generator())), reason="gcc or libssl-dev is not installed"
)
SECRET = b"testing123"
ACCEPT, REJECT, ACCOUNTED = 2, 3, 5
Answer = Callable[[bytes], bytes | None]


def attribute(kind: int, value: bytes) -> bytes:
    return bytes([kind, len(value) + 2]) + value


def vendor(number: int, kind: int, value: bytes) -> bytes:
    return attribute(26, struct.pack(">I", number) + attribute(kind, value))


def found(request: bytes, wanted: int) -> bytes:
    """The value of an attribute of a request."""
    at = 20
    while request[at] != wanted:
        at += request[at + 1]
    return request[at + 2 : at + request[at + 1]]


def signed(request: bytes, code: int, body: bytes = b"", secret: bytes = SECRET) -> bytes:
    """An answer with both authenticators (RFC 2865 3, RFC 3579 3.2)."""
    whole = attribute(80, bytes(16)) + body
    head = bytes([code, request[1]]) + struct.pack(">H", 20 + len(whole))
    whole = attribute(80, hmac.digest(secret, head + request[4:20] + whole, "md5")) + body
    return head + hashlib.md5(head + request[4:20] + whole + secret).digest() + whole


def rate_limit(request: bytes) -> bytes:
    plan = int(found(request, 1)[-1:])
    return vendor(14988, 8, f"{(plan + 1) * 10}M/{(plan + 1) * 20}M".encode())


def accept(request: bytes) -> bytes:
    return signed(request, ACCEPT, rate_limit(request))


def account(request: bytes) -> bytes:
    return signed(request, ACCOUNTED)


@contextlib.contextmanager
def server(answer: Answer) -> Iterator[int]:
    """Answers each datagram with what ``answer`` makes of it; gives its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))

        def serve() -> None:
            while request := sock.recvfrom(4096):
                if not request[0]:
                    return
                reply = answer(request[0])
                if reply is not None:
                    sock.sendto(reply, request[1])

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield sock.getsockname()[1]
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bell:
                bell.sendto(b"", sock.getsockname())
            thread.join()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def program() -> Path:
    return await generator.build()


async def run(program: Path, answer: Answer, mode: str = "pap", **options: object) -> generator.Figures:
    """A fifth of a second of load with little patience."""
    short: dict[str, object] = {
        "seconds": 0.2,
        "warm_up": 0,
        "outstanding": 4,
        "sockets": 2,
        "timeout": 0.1,
        "retries": 1,
    }
    with server(answer) as port:
        return await generator.load(program, port, mode, **(short | options))


async def test_right_answers_are_right(program: Path) -> None:
    found = await run(program, accept, require_ma=True)
    assert found["ok"] > 10
    assert found["all_ok"] == found["replies_with_ma"]
    assert [found[name] for name in ("lost", "rejected", "bad_attr", "bad_authenticator")] == [0, 0, 0, 0]


async def test_an_answer_signed_with_another_secret_is_forged(program: Path) -> None:
    found = await run(program, lambda q: signed(q, ACCEPT, rate_limit(q), b"another"))
    assert found["all_ok"] == 0
    assert found["bad_authenticator"] > 0
    assert found["lost"] > 0


async def test_a_wrong_message_authenticator_is_forged_although_the_answer_is_signed(program: Path) -> None:
    def half_signed(request: bytes) -> bytes:
        whole = attribute(80, bytes(16)) + rate_limit(request)
        head = bytes([ACCEPT, request[1]]) + struct.pack(">H", 20 + len(whole))
        return head + hashlib.md5(head + request[4:20] + whole + SECRET).digest() + whole

    found = await run(program, half_signed)
    assert found["all_ok"] == 0
    assert found["bad_authenticator"] > 0


async def test_another_plans_rate_is_wrong(program: Path) -> None:
    found = await run(program, lambda q: signed(q, ACCEPT, vendor(14988, 8, b"1M/1M")))
    assert found["ok"] == 0
    assert found["bad_attr"] == found["no_rate_limit"] > 0


async def test_mschapv2_without_success_and_keys_is_wrong(program: Path) -> None:
    success = vendor(311, 26, b"\x01S=" + b"0" * 40)
    found = await run(program, lambda q: signed(q, ACCEPT, rate_limit(q) + success), "mschap2", users=100)
    assert found["ok"] == 0
    assert found["bad_attr"] == found["no_success"] == found["no_keys"] > 0


async def test_a_rejected_right_password_is_counted(program: Path) -> None:
    found = await run(program, lambda q: signed(q, REJECT))
    assert found["ok"] == 0
    assert found["rejected"] > 0


async def test_a_wrong_password_that_is_accepted_is_wrong(program: Path) -> None:
    found = await run(program, accept, wrong_passwords=100)
    assert found["ok"] == 0
    assert found["bad_attr"] > 0


async def test_silence_is_repeated_then_lost_and_infinitely_late(program: Path) -> None:
    found = await run(program, lambda q: None)
    assert found["lost"] >= 4
    assert found["retransmits"] >= found["lost"]
    assert found["p50_us"] is None


async def test_an_open_loop_keeps_its_schedule(program: Path) -> None:
    found = await run(program, accept, rate=100, outstanding=64)
    assert found["ok"] == 20
    assert found["lost"] == 0


async def test_an_open_loop_counts_what_it_could_not_send(program: Path) -> None:
    found = await run(program, lambda q: None, rate=100, outstanding=2, retries=3)
    assert found["lost"] == 20
    assert found["p50_us"] is None


async def test_sessions_start_go_on_and_stop(program: Path) -> None:
    seen: dict[bytes, list[int]] = {}

    def note(request: bytes) -> bytes:
        seen.setdefault(found_id(request), []).append(found(request, 40)[-1])
        return account(request)

    def found_id(request: bytes) -> bytes:
        return found(request, 44)

    figures = await run(program, note, "acct", interims=2, tag="mine", timeout=3)
    assert figures["all_stop_ack"] > 0
    assert all(kinds == [1, 3, 3, 2][: len(kinds)] for kinds in seen.values())
    assert len(seen) == figures["all_start_ack"]
    assert all(name.startswith(b"mine") for name in seen)


async def test_one_start_for_each_user_from_each_nas(program: Path) -> None:
    users = set()

    def note(request: bytes) -> bytes:
        number = found(request, 4)[-1] - 1
        users.add(found(request, 1))
        return signed(request, ACCOUNTED, secret=SECRET + b"-%03d" % number)

    figures = await run(program, note, "start", users=50, nas=5, sockets=5, first_nas="127.0.1.1", seconds=5, timeout=3)
    assert figures["all_start_ack"] == len(users) == 50
    assert figures["bad_authenticator"] == 0


@pytest.mark.parametrize("kept", [True, False])
async def test_a_repeated_request_must_get_its_first_answer(program: Path, kept: bool) -> None:
    answers: dict[bytes, bytes] = {}
    numbers = iter(range(1_000_000))

    def answer(request: bytes) -> bytes:
        fresh = signed(request, ACCEPT, rate_limit(request) + attribute(18, b"%06d" % next(numbers)))
        return answers.setdefault(request, fresh) if kept else fresh

    figures = await run(program, answer, duplicates=True)
    counts = figures["same_duplicates"], figures["different_duplicates"]
    assert (counts[0] > 0, counts[1] > 0) == (kept, not kept)


async def test_a_run_of_more_than_two_minutes_is_refused(program: Path) -> None:
    with pytest.raises(ChildEnded, match="120 seconds"):
        await generator.load(program, 1, "pap", seconds=121)
