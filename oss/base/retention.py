"""What is kept, and for how many days: a room registers its subjects, how long is an operator's row.

A policy is the setting ``retention.<subject>``: days, or null for ever. Nothing here deletes; `oss.base.purge` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from oss.base import audit, clock, db, settings
from oss.base.problems import InvalidInput, NotFound

MOST_DAYS = 36_500
FAR_BACK = datetime(1, 1, 2, tzinfo=UTC)  # before every row: where nothing is old
# Rows are only added to these (invariants 8 and 10): no subject may name one.
NEVER_PURGED = ("audit", "ledger_account", "journal_entry", "posting", "payment")

LAST_CHANGE = """select k.key, a.at, a.actor from unnest($1::text[]) k(key) cross join lateral (
  select at, actor from audit where object = 'setting' and object_id = k.key and action = 'setting.changed'
  order by id desc limit 1) a"""


@dataclass(frozen=True, slots=True)
class Subject:
    """One kind of record that grows old.

    ``column``: the time that tells a row's age; the key of its ``partitions``, if it has them (a "month" or a "day"
    each). ``ended``: the time that tells it instead, where a row of an old month may have ended lately.
    ``least_days``: the shortest policy, for the reason ``why`` (a code: law, week or use). ``fixed``: not a policy,
    its rows expire.
    """

    name: str
    label: str
    column: str
    days: int
    least_days: int = 1
    why: str = "use"
    partitions: str = ""
    ended: str | None = None
    fixed: bool = False

    @property
    def key(self) -> str:
        """Where its policy stands."""
        return f"retention.{self.name}"

    @property
    def old(self) -> str:
        """The SQL condition of a row older than ``$1``; both columns are constants of a room."""
        return f"{self.column} < $1" + (f" and {self.ended} < $1" if self.ended else "")


SUBJECTS: dict[str, Subject] = {}


def keep(subject: Subject) -> Subject:
    """Register a subject, named as its table."""
    if subject.name in NEVER_PURGED:
        raise ValueError(f"{subject.name} is never purged")
    if not subject.fixed and not 1 <= subject.least_days <= subject.days:
        raise ValueError(f"{subject.name}: {subject.days} days are less than {subject.least_days}")
    SUBJECTS[subject.name] = subject
    return subject


def policies() -> list[Subject]:
    """The subjects whose days an operator chooses, in the order they were registered."""
    return [one for one in SUBJECTS.values() if not one.fixed]


def subject(name: str) -> Subject:
    """A subject with a policy, by its name."""
    found = SUBJECTS.get(name)
    if found is None or found.fixed:
        raise NotFound(thing="kind of record")
    return found


async def days_of(connection: db.Connection, one: Subject) -> int | None:
    """The policy in days, None for ever; never less than the least, whatever stands in the row."""
    return (await days_of_all(connection, [one]))[0]


async def days_of_all(connection: db.Connection, subjects: Sequence[Subject]) -> list[int | None]:
    """The policies of several subjects, in their order."""
    set_ones = await settings.read_all(connection, [one.key for one in subjects if not one.fixed])
    return [one.days if one.fixed else _bounded(one, set_ones.get(one.key, one.days)) for one in subjects]


def _bounded(one: Subject, kept: Any) -> int | None:
    if kept is None:
        return None
    return max(int(kept), one.least_days) if isinstance(kept, int | float) else one.days


def before(days: int | None) -> datetime | None:
    """What is older than this goes; None: nothing does."""
    return None if days is None else clock.now() - timedelta(days=days)


def check(one: Subject, days: int | None) -> None:
    """Refuse a policy shorter than the least allowed."""
    if days is not None and not one.least_days <= days <= MOST_DAYS:
        raise InvalidInput({"days": f"must be between {one.least_days} and {MOST_DAYS}"})


async def set_days(connection: db.Connection, actor: audit.Actor, name: str, days: int | None) -> None:
    """Change a policy; the next purge follows it."""
    one = subject(name)
    check(one, days)
    await settings.write(connection, actor, one.key, days)


async def last_changes(connection: db.Connection, subjects: Sequence[Subject]) -> dict[str, Any]:
    """Who changed policies last, and when (``actor``, ``at``), by a subject's name; absent where one never was."""
    keys = {one.key: one.name for one in subjects}
    return {keys[row["key"]]: row for row in await connection.fetch(LAST_CHANGE, list(keys))}


# Processes that have not reported for a week.
keep(Subject("node", "processes that ended", "seen_at", days=7, fixed=True))
