"""What an ONU's light and its configuration mean for who dials behind it.

While what he sends comes to a NAS (`Plant.serves`), he dials; when it does not any more, his session ends by itself
after `carrier_s`, as a NAS notices by its echoes, and he dials again when it does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial

from oss.lab.nas import Nas
from oss.lab.network.plant import Behind, LiveOnu, Plant

CARRIER_S = 3.0


class Lines:
    """Of one network. ``nas``: by name; a login that has dialled on one of them stays there, and where there is but
    one, everybody dials on it."""

    def __init__(self, nas: Mapping[str, Nas], carrier_s: float = CARRIER_S) -> None:
        self._nas, self.carrier_s = nas, carrier_s
        self._lost: set[str] = set()
        self._known: set[str] = set()
        """Who was there before: he dials by himself, or not at all."""
        self._served: dict[str, bool] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def watch(self, plant: Plant) -> None:
        """Follow an OLT's ONUs from now on."""
        plant.heard.append(partial(self._changed, plant))
        for one in plant.on(None):
            if one.behind is not None:
                self._served[one.behind.login] = plant.serves(one)
                if one.number is not None:
                    self._known.add(one.behind.login)

    def close(self) -> None:
        """Nothing more will happen."""
        for timer in self._timers.values():
            timer.cancel()

    def _changed(self, plant: Plant, some: list[LiveOnu]) -> None:
        for one in some:
            if one.behind is not None:
                self._set(one.behind, plant.serves(one))

    def _set(self, who: Behind, served: bool) -> None:
        before = self._served.get(who.login)
        self._served[who.login] = served
        if served == before:
            return
        timer = self._timers.pop(who.login, None)
        if timer is not None:
            timer.cancel()
            if served:
                return  # it was back before anybody noticed
        if served:
            self._dial(who)
        elif before is not None:
            loop = asyncio.get_running_loop()
            self._timers[who.login] = loop.call_later(self.carrier_s, self._lose, who.login)

    def _dial(self, who: Behind) -> None:
        home = self._home(who)
        if home is None or (who.login in self._known and who.login not in self._lost):
            return  # it is off for another reason
        self._lost.discard(who.login)
        self._known.add(who.login)
        home.dial(who.login, who.password)

    def _lose(self, login: str) -> None:
        self._timers.pop(login, None)
        for nas in self._nas.values():
            if nas.lose(login):
                self._lost.add(login)

    def _home(self, who: Behind) -> Nas | None:
        for nas in self._nas.values():
            if who.login in nas.lines:
                return nas
        only = next(iter(self._nas.values())) if len(self._nas) == 1 else None
        return self._nas.get(who.nas, only)
