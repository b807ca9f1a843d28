"""Who is told of an incident, when: steps of escalation, each by one channel, each told once.

What is due is written down (`alert_message`) in the transaction that publishes it; a job tells it and tries again.
An acknowledged incident goes no step further; one under maintenance is told to nobody. The end is told to whom the
beginning was told.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel.numbers import format_currency

from oss.base import db
from oss.base.events import listens, publish
from oss.base.jobs import periodic
from oss.base.secrets import Sealer
from oss.monitoring.channels import Message, NotTold, channels
from oss.monitoring.incident_rows import IncidentEnded, IncidentOpened, say

LOOK_S = 10.0
PLACE = "alert_channel/secret_sealed"
HOURS_OF_A_MONTH = 730

ZONE = "select coalesce((select zone from company order by id limit 1), 'America/Sao_Paulo')"
# $1 the provider's zone, $2 one incident or null: all.
DUE = """with clock as (
  select extract(isodow from now() at time zone $1)::int as day,
    (extract(hour from now() at time zone $1) * 60 + extract(minute from now() at time zone $1))::int as minute
)
insert into alert_message (incident_id, step_id, turn)
select i.id, s.id, 'began' from incident i cross join clock join alert_step s
  on array_position(array['notice', 'warning', 'critical'], i.severity)
    >= array_position(array['notice', 'warning', 'critical'], s.severity)
join alert_channel c on c.id = s.channel_id and c.enabled
where i.ended_at is null and i.acknowledged_at is null and not i.in_maintenance
  and ($2::bigint is null or i.id = $2) and i.opened_at + s.after_s * interval '1 second' <= now()
  and clock.day = any(s.days) and case when s.from_minute <= s.until_minute
    then clock.minute >= s.from_minute and clock.minute < s.until_minute
    else clock.minute >= s.from_minute or clock.minute < s.until_minute end
on conflict do nothing returning incident_id, step_id, turn"""
ENDS = """insert into alert_message (incident_id, step_id, turn)
select m.incident_id, m.step_id, 'ended' from alert_message m join alert_step s on s.id = m.step_id
join incident i on i.id = m.incident_id
where i.id = $1 and m.turn = 'began' and m.sent_at is not null and s.tells_the_end and i.merged_into is null
on conflict do nothing returning incident_id, step_id, turn"""
READ = """select m.sent_at, m.turn, c.id as channel_id, c.name as channel, c.kind, c.settings::text as settings,
  c.secret_sealed, c.enabled, i.* from alert_message m join alert_step s on s.id = m.step_id
join alert_channel c on c.id = s.channel_id join incident i on i.id = m.incident_id
where m.incident_id = $1 and m.step_id = $2 and m.turn = $3"""
SENT = """with message as (update alert_message set sent_at = now(), tries = tries + 1, failure = ''
  where incident_id = $1 and step_id = $2 and turn = $3 returning step_id)
update alert_channel c set failed_at = null, failure = '' from message join alert_step s on s.id = message.step_id
where c.id = s.channel_id and c.failed_at is not null"""
FAILED = """with message as (update alert_message set tries = tries + 1, failure = left($4, 300)
  where incident_id = $1 and step_id = $2 and turn = $3 returning step_id)
update alert_channel c set failed_at = now(), failure = left($4, 300) from message join alert_step s on s.id = step_id
where c.id = s.channel_id"""

SEVERITY = {
    "pt-BR": {"notice": "Aviso", "warning": "Atenção", "critical": "Crítico"},
    "en": {"notice": "Notice", "warning": "Warning", "critical": "Critical"},
}
WHAT = {
    "pt-BR": {
        "down": "{at} não responde",
        "power": "Sem energia em {at}",
        "cut": "Fibra rompida em {at}",
        "together": "Perda conjunta em {at}",
        "rule": "{rule}: {at}",
        "flapping": "{at} oscila ({rule})",
    },
    "en": {
        "down": "{at} does not answer",
        "power": "No power at {at}",
        "cut": "Fibre cut at {at}",
        "together": "Lost together at {at}",
        "rule": "{rule}: {at}",
        "flapping": "{at} comes and goes ({rule})",
    },
}


@dataclass(frozen=True, slots=True)
class Post:
    """What the process tells with: the key of the channels' secrets, and where its own pages are."""

    sealer: Sealer
    url: str


@dataclass(frozen=True, slots=True)
class MessageDue:
    """Somebody is to be told of one turn of an incident."""

    incident_id: int
    step_id: int
    turn: str


_posts: list[Post] = []


def open_with(sealer: Sealer, url: str) -> None:
    """Tell with these from now on; ``url`` is the public address of the console."""
    _posts[:] = [Post(sealer, url)]


def opener() -> Sealer | None:
    """The key of this process for secrets of this room; None before it has one."""
    return _posts[0].sealer if _posts else None


@listens(IncidentOpened)
async def begun(connection: db.Connection, event: IncidentOpened) -> None:
    """Who is to know at once."""
    await look(connection, event.incident_id)


@listens(IncidentEnded)
async def ended(connection: db.Connection, event: IncidentEnded) -> None:
    """Whoever knows that it began is to know that it is over."""
    await _due(connection, await connection.fetch(ENDS, event.incident_id))


@periodic(every_s=LOOK_S)
async def escalate(connection: db.Connection) -> None:
    """Who is to know by now."""
    await look(connection)


async def look(connection: db.Connection, incident_id: int | None = None) -> None:
    """Write down what is due, of one incident or of all."""
    zone = await connection.fetchval(ZONE)
    await _due(connection, await connection.fetch(DUE, zone, incident_id))


async def _due(connection: db.Connection, rows: Any) -> None:
    for row in rows:
        await publish(connection, MessageDue(row["incident_id"], row["step_id"], row["turn"]))


@listens(MessageDue)
async def tell(connection: db.Connection, event: MessageDue) -> None:
    """Tell it, unless it was told. A failure is kept where it is seen, and tried again."""
    key = (event.incident_id, event.step_id, event.turn)
    row = await connection.fetchrow(READ, *key)
    if row is None or row["sent_at"] is not None or not row["enabled"]:
        return
    try:
        await _send(connection, row)
    except NotTold as problem:  # on a connection of its own: the job's transaction is undone
        await db.execute(FAILED, *key, str(problem))
        raise
    await connection.execute(SENT, *key)
    await say(connection, event.incident_id, "told", {"channel": row["channel"], "turn": event.turn})


async def _send(connection: db.Connection, row: Any) -> None:
    channel = channels().get(row["kind"])
    if channel is None:
        raise NotTold(why=f"there is no channel {row['kind']}")
    if not _posts:
        raise NotTold(why="this process has nothing to tell with")
    place = f"{PLACE}/{row['channel_id']}"
    secret = _posts[0].sealer.open(row["secret_sealed"], place).decode() if row["secret_sealed"] else ""
    zone = await connection.fetchval(ZONE)
    await channel.send(connection, message(row, zone, _posts[0].url), json.loads(row["settings"]), secret)


def message(row: Any, zone: str, url: str, language: str = "pt-BR") -> Message:
    """An incident's row as it is told."""
    what = WHAT[language][row["why"]].format(at=row["at_name"] or row["at_kind"], rule=row["rule_name"])
    since, until = row["began_at"], row["ended_at"]
    facts = {
        "severity": SEVERITY[language][row["severity"]],
        "what": what,
        "since": _at(since, zone),
        "until": _at(until, zone) if until else "",
        "lasted": _lasted(until - since) if until else "",
        "customers": str(row["customers"]),
        "cost": _reais(cost_an_hour(row["monthly_cents"]), language),
        "link": f"{url.rstrip('/')}/console/incidents/{row['id']}",
    }
    names = ("id", "why", "at_kind", "at_id", "at_name", "rule_name", "severity", "began_at", "ended_at", "lines")
    fields = {name: row[name] for name in (*names, "customers", "monthly_cents")}
    return Message(f"incident-{row['id']}-{row['turn']}", row["turn"], language, facts, fields)


def cost_an_hour(monthly_cents: int) -> int:
    """What plans of so many cents a month bring in an hour, in whole cents (a month has 730 hours)."""
    return int((Decimal(monthly_cents) / HOURS_OF_A_MONTH).to_integral_value())


def _reais(cents: int, language: str) -> str:
    return format_currency(Decimal(cents) / 100, "BRL", locale=language.replace("-", "_"))


def _at(instant: datetime, zone: str) -> str:
    return instant.astimezone(ZoneInfo(zone)).strftime("%d/%m %H:%M")


def _lasted(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"
