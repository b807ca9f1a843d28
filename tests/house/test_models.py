"""Models: foreign keys point down the floors only, and a room knows nothing of those above it."""

from __future__ import annotations

import configparser
import importlib
import inspect
from collections.abc import Iterator

import pytest
from tortoise import fields
from tortoise.fields.relational import ForeignKeyFieldInstance
from tortoise.models import Model

from oss.base.db import MODELS, TORTOISE_ORM

from .tree import ROOT, tracked


def heights() -> dict[str, int]:
    """How high each room lies, from the floors that import-linter checks; billing and web above them all."""
    read = configparser.ConfigParser()
    read.read(ROOT / ".importlinter")
    layers = [line.strip() for line in read["importlinter:contract:oss"]["layers"].splitlines() if line.strip()]
    found = {}
    for height, layer in enumerate(reversed(layers)):
        found |= {f"oss.{room.strip()}": height for room in layer.split("|")}
    return found | {"billing": len(layers), "web": len(layers) + 1}


def room(model: type[Model]) -> str:
    parts = model.__module__.split(".")
    return ".".join(parts[:2]) if parts[0] == "oss" else parts[0]


def models() -> dict[str, type[Model]]:
    """Every model of ours by the name Tortoise knows it."""
    found = {}
    for name in MODELS:
        for model in vars(importlib.import_module(name)).values():
            if inspect.isclass(model) and issubclass(model, Model) and model.__module__ == name:
                found[f"milha.{model.__name__}"] = model
    return found


def relations(model: type[Model]) -> Iterator[tuple[str, ForeignKeyFieldInstance[Model]]]:
    for name, field in model._meta.fields_map.items():
        if isinstance(field, ForeignKeyFieldInstance):
            yield name, field


def upward(known: dict[str, type[Model]], high: dict[str, int]) -> Iterator[str]:
    """Foreign keys to a room that is not below (or the same), or beside it."""
    for model in known.values():
        for name, field in relations(model):
            here, there = room(model), room(known[str(field.model_name)])
            if here != there and high[there] >= high[here]:
                yield f"{model.__name__}.{name}: {here} -> {there}"


def seen_from_below(known: dict[str, type[Model]]) -> Iterator[str]:
    """Foreign keys across rooms that would put an attribute on the lower room's model."""
    for model in known.values():
        for name, field in relations(model):
            if room(model) != room(known[str(field.model_name)]) and field.related_name is not False:
                yield f"{model.__name__}.{name}"


def test_foreign_keys_point_down_only() -> None:
    assert list(upward(models(), heights())) == []


def test_a_foreign_key_across_rooms_leaves_no_name_below() -> None:
    assert list(seen_from_below(models())) == []


def test_every_file_of_models_is_one_tortoise_knows() -> None:
    files = {path.removesuffix(".py").replace("/", ".") for path in tracked() if path.endswith("/models.py")}
    assert files == set(MODELS) and len(models()) >= 13
    assert TORTOISE_ORM["apps"]["milha"]["models"] == [*MODELS, "aerich.models"]


def test_every_room_with_models_has_a_height() -> None:
    assert {room(model) for model in models().values()} <= set(heights())
    high = heights()
    assert high["billing"] > high["oss.access"] > high["oss.contracts"] > high["oss.crm"] > high["oss.base"]


def made(name: str, module: str, target: str | None = None, related: bool | str = False) -> type[Model]:
    body: dict[str, object] = {"__module__": module, "id": fields.IntField(primary_key=True)}
    if target:
        body["thing"] = fields.ForeignKeyField(target, related_name=related)  # type: ignore[arg-type]
    return type(name, (Model,), body)


@pytest.mark.parametrize(
    ("here", "there", "sin"),
    [
        ("oss.base.models", "billing.models", True),
        ("oss.crm.models", "oss.access.models", True),
        ("oss.crm.models", "oss.network.models", True),  # beside
        ("oss.access.models", "oss.crm.models", False),
        ("billing.models", "billing.models", False),
    ],
)
def test_a_key_that_points_up_or_aside_is_found(here: str, there: str, sin: bool) -> None:
    known = {"milha.A": made("A", here, "milha.B"), "milha.B": made("B", there)}
    assert bool(list(upward(known, heights()))) is sin


def test_a_name_left_below_is_found() -> None:
    known = {"milha.A": made("A", "billing.models", "milha.B", "things"), "milha.B": made("B", "oss.crm.models")}
    assert list(seen_from_below(known)) == ["A.thing"]
