"""One model judges API and form: what the one refuses the other refuses, at the same fields."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from multidict import MultiDict
from pydantic import BaseModel, ValidationError

from oss.base.problems import InvalidInput
from web import form_values
from web.app import feature_routes
from web.console.nas import NAS
from web.console.plans import PLAN
from web.form_model import FORMS, ModelForm
from web.inputs.contracts import Terms
from web.inputs.customers import NewCustomer
from web.inputs.nas import NewNas
from web.inputs.plans import NewPlan

TEXT = (
    st.text(max_size=12)
    | st.text("0123456789", max_size=16)
    | st.sampled_from(
        [
            "",
            " ",
            "a" * 300,
            "52998224725",
            "529.982.247-24",
            "12ABC34501DE35",
            "10.0.0.0/33",
            "x@y",
            "-1",
            "SP",
            "sp",
            "37200000",
        ]
    )
)
NUMBER = st.integers(-5, 10**13) | st.integers(0, 30)
LABELS: dict[str, str] = {}
SAME: list[tuple[str, type[BaseModel], str]] = [
    ("same-customer", NewCustomer, "customers.write"),
    ("same-plan", NewPlan, "plans.write"),
    ("same-nas", NewNas, "nas.write"),
    ("same-terms", Terms, "contracts.write"),
]


@pytest.fixture(scope="module")
def forms() -> Any:
    """Forms of the API's own models, taken away again: the console's have fields beside them."""
    made = {name: ModelForm(name, permission, model, LABELS) for name, model, permission in SAME}
    yield made
    for name in made:
        del FORMS[name]


def drawn(data: st.DataObject, form: ModelForm[Any]) -> dict[str, Any]:
    """A JSON object of the form's fields, right or wrong."""
    body = {}
    for name, place in form.places.items():
        if place.kind is bool:
            body[name] = data.draw(st.booleans())
        elif place.kind is int:
            body[name] = data.draw(NUMBER)
        else:
            body[name] = data.draw(TEXT)
    return body


def typed(form: ModelForm[Any], body: dict[str, Any], language: str) -> MultiDict[str]:
    """The same values as a person would type them."""
    posted: MultiDict[str] = MultiDict()
    for name, value in body.items():
        place = form.places[name]
        if place.kind is bool:
            posted.extend([(name, "1")] if value else [])
        elif place.typed.joined:
            posted.extend((name, one) for one in value.split(" "))
        else:
            posted.add(name, place.typed.show(value, language) if place.kind is int else value)
    return posted


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), name=st.sampled_from([one[0] for one in SAME]), language=st.sampled_from(["pt-BR", "en"]))
def test_what_the_api_refuses_the_form_refuses_at_the_same_fields(
    forms: dict[str, ModelForm[Any]], data: st.DataObject, name: str, language: str
) -> None:
    form = forms[name]
    body = drawn(data, form)
    try:
        form.model.model_validate_json(json.dumps(body))
        refused: set[str] = set()
    except ValidationError as error:
        refused = {str(one["loc"][0]) for one in error.errors()}
    try:
        read = form.read(typed(form, body, language), language)
        wrong: set[str] = set()
    except InvalidInput as problem:
        wrong = set(problem.fields)
    # An empty field of a form says nothing, where the API is told an empty text; punctuation and outer spaces are
    # people's own. Such fields may be judged differently, all others are judged alike.
    own = {n for n, v in body.items() if isinstance(v, str) and _people_write_it(form, n, v, language)}
    assert wrong - own == refused - own, (body, refused, wrong)
    if not wrong and not own:
        assert read == form.model.model_validate_json(json.dumps(body))


def _people_write_it(form: ModelForm[Any], name: str, value: str, language: str) -> bool:
    """Whether a form makes something else of a text than the API is sent."""
    place = form.places[name]
    try:
        read = place.read(MultiDict({name: value}), language)
    except ValueError:
        return False
    return read is None or read is ... or read != value


def test_every_form_of_the_console_has_words_for_each_field() -> None:
    feature_routes()
    for form in FORMS.values():
        if not form.name.startswith("same-"):
            assert set(form.places) - set(form.labels) <= {"previewed"}, form.name


def test_a_field_is_judged_whatever_the_others_hold() -> None:
    posted = MultiDict({"name": "", "down_kbps": "300", "up_kbps": "fast", "price_cents": "1.099,90"})
    assert PLAN.wrong_with("down_kbps", posted, "pt-BR") == (None, 300_000)
    assert PLAN.wrong_with("price_cents", posted, "pt-BR") == (None, 109_990)
    assert PLAN.wrong_with("name", posted, "pt-BR")[0] == "must not be empty"
    assert PLAN.wrong_with("up_kbps", posted, "pt-BR")[0] == "must be a number"
    bounds = PLAN.wrong_with("up_kbps", MultiDict({"up_kbps": "999.999"}), "pt-BR")[0]
    assert bounds == "must be between 0,001 and 400.000"


def test_a_secret_is_never_shown_again() -> None:
    form = NAS
    posted = MultiDict({"name": "BNG", "secret": "s3gredo"})
    assert "secret" not in form.typed(posted) and "secret" not in form.shown({"name": "x", "secret": "s"}, "en")
    assert form_values.show_phone("351912345678", "en") == "+351912345678"
