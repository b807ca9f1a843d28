"""Console sessions in PostgreSQL; only the SHA-256 of the cookie's identifier is kept."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from aiohttp import web
from aiohttp_session import AbstractStorage, Session

from oss.base import clock, db

LIFE = timedelta(hours=12)

SAVE = """insert into web_session (sid_hash, user_id, data, expires_at) values ($1, $2, $3::jsonb, $4)
on conflict (sid_hash) do update
  set user_id = excluded.user_id, data = excluded.data, expires_at = excluded.expires_at"""


def _hash(sid: str) -> str:
    return hashlib.sha256(sid.encode()).hexdigest()


class PostgresStorage(AbstractStorage):
    """aiohttp-session's storage on the table ``web_session``."""

    def __init__(self, *, secure: bool) -> None:
        super().__init__(
            # A browser takes __Host- only over HTTPS, for this very host and every path: no sibling can plant one.
            cookie_name="__Host-milha_session" if secure else "milha_session",
            max_age=int(LIFE.total_seconds()),
            httponly=True,
            samesite="Lax",
            secure=secure,
            encoder=json.dumps,
            decoder=json.loads,
        )

    async def load_session(self, request: web.Request) -> Session:
        """The session of the request's cookie, or a new empty one."""
        sid = self.load_cookie(request)
        if sid and len(sid) < 128:
            row = await db.fetchrow(
                "select data from web_session where sid_hash = $1 and expires_at > now()", _hash(sid)
            )
            if row is not None:
                return Session(sid, data=json.loads(row["data"]), new=False, max_age=self.max_age)
        return Session(None, data=None, new=True, max_age=self.max_age)

    async def save_session(self, request: web.Request, response: web.StreamResponse, session: Session) -> None:
        """Write what changed; an emptied session is deleted with its cookie."""
        if session.empty:
            if session.identity:
                await db.execute("delete from web_session where sid_hash = $1", _hash(session.identity))
            self.save_cookie(response, "", max_age=0)
            return
        sid = session.identity or secrets.token_urlsafe(32)
        data = self._get_session_data(session)
        expires = clock.now() + LIFE
        await db.execute(SAVE, _hash(sid), data["session"].get("user"), json.dumps(data), expires)
        self.save_cookie(response, sid, max_age=self.max_age)


Saver = Callable[[web.Request, web.StreamResponse, Session], Any]
