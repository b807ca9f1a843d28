"""What monitoring knows of a line: its ONU beside those of its PON, the way up, incidents, availability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Final

from oss.access.line_known import Router
from oss.base import db
from oss.base.line_facts import Line, tells_of_line
from oss.monitoring import pon_state, sla
from oss.monitoring.kinds import INTERFACE, ONU
from oss.monitoring.rolling import DAY_SLOTS

DAYS_BACK: Final = 7
COMPARED: Final = 24  # ONUs of the PON whose past is read
SLOW_LINK: Final = timedelta(minutes=15)

_OWN = "(select o.pon_id from account_drop r join onu o on o.id = r.onu_id where r.account_id = $1)"
PLANT: Final = f"""select m.id as own_id, m.serial as own_serial, m.state as own_state, m.state_at as own_state_at,
  m.seen_at as own_seen_at, m.pon_id, p.name as pon, d.id as olt_id, d.name as olt, s.name as site,
  b.name as own_box, q.*
from account_drop dr join onu m on m.id = dr.onu_id left join splitter_box b on b.id = m.box_id
left join pon_port p on p.id = m.pon_id left join device d on d.id = p.device_id left join site s on s.id = d.site_id
left join ({pon_state.ONUS_OF.replace("{pon}", _OWN)}) q on true where dr.account_id = $1"""
_RX: Final = ONU.place("rx_dbm")
# The day's mean light of some ONUs, on two days that are rolled up.
PAST_LIGHT: Final = f"""select object_id, starts_at,
  (select avg(v)::float8 from unnest(mean[{_RX * DAY_SLOTS + 1}:{(_RX + 1) * DAY_SLOTS}]) v
    where v <> 'NaN') as rx_dbm
from sample_5m where kind = {ONU.number} and object_id = any($1::int[]) and starts_at = $2"""
# From a line's end over its OLT, and from its router, up to the top.
WAY: Final = """with recursive ends as (
  select coalesce(r.device_id, p.device_id) as id from account_drop r left join onu o on o.id = r.onu_id
    left join pon_port p on p.id = o.pon_id where r.account_id = $1
  union select $2::bigint
), way as (
  select d.id, d.parent_device_id, d.parent_link_id, 1 as step from device d join ends e on e.id = d.id
  union all select d.id, d.parent_device_id, d.parent_link_id, way.step + 1
  from device d join way on way.parent_device_id = d.id where way.step < 60
)"""
AWAY: Final = f"""{WAY}
select d.id, d.name, d.role, min(y.began_at) as since, max(way.step) as step from way join device d on d.id = way.id
join alert_symptom y on y.kind = 'device' and y.object_id = d.id and y.phase in ('raised', 'clearing')
join alert_rule r on r.id = y.rule_id and r.is_loss group by d.id order by max(way.step) desc, d.id"""
LINKS: Final = f"""{WAY}, ports as (
  select distinct on (i.id) i.id, i.device_id, coalesce(nullif(l.name, ''), a.name || ' – ' || b.name) as name,
    coalesce(l.capacity_bps, i.speed_bps) as capacity
  from way join network_link l on l.id = way.parent_link_id
  join device a on a.id = l.a_device_id join device b on b.id = l.b_device_id
  join device_interface i on i.id in (l.a_interface_id, l.b_interface_id)
)
select p.id, p.name, p.capacity,
  greatest(nullif(s.metrics[(o.place - 1) * {INTERFACE.width} + {INTERFACE.place("in_bps") + 1}], 'NaN'),
    nullif(s.metrics[(o.place - 1) * {INTERFACE.width} + {INTERFACE.place("out_bps") + 1}], 'NaN'))::float8 as bps
from ports p cross join lateral (select objects, metrics from sample_raw where owner_id = p.device_id
  and kind = {INTERFACE.number} and at > $3 order by at desc limit 1) s
cross join lateral (select array_position(s.objects, p.id::int) as place) o where o.place is not null"""
# Those that hold the line, and those of its PON where nobody has told of its own ONU yet: it was authorised just now.
INCIDENTS: Final = """select i.id, i.why, i.at_kind, i.at_id, i.at_name, i.began_at, i.lines, i.customers, i.severity,
  i.in_maintenance, i.acknowledged_at, i.expected_at, i.note_to_customers, l.from_at,
  (select count(*) from incident_member m where m.incident_id = i.id and m.kind = 'onu' and m.ended_at is null) as onus
from (select incident_id, from_at from incident_line where account_id = $1 and until_at is null
  union all select w.id, w.began_at from account_drop r join onu o on o.id = r.onu_id
    join incident w on w.at_kind = 'pon' and w.at_id = o.pon_id and w.ended_at is null and w.merged_into is null
    where r.account_id = $1 and o.state = 'unknown'
    and not exists (select from incident_line x where x.incident_id = w.id and x.account_id = $1)) l
join incident i on i.id = l.incident_id where i.ended_at is null order by l.from_at, i.id limit 5"""
AVAILABLE: Final = f"""with down as (
  select {sla.DOWN.format(begin="l.from_at", end="l.until_at")} as down, count(distinct i.id) as outages
  from incident_line l join incident i on i.id = l.incident_id
  where l.account_id = $3 and i.merged_into is null and l.from_at < $2 and coalesce(l.until_at, 'infinity') > $1)
select outages, {sla.SECONDS.format(down="d.down")} as down_s from down d"""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An ONU of the PON. ``word``: online, offline, los, dying-gasp, unknown; dBm, None where dark or not told."""

    id: int
    serial: str
    word: str
    rx_dbm: float | None
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Plant:
    """The line's ONU and its PON. ``polled``: its OLT told lately; ``listed``: and told of this ONU.

    ``others``: the other ONUs of the PON.
    """

    onu_id: int
    serial: str
    word: str
    since: datetime | None
    rx_dbm: float | None
    olt_rx_dbm: float | None
    distance_m: float | None
    number: int | None
    pon_id: int | None
    pon: str
    olt_id: int | None
    olt: str
    site: str
    box: str
    polled: bool
    listed: bool
    told_at: datetime | None
    others: tuple[Neighbour, ...] = ()

    @property
    def dark(self) -> bool:
        return self.word in ("offline", "los", "dying-gasp")

    @property
    def lit(self) -> bool:
        return self.word == "online"

    @property
    def size(self) -> int:
        """ONUs of the PON, its own among them."""
        return len(self.others) + 1

    def gone(self, word: str = "") -> int:
        """How many of the PON are dark, its own among them; of one last word, or of any."""
        words = [self.word, *(one.word for one in self.others)]
        return sum(each == word if word else each in ("offline", "los", "dying-gasp") for each in words)

    @property
    def median_dbm(self) -> float | None:
        """The middle light of the other ONUs; None where fewer than three are lit."""
        lit = [one.rx_dbm for one in self.others if one.rx_dbm is not None]
        return round(float(median(lit)), 2) if len(lit) >= 3 else None


@dataclass(frozen=True, slots=True)
class Trend:
    """The day's mean light of a week ago, dBm; ``others_db``: by how much the middle of the PON changed since."""

    was_dbm: float
    days: int
    others_db: float | None


@dataclass(frozen=True, slots=True)
class Away:
    """A device on the line's way, or its router, that does not answer."""

    id: int
    name: str
    role: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Carrying:
    """A link on the way: bit/s of its fuller direction, and what it can carry."""

    id: int
    name: str
    capacity: int | None
    bps: float | None

    @property
    def share(self) -> float:
        return self.bps / self.capacity if self.bps and self.capacity else 0.0


@dataclass(frozen=True, slots=True)
class Standing:
    """An open incident that keeps the line away. ``onus``: how many are away with it."""

    id: int
    why: str
    at_kind: str
    at_id: int
    at_name: str
    began_at: datetime
    lines: int
    customers: int
    severity: str
    in_maintenance: bool
    acknowledged_at: datetime | None
    expected_at: datetime | None
    note_to_customers: str
    from_at: datetime
    onus: int


@dataclass(frozen=True, slots=True)
class Available:
    """Outages of the last thirty days, and their seconds without announced work."""

    outages: int
    down_s: int
    of_s: int


@dataclass(frozen=True, slots=True)
class Debt:
    """What is overdue (billing fills it): the oldest invoice's number and day, how many, how much, cents."""

    invoices: int
    cents: int
    oldest_on: Any = None  # date
    number: str = ""
    invoice_id: int | None = None
    days: int = 0
    next_on: Any = None  # date: the next open invoice that is not past its day
    next_cents: int = 0


@tells_of_line("plant", rank=30)
async def plant(connection: db.Connection, line: Line) -> Plant | None:
    """Where the line ends, and how everybody of that PON is."""
    rows = await connection.fetch(PLANT, line.account_id)
    return plant_of(rows) if rows else None


def plant_of(rows: Sequence[Mapping[str, Any]]) -> Plant:
    """Out of the rows of PLANT."""
    first = rows[0]
    mine = next((row for row in rows if row["id"] == first["own_id"]), None)
    others = [row for row in rows if row["id"] is not None and row["id"] != first["own_id"]]
    known: Mapping[str, Any] = mine or {}
    polled = any(row["at"] is not None for row in rows)
    return Plant(
        onu_id=first["own_id"],
        serial=first["own_serial"],
        word=pon_state.word(mine) if mine else first["own_state"],
        since=(known.get("began_at") or first["own_state_at"]) if mine else first["own_state_at"],
        rx_dbm=_light(known),
        olt_rx_dbm=_decimal(known.get("olt_rx_dbm")),
        distance_m=_decimal(known.get("distance_m")),
        number=known.get("number"),
        pon_id=first["pon_id"],
        pon=first["pon"] or "",
        olt_id=first["olt_id"],
        olt=first["olt"] or "",
        site=first["site"] or "",
        box=first["own_box"] or "",
        polled=polled,
        listed=known.get("at") is not None,
        told_at=known.get("at"),
        others=tuple(_neighbour(row) for row in others),
    )


def _neighbour(row: Mapping[str, Any]) -> Neighbour:
    since = row["began_at"] or row["state_at"]
    return Neighbour(row["id"], row["serial"], pon_state.word(row), _light(row), since)


def _light(row: Mapping[str, Any]) -> float | None:
    """What is received; an ONU that is away receives nothing, whatever was told last."""
    return None if row.get("away") else _decimal(row.get("rx_dbm"))


def _decimal(value: float | None) -> float | None:
    return round(float(value), 2) if value is not None else None


@tells_of_line("trend", rank=31)
async def trend(connection: db.Connection, line: Line) -> Trend | None:
    """The light a week ago beside that of now, its own and its neighbours'."""
    here = line.told.get("plant")
    if not isinstance(here, Plant) or here.rx_dbm is None:
        return None
    now = {here.onu_id: here.rx_dbm} | {one.id: one.rx_dbm for one in here.others[:COMPARED] if one.rx_dbm is not None}
    then = line.now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS_BACK)
    rows = await connection.fetch(PAST_LIGHT, list(now), then)
    was = {row["object_id"]: row["rx_dbm"] for row in rows if row["rx_dbm"] is not None}
    return trend_of(here.onu_id, now, was)


def trend_of(own: int, now: Mapping[int, float], was: Mapping[int, float]) -> Trend | None:
    """``now`` and ``was``: dBm by ONU."""
    if own not in was:
        return None
    changes = [now[key] - value for key, value in was.items() if key != own and key in now]
    others = round(float(median(changes)), 2) if len(changes) >= 3 else None
    return Trend(round(was[own], 2), DAYS_BACK, others)


def _router_device(line: Line) -> int | None:
    found = line.told.get("router")
    return found.device_id if isinstance(found, Router) else None


@tells_of_line("away", rank=32)
async def away(connection: db.Connection, line: Line) -> tuple[Away, ...]:
    """What does not answer between the customer and the core, the nearest to the core first."""
    rows = await connection.fetch(AWAY, line.account_id, _router_device(line))
    return tuple(Away(row["id"], row["name"], row["role"], row["since"]) for row in rows)


@tells_of_line("links", rank=33)
async def links(connection: db.Connection, line: Line) -> tuple[Carrying, ...]:
    """What the links of the way carry."""
    rows = await connection.fetch(LINKS, line.account_id, _router_device(line), line.now - SLOW_LINK)
    return tuple(Carrying(row["id"], row["name"], row["capacity"], row["bps"]) for row in rows)


@tells_of_line("incidents", rank=34)
async def incidents(connection: db.Connection, line: Line) -> tuple[Standing, ...]:
    """The open incidents that keep the line away, the oldest first."""
    return tuple(Standing(**dict(row.items())) for row in await connection.fetch(INCIDENTS, line.account_id))


@tells_of_line("available", rank=60)
async def available(connection: db.Connection, line: Line) -> Available:
    """The last thirty days."""
    since = line.now - timedelta(days=30)
    row = await connection.fetchrow(AVAILABLE, since, line.now, line.account_id)
    return Available(row["outages"], row["down_s"], int((line.now - since).total_seconds()))
