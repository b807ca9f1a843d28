"""What PostgreSQL refuses, told as a problem: the last net behind our own checks.

Two requests that both saw a free name meet at the unique index; one of them is refused there, and that is
nobody's mistake. asyncpg's errors are translated here, where they enter.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from oss.base.problems import Conflict, InvalidInput, Problem

log = logging.getLogger(__name__)

# Constraints a caller's value alone can break, and the field to name.
FIELDS = {
    "access_account_login_lower": "login",
    "contract_end_after_start": "ended_on",
    "nas_network_is_cidr": "network",
    "invoice_due_after_issue": "due_on",
}


class TryAgain(Problem):
    """Somebody changed the same thing at the same moment. Nothing was done; try again."""

    status = 409


@contextmanager
def told(whole: str = "body") -> Iterator[None]:
    """Raise a Problem for what the database refuses inside the block; ``whole`` is named when no field is known."""
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        raise Conflict(thing=error.constraint_name, value="(already taken)") from error
    except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError) as error:
        raise TryAgain() from error
    except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError) as error:
        field = FIELDS.get(error.constraint_name or "") or error.column_name or whole
        # Our own check should have said it better: worth a line. Never its detail, which holds the caller's values.
        log.warning("refused by the database", extra={"facts": {"field": field, "sqlstate": error.sqlstate}})
        raise InvalidInput({field: "the database refuses this value"}) from error
