"""The golden configuration: what a router must be set to so that we can do our work with it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from oss.drivers.router import RadiusServer, Settings

State = Literal["ok", "wrong", "unknown"]
ANYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - we listen everywhere, and no address is ours alone


@dataclass(frozen=True, slots=True)
class Wanted:
    """What we want of a router. ``host``: our address as routers know it; ``secret``: its mark."""

    host: str
    auth_port: int
    acct_port: int
    coa: bool
    coa_port: int
    interim_s: int
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Check:
    """One rule. ``found`` and ``wanted``: values for a sentence, empty where there is nothing to show."""

    key: str
    state: State
    found: str = ""
    wanted: str = ""


def judge(settings: Settings, wanted: Wanted) -> list[Check]:
    """All rules, in the order a person would look."""
    return [look(settings, wanted) for look in RULES]


def _truth(key: str, value: bool | None) -> Check:
    return Check(key, "unknown" if value is None else "ok" if value else "wrong")


def _used(settings: Settings, wanted: Wanted) -> Check:
    return _truth("used", settings.radius_used)


def _ours(settings: Settings, wanted: Wanted) -> list[RadiusServer]:
    """The servers that are us."""
    servers = [one for one in settings.radius if not one.disabled]
    if wanted.host in ANYWHERE:
        return [one for one in servers if one.auth_port == wanted.auth_port]
    return [one for one in servers if one.address == wanted.host]


def _server(settings: Settings, wanted: Wanted) -> Check:
    """We are among its servers, at our ports."""
    told = ", ".join(f"{one.address}:{one.auth_port}/{one.acct_port}" for one in settings.radius if not one.disabled)
    ports = (wanted.auth_port, wanted.acct_port)
    right = any((one.auth_port, one.acct_port) == ports for one in _ours(settings, wanted))
    return Check("server", "ok" if right else "wrong", told, f"{wanted.host}:{ports[0]}/{ports[1]}")


def _secret(settings: Settings, wanted: Wanted) -> Check:
    """The secret it has for us is the one we have for it."""
    told = [one.secret for one in _ours(settings, wanted) if one.secret is not None]
    if not told:
        return Check("secret", "unknown")
    return Check("secret", "ok" if wanted.secret in told else "wrong")


def _accounting(settings: Settings, wanted: Wanted) -> Check:
    return _truth("accounting", settings.accounting)


def _interim(settings: Settings, wanted: Wanted) -> Check:
    """0: as each login's answer says, which says it."""
    if settings.interim_s is None:
        return Check("interim", "unknown", "", str(wanted.interim_s))
    right = settings.interim_s in (0, wanted.interim_s)
    return Check("interim", "ok" if right else "wrong", str(settings.interim_s), str(wanted.interim_s))


def _coa(settings: Settings, wanted: Wanted) -> Check:
    """It takes orders, at the port where we give them; where we give none, that is well, too."""
    found, port = str(settings.coa_port or ""), str(wanted.coa_port)
    if not wanted.coa:
        return Check("coa", "ok", found)
    if settings.coa_accepted is None or (settings.coa_accepted and settings.coa_port is None):
        return Check("coa", "unknown", "", port)
    right = settings.coa_accepted and settings.coa_port == wanted.coa_port
    return Check("coa", "ok" if right else "wrong", found if settings.coa_accepted else "", port)


def _ntp(settings: Settings, wanted: Wanted) -> Check:
    check = _truth("ntp", settings.ntp_on)
    return Check("ntp", check.state, ", ".join(settings.ntp_servers))


RULES: tuple[Callable[[Settings, Wanted], Check], ...] = (_used, _server, _secret, _accounting, _interim, _coa, _ntp)
KEYS = ("used", "server", "secret", "accounting", "interim", "coa", "ntp")
