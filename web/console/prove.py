"""The answer to the question of `web.proving`: password, code or passkey, and the act goes on."""

from __future__ import annotations

from aiohttp import web

from oss.base import db
from oss.staff import factors, passkeys, users
from oss.staff import sign_in as staff
from oss.staff.passkeys import PasskeyRefused
from oss.staff.people import Person
from web import fresh
from web.auth import SESSION, USER, TooManyAttempts, actor, remote_ip, rise
from web.catalogues import N_
from web.console import challenges
from web.console.entry import LATER, local, party
from web.forms import Form, posted
from web.keys import SEALER
from web.limits import LIMITS
from web.pages import back_to, said
from web.proving import PATH, question
from web.routing import SIGNED_IN, Routes

routes = Routes()
WRONG = N_("That was not right. Try again.")


@routes.get(PATH, SIGNED_IN)
async def ask(request: web.Request) -> web.Response:
    """The question by itself, before a page that will need the answer."""
    return await question(request, local(request.query.get("next", "")), again=False)


@routes.post(PATH + "/passkey", SIGNED_IN)
async def offer(request: web.Request) -> web.Response:
    """A challenge for a passkey."""
    return await challenges.keep(request, passkeys.ask(party(request)))


@routes.post(PATH, SIGNED_IN)
async def prove(request: web.Request) -> web.Response:
    """Proven: the form that waited is sent on, under a new session identifier."""
    form, user = await posted(request), request[USER]
    address, again = local(form.text("proof_next", most=2000)), form.flag("proof_again")
    try:
        request.app[LIMITS].by_user.spend(f"proof:{user.id}")
        right = await _right(request, form, user)
    except TooManyAttempts as problem:
        return await question(request, address, again, said(request, LATER, **problem.facts))
    if not right:
        await staff.refused(user, remote_ip(request), "proof")
        return await question(request, address, again, said(request, WRONG))
    request.app[LIMITS].by_user.forgive(f"proof:{user.id}")
    fresh.prove(request[SESSION])
    rise(request)
    return web.Response(status=307, headers={"Location": address}) if again else back_to(request, address)


async def _right(request: web.Request, form: Form, user: Person) -> bool:
    """Whether any of the three ways proves it."""
    if answer := form.secret("proof_passkey"):
        return await _passkey(request, user, answer)
    if code := form.text("proof_code", most=60):
        return await factors.prove_code(request.app[SEALER], actor(request), user.id, code)
    return await users.check(user.login, form.secret("proof_password") or "") is not None


async def _passkey(request: web.Request, user: Person, answer: str) -> bool:
    try:
        challenge = await challenges.take(request)
        async with db.transaction() as connection:
            proven = await passkeys.prove(connection, party(request), challenge, answer)
    except PasskeyRefused:
        return False
    return proven == int(user.id)
