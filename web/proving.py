"""The question before a dangerous act: who asks for it proves that it is still them, and the act goes on as it was.

What was typed is carried through the question, so that nothing is lost: the answer to it sends the same form on (307
keeps method and body, RFC 9110 section 15.4.8), in a dialog as well as on a page.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from oss.staff import factors
from oss.staff.passkeys import Party
from web.auth import USER
from web.keys import CONFIG
from web.pages import page

PATH = "/console/prove"
OURS = ("csrf_token", "proof_password", "proof_code", "proof_passkey", "proof_next", "proof_again")


async def carried(request: web.Request) -> list[tuple[str, str]]:
    """The fields of the form that was refused (or of our own question), without what is the question's."""
    found = await request.post()
    return [(name, value) for name, value in found.items() if name not in OURS and isinstance(value, str)]


async def question(request: web.Request, address: str, again: bool, error: str | None = None) -> web.Response:
    """Ask; ``again``: the form that was sent to ``address`` is sent on afterwards, else that page is shown."""
    standing, fields = await factors.standing(request[USER].id), await carried(request)
    more: dict[str, Any] = {"standing": standing, "fields": fields if again else [], "address": address}
    more |= {"again": again, "error": error, "origin": _origin(request)}
    return page(request, "console/prove.html", status=422 if again or error else 200, **more)


def _origin(request: web.Request) -> str:
    return Party.of(request.app[CONFIG].public_url, "").origin


async def needed(request: web.Request) -> web.StreamResponse:
    """The answer to an act that wants a proof first."""
    if "application/json" in request.headers.get("Accept", ""):
        return web.json_response({"prove": PATH}, status=403)
    if "HX-Request" in request.headers and request.headers.get("X-Milha-Block") != "sheet":
        return web.Response(status=204, headers={"HX-Redirect": PATH})
    return await question(request, request.path_qs, again=True)
