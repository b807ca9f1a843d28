"""One place where problems become answers: problem+json (RFC 9457) for the API, a page for people."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from oss.base import db
from oss.base.problems import InvalidInput, NotFound, Problem
from web import words
from web.auth import NotSignedIn
from web.bodies import TooLarge
from web.pages import context, language, page
from web.render import render_block, tell

log = logging.getLogger(__name__)
Next = Callable[[web.Request], Awaitable[web.StreamResponse]]


class DatabaseAway(Problem):
    """The database cannot be reached. Logins and accounting go on; what you asked for needs it. Try again shortly."""

    status = 503


class Unexpected(Problem):
    """Something failed on our side. It is written down under the request id {request_id}."""

    status = 500


class WrongMethod(Problem):
    """This address does not accept {method}."""

    status = 405


class BadRequest(Problem):
    """The request could not be understood: {reason}."""


@web.middleware
async def answer_problems(request: web.Request, handler: Next) -> web.StreamResponse:
    """Turn every error into an answer; only what we did not foresee is logged with its trace."""
    try:
        return await handler(request)
    except Problem as problem:
        return _answer(request, problem)
    except web.HTTPException as answer:
        if answer.status < 400:
            raise
        told = _answer(request, _of_http(request, answer))
        if "Allow" in answer.headers:  # RFC 9110 15.5.6
            told.headers["Allow"] = answer.headers["Allow"]
        return told
    except db.AWAY as error:
        log.debug("request without database", extra={"facts": {"path": _path(request), "error": str(error)}})
        return _answer(request, DatabaseAway())
    except Exception:  # supervision edge: a handler's mistake must not cost the connection
        request_id = secrets.token_hex(6)
        log.exception("request failed", extra={"facts": {"path": _path(request), "request": request_id}})
        return _answer(request, Unexpected(request_id=request_id))


def _path(request: web.Request) -> str:
    """The address as it is declared, ``/setup/{token}``: what stands in its place may be a secret."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else request.path


def _of_http(request: web.Request, answer: web.HTTPException) -> Problem:
    if answer.status in (403, 404):  # 403 is aiohttp's word for a folder of static files
        return NotFound(thing="page")
    if answer.status == 405:
        return WrongMethod(method=request.method)
    if answer.status == 413:
        return TooLarge()
    return BadRequest(reason=answer.reason)


def _answer(request: web.Request, problem: Problem) -> web.StreamResponse:
    if request.path.startswith("/api/"):
        return as_json(problem)
    if isinstance(problem, NotSignedIn):
        return _to_sign_in(request)
    if request.headers.get("X-Milha-Block") == "sheet":
        return _in_place(request, problem)
    told: dict[str, Any] = {"status": problem.status, "code": problem.code, "facts": problem.facts}
    told["message"] = _sentence(request, problem)
    return _retry_after(page(request, "error.html", status=problem.status, problem=told), problem)


def _sentence(request: web.Request, problem: Problem) -> str:
    spoken = language(request)
    if isinstance(problem, InvalidInput):
        return "; ".join(words.wrongs(spoken, problem.fields).values())
    return tell(spoken, problem)


def _to_sign_in(request: web.Request) -> web.Response:
    """A page that was asked for comes back after signing in; whatever else waits for the person to do it again."""
    wanted = str(request.rel_url) if request.method == "GET" and "HX-Request" not in request.headers else "/console/"
    if "HX-Request" in request.headers:
        return web.Response(status=401, headers={"HX-Redirect": "/login"})
    return web.Response(status=303, headers={"Location": f"/login?{urlencode({'next': wanted})}"})


def _in_place(request: web.Request, problem: Problem) -> web.Response:
    """A dialog that was refused stays open and says why; 422 is what HTMX puts into the page."""
    html = render_block("console/refused.html", "sheet", context(request), text=_sentence(request, problem))
    headers = {"HX-Retarget": "#refused", "HX-Reswap": "innerHTML"}
    return web.Response(text=html, status=422, content_type="text/html", headers=headers)


def as_json(problem: Problem) -> web.Response:
    """RFC 9457 problem details, with ``errors`` naming each refused field."""
    body: dict[str, object] = {"type": f"urn:milha:problem:{problem.code}", "title": problem.code}
    body |= {"status": problem.status, "detail": str(problem)}
    if isinstance(problem, InvalidInput):
        body["errors"] = [{"field": name, "message": wrong} for name, wrong in problem.fields.items()]
    text = json.dumps(body, default=str)
    response = web.Response(text=text, status=problem.status, content_type="application/problem+json")
    if isinstance(problem, NotSignedIn):
        response.headers["WWW-Authenticate"] = 'Bearer realm="milha"'
    return _retry_after(response, problem)


def _retry_after(response: web.Response, problem: Problem) -> web.Response:
    if problem.status == 429:
        response.headers["Retry-After"] = str(problem.facts["seconds"])
    return response
