"""Incidents, alert rules, channels and steps: what people and programs may say of each."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from oss.monitoring.channel_forms import StepValues
from oss.monitoring.conditions import Condition
from oss.monitoring.rule_forms import RuleValues
from web import form_values, formats
from web.api.fields import Body, Change, Id, Instant, Text, Whole, left_out
from web.inputs.kinds import Typed
from web.inputs.network import Moment

MOST = 1e15


def _number(text: str, language: str) -> float:
    return float(form_values.decimal(text, language))


def _show_number(value: float, language: str) -> str:
    return formats.number(Decimal(str(value)).normalize(), language).replace(formats.MINUS, "-")


def _clock(text: str, language: str) -> int:
    """``22:30`` as minutes of the day; ``24:00`` is its end."""
    found = re.fullmatch(r"([01]?\d|2[0-4]):([0-5]\d)", text)
    if found is None or (minutes := int(found[1]) * 60 + int(found[2])) > 1440:
        raise ValueError("must be a time such as 08:00")
    return minutes


def _show_clock(value: int, language: str) -> str:
    return f"{value // 60:02}:{value % 60:02}"


Severity = Literal["notice", "warning", "critical"]
Subject = Literal["interface", "device", "sensor", "onu", "ping", "server", "nas", "line"]
Kind = Literal["threshold", "allowed", "rate", "absence", "flap", "offline"]
Side = Literal["above", "below"]
RuleName = Annotated[str, Text(80), Field(examples=["ONU is away"])]
MetricName = Annotated[str, Text(40, least=0, spaces=False), Field(examples=["rx_dbm"])]
Limit = Annotated[
    float,
    Field(ge=-MOST, le=MOST, allow_inf_nan=False, description="In the metric's unit; of a rate: per hour"),
    Typed(_number, _show_number, wrong="must be a number"),
]
Seconds = Annotated[int, Whole(0, 86_400), Field(description="Seconds")]
Window = Annotated[
    int, Whole(0, 7_776_000), Field(description="Seconds that a rate, an absence or flapping looks back")
]
Flaps = Annotated[int, Whole(0, 100), Field(description="So many changes are flapping; 0: never")]
Note = Annotated[str, Text(400, least=0), Typed(form_values.paragraph)]
Role = Literal["router", "switch", "olt", "radio", "server", "ups"]
LooksAt = Annotated[str, Field(pattern=r"^[a-z]{2,20}(\.[a-z0-9_]{1,40})?$"), Typed(wrong="is not one of the choices")]


# ------------------------------------------------------------ incidents


class IncidentNote(Change):
    """What is told to whom an incident touches."""

    note_to_customers: Annotated[str, Text(400, least=0)] = left_out()
    expected_at: Instant | None = left_out()


class NoteForm(Body):
    """The same in the console: the time as the browser's field has it, in the provider's zone."""

    note_to_customers: Note = ""
    expected_at: Moment | None = None


# ------------------------------------------------------------ rules


class RuleBase(Body):
    """What every rule has; of the condition each kind reads its own."""

    name: RuleName
    kind: Kind = Field("threshold", description="What is looked for")
    limit: Limit = 0.0
    side: Side = "above"
    window_s: Window = 0
    margin: Limit = Field(0.0, description="How far it must come back before it is over")
    severity: Severity = "warning"
    is_loss: Annotated[bool, Field(description="That it holds means that the thing is away")] = False
    site_id: Id | None = None
    device_id: Id | None = None
    role: Role | None = None
    linked: Annotated[bool, Field(description="Only interfaces at which a link between devices ends")] = False
    raise_s: Seconds = 60
    clear_s: Seconds = 60
    flaps: Flaps = 6
    flap_window_s: Seconds = 600
    settle_s: Seconds = 600
    enabled: bool = False
    note: Note = ""

    def _values(self, subject: str, metric: str) -> RuleValues:
        mine = self.model_dump(exclude={"kind", "limit", "side", "window_s", "margin", "subject", "metric", "looks_at"})
        condition = Condition(self.kind, self.limit, self.side, float(self.window_s), abs(self.margin))
        return RuleValues(subject=subject, metric=metric, condition=condition, **mine)


class NewRule(RuleBase):
    """What a rule is made of."""

    subject: Subject
    metric: MetricName = ""

    def values(self) -> RuleValues:
        """As the room below takes it."""
        return self._values(self.subject, self.metric)


class RuleForm(RuleBase):
    """What the console asks of a rule: what is looked at is one choice."""

    looks_at: LooksAt

    def values(self) -> RuleValues:
        """As the room below takes it."""
        subject, _, metric = self.looks_at.partition(".")
        return self._values(subject, metric)


class RuleChange(Change):
    """What of a rule may change; what is left out stays."""

    name: RuleName = left_out()
    subject: Subject = left_out()
    metric: MetricName = left_out()
    kind: Kind = left_out()
    limit: Limit = left_out()
    side: Side = left_out()
    window_s: Window = left_out()
    margin: Limit = left_out()
    severity: Severity = left_out()
    is_loss: bool = left_out()
    site_id: Id | None = left_out()
    device_id: Id | None = left_out()
    role: Role | None = left_out()
    linked: bool = left_out()
    raise_s: Seconds = left_out()
    clear_s: Seconds = left_out()
    flaps: Flaps = left_out()
    flap_window_s: Seconds = left_out()
    settle_s: Seconds = left_out()
    enabled: bool = left_out()
    note: Note = left_out()


# ------------------------------------------------------------ channels and steps

ChannelKind = Annotated[str, Field(pattern=r"^[a-z_]{2,30}$"), Typed(wrong="is not one of the choices")]
Setting = Annotated[str, Text(400, least=0)]
SETTINGS = (
    *("address", "url", "chat", "server"),
    *("host", "port", "version", "inform", "user", "auth", "priv", "root"),
)


class ChannelForm(Body):
    """One way to tell people; of the settings each kind reads its own, a secret left empty stays."""

    name: Annotated[str, Text(60)]
    kind: ChannelKind
    address: Setting = ""
    url: Setting = ""
    chat: Setting = ""
    server: Setting = ""
    host: Setting = ""
    port: Setting = ""
    version: Setting = ""
    inform: Setting = ""
    user: Setting = ""
    auth: Setting = ""
    priv: Setting = ""
    root: Setting = ""
    secret: Annotated[str, Text(400), Typed(hidden=True)] | None = Field(None, repr=False)
    enabled: bool = False

    def settings(self) -> dict[str, str]:
        """What is no secret, by name."""
        return {name: getattr(self, name) for name in SETTINGS}


Minute = Annotated[int, Whole(0, 1440), Typed(_clock, _show_clock, wrong="must be a time such as 08:00")]
Day = Literal["1", "2", "3", "4", "5", "6", "7"]


class StepForm(Body):
    """Who is told when: the wait in minutes, the hours of the provider's day."""

    severity: Severity = "critical"
    after_min: Annotated[int, Whole(0, 10_080)] = 0
    days: Annotated[list[Day], Typed(many=True)] = Field(default=[])
    from_minute: Minute = 0
    until_minute: Minute = 1440
    tells_the_end: bool = False

    def values(self) -> StepValues:
        """As the room below takes it."""
        days = [int(one) for one in self.days]
        hours = (self.from_minute, self.until_minute)
        return StepValues(self.severity, self.after_min * 60, days, *hours, self.tells_the_end)
