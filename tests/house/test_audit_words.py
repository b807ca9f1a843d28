"""Every action that any part of the house writes into the audit has words in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from web import app as application
from web import catalogues, tables
from web.console import audit_actions, audit_fields, audit_words

from .tree import Function, dotted, functions, parsed, python

NOTES = {"audit.note": 2, "audit.note_at": 3, "note": 2, "note_at": 3}
DOTTED = re.compile(r"[a-z_]+\.[a-z_]+")


def action_of(call: ast.Call) -> ast.expr | None:
    """The expression of the action that a call notes, None where the call is none of `audit.note`."""
    place = NOTES.get(dotted(call.func))
    return None if place is None or len(call.args) <= place else call.args[place]


def said(node: ast.expr, around: Function | None, source: str) -> Iterator[str]:
    """The actions an expression may be, as patterns: a constant, one of two, a text with gaps, what a name is."""
    if isinstance(node, ast.Constant):
        yield re.escape(str(node.value))
    elif isinstance(node, ast.IfExp):
        yield from said(node.body, around, source)
        yield from said(node.orelse, around, source)
    elif isinstance(node, ast.JoinedStr):
        yield "".join(
            re.escape(str(part.value)) if isinstance(part, ast.Constant) else "[a-z_]+" for part in node.values
        )
    elif isinstance(node, ast.Name) and around is not None:
        yield from _named(node.id, around, source)
    else:
        yield f"cannot be read: {ast.unparse(node)}"


def _assigned(name: str, scope: ast.AST) -> list[ast.expr]:
    return [
        one.value
        for one in ast.walk(scope)
        if isinstance(one, ast.Assign) and any(isinstance(to, ast.Name) and to.id == name for to in one.targets)
    ]


def _named(name: str, around: Function, source: str) -> Iterator[str]:
    """What is assigned to a name in its function, else in the module; of a parameter, what callers give."""
    found = _assigned(name, around) or _assigned(name, parsed(source))
    names = [argument.arg for argument in around.args.args if argument.arg not in ("self", "cls")]
    if name in names:
        place = names.index(name)
        calls = [one for one in ast.walk(parsed(source)) if isinstance(one, ast.Call)]
        found += [
            one.args[place]
            for one in calls
            if dotted(one.func).rpartition(".")[2] == around.name and len(one.args) > place
        ]
    if not found:
        yield f"cannot be read: {name} in {around.name}"
    for value in found:
        yield from said(value, None, source)


def noted() -> Iterator[tuple[str, str]]:
    """Every action of the product as a pattern, with its file."""
    for path, source in python("oss", "billing", "web"):
        if path == "oss/base/audit.py":
            continue
        for _, function in functions(source):
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and (action := action_of(call)) is not None:
                    yield from ((path, pattern) for pattern in said(action, function, source))


def wordless(patterns: Iterator[tuple[str, str]], known: set[str]) -> list[str]:
    """Patterns that no known action fits."""
    return sorted(f"{path}: {one}" for path, one in patterns if not any(re.fullmatch(one, action) for action in known))


# What reaches `audit.note` by a way the reader of sources cannot follow, and from where.
BY_ANOTHER_WAY = {
    "oss/access/staff_notes.py": {"router.accepted", "router.refused"},
    "oss/base/purge.py": {"retention.purged", "retention.dropped"},
}


def test_every_action_has_words() -> None:
    found = [(path, one) for path, one in noted() if path not in BY_ANOTHER_WAY]
    assert len(found) > 60
    assert wordless(iter(found), set(audit_actions.ACTIONS)) == []


def test_what_is_noted_by_another_way_has_words_too() -> None:
    for path, actions in BY_ANOTHER_WAY.items():
        (source,) = [source for name, source in python("oss") if name == path]
        assert all(f'"{action}"' in source for action in actions), path
        assert actions <= set(audit_actions.ACTIONS)


def test_every_list_that_is_taken_as_a_file_has_words() -> None:
    """Their action is made of the list's name."""
    application.feature_routes()
    calls = [one.personal for one in tables.TABLES.values()]
    calls += [
        str(call.args[1].value)
        for _, source in python("web")
        for call in ast.walk(parsed(source))
        if isinstance(call, ast.Call) and dotted(call.func) == "disclosure.note_export"
        if isinstance(call.args[1], ast.Constant)
    ]
    assert len(calls) >= 6 and all(calls)
    assert [name for name in calls if f"{name}.exported" not in audit_actions.ACTIONS] == []


@pytest.mark.parametrize("language", ["pt_BR"])
def test_the_words_are_said_in_portuguese(language: str) -> None:
    kept = catalogues.read_catalogue(catalogues.catalogue_path(language))
    words = {*audit_actions.ACTIONS.values(), *audit_actions.MADE.values(), *audit_actions.CHANGED.values()}
    words |= {name for name, _ in audit_fields.FIELDS.values()} | set(audit_fields.FACTS.values())
    words |= set(audit_words.SYSTEMS.values()) | set(audit_words.SETTINGS.values())
    assert [one for one in sorted(words) if not (found := kept.get(one)) or not found.string] == []


def test_sentences_name_who_acted_and_every_action_is_in_one_group() -> None:
    assert all("%(who)s" in one for one in audit_actions.ACTIONS.values())
    grouped = {action for key in audit_actions.GROUPS for action in audit_actions.of_group(key)}
    assert set(audit_actions.ACTIONS) - grouped == set()
    assert set(audit_actions.MADE) <= set(audit_actions.ACTIONS) and all(map(DOTTED.fullmatch, audit_actions.ACTIONS))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("await audit.note(c, a, 'no.words', 't')", ["x: no\\.words"]),
        ("await audit.note(c, a, 'plan.saved' if x else 'no.words', 't')", ["x: no\\.words"]),
        ("verb = 'no.words'\n    await audit.note(c, a, verb, 't')", ["x: no\\.words"]),
        ("await audit.note(c, a, f'none.{x}', 't')", ["x: none\\.[a-z_]+"]),
        ("await audit.note(c, a, made(), 't')", ["x: cannot be read: made()"]),
        ("await audit.note(c, a, f'hold.{x}_undone', 't')", []),
    ],
)
def test_an_action_without_words_is_found(code: str, expected: list[str]) -> None:
    source = f"async def do(c, a):\n    {code}\n"
    (function,) = [one for _, one in functions(source)]
    calls = [call for call in ast.walk(function) if isinstance(call, ast.Call) and action_of(call) is not None]
    found = [("x", one) for call in calls for one in said(action_of(call) or call, function, source)]
    assert wordless(iter(found), set(audit_actions.ACTIONS)) == expected
