"""The network on ports that nobody has, and readings of its devices by our own client."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator

from oss.lab.network.lab import Address, NetworkLab, network_lab
from oss.lab.network.places import small
from oss.lab.network.shape import Shape
from snmp.client import Client
from snmp.credentials import Auth, Community, Privacy, Target, User
from snmp.reading import Reader


def free_port(shape: Shape) -> int:
    """A port that is free, UDP and TCP, at the address of each device."""
    for _ in range(50):
        with contextlib.ExitStack() as stack:
            port = 0
            with contextlib.suppress(OSError):
                for device in shape.devices:
                    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                        one = stack.enter_context(socket.socket(socket.AF_INET, kind))
                        one.bind((device.address, port))
                        port = one.getsockname()[1]
                return port
    raise OSError("no port is free")


@contextlib.asynccontextmanager
async def running(shape: Shape | None = None, traps_to: Address | None = None) -> AsyncIterator[NetworkLab]:
    """The small network, or another."""
    shape = shape or small(2, 8)
    async with network_lab(shape, free_port(shape), traps_to) as lab:
        yield lab


@contextlib.asynccontextmanager
async def reader(lab: NetworkLab, name: str) -> AsyncIterator[Reader]:
    """Of one device, with what opens it."""
    shape, device = lab.shape, lab.shape.device(name)
    who: Community | User = Community(shape.community)
    if device.v3:
        keys = (Auth.SHA256, shape.v3_auth_password, Privacy.AES128, shape.v3_priv_password)
        who = User(shape.v3_user, *keys)
    async with Client(Target(device.address, lab.port), who) as client:
        yield Reader(client)
