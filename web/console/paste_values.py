"""What a configuration to paste is filled with: our address, and the values of a row or of a form half filled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from oss.access.nas_paste import Values
from web.catalogues import N_
from web.keys import CONFIG
from web.pages import said

SECRET = N_("THE SECRET")


def paste_values(request: web.Request, given: Mapping[str, Any], secret: str | None = None) -> Values:
    """``secret`` None: a placeholder stands in its place."""
    config = request.app[CONFIG]
    return Values(
        host=config.radius_host,
        auth=config.radius_auth_port,
        acct=config.radius_acct_port,
        secret=said(request, SECRET) if secret is None else secret,
        coa_port=_number(given.get("coa_port"), 3799),
        coa_enabled=bool(given.get("coa_enabled")),
        interim_s=_number(given.get("interim_s"), 300),
    )


def _number(value: Any, otherwise: int) -> int:
    """A number as a row or a form has it."""
    return int(value) if str(value).isdecimal() and len(str(value)) < 10 else otherwise
