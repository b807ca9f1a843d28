"""What a Sentry server is told: what failed and where; and a clear word where its package is missing."""

from __future__ import annotations

import importlib.util
import sys
import types
from typing import Any

import pytest

from oss.base import sentry
from oss.base.config import WrongConfiguration, load

DSN = "https://key@sentry.example.net/1"
EVENT = {
    "event_id": "1",
    "level": "error",
    "logger": "web.errors",
    "server_name": "bng-maria",
    "user": {"ip_address": "203.0.113.5"},
    "request": {"url": "https://console/console/subscribers/7?q=Maria", "cookies": {"milha_session": "x"}},
    "extra": {"facts": {"login": "maria"}},
    "breadcrumbs": {"values": [{"message": "login maria"}]},
    "logentry": {"message": "request of %s failed", "params": ["maria"], "formatted": "request of maria failed"},
    "exception": {
        "values": [
            {
                "type": "UniqueViolationError",
                "module": "asyncpg",
                "value": "Key (login)=(maria) already exists.",
                "stacktrace": {
                    "frames": [
                        {
                            "filename": "web/x.py",
                            "function": "f",
                            "lineno": 3,
                            "vars": {"name": "maria"},
                            "context_line": "maria",
                        }
                    ]
                },
            }
        ]
    },
}


def test_what_is_told_is_about_nobody() -> None:
    told = sentry.scrubbed(EVENT)
    assert "maria" not in str(told).lower() and "203.0.113.5" not in str(told)
    (one,) = told["exception"]["values"]
    assert (one["type"], one["stacktrace"]["frames"][0]["lineno"]) == ("UniqueViolationError", 3)
    assert told["logentry"] == {"message": "request of %s failed"}
    assert sentry.scrubbed({}) == {}


def test_without_an_address_nothing_is_loaded() -> None:
    assert sentry.start(None, "1") is False
    assert "sentry_sdk" not in sys.modules


@pytest.mark.skipif(importlib.util.find_spec("sentry_sdk") is not None, reason="sentry-sdk is installed here")
def test_an_address_without_the_package_is_a_mistake_in_words() -> None:
    with pytest.raises(WrongConfiguration) as told:
        sentry.start(DSN, "1")
    assert "milha[sentry]" in str(told.value)


def test_the_package_is_told_to_keep_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}
    sdk, logs = types.ModuleType("sentry_sdk"), types.ModuleType("sentry_sdk.integrations.logging")
    sdk.init = lambda **options: given.update(options)  # type: ignore[attr-defined]
    logs.LoggingIntegration = dict  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sentry_sdk", sdk)
    monkeypatch.setitem(sys.modules, "sentry_sdk.integrations", types.ModuleType("sentry_sdk.integrations"))
    monkeypatch.setitem(sys.modules, "sentry_sdk.integrations.logging", logs)
    assert sentry.start(DSN, "1.2") is True
    assert given["before_send"] is sentry.scrubbed and given["release"] == "milha@1.2"
    assert given["send_default_pii"] is given["include_local_variables"] is given["default_integrations"] is False


def test_the_address_is_checked_and_never_shown() -> None:
    assert load({"MILHA_SENTRY_DSN": DSN}).sentry_dsn == DSN
    assert DSN not in repr(load({"MILHA_SENTRY_DSN": DSN}))
    with pytest.raises(WrongConfiguration) as told:
        load({"MILHA_SENTRY_DSN": "https://sentry.example.net/secretpart"})
    assert "secretpart" not in str(told.value)
