"""Somebody who hears the lab's traps, as the product does."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator

from oss.lab.network.equipment import engine_of
from oss.lab.network.lab import NetworkLab
from oss.lab.network.places import small
from oss.lab.network.shape import Shape
from snmp.trap_events import Kind
from snmp.trap_fold import Heard
from snmp.trap_intake import Intake
from snmp.trap_receiver import TrapReceiver
from snmp.trap_sources import Source
from snmp.trap_v3 import Auth, Priv, User, Usm
from tests.oss.lab.network.running import running


class Ear:
    """What was heard, by the name of the device that said it."""

    def __init__(self, shape: Shape) -> None:
        self.names = {number: one.name for number, one in enumerate(shape.devices)}
        communities = frozenset({shape.community.encode()})
        sources = {
            one.address: Source(number, communities, frozenset({shape.v3_user}))
            for number, one in enumerate(shape.devices)
        }
        self.heard: list[Heard] = []
        self.intake = Intake(sources, self.heard.append)
        self.receiver = TrapReceiver(self.intake)

    def kinds(self, name: str) -> Counter[Kind]:
        """How often each kind came from a device."""
        return Counter(one.event.kind for one in self.heard if self.names[one.source] == name)

    def said(self, name: str) -> list[tuple[Kind, str]]:
        """What a device said of which thing, in order."""
        return [(one.event.kind, one.event.subject) for one in self.heard if self.names[one.source] == name]


@contextlib.asynccontextmanager
async def heard(shape: Shape | None = None) -> AsyncIterator[tuple[NetworkLab, Ear]]:
    """A network, and who hears it."""
    shape = shape or small(2, 8)
    ear = Ear(shape)
    if signing := [one for one in shape.devices if one.v3]:
        ear.intake.believe(await asyncio.to_thread(_usm, shape, tuple(engine_of(one) for one in signing)))
    _, port = await ear.receiver.open("127.0.0.1", 0)
    try:
        async with running(shape, ("127.0.0.1", port)) as lab:
            yield lab, ear
    finally:
        await ear.receiver.close()


def _usm(shape: Shape, engines: tuple[bytes, ...]) -> Usm:
    keys = (Auth.SHA256, shape.v3_auth_password, Priv.AES, shape.v3_priv_password)
    return Usm(b"\x80\x00\x1f\x88\x04ear", 1, [User(shape.v3_user, *keys, engines)])
