"""What a request may carry and how long it may take to do so: read whole before anybody acts on it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Middleware

from oss.base.problems import Problem

MAX_BODY = 1 << 20
MAX_FIELDS = 5_000  # of a form; the largest of ours, the matrix of roles, has some hundreds
BODY_S = 30.0  # for all of it to come
# Of the first byte of a request's head to its last; also how long a connection may stand idle.
HEAD_S = 30.0
FORM = "application/x-www-form-urlencoded"
Next = Callable[[web.Request], Awaitable[web.StreamResponse]]


class TooSlow(Problem):
    """The request did not come in whole within {seconds} seconds."""

    status = 408


class TooLarge(Problem):
    """The request is larger than this address accepts."""

    status = 413


class UnknownForm(Problem):
    """The form could not be read."""


def limited(body_s: float = BODY_S) -> Middleware:
    """The middleware; ``body_s`` is the patience with a body."""

    @web.middleware
    async def limit(request: web.Request, handler: Next) -> web.StreamResponse:
        if request.body_exists and request.match_info.http_exception is None and not request.path.startswith("/api/"):
            if (request.content_length or 0) > MAX_BODY:
                raise TooLarge()
            await _read(request, body_s)
        return await handler(request)

    return limit


async def _read(request: web.Request, body_s: float) -> None:
    """Read a page's form; it stays with the request."""
    try:
        async with asyncio.timeout(body_s):
            await request.post()
    except TimeoutError:
        raise TooSlow(seconds=round(body_s)) from None
    except web.RequestPayloadError:
        request.content.feed_eof()  # the server would try to read the rest
        raise UnknownForm() from None
    except (ValueError, LookupError):  # octets or a charset that are none, a part without a name
        raise UnknownForm() from None
