"""Devices and models made and edited."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from oss.base import db
from oss.drivers import budget
from oss.network import catalogue, device_list, device_secrets, devices, site_list
from oss.network.catalogue import ModelValues
from oss.network.devices import DeviceValues
from oss.network.permissions import NetworkPermission
from web.auth import actor
from web.catalogues import N_
from web.console import network_words
from web.console.subscriber import number
from web.form_model import ModelForm
from web.form_saving import Done, Filled, Row, filled, save, show
from web.inputs.network import DeviceForm, NewModel
from web.keys import SEALER
from web.pages import said
from web.routing import Routes

routes = Routes()
HOME = "/console/devices"
ID = HOME + "/{id:\\d{1,17}}"
MODELS = "/console/models"
DEVICE = ModelForm(
    "device",
    NetworkPermission.WRITE,
    DeviceForm,
    table="device",
    labels={
        "name": N_("Name"),
        "role": N_("Role"),
        "site_id": N_("Site"),
        "model_id": N_("Model"),
        "serial": N_("Serial number"),
        "software": N_("Software"),
        "management": N_("Management address"),
        "enabled": N_("Polled"),
        "is_core": N_("Stands at the top"),
        "poll_interval_s": N_("Polled every (seconds)"),
        "snmp_version": "SNMP",
        "snmp_port": N_("SNMP port"),
        "snmp_community": N_("Community"),
        "snmp_user": N_("SNMPv3 user"),
        "snmp_auth": N_("Signature"),
        "snmp_auth_password": N_("Password of the signature"),
        "snmp_priv": N_("Encryption"),
        "snmp_priv_password": N_("Password of the encryption"),
        "cli_protocol": N_("Command line"),
        "cli_port": N_("Port of the command line"),
        "cli_user": N_("User"),
        "cli_password": N_("Password"),
        "ssh_host_key": N_("SSH key of the device"),
        "ssh_port": N_("SSH port"),
        "ssh_legacy": N_("Old algorithms"),
        "enable_password": N_("Password that lifts the privilege"),
        "cli_encoding": N_("Encoding of its texts"),
        "tls_fingerprint": N_("Certificate of the device"),
        "cli_per_minute": N_("Commands a minute"),
        "cli_burst": N_("Commands at once"),
        "snmp_per_minute": N_("SNMP requests a minute"),
        "snmp_burst": N_("SNMP requests at once"),
        "hangs_on": N_("Hangs on"),
        "note": N_("Note"),
    },
    choices={
        "role": network_words.ROLES,
        "snmp_version": network_words.SNMP,
        "snmp_auth": network_words.AUTHS,
        "snmp_priv": network_words.PRIVS,
        "cli_protocol": network_words.CLIS,
        "cli_encoding": network_words.ENCODINGS,
    },
    asks={"name": devices.taken},
)
MODEL = ModelForm(
    "device-model",
    NetworkPermission.WRITE,
    NewModel,
    table="device_model",
    labels={
        "maker": N_("Maker"),
        "name": N_("Model"),
        "role": N_("Role"),
        "pon_ports": N_("PON ports"),
        "sys_object_id": N_("Beginning of its sysObjectID"),
    },
    choices={"role": network_words.ROLES},
)
FRESH = {
    "role": "router",
    "enabled": True,
    "poll_interval_s": 60,
    "snmp_version": "2c",
    "snmp_port": 161,
    "snmp_auth": "sha1",
    "snmp_priv": "aes128",
    "cli_protocol": "off",
    "ssh_port": 22,
    "cli_encoding": "latin-1",
}


async def _present(device_id: int) -> dict[str, Any]:
    """A device's fields as its form holds them."""
    row = dict(await device_list.one(device_id))
    told = [f"{one}-{row[f'hangs_on_{one}_id']}" for one in ("device", "link") if row[f"hangs_on_{one}_id"]]
    return row | {"hangs_on": told[0] if told else None}


async def _hangs_on(device_id: int | None) -> list[tuple[str, str]]:
    """What it may be said to hang on: its own links, or any other device."""
    links = await device_list.links(device_id) if device_id else []
    found = [(f"link-{one['id']}", one["name"] or f"{one['a_device']} – {one['b_device']}") for one in links]
    return found + [(f"device-{key}", name) for key, name in await device_list.names() if key != device_id]


async def _form(request: web.Request, device_id: int | None, form: Filled | None = None) -> web.Response:
    row = await _present(device_id) if device_id else None
    fresh = FRESH | {"site_id": number(request.query.get("site"))}
    form = form or filled(request, DEVICE, row or fresh)
    models = [(one["id"], f"{one['maker']} {one['name']}") for one in await catalogue.every()]
    more: dict[str, Any] = {"sites": await site_list.names(), "models": models, "words": network_words}
    more["olt"] = budget.OLT
    more["hanging"] = await _hangs_on(device_id)
    more["kept"] = {name: bool(row and row[f"has_{name}"]) for name in device_secrets.NAMES}
    return show(request, "console/devices/form.html", form, device_id=device_id, row=row, **more)


@routes.get(HOME + "/new", NetworkPermission.WRITE)
async def fresh(request: web.Request) -> web.Response:
    """An empty form."""
    return await _form(request, None)


@routes.get(ID + "/edit", NetworkPermission.WRITE)
async def edit(request: web.Request) -> web.Response:
    """One device in the form; secrets stay where they are."""
    return await _form(request, int(request.match_info["id"]))


async def _save(request: web.Request, device_id: int | None) -> web.Response:
    async def act(connection: db.Connection, values: DeviceForm) -> Done:
        wanted = DeviceValues(**(values.model_dump(exclude={"hangs_on"}) | values.hanging()))
        saved = await devices.save(connection, request.app[SEALER], actor(request), wanted, device_id)
        return Done(f"{HOME}/{saved}", said(request, N_("%(name)s is saved"), name=values.name))

    async def again(form: Filled) -> web.Response:
        return await _form(request, device_id, form)

    row: Row[DeviceForm] | None = Row(device_id, lambda: _present(device_id)) if device_id else None
    return await save(request, DEVICE, act, again, row)


@routes.post(HOME, NetworkPermission.WRITE)
async def create(request: web.Request) -> web.Response:
    """Save a new one."""
    return await _save(request, None)


@routes.post(ID, NetworkPermission.WRITE)
async def change(request: web.Request) -> web.Response:
    """Save changes; an empty secret keeps the present one."""
    return await _save(request, int(request.match_info["id"]))


# ------------------------------------------------------------ models


async def _model_form(request: web.Request, model_id: int | None, form: Filled | None = None) -> web.Response:
    row = await catalogue.one(db.pool(), model_id) if model_id else None
    form = form or filled(request, MODEL, row or {"role": "olt"})
    return show(request, "console/devices/model.html", form, model_id=model_id, row=row, words=network_words)


async def _save_model(request: web.Request, model_id: int | None) -> web.Response:
    async def act(connection: db.Connection, values: NewModel) -> Done:
        await catalogue.save(connection, actor(request), ModelValues(**values.model_dump()), model_id)
        return Done(MODELS, said(request, N_("%(name)s is saved"), name=f"{values.maker} {values.name}"))

    async def again(form: Filled) -> web.Response:
        return await _model_form(request, model_id, form)

    async def present() -> Any:
        return await catalogue.one(db.pool(), model_id or 0)

    return await save(request, MODEL, act, again, Row(model_id, present) if model_id else None)


@routes.get(MODELS + "/new", NetworkPermission.WRITE)
async def fresh_model(request: web.Request) -> web.Response:
    """An empty form of a model."""
    return await _model_form(request, None)


@routes.get(MODELS + "/{id:\\d{1,17}}", NetworkPermission.WRITE)
async def edit_model(request: web.Request) -> web.Response:
    """One model in the form."""
    return await _model_form(request, int(request.match_info["id"]))


@routes.post(MODELS, NetworkPermission.WRITE)
async def create_model(request: web.Request) -> web.Response:
    """Save a new model."""
    return await _save_model(request, None)


@routes.post(MODELS + "/{id:\\d{1,17}}", NetworkPermission.WRITE)
async def change_model(request: web.Request) -> web.Response:
    """Save a model's changes."""
    return await _save_model(request, int(request.match_info["id"]))
