"""A form of a model: what is posted becomes what the API would be sent, and the same model judges it.

    PLAN = ModelForm("plan", PlanPermission.WRITE, NewPlan, table="plan", labels={"name": N_("Name"), ...})

A form's fields bear the names of the model's. Each is read by its kind (`web.inputs.kinds.Typed`, else by its type) in
the language of whoever types; what is wrong is told field by field, and may be asked for one field alone.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic, Literal, TypeVar

from multidict import MultiMapping
from pydantic import BaseModel, ValidationError

from oss.base import db
from oss.base.problems import InvalidInput
from web import form_values
from web.api.fields import Whole
from web.forms import SECRET, plain
from web.inputs.kinds import Typed

M = TypeVar("M", bound=BaseModel)
Ask = Callable[[db.Connection, Any, int | None], Awaitable[str | None]]
EMPTY = "must not be empty"
BY_TYPE: dict[Any, Typed] = {
    int: Typed(form_values.whole, form_values.show_whole, wrong="must be a whole number"),
    date: Typed(form_values.day, form_values.show_day, wrong="must be a day"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """One field of a model in a form. ``bounds``: the least and the most a number may be."""

    name: str
    typed: Typed
    kind: type
    nullable: bool
    bounds: tuple[int, int] | None

    def read(self, posted: MultiMapping[Any], language: str) -> Any:
        """The value as the API would be sent it; ``...`` where nothing was typed. Raises ValueError."""
        given = [str(one) for one in posted.getall(self.name, [])]
        if self.kind is bool:
            return bool(given and given[-1])
        if self.typed.many:
            return [plain(one) for one in given if one]
        if self.typed.joined:
            return " ".join(one for one in given if one) or self._nothing(given)
        text = given[-1] if given else ""
        text = text if self.typed.hidden else plain(text)
        return self.typed.read(text, language) if text else self._nothing(given)

    def _nothing(self, given: list[str]) -> Any:
        return None if self.nullable and given else ...

    def show(self, value: Any, language: str) -> Any:
        """A value as the form shows it: text, a list of what is ticked, or "1" and "" for a tick.

        A tick that may be left open is a choice: "true", "false" and "" for open.
        """
        if self.kind is bool and self.nullable:
            return "" if value is None else str(value).lower()
        if self.kind is bool:
            return "1" if value else ""
        if self.typed.many:
            return [str(one) for one in value or ()]
        if self.typed.joined:
            return str(value or "").split()
        return "" if value is None else self.typed.show(value, language)


def _places(model: type[BaseModel]) -> dict[str, Place]:
    hints = typing.get_type_hints(model, include_extras=True)
    return {name: _place(name, hints[name]) for name in model.model_fields}


def _place(name: str, hint: Any) -> Place:
    parts = list(_parts(hint))
    kinds = [one for one in parts if isinstance(one, type)]
    kind = next((one for one in kinds if one is not types.NoneType), str)
    typed = next((one for one in parts if isinstance(one, Typed)), BY_TYPE.get(kind, Typed()))
    whole = next((one for one in parts if isinstance(one, Whole)), None)
    return Place(name, typed, kind, types.NoneType in kinds, (whole.least, whole.most) if whole else None)


def _parts(hint: Any) -> Iterator[Any]:
    """The types of a hint and the metadata beside them."""
    origin = typing.get_origin(hint)
    if origin is typing.Annotated:
        inner, *metadata = typing.get_args(hint)
        yield from metadata
        yield from _parts(inner)
    elif origin in (typing.Union, types.UnionType):
        for one in typing.get_args(hint):
            yield from _parts(one)
    elif origin is Literal:
        yield str
    else:
        yield hint


@dataclass(frozen=True, slots=True)
class ModelForm(Generic[M]):
    """A form of ``model``; ``name``: its address in `/console/validate/<name>`; ``permission``: what sending takes.

    ``table``: whose version it carries (`oss.base.versions`). ``labels``: its fields as people call them, msgids.
    ``choices``: of a field, its values in words, msgids. ``asks``: of a field, what only the database can say, such as
    whether a name is taken; given a connection, the value and the id of the row that is edited. ``taken``: the field
    that a Conflict is about which does not say.
    """

    name: str
    permission: str
    model: type[M]
    labels: Mapping[str, str]
    table: str | None = None
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    asks: Mapping[str, Ask] = field(default_factory=dict)
    taken: str = "name"
    places: dict[str, Place] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "places", _places(self.model))
        FORMS[self.name] = self

    def read(self, posted: MultiMapping[Any], language: str) -> M:
        """The model of what was posted; raises InvalidInput with every field that is wrong."""
        values: dict[str, Any] = {}
        wrong: dict[str, str] = {}
        for place in self.places.values():
            try:
                if (value := place.read(posted, language)) is not ...:
                    values[place.name] = value
            except ValueError as error:
                wrong[place.name] = str(error)
        try:
            made = self.model.model_validate(values)
        except ValidationError as error:
            wrong = {**self._told(error, language), **wrong}
        if wrong:
            raise InvalidInput({name: wrong[name] for name in (*self.places, *wrong) if name in wrong})
        return made

    def wrong_with(self, name: str, posted: MultiMapping[Any], language: str) -> tuple[str | None, Any]:
        """What is wrong with one field, whatever the others hold; and its value where nothing is."""
        try:
            return None, getattr(self.read(posted, language), name)
        except InvalidInput as problem:
            if name in problem.fields:
                return problem.fields[name], None
        value = self.places[name].read(posted, language)
        return None, None if value is ... else value

    def _told(self, error: ValidationError, language: str) -> dict[str, str]:
        told: dict[str, str] = {}
        for one in error.errors(include_url=False, include_input=False):
            if one["loc"]:
                name = str(one["loc"][0])
                told.setdefault(name, self._sentence(self.places[name], one, language))
            else:  # of the whole: its kind is the field it is said beneath
                told.setdefault(one["type"] if one["type"] in self.places else self.taken, one["msg"])
        return told

    def _sentence(self, place: Place, one: Any, language: str) -> str:
        kind, limits = one["type"], one.get("ctx", {})
        if kind == "missing" or (kind == "string_too_short" and limits["min_length"] == 1):
            return EMPTY
        if kind == "string_too_long":
            return f"at most {limits['max_length']} characters"
        if kind in ("greater_than_equal", "less_than_equal") and place.bounds:
            low, high = (place.typed.show(bound, language) for bound in place.bounds)
            return f"must be between {low} and {high}"
        if kind == "literal_error":
            return "is not one of the choices"
        return str(one["msg"]).removeprefix("Value error, ") if kind == "value_error" else place.typed.wrong

    def typed(self, posted: MultiMapping[Any]) -> dict[str, Any]:
        """What was typed, as it was typed, for a form that comes back; secrets stay out."""
        shown: dict[str, Any] = {}
        for name, place in self.places.items():
            given = [plain(str(one)) for one in posted.getall(name, [])]
            if not (SECRET.search(name) or place.typed.hidden):
                shown[name] = given if place.typed.joined or place.typed.many else given[-1] if given else ""
        return shown

    def shown(self, values: Mapping[str, Any], language: str) -> dict[str, Any]:
        """Values of a row or of a model as the form shows them; secrets stay out."""
        every = dict(values)
        return {
            name: place.show(every[name], language)
            for name, place in self.places.items()
            if name in every and not (SECRET.search(name) or place.typed.hidden)
        }


FORMS: dict[str, ModelForm[Any]] = {}
