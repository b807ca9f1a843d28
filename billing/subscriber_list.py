"""The list of subscribers: search by name, login, document, IP or MAC; who owes, who is held, who is online."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from oss.base import db
from oss.base.listing import COUNTED, Listing, Order, Page, Source, chosen
from oss.base.remembered import MANY, Remembered
from oss.crm import within
from oss.crm.customers import by_words
from oss.staff.scopes import ALL, Scope

STATUSES = ("online", "offline", "held", "overdue")
SIZE = 50
# What each customer owes by the day $1.
OWED = """(select i.customer_id, sum(i.amount_cents - i.paid_cents)::bigint as cents, min(i.due_on) as since
  from invoice i where i.status = 'open' and i.due_on < $1::date group by i.customer_id) d"""
TABLES = f"customer c left join {OWED} on d.customer_id = c.id"
# From those who owe on: a customer who has to be asked for nothing else is not read.
OWING_ALONE = Source(f"{OWED} left join customer c on c.id = d.customer_id", "d.customer_id")
ORDERS = {
    "name": Order("c.search_key", "text"),
    "city": Order('c.city collate "C"', "text", optional=True),
    "added": Order("c.id", "bigint"),
    "owed": Order("d.cents", "bigint", optional=True, where_known=OWING_ALONE),
    "due": Order("d.since", "date", optional=True, where_known=OWING_ALONE),
}

ONLINE = "select k.customer_id from session_open s join contract k on k.id = s.contract_id"
HELD = """select k.customer_id from hold h join contract k on k.id = h.contract_id
where h.lifted_at is null and (h.masked_until is null or h.masked_until <= now())"""
OWING = "select i.customer_id from invoice i where i.status = 'open' and i.due_on < {}::date"
SERVED = "select k.customer_id from contract k where k.status = 'active'"

COUNTS = """select (select count(*) from customer q where {inside}) as everybody,
  count(*) filter (where online) as online, count(*) filter (where active and not online) as offline,
  count(*) filter (where held) as held
from (select q.customer_id, bool_or(q.status = 'active') as active, bool_or(s.contract_id is not null) as online,
    bool_or(h.contract_id is not null) as held
  from contract q left join (select distinct contract_id from session_open) s on s.contract_id = q.id
  left join (select distinct contract_id from hold
    where lifted_at is null and (masked_until is null or masked_until <= now())) h on h.contract_id = q.id
  where {inside} group by 1) each"""
OVERDUE = f"select count(distinct q.customer_id) from ({OWING.format('$1')}) q where {{inside}}"

CONTRACTS = """select k.id, k.customer_id, k.status, p.name as plan, p.down_kbps,
  array(select a.login from access_account a where a.contract_id = k.id order by a.id) as logins,
  (select min(a.id) from access_account a where a.contract_id = k.id) as account_id,
  s.started_at, host(s.framed_ip) as ip, s.output_bps, s.desired, s.applied, s.uid is not null as online,
  h.reason, h.effect, h.placed_at
from contract k join plan p on p.id = k.plan_id
left join lateral (select * from session_open o where o.contract_id = k.id order by o.started_at desc limit 1) s on true
left join lateral (select * from hold h where h.contract_id = k.id and h.lifted_at is null
  and (h.masked_until is null or h.masked_until <= now())
  order by array_position(array['cut', 'wall', 'reduce'], h.effect::text), h.id limit 1) h on true
where k.customer_id = any($1::bigint[]) order by k.customer_id, k.status, k.id"""
DEBTS = """select customer_id, sum(amount_cents - paid_cents)::bigint as cents, min(due_on) as since
from invoice where customer_id = any($1::bigint[]) and status = 'open' and due_on < $2 group by customer_id"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to; an empty value narrows nothing. ``scope``: whose list it is."""

    text: str = ""
    status: str = ""
    plan_id: int | None = None
    city: str = ""
    sort: str = "name"
    scope: Scope = ALL

    @property
    def order(self) -> Order:
        return chosen(ORDERS, self.sort, "name")


@dataclass
class Subscriber:
    """One line of the list. ``contracts`` are rows of CONTRACTS, the active ones first: all there before it is read."""

    id: int
    name: str
    document: str | None
    city: str | None
    contracts: list[Any] = field(default_factory=list)
    owed_cents: int = 0
    owes_since: date | None = None

    @cached_property
    def active(self) -> list[Any]:
        return [one for one in self.contracts if one["status"] == "active"]

    @cached_property
    def first(self) -> Any:
        """The contract the line speaks of: a held one, else one online, else the first."""
        known = self.active or self.contracts
        return min(known, key=lambda one: (one["reason"] is None, not one["online"]), default=None)

    @cached_property
    def state(self) -> str:
        """held, online, offline, or ended where no contract is active."""
        if not self.active:
            return "ended"
        if self.first["reason"] is not None:
            return "held"
        return "online" if self.first["online"] else "offline"

    @property
    def since(self) -> datetime | None:
        if self.state == "held":
            return self.first["placed_at"]  # type: ignore[no-any-return]
        return self.first["started_at"] if self.state == "online" else None


def like(text: str) -> str:
    """Text as a LIKE pattern that finds it anywhere."""
    return "%" + re.sub(r"([\\%_])", r"\\\1", text) + "%"


def listing(wanted: Wanted, today: date) -> Listing:
    """The list's SQL for a wish."""
    found = Listing("c.id, c.name, c.document, c.city", TABLES, "c.id", values=[today])
    found.where(*within.condition(wanted.scope, "c.id"))
    if wanted.text:
        _search(found, wanted.text)
    if wanted.status == "overdue":
        found.where(f"c.id in ({OWING})", today)
    elif wanted.status == "held":
        found.where(f"c.id in ({HELD})")
    elif wanted.status == "online":
        found.where(f"c.id in ({ONLINE})")
    elif wanted.status == "offline" and wanted.order.sql.startswith("d."):  # sorted by what no index knows
        found.where(f"c.id in ({SERVED})").where(f"c.id not in ({ONLINE})")
    elif wanted.status == "offline":
        # asked of each customer in the list's order: fifty of them are soon found
        found.where(f"exists ({SERVED} and k.customer_id = c.id offset 0)")
        found.where(f"not exists ({ONLINE} where k.customer_id = c.id offset 0)")
    if wanted.plan_id:
        found.where(
            "c.id in (select customer_id from contract where status = 'active' and plan_id = {})", wanted.plan_id
        )
    if wanted.city:
        found.where("c.city = {}", wanted.city)
    return found


def kind_of(text: str) -> str:
    """What a search text looks like: address, document, mac or words."""
    digits = re.sub(r"\D", "", text)
    if re.fullmatch(r"\d{1,3}(\.\d{1,3}){1,2}\.?", text) or _address(text):
        return "address"
    if re.fullmatch(r"[\d.\-/\s]+", text) and len(digits) in (11, 14):
        return "document"
    bare = re.sub(r"[^0-9a-f]", "", text.lower())
    separated = re.fullmatch(r"[0-9a-f]{2}([:\-][0-9a-f]{2}){2,5}|([0-9a-f]{4}\.){1,2}[0-9a-f]{4}", text.lower())
    return "mac" if separated or (len(bare) == 12 and len(text) == 12) else "words"


def _address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


def _search(found: Listing, text: str) -> None:
    kind = kind_of(text)
    if kind == "document":
        found.where("c.document = {}", re.sub(r"\D", "", text))
    elif kind == "address":
        whole = _address(text)
        condition, value = ("s.framed_ip = {}::inet", whole) if whole else ("host(s.framed_ip) like {}", f"{text}%")
        found.where(f"c.id in ({ONLINE} where {condition})", value)
    elif kind == "mac":
        bare = re.sub(r"[^0-9A-F]", "", text.upper())
        found.where(f"c.id in ({ONLINE} where upper(translate(s.calling_station_id, ':-.', '')) like {{}})", like(bare))
    else:
        _words(found, text)


def _words(found: Listing, text: str) -> None:
    """Every word in the name, in any order; or a login that begins so."""
    names, words = by_words(text)
    login = "select k.customer_id from access_account a join contract k on k.id = a.contract_id where a.login like {}"
    found.where(f"c.id in (select id from customer where {names} union all {login})", *words, like(text.lower())[1:])


async def read(wanted: Wanted, today: date, after: str | None = None, before: str | None = None) -> Page:
    """One page of `Subscriber`, with the count of the whole."""
    found = listing(wanted, today)
    total = await found.count(COUNTED)
    page = await found.page(wanted.order, SIZE, after, before, total)
    rows = await people(page.rows, today)
    return Page(rows, page.first, page.before, page.after, page.seconds, total)


async def people(rows: Sequence[Any], today: date) -> list[Subscriber]:
    """Rows of the list as subscribers, complete."""
    found = [Subscriber(row["id"], row["name"], row["document"], row["city"]) for row in rows]
    await complete(found, today)
    return found


async def complete(people: Sequence[Subscriber], today: date) -> None:
    """Add contracts, sessions, holds and debts to some lines: two statements, whatever their number."""
    by_id = {one.id: one for one in people}
    for row in await db.fetch(CONTRACTS, list(by_id)):
        by_id[row["customer_id"]].contracts.append(row)
    for row in await db.fetch(DEBTS, list(by_id), today):
        by_id[row["customer_id"]].owed_cents, by_id[row["customer_id"]].owes_since = row["cents"], row["since"]


async def _counts(scope: Scope) -> Mapping[str, int]:
    inside, values = within.numbered(scope, "q.customer_id", 1)
    everybody = inside.replace("q.customer_id", "q.id")
    return dict(await db.fetchrow(COUNTS.replace("{inside}", everybody, 1).replace("{inside}", inside), *values))


_counts_lately = Remembered(_counts, lambda found: found["everybody"] >= MANY)


async def counts(today: date, scope: Scope = ALL) -> Mapping[str, int]:
    """How many there are in each view: everybody, online, offline, held, overdue (that one always of this moment)."""
    inside, values = within.numbered(scope, "q.customer_id", 2)
    overdue = await db.fetchval(OVERDUE.format(inside=inside), today, *values)
    return {**await _counts_lately(scope), "overdue": overdue}


async def _cities(scope: Scope) -> Sequence[Any]:
    """The cities customers live in with how many do; at most fifty."""
    inside, values = within.numbered(scope, "c.id", 1)
    sql = f"""select c.city, count(*) from customer c where c.city is not null and {inside}
    group by c.city order by count(*) desc, c.city limit 50"""
    return await db.fetch(sql, *values)


_cities_lately = Remembered(_cities, lambda rows: sum(row["count"] for row in rows) >= MANY)


async def cities(scope: Scope = ALL) -> list[str]:
    """The cities customers live in, for the filter."""
    return [row["city"] for row in await _cities_lately(scope)]


async def contracts_of_customers(customer_ids: Sequence[int]) -> list[int]:
    """The active contracts of some customers."""
    sql = "select id from contract where customer_id = any($1::bigint[]) and status = 'active' order by id"
    return [row["id"] for row in await db.fetch(sql, list(customer_ids))]
