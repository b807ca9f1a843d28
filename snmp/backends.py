"""Which library speaks for us: gufo-snmp where there is a wheel of it, pysnmp for the rest. Chosen once, at import."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from snmp.credentials import Credentials, Target
from snmp.pysnmp_wire import PysnmpWire
from snmp.wire import Wire

try:
    from snmp import gufo_wire
except ImportError as problem:  # no wheel for this processor, C library or Python; or another shape of its sockets
    WHY_NOT_GUFO: str | None = str(problem)
else:
    WHY_NOT_GUFO = None


class Backend(StrEnum):
    """The libraries."""

    GUFO = "gufo"
    PYSNMP = "pysnmp"


PREFERRED: Final = Backend.PYSNMP if WHY_NOT_GUFO else Backend.GUFO


def open_wire(target: Target, credentials: Credentials, second: PysnmpWire, backend: Backend = PREFERRED) -> Wire:
    """A wire to the device; ``second`` is there for what gufo cannot, and is the wire itself without gufo."""
    if backend is Backend.PYSNMP:
        return second
    if WHY_NOT_GUFO is not None:
        raise ImportError(WHY_NOT_GUFO)
    return gufo_wire.GufoWire(target, credentials, second.nothing_follows)
