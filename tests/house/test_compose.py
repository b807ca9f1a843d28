"""docker-compose.yml and the Dockerfile: secrets come as files, health is checked, nothing runs as root.

`make check` also asks docker compose itself where it is installed; this reads the file without it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from .tree import text

Line = tuple[int, str]
ENTRY = re.compile(r"([\w.-]+):(?: (.+))?")


def _lines(document: str) -> Iterator[Line]:
    for number, line in enumerate(document.splitlines(), 1):
        content = line.strip()
        if content and not content.startswith("#"):
            indent = len(line) - len(line.lstrip(" "))
            if indent % 2 or "\t" in line or line[indent] == "\t":
                raise ValueError(f"line {number}: indented by other than pairs of spaces")
            yield indent, content


def _scalar(content: str) -> Any:
    return json.loads(content) if content[0] in '["{' else content


def _block(lines: list[Line]) -> Any:
    """One block at the indentation of its first line: a list of scalars or a mapping."""
    indent, first = lines[0]
    if first.startswith("- "):
        if any(i != indent or not content.startswith("- ") for i, content in lines):
            raise ValueError(f"a list of plain entries has something else in it: {lines}")
        return [_scalar(content[2:]) for _, content in lines]
    starts = [n for n, (i, _) in enumerate(lines) if i <= indent] + [len(lines)]
    mapping: dict[str, Any] = {}
    for start, end in pairwise(starts):
        entry, below = ENTRY.fullmatch(lines[start][1]), lines[start + 1 : end]
        if entry is None or lines[start][0] != indent or entry[1] in mapping or (entry[2] and below):
            raise ValueError(f"not a mapping entry: {lines[start][1]}")
        mapping[entry[1]] = _scalar(entry[2]) if entry[2] else _block(below) if below else None
    return mapping


def read(document: str) -> Any:
    """Reads the part of YAML our compose file keeps to; refuses everything else (ValueError)."""
    return _block(list(_lines(document)))


def flaws(compose: dict[str, Any]) -> Iterator[str]:
    for name, service in compose["services"].items():
        if "healthcheck" not in service and "build" not in service:
            yield f"{name} has no health check"
        for variable, value in (service.get("environment") or {}).items():
            if re.search(r"PASSWORD|SECRET|KEY|TOKEN|DATABASE_URL", variable) and not variable.endswith("_FILE"):
                yield f"{name} gets {variable} as a value"
            if variable.endswith("_FILE") and str(value).rpartition("/")[2] not in service.get("secrets", []):
                yield f"{name} is not given the secret of {variable}"
        declared = {"secrets": compose.get("secrets", {}), "volumes": compose.get("volumes", {})}
        for kind, known in declared.items():
            used = [str(entry).partition(":")[0] for entry in service.get(kind, [])]
            yield from (f"{name} uses {kind} {entry}, not declared" for entry in used if entry not in known)


@pytest.fixture
def compose() -> dict[str, Any]:
    found = read(text("docker-compose.yml") or "")
    assert isinstance(found, dict)
    return found


def test_the_compose_file_has_no_flaws(compose: dict[str, Any]) -> None:
    assert list(flaws(compose)) == []


def test_the_app_waits_for_a_healthy_database_and_hears_radius(compose: dict[str, Any]) -> None:
    app, postgres = compose["services"]["app"], compose["services"]["postgres"]
    assert app["depends_on"]["postgres"]["condition"] == "service_healthy"
    assert postgres["image"].startswith("postgres:")
    assert {"1812:1812/udp", "1813:1813/udp"} <= set(app["ports"])


def test_the_image_is_not_run_by_root_and_is_asked_for_its_health() -> None:
    last_stage = (text("Dockerfile") or "").rpartition("\nFROM ")[2]
    assert re.search(r"^USER (?!root|0)\w+", last_stage, re.MULTILINE)
    assert re.search(r"^HEALTHCHECK .*?/healthz", last_stage, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    ("document", "finding"),
    [
        ("services:\n  db:\n    image: x", "db has no health check"),
        (
            'services:\n  app:\n    build: .\n    environment:\n      DB_PASSWORD: "x"',
            "app gets DB_PASSWORD as a value",
        ),
        (
            "services:\n  app:\n    build: .\n    environment:\n      KEY_FILE: /run/secrets/key",
            "app is not given the secret of KEY_FILE",
        ),
        (
            "services:\n  app:\n    build: .\n    volumes:\n      - data:/data\nvolumes:\n  other:",
            "app uses volumes data, not declared",
        ),
    ],
)
def test_a_flaw_is_found(document: str, finding: str) -> None:
    assert list(flaws(read(document))) == [finding]


@pytest.mark.parametrize(
    "document",
    [
        "a:\n   b: c",
        "a:\n\tb: c",
        "a: b\n  c: d",
        "a:\n  - b\n  c: d",
        "a: b\na: c",
        "just words",
        'a: "open',
    ],
)
def test_a_broken_document_is_refused(document: str) -> None:
    with pytest.raises(ValueError):
        read(document)


def test_a_document_is_read_as_yaml_reads_it() -> None:
    document = '# note\na:\n  b: 1 x\n  c: ["CMD", "y"]\n  d:\n    - "e:f"\n    - g\nh:\n'
    assert read(document) == {"a": {"b": "1 x", "c": ["CMD", "y"], "d": ["e:f", "g"]}, "h": None}
