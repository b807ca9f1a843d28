"""An account and its line: where a login must come from, learned from its first use or set by staff.

What an account is bound to stands in its row; what was learned a moment ago and is not written yet stands here, so
that of two logins that race only the first is learned.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from oss.access.index import Entry, Index
from oss.access.lines import KEYS, line, seen
from oss.access.nas_table import NasTable
from oss.base import db
from radius.packet import Packet
from radius.server import Peer

AT_ONCE = 200  # lines written a round
# What is there already stays: it was learned first, or set by staff. A row that somebody changes just now waits.
LEARNED = """with free as (
  select id from access_account where id = any($1::bigint[]) order by id for update skip locked)
update access_account a set bound = q.bound::jsonb || a.bound, bound_at = coalesce(a.bound_at, now())
from unnest($1::bigint[], $2::text[]) q(id, bound) join free on free.id = q.id
where a.id = q.id returning a.id, a.contract_id"""


class Bindings:
    """Checks and learns lines in the AAA loop; the scribe writes what was learned."""

    def __init__(self, nas: NasTable) -> None:
        self.nas = nas
        self.learned: dict[int, dict[str, str]] = {}  # account id -> what is not written yet

    def bound(self, entry: Entry) -> dict[str, str]:
        """Where the account must come from, as far as it is known."""
        stored: dict[str, str] = json.loads(entry.bound) if entry.bound != "{}" else {}
        fresh = self.learned.get(entry.account_id)
        return {**fresh, **stored} if fresh else stored

    def wrong(self, packet: Packet, peer: Peer, entry: Entry) -> dict[str, Any] | None:
        """Why this line is not the account's, as facts for the words of a screen; None: it is.

        A policy that learns asks for what the plan or the account names; one that staff fixed, for all that is set.
        """
        says, bound = entry.rule, self.bound(entry)
        for key in KEYS:
            if key not in bound or (says.policy == "learn" and key not in says.keys):
                continue
            here = seen(key, packet, peer)
            if here != bound[key]:
                facts = {"what": key, "expected": self._said(key, bound[key]), "seen": self._said(key, here)}
                return {**facts, "line": line(packet, peer)}
        return None

    def _said(self, key: str, value: str) -> str:
        """A value for a person: a NAS by its name."""
        known = self.nas.by_key.get(int(value)) if key == "nas" and value.isdigit() else None
        return known.name if known is not None else value

    def learn(self, packet: Packet, peer: Peer, entry: Entry) -> None:
        """An accepted login: what its account has yet to learn of its line is this."""
        if entry.rule.policy != "learn":
            return
        bound = self.bound(entry)
        missing = [key for key in entry.rule.keys if key not in bound]
        fresh = {key: value for key in missing if (value := seen(key, packet, peer))}
        if fresh:
            self.learned[entry.account_id] = {**fresh, **self.learned.get(entry.account_id, {})}

    # ------------------------------------------------------------ written behind

    async def write(self, connection: db.Connection, index: Index, most: int = AT_ONCE) -> bool:
        """Write what was learned, and read it back: from then on the row tells. True if more waits.

        Not in the caller's transaction: what is written must be there before it is forgotten here.
        """
        some = dict(list(self.learned.items())[:most])
        if not some:
            return False
        texts = [json.dumps(bound) for bound in some.values()]
        rows = await connection.fetch(LEARNED, list(some), texts)
        await index.reread(connection, {row["contract_id"] for row in rows})
        self._done(some, (row["id"] for row in rows), index.by_account.__contains__)
        return len(self.learned) > len(some)

    def _done(self, some: dict[int, dict[str, str]], written: Iterable[int], lives: Callable[[int], bool]) -> None:
        """Forget what is written, and what belongs to an account that is gone; more may have been learned meanwhile."""
        over = {*written, *(key for key in some if not lives(key))}
        for key in over:
            if self.learned.get(key) == some.get(key):
                self.learned.pop(key, None)
