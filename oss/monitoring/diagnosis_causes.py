"""The causes a line may be ill from: what each needs to be told with, how grave it is, what is done about it.

The words stand in web (`web.console.diagnosis_words`), under the same keys, in both languages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Severity = Literal["down", "blocked", "slow", "warning", "well", "unknown"]
"""down: no service, and it should be; blocked: we (or the customer) hold it back; slow: less than was bought; warning:
it works, but not for long or not safely."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of cause. ``needs``: facts that its sentence is made of. ``steps``: acts offered, the best first."""

    severity: Severity
    needs: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()


KINDS: Final[Mapping[str, Kind]] = {
    # ------------------------------------------------------------ contract, money, holds
    "contract_ended": Kind("blocked", ("on",), ("contract",)),
    "contract_not_begun": Kind("blocked", ("on",), ("contract",)),
    "login_off": Kind("blocked", ("login",), ("switch_on",)),
    "debt_cut": Kind("blocked", ("days", "cents", "since"), ("promise", "pay")),
    "debt_walled": Kind("blocked", ("days", "cents", "since"), ("promise", "pay")),
    "debt_slowed": Kind("slow", ("days", "cents", "since", "down_kbps"), ("promise", "pay")),
    "debt_lifting": Kind("blocked", ("since",), ("reapply",)),
    "held": Kind("blocked", ("since", "by"), ("release",)),
    "fraud": Kind("blocked", ("since", "by"), ("release",)),
    "paused": Kind("blocked", ("since",), ("release",)),
    # ------------------------------------------------------------ the way to the customer
    "device_down": Kind("down", ("name", "at"), ("incident",)),
    "olt_down": Kind("down", ("name", "at"), ("incident",)),
    "nas_down": Kind("down", ("name", "at"), ("incident",)),
    "area_power": Kind("down", ("gone", "of", "place", "at"), ("incident", "plant")),
    "area_fibre": Kind("down", ("gone", "of", "place", "at"), ("incident", "plant")),
    "area_lost": Kind("down", ("gone", "of", "place", "at"), ("incident", "plant")),
    "onu_unauthorised": Kind("down", ("serial", "olt"), ("provision", "onu")),
    "onu_nowhere": Kind("down", ("serial",), ("provision", "onu")),
    "provision_stuck": Kind("down", ("serial", "olt", "at"), ("provision", "onu")),
    "provision_running": Kind("down", ("serial", "olt", "at"), ("provision", "onu")),
    "onu_power": Kind("down", ("at",), ("onu",)),
    "onu_fibre": Kind("down", ("at",), ("onu",)),
    "onu_dark": Kind("down", ("at",), ("onu",)),
    "some_power": Kind("down", ("at", "gone", "of"), ("onu", "plant")),
    "some_fibre": Kind("down", ("at", "gone", "of"), ("onu", "plant")),
    "some_dark": Kind("down", ("at", "gone", "of"), ("onu", "plant")),
    # ------------------------------------------------------------ the router and RADIUS
    "nas_silent": Kind("down", ("nas", "at"), ("doctor",)),
    "nas_unknown": Kind("down", ("nas", "ip"), ("doctor",)),
    "nas_secret": Kind("down", ("nas", "count"), ("doctor",)),
    "nas_off": Kind("down", ("nas",), ("doctor",)),
    # ------------------------------------------------------------ logins
    "wrong_password": Kind("down", ("count", "at"), ("access",)),
    "unknown_login": Kind("down", ("typed", "login", "at"), ("access",)),
    "wrong_mac": Kind("down", ("seen", "expected"), ("accept_line", "forget_line")),
    "wrong_nas": Kind("down", ("seen", "expected"), ("accept_line", "forget_line")),
    "wrong_port": Kind("down", ("seen", "expected"), ("accept_line", "forget_line")),
    "wrong_vlan": Kind("down", ("seen", "expected"), ("accept_line", "forget_line")),
    "wrong_circuit": Kind("down", ("seen", "expected"), ("accept_line", "forget_line")),
    "too_many_sessions": Kind("down", ("nas", "at"), ("disconnect", "access")),
    "refused": Kind("down", ("reason", "count", "at"), ("access",)),
    "no_address": Kind("down", ("count", "nas"), ("doctor",)),
    "duplicate_mac": Kind("down", ("mac", "other"), ("other",)),
    "cpe_off": Kind("down", ("at",), ("onu",)),
    "never_dialled": Kind("down", (), ("access", "onu")),
    "offline": Kind("unknown", ("at",), ("plant",)),
    "never_seen": Kind("unknown", (), ("access", "plant")),
    "stale_session": Kind("warning", ("nas", "at"), ("disconnect", "doctor")),
    # ------------------------------------------------------------ it works, but
    "limit_differs": Kind("slow", ("wanted_kbps", "applied_kbps"), ("reapply", "disconnect")),
    "link_full": Kind("slow", ("name", "percent"), ("links",)),
    "plan_full": Kind("slow", ("bps", "limit_kbps"), ("plan",)),
    "weak_light": Kind("warning", ("dbm",), ("onu",)),
    "light_below_neighbours": Kind("warning", ("dbm", "median"), ("onu",)),
    "light_falling": Kind("warning", ("dbm", "was", "days"), ("onu",)),
    "comes_and_goes": Kind("warning", ("count",), ("onu", "access")),
    "shared_mac": Kind("warning", ("mac", "other"), ("other",)),
    "well": Kind("well", ("since",), ()),
}


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause with the facts of its sentence. ``incident``: the open one it belongs to."""

    key: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    incident: int | None = None

    def __post_init__(self) -> None:
        missing = [name for name in KINDS[self.key].needs if self.facts.get(name) is None]
        if missing:
            raise ValueError(f"{self.key}: without {', '.join(missing)}")

    @property
    def severity(self) -> Severity:
        return KINDS[self.key].severity

    @property
    def steps(self) -> tuple[str, ...]:
        return KINDS[self.key].steps


def cause(key: str, incident: int | None = None, **facts: Any) -> Cause | None:
    """A cause, or none where one of its facts is not known: it is never told without them."""
    if any(facts.get(name) is None for name in KINDS[key].needs):
        return None
    return Cause(key, facts, incident)
