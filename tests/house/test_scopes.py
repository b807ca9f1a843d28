"""Who asks below for what can be scoped says for whom: the web gives every ``scope`` that may be given."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from .tree import ROOT


def taking() -> dict[str, int]:
    """``module.name`` of what has a parameter (or field) ``scope``, with its place; behind ``*`` it is beyond all."""
    found = {}
    for path in [*(ROOT / "oss").rglob("*.py"), *(ROOT / "billing").rglob("*.py")]:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef):
                names = [one.arg for one in node.args.args]
                if "scope" in [*names, *(one.arg for one in node.args.kwonlyargs)]:
                    found[f"{path.stem}.{node.name}"] = names.index("scope") if "scope" in names else 99
            elif isinstance(node, ast.ClassDef):
                fields = [one.target.id for one in node.body if isinstance(one, ast.AnnAssign) and named(one.target)]
                if "scope" in fields:
                    found[f"{path.stem}.{node.name}"] = fields.index("scope")
    return found


def named(target: ast.expr) -> bool:
    return isinstance(target, ast.Name)


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Each call of something of another module, as ``module.name``."""
    tree = ast.parse(path.read_text())
    origin = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for one in node.names:
                origin[one.asname or one.name] = f"{node.module.rpartition('.')[2]}.{one.name}"
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            module = origin.get(node.func.value.id, node.func.value.id)
            yield f"{module.rpartition('.')[2]}.{node.func.attr}", node
        elif isinstance(node.func, ast.Name) and node.func.id in origin:
            yield origin[node.func.id], node


def careless(path: Path, known: dict[str, int]) -> Iterator[str]:
    """Calls that leave the scope out, where it would be everybody."""
    for name, call in calls(path):
        if name not in known:
            continue
        given = len(call.args) > known[name] or any(word.arg == "scope" for word in call.keywords)
        if not given:
            yield f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name}:{call.lineno} {name}"


def test_whoever_calls_from_the_web_passes_the_scope() -> None:
    known = taking()
    assert len(known) > 20 and "session_list.Wanted" in known and "subscriber_list.counts" in known
    found = [one for path in (ROOT / "web").rglob("*.py") for one in careless(path, known)]
    assert found == []


def test_a_call_that_forgets_it_is_found(tmp_path: Path) -> None:
    path = tmp_path / "careless.py"
    path.write_text("from oss.access import hold_list\nhold_list.counts()\nhold_list.counts(scope)\n")
    assert list(careless(path, taking())) == ["careless.py:2 hold_list.counts"]
