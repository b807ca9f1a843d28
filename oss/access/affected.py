"""Who hangs on what: the customers' lines below a part of the network, and the way from a line up to the core.

Below is whatever loses its last way to the top of its part of the network when the thing is away: a ring survives the
cut of one of its links, and is not told to be dark. A site takes the sites along that are fed from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from oss.base import db
from oss.crm import within
from oss.staff.scopes import ALL, Scope

Kind = Literal["site", "device", "link", "pon", "box", "onu"]
KINDS: Final[tuple[Kind, ...]] = ("site", "device", "link", "pon", "box", "onu")

# $1 kind, $2 id. What is alive is found from the tops down, over whatever is left; what is not found is dark. Sets are
# handed on as arrays: the planner then asks the indexes for them, whatever it believes of their size.
BELOW: Final = """with recursive sites as (
  select id from site where $1 = 'site' and id = $2 union select s.id from site s join sites on s.parent_id = sites.id
), away as (
  select id from device where ($1 = 'device' and id = $2) or site_id in (select id from sites)
), alive as (
  select d.id from device d where $1 in ('site', 'device', 'link') and d.parent_device_id is null
    and d.id not in (select id from away)
  union select e.far from alive join device_edge e on e.near = alive.id
  where not ($1 = 'link' and e.link_id is not distinct from $2) and e.far not in (select id from away)
), dark as (
  select id from device where $1 in ('site', 'device', 'link') and id not in (select id from alive)
), boxes as (
  select id from splitter_box where $1 = 'box' and id = $2
  union select b.id from splitter_box b join boxes on b.parent_id = boxes.id
), pons as (
  select p.id from dark join pon_port p on p.device_id = dark.id
  union all select id from pon_port where $1 = 'pon' and id = $2
), onus as (
  select id from onu where pon_id = any(array(select id from pons))
  union all select id from onu where box_id = any(array(select id from boxes))
  union all select o.id from sites join splitter_box b on b.site_id = sites.id join onu o on o.box_id = b.id
  union all select id from onu where $1 = 'onu' and id = $2
), lines as (
  select account_id from account_drop where onu_id = any(array(select id from onus))
  union select account_id from account_drop where device_id = any(array(select id from dark))
)"""
LINES: Final = f"""{BELOW}
select a.id as account_id, a.login, k.id as contract_id, c.id as customer_id, c.name as customer, c.city,
  p.price_cents, dr.onu_id, dr.device_id
from account_drop dr join access_account a on a.id = dr.account_id
join contract k on k.id = a.contract_id join customer c on c.id = k.customer_id join plan p on p.id = k.plan_id
where dr.account_id = any(array(select account_id from lines)) and k.status = 'active' and {{inside}}
order by a.id limit {{most}}"""
COUNT: Final = f"""{BELOW}
select coalesce(sum(k.lines), 0)::bigint as lines, count(distinct k.customer_id) as customers,
  coalesce(sum(k.price_cents), 0)::bigint as monthly_cents
from (select k.id, k.customer_id, p.price_cents, count(*) as lines
  from access_account a join contract k on k.id = a.contract_id join plan p on p.id = k.plan_id
  where a.id = any(array(select account_id from lines)) and k.status = 'active' and {{inside}}
  group by k.id, k.customer_id, p.price_cents) k"""
DEVICES: Final = f"{BELOW} select id from dark order by id"

# From a line's end up: its ONU, box after box, the PON, and device after device to the top.
PATH: Final = """with recursive ends as (
  select dr.onu_id, o.box_id, o.pon_id, coalesce(dr.device_id, p.device_id) as device_id, dr.interface_id
  from account_drop dr left join onu o on o.id = dr.onu_id left join pon_port p on p.id = o.pon_id
  where dr.account_id = $1
), boxes as (
  select b.id, b.parent_id, 1 as step from splitter_box b join ends e on e.box_id = b.id
  union all select b.id, b.parent_id, boxes.step + 1 from splitter_box b join boxes on boxes.parent_id = b.id
  where boxes.step < 20
), devices as (
  select d.id, d.parent_device_id, d.parent_link_id, 1 as step from device d join ends e on e.device_id = d.id
  union all select d.id, d.parent_device_id, d.parent_link_id, devices.step + 1
  from device d join devices on devices.parent_device_id = d.id where devices.step < 60
)
select 'onu' as kind, o.id, o.serial as name, o.state, o.box_port as place, null::bigint as site_id,
  null::varchar as site, null::text as role, 0 as level, 0 as step
  from ends e join onu o on o.id = e.onu_id
union all select 'box', b.id, b.name, '', null, null, null, null, 1, boxes.step
  from boxes join splitter_box b on b.id = boxes.id
union all select 'pon', p.id, p.name, '', null, null, null, null, 2, 0 from ends e join pon_port p on p.id = e.pon_id
union all select 'device', d.id, d.name, '', null, s.id, s.name, d.role, 3, 2 * devices.step
  from devices join device d on d.id = devices.id join site s on s.id = d.site_id
union all select 'link', l.id, coalesce(nullif(l.name, ''), a.name || ' – ' || b.name), '', null, null, null, l.medium,
  3, 2 * devices.step + 1 from devices join network_link l on l.id = devices.parent_link_id
  join device a on a.id = l.a_device_id join device b on b.id = l.b_device_id
order by level, step"""


@dataclass(frozen=True, slots=True)
class Thing:
    """A part of the network: a site, device, link, PON port, box or ONU, by its id."""

    kind: Kind
    id: int


@dataclass(frozen=True, slots=True)
class Weight:
    """How much hangs on a thing: lines, customers, and what their plans bring a month."""

    lines: int
    customers: int
    monthly_cents: int


@dataclass(frozen=True, slots=True)
class Hop:
    """One station between a customer and the core. ``kind``: onu, box, pon, device or link.

    ``place``: the port of the box that an ONU is in; ``role``: a device's role, a link's medium.
    """

    kind: str
    id: int
    name: str
    state: str
    place: int | None
    site_id: int | None
    site: str | None
    role: str | None


async def affected(
    connection: db.Connection, thing: Thing, scope: Scope = ALL, most: int = 200_000
) -> Sequence[Mapping[str, Any]]:
    """The lines of running contracts below a thing, by login's id: login, contract, customer, city, price a month.

    At most ``most`` of them; whoever wants all of a large network asks for them with a higher bound.
    """
    sql, *values = within.narrowed(LINES, scope, "k.customer_id", thing.kind, thing.id)
    found: Sequence[Mapping[str, Any]] = await connection.fetch(sql.replace("{most}", str(int(most))), *values)
    return found


async def weight(connection: db.Connection, thing: Thing, scope: Scope = ALL) -> Weight:
    """How much hangs on a thing, without naming it."""
    row = await connection.fetchrow(*within.narrowed(COUNT, scope, "k.customer_id", thing.kind, thing.id))
    return Weight(row["lines"], row["customers"], row["monthly_cents"])


async def dark_devices(connection: db.Connection, thing: Thing) -> list[int]:
    """The devices that lose their last way to the top when a thing is away, itself among them."""
    return [row["id"] for row in await connection.fetch(DEVICES, thing.kind, thing.id)]


async def path(connection: db.Connection, account_id: int) -> list[Hop]:
    """The way of a login's line from its end up to the top; empty where nobody said where it ends."""
    return [Hop(*(row[name] for name in Hop.__slots__)) for row in await connection.fetch(PATH, account_id)]
