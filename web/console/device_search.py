"""Devices looked for by SNMP: a range asked, who answered, and what of it comes into the inventory."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from oss.base import db
from oss.base.problems import InvalidInput
from oss.monitoring import finds, searches
from oss.monitoring.finds import Choice
from oss.monitoring.searches import Wish
from oss.network import catalogue, site_list
from oss.network.permissions import NetworkPermission
from web.auth import actor
from web.catalogues import N_
from web.console import network_words
from web.console.subscriber import number
from web.form_model import ModelForm
from web.form_saving import Done, Filled, filled, once, save, show
from web.forms import posted
from web.inputs.device_search import SearchForm
from web.keys import SEALER
from web.pages import counted, language, page, said
from web.routing import Routes
from web.words import ngettext, wrong

routes = Routes()
HOME = "/console/devices/find"
ID = HOME + "/{id:\\d{1,17}}"
MOST_SHOWN = 500
MOST_WHILE_RUNNING = 50  # the page is read again each second
SEARCH = ModelForm(
    "device-search",
    NetworkPermission.WRITE,
    SearchForm,
    labels={
        "network": N_("Addresses"),
        "snmp_version": "SNMP",
        "snmp_port": N_("SNMP port"),
        "snmp_community": N_("Community"),
        "snmp_user": N_("SNMPv3 user"),
        "snmp_auth": N_("Signature"),
        "snmp_auth_password": N_("Password of the signature"),
        "snmp_priv": N_("Encryption"),
        "snmp_priv_password": N_("Password of the encryption"),
    },
    choices={
        "snmp_version": network_words.SNMP,
        "snmp_auth": network_words.AUTHS,
        "snmp_priv": network_words.PRIVS,
    },
    taken="network",
)
LABELS = {"site_id": N_("Site"), "chosen": N_("Devices"), "role": N_("Role"), "model_id": N_("Model")}
FRESH = {"snmp_version": "2c", "snmp_port": 161, "snmp_auth": "sha1", "snmp_priv": "aes128"}


async def _form(request: web.Request, form: Filled | None = None) -> web.Response:
    form = form or filled(request, SEARCH, FRESH | {"network": request.query.get("range", "")[:49]})
    rows = await searches.newest(db.pool())
    return show(request, "console/device_search/form.html", form, rows=rows, path=HOME, words=network_words)


@routes.get(HOME, NetworkPermission.WRITE)
async def ask(request: web.Request) -> web.Response:
    """Which addresses, and how; the searches before."""
    return await _form(request)


@routes.post(HOME, NetworkPermission.WRITE)
async def begin(request: web.Request) -> web.Response:
    """Begin a search."""

    async def act(connection: db.Connection, values: SearchForm) -> Done:
        wish = Wish(**values.model_dump())
        made = await searches.begin(connection, request.app[SEALER], actor(request), wish)
        return Done(f"{HOME}/{made}", said(request, N_("The search of %(name)s has begun"), name=values.network))

    async def again(form: Filled) -> web.Response:
        return await _form(request, form)

    return await save(request, SEARCH, act, again)


@routes.get(ID, NetworkPermission.WRITE)
async def show_one(request: web.Request) -> web.Response:
    """A search: how far it is, who answered, what came into the inventory."""
    return await _shown(request, int(request.match_info["id"]))


async def _shown(request: web.Request, search_id: int, refused: str = "", status: int = 200) -> web.Response:
    pool = db.pool()
    row = await searches.one(pool, search_id)
    every = await finds.of(pool, search_id, MOST_WHILE_RUNNING if row["state"] == "running" else None)
    open_ones = [one for one in every if one.may_be_added]
    rest = [one for one in every if not one.may_be_added]
    more: dict[str, Any] = {"row": row, "finds": (open_ones + rest)[:MOST_SHOWN], "most": MOST_SHOWN, "path": HOME}
    more |= {"total": row["found"], "new": len(open_ones), "refused": refused, "words": network_words}
    more |= {"added": await finds.added(pool, row["device_ids"]), "sites": await site_list.names()}
    more["form_key"] = f"search-{search_id}-{len(row['device_ids'])}"
    more["models"] = [(one["id"], f"{one['maker']} {one['name']}") for one in await catalogue.every()]
    return page(request, "console/device_search/page.html", status=status, **more)


@routes.post(ID + "/cancel", NetworkPermission.WRITE)
async def cancel(request: web.Request) -> web.Response:
    """Ask no more of it."""
    search_id = int(request.match_info["id"])

    async def effect(connection: db.Connection) -> Done:
        await searches.cancel(connection, actor(request), search_id)
        return Done(f"{HOME}/{search_id}", said(request, N_("The search is called off")))

    return await once(request, await request.post(), effect)


@routes.post(ID + "/add", NetworkPermission.WRITE)
async def add(request: web.Request) -> web.Response:
    """Put the chosen ones into the inventory."""
    search_id, form = int(request.match_info["id"]), await posted(request)
    chosen = [
        Choice(one, form.text(f"role-{one}") or None, number(form.text(f"model-{one}"))) for one in form.many("chosen")
    ]
    site = number(form.text("site_id")) or 0

    async def effect(connection: db.Connection) -> Done:
        made = await finds.add(connection, request.app[SEALER], actor(request), search_id, chosen, site)
        forms = ngettext("%(num)s device is in the inventory now", "%(num)s devices are in the inventory now")
        return Done(f"{HOME}/{search_id}", counted(request, forms, len(made)))

    try:
        return await once(request, await request.post(), effect)
    except InvalidInput as problem:
        return await _shown(request, search_id, _told(request, problem), status=422)


def _told(request: web.Request, problem: InvalidInput) -> str:
    """What is wrong, with the name of its field where it has one."""
    told = []
    for name, message in problem.fields.items():
        text = wrong(language(request), message)
        told.append(f"{said(request, LABELS[name])}: {text}" if name in LABELS else text)
    return "; ".join(told)
