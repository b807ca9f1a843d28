"""The lists of the SLA report: contracts, PON ports, devices, sites of a month, and credits; each also a file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, tzinfo
from decimal import Decimal
from typing import Any, Final

from oss.base import clock
from oss.base.listing import Listing, Order
from oss.crm.permissions import CustomerPermission
from oss.monitoring import sla, sla_list
from oss.monitoring.permissions import MonitoringPermission
from oss.monitoring.sla_list import Wanted
from oss.network.permissions import NetworkPermission
from oss.staff.scopes import Scope
from web.catalogues import N_
from web.tables import Column, Filter, Params, Speech, Table, Value, instant, named, register

HOME: Final = "/console/sla"
MONTHS: Final = 13
VIEWS = {"down": N_("With an outage"), "below": N_("Below target")}
DOWN_ALONE = {"down": N_("With an outage")}
CREDIT_STATES = {"proposed": N_("Proposed"), "accepted": N_("Accepted"), "refused": N_("Refused")}


def month_of(text: str, today: date) -> date:
    """The month an address names (``2026-10``), if it lies in the last ones; else the present one."""
    known = {f"{one:%Y-%m}": one for one in sla.months(today, MONTHS)}
    return known.get(text, today.replace(day=1))


def period(text: str, zone: str) -> sla.Period:
    """The month an address names, as the provider's clocks show it."""
    return sla.month(month_of(text, clock.today(zone)), zone)


def _wanted(params: Params, zone: tzinfo, scope: Scope) -> Wanted:
    when = period(params.get("month", ""), str(zone))
    return Wanted(when, params.get("q", ""), params.get("view", ""), params.get("sort", ""), scope)


def _source(make: Callable[[Wanted], tuple[Listing, Order]]) -> Any:
    return lambda params, zone, scope: make(_wanted(params, zone, scope))


def _credits(params: Params, zone: tzinfo, scope: Scope) -> tuple[Listing, Order]:
    return sla_list.credits(params.get("state", ""), params.get("q", ""), params.get("sort", "-month"), scope)


def _share(name: str) -> Value:
    """Hundredths of a percent as percent."""
    return lambda row, speech: "" if row[name] is None else Decimal(row[name]) / 100


def _money(name: str) -> Value:
    return lambda row, speech: "" if row[name] is None else Decimal(row[name]) / 100


def _time(name: str) -> Value:
    """Seconds as a spreadsheet reads a length of time: ``19:50:00``."""
    return lambda row, speech: f"{row[name] // 3600}:{row[name] // 60 % 60:02}:{row[name] % 60:02}"


def _each(row: Any, speech: Speech) -> str:
    """How long a PON's ONU was away on average."""
    return str(_time("each")({"each": int(row["lost_s"] // row["onus"])}, speech))


def _credit_state(name: str) -> Value:
    def say(row: Any, speech: Speech) -> str:
        return speech.say(CREDIT_STATES[row[name]]) if row[name] else ""

    return say


def _month(row: Any, speech: Speech) -> str:
    return f"{row['month_on']:%Y-%m}"


PAGES = {
    "sla_contracts": "/console/subscribers/{row[customer_id]}?contract={row[id]}",
    "sla_pons": "/console/pons/{row[id]}",
    "sla_devices": "/console/devices/{row[id]}",
    "sla_sites": "/console/sites/{row[id]}",
}


def address(table: str, row: Any) -> str:
    """Where the page of a row's thing is."""
    return PAGES[table].format(row=row)


def state(table: str, row: Any) -> str:
    """The glyph of an availability: whole, less, or less than was promised."""
    if table == "sla_contracts" and row["target"] is not None and row["reached"] < row["target"]:
        return "offline"
    return "degraded" if row["reached"] < sla.FULL else "online"


MONTH = Filter("month", N_("Month"), kind="text", tabs=True)
REACHED = Column("reached", N_("Availability"), _share("reached"), align="r", td="strong")
DOWN = Column("down", N_("Time down"), _time("down_s"), "down", align="r")
CONTRACTS = register(
    Table(
        name="sla_contracts",
        path=HOME,
        label=N_("Availability of contracts"),
        file="disponibilidade-contratos",
        permission=CustomerPermission.READ,
        exports=CustomerPermission.EXPORT,
        personal="customers",
        sort="-down",
        source=_source(sla_list.contracts),
        filters=(MONTH, Filter("view", N_("View"), choices=VIEWS, tabs=True)),
        columns=(
            Column("customer", N_("Customer"), named("customer"), "customer", td="name"),
            Column("contract", N_("Contract"), named("id"), align="r", shown=False),
            Column("city", N_("City"), named("city"), css="max-[1240px]:hidden"),
            Column("plan", N_("Plan"), named("plan"), "plan", css="max-[1100px]:hidden"),
            REACHED,
            Column("target", N_("Target"), _share("target"), "target", align="r"),
            DOWN,
            Column("incidents", N_("Incidents"), named("incidents"), align="r"),
            Column("in_session", N_("In session"), _share("in_session"), align="r", css="max-[1240px]:hidden"),
            Column("credit", N_("Credit"), _money("amount_cents"), align="r"),
            Column("credit_state", N_("State of the credit"), _credit_state("credit_state")),
        ),
    )
)
PONS = register(
    Table(
        name="sla_pons",
        path=HOME + "/pons",
        label=N_("Availability of PONs"),
        file="disponibilidade-pons",
        permission=MonitoringPermission.READ,
        exports=NetworkPermission.EXPORT,
        personal="network",
        sort="-lost",
        source=_source(sla_list.pons),
        filters=(MONTH, Filter("view", N_("View"), choices=DOWN_ALONE, tabs=True)),
        columns=(
            Column("name", "PON", lambda row, speech: f"{row['olt']} {row['name']}", "name", td="name"),
            Column("site", N_("Site"), named("site"), "site"),
            Column("onus", "ONU", named("onus"), align="r"),
            Column("hit", N_("ONUs that were away"), named("hit"), align="r"),
            REACHED,
            Column("lost", N_("Away on average"), _each, "lost", align="r"),
            Column("longest", N_("Longest of one ONU"), _time("longest_s"), align="r"),
        ),
    )
)
DEVICES = register(
    Table(
        name="sla_devices",
        path=HOME + "/devices",
        label=N_("Availability of devices"),
        file="disponibilidade-aparelhos",
        permission=MonitoringPermission.READ,
        exports=NetworkPermission.EXPORT,
        personal="network",
        sort="-down",
        source=_source(sla_list.devices),
        filters=(MONTH, Filter("view", N_("View"), choices=DOWN_ALONE, tabs=True)),
        columns=(
            Column("name", N_("Device"), named("name"), "name", td="name"),
            Column("site", N_("Site"), named("site"), "site"),
            REACHED,
            DOWN,
            Column("incidents", N_("Incidents"), named("incidents"), align="r"),
        ),
    )
)
SITES = register(
    Table(
        name="sla_sites",
        path=HOME + "/sites",
        label=N_("Availability of sites"),
        file="disponibilidade-locais",
        permission=MonitoringPermission.READ,
        exports=NetworkPermission.EXPORT,
        personal="network",
        sort="-down",
        source=_source(sla_list.sites),
        filters=(MONTH, Filter("view", N_("View"), choices=DOWN_ALONE, tabs=True)),
        columns=(
            Column("name", N_("Site"), named("name"), "name", td="name"),
            Column("city", N_("City"), named("city")),
            Column("devices", N_("Devices"), named("devices"), align="r"),
            REACHED,
            DOWN,
        ),
    )
)
CREDITS = register(
    Table(
        name="sla_credits",
        path=HOME + "/credits",
        label=N_("Outage credits"),
        file="creditos",
        permission=CustomerPermission.READ,
        exports=CustomerPermission.EXPORT,
        personal="customers",
        sort="-month",
        source=_credits,
        filters=(Filter("state", N_("State"), choices=CREDIT_STATES, tabs=True),),
        columns=(
            Column("customer", N_("Customer"), named("customer"), "customer", td="name"),
            Column("contract", N_("Contract"), named("contract_id"), align="r", shown=False),
            Column("plan", N_("Plan"), named("plan"), css="max-[1100px]:hidden"),
            Column("month", N_("Month"), _month, "month"),
            REACHED,
            Column("target", N_("Target"), _share("target"), align="r"),
            Column("amount", N_("Credit"), _money("amount_cents"), "amount", align="r", td="strong"),
            Column("state", N_("State"), _credit_state("state")),
            Column("decided", N_("Decided"), instant("decided_at"), align="r", css="max-[1340px]:hidden"),
            Column("by", N_("By"), named("decided_by"), css="max-[1340px]:hidden"),
            Column("invoice", N_("Taken off invoice"), named("invoice"), align="r", css="max-[1240px]:hidden"),
            Column("act", N_("Decision"), align="r"),
        ),
    )
)
TABLES = {"": CONTRACTS, "pons": PONS, "devices": DEVICES, "sites": SITES, "credits": CREDITS}
