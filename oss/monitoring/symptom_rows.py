"""How each rule stands at each thing, kept in rows: a process that starts anew knows what was said already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from oss.base import db
from oss.monitoring.causes import Last, Thing
from oss.monitoring.symptoms import Phase, Symptom

READ = """select s.rule_id, s.kind, s.object_id, s.phase, s.since_at, s.began_at, s.holds, s.changes, s.value,
  s.last_word
from alert_symptom s join alert_rule r on r.id = s.rule_id where r.enabled"""
PUT = """insert into alert_symptom
  (rule_id, kind, object_id, phase, since_at, began_at, holds, changes, value, last_word)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (rule_id, kind, object_id) do update set phase = excluded.phase, since_at = excluded.since_at,
  began_at = excluded.began_at, holds = excluded.holds, changes = excluded.changes, value = excluded.value,
  last_word = excluded.last_word"""
DROP = """delete from alert_symptom s using unnest($1::bigint[], $2::text[], $3::bigint[]) k(rule_id, kind, object_id)
where s.rule_id = k.rule_id and s.kind = k.kind and s.object_id = k.object_id"""


class Key(NamedTuple):
    """One rule at one thing."""

    rule_id: int
    thing: Thing


class Standing(NamedTuple):
    """How it stands there: the symptom, what was measured last, and the thing's last word."""

    symptom: Symptom
    value: float | None = None
    last: Last = Last.NOTHING


def instant(at: float) -> datetime:
    """Unix seconds as the database has them."""
    return datetime.fromtimestamp(at, UTC)


async def read(connection: db.Connection) -> dict[Key, Standing]:
    """All that is not calm, of rules that are switched on."""
    found = {}
    for row in await connection.fetch(READ):
        changes = tuple(at.timestamp() for at in row["changes"])
        times = (row["since_at"].timestamp(), row["began_at"].timestamp())
        symptom = Symptom(Phase(row["phase"]), *times, row["holds"], changes)
        key = Key(row["rule_id"], Thing(row["kind"], row["object_id"]))
        found[key] = Standing(symptom, row["value"], Last(row["last_word"]))
    return found


async def write(connection: db.Connection, standings: Mapping[Key, Standing]) -> None:
    """Keep these; those that are calm need no row."""
    calm = [key for key, one in standings.items() if one.symptom.phase is Phase.CALM]
    rest = [_values(key, one) for key, one in standings.items() if one.symptom.phase is not Phase.CALM]
    if calm:
        await connection.execute(DROP, *_columns(calm))
    if rest:
        await connection.executemany(PUT, rest)


def _columns(keys: Sequence[Key]) -> tuple[list[int], list[str], list[int]]:
    return [key.rule_id for key in keys], [key.thing.kind for key in keys], [key.thing.id for key in keys]


def _values(key: Key, one: Standing) -> tuple[object, ...]:
    symptom = one.symptom
    times = (instant(symptom.since), instant(symptom.began))
    changes = [instant(at) for at in symptom.changes]
    return (key.rule_id, *key.thing, symptom.phase, *times, symptom.holds, changes, one.value, one.last)
