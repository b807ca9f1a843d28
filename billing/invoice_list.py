"""The list of invoices, for a screen: by state, by when they fall due, city; found by number, customer, document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from oss.base import db
from oss.base.listing import COUNTED, Listing, Order, chosen
from oss.crm import within
from oss.crm.customers import by_words
from oss.staff.scopes import ALL, Scope

STATES = ("open", "overdue", "paid", "void")
COLUMNS = """i.id, i.number, i.series, i.customer_id, i.contract_id, c.name as customer, c.city, i.issued_on, i.due_on,
  i.amount_cents, i.paid_cents, i.status, i.paid_at, i.explanation,
  case when i.status = 'open' and i.due_on < $1::date then 'overdue' else i.status end as state"""
TABLES = "invoice i left join customer c on c.id = i.customer_id"
OF_INVOICE = "(select o.customer_id from invoice o where o.id = {})"
ORDERS = {
    "number": Order("i.number", "bigint"),
    "customer": Order("c.search_key", "text", optional=True),
    "city": Order('c.city collate "C"', "text", optional=True, then="c.id", of_key=OF_INVOICE),
    "due": Order("i.due_on", "date"),
    "amount": Order("i.amount_cents", "bigint"),
    "paid": Order("i.paid_at", "timestamptz", optional=True),
}
WHERE = {
    "open": "i.status = 'open' and i.due_on >= $1::date",
    "overdue": "i.status = 'open' and i.due_on < $1::date",
    "paid": "i.status = 'paid'",
    "void": "i.status = 'void'",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to and sorted by; both days of a range are in it. ``scope``: whose list it is."""

    text: str = ""
    state: str = ""
    due_from: date | None = None
    due_to: date | None = None
    city: str = ""
    customer_id: int | None = None
    sort: str = "-due"
    scope: Scope = ALL

    @property
    def order(self) -> Order:
        if self.state not in ("", "paid") and self.sort in ("paid", "-paid"):
            return chosen(ORDERS, self.sort.replace("paid", "due"), "-due")  # none of them is paid
        return chosen(ORDERS, self.sort, "-due")


def listing(wanted: Wanted, today: date) -> Listing:
    """The list's SQL for a wish."""
    found = Listing(COLUMNS, TABLES, "i.id", values=[today])
    found.where("$1::date is not null")  # named where nothing else names it
    found.where(*within.condition(wanted.scope, "i.customer_id"))
    if wanted.state in WHERE:
        found.where(WHERE[wanted.state])
    if wanted.due_from:
        found.where("i.due_on >= {}", wanted.due_from)
    if wanted.due_to:
        found.where("i.due_on <= {}", wanted.due_to)
    if wanted.city:
        found.where("i.customer_id in (select id from customer where city = {})", wanted.city)
    if wanted.customer_id:
        found.where("i.customer_id = {}", wanted.customer_id)
    if wanted.text:
        _search(found, wanted.text)
    return found


def _search(found: Listing, text: str) -> None:
    digits = re.sub(r"\D", "", text)
    if re.fullmatch(r"#?\s*\d{1,10}", text):
        found.where("i.number = {}", int(digits))
    elif re.fullmatch(r"[\d.\-/\s]+", text) and len(digits) in (11, 14):
        found.where("i.customer_id in (select id from customer where document = {})", digits)
    else:
        names, words = by_words(text)
        found.where(f"i.customer_id in (select id from customer where {names})", *words)


async def counts(today: date, scope: Scope = ALL) -> Mapping[str, int]:
    """How many invoices there are in each state, no further than they are counted; ``every``: of all of them."""
    inside, values = within.numbered(scope, "i.customer_id", 2)
    parts = [
        f"(select count(*) from (select 1 from invoice i where {condition} and {inside} limit {COUNTED + 1}) n)"
        f" as {name}"
        for name, condition in {"every": "true", **WHERE}.items()
    ]
    return dict(await db.fetchrow(f"select {', '.join(parts)}, $1::date as day", today, *values))
