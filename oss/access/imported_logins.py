"""Logins against another system's hash: verified beside the loop, and after the first good one never again.

A hash may take a second of a processor, so one thread does them in turn and few wait: whoever does not fit is asked
again by his router. What was right is known from then on by its NT hash, and written as `passwords.policy` says.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from oss.access import old_hashes, passwords
from oss.access.index import Entry
from oss.access.passwords import Kept
from oss.base import audit, db
from oss.base.secrets import Sealer
from radius import auth, mschap
from radius.packet import Packet
from radius.server import AccessReply, Later, Peer

log = logging.getLogger(__name__)
MOST_WAITING = 200
SYSTEM: Final = audit.Actor("system:passwords")
Answer = Callable[[bool], AccessReply | Later | None]
_PRESENT = """select contract_id, login, password_sealed as sealed from access_account
where id = $1 and password_kind = 'imported' for update"""
_UPGRADE = "update access_account set password_sealed = $2, password_kind = $3 where id = $1"


class Proven:
    """A hash as it was and what a good login made of it; not the password."""

    __slots__ = ("hashed", "nt", "salted")

    def __init__(self, hashed: bytes, password: bytes) -> None:
        self.hashed, self.nt = hashed, mschap.nt_hash(password)
        self.salted = auth.salted(password, os.urandom(passwords.SALT))


class ImportedLogins:
    """Verifies, remembers what was right until it is written."""

    def __init__(self) -> None:
        self.proven: dict[int, Proven] = {}  # by account id
        self._waiting: set[asyncio.Task[None]] = set()
        self._thread = ThreadPoolExecutor(1, "old-hashes")

    def check(self, packet: Packet, peer: Peer, entry: Entry, answer: Answer) -> Later | None:
        """An answer later: ``answer`` is told whether the password was right. None: too many wait."""
        hashed, sent = entry.credential, auth.pap_password(packet, peer.secret)
        if sent is None or not isinstance(hashed, auth.SlowHash) or len(self._waiting) >= MOST_WAITING:
            return None
        loop = asyncio.get_running_loop()
        later: Later = loop.create_future()
        task = loop.create_task(self._check(entry, hashed, sent, answer, later))
        self._waiting.add(task)
        task.add_done_callback(lambda done: self._over(done, later))
        return later

    def _over(self, task: asyncio.Task[None], later: Later) -> None:
        self._waiting.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a hash could not be verified", exc_info=task.exception())
        if not later.done():
            later.cancel()  # its repetition is heard as a new request

    async def _check(self, entry: Entry, hashed: auth.SlowHash, sent: bytes, answer: Answer, later: Later) -> None:
        loop = asyncio.get_running_loop()
        right = await loop.run_in_executor(self._thread, old_hashes.verify, hashed.hashed, sent)
        if right and entry.credential is hashed:
            self.proven[entry.account_id] = Proven(hashed.hashed, sent)
            entry.credential = auth.NtHash(mschap.nt_hash(sent))
        reply = answer(right)
        found = await reply if isinstance(reply, asyncio.Future) else reply
        if not later.done():
            later.set_result(found)

    async def write(self, connection: db.Connection, sealer: Sealer) -> None:
        """Write what was proven, in the caller's transaction; call ``written`` after it."""
        if not self.proven:
            return
        kind = await passwords.policy(connection)
        for account_id, one in list(self.proven.items()):
            row = await connection.fetchrow(_PRESENT, account_id)
            if row is None or not _is(sealer, account_id, row["sealed"], one.hashed):
                continue  # somebody set another password meanwhile
            kept = Kept("hashed", one.salted) if kind == "hashed" else Kept("nt", one.nt)
            await connection.execute(_UPGRADE, account_id, passwords.seal(sealer, account_id, kept), kept.kind)
            detail = {"login": row["login"], "kind": kept.kind}
            await audit.note(connection, SYSTEM, "account.password_upgraded", "contract", row["contract_id"], **detail)

    async def close(self) -> None:
        """End what waits; its NAS ask again."""
        for task in list(self._waiting):
            task.cancel()
        await asyncio.gather(*self._waiting, return_exceptions=True)
        self._thread.shutdown(wait=False, cancel_futures=True)


def _is(sealer: Sealer, account_id: int, sealed: str, hashed: bytes) -> bool:
    return passwords.unseal(sealer, account_id, "imported", sealed).octets == hashed
