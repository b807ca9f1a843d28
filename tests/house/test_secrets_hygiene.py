"""Tracked files carry no private key, no path of somebody's machine and no host of a package registry."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from .tree import texts

# Written in pieces, so that this file does not find itself.
PRIVATE = {
    "private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE" r" KEY-----"),
    "machine path": re.compile(r"(?<![\w.~-])/(?:root|home/(?!\$)[\w.-]+|Users/[\w.-]+)" r"/"),
    "package registry": re.compile(
        r"(?:pypi\.or" r"g|pythonhosted\.or" r"g|npmjs\.(?:org|co" r"m)|yarnpkg\.co" r"m|/simple/?[\"'\s]*$)",
        re.MULTILINE,
    ),
}


def findings(content: str) -> Iterator[str]:
    for what, pattern in PRIVATE.items():
        for match in pattern.finditer(content):
            yield f"line {content.count(chr(10), 0, match.start()) + 1}: {what} {match[0].strip()}"


def test_tracked_files_carry_no_secrets_and_no_machine() -> None:
    found = [f"{path}: {finding}" for path, content in texts() for finding in findings(content)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "content",
    [
        "-----BEGIN RSA PRIVATE" + " KEY-----",
        "open('/root" + "/.config')",
        "cd /home" + "/ana/milha",
        "https://pypi.or" + "g/project/milha",
        "index-url = https://mirror.example.net/simple" + "/\n",
        '"resolved": "https://registry.npmjs.or' + 'g/uplot"',
    ],
)
def test_a_secret_or_a_machine_is_found(content: str) -> None:
    assert len(list(findings("first line\n" + content))) == 1


def test_ordinary_paths_and_words_are_left_alone() -> None:
    assert list(findings("web/home/index.html /opt/milha ~/.local a simple root / path\n")) == []
