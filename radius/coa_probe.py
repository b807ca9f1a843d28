"""One question to a NAS's port for dynamic authorization (RFC 5176), to learn where it fails, not to get it done.

Over a connected socket of its own: only so does the kernel hand over an ICMP "port unreachable", and only so is an
answer with a wrong signature known to be the answer to this question.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Final, Literal, NamedTuple

from radius.client import ANSWERS
from radius.dynamic_authorization import Outcome, parse
from radius.integrity import Secret, request
from radius.packet import Malformed, Packet
from radius.sockets import Address

Kind = Literal["answered", "forged", "refused", "silent"]
TRACEROUTE_PORT: Final = 33434
"""Where traceroute begins: nothing listens there, and every firewall knows the sight of it."""


class Answer(NamedTuple):
    """What came of a question. answered: ``outcome`` says what; forged: an answer, but signed with another secret;
    refused: the host says that nothing listens there; silent: nothing came back. ``took_s``: of the last try."""

    kind: Kind
    outcome: Outcome | None = None
    took_s: float = 0.0


async def ask(
    address: Address, code: int, attributes: bytes, secret: Secret, timeout_s: float = 1.0, tries: int = 2
) -> Answer:
    """Ask up to ``tries`` times, the same octets; raises Unencodable, and OSError where no way leads there."""
    ident = secrets.randbelow(256)
    octets, kind, began = request(code, ident, attributes, secret), "silent", 0.0
    with _connected(address) as sock:
        for _ in range(tries):
            began = time.perf_counter()
            try:
                sock.send(octets)
                async with asyncio.timeout(timeout_s):
                    while (packet := await _heard(sock, ident, ANSWERS[code])) is None or not secret.verify_reply(
                        packet, octets[4:20]
                    ):
                        kind = kind if packet is None else "forged"
            except TimeoutError:
                continue
            except ConnectionRefusedError:
                return Answer("refused", None, time.perf_counter() - began)
            return Answer("answered", parse(packet), time.perf_counter() - began)
    return Answer("forged" if kind == "forged" else "silent", None, time.perf_counter() - began)


async def refuses(host: str, port: int = TRACEROUTE_PORT, timeout_s: float = 0.5) -> bool:
    """Whether the host says so (ICMP) when nothing listens at a port: then silence elsewhere is a listener's."""
    with _connected((host, port)) as sock:
        try:
            sock.send(b"\0")
            async with asyncio.timeout(timeout_s):
                await asyncio.get_running_loop().sock_recv(sock, 64)
        except ConnectionRefusedError:
            return True
        except (TimeoutError, OSError):
            return False
    return False


async def _heard(sock: socket.socket, ident: int, codes: frozenset[int]) -> Packet | None:
    """The next datagram, if it can be an answer to the question."""
    try:
        packet = Packet.parse(await asyncio.get_running_loop().sock_recv(sock, 4096))
    except Malformed:
        return None
    return packet if packet.id == ident and packet.code in codes else None


@contextmanager
def _connected(address: Address) -> Iterator[socket.socket]:
    host = ip_address(address[0])
    sock = socket.socket(socket.AF_INET if host.version == 4 else socket.AF_INET6, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        sock.connect((str(host), address[1]))
        yield sock
    finally:
        sock.close()
