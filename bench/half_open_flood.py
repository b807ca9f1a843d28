"""EAP conversations that are begun and left: ``python -m bench.half_open_flood PORT SOURCE SECRET RATE COUNT``.

Each tells an identity; of those that are offered TLS, every fourth also sends a ClientHello, which costs the server a
handshake's first half. Open loop: the rate is kept whatever is answered. One line of JSON at the end. With port 0 the
same flood goes to a socket of its own: what it does to others then, it does by the processor it takes.
"""

from __future__ import annotations

import json
import socket
import sys
import time

from OpenSSL import SSL

from oss.lab.supplicant import context
from radius import attributes as a
from radius.eap import packet
from radius.eap.fragments import START
from radius.integrity import Secret, request
from radius.packet import Packet

HELLO_OF = 4
TLS_LENGTH = 0x80


def hello() -> bytes:
    """The type data of an EAP response with a TLS ClientHello."""
    connection = SSL.Connection(context(), None)
    connection.set_connect_state()
    try:
        connection.do_handshake()
    except SSL.WantReadError:
        pass
    said = connection.bio_read(16_384)
    return bytes((TLS_LENGTH,)) + len(said).to_bytes(4, "big") + said


def asked(number: int, message: bytes, secret: Secret, state: bytes | None = None) -> bytes:
    """An Access-Request of a line of its own."""
    body = a.attr(a.USER_NAME, "anonymous") + a.attr(a.CALLING_STATION_ID, f"02:00:00:{number:06x}")
    body += packet.attributes(message) + (a.attr(a.STATE, state) if state else b"")
    return request(a.ACCESS_REQUEST, number % 256, body, secret)


class Elsewhere:
    """Offers TTLS to whatever comes, for next to nothing."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.port: int = self.socket.getsockname()[1]
        offered = packet.build(packet.REQUEST, 1, packet.TTLS, bytes((START,)))
        self._challenge = header(a.ACCESS_CHALLENGE, packet.attributes(offered) + a.attr(a.STATE, bytes(16)))

    def answer(self) -> None:
        """All that came."""
        while True:
            try:
                _, nas = self.socket.recvfrom(4096)
            except BlockingIOError:
                return
            self.socket.sendto(self._challenge, nas)


def header(code: int, body: bytes) -> bytes:
    """A packet that nobody signed."""
    return bytes((code, 1)) + (20 + len(body)).to_bytes(2, "big") + bytes(16) + body


def flood(port: int, source: str, secret: Secret, rate: float, count: int) -> dict[str, int]:
    """Begin them all; how many were sent, answered, and how far they were led."""
    said, found = hello(), dict.fromkeys(("sent", "answered", "hellos"), 0)
    elsewhere = None if port else Elsewhere()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nas:
        nas.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        nas.bind((source, 0))
        nas.connect(("127.0.0.1", elsewhere.port if elsewhere else port))
        nas.setblocking(False)
        began = time.monotonic()
        while found["sent"] < count:
            due = int((time.monotonic() - began) * rate)
            while found["sent"] < min(due, count):
                identity = packet.build(packet.RESPONSE, 1, packet.IDENTITY, b"anonymous")
                nas.send(asked(found["sent"], identity, secret))
                found["sent"] += 1
            if elsewhere:
                elsewhere.answer()
            _lead_on(nas, secret, said, found)
            time.sleep(0.001)
    return found


def _lead_on(nas: socket.socket, secret: Secret, said: bytes, found: dict[str, int]) -> None:
    while True:
        try:
            answer = Packet.parse(nas.recv(4096))
        except BlockingIOError:
            return
        found["answered"] += 1
        state = answer.get(a.STATE)
        heard = packet.parse(packet.joined(answer))
        if state is None or heard.kind not in (packet.TLS, packet.TTLS, packet.PEAP) or found["answered"] % HELLO_OF:
            continue
        found["hellos"] += 1
        nas.send(asked(found["hellos"], packet.build(packet.RESPONSE, heard.ident, heard.kind, said), secret, state))


if __name__ == "__main__":
    port, source, secret, rate, count = sys.argv[1:6]
    print(json.dumps(flood(int(port), source, Secret(secret.encode()), float(rate), int(count))))
