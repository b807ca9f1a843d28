"""What touches a customer's lines right now: for the customer's page, and for whatever tells the customer.

Only incidents that take a line along are here; a busy processor is nothing to tell anybody of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oss.base import db

# A contract once for each incident, since its first line went.
OPEN = """select i.id, l.contract_id, i.why, i.at_kind, i.at_id, i.at_name, i.rule_name, i.severity, i.began_at,
  i.customers,  i.in_maintenance, i.acknowledged_at, i.note_to_customers, i.expected_at, min(l.from_at) as from_at
from incident_line l join incident i on i.id = l.incident_id
where l.contract_id = any($1::bigint[]) and l.until_at is null and i.ended_at is null
group by i.id, l.contract_id order by from_at, i.id limit 20"""


async def of_contracts(connection: db.Connection, contract_ids: Sequence[int]) -> Sequence[Mapping[str, Any]]:
    """The open incidents that keep lines of these contracts away, the oldest first."""
    if not contract_ids:
        return []
    found: Sequence[Mapping[str, Any]] = await connection.fetch(OPEN, list(contract_ids))
    return found
