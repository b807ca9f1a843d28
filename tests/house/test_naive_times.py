"""No instant without a zone is ever made (invariant 8); test_names.py finds the clock read without one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from .tree import PRODUCT, dotted, parsed, python


def naive(source: str) -> Iterator[str]:
    """Instants written down, parsed or stripped to no zone at all."""
    for node in ast.walk(parsed(source)):
        if not isinstance(node, ast.Call):
            continue
        name, keywords = dotted(node.func), {keyword.arg: keyword.value for keyword in node.keywords}
        owner, _, what = name.rpartition(".")
        is_datetime = owner.rpartition(".")[2] == "datetime"
        if (
            (what == "datetime" and owner in ("", "datetime") and len(node.args) < 8 and "tzinfo" not in keywords)
            or (what == "combine" and is_datetime and len(node.args) < 3 and "tzinfo" not in keywords)
            or (what == "strptime" and is_datetime)
            or (what == "replace" and _is_none(keywords.get("tzinfo")))
        ):
            yield f"line {node.lineno}: {name or what}()"


def _is_none(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def test_no_instant_is_made_without_a_zone() -> None:
    found = [f"{path}: {one}" for path, source in python(*PRODUCT, "bench") for one in naive(source)]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "datetime(2026, 1, 1)",
        "datetime.datetime(2026, 1, 1, 12)",
        "datetime.combine(day, time)",
        "datetime.strptime(text, '%Y')",
        "at.replace(tzinfo=None)",
        "clock.now().replace(tzinfo=None)",
    ],
)
def test_a_naive_instant_is_found(source: str) -> None:
    assert len(list(naive(source))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "datetime(2026, 1, 1, tzinfo=UTC)",
        "datetime.combine(day, time, tzinfo=UTC)",
        "datetime.combine(day, time, zone)",
        "at.replace(tzinfo=UTC)",
        "text.replace('a', 'b')",
        "clock.now()",
        "max(one, two)",
    ],
)
def test_an_aware_one_is_left_alone(source: str) -> None:
    assert list(naive(source)) == []
