"""What is done with an ONU at its OLT: read, replaced, moved, restarted, taken out; each is shown before it is said."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from oss.access import provision, provision_list
from oss.access.permissions import ProvisionPermission
from oss.access.provision import Asked
from oss.base import db
from oss.base.problems import InvalidInput, Problem
from oss.drivers.olt import OnuNow
from oss.drivers.problems import DeviceProblem, NotOffered
from oss.network import device_links, plant_list
from oss.network.device_links import Priority
from oss.network.permissions import NetworkPermission
from oss.network.plant import place_of
from web.auth import actor
from web.catalogues import N_
from web.console import network_words, provision_words
from web.console.onus import ID
from web.console.provisioning import HOME
from web.console.subscriber import number
from web.form_saving import Done, once
from web.pages import language, page, said
from web.routing import Routes

routes = Routes()
NOW_S = 15.0
KINDS = ("replace", "move", "reboot", "deauthorise")


async def _now(row: Any) -> OnuNow:
    async def read(driver: Any, link: Any) -> OnuNow:
        if driver.olt is None:
            raise NotOffered(name=driver.title)
        return await driver.olt.now(link, place_of(row["pon"]), row["number"])  # type: ignore[no-any-return]

    return await device_links.do(
        row["device_id"], read, priority=Priority.PERSON, deadline_s=NOW_S, what="one ONU", asked_by="page"
    )


@routes.get(ID + "/now", NetworkPermission.READ)
async def now(request: web.Request) -> web.Response:
    """What the OLT says of it at this moment; a page is no error because a device is silent."""
    row = await plant_list.onu(int(request.match_info["id"]))
    values: dict[str, Any] = {"row": row, "now": None, "problem": "", "words": network_words}
    if row["pon"] is None or row["number"] is None:
        values["problem"] = provision_words.sentence(
            language(request), provision_words.kept(provision.NotProvisioned(serial=row["serial"]))
        )
    else:
        try:
            values["now"] = await _now(row)
        except DeviceProblem as problem:
            values["problem"] = provision_words.sentence(language(request), provision_words.kept(problem))
    values["runs"] = await provision_list.runs_of_onu(row["id"])
    return page(request, "console/provisioning/now.html", run_words=provision_words, **values)


async def _asked(connection: db.Connection, onu_id: int, kind: str, given: Any) -> Asked:
    if kind == "replace":
        return await provision.exchange(connection, onu_id, str(given.get("serial", "")))
    if kind == "move":
        pon = await plant_list.pon(number(str(given.get("pon", ""))) or 0)
        return await provision.move(connection, onu_id, pon["device_id"], pon["name"])
    return await (provision.reboot if kind == "reboot" else provision.deauthorise)(connection, onu_id)


def _kind(request: web.Request) -> str:
    return request.match_info["kind"]


@routes.get(ID + "/{kind:replace|move|reboot|deauthorise}", ProvisionPermission.RUN)
async def ask(request: web.Request) -> web.Response:
    """What it needs to know, and what would be said."""
    row, kind = await plant_list.onu(int(request.match_info["id"])), _kind(request)
    given = {name: request.query.get(name, "") for name in ("serial", "pon")}
    values: dict[str, Any] = {"row": row, "kind": kind, "given": given, "words": provision_words}
    values["waiting"] = await provision_list.waiting() if kind == "replace" else []
    values["pons"] = await plant_list.pon_names() if kind == "move" else []
    ready = kind in ("reboot", "deauthorise") or given["serial" if kind == "replace" else "pon"]
    values |= await _dry_run(request, row, kind, given) if ready else {"course": None, "refused": ""}
    return page(request, "console/provisioning/act.html", ready=ready, **values)


async def _dry_run(request: web.Request, row: Any, kind: str, given: Any) -> dict[str, Any]:
    try:
        async with db.pool().acquire() as connection:
            asked = await _asked(connection, row["id"], kind, given)
        if kind == "reboot":
            return {"course": None, "refused": ""}
        return {"course": await provision.preview(asked, actor(request).name), "refused": ""}
    except InvalidInput as problem:
        return {"course": None, "refused": "; ".join(provision_words.wrongs(language(request), problem))}
    except Problem as problem:
        return {"course": None, "refused": provision_words.sentence(language(request), provision_words.kept(problem))}


@routes.post(ID + "/{kind:replace|move|reboot|deauthorise}", ProvisionPermission.RUN)
async def act(request: web.Request) -> web.Response:
    """Begin it; the page of the run shows how it goes."""
    row, kind, form = await plant_list.onu(int(request.match_info["id"])), _kind(request), await request.post()

    async def effect(connection: db.Connection) -> Done:
        asked = await _asked(connection, row["id"], kind, form)
        run = await provision.begin(connection, actor(request), asked)
        return Done(f"{HOME}/runs/{run}", said(request, N_("It has begun with %(name)s"), name=asked.serial))

    return await once(request, form, effect)
