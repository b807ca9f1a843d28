"""What holds a secret does not show it: a value in a trace, a log or an assertion is written by its ``repr``."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import os
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from pydantic import BaseModel

import billing
import oss
import radius
import web
from oss.base import config

SECRET = re.compile(
    r"(^|_)(password|passphrase|secret|dsn|database_url|sealing_keys?\w*|private_key|otp)$|^keys?_bytes$"
)
SHOWN_BY_TYPE = {"Secret", "Secret | None"}  # radius.integrity.Secret hides itself
LAB = ("oss.lab", "oss.__main__")  # a provider made of software has no secrets


def classes() -> Iterator[type]:
    """Every dataclass and model of the product."""
    for package in (radius, oss, billing, web):
        for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if info.name.startswith(LAB):
                continue
            for _, one in inspect.getmembers(importlib.import_module(info.name), inspect.isclass):
                if one.__module__ == info.name:
                    yield one


def shown(one: type) -> Iterator[str]:
    """Fields with the name of a secret that a ``repr`` would write out."""
    if dataclasses.is_dataclass(one):
        for item in dataclasses.fields(one):
            if SECRET.search(item.name) and item.repr and str(item.type) not in SHOWN_BY_TYPE:
                yield f"{one.__module__}.{one.__name__}.{item.name}"
    elif issubclass(one, BaseModel):
        for name, info in one.model_fields.items():
            if SECRET.search(name) and info.repr:
                yield f"{one.__module__}.{one.__name__}.{name}"


def test_no_repr_writes_a_secret() -> None:
    found = sorted({where for one in classes() for where in shown(one)})
    assert not found, "\n".join(found)


def test_a_field_that_shows_its_secret_is_found() -> None:
    @dataclass
    class Shows:
        password: str
        hidden_secret: str = field(default="", repr=False)

    assert [one.rpartition(".")[2] for one in shown(Shows)] == ["password"]


def test_the_secrets_leave_the_environment_once_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Children inherit it, and whoever may read a child's /proc would read them there."""
    values = {"MILHA_SEALING_KEY": "k", "MILHA_DATABASE_URL": "d", "MILHA_METRICS_TOKEN": "m", "MILHA_NODE": "n"}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    config.forget_secrets()
    assert [name for name in values if name in os.environ] == ["MILHA_NODE"]
