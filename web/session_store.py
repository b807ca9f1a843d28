"""The cookie of a console session, and aiohttp-session's storage on the rows of ``oss.staff.web_sessions``."""

from __future__ import annotations

import json
import secrets

from aiohttp import web
from aiohttp_session import AbstractStorage, Session

from oss.staff import web_sessions
from web.auth import RENEW, remote_ip

# Streams and pages that read themselves again ask without anybody being there.
NOBODYS = ("/console/live",)


class PostgresStorage(AbstractStorage):
    """aiohttp-session's storage on the table ``web_session``."""

    def __init__(self, *, secure: bool) -> None:
        super().__init__(
            # A browser takes __Host- only over HTTPS, for this very host and every path: no sibling can plant one.
            cookie_name="__Host-milha_session" if secure else "milha_session",
            max_age=int(web_sessions.LIFE.total_seconds()),
            httponly=True,
            samesite="Lax",
            secure=secure,
            encoder=json.dumps,
            decoder=json.loads,
        )

    async def load_session(self, request: web.Request) -> Session:
        """The session of the request's cookie, or a new empty one."""
        sid = self.load_cookie(request)
        used = request.path not in NOBODYS and "X-Milha-Refresh" not in request.headers
        data = await web_sessions.load(sid, remote_ip(request), used) if sid and len(sid) < 128 else None
        if data is None:
            return Session(None, data=None, new=True, max_age=self.max_age)
        return Session(sid, data=data, new=False, max_age=self.max_age)

    async def save_session(self, request: web.Request, response: web.StreamResponse, session: Session) -> None:
        """Write what changed; an emptied session is deleted with its cookie, a new one gets a new identifier."""
        if session.empty:
            if session.identity:
                await web_sessions.delete(session.identity)
            self.save_cookie(response, "", max_age=0)
            return
        data = self._get_session_data(session)
        if session.identity:
            await web_sessions.update(session.identity, data)
            if RENEW in request:
                sid = secrets.token_urlsafe(32)
                await web_sessions.move(session.identity, sid)
                self.save_cookie(response, sid, max_age=self.max_age)
            return
        sid, agent = secrets.token_urlsafe(32), request.headers.get("User-Agent", "")
        await web_sessions.insert(sid, data["session"].get("user"), data, remote_ip(request), agent)
        self.save_cookie(response, sid, max_age=self.max_age)
