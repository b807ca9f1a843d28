"""requirements.lock pins, with hashes, all that pyproject.toml asks for, and not where it was made."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .tree import text

ENTRY = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)([^\n]*(?:\n    --hash=[^\n]+)*)", re.MULTILINE)
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def asked_for(project: str) -> list[Requirement]:
    """Every dependency of pyproject.toml, whatever group it is in."""
    tree = tomllib.loads(project)
    groups = [tree["project"]["dependencies"], *tree.get("dependency-groups", {}).values()]
    return [Requirement(line) for group in groups for line in group]


def gaps(project: str, lock: str) -> Iterator[str]:
    pins = {canonicalize_name(name): (version, rest) for name, version, rest in ENTRY.findall(lock)}
    for requirement in asked_for(project):
        version, _ = pins.get(canonicalize_name(requirement.name), (None, ""))
        if version is None:
            yield f"{requirement.name} is not locked"
        elif version not in requirement.specifier:
            yield f"{requirement.name} is locked at {version}, wanted {requirement.specifier}"
    yield from (f"{name} has no hash" for name, (_, rest) in pins.items() if not HASH.search(rest))


def hosts(lock: str) -> list[str]:
    return re.findall(r"\S*://\S*|^\s*--(?:index-url|extra-index-url|find-links).*", lock, re.MULTILINE)


def test_the_lock_holds_every_dependency_with_a_hash() -> None:
    found = list(gaps(text("pyproject.toml") or "", text("requirements.lock") or ""))
    assert not found, "\n".join(found)


def test_the_lock_names_no_host() -> None:
    assert hosts(text("requirements.lock") or "") == []


def test_a_gap_in_the_lock_is_found() -> None:
    project = '[project]\ndependencies = ["one>=2", "Two_x", "three"]\n[dependency-groups]\ndev = ["four"]\n'
    digest = "    --hash=sha256:" + "0" * 64
    lock = f"one==1.9 \\\n{digest}\ntwo-x==1 ; sys_platform == 'linux' \\\n{digest} \\\n{digest}\nthree==3\n"
    assert sorted(gaps(project, lock)) == [
        "four is not locked",
        "one is locked at 1.9, wanted >=2",
        "three has no hash",
    ]


def test_a_host_in_the_lock_is_found() -> None:
    lines = ["--extra-index-url file:///srv/simple", "one @ https://packages.example.net/one.whl"]
    assert len(hosts("\n".join(lines))) == 2
