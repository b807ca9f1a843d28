"""Why a line is down, slow or well: stored facts gathered, judged by a pure function, the likely cause first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from oss.base import clock, db
from oss.base.line_facts import Gathered, Line, gather
from oss.base.problems import NotFound
from oss.crm import within
from oss.drivers.olt import OnuNow
from oss.monitoring.diagnosis_causes import Cause
from oss.monitoring.diagnosis_facts import Facts, Live, facts
from oss.monitoring.diagnosis_rules import RULES
from oss.monitoring.line_facts import Plant
from oss.staff.scopes import ALL, Scope

ACCOUNT: Final = """select a.id, a.login, a.contract_id, k.customer_id from access_account a
join contract k on k.id = a.contract_id where a.id = $1 and {inside}"""

LAST_RESORTS: Final = ("cpe_off", "stale_session", "offline", "never_seen", "never_dialled", "well")
"""Said where nothing else explains the line: beside a cause they would say nothing."""

LARGER: Final = ("area_power", "area_fibre", "area_lost", "olt_down", "device_down")
SMALLER: Final = (
    *("onu_power", "onu_fibre", "onu_dark", "some_power", "some_fibre", "some_dark"),
    *("onu_unauthorised", "onu_nowhere"),
)
"""What goes with something larger is no cause beside it."""

NOTHING: Final = Cause("never_seen")


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A line with what is known of it and why it is so. ``causes``: the likely one first; there is always one."""

    line: Line
    facts: Facts
    causes: tuple[Cause, ...]
    late: tuple[str, ...] = ()

    @property
    def likely(self) -> Cause:
        return self.causes[0]


def judge(known: Facts) -> tuple[Cause, ...]:
    """Facts -> causes, the likely one first; never none. Depends on nothing but its argument."""
    found = [one for one in (rule(known) for rule in RULES) if one is not None]
    if any(one.key in LARGER for one in found):
        found = [one for one in found if one.key not in SMALLER]
    real = [one for one in found if one.key not in LAST_RESORTS]
    # Warnings explain nobody's being offline: who is not online has another first sentence.
    if real and (known.online or any(one.severity not in ("warning", "slow") for one in real)):
        return tuple(sorted(real, key=lambda one: not known.online and one.severity in ("warning", "slow")))
    rest = [one for one in found if one.key in LAST_RESORTS][:1] or [NOTHING]
    return (*rest, *real)


async def line_of(connection: db.Connection, account_id: int, scope: Scope = ALL) -> Line:
    """A login's line. Raises NotFound, also where it is of a customer outside the scope."""
    row = await connection.fetchrow(*within.narrowed(ACCOUNT, scope, "k.customer_id", account_id))
    if row is None:
        raise NotFound(thing="login")
    return Line(row["id"], row["login"], row["contract_id"], row["customer_id"], clock.now(), scope=scope)


async def read(connection: db.Connection, account_id: int, scope: Scope = ALL) -> Diagnosis:
    """From what is stored alone: no device is asked."""
    line = await line_of(connection, account_id, scope)
    gathered: Gathered = await gather(connection, line)
    known = facts(line.now, line.login, gathered.told)
    return Diagnosis(line, known, judge(known), gathered.late)


async def onu_of(connection: db.Connection, account_id: int) -> int | None:
    """The ONU at which a login's line ends."""
    found: int | None = await connection.fetchval("select onu_id from account_drop where account_id = $1", account_id)
    return found


def with_live(before: Diagnosis, live: Live) -> Diagnosis:
    """Judged again with what the devices have just said."""
    known = replace(before.facts, live=live, plant=_as_seen(before.facts, live))
    return replace(before, facts=known, causes=judge(known))


def _as_seen(known: Facts, live: Live) -> Plant | None:
    """The plant with its ONU as the OLT has just told it; what the poll knew of it is older."""
    plant, onu = known.plant, live.onu
    if plant is None or onu is None or onu.state == "unknown":
        return plant
    lit = onu.state == "online"
    since = known.now if lit == plant.dark else plant.since
    rx_dbm = (onu.onu_rx_dbm or plant.rx_dbm) if lit else None
    return replace(plant, word=_last_word(plant, onu), since=since, rx_dbm=rx_dbm, told_at=known.now)


def _last_word(plant: Plant, onu: OnuNow) -> str:
    """Where the OLT says no more than that it is away: how it went, else what was heard before."""
    if onu.state != "offline":
        return onu.state
    return onu.last_down if onu.last_down in ("los", "dying-gasp") else plant.word if plant.dark else "offline"


def told(one: Cause) -> dict[str, Any]:
    """A cause as plain values, for programs."""
    return {"key": one.key, "severity": one.severity, "facts": dict(one.facts), "incident": one.incident,
            "steps": list(one.steps)}  # fmt: skip
