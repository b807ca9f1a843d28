"""An open-loop generator of Access-Requests for another process than the server's.

``python -m oss.lab.load --auth 127.0.0.1:1812 --secret testing123 --rate 500 --seconds 10 --logins demo:011-179:pw``
prints one JSON object. A request is due at its place in the schedule whether or not the server keeps up; its latency
runs from that instant. What is not answered in time is lost, and counts as infinitely late (null in the figures).
"""

from __future__ import annotations

import argparse
import json
import math
import os
import select
import socket
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from oss.lab.logins import parse_spans
from oss.lab.proofs import METHODS, Method, proof, proves_itself
from oss.lab.records import line_identity, nas_identity
from radius.attributes import ACCESS_ACCEPT, ACCESS_REJECT, ACCESS_REQUEST
from radius.integrity import Secret, request
from radius.packet import Malformed, Packet
from radius.sockets import BUFFER_OCTETS


@dataclass(frozen=True)
class Plan:
    """What to send: `rate` requests a second for `seconds`, from `source`, each lost after `timeout_s`."""

    auth: tuple[str, int]
    secret: Secret
    rate: float
    seconds: float
    subscribers: list[tuple[str, str]]
    method: Method = "pap"
    source: str = "127.0.0.1"
    nas_identifier: str = "load"
    timeout_s: float = 2.0
    sockets: int = 16


@dataclass
class Result:
    """What came back; latencies in seconds, unsorted."""

    sent: int = 0
    accepted: int = 0
    rejected: int = 0
    lost: int = 0
    bad: int = 0
    late_s: float = 0.0
    took_s: float = 0.0
    latencies: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """For JSON: ms; null is infinite (more were lost than the percentile allows)."""
        ordered = sorted(self.latencies) + [math.inf] * self.lost
        return {
            "sent": self.sent,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "lost": self.lost,
            "bad": self.bad,
            "rate": round(self.sent / self.took_s, 1) if self.took_s else 0,
            "p50_ms": _ms(ordered, 0.50),
            "p99_ms": _ms(ordered, 0.99),
            "max_ms": _ms(ordered, 1.0),
            "generator_late_ms": round(self.late_s * 1000, 3),
        }


def _ms(ordered: list[float], share: float) -> float | None:
    if not ordered:
        return None
    value = ordered[max(0, math.ceil(len(ordered) * share) - 1)]
    return None if math.isinf(value) else round(value * 1000, 3)


@dataclass(slots=True)
class _Waiting:
    due: float
    datagram: bytes
    password: bytes


class Generator:
    """Sends the plan. A plain loop without asyncio: its timers are the kernel's, good to tens of microseconds."""

    def __init__(self, plan: Plan) -> None:
        self.result = Result()
        self._plan = plan
        self._ports = [self._port() for _ in range(plan.sockets)]
        self._index = {port: number for number, port in enumerate(self._ports)}
        self._waiting: dict[tuple[int, int], _Waiting] = {}
        self._deadlines: deque[tuple[float, tuple[int, int], _Waiting]] = deque()
        nas = nas_identity(plan.nas_identifier, plan.source)
        self._identities = [
            nas + line_identity(login, f"02:00:00:00:{n >> 8 & 255:02X}:{n & 255:02X}", n, f"load/{n}", "pppoe")
            for n, (login, _) in enumerate(plan.subscribers)
        ]
        self._passwords = [password.encode() for _, password in plan.subscribers]

    def run(self) -> Result:
        """Sends everything when it is due, then waits for the last answers."""
        plan = self._plan
        began = time.monotonic()
        for number in range(int(plan.rate * plan.seconds)):
            due = began + number / plan.rate
            self._listen_until(due)
            self._send(number, due)
        self.result.took_s = time.monotonic() - began
        while self._waiting and time.monotonic() < self._deadlines[-1][0]:
            self._listen_until(min(time.monotonic() + 0.05, self._deadlines[-1][0]))
        self._expire(math.inf)
        for port in self._ports:
            port.close()
        return self.result

    def _port(self) -> socket.socket:
        port = socket.socket(socket.AF_INET6 if ":" in self._plan.source else socket.AF_INET, socket.SOCK_DGRAM)
        port.setblocking(False)
        port.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_OCTETS)
        port.bind((self._plan.source, 0))
        port.connect(self._plan.auth)
        return port

    def _send(self, number: int, due: float) -> None:
        now = time.monotonic()
        self.result.late_s = max(self.result.late_s, now - due)
        self._expire(now)
        key = (number % len(self._ports), number // len(self._ports) % 256)
        if self._waiting.pop(key, None) is not None:
            # All identifiers are under way: the one to be used again is given up early.
            self.result.lost += 1
        who, authenticator = number % len(self._identities), os.urandom(16)
        login, password = self._plan.subscribers[who][0], self._passwords[who]
        proven = proof(self._plan.method, login, password, self._plan.secret, authenticator)
        datagram = request(
            ACCESS_REQUEST,
            key[1],
            self._identities[who] + proven,
            self._plan.secret,
            authenticator=authenticator,
        )
        waiting = self._waiting[key] = _Waiting(due, datagram, password)
        self._deadlines.append((due + self._plan.timeout_s, key, waiting))
        self.result.sent += 1
        try:
            self._ports[key[0]].send(datagram)
        except OSError:
            # Refused by the kernel: as lost as one dropped on the way.
            pass

    def _expire(self, now: float) -> None:
        deadlines = self._deadlines
        while deadlines and deadlines[0][0] <= now:
            _, key, waiting = deadlines.popleft()
            if self._waiting.get(key) is waiting:
                del self._waiting[key]
                self.result.lost += 1

    def _listen_until(self, due: float) -> None:
        """Takes answers as they come; at least one look even when the next request is overdue."""
        while True:
            wait_s = max(0.0, due - time.monotonic())
            for port in select.select(self._ports, [], [], wait_s)[0]:
                self._drain(port)
            if time.monotonic() >= due:
                return

    def _drain(self, port: socket.socket) -> None:
        while True:
            try:
                datagram = port.recv(4096)
            except BlockingIOError:
                return
            except OSError:
                # An ICMP refusal of an earlier request.
                continue
            self._take(self._index[port], datagram, time.monotonic())

    def _take(self, number: int, datagram: bytes, now: float) -> None:
        result = self.result
        try:
            packet = Packet.parse(datagram)
        except Malformed:
            result.bad += 1
            return
        waiting = self._waiting.get((number, packet.id))
        if waiting is None:
            return
        if not self._believes(packet, waiting):
            result.bad += 1
            return
        del self._waiting[number, packet.id]
        result.latencies.append(now - waiting.due)
        result.accepted += packet.code == ACCESS_ACCEPT
        result.rejected += packet.code == ACCESS_REJECT

    def _believes(self, packet: Packet, waiting: _Waiting) -> bool:
        """Rightly signed, and by MS-CHAP version 2 a server that knows the password."""
        secret = self._plan.secret
        if not secret.verify_reply(packet, waiting.datagram[4:20]):
            return False
        if self._plan.method != "mschap2" or packet.code != ACCESS_ACCEPT:
            return True
        return proves_itself(waiting.datagram, packet, waiting.password, secret)


def parse_logins(text: str) -> list[tuple[str, str]]:
    """PREFIX:FROM-TO[,FROM-TO]:SUFFIX -> (login, login + SUFFIX) pairs. Raises ValueError."""
    prefix, spans, suffix = text.split(":")
    return [(login, login + suffix) for login in parse_spans(prefix, spans)]


def host_and_port(text: str) -> tuple[str, int]:
    """host:port. Raises ValueError."""
    host, _, port = text.rpartition(":")
    if not host or not 0 <= int(port) <= 65535:
        raise ValueError(f"{text!r} is not HOST:PORT")
    return host.strip("[]"), int(port)


def main(argv: list[str] | None = None) -> int:
    """The command; prints the figures as one JSON object."""
    parser = argparse.ArgumentParser(prog="oss.lab.load", description="Open-loop RADIUS authentication load.")
    parser.add_argument("--auth", type=host_and_port, required=True, metavar="HOST:PORT")
    parser.add_argument("--secret", required=True)
    parser.add_argument("--rate", type=float, required=True, help="requests a second")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--logins", type=parse_logins, required=True, metavar="PREFIX:FROM-TO:SUFFIX")
    parser.add_argument("--method", choices=METHODS, default="pap")
    parser.add_argument("--source", default="127.0.0.1")
    parser.add_argument("--timeout", type=float, default=2.0, help="seconds until a request counts as lost")
    asked = parser.parse_args(argv)
    plan = Plan(
        asked.auth,
        Secret(asked.secret.encode()),
        asked.rate,
        asked.seconds,
        asked.logins,
        asked.method,
        asked.source,
        timeout_s=asked.timeout,
    )
    print(json.dumps(Generator(plan).run().figures()), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
