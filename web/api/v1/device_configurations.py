"""API: configurations of devices, secrets as marks; whether a router is set as we need it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from oss.access import router_compliance
from oss.access.permissions import NasPermission
from oss.access.router_compliance import Us
from oss.network import configurations, device_settings
from oss.network.permissions import NetworkPermission
from web.api.fields import Id, Resource
from web.api.typed import Call, Operations
from web.keys import CONFIG

routes = Operations("device-configurations", "Configurations as they were read, compared; secrets stay marks.")


class Configuration(Resource):
    """One that was kept."""

    id: int
    device_id: int
    taken_at: datetime
    seen_at: datetime
    why: Literal["night", "asked", "trap"]
    asked_by: str
    driver: str
    lines: int
    told_by: str
    told_when: str
    changes: dict[str, int]


class Configurations(Resource):
    """The newest first."""

    items: list[Configuration]


class ConfigurationChange(Resource):
    """One difference."""

    kind: Literal["added", "removed", "changed", "moved"]
    section: str
    before: str
    after: str


class ConfigurationText(Resource):
    """One with its text and what differs from the one before."""

    id: int
    text: str
    changes: list[ConfigurationChange]
    back: list[str]


class Taken(Resource):
    """What a reading came to."""

    id: int
    new: bool
    changes: dict[str, int]


class ComplianceCheck(Resource):
    """One rule; ``cure`` is what to paste."""

    nas_id: int
    rule: str
    state: Literal["ok", "wrong", "unknown"]
    found: str
    wanted: str
    cure: str


class Compliance(Resource):
    """All rules of all NAS that the router is."""

    items: list[ComplianceCheck]


@routes.read("/devices/{device_id}/configurations", NetworkPermission.CONFIGURATIONS)
async def list_configurations(call: Call, device_id: Id) -> Configurations:
    """List the kept configurations of a device."""
    found = await configurations.history(device_id)
    return Configurations(items=[Configuration.model_validate(one) for one in found])


@routes.read("/devices/{device_id}/configurations/{configuration_id}", NetworkPermission.CONFIGURATIONS)
async def get_configuration(call: Call, device_id: Id, configuration_id: Id) -> ConfigurationText:
    """Read one, secrets as marks, and what differs from the one before."""
    _, text = await configurations.shown(call.sealer, device_id, configuration_id)
    found = await configurations.difference(call.sealer, device_id, configuration_id)
    changes = [ConfigurationChange.model_validate(_row(one)) for one in found.changes] if found.older else []
    return ConfigurationText(id=configuration_id, text=text, changes=changes, back=found.back)


@routes.create("/devices/{device_id}/configurations", NetworkPermission.WRITE, asks_device=True)
async def read_configuration(call: Call, device_id: Id) -> Taken:
    """Read it from the device now."""
    taken = await configurations.take(call.sealer, device_id, "asked", call.actor.name)
    return Taken(id=taken.id, new=taken.new, changes=taken.changes)


@routes.read("/devices/{device_id}/compliance", NasPermission.READ)
async def get_compliance(call: Call, device_id: Id) -> Compliance:
    """Whether a router is set as we need it, as its settings were read last."""
    return await _compliance(call, device_id)


async def _compliance(call: Call, device_id: int) -> Compliance:
    config = call.request.app[CONFIG]
    us = Us(config.radius_host, config.radius_auth_port, config.radius_acct_port)
    found = await router_compliance.examined(call.connection, call.sealer, device_id, us, "SECRET")
    return Compliance(items=[_check(nas, check) for nas in found for check in nas.checks])


@routes.create("/devices/{device_id}/compliance", NetworkPermission.WRITE, asks_device=True)
async def examine_compliance(call: Call, device_id: Id) -> Compliance:
    """Read its settings now and judge them."""
    await device_settings.take(call.sealer, device_id, call.actor.name)
    return await _compliance(call, device_id)


def _check(nas: router_compliance.Examined, one: Any) -> ComplianceCheck:
    cure = nas.cures.get(one.key, "")
    return ComplianceCheck(
        nas_id=nas.nas_id, rule=one.key, state=one.state, found=one.found, wanted=one.wanted, cure=cure
    )


def _row(one: Any) -> dict[str, str]:
    return {name: getattr(one, name) for name in one.__slots__}
