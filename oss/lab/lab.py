"""The whole lab in one object: its NAS, their ledger, and what can be asked of all of them together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AsyncExitStack
from itertools import cycle
from pathlib import Path
from typing import Any, cast

from oss.lab.agenda import Agenda
from oss.lab.figures import figures, reset
from oss.lab.ledger import Ledger
from oss.lab.nas import Nas
from oss.lab.sessions import Line
from oss.lab.settings import MODES, Mode, NasConfig, Settings


class Lab:
    """An async context manager: inside it the NAS are up. Unknown names and wrong values raise ValueError."""

    def __init__(self, nas: Sequence[NasConfig], settings: Settings, ledger_path: Path | None = None) -> None:
        names = [config.name for config in nas]
        if not names or len(set(names)) != len(names):
            raise ValueError("a lab needs NAS, each with a name of its own")
        self.settings = settings
        self.ledger = Ledger(ledger_path)
        self.nas: dict[str, Nas] = {}
        self._configs = nas
        self._agendas: list[Agenda] = []
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Lab:
        async with AsyncExitStack() as stack:
            stack.callback(self.ledger.close)
            for number, config in enumerate(self._configs):
                agenda = Agenda()
                stack.callback(agenda.clear)
                nas = self.nas[config.name] = Nas(number, config, self.settings, agenda, self.ledger)
                stack.push_async_callback(nas.close)
                await nas.start()
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def chosen(self, names: Iterable[str] | None) -> list[Nas]:
        """The NAS of these names; None: all."""
        wanted = list(self.nas) if names is None else list(names)
        unknown = [name for name in wanted if name not in self.nas]
        if unknown or not wanted:
            raise ValueError(f"no NAS named {', '.join(map(str, unknown))}" if unknown else "no NAS named at all")
        return [self.nas[name] for name in wanted]

    def dial(self, subscribers: Sequence[tuple[str, str]], names: Iterable[str] | None = None) -> int:
        """(login, password) pairs dial, one NAS after the other; who has a line already keeps its NAS."""
        homes = cycle(self.chosen(names))
        for login, password in subscribers:
            home = next(homes)
            if names is None:
                home = next((nas for nas in self.nas.values() if login in nas.lines), home)
            home.dial(login, password)
        return len(subscribers)

    def hangup(self, logins: Iterable[str]) -> int:
        """These subscribers switch off; says how many lines there were."""
        return sum(nas.hangup(login) for login in logins for nas in self.nas.values())

    def everybody(self) -> list[str]:
        """All logins that ever dialed."""
        return list(dict.fromkeys(login for nas in self.nas.values() for login in nas.lines))

    def set_mode(self, names: Iterable[str] | None, mode: str, error_cause: int | None) -> None:
        """How these NAS take CoA and Disconnect from now on."""
        if mode not in MODES:
            raise ValueError(f"mode is one of {', '.join(MODES)}")
        for nas in self.chosen(names):
            nas.orders.mode = cast(Mode, mode)
            if error_cause is not None:
                nas.orders.error_cause = error_cause

    def set_interims(self, every_s: float | None) -> None:
        """All sessions send interims this often, spread evenly; 0: none; None: as the server grants."""
        if every_s is not None and every_s != 0 and every_s < 0.01:
            raise ValueError("every_s is at least 0.01, 0 for none, or null for what the server grants")
        self.settings.interim_s = every_s
        for nas in self.nas.values():
            nas.plan_interims()

    def set_redial(self, on: bool) -> None:
        """Whether subscribers dial again by themselves; switching it on makes those who wait dial now."""
        self.settings.redial = on
        if on:
            for nas in self.nas.values():
                nas.redial_everybody()

    def figures(self, start_anew: bool) -> dict[str, Any]:
        """Totals, and the same for each NAS; `start_anew` begins the latencies again afterwards."""
        shown = figures(list(self.nas.values()))
        shown["nas"] = {name: figures([nas]) | {"mode": nas.orders.mode} for name, nas in self.nas.items()}
        if start_anew:
            reset(list(self.nas.values()))
        return shown

    def rows(self, logins: Iterable[str] | None, everybody: bool) -> Iterator[dict[str, Any]]:
        """One row per session, from a snapshot of who is online now; `everybody`: also lines without a session."""
        wanted = None if logins is None else set(logins)
        snapshot = [
            (nas.config.name, line)
            for nas in self.nas.values()
            for line in nas.lines.values()
            if (everybody or line.session is not None) and (wanted is None or line.login in wanted)
        ]
        return (row(name, line) for name, line in snapshot)


def row(nas: str, line: Line) -> dict[str, Any]:
    """A line as the control port shows it; times are seconds since the epoch, None where there is no session."""
    session = line.session
    if session is None:
        session_fields: dict[str, Any] = dict.fromkeys(
            ("acct_session_id", "framed_ip", "profile", "since", "changed_at")
        )
    else:
        profile = session.profile
        session_fields = {
            "acct_session_id": session.acct_session_id,
            "framed_ip": session.framed_ip,
            "profile": {"rate_limit": profile.rate_limit, "address_list": profile.address_list},
            "since": session.since,
            "changed_at": session.changed_at,
        }
    return {"nas": nas, "login": line.login, "state": line.state} | session_fields
