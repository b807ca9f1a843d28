"""The list of live sessions of all nodes: search, views, orders; and what ending some of them would touch."""

from __future__ import annotations

import ipaddress
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oss.access.search_words import mac_digits, sessions_by_words
from oss.base import db
from oss.base.listing import COUNTED, Listing, Order, Page, chosen
from oss.base.remembered import MANY, Remembered
from oss.crm import within
from oss.staff.scopes import ALL, Scope

SIZE = 50
COLUMNS = """s.uid, s.login, s.account_id, s.nas_id, n.name as nas, s.contract_id, c.id as customer_id,
  c.name as customer, p.name as plan, p.down_kbps, host(s.framed_ip) as ip, s.framed_ipv6_prefix,
  s.delegated_ipv6_prefix, s.calling_station_id as mac, s.nas_port_id as port, s.started_at,
  s.last_seen_at, s.input_bps, s.output_bps, s.input_octets, s.output_octets, s.desired, s.applied,
  s.drift_since, s.drift_cause"""
TABLES = """session_open s left join nas n on n.id = s.nas_id left join contract k on k.id = s.contract_id
left join customer c on c.id = k.customer_id left join plan p on p.id = k.plan_id"""

ORDERS = {
    "login": Order("s.login", "text"),
    "customer": Order("c.search_key", "text", optional=True),
    "plan": Order('p.name collate "C"', "text", optional=True),
    "ip": Order("s.framed_ip", "inet", optional=True),
    "nas": Order('n.name collate "C"', "text", optional=True),
    "since": Order("s.started_at", "timestamptz"),
    "down": Order("s.output_bps", "bigint"),
    "up": Order("s.input_bps", "bigint"),
    "volume": Order("(s.output_octets + s.input_octets)", "bigint"),
}
VIEWS = {
    "": "true",
    "held": "s.applied is not null and s.applied not like 'full%'",
    "stuck": "s.drift_since is not null",
    "v6": "s.framed_ipv6_prefix is null and s.delegated_ipv6_prefix is null",
    "fresh": "s.started_at > now() - interval '10 minutes'",
}
COUNTS = "select " + ", ".join(
    f"count(*) filter (where {condition}) as {name or 'every'}" for name, condition in VIEWS.items()
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to and sorted by (``-down``: falling)."""

    text: str = ""
    view: str = ""
    nas_id: int | None = None
    sort: str = "login"
    scope: Scope = ALL

    @property
    def order(self) -> Order:
        return chosen(ORDERS, self.sort, "login")


def listing(wanted: Wanted) -> Listing:
    """The list's SQL for a wish."""
    found = Listing(COLUMNS, TABLES, "s.uid", "uuid").where(*within.condition(wanted.scope, "k.customer_id"))
    if wanted.view in VIEWS and wanted.view:
        found.where(VIEWS[wanted.view])
    if wanted.nas_id:
        found.where("s.nas_id = {}", wanted.nas_id)
    if wanted.text:
        _search(found, wanted.text)
    return found


def _search(found: Listing, text: str) -> None:
    bare = mac_digits(text)
    if bare is not None:
        found.where("upper(translate(s.calling_station_id, ':-.', '')) like {}", f"%{bare}%")
        return
    try:
        found.where("s.framed_ip = {}::inet", str(ipaddress.ip_address(text)))
        return
    except ValueError:
        pass
    if re.fullmatch(r"\d{1,3}(\.\d{1,3}){1,2}\.?", text):
        found.where("host(s.framed_ip) like {}", f"{text}%")
        return
    sessions_by_words(found, text)


async def read(wanted: Wanted, after: str | None = None, before: str | None = None) -> Page:
    """One page, with the count of the whole."""
    found = listing(wanted)
    return await found.page(wanted.order, SIZE, after, before, await found.count(COUNTED))


async def _counts(scope: Scope) -> Mapping[str, int]:
    inside, values = within.numbered(scope, within.OF_CONTRACT.format("s.contract_id"), 1)
    return dict(await db.fetchrow(f"{COUNTS} from session_open s where {inside}", *values))


_counts_lately = Remembered(_counts, lambda found: found["every"] >= MANY)


async def counts(scope: Scope = ALL) -> Mapping[str, int]:
    """How many sessions each view has: every, held, stuck, v6, fresh."""
    return await _counts_lately(scope)


PLAN = """select n.id, n.name, n.coa_enabled, n.active, count(*) as sessions
from session_open s join nas n on n.id = s.nas_id
where s.uid = any($1::uuid[]) group by n.id order by n.name"""
NAMES = "select login from session_open where uid = any($1::uuid[]) order by login limit 4"


@dataclass(frozen=True, slots=True)
class Ending:
    """What ending some sessions touches: how many by router, some logins, and how many are gone already."""

    by_nas: Sequence[Any]
    logins: list[str]
    asked: int

    @property
    def sessions(self) -> int:
        return sum(row["sessions"] for row in self.by_nas)


async def ending(uids: Sequence[uuid.UUID]) -> Ending:
    """The preview of a bulk disconnect."""
    rows = await db.fetch(PLAN, list(uids))
    return Ending(rows, [row["login"] for row in await db.fetch(NAMES, list(uids))], len(uids))


async def contracts_of(some: Sequence[uuid.UUID]) -> list[int]:
    """The contracts behind some sessions."""
    sql = "select distinct contract_id from session_open where uid = any($1::uuid[]) and contract_id is not null"
    return [row["contract_id"] for row in await db.fetch(sql, list(some))]


def uids(texts: Sequence[str]) -> list[uuid.UUID]:
    """Session identities out of a form; what is none is left out."""
    found = []
    for text in texts:
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            continue
    return found
