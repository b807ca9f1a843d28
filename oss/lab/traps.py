"""A device that sends traps: well, again and again, in floods, or nonsense. Speaks the wire only.

``python -m oss.lab.traps 127.0.0.1:1162 --from 127.0.0.2 down 3`` sends one linkDown; ``flood 2000 5`` 2,000 a second
for 5 s; ``repeat 500`` one trap 500 times; ``garbage 100``; ``inform 3`` waits for the acknowledgement and says whether
it came. ``--version 1`` sends v1.
"""

from __future__ import annotations

import argparse
import random
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from snmp.ber import INTEGER, OCTETS, Malformed, Varbind
from snmp.trap_message import SNMP_TRAPS, acknowledged, encode_v1, encode_v2

ENTERPRISE: Final = "1.3.6.1.4.1.8072.3.2.10"
"""net-snmp on Linux: what the lab's devices say to be in v1."""

COLD_START, LINK_DOWN, LINK_UP, AUTHENTICATION_FAILURE = 0, 2, 3, 4
"""generic-trap of RFC 1157; in v2 the last number of the trap's OID is one more."""

IF_INDEX: Final = "1.3.6.1.2.1.2.2.1.1"
IF_DESCR: Final = "1.3.6.1.2.1.2.2.1.2"
IF_OPER: Final = "1.3.6.1.2.1.2.2.1.8"

ZTE_ONU_DYING_GASP: Final = "1.3.6.1.4.1.3902.1015.1010.1.10.3.12"
ZTE_ONU_OFFLINE: Final = "1.3.6.1.4.1.3902.1015.1010.1.10.3.3"
ZTE_ONU_ONLINE: Final = "1.3.6.1.4.1.3902.1015.1010.1.10.3.4"


@dataclass
class Device:
    """One device that sends from an address of its own; its uptime runs from when it was made."""

    to: tuple[str, int]
    host: str = "127.0.0.1"
    community: bytes = b"public"
    version: int = 2
    seed: int = 1
    sent: int = 0
    request: int = 1000
    began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._sock = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.bind((self.host, 0))
        self._sock.connect(self.to)

    def close(self) -> None:
        """Give the socket back."""
        self._sock.close()

    # ------------------------------------------------------------ octets

    def uptime(self) -> int:
        """Hundredths of a second."""
        return int((time.monotonic() - self.began) * 100)

    def generic(self, kind: int, bindings: tuple[Varbind, ...] = (), *, inform: bool = False) -> bytes:
        """coldStart and its fellows, in this device's version."""
        if self.version == 1 and not inform:
            agent = self.host if ":" not in self.host else "0.0.0.0"  # noqa: S104 - v1 has no room for IPv6
            return encode_v1(self.community, ENTERPRISE, agent, kind, 0, self.uptime(), bindings)
        return self.trap(f"{SNMP_TRAPS}.{kind + 1}", bindings, inform=inform)

    def trap(self, oid: str, bindings: tuple[Varbind, ...] = (), *, inform: bool = False) -> bytes:
        """Any trap in v2c, each with a request-id of its own."""
        self.request += 1
        return encode_v2(self.community, self.request, self.uptime(), oid, bindings, inform=inform)

    def link(self, number: int, up: bool, *, inform: bool = False) -> bytes:
        """linkUp or linkDown of an interface."""
        bindings = (
            Varbind(f"{IF_INDEX}.{number}", INTEGER, number),
            Varbind(f"{IF_DESCR}.{number}", OCTETS, b"ether%d" % number),
            Varbind(f"{IF_OPER}.{number}", INTEGER, 1 if up else 2),
        )
        return self.generic(LINK_UP if up else LINK_DOWN, bindings, inform=inform)

    def onu(self, oid: str, if_index: int) -> bytes:
        """A trap of an EPON OLT of ZTE about one ONU."""
        return self.trap(oid, (Varbind(f"{IF_INDEX}.{if_index}", INTEGER, if_index),))

    def garbage(self) -> bytes:
        """A linkDown with some octets changed, cut off or added; now and then noise alone."""
        octets = bytearray(self.link(self._random.randrange(1, 1000), up=False))
        choice = self._random.randrange(4)
        if choice == 0:
            return self._random.randbytes(self._random.randrange(1, 400))
        if choice == 1:
            return bytes(octets[: self._random.randrange(len(octets))])
        if choice == 2:
            return bytes(octets) + self._random.randbytes(8)
        for _ in range(self._random.randrange(1, 6)):
            octets[self._random.randrange(len(octets))] = self._random.randrange(256)
        return bytes(octets)

    # ------------------------------------------------------------ sending

    def send(self, octets: bytes) -> None:
        """One datagram. Nobody may be listening: that is the lab's to try out, too."""
        try:
            self._sock.send(octets)
        except ConnectionRefusedError:
            return
        self.sent += 1

    def cold_start(self) -> None:
        """It came up."""
        self.began = time.monotonic()
        self.send(self.generic(COLD_START))

    def power_cut(self, onus: range) -> None:
        """A PON loses its power: every ONU gasps, then every one is off."""
        for trap in (ZTE_ONU_DYING_GASP, ZTE_ONU_OFFLINE):
            for one in onus:
                self.send(self.onu(trap, one))

    def fibre_cut(self, onus: range) -> None:
        """Every ONU is off, none gasped."""
        for one in onus:
            self.send(self.onu(ZTE_ONU_OFFLINE, one))

    def repeat(self, times: int, number: int = 1) -> None:
        """The same linkDown again and again, as a device with a broken timer does."""
        for _ in range(times):
            self.send(self.link(number, up=False))

    def flap(self, times: int, number: int = 1) -> None:
        """Down and up so many times."""
        for _ in range(times):
            self.send(self.link(number, up=False))
            self.send(self.link(number, up=True))

    def flood(self, per_second: float, seconds: float) -> None:
        """linkDown of ever other interfaces at a rate; sleeps between bursts."""
        for count, due in enumerate(_schedule(per_second, seconds), 1):
            self.send(self.link(count % 100_000, up=False))
            if (ahead := due - time.monotonic()) > 0.001:
                time.sleep(ahead)

    def inform(self, number: int = 1, within_s: float = 2.0) -> bool:
        """A linkDown as an inform; whether it was acknowledged."""
        self.send(self.link(number, up=False, inform=True))
        until = time.monotonic() + within_s
        while (left := until - time.monotonic()) > 0:
            self._sock.settimeout(left)
            try:
                if acknowledged(self._sock.recv(8192), self.community, self.request):
                    return True
            except (TimeoutError, ConnectionRefusedError):
                return False
            except Malformed:
                continue
        return False


def _schedule(per_second: float, seconds: float) -> Iterator[float]:
    """When each is due, monotonic seconds."""
    began = time.monotonic()
    for number in range(int(per_second * seconds)):
        yield began + number / per_second


def act(device: Device, what: str, numbers: list[float]) -> bool:
    """One command; False: an inform was not acknowledged."""
    first = int(numbers[0]) if numbers else 1
    match what:
        case "cold":
            device.cold_start()
        case "down" | "up":
            device.send(device.link(first, up=what == "up"))
        case "flap":
            device.flap(first)
        case "repeat":
            device.repeat(first)
        case "flood":
            device.flood(numbers[0] if numbers else 1000, numbers[1] if len(numbers) > 1 else 1)
        case "garbage":
            for _ in range(first):
                device.send(device.garbage())
        case "power_cut":
            device.power_cut(range(1, first + 1))
        case "fibre_cut":
            device.fibre_cut(range(1, first + 1))
        case "inform":
            return device.inform(first)
    return True


COMMANDS: Final = ("cold", "down", "up", "flap", "repeat", "flood", "garbage", "power_cut", "fibre_cut", "inform")


def main(arguments: list[str] | None = None) -> int:
    """Send what was asked for; 1 when an inform was not acknowledged."""
    parser = argparse.ArgumentParser(prog="oss.lab.traps")
    parser.add_argument("to", help="HOST:PORT")
    parser.add_argument("--from", dest="host", default="127.0.0.1")
    parser.add_argument("--community", default="public")
    parser.add_argument("--version", type=int, choices=(1, 2), default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("what", choices=COMMANDS)
    parser.add_argument("numbers", type=float, nargs="*")
    told = parser.parse_args(arguments)
    host, _, port = told.to.rpartition(":")
    device = Device((host.strip("[]"), int(port)), told.host, told.community.encode(), told.version, told.seed)
    try:
        well = act(device, told.what, told.numbers)
    finally:
        device.close()
    print(f"sent {device.sent}" + ("" if told.what != "inform" else f", {'' if well else 'not '}acknowledged"))
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
