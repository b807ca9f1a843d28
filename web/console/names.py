"""Realms of our own, and the password that routers send for every MAC."""

from __future__ import annotations

from aiohttp import web

from oss.access import name_settings
from oss.access.permissions import NasPermission
from oss.base import db
from oss.base.problems import InvalidInput
from web.auth import actor
from web.catalogues import N_
from web.form_model import ModelForm
from web.form_saving import Done, Filled, filled, save, show
from web.inputs.realms import NamesForm
from web.keys import SEALER
from web.pages import said
from web.routing import Routes

routes = Routes()
HOME = "/console/names"
NAMES = ModelForm(
    "names",
    NasPermission.WRITE,
    NamesForm,
    {"realms": N_("Realms"), "secret": N_("Word for all MACs"), "none": N_("Take the word away")},
    taken="realms",
)


async def _form(request: web.Request, form: Filled | None = None) -> web.Response:
    async with db.transaction() as connection:
        present = await name_settings.read(connection)
    form = form or filled(request, NAMES, {"realms": present.realms})
    return show(request, "console/names/page.html", form, present=present)


@routes.get(HOME, NasPermission.READ)
async def show_all(request: web.Request) -> web.Response:
    """What is set."""
    return await _form(request)


@routes.post(HOME, NasPermission.WRITE)
async def set_names(request: web.Request) -> web.Response:
    """Set it; the AAA nodes follow by themselves."""

    async def act(connection: db.Connection, values: NamesForm) -> Done:
        await name_settings.save_realms(connection, actor(request), list(values.realms))
        if values.secret or values.none:
            try:
                await name_settings.save_word(connection, request.app[SEALER], actor(request), values.secret)
            except InvalidInput as problem:
                raise InvalidInput({"secret": problem.fields["word"]}) from None
        return Done(HOME, said(request, N_("Saved; routers are answered by it within the second")))

    return await save(request, NAMES, act, lambda form: _form(request, form))
