"""How each maker's routers want a profile written. One file a vendor; the file's name is the vendor's name.

A vendor file has the four functions of `Vendor`; it is found by being here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from ipaddress import IPv4Address
from pkgutil import iter_modules
from typing import Protocol, cast

from radius.attributes import (
    ACCT_SESSION_ID,
    CALLING_STATION_ID,
    FRAMED_IP_ADDRESS,
    NAS_PORT_ID,
    USER_NAME,
    Value,
    attr,
)
from radius.errors import UnknownVendor
from radius.profile import Level, Profile

__all__ = ["SessionKeys", "UnknownVendor", "Vendor", "identify", "present", "vendor", "vendors"]


@dataclass(frozen=True)
class SessionKeys:
    """What is known of a live session, exactly as its NAS reported it; None = never reported."""

    user_name: str
    acct_session_id: str
    framed_ip: str | None = None
    calling_station_id: str | None = None
    nas_port_id: str | None = None


class Vendor(Protocol):
    """One maker's dialect. All four return encoded attributes."""

    @property
    def name(self) -> str:
        """Name of the file, and of the vendor in the NAS form."""

    def accept(self, profile: Profile) -> bytes:
        """Attributes of the Access-Accept."""

    def change(self, profile: Profile) -> bytes:
        """Attributes of the CoA-Request that brings a live session to this profile, clearing what is gone."""

    def keys(self, session: SessionKeys) -> bytes:
        """Attributes by which the NAS finds the session (RFC 5176 section 3)."""

    def administrator(self, level: Level) -> bytes:
        """Attributes of the Access-Accept that say what an administrator may do on the router itself."""


def vendor(name: str) -> Vendor:
    """The vendor of this name; raises UnknownVendor."""
    try:
        return _found()[name]
    except KeyError:
        raise UnknownVendor(f"no RADIUS vendor {name!r}; there are {', '.join(vendors())}") from None


def vendors() -> list[str]:
    """All names, sorted."""
    return sorted(_found())


@cache
def _found() -> dict[str, Vendor]:
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    return {module.__name__.rpartition(".")[2]: cast(Vendor, module) for module in modules}


def present(*pairs: tuple[int, Value | None]) -> bytes:
    """The attributes of these types whose value is not None."""
    return b"".join(attr(kind, value) for kind, value in pairs if value is not None)


def identify(session: SessionKeys, kinds: Iterable[int]) -> bytes:
    """Identification attributes of these types, as far as they are known."""
    values: dict[int, Value | None] = {
        USER_NAME: session.user_name,
        ACCT_SESSION_ID: session.acct_session_id,
        FRAMED_IP_ADDRESS: IPv4Address(session.framed_ip) if session.framed_ip else None,
        CALLING_STATION_ID: session.calling_station_id,
        NAS_PORT_ID: session.nas_port_id,
    }
    return present(*((kind, values[kind]) for kind in kinds))
