"""A device that was not there when it was first asked is read as fast as any other once it is."""

from __future__ import annotations

import asyncio

import pytest

from oss.access.thread import new_loop
from oss.lab.network.lab import network_lab
from oss.lab.network.places import small
from snmp.client import Client
from snmp.credentials import Community, Target
from snmp.errors import PortClosed
from snmp.reading import Reader
from tests.oss.lab.network.running import free_port

SOON_S = 8.0
"""Far more than a reading takes, far less than one in which each answer is waited for until its time is over."""


async def _read_it() -> int:
    shape = small(1, 8)
    port = free_port(shape)
    async with Client(Target(shape.device("olt-1").address, port), Community(shape.community)) as client:
        reader = Reader(client)
        with pytest.raises(PortClosed):
            await reader.read()
        async with network_lab(shape, port):
            with client.within(SOON_S):
                return len((await reader.read()).onus)


def _in_the_products_loop() -> int:
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(_read_it())


async def test_a_port_that_opens_later_is_heard_in_the_products_own_loop() -> None:
    assert await asyncio.to_thread(_in_the_products_loop) == 8
