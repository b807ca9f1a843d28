"""Who had an address, and when: what a court order, an abuse report or a blocklist asks a provider for.

Marco Civil da Internet (Lei 12.965/2014) article 13: connection records are kept for a year, under secrecy; whoever
looks one up is noted. Each source is read by its index on the address, whatever the history holds.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oss.base import audit, db
from oss.crm import within
from oss.staff.scopes import ALL, Scope

MOST = 200  # lines of an answer
SHORTEST_PREFIX = 32  # of IPv6; no customer is given more

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# An address that a session has now, or had when it ended, is its own since the last one that it had before.
_SINCE = """coalesce((select max(b.until_at) from session_address b where b.uid = s.uid and b.kind = {kind}),
  s.started_at)"""
_WHAT = "s.uid, s.nas_id, s.login, s.contract_id, s.calling_station_id, s.nas_port_id"
_KINDS = {
    "framed_ip": "s.framed_ip = $1::inet",
    "framed_ipv6_prefix": "s.framed_ipv6_prefix = any($2::text[])",
    "delegated_ipv6_prefix": "s.delegated_ipv6_prefix = any($2::text[])",
}
_OPEN = """select {what}, '{kind}' as kind, {column} as address, {since} as from_at, null::timestamptz as until_at
from session_open s where {condition} and ($3::timestamptz is null or s.started_at <= $3)"""
_ENDED = """(select {what}, '{kind}' as kind, {column} as address, {since} as from_at, s.ended_at as until_at
from session_history s where {condition} and ($3::timestamptz is null or (s.started_at <= $3 and s.ended_at >= $3))
order by s.started_at desc limit {most})"""
_LEFT = f"""(select s.uid, s.nas_id, s.login, o.contract_id, o.calling_station_id, o.nas_port_id, s.kind, s.address,
  s.from_at, s.until_at from session_address s left join lateral (
    select contract_id, calling_station_id, nas_port_id from session_open where uid = s.uid union all
    select contract_id, calling_station_id, nas_port_id from session_history where uid = s.uid limit 1) o on true
where s.address = any($2::text[] || host($1::inet)) and ($3::timestamptz is null or s.until_at >= $3)
order by s.until_at desc limit {MOST})"""


def _source(form: str, kind: str) -> str:
    column = "host(s.framed_ip)" if kind == "framed_ip" else f"s.{kind}"
    since = _SINCE.format(kind=f"'{kind}'")
    return form.format(what=_WHAT, kind=kind, column=column, since=since, condition=_KINDS[kind], most=MOST)


def _query() -> str:
    sources = [_source(form, kind) for form in (_OPEN, _ENDED) for kind in _KINDS]
    return f"""select h.*, n.name as nas, c.id as customer_id, c.name as customer
from ({" union all ".join([*sources, _LEFT])}) h
left join nas n on n.id = h.nas_id left join contract k on k.id = h.contract_id
left join customer c on c.id = k.customer_id
where ($3::timestamptz is null or (h.from_at <= $3 and (h.until_at is null or h.until_at >= $3))) and {{inside}}
order by h.until_at desc nulls first, h.from_at desc limit {MOST}"""


WHO = _query()


@dataclass(frozen=True, slots=True)
class Found:
    """Who had it. ``more``: there are more lines than are shown; an instant makes them fewer."""

    rows: list[Any]
    more: bool


def read_address(text: str) -> Address | None:
    """An address as people paste it: with brackets, a zone, a port of IPv4 or a prefix length; None for none."""
    bare = text.strip().removeprefix("[").split("]")[0].split("%")[0].split("/")[0]
    if bare.count(":") == 1:  # an IPv4 address and a port
        bare = bare.split(":")[0]
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, ipaddress.IPv6Address) else address


def prefixes(address: Address) -> list[str]:
    """The IPv6 prefixes that hold an address, as sessions spell them."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    return [str(ipaddress.ip_network((address, length), strict=False)) for length in range(SHORTEST_PREFIX, 129)]


async def who(actor: audit.Actor, address: Address, at: datetime | None, scope: Scope = ALL) -> Found:
    """The sessions that had an address, at an instant or ever, the latest first; who asked is noted."""
    inside, values = within.numbered(scope, "k.customer_id", 4)
    async with db.transaction() as connection:
        rows = await connection.fetch(WHO.format(inside=inside), str(address), prefixes(address), at, *values)
        moment = at.isoformat() if at else None
        await audit.note(connection, actor, "address.looked_up", "address", str(address), at=moment, found=len(rows))
    return Found(list(rows), len(rows) >= MOST)
