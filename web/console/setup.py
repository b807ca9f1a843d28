"""The one-time link of an empty installation: company, then administrator; all or nothing is made with the second."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from billing import installation
from oss.base.problems import InvalidInput
from oss.staff import companies
from oss.staff.companies import NewCompany
from oss.staff.models import User
from web import words
from web.auth import remote_ip, sign_in
from web.console import first_step_words
from web.forms import Form, posted
from web.keys import CONFIG
from web.pages import language, page
from web.routing import PUBLIC, Routes

routes = Routes()
COMPANY = ("name", "legal_name", "cnpj", "zone")


def _page(request: web.Request, step: str, values: Any, errors: dict[str, str] | None = None) -> web.Response:
    status, wrong = 422 if errors else 200, words.wrongs(language(request), errors or {})
    steps = first_step_words.steps(request, step, done=("company",) if step == "person" else ())
    given = {"step": step, "values": values, "errors": wrong, "steps": steps, "company": COMPANY}
    return page(request, "console/setup.html", status=status, **given)


@routes.get("/setup/{token}", PUBLIC)
async def introduce(request: web.Request) -> web.Response:
    """The first step of what makes an empty installation a provider."""
    await installation.look(request.match_info["token"])
    return _page(request, "company", {"zone": request.app[CONFIG].zone})


def _company(form: Form) -> NewCompany:
    return NewCompany(form.text("name"), form.text("legal_name"), form.text("cnpj"), form.text("zone"))


@routes.post("/setup/{token}", PUBLIC)
async def begin(request: web.Request) -> web.Response:
    """From step to step; with the last one provider and first user are made, who is then signed in."""
    form, token = await posted(request), request.match_info["token"]
    await installation.look(token)
    step, company = form.text("step"), _company(form)
    wrong = form.wrong | companies.wrong_with(company)
    if step in ("company", "back") or set(wrong) & set(COMPANY):
        return _page(request, "company" if wrong or step == "back" else "person", form.values(), wrong)
    try:
        user_id = await installation.begin(token, remote_ip(request), company, _user(form))
    except InvalidInput as problem:
        return _page(request, "person", form.values(), problem.fields)
    await sign_in(request, await User.get(id=user_id))
    return web.Response(status=303, headers={"Location": "/console/first-steps/factor"})


def _user(form: Form) -> installation.FirstUser:
    password = form.secret("password") or ""
    if password != (form.secret("again") or ""):
        form.wrong["again"] = "the two are not the same"
    user = installation.FirstUser(form.text("person"), form.text("login"), password)
    form.check()
    return user
