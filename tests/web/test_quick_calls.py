"""Templates by our quick ways are letter for letter those of Jinja's own, wrong ones are refused alike."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, StrictUndefined, Template, UndefinedError
from jinja2.runtime import Context
from markupsafe import Markup, escape

from oss.base import db
from web import render
from web.quick_calls import quick_escape
from web.render import Macros

from . import test_render

MACROS = """{% macro plain(a, b="<b>", c=none) %}{{ a }}|{{ b }}|{{ c }}{% endmacro %}
{% macro around(name) %}<{{ name }}>{{ caller() }}</{{ name }}>{% endmacro %}
{% macro more(a) %}{{ a }}{{ kwargs["x"] }}{{ varargs|join }}{% endmacro %}
"""
RIGHT = [
    "{{ plain(1) }}{{ plain('<', '&') }}{{ plain(a='\"') }}{{ plain(1, c=plain(2)) }}{{ plain(1, 2, 3) }}",
    "{% call around('p') %}{{ plain('<i>') }}{% endcall %}",
    "{{ more('<', '>', 2, x='&') }}",
    "{{ values.keys()|list|join(',') }}{{ values.name }}{{ values.get('none', '<') }}{{ 'a,b'.split(',') }}",
    "{% for n in range(3) %}{{ loop.index }}{{ marks }}{{ word|upper }}{{ none }}{{ 3.5 }}{% endfor %}",
]
WRONG = [
    "{{ plain(1, z=2) }}",
    "{{ plain(1, 2, 3, 4) }}",
    "{{ values.nothing }}",
    "{{ plain(b=1) }}",
    "{{ nothing() }}",
]


def environments() -> list[Environment]:
    """Ours, and Jinja's with the same settings."""
    made = [render.environment.__wrapped__(), render.environment.__wrapped__()]
    made[1].context_class, made[1].template_class = Context, Template
    made[1].globals["ui"] = render._macros(made[1])
    made[1].__class__ = Environment
    return made


OURS, THEIRS = environments()


def drawn(environment: Environment, text: str) -> str:
    values: dict[str, Any] = {"values": {"name": "<n>", "keys_": 1}, "marks": Markup("<hr>"), "word": "a<b"}
    return environment.from_string(MACROS + text).render(**values)


@pytest.mark.parametrize("text", RIGHT)
def test_calls_and_values_come_out_as_jinja_writes_them(text: str) -> None:
    assert drawn(OURS, text) == drawn(THEIRS, text)
    assert "&lt;" in drawn(OURS, text) or "plain" not in text


@pytest.mark.parametrize("text", WRONG)
def test_what_jinja_refuses_is_refused_with_the_same_error(text: str) -> None:
    with pytest.raises((TypeError, UndefinedError)) as ours:
        drawn(OURS, text)
    with pytest.raises((TypeError, UndefinedError)) as theirs:
        drawn(THEIRS, text)
    assert (type(ours.value), str(ours.value)) == (type(theirs.value), str(theirs.value))


@pytest.mark.parametrize("name", sorted(test_render.PAGES))
def test_whole_pages_are_the_same(name: str) -> None:
    pages = []
    for environment in (OURS, THEIRS):
        with render._speaking(test_render.context()):
            template = environment.get_template(name)
            pages.append(template.render(rc=test_render.context(), **test_render.PAGES[name]))
    assert isinstance(THEIRS.globals["ui"], Macros) and "quick_escape" not in str(THEIRS.template_class)
    assert len(pages[0]) > 500 and without_keys(pages[0]) == without_keys(pages[1])


def without_keys(page: str) -> str:
    """A form is named anew each time."""
    import re

    return re.sub(r'name="form_key" value="[^"]+"', "", page)


@given(st.one_of(st.text(), st.integers(), st.none(), st.text().map(Markup), st.floats(allow_nan=False)))
def test_every_value_is_escaped_as_markupsafe_does(value: Any) -> None:
    assert quick_escape(value) == escape(value) and type(quick_escape(value)) is Markup


async def test_a_row_of_the_database_is_read_by_its_columns_also_where_they_are_named_like_its_methods(
    database: str,
) -> None:
    row = await db.fetchrow("select 'a<b' as login, 3 as count, 'v' as values")
    text = "{{ row.login }}{{ row.count }}{{ row['values'] }}{{ row.keys()|join(',') }}"
    made = [one.from_string(text).render(row=row) for one in (OURS, THEIRS)]
    assert made[0] == made[1] == "a&lt;b3vlogin,count,values"
    with pytest.raises(UndefinedError):
        OURS.from_string("{{ row.nothing }}").render(row=row)
    assert StrictUndefined is OURS.undefined
