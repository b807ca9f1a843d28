"""Payments as a list for a screen: what stands behind what was received in a month."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from oss.base.listing import Listing, Order, Page
from oss.base.remembered import MANY, Remembered
from oss.contracts.figures import month_after
from oss.crm import within
from oss.staff.scopes import ALL, Scope

SIZE = 50
COLUMNS = """y.id, y.amount_cents, y.method, y.reference, y.received_at, y.registered_by, y.customer_id,
  c.name as customer, i.series, i.number, i.contract_id"""
TABLES = "payment y join customer c on c.id = y.customer_id join invoice i on i.id = y.invoice_id"
NEWEST = Order("y.received_at", "timestamptz", True)


def listing(month: date | None, zone: str, scope: Scope) -> Listing:
    """The list's SQL for a month on the zone's days; None: all payments."""
    found = Listing(COLUMNS, TABLES, "y.id")
    found.where(*within.condition(scope, "y.customer_id"))
    if month:
        first, end = (datetime.combine(day, time(), ZoneInfo(zone)) for day in (month, month_after(month)))
        found.where("y.received_at >= {} and y.received_at < {}", first, end)
    return found


async def read(
    month: date | None, zone: str, after: str | None = None, before: str | None = None, *, scope: Scope = ALL
) -> Page:
    """One page, the newest first, with the count of the whole."""
    total = await _lately(month, zone, scope)
    return await listing(month, zone, scope).page(NEWEST, SIZE, after, before, total)


async def _count(month: date | None, zone: str, scope: Scope) -> int:
    """How many there are; each has its customer and its invoice."""
    return await replace(listing(month, zone, scope), tables="payment y").count()


_lately = Remembered(_count, lambda count: count >= MANY)
