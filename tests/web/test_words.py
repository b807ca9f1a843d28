"""Every code and every refusal that the rooms below may speak has words for the console, in both languages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from billing import payments
from oss.access import holds, reasons
from oss.access.decide import Access
from oss.access.fold import OURS, TERMINATE_CAUSES
from web import words
from web.console.matter_words import MAKERS, PERSONAL
from web.render import translate

ROOT = Path(__file__).resolve().parents[2]


def refusals() -> Iterator[tuple[str, str]]:
    """Messages the rooms refuse a field with: ``wrong["x"] = "..."`` and ``InvalidInput({"x": "..."})``."""
    for path in [*ROOT.glob("oss/**/*.py"), *ROOT.glob("billing/**/*.py"), ROOT / "web/forms.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assign) and _is_wrong(node.targets[0]):
                yield from ((str(path), text) for text in _texts(node.value))
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "InvalidInput" and node.args:
                for each in ast.walk(node.args[0]):
                    if isinstance(each, ast.Dict):
                        yield from ((str(path), text) for value in each.values for text in _texts(value))


def _is_wrong(target: ast.expr) -> bool:
    return isinstance(target, ast.Subscript) and ast.unparse(target.value).rpartition(".")[2] == "wrong"


def _texts(node: ast.expr) -> Iterator[str]:
    """A literal as it stands; of anything computed the shape, with 7 for what is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values)
    elif isinstance(node, ast.BinOp):
        yield from (text + "a, b" for text in _texts(node.left))
    elif isinstance(node, ast.IfExp):
        yield from (*_texts(node.body), *_texts(node.orelse))


def test_every_refusal_of_a_field_is_said_in_portuguese() -> None:
    found = list(refusals())
    assert len(found) > 20
    untold = sorted({text for _, text in found if words.wrong("pt-BR", text).lower() == text.lower()})
    assert untold == []


def test_a_refusal_keeps_its_numbers_in_both_languages() -> None:
    assert words.wrong("en", "at least 10 characters") == "At least 10 characters"
    assert words.wrong("pt-BR", "at least 10 characters") == "No mínimo 10 caracteres"
    assert "86400" in words.wrong("pt-BR", "must be between 1 and 86400 seconds")


def test_every_reason_has_a_short_name() -> None:
    assert set(reasons.SENTENCES) <= set(words.REASONS)
    assert set(holds.OWNERS) <= set(words.REASONS)


def test_every_code_has_its_words() -> None:
    assert set(words.EFFECTS) == set(holds.EFFECTS)
    assert set(words.METHODS) == set(payments.METHODS)
    assert {words.profile(f"{access}:1/1").label for access in Access} == {
        label for _, label in words.ACCESSES.values()
    }
    assert set(words.TERMINATIONS) == {*TERMINATE_CAUSES.values(), *OURS.values(), "Unknown"}


@pytest.mark.parametrize(
    "cause", ["silent", "coa_off", "acknowledged_but_fast", "acknowledged_but_alive", None, "nak:x"]
)
def test_every_cause_of_a_drift_is_told_with_what_comes_next(cause: str | None) -> None:
    title, text, code = words.drift(cause)
    assert translate("pt-BR", title) != title
    assert translate("pt-BR", text) != text
    assert code == ("x" if cause == "nak:x" else "")


def test_a_profile_is_read_as_people_read_it() -> None:
    assert words.profile("walled:1024/512:milha-bloqueados") == words.Profile("blocked", "Walled", 1024)
    assert words.profile("reject") == words.Profile("blocked", "Cut off", None)
    assert words.profile(None).state == "unknown"


def test_every_matter_has_a_maker() -> None:
    source = (ROOT / "billing/attention.py").read_text(encoding="utf-8")
    assert {call.split('"')[1] for call in source.split("Matter(")[1:] if call.startswith('"')} <= {*MAKERS, *PERSONAL}
