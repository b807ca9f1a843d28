"""A router in the place of the node's client: knows its sessions and answers CoA and Disconnect by them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, cast

from radius import attributes as a
from radius.client import Client, NoReply
from radius.packet import Packet, build

UNSUPPORTED, NOT_FOUND = 401, 503


@dataclass
class Router:
    """``sessions``: the Acct-Session-Ids it has; ``refusal``: the Error-Cause of its NAK to all, if it refuses."""

    sessions: set[str] = field(default_factory=set)
    refusal: int | None = None
    silent: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)  # what, Acct-Session-Id
    freed: asyncio.Event | None = None  # it takes its time until this is set

    async def exchange(self, _address: object, code: int, body: bytes, *_: object) -> Packet:
        said = Packet.parse(build(code, 1, bytes(16), body))
        sid = said.text(a.ACCT_SESSION_ID) or ""
        self.asked.append(("coa" if code == a.COA_REQUEST else "disconnect", sid))
        await (self.freed.wait() if self.freed is not None else asyncio.sleep(0))
        if self.silent:
            raise NoReply("nothing")
        cause = self.refusal or (None if sid in self.sessions else NOT_FOUND)
        if cause is not None:
            return Packet.parse(build(code + 2, 1, bytes(16), a.attr(a.ERROR_CAUSE, cause)))
        if code == a.DISCONNECT_REQUEST:
            self.sessions.discard(sid)
        return Packet.parse(build(code + 1, 1, bytes(16), b""))

    def client(self) -> Client:
        """Itself, as the type the enforcer wants."""
        return cast(Client, cast(Any, self))
