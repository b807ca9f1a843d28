"""Roles: who may do what, in one matrix; new ones, their names, their end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from oss.base import db
from oss.base.problems import InvalidInput
from oss.staff import role_acts, roles, sign_in_rules
from oss.staff.permissions import RolePermission
from oss.staff.role_acts import Cell, RolesChanged, RoleValues
from oss.staff.roles import LEVELS
from web import words
from web.auth import actor, remote_ip
from web.catalogues import N_
from web.console import role_words, router_words
from web.console import sign_in_rules as rules_form
from web.forms import Form, posted
from web.keys import CONFIG
from web.notices import tell
from web.pages import back_to, counted, language, page, said
from web.routing import Routes
from web.words import ngettext

routes = Routes()
PATH = "/console/roles"
ONE = PATH + "/{key:[a-z][a-z0-9_]{0,31}}"


async def _matrix(
    request: web.Request, status: int = 200, wanted: role_words.Matrix | None = None, **more: Any
) -> web.Response:
    """The matrix; ``wanted`` is what was chosen and is not saved."""
    values: dict[str, Any] = {"roles": await roles.every(), "groups": role_words.groups(), "wanted": wanted or {}}
    values |= {"choices": role_words.choices, "base": role_words.base, "short": role_words.SHORT}
    values |= {"notes": role_words.NOTES, "said": None, "meanwhile": [], **more}
    return page(request, "console/roles/page.html", status=status, shown=request.query.get("role", ""), **values)


@routes.get(PATH, RolePermission.WRITE)
async def show(request: web.Request) -> web.Response:
    """Acts by rows, roles by columns."""
    return await _matrix(request)


def _cells(fields: Mapping[str, str]) -> tuple[list[Cell], dict[str, int]]:
    """What was changed in a posted matrix, and the versions it was made of."""
    cells, versions, seen = [], {}, {}
    for name, value in fields.items():
        mark, _, key = name.partition(":")
        if mark == "v" and value.isdigit() and len(value) < 10:
            versions[key] = int(value)
            seen[key] = role_words.read_base(fields.get(f"b:{key}", ""))
    for name, wanted in fields.items():
        mark, _, rest = name.partition(":")
        key, _, permission = rest.partition(":")
        if mark == "g" and key in seen and wanted != seen[key].get(permission, ""):
            cells.append(Cell(key, permission, seen[key].get(permission, ""), wanted))
    return cells, versions


def _wanted(cells: list[Cell]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for cell in cells:
        found.setdefault(cell.role, {})[cell.permission] = cell.wanted
    return found


@routes.post(PATH, RolePermission.WRITE, fresh=True)
async def save(request: web.Request) -> web.Response:
    """Save the changed cells; in force with everybody's next page."""
    cells, versions = _cells({name: str(value) for name, value in (await request.post()).items()})
    try:
        async with db.transaction() as connection:
            people = await role_acts.change(connection, actor(request), cells, versions)
    except RolesChanged as problem:
        there = {one.key: one.grants for one in await roles.every()}
        other = [cell for cell in cells if there[cell.role].get(cell.permission, "") != cell.seen]
        told = said(request, problem.template)
        return await _matrix(request, 409, _wanted(cells), said=told, meanwhile=other)
    except InvalidInput as problem:
        told = "; ".join(words.wrongs(language(request), problem.fields).values())
        return await _matrix(request, 422, _wanted(cells), said=told)
    if cells:
        forms = ngettext("Saved; in force for %(num)s person", "Saved; in force for %(num)s people")
        tell(request, counted(request, forms, people))
    return back_to(request, PATH)


async def _form(
    request: web.Request,
    key: str | None,
    values: dict[str, Any],
    errors: dict[str, str] | None = None,
    warning: str | None = None,
) -> web.Response:
    """The form; ``warning``: what its rules of signing in would have against whoever saves them."""
    there = await roles.every()
    row = next((one for one in there if one.key == key), None)
    levels = [(name, router_words.level(language(request), name)) for name in LEVELS]
    given: dict[str, Any] = {"row": row, "there": there, "values": values, "errors": errors or {}, "levels": levels}
    given |= {"warning": warning, "days": rules_form.DAYS, "zone": request.app[CONFIG].zone, "ip": remote_ip(request)}
    status = 422 if errors or warning else 200
    return page(request, "console/roles/form.html", status=status, back=PATH, **given)


@routes.get(PATH + "/new", RolePermission.WRITE)
async def ask(request: web.Request) -> web.Response:
    """A name, and which role it begins as."""
    return await _form(request, None, {"copy_of": request.query.get("of", "attendant")})


def _values(form: Form) -> RoleValues:
    return RoleValues(form.text("name", most=40), form.text("note", most=200), form.text("routers") or "none")


@routes.post(PATH + "/new", RolePermission.WRITE, fresh=True)
async def add(request: web.Request) -> web.Response:
    """Make it; its column is there to be changed."""
    form = await posted(request)
    try:
        async with db.transaction() as connection:
            key = await role_acts.add(connection, actor(request), _values(form), form.text("copy_of"))
    except InvalidInput as problem:
        return await _form(request, None, form.values(), words.wrongs(language(request), problem.fields))
    tell(request, said(request, N_("The role is made; nobody has it yet")))
    return back_to(request, f"{PATH}?role={key}")


@routes.get(ONE, RolePermission.WRITE)
async def edit(request: web.Request) -> web.Response:
    """Name, note, what it may do on routers, rules of signing in; and its end."""
    async with db.pool().acquire() as connection:
        row = await roles.one(connection, request.match_info["key"])
        rules = await sign_in_rules.rules_of(connection, row.key)
    values = {"name": row.name or "", "note": row.note, "routers": row.routers}
    return await _form(request, row.key, values | rules_form.shown(rules))


@routes.post(ONE, RolePermission.WRITE, fresh=True)
async def describe(request: web.Request) -> web.Response:
    """Save that; whoever would shut themselves out is asked twice."""
    form, key = await posted(request), request.match_info["key"]
    typed = form.values() | rules_form.typed(form)
    try:
        rules = rules_form.read(form)
        warning = await rules_form.warning(request, key, rules)
        if warning and not form.flag("knowingly"):
            return await _form(request, key, typed, warning=warning)
        async with db.transaction() as connection:
            await role_acts.describe(connection, actor(request), key, _values(form))
            await sign_in_rules.save(connection, actor(request), key, rules)
    except InvalidInput as problem:
        return await _form(request, key, typed, words.wrongs(language(request), problem.fields))
    tell(request, said(request, N_("The role is saved")))
    return back_to(request, PATH)


@routes.post(ONE + "/remove", RolePermission.WRITE, fresh=True)
async def remove(request: web.Request) -> web.Response:
    """Delete a role that nobody has."""
    async with db.transaction() as connection:
        await role_acts.remove(connection, actor(request), request.match_info["key"])
    tell(request, said(request, N_("The role is deleted")))
    return back_to(request, PATH)
