"""All ways to one device: each is opened when it is first wanted, kept open, and opened anew when it was lost."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Final, NamedTuple, TypeVar

from oss.drivers.links import Api, Dialect, Shell, Snmp
from oss.drivers.problems import DeviceProblem, LinkLost, NotOffered
from oss.drivers.reach import Reach
from oss.drivers.transport import routeros, ssh, telnet
from oss.drivers.transport.line import Spend
from oss.drivers.transport.routeros import RouterOs
from oss.drivers.transport.snmp import Agent
from oss.drivers.transport.ssh import OpenShell
from oss.drivers.transport.transcript import Transcript
from snmp.credentials import Community, User

DOUBTED_S: Final = 45.0
"""A link that lay still for so long is tried before it is used: it may have died without a word."""
TRIAL_S: Final = 4.0
One = TypeVar("One", RouterOs, OpenShell)


class Purse(NamedTuple):
    """What takes a token for a command line's command, and for an SNMP request."""

    cli: Spend
    snmp: Spend


async def free() -> None:
    """A device without a budget."""


class Opened:
    """The `Link` of one device. ``since``: Unix time at which what is open now was opened, None: nothing is.

    ``fresh``: keys that were shown since it was emptied, by the names of `keys`.
    """

    def __init__(
        self,
        reach: Reach,
        dialect: Dialect | None,
        transcript: Transcript,
        secret: Community | User | None = None,
        purse: Purse | None = None,
    ) -> None:
        self.reach, self.dialect, self.transcript = reach, dialect, transcript
        self.secret, self.purse = secret, purse or Purse(free, free)
        self.since: float | None = None
        self._keys: dict[str, str] = {}
        self.fresh: set[str] = set()
        self._api: RouterOs | None = None
        self._shell: OpenShell | None = None
        self._agent: Agent | None = None
        self._used = time.monotonic()
        self._closed = False

    @property
    def open(self) -> bool:
        """Whether a connection is, as far as we know."""
        return any(one is not None and one.open for one in (self._api, self._shell))

    async def shell(self) -> Shell:
        """Raises NotOffered, and what opening it raises."""
        if self.dialect is None:
            raise NotOffered(name=self.reach.name)
        if self._shell is not None and not await self._lives(self._shell):
            await self._shell.close()
            self._shell = None
        if self._shell is None:
            self._check()
            self._shell = await self._owned(await self._open_shell(self.dialect))
        self._used = time.monotonic()
        return self._shell

    async def _open_shell(self, dialect: Dialect) -> OpenShell:
        if self.reach.protocol == "telnet":
            return await telnet.opened(self.reach, dialect, self.transcript, self.purse.cli)
        port = self.reach.port if self.reach.protocol == "ssh" else self.reach.ssh_port
        return await ssh.opened(self.reach, dialect, self.transcript, self.purse.cli, self._ssh_key, port)

    async def api(self) -> Api:
        """Raises NotOffered, and what opening it raises."""
        if self.reach.protocol not in ("api", "api-tls"):
            raise NotOffered(name=self.reach.name)
        if self._api is not None and not await self._lives(self._api):
            await self._api.close()
            self._api = None
        if self._api is None:
            self._check()
            opened = await routeros.opened(self.reach, self.transcript, self._tls_pin, self.purse.cli)
            self._api = await self._owned(opened)
        self._used = time.monotonic()
        return self._api

    async def snmp(self) -> Snmp:
        """Raises NotOffered where nobody said how it is asked."""
        if self.secret is None:
            raise NotOffered(name=self.reach.name)
        self._check()
        if self._agent is None:
            self._agent = Agent(self.reach, self.secret, self.transcript, self.purse.snmp)
        return self._agent

    def keys(self) -> Mapping[str, str]:
        return dict(self._keys)

    # ------------------------------------------------------------ staying open

    async def keep_alive(self) -> None:
        """Say something to what is open, so that nobody on the way forgets it; what does not answer is closed."""
        self._used = time.monotonic() - DOUBTED_S
        for one in (self._api, self._shell):
            if one is not None and not await self._lives(one):
                await one.close()
        self._used = time.monotonic()

    async def _lives(self, one: RouterOs | OpenShell) -> bool:
        if one.open and time.monotonic() - self._used >= DOUBTED_S:
            with suppress(DeviceProblem):
                await one.touch(TRIAL_S)
        return one.open

    def _check(self) -> None:
        """Raises LinkLost where all of it was closed for good."""
        if self._closed:
            raise LinkLost(name=self.reach.name, what="login")

    async def _owned(self, one: One) -> One:
        """What was opened just now, told. Raises LinkLost, and closes it, where all was closed meanwhile."""
        if self._closed:
            await one.close()
            self._check()
        self.since = self.since if self.since is not None and self.open else time.time()
        return one

    def _ssh_key(self, key: str) -> None:
        self._shown("ssh_key", key)

    def _tls_pin(self, pin: str) -> None:
        self._shown("tls_pin", pin)

    def _shown(self, name: str, key: str) -> None:
        self._keys[name] = key
        self.fresh.add(name)

    async def close(self) -> None:
        """All of it, for good; never raises."""
        self._closed = True
        api, shell, agent = self._api, self._shell, self._agent
        self._api = self._shell = self._agent = self.since = None
        if api is not None:
            await api.close()
        if shell is not None:
            await shell.close()
        if agent is not None:
            agent.close()
