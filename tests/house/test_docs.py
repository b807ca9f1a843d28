"""What the documents promise exists: links, make targets, milha commands, MILHA_ variables."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from oss.__main__ import build_parser
from oss.base.config import KNOWN

from .tree import ROOT, text, texts, tracked

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|^\[[^\]]+\]:\s*(\S+)", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"^```[^\n]*\n(.*?)^```|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
MAKE = re.compile(r"(?:^|[\s;&])make ([a-z][a-z-]*)", re.MULTILINE)
MILHA = re.compile(r"(?:^|[\s/;&])milha ([a-z][^\n#`]*)", re.MULTILINE)
TARGET = re.compile(r"^([a-z%-]+):", re.MULTILINE)
VARIABLE = re.compile(r"\bMILHA_[A-Z]+(?:_[A-Z]+)*\b")


def documents() -> list[str]:
    return [p for p in tracked() if p.endswith(".md") and (p.startswith("docs/") or "/" not in p)]


def anchors(markdown: str) -> set[str]:
    """The names that the headings of a page get on code hosting sites."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", markdown), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", h.lower()).strip().replace(" ", "-") for h in headings}


def dead_links(page: Path, markdown: str) -> Iterator[str]:
    for inline, reference in LINK.findall(FENCE.sub("", markdown)):
        path, _, anchor = (inline or reference).partition("#")
        if re.match(r"[a-z]+:", path):
            continue
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            yield f"no file {path}"
        elif anchor and anchor not in anchors(markdown if target == page else target.read_text()):
            yield f"no heading #{anchor}"


def code(markdown: str) -> str:
    """Everything a page shows as code, one piece per line."""
    return "\n".join(block or span for block, span in CODE.findall(markdown))


def unknown_targets(shell: str, makefile: str) -> Iterator[str]:
    targets = [re.escape(t).replace("%", "[a-z-]+") for t in TARGET.findall(makefile)]
    for name in MAKE.findall(shell):
        if not any(re.fullmatch(target, name) for target in targets):
            yield f"make {name}"


def _commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    found: dict[str, argparse.ArgumentParser] = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found.update(action.choices)
    return found


def unknown_words(line: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    """The first word of a command line that the parser would refuse; ``a|b`` names both a and b."""
    for word in re.sub(r"[\[\]]", " ", line).split():
        commands = _commands(parser)
        if word.startswith("--"):
            if word.partition("=")[0] not in parser._option_string_actions:
                yield word
        elif commands and re.fullmatch(r"[a-z|-]+", word):
            yield from (name for name in word.split("|") if name not in commands)
            if (inner := commands.get(word.split("|")[0])) is None:
                return
            parser = inner


def unknown_commands(shell: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    for line in MILHA.findall(shell):
        yield from (f"milha {line.strip()}: {word}" for word in unknown_words(line, parser))


def unknown_variables(content: str, known: list[str]) -> set[str]:
    allowed = {f"MILHA_{name}{suffix}" for name in known for suffix in ("", "_FILE")}
    return set(VARIABLE.findall(content)) - allowed


def test_every_link_leads_somewhere() -> None:
    found = [f"{p}: {dead}" for p in documents() for dead in dead_links(ROOT / p, text(p) or "")]
    assert not found, "\n".join(found)


def test_every_make_target_named_in_the_documents_exists() -> None:
    makefile = text("Makefile") or ""
    found = [f"{p}: {bad}" for p in documents() for bad in unknown_targets(code(text(p) or ""), makefile)]
    assert not found, "\n".join(found)


def test_every_milha_command_named_anywhere_exists() -> None:
    shells = {p: code(text(p) or "") for p in documents()}
    units = [p for p in tracked() if p.endswith(".service")]
    shells |= {p: text(p) or "" for p in ("Makefile", *units)}
    found = [f"{p}: {bad}" for p, shell in shells.items() for bad in unknown_commands(shell, build_parser())]
    assert not found, "\n".join(found)


def test_every_variable_named_outside_the_code_is_a_setting() -> None:
    pages = {p: content for p, content in texts() if not p.endswith(".py")}
    found = [f"{p}: {name}" for p, content in pages.items() for name in unknown_variables(content, KNOWN)]
    assert not found, "\n".join(found)


def test_the_readme_explains_every_setting() -> None:
    explained = set(re.findall(r"^\| `(MILHA_[A-Z_]+)`", text("README.md") or "", re.MULTILINE))
    assert explained == {f"MILHA_{name}" for name in KNOWN}


def test_the_first_commands_of_the_readme_are_demo_and_test() -> None:
    named = dict.fromkeys(MAKE.findall(code(text("README.md") or "")))
    assert list(named)[:2] == ["demo", "test"]


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    (tmp_path / "other.md").write_text("# Who pays, when?\n")
    page.write_text(
        "# Top\n[a](gone.md) [b](other.md#who-pays-when) [c](other.md#nobody) [d](#top) [e](#bottom)\n"
        "[f](https://example.net)\n[g]: lost.md\n```\n[not a link](in/code)\n```\n"
    )
    found = sorted(dead_links(page, page.read_text()))
    assert found == ["no file gone.md", "no file lost.md", "no heading #bottom", "no heading #nobody"]


def test_a_target_that_does_not_exist_is_found() -> None:
    page = "Run `make demo`, then make sure that `make bench-radius` and `sudo make coffee` work.\n"
    assert list(unknown_targets(code(page), "demo: setup\nbench-%:\n")) == ["make coffee"]


def test_a_command_or_option_that_does_not_exist_is_found() -> None:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    commands.add_parser("serve").add_argument("--only")
    commands.add_parser("token").add_subparsers().add_parser("add").add_argument("name")
    shell = "milha serve --only=aaa\nbin/milha token add NAME --role admin\nmilha serve|fly\nmilha token eat"
    refused = [line.rpartition(" ")[2] for line in unknown_commands(shell, parser)]
    assert refused == ["--role", "fly", "eat"]


def test_a_variable_that_is_no_setting_is_found() -> None:
    content = "MILHA_WEB_PORT=1 MILHA_WEB_PORT_FILE=p MILHA_WEBPORT=1, the MILHA_ variables"
    assert unknown_variables(content, ["WEB_PORT"]) == {"MILHA_WEBPORT"}
