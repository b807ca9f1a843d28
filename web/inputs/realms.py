"""Realms and their home servers, our own realms, and how long records are kept: what the console asks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from oss.access import name_settings
from oss.base.retention import MOST_DAYS
from web.api.fields import Body, Text, Whole
from web.inputs.kinds import Typed

MOST_LINES = 100


def _lines(text: str, language: str) -> list[str]:
    """Words as people list them: one a line, or with commas."""
    return [one for one in re.split(r"[\s,;]+", text) if one]


def _show_lines(value: Sequence[str], language: str) -> str:
    return "\n".join(value)


def _realms(text: str, language: str) -> list[str]:
    return name_settings.split(text)


Port = Annotated[int, Whole(1, 65535)]


class RealmForm(Body):
    """A realm whose logins another server answers."""

    name: Annotated[str, Text(253, least=0)] = ""
    kind: Literal["suffix", "prefix", "default", "null"]
    strip: bool = False
    when_silent: Literal["silence", "reject"]
    accounting: bool = True
    allow: Annotated[list[str], Field(max_length=MOST_LINES), Typed(_lines, _show_lines)] = Field(default=[])
    active: bool = True


class HomeForm(Body):
    """A home server of a realm; a secret left empty stays."""

    host: Annotated[str, Text(253)]
    transport: Literal["udp", "radsec"]
    auth_port: Port
    acct_port: Port
    secret: Annotated[str, Text(128), Typed(hidden=True)] | None = Field(None, repr=False)
    certificate_name: Annotated[str, Text(253, least=0)] = ""
    position: Annotated[int, Whole(1, 99)] = 1
    signs: bool = True
    active: bool = True


class NamesForm(Body):
    """Realms that are our own, and the word that routers send for every MAC; ``none`` takes it away."""

    realms: Annotated[list[str], Field(max_length=MOST_LINES), Typed(_realms, _show_lines)] = Field(default=[])
    secret: Annotated[str, Text(64), Typed(hidden=True)] | None = Field(None, repr=False)
    none: bool = False


class RetentionForm(Body):
    """How many days a kind of record is kept; none: for ever. ``previewed``: what was shown before it is saved."""

    days: Annotated[int, Whole(0, MOST_DAYS)] | None = None
    previewed: Annotated[str, Text(12, least=0)] = ""
