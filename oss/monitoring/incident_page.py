"""One incident for its page: its row, the way it lies on, whom it touches, what is away, what was said and told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from oss.base import db
from oss.base.listing import Listing, Order, Page
from oss.base.problems import NotFound
from oss.crm import within
from oss.monitoring import incident_list, tree_rows
from oss.monitoring.causes import Thing
from oss.staff.scopes import Scope

MOST_MEMBERS, MOST_ENTRIES, LONGEST_WAY = 200, 200, 12
LINES_A_PAGE: Final = 25
ONE = f"""select {incident_list.COLUMNS}, m.at_name as merged_name, r.enabled as rule_enabled
from {incident_list.TABLES} left join incident m on m.id = i.merged_into left join alert_rule r on r.id = i.rule_id
where i.id = $1"""
MEMBERS = """select kind, object_id, began_at, ended_at from incident_member where incident_id = $1
order by ended_at is not null, began_at, kind, object_id limit $2"""
MEMBER_COUNTS = """select kind, count(*) as every, count(*) filter (where ended_at is null) as away
from incident_member where incident_id = $1 group by kind order by every desc, kind"""
ENTRIES = """select e.id, e.at, e.what, e.actor, u.name, e.facts::text as facts from incident_entry e
left join staff_user u on u.login = e.actor where e.incident_id = $1 order by e.id desc limit $2"""
MESSAGES = """select m.turn, m.at, m.sent_at, m.tries, m.failure, c.id as channel_id, c.name as channel, c.kind,
  s.severity, s.after_s from alert_message m join alert_step s on s.id = m.step_id
join alert_channel c on c.id = s.channel_id where m.incident_id = $1 order by m.at desc, c.name limit 100"""
PARTS = "select id, at_name, why, began_at from incident where merged_into = $1 order by id limit 50"
# What each thing stands beneath, with its name: one step of the way up.
ABOVE = {
    "line": """select case when d.onu_id is not null then 'onu' else 'device' end as kind,
  coalesce(d.onu_id, d.device_id) as id from account_drop d where d.account_id = $1""",
    "onu": """select case when box_id is not null then 'box' else 'pon' end as kind, coalesce(box_id, pon_id) as id
  from onu where id = $1""",
    "box": """select case when parent_id is not null then 'box' else 'pon' end as kind,
  coalesce(parent_id, pon_id) as id from splitter_box where id = $1""",
    "pon": "select 'device' as kind, device_id as id from pon_port where id = $1",
    "interface": "select 'device' as kind, device_id as id from device_interface where id = $1",
    "link": """select 'device' as kind, min(parent_device_id) as id from device
  where parent_link_id = $1 and parent_device_id is not null""",
    "device": "select 'device' as kind, parent_device_id as id from device where id = $1",
    "site": "select 'site' as kind, parent_id as id from site where id = $1",
    "nas": "select 'device' as kind, device_id as id from nas where id = $1",
}
LINE_COLUMNS = """l.account_id, l.from_at, l.until_at, a.login, k.id as contract_id, c.id as customer_id,
  c.name as customer, c.city, c.phone, p.name as plan, d.onu_id, o.serial as onu, o.state as onu_state,
  b.name as box, o.box_port, exists (select from session_open s where s.account_id = l.account_id) as online"""
LINE_TABLES = """incident_line l join access_account a on a.id = l.account_id join contract k on k.id = l.contract_id
join customer c on c.id = k.customer_id join plan p on p.id = k.plan_id
left join account_drop d on d.account_id = l.account_id left join onu o on o.id = d.onu_id
left join splitter_box b on b.id = o.box_id"""
# Those that are still away first, by name.
LINE_ORDER = Order("(l.until_at is not null)::int || coalesce(c.search_key, '')", "text")


@dataclass(frozen=True, slots=True)
class Station:
    """One thing on the way from the top to where it is broken."""

    kind: str
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Members:
    """What is away with it, at most `MOST_MEMBERS`; ``tally``: (kind, how many, how many still away)."""

    rows: Sequence[Mapping[str, Any]]
    names: Mapping[Thing, str]
    tally: Sequence[tuple[str, int, int]]

    @property
    def total(self) -> int:
        """How many there are in all."""
        return sum(every for _, every, _ in self.tally)

    def name(self, row: Mapping[str, Any]) -> str:
        """What a member is called; one that is gone by its number."""
        return self.names.get(Thing(row["kind"], row["object_id"]), str(row["object_id"]))


async def one(connection: db.Connection, incident_id: int) -> Any:
    """An incident's row. Raises NotFound."""
    row = await connection.fetchrow(ONE, incident_id)
    if row is None:
        raise NotFound(thing="incident")
    return row


async def way(connection: db.Connection, at: Thing) -> list[Station]:
    """From the top down to a thing, itself the last; a server of ours stands alone."""
    found = [at]
    while len(found) < LONGEST_WAY and (sql := ABOVE.get(found[-1].kind)):
        row = await connection.fetchrow(sql, found[-1].id)
        if row is None or row["id"] is None or (above := Thing(row["kind"], row["id"])) in found:
            break
        found.append(above)
    names = await tree_rows.called(connection, found)
    return [Station(one.kind, one.id, names.get(one, "")) for one in reversed(found)]


def lines(incident_id: int, scope: Scope) -> Listing:
    """The lines an incident touches, of customers that a scope holds."""
    found = Listing(LINE_COLUMNS, LINE_TABLES, "l.account_id", row="l.ctid")  # a line is touched by many incidents
    found.where("l.incident_id = {}", incident_id)
    return found.where(*within.condition(scope, "k.customer_id"))


async def lines_page(incident_id: int, scope: Scope, after: str | None, before: str | None) -> Page:
    """One page of them, those that are still away first."""
    return await lines(incident_id, scope).read(LINE_ORDER, LINES_A_PAGE, after, before)


async def members(connection: db.Connection, incident_id: int) -> Members:
    """What is away with it, or was; what still is first."""
    rows = await connection.fetch(MEMBERS, incident_id, MOST_MEMBERS)
    counted = await connection.fetch(MEMBER_COUNTS, incident_id)
    names = await tree_rows.called(connection, [Thing(row["kind"], row["object_id"]) for row in rows])
    return Members(rows, names, [(row["kind"], row["every"], row["away"]) for row in counted])


async def entries(connection: db.Connection, incident_id: int) -> Sequence[Any]:
    """Its history, the newest first (``facts`` as JSON text)."""
    found: Sequence[Any] = await connection.fetch(ENTRIES, incident_id, MOST_ENTRIES)
    return found


async def messages(connection: db.Connection, incident_id: int) -> Sequence[Any]:
    """Who was told, and what did not arrive; the newest first."""
    found: Sequence[Any] = await connection.fetch(MESSAGES, incident_id)
    return found


async def parts(connection: db.Connection, incident_id: int) -> Sequence[Any]:
    """The incidents that turned out to be this one."""
    found: Sequence[Any] = await connection.fetch(PARTS, incident_id)
    return found
