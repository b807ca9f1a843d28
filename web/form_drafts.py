"""What was typed when the session had ended: kept sealed in the person's own browser until they have signed in again.

Strangers cannot make the house keep anything; secrets are left out; only whoever typed it gets it back. What does not
fit into a cookie is not kept.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from oss.base import clock
from oss.base.problems import Problem
from oss.base.secrets import Sealer
from web.forms import SECRET
from web.keys import SEALER

COOKIE = "milha_draft"
LIFE = timedelta(hours=2)
LONGEST = 3600  # a browser keeps 4096 octets, its attributes with them
MOST_UNPACKED = 1 << 16
CONTEXT = "web/form_draft"


@dataclass(frozen=True, slots=True)
class Draft:
    """A form as it was typed: where it stands, whose it is, its fields with every value."""

    place: str
    user_id: int
    fields: list[tuple[str, str]]


def _sealed(sealer: Sealer, draft: Draft) -> str:
    kept = {"place": draft.place, "user": draft.user_id, "at": clock.now().timestamp(), "fields": draft.fields}
    packed = base64.b64encode(zlib.compress(json.dumps(kept).encode(), 9)).decode()
    return base64.urlsafe_b64encode(sealer.seal(packed, CONTEXT).encode()).decode()


def keep(request: web.Request, response: web.StreamResponse, draft: Draft) -> bool:
    """Give the browser what was typed, to bring back; whether it fits."""
    fields = [(name, value) for name, value in draft.fields if not SECRET.search(name) and name != "form_key"]
    text = _sealed(request.app[SEALER], Draft(draft.place, draft.user_id, fields))
    if len(text) > LONGEST:
        return False
    secure = request.secure or request.headers.get("X-Forwarded-Proto") == "https"
    response.set_cookie(
        COOKIE, text, max_age=int(LIFE.total_seconds()), httponly=True, samesite="Lax", secure=secure, path="/console"
    )
    return True


async def typed(request: web.Request) -> Draft | None:
    """The form that this request posted without a session, if one of our pages did; who typed it, the form says."""
    if request.method != "POST" or request.headers.get("Sec-Fetch-Site") not in (None, "same-origin"):
        return None
    origin = request.headers.get("Origin")
    if origin and urlsplit(origin).netloc != request.host:
        return None
    posted = await request.post()
    place, user = str(posted.get("form_at", "")), str(posted.get("form_key", "")).partition(".")[0]
    if not place.startswith("/console/") or not place.isprintable() or not user.isdigit() or len(user) > 17:
        return None
    return Draft(place, int(user), [(name, value) for name, value in posted.items() if isinstance(value, str)])


def found(request: web.Request, user_id: int) -> Draft | None:
    """What this person typed at this address, if it is here and not old."""
    text = request.cookies.get(COOKIE, "")
    if not text or len(text) > LONGEST:
        return None
    try:
        packed = request.app[SEALER].open(base64.urlsafe_b64decode(text.encode()).decode(), CONTEXT)
        kept: Mapping[str, Any] = json.loads(zlib.decompressobj().decompress(base64.b64decode(packed), MOST_UNPACKED))
    except (ValueError, zlib.error, Problem):
        return None
    old = clock.now().timestamp() - kept["at"] > LIFE.total_seconds()
    if old or kept["user"] != user_id or kept["place"] != str(request.rel_url):
        return None
    return Draft(kept["place"], kept["user"], [(str(name), str(value)) for name, value in kept["fields"]])


def forget(response: web.StreamResponse) -> None:
    """It has been brought back, or was sent."""
    response.del_cookie(COOKIE, path="/console")
