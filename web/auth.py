"""Who is asking: sign-in, sessions, CSRF, and the middleware that asks each route for its permission."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp_session import Session, get_session, new_session

from oss.base.audit import Actor
from oss.base.problems import Forbidden, Problem
from oss.crm.permissions import PersonalPermission
from oss.staff import factors, people, tokens, web_sessions
from oss.staff.models import User
from oss.staff.people import Person
from oss.staff.roles import NOTHING, Held
from oss.staff.scopes import Scope, covers
from web import fresh, gate, second_factor
from web.csrf_mask import unmasked
from web.fresh import NeedsProof
from web.keys import CONFIG, FRESH, PERMISSIONS
from web.routing import PUBLIC, SIGNED_IN
from web.throttle import MONITORING, THROTTLE, is_free

__all__ = ["NeedsProof"]  # the rest is found where it stands

USER: web.RequestKey[Person] = web.RequestKey("user", Person)
IDENTITY: web.RequestKey[tokens.Identity] = web.RequestKey("identity", tokens.Identity)
CSRF: web.RequestKey[str] = web.RequestKey("csrf", str)
SESSION: web.RequestKey[Session] = web.RequestKey("session", Session)
RENEW: web.RequestKey[bool] = web.RequestKey("renew", bool)
SAFE = ("GET", "HEAD", "OPTIONS")
MOST_HOPS = 16
Next = Callable[[web.Request], Awaitable[web.StreamResponse]]


class NotSignedIn(Problem):
    """Sign in first."""

    status = 401


class ForeignRequest(Forbidden):
    """This request did not come from Milha's own pages. Reload the page and try again."""


class ForeignHost(Problem):
    """This address is not served under the name {host}."""

    status = 421


class TooManyAttempts(Problem):
    """Too many attempts. Wait {seconds} seconds and try again."""

    status = 429


def remote_ip(request: web.Request) -> str:
    """The client's address; a forwarded one counts only from a proxy we were told to trust."""
    peer = _address(request.remote or "") or ipaddress.IPv4Address(0)
    trusted = request.app[CONFIG].trusted_proxies
    # A client may send the header too: each proxy adds what it saw at the right, perhaps as a line of its own.
    hops = ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")[-MOST_HOPS:]
    while hops and any(peer in network for network in trusted):
        before = _address(hops.pop())
        if before is None:  # "unknown", or no address at all: what is left of it is anybody's word
            break
        peer = before
    return str(peer)


def is_trusted(address: str, proxies: Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    """Whether an address is a proxy's that we were told to believe."""
    peer = _address(address)
    return peer is not None and any(peer in network for network in proxies)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address as proxies write it: with brackets, with a port, IPv4 dressed as IPv6."""
    text = text.strip().strip('"')
    if found := re.fullmatch(r"\[([^\]]+)\](:\d{1,5})?|([\d.]+):\d{1,5}", text):
        text = found[1] or found[3]
    try:
        ip = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(ip, "ipv4_mapped", None) or ip


def actor(request: web.Request) -> Actor:
    """Who is written into the audit."""
    if IDENTITY in request:
        return Actor(f"token:{request[IDENTITY].name}", remote_ip(request))
    return Actor(request[USER].login, remote_ip(request))


def held(request: web.Request) -> Held:
    """What this request's person or token may do, and for whom."""
    if IDENTITY in request:
        return request[IDENTITY].held
    return request[USER].held if USER in request else NOTHING


def permissions(request: web.Request) -> frozenset[str]:
    """What this request's person or token may do."""
    return held(request).permissions


def scope(request: web.Request, permission: str | None = None) -> Scope:
    """For which customers this request's person or token holds a permission (None: the route's own).

    Every query that reads customers, or what is theirs, takes it (`oss.staff.scopes` tells how).
    """
    wanted = permission or request.app[PERMISSIONS].get(request.match_info.route)
    return held(request).scope(wanted or "")


def sees_personal(request: web.Request, whose: Scope | None = None) -> bool:
    """Whether document, telephone and e-mail of whom this request reads are shown whole (None: the route's scope)."""
    mine, wanted = held(request), PersonalPermission.READ
    if whose is None and gate.HERE in request:
        return wanted in gate.permitted(mine, request)
    return wanted in mine.kinds and covers(mine.scope(wanted), whose or scope(request))


@web.middleware
async def authorise(request: web.Request, handler: Next) -> web.StreamResponse:
    """Every route has a declared permission; here it is asked for."""
    if request.match_info.http_exception is not None:  # no such address: aiohttp's own 404 or 405
        return await handler(request)
    wanted = request.app[PERMISSIONS].get(request.match_info.route)
    if wanted is None:  # a route that nobody declared is nobody's to call
        raise Forbidden()
    if wanted == PUBLIC:
        if not is_free(request.path, remote_ip(request)):
            request.app[THROTTLE].stranger(remote_ip(request))
        if request.method not in SAFE:
            _check_origin(request)
        return await handler(request)
    if request.path.startswith("/api/"):
        await _bearer(request)
    else:
        await _staff(request)
    if wanted != SIGNED_IN and wanted not in permissions(request):
        raise Forbidden()
    if wanted != SIGNED_IN:
        await gate.pass_address(request, held(request), wanted)
    if SESSION in request and request.match_info.route in request.app[FRESH]:
        fresh.demand(request[SESSION])
    return await handler(request)


async def _bearer(request: web.Request) -> None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    identity = await tokens.find(token.strip(), remote_ip(request)) if scheme.lower() == "bearer" and token else None
    if identity is None:
        request.app[THROTTLE].stranger(remote_ip(request))
        raise NotSignedIn()
    request.app[THROTTLE].token(identity.token_id)
    request[IDENTITY] = identity


async def recognise(request: web.Request) -> bool:
    """Note who is signed in, if anybody is; whether it is so."""
    session = await get_session(request)
    if "user" not in session:
        return False
    user, standing = await asyncio.gather(people.find(session["user"]), factors.standing(session["user"]))
    if user is None:
        return False
    zone = request.app[CONFIG].zone
    await second_factor.admit(session, standing, remote_ip(request), zone, request.path)
    request[USER], request[CSRF], request[SESSION] = user, session["csrf"], session
    return True


async def _staff(request: web.Request) -> None:
    if not await recognise(request):
        request.app[THROTTLE].stranger(remote_ip(request))
        raise NotSignedIn()
    if request.method not in SAFE:
        _check_origin(request)
        await check_csrf(request)


def _check_origin(request: web.Request) -> None:
    site = request.headers.get("Sec-Fetch-Site")
    if site not in (None, "same-origin", "none"):
        raise ForeignRequest()
    origin = request.headers.get("Origin")
    if origin and origin != "null" and not _is_own(request, origin):
        raise ForeignRequest()


def _is_own(request: web.Request, origin: str) -> bool:
    """Our public address (a proxy may tell us another name), or the name that was asked."""
    public = urlsplit(request.app[CONFIG].public_url)
    try:
        given = urlsplit(origin)
    except ValueError:
        return False
    if given.netloc == public.netloc:
        return given.scheme == public.scheme
    return given.netloc == request.host


@web.middleware
async def refuse_foreign_host(request: web.Request, handler: Next) -> web.StreamResponse:
    """Under a name that is not ours nothing is answered, but for who looks whether we are alive."""
    hosts = request.app[CONFIG].allowed_hosts
    name = re.sub(r":\d*$", "", request.host).lower().rstrip(".")
    if hosts is not None and name not in hosts and request.path not in MONITORING:
        raise ForeignHost(host=name[:80])
    return await handler(request)


async def check_csrf(request: web.Request) -> None:
    """The form or the header carries the token of the session that was recognised."""
    given = request.headers.get("X-CSRF-Token") or str((await request.post()).get("csrf_token", ""))
    if not hmac.compare_digest(unmasked(given).encode(), request[CSRF].encode()):
        raise ForeignRequest()


async def sign_in(request: web.Request, user: User) -> None:
    """A fresh session, so that an identifier known before sign-in is worth nothing after it."""
    session = await renewed(request)
    session["user"], session["csrf"] = user.id, secrets.token_urlsafe(24)
    fresh.prove(session)


def rise(request: web.Request) -> None:
    """The session goes on under a new identifier, as it does at every rise of rights."""
    request[RENEW] = True
    request[SESSION].changed()


async def renewed(request: web.Request) -> Session:
    """An empty session under a new identifier; the one before is over."""
    before = await get_session(request)
    if before.identity:
        await web_sessions.delete(before.identity)
    return await new_session(request)


class Attempts:
    """A token bucket per key (login, address): ``burst`` at once, then one each ``every_s`` seconds."""

    def __init__(self, burst: int, every_s: float, keys: int = 10_000) -> None:
        self.burst, self.every_s, self.keys = burst, every_s, keys
        self._full_at: dict[str, float] = {}

    def spend(self, key: str) -> None:
        """Take one attempt or raise TooManyAttempts."""
        now = time.monotonic()
        full_at = max(self._full_at.get(key, now), now)
        if full_at + self.every_s - now > self.burst * self.every_s:
            raise TooManyAttempts(seconds=round(full_at + self.every_s - now - self.burst * self.every_s) + 1)
        if len(self._full_at) >= self.keys:
            self._full_at = {k: at for k, at in self._full_at.items() if at > now}
        self._full_at[key] = full_at + self.every_s

    def forgive(self, key: str) -> None:
        """A success clears the key."""
        self._full_at.pop(key, None)
