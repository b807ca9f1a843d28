"""A NAS with a supplicant behind it, at the tests' node: Access-Requests with EAP until it ends."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from oss.access.aaa import Node
from oss.lab.supplicant import Supplicant
from radius import attributes as a
from radius import mschap
from radius.eap import keys, packet
from radius.packet import Packet, build
from radius.server import AccessReply, Later, Peer
from tests.oss.access.asking import AUTHENTICATOR, SECRET


@dataclass(slots=True)
class Dialed:
    """The last answer, and those before it."""

    last: Packet
    challenges: list[Packet] = field(default_factory=list)

    @property
    def code(self) -> int:
        return self.last.code

    @property
    def eap(self) -> int:
        """The code of the EAP packet in the last answer."""
        return packet.parse(packet.joined(self.last)).code

    @property
    def keys(self) -> bytes:
        """The MSK as the NAS has it; empty without."""
        values = [self.last.vsa(mschap.MICROSOFT, kind) for kind in (mschap.MPPE_RECV_KEY, mschap.MPPE_SEND_KEY)]
        return b"".join(keys.reveal(value, SECRET, AUTHENTICATOR) or b"" for value in values if value is not None)


def carrying(message: bytes, name: str, state: bytes | None, *pairs: tuple[int, a.Value]) -> Packet:
    """An Access-Request with an EAP packet."""
    body = a.attr(a.USER_NAME, name) + packet.attributes(message)
    body += b"".join(a.attr(*one) for one in pairs) + (a.attr(a.STATE, state) if state else b"")
    return Packet.parse(build(a.ACCESS_REQUEST, 1, AUTHENTICATOR, body))


async def inside(answer: AccessReply | Later | None) -> Packet:
    """The answer, waited for, as a packet."""
    found = await asyncio.wait_for(answer, 5) if isinstance(answer, asyncio.Future) else answer
    assert found is not None
    return Packet.parse(build(found.code, 1, bytes(16), found.attributes))


async def dial(
    node: Node, peer: Peer, supplicant: Supplicant, *pairs: tuple[int, a.Value], name: str = "anonymous@isp"
) -> Dialed:
    """A whole login; ``name`` is the User-Name of its requests."""
    message, state, challenges = supplicant.identity(), None, list[Packet]()
    while True:
        last = await inside(node.authenticate(carrying(message, name, state, *pairs), peer))
        if last.code != a.ACCESS_CHALLENGE:
            supplicant.answer(packet.joined(last))
            return Dialed(last, challenges)
        challenges.append(last)
        state = last.get(a.STATE)
        message = supplicant.answer(packet.joined(last)) or b""
