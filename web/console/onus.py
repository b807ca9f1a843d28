"""ONUs: the list, and one in the form with the login whose line it carries."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

from aiohttp import web

from billing.whose import ACCOUNT
from oss.access import drops
from oss.access.drops import Drop
from oss.base import db
from oss.base.listing import Listing, Order
from oss.base.problems import InvalidInput
from oss.crm import within
from oss.crm.permissions import CustomerPermission
from oss.network import device_list, onus, plant_list
from oss.network.onus import OnuValues
from oss.network.permissions import NetworkPermission, PlantPermission
from oss.network.plant_list import Wanted
from oss.staff.scopes import Scope
from web.auth import actor, permissions, scope
from web.catalogues import N_
from web.console import graph_cards, network_words
from web.console.audit_history import history
from web.console.exports import download
from web.console.plant import carried
from web.console.subscriber import number
from web.form_model import ModelForm
from web.form_saving import Done, Filled, Row, filled, once, save, show
from web.inputs.plant import OnuForm
from web.listed import read
from web.pages import page, said
from web.routing import Routes
from web.tables import Column, Filter, Params, Speech, Table, instant, named, register

routes = Routes()
HOME = "/console/onus"
ID = HOME + "/{id:\\d{1,17}}"
VIEW_WORDS = {"online": N_("Lit"), "dark": N_("Unlit"), "loose": N_("In no box")}


def _source(params: Params, zone: tzinfo, scope: Scope) -> tuple[Listing, Order]:
    olt, pon = number(params.get("olt")), number(params.get("pon"))
    wish = Wanted(params.get("q", ""), params.get("view", ""), olt, pon, params.get("sort", "serial"))
    return plant_list.listing(wish), wish.order


def _state(row: Any, speech: Speech) -> str:
    return speech.say(network_words.ONU_STATES[row["state"]][1])


TABLE = register(
    Table(
        name="onus",
        path=HOME,
        label="ONU",
        file="onus",
        permission=NetworkPermission.READ,
        exports=NetworkPermission.EXPORT,
        personal="network",
        flows=True,
        sort="serial",
        source=_source,
        filters=(
            Filter("view", N_("View"), choices=VIEW_WORDS, tabs=True),
            Filter("olt", "OLT", kind="id"),
            Filter("pon", "PON", kind="id"),
        ),
        columns=(
            Column("serial", N_("Serial number"), named("serial"), "serial", td="name mono"),
            Column("state", N_("State"), _state, "state"),
            Column("device", "OLT", named("device")),
            Column("pon", "PON", named("pon"), "pon", td="num"),
            Column("number", N_("Number"), named("number"), td="num", align="r", css="max-[1100px]:hidden"),
            Column("box", N_("Box"), named("box"), "box"),
            Column("port", N_("Port"), named("box_port"), td="num", align="r"),
            Column("model", N_("Model"), named("model"), css="max-[1240px]:hidden"),
            Column("seen", N_("Last read"), instant("seen_at"), "seen", align="r"),
            Column("added", N_("Made"), instant("created_at"), "added", align="r", shown=False),
        ),
    )
)
ONU = ModelForm(
    "onu",
    PlantPermission.WRITE,
    OnuForm,
    table="onu",
    labels={
        "serial": N_("Serial number"),
        "pon_id": "PON",
        "number": N_("Number on the PON"),
        "box_id": N_("Box"),
        "box_port": N_("Port of the box"),
        "model": N_("Model"),
        "note": N_("Note"),
        "login": N_("Login"),
    },
    asks={"serial": onus.taken},
    taken="serial",
)


@routes.get(HOME, NetworkPermission.READ)
async def show_all(request: web.Request) -> web.Response:
    """One page of the list."""
    texts = {"olt": await device_list.names("olt"), "pon": await plant_list.pon_names()}
    seen = await read(request, TABLE, texts)
    tally = await plant_list.counts()
    more: dict[str, Any] = {"views": VIEW_WORDS, "words": network_words}
    return page(request, "console/onus/page.html", seen=seen, tally=tally, **more)


@routes.get(HOME + ".csv", NetworkPermission.EXPORT)
async def as_file(request: web.Request) -> web.StreamResponse:
    """The list as a file."""
    return await download(request, TABLE)


async def _present(request: web.Request, onu_id: int) -> dict[str, Any]:
    """An ONU's fields as its form holds them, with the login it carries, if this person may see whose it is."""
    row = await plant_list.onu(onu_id)
    lines = (await carried(request, [row])).get(onu_id, [])
    return {**row, "login": lines[0]["login"] if lines else None, "lines": lines}


async def _form(request: web.Request, onu_id: int | None, form: Filled | None = None) -> web.Response:
    row = await _present(request, onu_id) if onu_id else None
    asked = {name: number(request.query.get(name)) for name in ("pon_id", "box_id", "box_port")}
    form = form or filled(request, ONU, row or asked)
    more: dict[str, Any] = {"pons": await plant_list.pon_names(), "boxes": await plant_list.box_names()}
    more["history"] = await history(request, ("onu", onu_id)) if onu_id else []
    more["graphs"] = await graph_cards.cards(request, graph_cards.of_onu(onu_id)) if onu_id else []
    may_tie = CustomerPermission.READ in permissions(request)
    return show(
        request, "console/onus/form.html", form, onu_id=onu_id, row=row, may_tie=may_tie, words=network_words, **more
    )


@routes.get(HOME + "/new", PlantPermission.WRITE)
async def fresh(request: web.Request) -> web.Response:
    """An empty form; where it is put stands in it, if the box's page led here."""
    return await _form(request, None)


@routes.get(ID, NetworkPermission.READ)
async def show_one(request: web.Request) -> web.Response:
    """One ONU."""
    return await _form(request, int(request.match_info["id"]))


async def _tie(request: web.Request, connection: db.Connection, onu_id: int, login: str | None) -> None:
    """Tie or untie the line that the form names; nothing is touched where this person sees no customers."""
    if CustomerPermission.READ not in permissions(request):
        return
    mine = scope(request, CustomerPermission.READ)
    before = {
        one["login"]: one["account_id"] for one in (await drops.on_onus(connection, [onu_id], mine)).get(onu_id, [])
    }
    if login is None:
        for account in before.values():
            await drops.untie(connection, actor(request), account)
    elif login not in before:
        account_id = await drops.account_of(connection, login)
        if account_id is None or not await within.only(connection, mine, ACCOUNT, [account_id]):
            raise InvalidInput({"login": "does not exist"})
        await drops.tie(connection, actor(request), account_id, Drop(onu_id=onu_id))


async def _save(request: web.Request, onu_id: int | None) -> web.Response:
    async def act(connection: db.Connection, values: OnuForm) -> Done:
        wanted = OnuValues(**values.model_dump(exclude={"login"}))
        saved = await onus.save(connection, actor(request), wanted, onu_id)
        await _tie(request, connection, saved, values.login)
        text = said(request, N_("%(name)s is saved"), name=onus.spelled(values.serial))
        return Done(f"/console/boxes/{values.box_id}" if values.box_id else f"{HOME}/{saved}", text)

    async def again(form: Filled) -> web.Response:
        return await _form(request, onu_id, form)

    row: Row[OnuForm] | None = Row(onu_id, lambda: _present(request, onu_id)) if onu_id else None
    return await save(request, ONU, act, again, row)


@routes.post(HOME, PlantPermission.WRITE)
async def create(request: web.Request) -> web.Response:
    """Save a new one."""
    return await _save(request, None)


@routes.post(ID, PlantPermission.WRITE)
async def change(request: web.Request) -> web.Response:
    """Save changes."""
    return await _save(request, int(request.match_info["id"]))


@routes.get(ID + "/remove", PlantPermission.WRITE)
async def ask(request: web.Request) -> web.Response:
    """Delete it?"""
    row = await plant_list.onu(int(request.match_info["id"]))
    return page(request, "console/network/remove.html", name=row["serial"], home=f"{HOME}/{row['id']}", kind="onu")


@routes.post(ID + "/remove", PlantPermission.WRITE)
async def remove(request: web.Request) -> web.Response:
    """Delete an ONU that carries no line."""
    row = await plant_list.onu(int(request.match_info["id"]))

    async def effect(connection: db.Connection) -> Done:
        await onus.remove(connection, actor(request), row["id"])
        return Done(HOME, said(request, N_("%(name)s is deleted"), name=row["serial"]))

    return await once(request, await request.post(), effect)
