"""What is written of provisioning: rules for VLANs and profiles, and acts on ONUs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from oss.access.provision_rules import WORD
from web.api.fields import Body, Id, Text
from web.inputs.plant import Serial


def _word(value: str) -> str:
    if not WORD.fullmatch(value):
        raise ValueError("letters, digits, dots and dashes, at most 40")
    return value


Vlan = Annotated[int, Field(ge=1, le=4094)]
Profile = Annotated[str, Text(40), AfterValidator(_word)]


class RuleForm(Body):
    """Where a rule holds (nothing: everywhere), and what it says (nothing: another rule says it)."""

    device_id: Id | None = None
    pon_id: Id | None = None
    plan_id: Id | None = None
    vlan: Vlan | None = None
    user_vlan: Vlan | None = None
    line_profile: Profile | None = None
    service_profile: Profile | None = None
    onu_type: Profile | None = None
    down_profile: Profile | None = None
    up_profile: Profile | None = None
    bridge: bool | None = None


class NewRun(Body):
    """An act on an ONU. ``authorise``: device, pon, serial, account; the others: onu, and what they need."""

    kind: Literal["authorise", "deauthorise", "replace", "move", "reboot"]
    onu_id: Id | None = None
    device_id: Id | None = None
    pon: Annotated[str, Text(40)] | None = None
    serial: Serial | None = None
    account_id: Id | None = None


class Decision(Body):
    """What becomes of a run that is stuck."""

    wants: Literal["go-on", "take-back", "settled"]
    note: Annotated[str, Text(400)] = ""
