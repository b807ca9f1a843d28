"""Unforeseen errors told to a Sentry server, where an operator set one: what failed and where, never who it was about.

The package is an extra (``pip install milha[sentry]``) and is loaded only when MILHA_SENTRY_DSN is set. What leaves the
house is made here from an empty event: message template, logger, the exception's types and the lines of our code. The
values of variables, messages of exceptions (PostgreSQL's hold rows), requests, hosts and log facts stay.
"""

from __future__ import annotations

import importlib
import logging
from typing import Any

from oss.base.config import WrongConfiguration

KEPT = ("event_id", "timestamp", "level", "logger", "platform", "release", "environment")
FRAME = ("filename", "function", "lineno", "module", "in_app")


def start(dsn: str | None, release: str) -> bool:
    """Begin to tell; whether anybody is told. WrongConfiguration where the package is not there."""
    if dsn is None:
        return False
    try:
        sdk = importlib.import_module("sentry_sdk")
        logs = importlib.import_module("sentry_sdk.integrations.logging")
    except ImportError:
        raise WrongConfiguration(
            ["MILHA_SENTRY_DSN is set, but the package sentry-sdk is not installed: pip install 'milha[sentry]'"]
        ) from None
    sdk.init(
        dsn=dsn,
        release=f"milha@{release}",
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[logs.LoggingIntegration(level=None, event_level=logging.ERROR)],
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        server_name="",
        before_send=scrubbed,
    )
    return True


def scrubbed(event: dict[str, Any], hint: object = None) -> dict[str, Any]:
    """An event with nothing in it but what failed and where."""
    kept = {name: event[name] for name in KEPT if name in event}
    template = (event.get("logentry") or {}).get("message")  # before its values were put in
    if template:
        kept["logentry"] = {"message": template}
    values = (event.get("exception") or {}).get("values") or []
    if values:
        kept["exception"] = {"values": [_exception(one) for one in values]}
    return kept


def _exception(one: dict[str, Any]) -> dict[str, Any]:
    frames = (one.get("stacktrace") or {}).get("frames") or []
    plain = [{name: frame[name] for name in FRAME if name in frame} for frame in frames]
    return {"type": one.get("type"), "module": one.get("module"), "value": "", "stacktrace": {"frames": plain}}
