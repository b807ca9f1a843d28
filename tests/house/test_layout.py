"""The top level holds what ARCHITECTURE.md names, and every room says what it is for."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from .tree import PRODUCT, text, tracked

TOP = {
    *(".ci", ".dockerignore", ".editorconfig", ".github", ".gitignore", ".importlinter", "ARCHITECTURE.md"),
    *("Dockerfile", "LICENSE", "Makefile", "README.md", "bench", "billing", "docker-compose.yml", "docs"),
    "hatch_build.py",  # hatchling finds its hook beside pyproject.toml
    *("migrations", "oss", "pyproject.toml", "radius", "requirements.lock", "snmp", "tests", "web"),
}
# Folders of tests/ that mirror no folder of the code.
TESTS_OF_THEIR_OWN = {"house", "peers", "e2e", "fuzz", "gallery"}
ATTACKS = "web/attacks"  # on all of web/ together
TRANSCRIPTS = "oss/drivers/transcripts"  # a folder a driver


def folders(paths: Iterable[str]) -> set[str]:
    """Every folder that holds one of the files, with the folders above it."""
    parts = [path.split("/")[:-1] for path in paths]
    return {"/".join(p[:depth]) for p in parts for depth in range(1, len(p) + 1)}


def rooms_without_a_word(sources: dict[str, str]) -> Iterator[str]:
    """Python folders whose ``__init__`` is missing or says no more than the folder's name."""
    for folder in sorted(folders(path for path in sources if path.endswith(".py"))):
        source = sources.get(f"{folder}/__init__.py")
        words = (ast.get_docstring(ast.parse(source)) or "").split() if source is not None else []
        if len(words) < 3:
            yield folder


def mirrors_of_nothing(paths: Iterable[str]) -> set[str]:
    """Folders of tests/ whose twin in the code is gone."""
    known = folders(paths)
    mirrored = {f.removeprefix("tests/") for f in known if f.startswith("tests/")}
    odd = {f for f in mirrored if f.split("/")[0] not in TESTS_OF_THEIR_OWN and f not in known and f != ATTACKS}
    return {f for f in odd if not f.startswith(TRANSCRIPTS)}


def test_the_top_level_holds_what_it_should_and_nothing_else() -> None:
    assert {path.split("/")[0] for path in tracked()} == TOP


def test_every_room_says_what_it_is_for() -> None:
    sources = {p: text(p) or "" for p in tracked() if p.split("/")[0] in PRODUCT}
    found = list(rooms_without_a_word(sources))
    assert not found, "\n".join(found)


def test_tests_mirror_the_code() -> None:
    assert mirrors_of_nothing(tracked()) == set()


def test_the_hosted_ci_calls_the_same_script() -> None:
    assert "run: .ci/run\n" in (text(".github/workflows/ci.yml") or "")


def test_a_room_without_a_word_is_found() -> None:
    sources = {
        "oss/__init__.py": '"""The operator\'s own world."""',
        "oss/crm/__init__.py": '"""crm."""',
        "oss/shed/tools.py": "",
        "oss/templates/page.html": "",
    }
    assert list(rooms_without_a_word(sources)) == ["oss/crm", "oss/shed"]


def test_a_mirror_of_nothing_is_found() -> None:
    paths = ["oss/crm/x.py", "tests/oss/crm/test_x.py", "tests/oss/gone/test_y.py", "tests/house/test_z.py"]
    assert mirrors_of_nothing(paths) == {"oss/gone"}
