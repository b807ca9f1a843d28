"""A forgotten password, and an invitation: links of an e-mail that are good once."""

from __future__ import annotations

from aiohttp import web

from oss.base.problems import InvalidInput
from oss.notify import outbox
from oss.staff import links, password_rules, passwords, recovery, users
from oss.staff.models import User
from web import words
from web.auth import TooManyAttempts, remote_ip
from web.catalogues import N_
from web.console.entry import LATER, proceed
from web.forms import posted
from web.keys import CONFIG
from web.limits import LIMITS
from web.pages import language, page, said
from web.routing import PUBLIC, Routes
from web.second_factor import SET_UP

routes = Routes()
NEW = "console/login/new_password.html"
STRENGTHS = (N_("Too weak"), N_("Enough"), N_("Good"), N_("Very good"))


@routes.get("/recover", PUBLIC)
async def ask(request: web.Request) -> web.Response:
    """The address of whoever forgot; where no e-mail can be sent it says whom to ask."""
    return page(request, "console/login/recover.html", mails=outbox.configured(), email="", error=None)


@routes.post("/recover", PUBLIC)
async def send(request: web.Request) -> web.Response:
    """The same work and the same answer, whether the address is anybody's or not."""
    typed, limits = (await posted(request)).text("email", most=254).lower(), request.app[LIMITS]
    try:
        email = users.plain_email(typed)
        limits.by_address.spend(remote_ip(request))
        limits.letters.spend(typed)
    except (InvalidInput, TooManyAttempts) as problem:
        return _again(request, typed, problem)
    if email and outbox.configured():
        await recovery.ask(email, remote_ip(request), request.app[CONFIG].public_url)
    return page(request, "console/login/sent.html", email=typed, mails=outbox.configured())


def _again(request: web.Request, typed: str, problem: InvalidInput | TooManyAttempts) -> web.Response:
    late = isinstance(problem, TooManyAttempts)
    error = (
        said(request, LATER, **problem.facts) if late else words.wrong(language(request), "must be an e-mail address")
    )
    name, status = "console/login/recover.html", 429 if late else 422
    return page(request, name, status=status, mails=outbox.configured(), email=typed, error=error)


@routes.get("/recover/{token}", PUBLIC)
async def choose(request: web.Request) -> web.Response:
    """The new password; looking at the page does not use the link up."""
    return page(request, NEW, holder=await links.look("recovery", request.match_info["token"]), error=None)


@routes.post("/recover/{token}", PUBLIC)
async def replace(request: web.Request) -> web.Response:
    """In force: every session has ended, and the person signs in with it."""
    answer = await _set(request, "recovery")
    return answer if isinstance(answer, web.Response) else page(request, "console/login/changed.html")


@routes.get("/invite/{token}", PUBLIC)
async def welcome(request: web.Request) -> web.Response:
    """The first password."""
    return page(request, NEW, holder=await links.look("invite", request.match_info["token"]), error=None)


@routes.post("/invite/{token}", PUBLIC)
async def begin(request: web.Request) -> web.Response:
    """Set it; the person is in, and is offered a second factor."""
    answer = await _set(request, "invite")
    if isinstance(answer, web.Response):
        return answer
    return await proceed(request, await User.get(id=answer), SET_UP, "invitation")


async def _set(request: web.Request, kind: str) -> int | web.Response:
    """The user's id, or the page that says what is wrong with the password."""
    token, password = request.match_info["token"], (await posted(request)).secret("password") or ""
    request.app[LIMITS].by_address.spend(remote_ip(request))
    try:
        zone = request.app[CONFIG].zone
        user_id = await recovery.set_password(kind, token, password, remote_ip(request), zone)
    except InvalidInput as problem:
        wrong = words.wrongs(language(request), problem.fields)["password"]
        return page(request, NEW, status=422, holder=await links.look(kind, token), error=wrong)
    request.app[LIMITS].by_address.forgive(remote_ip(request))
    return user_id


@routes.post("/password-hint", PUBLIC)
async def hint(request: web.Request) -> web.Response:
    """How strong a password is while it is typed: nothing is kept, nothing is said of anybody."""
    form = await posted(request)
    request.app[LIMITS].hints.spend(remote_ip(request))
    password, known = (form.secret("password") or "")[:300], [form.text("known", most=400)]
    wrong = await passwords.weakness(password, known)
    level = 0 if wrong else password_rules.strength(password, known)
    text = words.wrong(language(request), wrong) if wrong else said(request, STRENGTHS[level])
    return web.json_response({"level": level, "words": text})
