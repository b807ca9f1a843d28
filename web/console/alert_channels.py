"""Who is told of incidents: the ways, the steps of escalation, a message to try each."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from oss.base import db
from oss.monitoring import channel_forms
from oss.monitoring.channel_forms import ChannelValues
from oss.monitoring.channels import NotTold, channels
from oss.monitoring.permissions import AlertPermission
from web.auth import USER, actor
from web.catalogues import N_
from web.console import alert_channel_words, incident_words
from web.console.audit_history import history
from web.console.sign_in_rules import DAYS
from web.form_model import ModelForm
from web.form_saving import Done, Filled, Row, filled, once, save, show
from web.inputs.alerts import ChannelForm, StepForm
from web.keys import CONFIG, SEALER
from web.notices import tell
from web.pages import back_to, language, page, said
from web.routing import Routes

routes = Routes()
HOME = "/console/alert-channels"
ID = HOME + "/{id:\\d{1,17}}"
STEP_ID = ID + "/steps/{step:\\d{1,17}}"
CHANNEL = ModelForm(
    "alert-channel",
    AlertPermission.WRITE,
    ChannelForm,
    table="alert_channel",
    labels={
        "name": N_("Name"),
        "kind": N_("Way"),
        "address": N_("E-mail address"),
        "url": N_("Address of the webhook"),
        "chat": N_("Chat"),
        "server": N_("Bot API server"),
        "secret": N_("Secret"),
        "enabled": N_("Switched on"),
        **{name: told[0] for name, told in alert_channel_words.SETTINGS.items()},
    },
    choices={"kind": {name: words for name, (words, _) in alert_channel_words.KINDS.items()}},
    asks={"name": channel_forms.taken},
)
STEP = ModelForm(
    "alert-step",
    AlertPermission.WRITE,
    StepForm,
    table="alert_step",
    labels={
        "severity": N_("From which severity"),
        "after_min": N_("After (minutes)"),
        "days": N_("Days"),
        "from_minute": N_("From"),
        "until_minute": N_("Until"),
        "tells_the_end": N_("Tells the end too"),
    },
    choices={"severity": incident_words.SEVERITIES},
    taken="severity",
)
FRESH_STEP = {
    "severity": "critical",
    "after_min": 0,
    "days": ["1", "2", "3", "4", "5", "6", "7"],
    "from_minute": 0,
    "until_minute": 1440,
    "tells_the_end": True,
}


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])


@routes.get(HOME, AlertPermission.WRITE)
async def show_all(request: web.Request) -> web.Response:
    """The channels, and all steps in the order they are taken."""
    rows = [{**row, "settings": json.loads(row["settings"])} for row in await channel_forms.every()]
    steps = await channel_forms.steps()
    return page(request, "console/alert_channels/page.html", channels=rows, steps=steps, words=alert_channel_words)


# ------------------------------------------------------------ channels


async def _present(channel_id: int) -> dict[str, Any]:
    """A channel's fields as its form holds them; the secret stays where it is."""
    row = await channel_forms.one(db.pool(), channel_id)
    chosen = {name: choices[0][0] for name, choices in alert_channel_words.CHOICES.items()}
    return {**row, **chosen, **json.loads(row["settings"])}  # of another kind a choice stands where it begins


async def _form(request: web.Request, channel_id: int | None, form: Filled | None = None) -> web.Response:
    row = await _present(channel_id) if channel_id else None
    form = form or filled(request, CHANNEL, row or {"kind": "email", "enabled": True})
    return show(
        request,
        "console/alert_channels/form.html",
        form,
        channel_id=channel_id,
        row=row,
        kinds=alert_channel_words.kinds(language(request)),
        settings={name: kind.SETTINGS for name, kind in channels().items()},
        steps=await channel_forms.steps(channel_id) if channel_id else [],
        history=await history(request, ("alert_channel", channel_id)) if channel_id else [],
        words=alert_channel_words,
    )


@routes.get(HOME + "/new", AlertPermission.WRITE)
async def fresh(request: web.Request) -> web.Response:
    """An empty form."""
    return await _form(request, None)


@routes.get(ID, AlertPermission.WRITE)
async def edit(request: web.Request) -> web.Response:
    """One channel in the form, with its steps."""
    return await _form(request, _id(request))


async def _save(request: web.Request, channel_id: int | None) -> web.Response:
    async def act(connection: db.Connection, values: ChannelForm) -> Done:
        wanted = ChannelValues(values.name, values.kind, values.settings(), values.secret, values.enabled)
        saved = await channel_forms.save(connection, request.app[SEALER], actor(request), wanted, channel_id)
        return Done(f"{HOME}/{saved}", said(request, N_("%(name)s is saved"), name=values.name))

    async def again(form: Filled) -> web.Response:
        return await _form(request, channel_id, form)

    row: Row[ChannelForm] | None = Row(channel_id, lambda: _present(channel_id)) if channel_id else None
    return await save(request, CHANNEL, act, again, row)


@routes.post(HOME, AlertPermission.WRITE)
async def create(request: web.Request) -> web.Response:
    """Save a new one."""
    return await _save(request, None)


@routes.post(ID, AlertPermission.WRITE)
async def change(request: web.Request) -> web.Response:
    """Save changes; an empty secret keeps the present one."""
    return await _save(request, _id(request))


@routes.post(ID + "/test", AlertPermission.WRITE)
async def test(request: web.Request) -> web.Response:
    """Send a message by it now; what the other end said stays on the page."""
    key, url = _id(request), request.app[CONFIG].public_url or str(request.url.origin())
    asked = (request[USER].name, url, language(request))
    try:
        await channel_forms.test(request.app[SEALER], actor(request), key, *asked)
    except NotTold:
        return back_to(request, f"{HOME}/{key}#state")
    tell(request, said(request, N_("The message is sent; look whether it has arrived")))
    return back_to(request, f"{HOME}/{key}")


@routes.get(ID + "/remove", AlertPermission.WRITE)
async def ask(request: web.Request) -> web.Response:
    """Delete it?"""
    row = await channel_forms.one(db.pool(), _id(request))
    return page(request, "console/alert_channels/remove.html", name=row["name"], home=f"{HOME}/{row['id']}", row=row)


@routes.post(ID + "/remove", AlertPermission.WRITE)
async def remove(request: web.Request) -> web.Response:
    """Delete a channel with its steps."""
    key = _id(request)

    async def effect(connection: db.Connection) -> Done:
        name = await channel_forms.remove(connection, actor(request), key)
        return Done(HOME, said(request, N_("%(name)s is deleted"), name=name))

    return await once(request, await request.post(), effect)


# ------------------------------------------------------------ steps


async def _present_step(channel_id: int, step_id: int) -> dict[str, Any]:
    row = await channel_forms.step(db.pool(), channel_id, step_id)
    return {**row, "after_min": row["after_s"] // 60, "days": [str(day) for day in row["days"]]}


async def _step_form(request: web.Request, step_id: int | None, form: Filled | None = None) -> web.Response:
    channel = await channel_forms.one(db.pool(), _id(request))
    row = await _present_step(channel["id"], step_id) if step_id else None
    form = form or filled(request, STEP, row or FRESH_STEP)
    more = {"channel": channel, "step_id": step_id, "days": DAYS, "words": alert_channel_words}
    return show(request, "console/alert_channels/step.html", form, row=row, **more)


@routes.get(ID + "/steps/new", AlertPermission.WRITE)
async def fresh_step(request: web.Request) -> web.Response:
    """An empty step."""
    return await _step_form(request, None)


@routes.get(STEP_ID, AlertPermission.WRITE)
async def edit_step(request: web.Request) -> web.Response:
    """One step in the form."""
    return await _step_form(request, int(request.match_info["step"]))


async def _save_step(request: web.Request, step_id: int | None) -> web.Response:
    key = _id(request)

    async def act(connection: db.Connection, values: StepForm) -> Done:
        await channel_forms.save_step(connection, actor(request), key, values.values(), step_id)
        return Done(f"{HOME}/{key}", said(request, N_("The step is saved")))

    async def again(form: Filled) -> web.Response:
        return await _step_form(request, step_id, form)

    row: Row[StepForm] | None = Row(step_id, lambda: _present_step(key, step_id)) if step_id else None
    return await save(request, STEP, act, again, row)


@routes.post(ID + "/steps", AlertPermission.WRITE)
async def create_step(request: web.Request) -> web.Response:
    """Save a new step."""
    return await _save_step(request, None)


@routes.post(STEP_ID, AlertPermission.WRITE)
async def change_step(request: web.Request) -> web.Response:
    """Save a step's changes."""
    return await _save_step(request, int(request.match_info["step"]))


@routes.post(STEP_ID + "/remove", AlertPermission.WRITE)
async def remove_step(request: web.Request) -> web.Response:
    """Delete a step."""
    key, step_id = _id(request), int(request.match_info["step"])

    async def effect(connection: db.Connection) -> Done:
        await channel_forms.remove_step(connection, actor(request), key, step_id)
        return Done(f"{HOME}/{key}", said(request, N_("The step is deleted")))

    return await once(request, await request.post(), effect)
