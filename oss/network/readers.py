"""Who reads a device: the room above that speaks SNMP says so here, and the page's "read now" asks it.

    @reads
    async def by_snmp(reach: Credentials) -> Facts: ...

Without one the inventory works by hand, and nothing offers to read.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from oss.base.problems import Problem
from oss.network.device_secrets import Credentials
from oss.network.facts import Facts

Reader = Callable[[Credentials], Awaitable[Facts]]
_readers: list[Reader] = []


class NobodyReads(Problem):
    """Nothing here can read devices yet."""

    status = 503


class NotAnswered(Problem):
    """{name} did not answer: {why}."""

    status = 502


def reads(reader: Reader) -> Reader:
    """Register who reads devices; the last one counts. It raises NotAnswered where a device is silent."""
    _readers.append(reader)
    return reader


def forget(reader: Reader) -> None:
    """Take a reader away again."""
    _readers.remove(reader)


def can_read() -> bool:
    """Whether anybody reads."""
    return bool(_readers)


async def read(reach: Credentials) -> Facts:
    """What a device tells of itself now. Raises NobodyReads, NotAnswered."""
    if not _readers:
        raise NobodyReads()
    return await _readers[-1](reach)
