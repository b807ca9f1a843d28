"""What can go wrong towards a device; one root, so that a caller above can translate it in one place.

Both libraries' errors become these where they enter (`snmp/gufo_wire.py`, `snmp/pysnmp_wire.py`).
"""

from __future__ import annotations

from typing import Final


class SnmpError(Exception):
    """Root of everything this package raises on purpose."""


class TimedOut(SnmpError):
    """No answer in the time given.

    A wrong community is this too, and on many agents a wrong privacy password: they do not answer (RFC 3584, RFC 3414).
    """


class Unreachable(SnmpError):
    """The packet could not leave, or the network said that it cannot arrive."""


class PortClosed(Unreachable):
    """The host answers, and says that nobody listens on this port (ICMP port unreachable)."""


class AuthFailed(SnmpError):
    """The agent does not accept the user, its key or its security level (v3), or refuses access altogether."""


class Malformed(SnmpError):
    """An answer that is not SNMP, or was cut off on its way."""


class NoSuchObject(SnmpError):
    """The agent has no value of this OID (noSuchObject, noSuchInstance, endOfMibView; noSuchName in v1)."""


class NotIncreasing(SnmpError):
    """A walk that would never end: the agent's OIDs do not increase (RFC 3416 section 4.2.2)."""


class AgentError(SnmpError):
    """The agent answered with an error-status; ``status`` is its number (RFC 3416 section 3), 0 where unknown."""

    def __init__(self, words: str, status: int = 0) -> None:
        super().__init__(words)
        self.status = status


class TooBig(AgentError):
    """The answer would not fit the agent's packet: ask for less."""


class Refused(AgentError):
    """A SET that the agent does not allow: not writable, no access, a wrong type or value."""


STATUS: Final = (
    *("noError", "tooBig", "noSuchName", "badValue", "readOnly", "genErr", "noAccess", "wrongType", "wrongLength"),
    *("wrongEncoding", "wrongValue", "noCreation", "inconsistentValue", "resourceUnavailable", "commitFailed"),
    *("undoFailed", "authorizationError", "notWritable", "inconsistentName"),
)
REFUSALS: Final = frozenset({3, 4, 6, 7, 8, 9, 10, 11, 12, 17, 18})


def agent_error(status: int, about: str) -> SnmpError:
    """The error of this error-status (RFC 3416 section 3); ``about`` says which device and OID."""
    words = f"{about}: {STATUS[status] if status < len(STATUS) else f'error-status {status}'}"
    if status == 1:
        return TooBig(words, status)
    if status == 2:
        return NoSuchObject(words)
    if status == 16:
        return AuthFailed(words)
    return Refused(words, status) if status in REFUSALS else AgentError(words, status)
