"""Contracts for a screen: those that run, began or ended in a month, which is what the board's figures count."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from oss.base.listing import Listing, Order, Page
from oss.contracts.figures import month_after
from oss.crm import within
from oss.staff.scopes import ALL, Scope

SIZE = 50
COLUMNS = """k.id, k.customer_id, c.name as customer, c.city, k.status, k.started_on, k.ended_on, k.end_reason,
  p.name as plan, p.price_cents"""
TABLES = "contract k join customer c on c.id = k.customer_id join plan p on p.id = k.plan_id"
VIEWS = ("active", "started", "ended")
BY_START, BY_END = Order("k.started_on", "date", True), Order("k.ended_on", "date", True)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One of VIEWS; ``month`` is a month's first day (None: all), ``reason`` why it ended (None: any, '': not said).

    ``scope``: whose list it is.
    """

    view: str = "active"
    month: date | None = None
    reason: str | None = None
    scope: Scope = ALL


def listing(wanted: Wanted) -> Listing:
    """The list's SQL for a wish."""
    found = Listing(COLUMNS, TABLES, "k.id")
    found.where(*within.condition(wanted.scope, "k.customer_id"))
    if wanted.view == "active":
        found.where("k.status = 'active'")
    column = "k.ended_on" if wanted.view == "ended" else "k.started_on"
    if wanted.view == "ended":
        found.where("k.ended_on is not null")
    if wanted.month:
        found.where(f"{column} >= {{}} and {column} < {{}}", wanted.month, month_after(wanted.month))
    if wanted.view == "ended" and wanted.reason is not None:
        found.where("coalesce(k.end_reason, '') = {}", wanted.reason)
    return found


async def read(wanted: Wanted, after: str | None = None, before: str | None = None) -> Page:
    """One page, the latest first, with the count of the whole."""
    found = listing(wanted)
    total = await replace(found, tables="contract k").count()  # its customer and its plan exist
    return await found.page(BY_END if wanted.view == "ended" else BY_START, SIZE, after, before, total)
