"""Devices that log in by EAP again and again, as a process: ``python -m bench.eap_load``; one line of JSON at the end.

A closed loop: each slot is a device in the middle of a login; when it is in, or refused, the next begins. TLS, inner
methods and keys are those of ``oss.lab.supplicant``; every sixteenth login's MPPE keys are compared.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import socket
import sys
import time
from dataclasses import dataclass, field

from bench import subscribers
from oss.lab.supplicant import Device, Supplicant, context
from radius import attributes as a
from radius import mschap
from radius.eap import keys, packet
from radius.integrity import Secret, request
from radius.packet import Packet

METHODS = {"ttls-pap": (packet.TTLS, "pap"), "peap-mschapv2": (packet.PEAP, "mschapv2")}
COMPARED = 16
RESEND_S, GIVE_UP_S = 1.0, 5.0


@dataclass(slots=True)
class Slot:
    """One login under way; ``ident`` is the RADIUS identifier that is its own."""

    ident: int
    device: Device
    supplicant: Supplicant
    began: float = 0.0
    sent: float = 0.0
    octets: bytes = b""


@dataclass(slots=True)
class Tally:
    """What came of the logins that ended while it was counted. ``took`` in seconds."""

    accepted: int = 0
    refused: int = 0
    resumed: int = 0
    lost: int = 0
    wrong_keys: int = 0
    requests: int = 0
    again: int = 0
    took: list[float] = field(default_factory=list)


class Load:
    """A socket with its slots."""

    def __init__(self, port: int, secret: str, devices: list[Device], slots: int, resumes: bool) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.connect(("127.0.0.1", port))
        self.secret, self.resumes = Secret(secret.encode()), resumes
        self.idle, self.tally = devices, Tally()
        self.slots = [self._begin(n) for n in range(slots)]

    def run(self, until: float) -> Tally:
        """Log in until then (monotonic)."""
        while (now := time.monotonic()) < until:
            if not select.select([self.socket], [], [], 0.1)[0]:
                self._lost(now)
                continue
            self._heard(self.socket.recv(4096))
        return self.tally

    def once(self, deadline_s: float = 60) -> None:
        """Every idle device once, so that it has a session to bring back; raises if that takes too long."""
        wanted, until = len(self.idle) + len(self.slots), time.monotonic() + deadline_s
        while (
            sum(d.session is not None for d in self.idle) + sum(s.device.session is not None for s in self.slots)
            < wanted
        ):
            self.run(time.monotonic() + 0.2)
            if time.monotonic() > until:
                raise TimeoutError(f"not every device is in: {self.tally}")

    def _begin(self, ident: int) -> Slot:
        device = self.idle.pop(0)
        slot = Slot(ident, device, Supplicant(device), time.monotonic())
        self._send(slot, slot.supplicant.identity(), None)
        return slot

    def _send(self, slot: Slot, message: bytes, state: bytes | None) -> None:
        body = a.attr(a.USER_NAME, slot.device.outer) + a.attr(a.NAS_IP_ADDRESS, b"\x7f\0\0\1")
        body += (
            a.attr(a.CALLING_STATION_ID, slot.device.login) + a.attr(a.FRAMED_MTU, 1400) + packet.attributes(message)
        )
        body += a.attr(a.STATE, state) if state else b""
        slot.octets = request(a.ACCESS_REQUEST, slot.ident, body, self.secret, True, os.urandom(16))
        slot.sent = time.monotonic()
        self.tally.requests += 1
        self.socket.send(slot.octets)

    def _heard(self, octets: bytes) -> None:
        heard = Packet.parse(octets)
        if heard.id >= len(self.slots):
            return
        slot = self.slots[heard.id]
        answer = slot.supplicant.answer(packet.joined(heard))
        if heard.code == a.ACCESS_CHALLENGE and answer is not None:
            self._send(slot, answer, heard.get(a.STATE))
        else:
            self._end(slot, heard)

    def _end(self, slot: Slot, heard: Packet) -> None:
        tally, one = self.tally, slot.supplicant
        if heard.code == a.ACCESS_ACCEPT:
            tally.accepted += 1
            tally.resumed += one.resumed
            tally.took.append(time.monotonic() - slot.began)
            if tally.accepted % COMPARED == 0:
                tally.wrong_keys += self._keys(heard, slot) != one.msk
        else:
            tally.refused += 1
        self._next(slot)

    def _next(self, slot: Slot) -> None:
        if not self.resumes:
            slot.device.session = None
        self.idle.append(slot.device)
        self.slots[slot.ident] = self._begin(slot.ident)

    def _keys(self, heard: Packet, slot: Slot) -> bytes:
        values = [heard.vsa(mschap.MICROSOFT, kind) for kind in (mschap.MPPE_RECV_KEY, mschap.MPPE_SEND_KEY)]
        return b"".join(keys.reveal(value, self.secret, slot.octets[4:20]) or b"" for value in values if value)

    def _lost(self, now: float) -> None:
        """Ask again what has no answer for a second; give up what has none for five."""
        for slot in self.slots:
            if now - slot.began > GIVE_UP_S:
                self.tally.lost += 1
                self._next(slot)
            elif now - slot.sent > RESEND_S:
                self.tally.again += 1
                slot.sent = now
                self.socket.send(slot.octets)


def devices(method: str, first: int, count: int, tls13: bool) -> list[Device]:
    """The bench's subscribers, as devices."""
    kind, inner = METHODS[method]
    shared = context(tls13=tls13)
    return [
        Device(subscribers.login(n).encode(), subscribers.password(n).encode(), kind, inner, shared, size=1360)
        for n in range(first, first + count)
    ]


def main() -> int:
    """Run; the figures are of the time after the warm-up."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--method", choices=METHODS, required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--devices", type=int, default=256)
    parser.add_argument("--slots", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--warm-up", type=float, default=1.0)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--tls13", action="store_true")
    told = parser.parse_args()
    made = devices(told.method, told.first, told.devices, told.tls13)
    load = Load(told.port, subscribers.SECRET, made, told.slots, told.resume)
    if told.resume:
        load.once()
    load.run(time.monotonic() + told.warm_up)
    print("measuring", flush=True)
    load.tally, began, used = Tally(), time.monotonic(), time.process_time()
    tally = load.run(began + told.seconds)
    seconds, took = time.monotonic() - began, sorted(tally.took)
    found = {name: getattr(tally, name) for name in Tally.__slots__ if name != "took"}  # type: ignore[attr-defined]
    found |= {"seconds": seconds, "cpu_s": time.process_time() - used}
    found |= {f"p{p}_ms": took[len(took) * p // 100] * 1000 if took else None for p in (50, 99)}
    print(json.dumps(found), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
