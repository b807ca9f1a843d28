"""One device at work: its state, its agent on a UDP port, its door on the TCP port of the same number, its traps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from oss.lab.network import makers, pdus
from oss.lab.network.agent import Agent, Manner
from oss.lab.network.cdata_writes import Writes
from oss.lab.network.echo_door import EchoDoor
from oss.lab.network.mib import Mib
from oss.lab.network.shape import Device, Maker, Shape
from oss.lab.network.state import State, state_of
from oss.lab.network.trap_words import Voice
from oss.lab.network.v3 import V3Agent
from oss.lab.network.values import text
from snmp.trap_message import Version
from snmp.trap_v3 import Auth, Priv, User

Address = tuple[str, int]
ENGINE = bytes.fromhex("80001f8804") + b"milha-lab"
"""Begins every device's engine id: net-snmp's enterprise, text (RFC 3411 section 5)."""

ENGINE_OBJECT = "1.3.6.1.6.3.10.2.1.1.0"
"""snmpEngineID (RFC 3411)."""


@dataclass
class Equipment:
    """``dead``: without power; ``cut_off``: nothing leads to it. Either way nobody hears of it.

    ``faces``: told whether it is away.
    """

    state: State
    agent: Agent
    voice: Voice
    door: EchoDoor
    dead: bool = False
    cut_off: bool = False
    timers: set[asyncio.TimerHandle] = field(default_factory=set)
    transport: asyncio.DatagramTransport | None = None
    writes: Writes | None = None
    faces: list[Callable[[bool], None]] = field(default_factory=list)

    @property
    def device(self) -> Device:
        return self.state.device

    def settle(self) -> None:
        """Silent where it is dead or cut off."""
        silent = self.dead or self.cut_off
        self.agent.silent = self.voice.mute = silent
        (self.door.away if silent else self.door.there)()
        for tell in self.faces:
            tell(silent)

    def behave(self) -> None:
        """Answer as it should."""
        self.agent.manner = Manner()

    def reboot(self, announce: bool) -> None:
        """Start anew: time and counters at nothing."""
        self.state.restart()
        self.voice.restart()
        if self.agent.v3 is not None:
            self.agent.v3.restart(self.state.boots)
        if announce:
            self.voice.cold_start()

    def close(self) -> None:
        """Give sockets and timers back."""
        for one in self.timers:
            one.cancel()
        if self.transport is not None:
            self.transport.close()
        self.voice.close()
        self.door.close()


class _Ear(asyncio.DatagramProtocol):
    """The agent's UDP socket."""

    def __init__(self, one: Equipment) -> None:
        self._one, self._loop = one, asyncio.get_running_loop()
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Answer at once, or when it is due."""
        for after_s, octets in self._one.agent.hear(data):
            if after_s <= 0:
                self._transport.sendto(octets, addr)
            else:
                self._loop.call_later(after_s, self._later, octets, addr)

    def error_received(self, exc: Exception) -> None:
        """The asker has gone meanwhile."""

    def _later(self, octets: bytes, addr: Address) -> None:
        if not self._transport.is_closing() and not self._one.agent.silent:
            self._transport.sendto(octets, addr)


def engine_of(device: Device) -> bytes:
    """Its snmpEngineID: who signs its traps."""
    return ENGINE + device.seed.to_bytes(4)


async def started(device: Device, shape: Shape, port: int, traps_to: Address | None) -> Equipment:
    """A device whose ports are open. Raises OSError where one is taken."""
    state = state_of(device)
    voice = Voice(state, traps_to, shape.community.encode())
    try:
        door = EchoDoor(device.address, port)
    except OSError:
        voice.close()
        raise
    agent = Agent(partial(_tables, state), shape.community.encode(), None, voice.refused)
    state.plant.renewed.append(partial(setattr, agent, "stale", True))
    one = Equipment(state, agent, voice, door)
    if device.maker is Maker.CDATA:
        one.writes = Writes(state, dict.fromkeys((1, 100), device.vlans[0]))
        one.writes.whims.reboot = partial(one.reboot, True)
        agent.put = one.writes.put
    try:
        if device.v3:
            agent.v3 = spoken = await asyncio.to_thread(_v3, state, shape, agent)
            voice.sign = spoken.signed
        loop = asyncio.get_running_loop()
        one.transport, _ = await loop.create_datagram_endpoint(
            lambda: _Ear(one), local_addr=(device.address, port), family=0
        )
    except OSError:
        one.close()
        raise
    return one


def _tables(state: State) -> Mib:
    return Mib([*makers.objects(state), (ENGINE_OBJECT, text(engine_of(state.device)))])


def _v3(state: State, shape: Shape, agent: Agent) -> V3Agent:
    user = User(shape.v3_user, Auth.SHA256, shape.v3_auth_password, Priv.AES, shape.v3_priv_password)
    return V3Agent(
        engine_of(state.device),
        state.boots,
        user,
        lambda octets: pdus.response(pdus.read_pdu(octets), agent.mib, Version.V3),
    )
