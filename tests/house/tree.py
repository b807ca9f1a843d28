"""The files of the project as the house rules see them: what is tracked, or would be with the next commit."""

from __future__ import annotations

import ast
import os
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = ("oss", "radius", "snmp", "web", "billing")
# What git ignores anyway; only for an archive without git, or a checkout owned by somebody else.
_NOT_OURS = {".git", ".venv", "build", "dist", "data", ".data", "node_modules", "vendor", "__pycache__"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _walk() -> Iterator[str]:
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [f for f in folders if f not in _NOT_OURS and not f.endswith(("_cache", ".egg-info"))]
        for name in files:
            path = Path(folder, name).relative_to(ROOT)
            if path.suffix not in (".pyc", ".mo") and not name.startswith(".coverage") and name != "uv.lock":
                yield path.as_posix()


@cache
def tracked() -> tuple[str, ...]:
    """Paths relative to the root, sorted."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        paths = [path for path in listed.split("\0") if path and (ROOT / path).is_file()]
    except (OSError, subprocess.CalledProcessError):
        paths = list(_walk())
    return tuple(sorted(set(paths)))


@cache
def text(path: str) -> str | None:
    """The file as text; None if it is none (pictures, fonts, compiled catalogues)."""
    raw = (ROOT / path).read_bytes()
    try:
        return None if b"\0" in raw else raw.decode()
    except UnicodeDecodeError:
        return None


def texts() -> Iterator[tuple[str, str]]:
    """Every tracked text file: (path, content)."""
    for path in tracked():
        content = text(path)
        if content is not None:
            yield path, content


def python(*folders: str) -> list[tuple[str, str]]:
    """Python files below the given top-level folders: (path, source)."""
    return [(p, source) for p, source in texts() if p.endswith(".py") and p.split("/")[0] in folders]


@cache
def parsed(source: str) -> ast.Module:
    return ast.parse(source)


def functions(source: str) -> Iterator[tuple[str, Function]]:
    """Every function with its dotted name inside the module, outermost first."""

    def below(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
        for child in ast.iter_child_nodes(node):
            name = prefix
            if isinstance(child, Function | ast.ClassDef):
                name = f"{prefix}.{child.name}".lstrip(".")
            if isinstance(child, Function):
                yield name, child
            yield from below(child, name)

    yield from below(parsed(source), "")


def dotted(node: ast.AST) -> str:
    """``datetime.datetime.now`` for the expression of that name, else an empty string."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}".lstrip(".")
    return ""


def calls(source: str) -> Iterator[tuple[str, ast.Call]]:
    """Every call by name: (dotted name, call)."""
    for node in ast.walk(parsed(source)):
        if isinstance(node, ast.Call) and (name := dotted(node.func)):
            yield name, node
