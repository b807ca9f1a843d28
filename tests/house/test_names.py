"""Files are named for their job and stay small; sources carry no loose ends, naive times or broad excepts."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import PurePath

import pytest

from .tree import PRODUCT, calls, dotted, functions, parsed, python, texts, tracked

FORBIDDEN = re.compile(r"(services?|utils?|helpers?|managers?|commons?|misc|handlers?)")
MAX_FILE_LINES, MAX_FUNCTION_LINES = 500, 60
LOOSE_END = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")

# Where a broad except is right: the edges that keep the process alive whatever happens inside them.
SUPERVISION_EDGES = {
    "oss/access/disk_thread.py": "who waits for the disk hears what went wrong, whatever it was",
    "oss/access/thread.py": "the main loop is told that the AAA thread ended, whatever ended it",
    "oss/access/provision_work.py": "a run that meets an error nobody foresaw ends in sight, and its OLT goes on",
    "oss/base/jobs.py": "a failed job keeps its error and is tried again",
    "oss/network/link_calls.py": "another process must not wait for an answer that never comes",
    "oss/base/supervisor.py": "a failed loop is started again with back-off",
    "radius/server.py": "no datagram may end the listener",
    "radius/eap/turns.py": "no step may end those that wait behind it",
    "web/errors.py": "an unforeseen failure is logged once and answered with one generic page",
}


def forbidden_names(paths: list[str]) -> list[str]:
    return [p for p in paths if FORBIDDEN.fullmatch(PurePath(p).name.split(".")[0])]


def long_file(source: str) -> Iterator[str]:
    if (lines := source.count("\n")) > MAX_FILE_LINES:
        yield f"{lines} lines"


def long_functions(source: str) -> Iterator[str]:
    for name, node in functions(source):
        if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > MAX_FUNCTION_LINES:
            yield f"{name} has {lines} lines"


def naive_times(source: str) -> Iterator[str]:
    for name, call in calls(source):
        what = name.rpartition(".")[2]
        told = bool(call.args) if what == "now" else len(call.args) > 1
        told = told or any(keyword.arg == "tz" for keyword in call.keywords)
        owner = name.split(".")[-2:-1]
        if what in ("utcnow", "utcfromtimestamp") or (
            owner in (["datetime"], ["date"]) and what in ("now", "today", "fromtimestamp") and not told
        ):
            yield f"line {call.lineno}: {name}()"


def _is_broad(node: ast.expr | None) -> bool:
    names = node.elts if isinstance(node, ast.Tuple) else [node]
    return any(n is None or dotted(n).rpartition(".")[2] in ("Exception", "BaseException") for n in names)


def broad_excepts(source: str) -> Iterator[str]:
    """Handlers that catch everything; one that ends by raising only tidies up and is fine."""
    for node in ast.walk(parsed(source)):
        if isinstance(node, ast.ExceptHandler) and _is_broad(node.type):
            if not isinstance(node.body[-1], ast.Raise):
                yield f"line {node.lineno}: except"
        elif isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] == "suppress":
            yield from (f"line {node.lineno}: suppress" for argument in node.args if _is_broad(argument))


def missing_docstring(source: str) -> Iterator[str]:
    if source.strip() and not ast.get_docstring(parsed(source)):
        yield "says nothing about what it is for"


def loose_ends(source: str) -> Iterator[str]:
    for number, line in enumerate(source.splitlines(), 1):
        if LOOSE_END.search(line):
            yield f"line {number}: {line.strip()[:80]}"


Rule = Callable[[str], Iterator[str]]
EVERYWHERE: list[Rule] = [long_file, long_functions, naive_times, missing_docstring]


@pytest.mark.parametrize("rule", EVERYWHERE, ids=lambda rule: rule.__name__)
def test_every_source_keeps_the_rule(rule: Rule) -> None:
    sources = python(*PRODUCT, "tests", "bench", ".ci")
    found = [f"{path}: {finding}" for path, source in sources for finding in rule(source)]
    assert not found, "\n".join(found)


def test_files_are_named_for_the_job_they_do() -> None:
    assert forbidden_names(list(tracked())) == []


def test_no_loose_ends_are_left() -> None:
    found = [f"{p}: {line}" for p, content in texts() if not p.endswith(".lock") for line in loose_ends(content)]
    assert found == []


def test_broad_excepts_stand_at_supervision_edges_only() -> None:
    inside = [(p, source) for p, source in python(*PRODUCT, "bench") if p not in SUPERVISION_EDGES]
    found = [f"{path}: {finding}" for path, source in inside for finding in broad_excepts(source)]
    assert not found, "\n".join(found)


def test_every_supervision_edge_listed_is_one() -> None:
    edges = {path for path, source in python(*PRODUCT) if list(broad_excepts(source))}
    assert set(SUPERVISION_EDGES) - edges == set()


LONG_BODY = "def long():\n" + "    print()\n" * MAX_FUNCTION_LINES
BREAKS = [
    (long_file, "\n" * (MAX_FILE_LINES + 1)),
    (long_functions, LONG_BODY),
    (long_functions, "class A:\n" + "".join("  " + line for line in LONG_BODY.splitlines(keepends=True))),
    (naive_times, "datetime.now()"),
    (naive_times, "import datetime\ndatetime.datetime.utcnow()"),
    (naive_times, "datetime.fromtimestamp(5)"),
    (naive_times, "datetime.date.today()"),
    (missing_docstring, "import os"),
    (broad_excepts, "try:\n  run()\nexcept Exception:\n  log()"),
    (broad_excepts, "try:\n  run()\nexcept (OSError, BaseException):\n  log()"),
    (broad_excepts, "try:\n  run()\nexcept:\n  log()"),
    (broad_excepts, "with contextlib.suppress(Exception):\n  run()"),
    (loose_ends, "x = 1  # TO" + "DO: later"),
]
KEEPS = [
    (naive_times, "datetime.now(UTC)\ndatetime.now(tz=UTC)\ndatetime.fromtimestamp(5, UTC)\nclock.now()"),
    (broad_excepts, "try:\n  run()\nexcept BaseException:\n  undo()\n  raise"),
    (broad_excepts, "try:\n  run()\nexcept OSError:\n  log()"),
    (missing_docstring, ""),
    (loose_ends, "todos = methodologies"),
]


@pytest.mark.parametrize(("rule", "source"), BREAKS)
def test_a_source_that_breaks_the_rule_is_found(rule: Rule, source: str) -> None:
    assert len(list(rule(source))) == 1


@pytest.mark.parametrize(("rule", "source"), KEEPS)
def test_a_source_that_keeps_the_rule_is_left_alone(rule: Rule, source: str) -> None:
    assert list(rule(source)) == []


def test_a_forbidden_name_is_found_whatever_its_ending() -> None:
    paths = ["web/utils.py", "oss/crm/service.py", "web/static/helpers.js", "docs/misc.md"]
    assert forbidden_names(paths) == paths
    assert forbidden_names(["docs/systemd/milha.service", "web/hooks.py", "oss/crm/customers.py"]) == []
