"""Realms of our own, and the password that routers send for every MAC."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from oss.access import name_settings
from oss.access.permissions import NasPermission
from oss.base import db
from oss.base.problems import InvalidInput
from web import words
from web.auth import actor
from web.catalogues import N_
from web.forms import posted
from web.keys import SEALER
from web.notices import tell
from web.pages import back_to, language, page, said
from web.routing import Routes

routes = Routes()
HOME = "/console/names"


async def _form(request: web.Request, status: int = 200, **more: Any) -> web.Response:
    async with db.transaction() as connection:
        present = await name_settings.read(connection)
    values = {"values": {"realms": "\n".join(present.realms)}, "errors": {}, "present": present, **more}
    return page(request, "console/names/page.html", status=status, **values)


@routes.get(HOME, NasPermission.READ)
async def show(request: web.Request) -> web.Response:
    """What is set."""
    return await _form(request)


@routes.post(HOME, NasPermission.WRITE)
async def save(request: web.Request) -> web.Response:
    """Set it; the AAA nodes follow by themselves."""
    form = await posted(request)
    word = form.secret("secret")
    try:
        async with db.transaction() as connection:
            await name_settings.save_realms(
                connection, actor(request), name_settings.split(form.text("realms", most=4000))
            )
            if word or form.flag("none"):
                await name_settings.save_word(connection, request.app[SEALER], actor(request), word)
            form.check()
    except InvalidInput as problem:
        wrong = {"secret" if name == "word" else name: told for name, told in problem.fields.items()}
        return await _form(request, 422, values=form.values(), errors=words.wrongs(language(request), wrong))
    tell(request, said(request, N_("Saved; routers are answered by it within the second")))
    return back_to(request, HOME)
