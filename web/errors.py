"""One place where problems become answers: problem+json (RFC 9457) for the API, a page for people."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from oss.base import db, request_id
from oss.base.problems import InvalidInput, NotFound, Problem
from web import form_drafts, navigation, proving, words
from web.auth import NeedsProof, NotSignedIn
from web.bodies import TooLarge
from web.catalogues import N_
from web.pages import back_to, context, language, page
from web.render import render_block, tell
from web.second_factor import SET_UP, NeedsSecondFactor

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


# What a person can do now, by what happened.
ADVICE = {
    403: N_("Whoever manages the staff can change what your role may do."),
    404: N_("The address may be an old one: search for it, or begin at the first page."),
    409: N_("Somebody may have changed it meanwhile: go back, reload the page and look again."),
    413: N_("Send less at once."),
    422: N_("Go back and put right what was refused; what you typed is still there."),
    429: N_("It was asked too often. It works again by itself."),
    500: N_("Look whether it was done before you do it again. If it comes back, tell support the code below."),
    503: N_("Nothing of it was done. It works again as soon as the database does."),
}


@web.middleware
async def answer_problems(request: web.Request, handler: Next) -> web.StreamResponse:
    """Turn every error into an answer; only what we did not foresee is logged with its trace."""
    try:
        return await handler(request)
    except NeedsProof:
        return await proving.needed(request)
    except Problem as problem:
        return await _answer(request, problem)
    except web.HTTPException as answer:
        if answer.status < 400:
            raise
        told = await _answer(request, _of_http(request, answer))
        if "Allow" in answer.headers:  # RFC 9110 15.5.6
            told.headers["Allow"] = answer.headers["Allow"]
        return told
    except db.AWAY as error:
        log.debug("request without database", extra={"facts": {"path": _path(request), "error": str(error)}})
        return await _answer(request, DatabaseAway())
    except Exception:  # supervision edge: a handler's mistake must not cost the connection
        log.exception("request failed", extra={"facts": {"path": _path(request)}})
        return await _answer(request, Unexpected(request_id=request_id.current() or "-"))


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


async def _answer(request: web.Request, problem: Problem) -> web.StreamResponse:
    if request.path.startswith("/api/"):
        return as_json(problem)
    if isinstance(problem, NotSignedIn):
        return await _to_sign_in(request)
    if isinstance(problem, NeedsSecondFactor):
        return back_to(request, SET_UP)
    if request.headers.get("X-Milha-Block") == "sheet":
        return _in_place(request, problem)
    told: dict[str, Any] = {"status": problem.status, "code": problem.code, "message": _sentence(request, problem)}
    told |= {"request_id": request_id.current(), "part": navigation.place_of(request.path), "advice": _advice(problem)}
    return _retry_after(page(request, "error.html", status=problem.status, problem=told), problem)


def _advice(problem: Problem) -> str:
    """What to do now, as a msgid."""
    return ADVICE.get(problem.status, ADVICE[500] if problem.status >= 500 else "")


def _sentence(request: web.Request, problem: Problem) -> str:
    spoken = language(request)
    if isinstance(problem, InvalidInput):
        return "; ".join(words.wrongs(spoken, problem.fields).values())
    return tell(spoken, problem)


async def _to_sign_in(request: web.Request) -> web.Response:
    """A page that was asked for comes back after signing in, and so does a form with what was typed in it."""
    if request.path.startswith("/console/validate/"):
        return web.Response(status=401)  # what was typed stays; the form itself will tell
    draft = await form_drafts.typed(request)
    wanted = str(request.rel_url) if request.method == "GET" and "HX-Request" not in request.headers else "/console/"
    address = f"/login?{urlencode({'next': draft.place if draft else wanted})}"
    if "HX-Request" in request.headers:
        response = web.Response(status=401, headers={"HX-Redirect": address if draft else "/login"})
    else:
        response = web.Response(status=303, headers={"Location": address})
    if draft:
        form_drafts.keep(request, response, draft)
    return response


def _in_place(request: web.Request, problem: Problem) -> web.Response:
    """A dialog that was refused stays open and says why; 422 is what HTMX puts into the page."""
    told = {"text": _sentence(request, problem), "request_id": request_id.current()}
    html = render_block("console/refused.html", "sheet", context(request), **told)
    headers = {"HX-Retarget": "#refused", "HX-Reswap": "innerHTML"}
    return web.Response(text=html, status=422, content_type="text/html", headers=headers)


def as_json(problem: Problem, **more: object) -> web.Response:
    """RFC 9457 problem details, with ``errors`` naming each refused field and the request's id; ``more``: members of
    its own kind."""
    body: dict[str, object] = {"type": f"urn:milha:problem:{problem.code}", "title": problem.code}
    body |= {"status": problem.status, "detail": str(problem)}
    if served := request_id.current():
        body["request_id"] = served
    if isinstance(problem, InvalidInput):
        body["errors"] = [{"field": name, "message": wrong} for name, wrong in problem.fields.items()]
    text = json.dumps(body | more, default=str)
    response = web.Response(text=text, status=problem.status, content_type="application/problem+json")
    if isinstance(problem, NotSignedIn):
        response.headers["WWW-Authenticate"] = 'Bearer realm="milha"'
    return _retry_after(response, problem)


def _retry_after(response: web.Response, problem: Problem) -> web.Response:
    if problem.status == 429:
        response.headers["Retry-After"] = str(problem.facts["seconds"])
    return response
