"""Provisioning: who waits on which OLT, for whom it may be, the dry run, and "Authorise"."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from billing.whose import ACCOUNT
from oss.access import olt_looks, provision, provision_list
from oss.access.permissions import ProvisionPermission
from oss.base import db
from oss.base.problems import NotFound, Problem
from oss.crm import within
from oss.crm.permissions import CustomerPermission
from oss.network.onus import spelled
from oss.staff.scopes import NONE
from web.auth import actor, permissions, scope
from web.catalogues import N_
from web.console import provision_words
from web.console.provision_live import stream_of
from web.console.subscriber import number
from web.form_saving import Done, once
from web.pages import context, language, page, said
from web.render import render
from web.routing import Routes

routes = Routes()
HOME = "/console/provisioning"
ONE = HOME + "/{device:\\d{1,17}}/{serial:[A-Z0-9]{4,24}}"


async def _stored() -> tuple[Any, Any, Any]:
    """Who waits, the OLTs, how many runs are stuck. Each look at an OLT changes it, and few other things do."""
    return await provision_list.waiting(), await provision_list.olts(), await provision_list.stuck()


async def _waiting(request: web.Request, stored: tuple[Any, Any, Any]) -> dict[str, Any]:
    rows, olts, stuck = stored
    mine = scope(request, CustomerPermission.READ) if CustomerPermission.READ in permissions(request) else NONE
    found = await provision_list.candidates([one["id"] for one in olts], mine)
    told = [
        {**row, "candidates": found.get((row["device_id"], row["serial"]), [])}
        | {"suggested": provision_list.suggested(found.get((row["device_id"], row["serial"]), []))}
        for row in rows
    ]
    speak = language(request)
    looks = [
        {**one, "problem": provision_words.sentence(speak, one["look_problem"])}
        | {"not_saved": provision_words.sentence(speak, one["save_problem"])}
        for one in olts
    ]
    return {"waiting": told, "olts": looks, "stuck": stuck}


@routes.get(HOME, ProvisionPermission.READ)
async def show(request: web.Request) -> web.Response:
    """Who waits, as it was last seen; the stream brings what is seen while the page is open."""
    values = await _waiting(request, await _stored())
    return page(request, "console/provisioning/page.html", path=HOME, words=provision_words, **values)


@routes.get(HOME + "/live", ProvisionPermission.READ)
async def live(request: web.Request) -> web.StreamResponse:
    """The list anew whenever it differs; it is made anew only where what is stored does."""
    before: Any = None
    html = ""

    async def told() -> str:
        nonlocal before, html
        stored = await _stored()
        if stored != before:
            before, values = stored, await _waiting(request, stored)
            html = render(
                "console/provisioning/_waiting.html", context(request), words=provision_words, path=HOME, **values
            )
        return html

    return await stream_of(request, "waiting", told)


@routes.post(HOME + "/look", ProvisionPermission.RUN)
async def look(request: web.Request) -> web.Response:
    """Ask an OLT soon, or all of them; the list's stream brings what they answer, and what they do not."""
    form = await request.post()

    async def effect(connection: db.Connection) -> Done:
        await olt_looks.look_soon(connection, number(str(form.get("olt", ""))))
        return Done(HOME, said(request, N_("The OLTs are asked now: what they find comes up here")))

    return await once(request, form, effect)


# ------------------------------------------------------------ one that waits


async def _chosen(request: web.Request, account_id: int | None) -> int | None:
    """A login that this person may see, else none."""
    if account_id is None or CustomerPermission.READ not in permissions(request):
        return None
    async with db.pool().acquire() as connection:
        mine = scope(request, CustomerPermission.READ)
        return account_id if await within.only(connection, mine, ACCOUNT, [account_id]) else None


async def _one(request: web.Request) -> Any:
    device_id, serial = int(request.match_info["device"]), spelled(request.match_info["serial"])
    row = await provision_list.waiting_one(device_id, serial)
    if row is None:
        raise NotFound(thing="waiting ONU")
    return row


@routes.get(ONE, ProvisionPermission.RUN)
async def ask(request: web.Request) -> web.Response:
    """For whom it is, and what would be said; nothing is changed."""
    row, text = await _one(request), request.query.get("q", "")[:80]
    mine = scope(request, CustomerPermission.READ) if CustomerPermission.READ in permissions(request) else NONE
    found = (await provision_list.candidates([row["device_id"]], mine)).get((row["device_id"], row["serial"]), [])
    suggested = provision_list.suggested(found)
    asked = await _chosen(request, number(request.query.get("account")))
    account = asked or (suggested["account_id"] if suggested and not text else None)
    values: dict[str, Any] = {"row": row, "candidates": found, "text": text, "account": account}
    values |= {"logins": await provision_list.logins(text, mine), "path": HOME, "words": provision_words}
    values |= await _dry_run(request, row, account) if account else {"course": None, "refused": ""}
    return page(request, "console/provisioning/authorise.html", **values)


async def _dry_run(request: web.Request, row: Any, account: int) -> dict[str, Any]:
    login = await db.fetchval("select login from access_account where id = $1", account)
    try:
        async with db.pool().acquire() as connection:
            asked = await provision.authorise(connection, row["device_id"], row["pon"], row["serial"], account)
        course = await provision.preview(asked, actor(request).name)
    except Problem as problem:
        told = provision_words.sentence(language(request), provision_words.kept(problem))
        return {"course": None, "refused": told, "login": login}
    return {"course": course, "refused": "", "login": login}


@routes.post(ONE, ProvisionPermission.RUN)
async def authorise(request: web.Request) -> web.Response:
    """Begin it; the page of the run shows how it goes."""
    row, form = await _one(request), await request.post()
    account = await _chosen(request, number(str(form.get("account", ""))))
    if account is None:
        raise NotFound(thing="login")

    async def effect(connection: db.Connection) -> Done:
        asked = await provision.authorise(connection, row["device_id"], row["pon"], row["serial"], account)
        run = await provision.begin(connection, actor(request), asked)
        return Done(f"{HOME}/runs/{run}", said(request, N_("%(name)s is being authorised"), name=row["serial"]))

    return await once(request, form, effect)
