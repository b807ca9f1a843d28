"""What people do about an incident: take it in hand, give it back, comment on it, write to whom it touches.

Each act is told in the incident's own history and in the audit, in the transaction of the change.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from oss.base import audit, audit_names, clock, db
from oss.base.problems import Conflict, InvalidInput, NotFound
from oss.monitoring.incident_rows import say

LOCK = """select i.*, u.name as holder from incident i left join staff_user u on u.id = i.acknowledged_by
where i.id = $1 for update of i"""
TAKE = "update incident set acknowledged_at = now(), acknowledged_by = $2 where id = $1"
GIVE = "update incident set acknowledged_at = null, acknowledged_by = null where id = $1"
NOTE = "update incident set note_to_customers = $2, expected_at = $3 where id = $1"
LONGEST_NOTE, LONGEST_COMMENT = 400, 2_000
FARTHEST: Final = timedelta(days=31)

audit_names.called(
    "incident", "select id, coalesce(nullif(at_name, ''), rule_name) as name, id as inside from incident "
    "where id = any($1::bigint[])",
)  # fmt: skip


class AlreadyInHand(Conflict):
    """{who} has taken this incident already."""


class AlreadyOver(Conflict):
    """This incident is over."""


async def _locked(connection: db.Connection, incident_id: int) -> Any:
    row = await connection.fetchrow(LOCK, incident_id)
    if row is None:
        raise NotFound(thing="incident")
    return row


async def acknowledge(connection: db.Connection, actor: audit.Actor, incident_id: int, user_id: int | None) -> None:
    """Somebody has it in hand: it goes no step further. Who takes one's own once more changes nothing."""
    row = await _locked(connection, incident_id)
    if row["ended_at"] is not None:
        raise AlreadyOver()
    if row["acknowledged_at"] is not None:
        if row["acknowledged_by"] == user_id:
            return
        raise AlreadyInHand(who=row["holder"] or "–")
    await connection.execute(TAKE, incident_id, user_id)
    await say(connection, incident_id, "acknowledged", actor=actor.name)
    await audit.note(connection, actor, "incident.acknowledged", "incident", incident_id, name=row["at_name"])


async def give_back(connection: db.Connection, actor: audit.Actor, incident_id: int) -> None:
    """Nobody has it in hand any more: the next step is told when it is due."""
    row = await _locked(connection, incident_id)
    if row["ended_at"] is not None:
        raise AlreadyOver()
    if row["acknowledged_at"] is None:
        return
    await connection.execute(GIVE, incident_id)
    await say(connection, incident_id, "given-back", actor=actor.name)
    await audit.note(connection, actor, "incident.given_back", "incident", incident_id, name=row["at_name"])


async def comment(connection: db.Connection, actor: audit.Actor, incident_id: int, text: str) -> None:
    """One more line of its history, also when it is over: what was found, what was done."""
    text = text.strip()
    if not 1 <= len(text) <= LONGEST_COMMENT:
        raise InvalidInput({"text": "must not be empty" if not text else f"at most {LONGEST_COMMENT} characters"})
    row = await _locked(connection, incident_id)
    await say(connection, incident_id, "commented", {"text": text}, actor.name)
    await audit.note(connection, actor, "incident.commented", "incident", incident_id, name=row["at_name"], text=text)


async def write_to_customers(
    connection: db.Connection, actor: audit.Actor, incident_id: int, note: str, expected_at: datetime | None
) -> None:
    """What whom it touches read of it, and when it is expected to be over; empty: nothing is said."""
    row, note = await _locked(connection, incident_id), note.strip()
    wrong = {}
    if len(note) > LONGEST_NOTE:
        wrong["note_to_customers"] = f"at most {LONGEST_NOTE} characters"
    if expected_at is not None and expected_at != row["expected_at"] and expected_at <= clock.now():
        wrong["expected_at"] = "must be a time to come"
    elif expected_at is not None and expected_at - clock.now() > FARTHEST:
        wrong["expected_at"] = "at most 31 days away"
    if wrong:
        raise InvalidInput(wrong)
    if row["ended_at"] is not None:
        raise AlreadyOver()
    changes = audit.changed(row, {"note_to_customers": note, "expected_at": expected_at})
    if not changes:
        return
    await connection.execute(NOTE, incident_id, note, expected_at)
    await say(connection, incident_id, "note", {"text": note, "expected": expected_at}, actor.name)
    named: dict[str, Any] = {"name": row["at_name"], **changes}
    await audit.note(connection, actor, "incident.note_saved", "incident", incident_id, **named)
