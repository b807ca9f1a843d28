"""One RouterOS at work: its menus, its log, who is connected by PPPoE, and what it is asked to do once.

device = small().device("edge-1")
router = RouterOs(state_of(device))
router.callers.come("ana", "100.64.0.1", "10M/20M")     # a `Listed`, unless other callers were given
async with served(router, "127.0.0.1", api_port=0, tls_port=0, ssh_port=0) as doors:
    doors.api_port, doors.tls_port, doors.ssh_port
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

from oss.lab.network import clock
from oss.lab.network.callers import Callers, Listed
from oss.lab.network.routeros.menus import Menu, Row
from oss.lab.network.state import State
from oss.lab.network.whims import Whims

Login = Literal["plain", "challenge"]
LOG_KEPT: Final = 1000


@dataclass
class RouterOs:
    """``login``: how it wants the password: ``plain`` from 6.43 on, ``challenge`` before (and until 6.45.1).

    ``empty``: it says !empty where a print finds nothing (7.18 on). ``tick_s``: between two sentences of what goes on,
    such as monitor-traffic and ping. ``answers``: whether an address answers its pings; None: who is connected, and the
    devices that it knows, do. ``acting``: whose command is being done, for the log.
    """

    state: State
    callers: Callers = field(default_factory=Listed)
    users: dict[str, str] = field(default_factory=lambda: {"milha": "lab-comando"})
    version: str = "7.16.2"
    login: Login = "plain"
    empty: bool = False
    tick_s: float = 1.0
    encoding: str = "utf-8"
    answers: Callable[[str], bool] | None = None
    whims: Whims = field(default_factory=Whims)
    menus: dict[str, Menu] = field(default_factory=dict)
    log: deque[Row] = field(default_factory=lambda: deque(maxlen=LOG_KEPT))
    acting: str = ""
    _logged: int = 0

    def __post_init__(self) -> None:
        # The menus read the router, and the router has the menus.
        from oss.lab.network.routeros.furnishing import furnish

        for menu in furnish(self):
            self.menus[menu.path] = menu
            menu.changed = self._changed

    def allows(self, user: str, password: str) -> bool:
        """Whether somebody may come in."""
        return not self.whims.deaf and self.users.get(user) == password

    def raw(self, text: str) -> str:
        """A text of the lab's own as the router keeps it: an octet a character."""
        return text.encode(self.encoding, "replace").decode("latin-1")

    def note(self, topics: str, message: str) -> None:
        """A line of its log."""
        self._logged += 1
        self.log.append(
            {".id": f"*{self._logged:X}", "time": clock.stamp(), "topics": topics, "message": self.raw(message)}
        )

    def _changed(self, what: str) -> None:
        path, _, verb = what.partition(" ")
        done = {"add": "added", "set": "changed", "remove": "removed"}[verb]
        self.note("system,info", f"{path.rsplit('/', 1)[1]} {done} by {self.acting or 'milha'}")
