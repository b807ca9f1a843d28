"""What is wrong with one field of a form, asked when it is left: the same judgement as of the whole form."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from oss.base import db
from web import words
from web.form_model import FORMS, ModelForm
from web.pages import context, language
from web.render import render_block
from web.routing import Handler, Routes

PATH = "/console/validate/"


class Validation(Routes):
    """One address a form, with the form's own permission; they are known when every page has been read."""

    def mount(self, app: web.Application) -> None:
        """Add an address for each form there is."""
        self.routes = []
        for form in FORMS.values():
            self.add("POST", PATH + form.name, form.permission, _handler(form))
        super().mount(app)


routes = Validation()


def _handler(form: ModelForm[Any]) -> Handler:
    async def judge(request: web.Request) -> web.StreamResponse:
        posted = await request.post()
        name = str(posted.get("field", ""))
        if name not in form.places:
            raise web.HTTPNotFound
        told, value = form.wrong_with(name, posted, language(request))
        if told is None and value is not None and name in form.asks:
            row = str(posted.get("row", ""))
            told = await form.asks[name](db.pool(), value, int(row) if row.isdigit() and len(row) < 18 else None)
        error = words.wrong(language(request), told) if told else None
        html = render_block("console/field.html", "field", context(request), name=name, error=error)
        return web.Response(text=html, content_type="text/html")

    return judge
