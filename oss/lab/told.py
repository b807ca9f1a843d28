"""What a NAS told of a session, and what of that was acknowledged: the ledger of a load."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import NamedTuple

from oss.lab.records import WORDS, Cause, Status, line_identity, session_body
from radius import attributes as a
from radius.attributes import attr

_FIRST_ADDRESS = int(IPv4Address("10.0.0.1"))


class Word(NamedTuple):
    """One record, as far as it is to be found in the database. Octets are the NAS's: in = from the subscriber."""

    status: Status
    in_octets: int
    out_octets: int
    session_time: int
    framed_ip: str


@dataclass(slots=True, eq=False)
class Session:
    """One session of a line. ``acknowledged`` is the last word that was; octets only grow."""

    acct_session_id: str
    login: str
    router: int
    identity: bytes  # the NAS, the line and the Class it was given
    number: int
    began: float
    in_octets: int = 0
    out_octets: int = 0
    addresses: int = 0  # how many it had before
    acknowledged: Word | None = None
    vanished: bool = False  # with its router's power: nobody will tell its end

    def word(self, status: Status) -> Word:
        """What is to be told now; all but a Start with more octets than before, some beyond 32 bits."""
        if status != Status.START:
            self.in_octets += 1_000_003 + self.number
            self.out_octets += 7 * self.in_octets + (3 << 30 if self.number % 10 == 0 else 0)
        address = str(IPv4Address(_FIRST_ADDRESS + self.number + (self.addresses << 20)))
        return Word(status, self.in_octets, self.out_octets, int(time.monotonic() - self.began), address)

    def body(self, word: Word) -> bytes:
        """A word's attributes."""
        identity = self.identity + attr(a.ACCT_SESSION_ID, self.acct_session_id)
        identity += attr(a.FRAMED_IP_ADDRESS, IPv4Address(word.framed_ip))
        cause = Cause.USER_REQUEST if word.status == Status.STOP else None
        octets = (word.in_octets, word.out_octets)
        return session_body(identity, word.status, word.session_time, octets, int(time.time()), cause)


def mac_line(login: str, number: int) -> bytes:
    """A PPPoE line with a MAC address and a port of its own."""
    mac = ":".join(f"{octet:02X}" for octet in (2, 0, *number.to_bytes(4, "big")))
    return line_identity(login, mac, number, f"ether1/{number}", "pppoe")


def write_ledger(path: Path, sessions: Iterable[Session], routers: list[str]) -> int:
    """The last acknowledged word of each session, a JSON object a line as the lab's ledger has it; how many."""
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for one in sessions:
            if one.acknowledged is None:
                continue
            count += 1
            fields = one.acknowledged._asdict() | {"status": WORDS[one.acknowledged.status]}
            fields |= {"vanished": one.vanished, "nas": routers[one.router]}
            fields |= {"acct_session_id": one.acct_session_id, "user": one.login}
            file.write(json.dumps(fields, separators=(",", ":")) + "\n")
    return count
