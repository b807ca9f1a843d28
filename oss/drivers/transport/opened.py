"""All ways to one device: each is opened when it is first wanted, kept open, and opened anew when it was lost."""

from __future__ import annotations

import time
from collections.abc import Mapping

from oss.drivers.links import Api, Dialect, Shell, Snmp
from oss.drivers.problems import NotOffered
from oss.drivers.reach import Reach
from oss.drivers.transport import routeros
from oss.drivers.transport.routeros import RouterOs
from oss.drivers.transport.transcript import Transcript


class Opened:
    """The `Link` of one device. ``since``: Unix time at which what is open now was opened, None: nothing is."""

    def __init__(self, reach: Reach, dialect: Dialect | None, transcript: Transcript) -> None:
        self.reach, self.dialect, self.transcript = reach, dialect, transcript
        self.since: float | None = None
        self._keys: dict[str, str] = {}
        self._api: RouterOs | None = None

    @property
    def open(self) -> bool:
        """Whether anything is."""
        return self._api is not None and self._api.open

    async def shell(self) -> Shell:
        raise NotOffered(name=self.reach.name)

    async def api(self) -> Api:
        if self.reach.protocol not in ("api", "api-tls"):
            raise NotOffered(name=self.reach.name)
        if self._api is None or not self._api.open:
            self._api = await routeros.opened(self.reach, self.transcript, lambda pin: self._believe("tls_pin", pin))
            self.since = time.time()
        return self._api

    async def snmp(self) -> Snmp:
        raise NotOffered(name=self.reach.name)

    def keys(self) -> Mapping[str, str]:
        return dict(self._keys)

    def _believe(self, name: str, key: str) -> None:
        self._keys[name] = key

    async def close(self) -> None:
        """All of it; never raises."""
        if self._api is not None:
            await self._api.close()
        self._api, self.since = None, None
