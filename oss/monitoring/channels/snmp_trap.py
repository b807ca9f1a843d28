"""A trap or an inform to another system, as snmp/mibs/MILHA-MIB.txt says; how to receive it: docs/alert-traps.md.

Settings: ``host``, ``port`` (162), ``version`` (2c or 3), ``inform`` (yes: it must be acknowledged, and is told again
until it is), ``user``, ``auth`` and ``priv`` (v3), ``root`` (an OID of one's own for MILHA-MIB). The secret is the
community, or the user's pass phrases: for signing, then for sealing, a space between; one alone is for both.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, cast

from pysnmp.error import PySnmpError

from oss.base import clock, db
from oss.monitoring.channels import Message, NotTold
from snmp.ber import oid
from snmp.credentials import SHORTEST_PASSWORD
from snmp.trap_sender import ROOT, Alert, NotAcknowledged, Severity, Target, TrapSender, trial
from snmp.trap_v3 import Auth, Priv, User

SETTINGS = ("host", "port", "version", "inform", "user", "auth", "priv", "root")
SECRET = True
PORT: Final = 162
FIRST_BOOT: Final = 1_700_000_000  # Unix seconds: engine boots grow with each start, and nothing is kept for it
ENGINE: Final = b"\x80\x00\x1f\x88\x04" + f"milha-{socket.gethostname()}".encode()[:27]
"""Who signs our traps (RFC 3411 section 5: text that we chose)."""
SEVERITIES: Final = {"notice": Severity.INFO, "warning": Severity.WARNING, "critical": Severity.CRITICAL}

_senders: dict[asyncio.AbstractEventLoop, TrapSender] = {}


async def send(connection: db.Connection, message: Message, settings: Mapping[str, str], secret: str) -> None:
    """An inform is an arrival when it was acknowledged; a trap when it has left."""
    del connection
    try:
        target = target_of(settings, secret, await _address(settings["host"]))
        root = settings.get("root") or ROOT
        oid(root)
        await _sender().send(target, *(trial(root) if message.fields.get("test") else alert(message).bindings(root)))
    except (NotAcknowledged, OSError, PySnmpError, ValueError, KeyError) as problem:
        raise NotTold(why=str(problem) or type(problem).__name__) from None


def wrong(settings: Mapping[str, str]) -> dict[str, str]:
    """What does not go together in a form, by setting."""
    if settings.get("version") != "3":
        return {}
    found = {} if settings.get("user") else {"user": "must not be empty"}
    sealed, signed = ((settings.get(name) or "none") != "none" for name in ("priv", "auth"))
    return found | ({"priv": "needs authentication"} if sealed and not signed else {})


def target_of(settings: Mapping[str, str], secret: str, address: str) -> Target:
    """Whom the settings mean. Raises ValueError for what does not go together; no message bears a secret."""
    port = int(settings.get("port") or PORT)
    if not 1 <= port <= 65_535:
        raise ValueError("the port is 1 to 65535")
    inform, version = settings.get("inform") == "yes", settings.get("version") or "2c"
    if version == "2c":
        return Target(address, port, secret.encode(), None, inform)
    if version != "3":
        raise ValueError("the version is 2c or 3")
    return Target(address, port, b"", _user(settings, secret), inform)


def _user(settings: Mapping[str, str], secret: str) -> User:
    auth, priv = Auth(settings.get("auth") or "none"), Priv(settings.get("priv") or "none")
    signing, _, sealing = secret.partition(" ")
    keys = signing if auth != Auth.NONE else "", (sealing or signing) if priv != Priv.NONE else ""
    if not settings.get("user"):
        raise ValueError("version 3 needs a user")
    if priv != Priv.NONE and auth == Auth.NONE:
        raise ValueError("what is sealed must be signed")
    if any(key and len(key.encode()) < SHORTEST_PASSWORD for key in keys) or (auth != Auth.NONE and not signing):
        raise ValueError(f"a pass phrase has at least {SHORTEST_PASSWORD} characters")
    return User(settings["user"], auth, keys[0], priv, keys[1])


def alert(message: Message) -> Alert:
    """An incident's turn as the MIB has it."""
    told: Mapping[str, Any] = message.fields
    over = message.turn == "ended"
    began = cast(datetime, told["began_at"])
    return Alert(
        int(told["id"]) & 0xFFFFFFFF,
        over,
        SEVERITIES[told["severity"]],
        message.facts["what"],
        (told["ended_at"] or clock.now()) if over else began,
        str(told["at_name"] or ""),
        int(told["customers"]),
        message.facts["link"],
        str(told["why"]),
        began,
    )


async def _address(host: str) -> str:
    """The address of a name. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    return str(found[0][4][0])


def _sender() -> TrapSender:
    """One for the loop, made when it is first needed."""
    loop = asyncio.get_running_loop()
    if loop not in _senders:
        _senders.clear()
        _senders[loop] = TrapSender(ENGINE, int(time.time()) - FIRST_BOOT)
    return _senders[loop]
