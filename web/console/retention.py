"""Retention: what is kept, for how long, what a change would delete before it is saved, and the purge."""

from __future__ import annotations

from aiohttp import web

from oss.base import db, purge, retention, retention_survey
from oss.base.problems import InvalidInput
from oss.staff.permissions import RetentionPermission
from web import words
from web.auth import actor
from web.catalogues import N_
from web.console.retention_words import SUBJECTS, WHY, named
from web.form_model import ModelForm
from web.form_saving import Done, once
from web.inputs.realms import RetentionForm
from web.notices import tell
from web.pages import back_to, counted, language, page, said
from web.routing import Routes
from web.words import ngettext

routes = Routes()
HOME = "/console/retention"
ONE = HOME + "/{name:[a-z_]{1,40}}"
DAYS = ModelForm("retention", RetentionPermission.WRITE, RetentionForm, {"days": N_("Days")}, taken="days")


@routes.get(HOME, RetentionPermission.WRITE)
async def show(request: web.Request) -> web.Response:
    """Every kind of record with its policy."""
    async with db.transaction() as connection:
        found = await retention_survey.overview(connection)
    return page(request, "console/retention/page.html", found=found, subjects=SUBJECTS, why=WHY)


@routes.get(f"{HOME}/purge", RetentionPermission.WRITE)
async def ask_purge(request: web.Request) -> web.Response:
    """What a purge would take now."""
    async with db.transaction() as connection:
        found = await retention_survey.survey(connection, retention.policies())
    going = [one for one in found if one.going.rows or one.going.partitions]
    return page(request, "console/retention/purge.html", going=going, subjects=SUBJECTS, back=HOME)


@routes.post(f"{HOME}/purge", RetentionPermission.WRITE, fresh=True)
async def do_purge(request: web.Request) -> web.Response:
    """Queue it; the page tells how it goes."""
    async with db.transaction() as connection:
        await purge.ask(connection, actor(request))
    tell(request, said(request, N_("The purge is on its way")))
    return back_to(request, HOME)


async def _form(request: web.Request, days: int | None, status: int = 200, **more: object) -> web.Response:
    one = retention.subject(request.match_info["name"])
    async with db.transaction() as connection:
        present = await retention.days_of(connection, one)
        kept = await retention_survey.look(connection, one, days if "previewed" in more else present)
    values = {"one": one, "kept": kept, "present": present, "errors": {}, "values": {}, "previewed": None, **more}
    values |= {"subjects": SUBJECTS, "why": WHY, "back": HOME}
    return page(request, "console/retention/policy.html", status=status, **values)


@routes.get(ONE, RetentionPermission.WRITE)
async def edit(request: web.Request) -> web.Response:
    """One policy in the form."""
    return await _form(request, None)


@routes.post(ONE, RetentionPermission.WRITE, fresh=True)
async def save(request: web.Request) -> web.Response:
    """First shows what the change would delete, then, asked with the same days again, saves it."""
    posted, one = await request.post(), retention.subject(request.match_info["name"])
    typed = DAYS.typed(posted)
    try:
        values = DAYS.read(posted, language(request))
        retention.check(one, values.days)
    except InvalidInput as problem:
        wrong = words.wrongs(language(request), problem.fields)
        return await _form(request, None, 422, errors=wrong, values=typed)
    named = "ever" if values.days is None else str(values.days)
    if values.previewed != named:
        return await _form(request, values.days, values=typed, previewed=named)

    async def effect(connection: db.Connection) -> Done:
        await retention.set_days(connection, actor(request), one.name, values.days)
        return Done(HOME, _saved(request, one, values.days))

    return await once(request, posted, effect)


def _saved(request: web.Request, one: retention.Subject, days: int | None) -> str:
    what = said(request, named(one.name))
    if days is None:
        return said(request, N_("%(what)s: kept for ever"), what=what)
    kept = counted(request, ngettext("kept for %(num)s day", "kept for %(num)s days"), days)
    return f"{what}: {kept}"
