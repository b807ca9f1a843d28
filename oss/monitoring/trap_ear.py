"""The trap port of the process that polls. A trap proves nothing: its device is asked, and only the answer counts.

What a poll cannot see is how often a link went down and up in between: for that alone (rules on flapping) its traps
are believed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from oss.base.supervisor import Health
from oss.monitoring.polled import Polled
from snmp import trap_v3
from snmp.credentials import Community, User
from snmp.trap_events import Kind
from snmp.trap_fold import Heard
from snmp.trap_intake import Intake
from snmp.trap_receiver import TrapReceiver
from snmp.trap_sources import Source

BEAT_S: Final = 1.0
FIRST_BOOT: Final = 1_700_000_000  # Unix seconds
LINKS: Final = {Kind.LINK_DOWN: 0.0, Kind.LINK_UP: 1.0}
"""The state of an interface that a trap tells."""
NO_NEWS: Final = (Kind.AUTHENTICATION_FAILURE,)
"""Of these the device itself has nothing to tell."""

AUTH: Final = {"sha1": "sha"}
PRIVACY: Final = {"aes128": "aes"}


class TrapEar:
    """Hears the devices that are polled. ``heard`` is called in the loop, for each thing that is told."""

    def __init__(self, name: str, heard: Callable[[Heard], None]) -> None:
        """``name``: this node's; devices that send informs know us by it."""
        self._engine_id = b"\x80\x00\x1f\x88\x04" + name.encode()[:27]  # RFC 3411 section 5: text that we chose
        self.intake = Intake({}, heard)
        self.receiver = TrapReceiver(self.intake)
        self._users: frozenset[trap_v3.User] = frozenset()

    async def know(self, devices: Iterable[Polled]) -> None:
        """Who may send: each device that is asked, in the names it is asked by."""
        devices = list(devices)
        self.intake.know(sources(devices))
        users = v3_users(devices)
        if users != self._users:
            boots = int(time.time()) - FIRST_BOOT  # grows with each start, and nothing is to be kept for it
            self.intake.believe(await asyncio.to_thread(trap_v3.Usm, self._engine_id, boots, users))
            self._users = users

    async def run(self, host: str, port: int, health: Health) -> None:
        """Listen until cancelled. Raises OSError where the port cannot be had."""
        await self.receiver.open(host, port)
        try:
            while True:
                health.beat()
                await asyncio.sleep(BEAT_S)
        finally:
            await self.receiver.close()

    def stats(self) -> dict[str, Any]:
        """What its process tells of it: datagrams, and what became of them."""
        counts = self.intake.counts().values()
        names = ("received", "told", "folded", "limited", "crowded", "refused", "malformed")
        found: dict[str, Any] = {name: sum(getattr(one, name) for one in counts) for name in names}
        return found | {"strangers": self.intake.strangers.count, "kernel_drops": self.receiver.drops()}


def sources(devices: Iterable[Polled]) -> Mapping[str, Source]:
    """By address. Of two devices behind one address nobody could tell which of them sent: the first counts."""
    found: dict[str, Source] = {}
    for one in devices:
        secret = one.secret
        communities = {secret.community.encode()} if isinstance(secret, Community) else set[bytes]()
        users = {secret.name} if isinstance(secret, User) else set[str]()
        before = found.get(str(one.known_by.management), Source(one.known_by.device_id))
        found[str(one.known_by.management)] = Source(before.key, before.communities | communities, before.users | users)
    return found


def v3_users(devices: Iterable[Polled]) -> frozenset[trap_v3.User]:
    """The users of v3 with the engines that sign in their names. USM knows a name with one set of keys: the first."""
    engines: dict[User, set[bytes]] = {}
    for one in devices:
        if isinstance(one.secret, User):
            engines.setdefault(one.secret, set()).update({one.engine_id} if one.engine_id else ())
    found: dict[str, trap_v3.User] = {}
    for user, known in engines.items():
        found.setdefault(user.name, _user(user, tuple(sorted(known))))
    return frozenset(found.values())


def _user(one: User, engines: tuple[bytes, ...]) -> trap_v3.User:
    auth = trap_v3.Auth(AUTH.get(one.auth.value, one.auth.value)) if one.auth else trap_v3.Auth.NONE
    privacy = trap_v3.Priv(PRIVACY.get(one.privacy.value, one.privacy.value)) if one.privacy else trap_v3.Priv.NONE
    return trap_v3.User(one.name, auth, one.auth_password, privacy, one.privacy_password, engines)
