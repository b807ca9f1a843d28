"""One device's agent without a socket: octets in, answers with their delays out, in the manner it was told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from oss.lab.network import pdus
from oss.lab.network.mib import Mib
from snmp.ber import Malformed
from snmp.trap_message import Version, version_of


@dataclass
class Manner:
    """How it answers. ``slow_s``: after so many seconds; ``copies``: each answer so often; ``late``: every other answer
    is kept until the next request, so that it comes when nobody waits for it any more."""

    slow_s: float = 0.0
    copies: int = 1
    late: bool = False


class Answer(NamedTuple):
    """A datagram that leaves after so many seconds."""

    after_s: float
    octets: bytes


class V3(Protocol):
    """Reads and answers messages of version 3."""

    def hear(self, octets: bytes) -> list[bytes]: ...

    def restart(self, boots: int) -> None: ...


class Agent:
    """``silent``: it hears nothing, as if it were off; ``refused`` is called for each wrong community."""

    def __init__(self, made: Callable[[], Mib], community: bytes, v3: V3 | None, refused: Callable[[], None]) -> None:
        """``made``: makes its tables, again each time they are `stale`."""
        self.community, self.v3, self._refused = community, v3, refused
        self._made, self._mib = made, made()
        self.stale = False
        self.put: pdus.Put | None = None
        self.manner, self.silent = Manner(), False
        self.asked = 0
        self._kept: bytes | None = None

    @property
    def mib(self) -> Mib:
        """Its tables as they are now."""
        if self.stale:
            self._mib, self.stale = self._made(), False
        return self._mib

    def hear(self, octets: bytes) -> list[Answer]:
        """What is said to a datagram: nothing, once, or more often."""
        if self.silent:
            return []
        self.asked += 1
        try:
            answers = self._answers(octets)
        except (Malformed, pdus.Unanswered):
            return []
        return [Answer(self.manner.slow_s, one) for one in self._in_its_manner(answers)]

    def _answers(self, octets: bytes) -> list[bytes]:
        if self.v3 is not None:
            return self.v3.hear(octets) if version_of(octets) == Version.V3 else []
        message = pdus.read(octets)
        if message.community != self.community:
            self._refused()
            return []
        return [pdus.sealed(message, pdus.response(message.request, self.mib, message.version, self.put))]

    def _in_its_manner(self, answers: list[bytes]) -> list[bytes]:
        if self.manner.late and answers:
            if self._kept is None:
                self._kept = answers[-1]
                return []
            answers, self._kept = [self._kept, *answers], None
        return [one for one in answers for _ in range(self.manner.copies)]
