"""What an OLT can do. Drivers answer in these shapes.

A change is a `Course`: commands rendered beforehand (the dry run shows them), each with what takes it back. Who runs it
(`oss.drivers.course`) writes each step down before it is taken, reads back at the end, and goes back on failure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from oss.drivers.links import Link

NOT_TOLD: Final = -1
"""The VLAN of a read-back that cannot tell it: it stands in a profile that the operator keeps."""


@dataclass(frozen=True, slots=True)
class FoundOnu:
    """An ONU that lights up and is in no configuration. ``pon`` as the inventory spells it: ``0/1/3``, ``1/1/3``."""

    pon: str
    serial: str
    model: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class OltOnu:
    """An ONU that is configured. ``state``: of `oss.network.onus.STATES`."""

    pon: str
    number: int
    serial: str
    state: str
    name: str = ""
    profile: str = ""


@dataclass(frozen=True, slots=True)
class OnuNow:
    """What the OLT says of one ONU now. dBm, metres; None: not told (dark)."""

    state: str
    onu_rx_dbm: float | None = None
    olt_rx_dbm: float | None = None
    distance_m: int | None = None
    last_down: str = ""  # los, dying-gasp, offline, or the maker's own word
    uptime_s: int | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """What an ONU is to be configured for. ``name``: its description on the OLT, ASCII, at most 64 letters.

    ``number`` None: the first that is free. Profiles are names or numbers of what the operator keeps on that OLT.
    ``bridge``: the VLAN comes out untagged at its first Ethernet port; else the ONU routes it itself.
    """

    pon: str
    serial: str
    name: str
    vlan: int
    number: int | None = None
    line_profile: str = "100"
    service_profile: str = "100"
    onu_type: str = ""
    user_vlan: int | None = None
    down_profile: str = ""
    up_profile: str = ""
    bridge: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """``view``: commands that lead from the privileged prompt to where ``command`` is said; ``undo``: what takes it
    back, said in ``undo_view`` (None: the same), and after it ``then``, each in a view of its own; empty: nothing to
    take back.

    ``by`` snmp: command and undo are SETs, spelled as in `oss.drivers.sets`, and there are no views.
    """

    command: str
    view: tuple[str, ...] = ()
    undo: tuple[str, ...] = ()
    undo_view: tuple[str, ...] | None = None
    by: Literal["shell", "snmp"] = "shell"
    then: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()

    @property
    def way_back(self) -> list[tuple[tuple[str, ...], str]]:
        """What takes it back, each command with its view."""
        view = self.view if self.undo_view is None else self.undo_view
        return [(view, one) for one in self.undo] + [(at, one) for at, some in self.then for one in some]


@dataclass(frozen=True, slots=True)
class Check:
    """What the read-back of one place must show before the course and after it (None: nothing is configured there)."""

    pon: str
    number: int
    before: Service | None
    after: Service | None


@dataclass(frozen=True, slots=True)
class Course:
    """What will be said, in order. ``number``: the ONU's on its PON afterwards, None: it has none any more.

    ``checks``: what proves that it was done, or that it was taken back.
    """

    steps: tuple[Step, ...]
    pon: str
    number: int | None
    serial: str
    checks: tuple[Check, ...] = ()

    @property
    def commands(self) -> list[str]:
        """As a person would type them, views entered where they change: the dry run."""
        said: list[str] = []
        view: tuple[str, ...] = ()
        for step in self.steps:
            if step.view != view:
                said += step.view
                view = step.view
            said.append(step.command)
        return said


def differences(wanted: Service | None, seen: Service | None) -> list[str]:
    """The fields in which what is there is not what was wanted; ``there`` where only one of them is.

    What an OLT does not tell (empty in ``seen``) is not held against it, and names may differ: people rename.
    """
    if wanted is None or seen is None:
        return [] if wanted is seen else ["there"]
    hard = ("serial",) if seen.vlan == NOT_TOLD else ("serial", "vlan", "bridge")
    found = [name for name in hard if getattr(wanted, name) != getattr(seen, name)]
    soft = ("line_profile", "service_profile", "onu_type", "down_profile", "up_profile")
    found += [name for name in soft if getattr(seen, name) and getattr(wanted, name) != getattr(seen, name)]
    if seen.user_vlan and seen.user_vlan != (wanted.user_vlan or wanted.vlan):
        found.append("user_vlan")
    return found


class Olt(Protocol):
    """One maker's way. ``plan_...`` reads what it must (free numbers, present service ports) and changes nothing."""

    async def unprovisioned(self, link: Link) -> Sequence[FoundOnu]: ...

    async def onus(self, link: Link, pon: str | None = None) -> Sequence[OltOnu]: ...

    async def now(self, link: Link, pon: str, number: int) -> OnuNow: ...

    async def read_back(self, link: Link, pon: str, number: int) -> Service | None:
        """How an ONU is configured, in the words it was ordered in; None: it is not."""

    async def plan_authorise(self, link: Link, service: Service) -> Course: ...

    async def plan_deauthorise(self, link: Link, pon: str, number: int) -> Course:
        """Its undo puts it back as it was: what is there is read first."""

    async def plan_replace(self, link: Link, pon: str, number: int, serial: str) -> Course:
        """Another ONU in its place: number, VLAN and line stay."""

    async def reboot(self, link: Link, pon: str, number: int) -> None: ...

    async def save(self, link: Link) -> None:
        """What runs now is kept over a restart. Raises NotOffered where the OLT does that by itself."""

    async def configuration(self, link: Link) -> str: ...
