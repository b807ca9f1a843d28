"""What differs between two configurations, by section and statement, and the commands that lead back. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from oss.drivers.configuration import NAMED, Form, Stated

# Which row a ``set`` is about stands before what is set.
CHOSEN = re.compile(r"(?:\[[^\]]*\]|[^\s=]+(?=\s|$)|\s+)*")
Kind = Literal["added", "removed", "changed", "moved"]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference; ``before`` or ``after`` is empty where there is none."""

    kind: Kind
    section: str
    before: str = ""
    after: str = ""


def compared(before: Iterable[Stated], after: Iterable[Stated], form: Form) -> list[Change]:
    """All differences, section by section in the order of the newer one."""
    old, new = _by_section(before), _by_section(after)
    changes: list[Change] = []
    for section in [*new, *(one for one in old if one not in new)]:
        lines = old.get(section, []), new.get(section, [])
        if lines[0] != lines[1]:
            changes += (
                _ordered(section, *lines, form) if form.is_ordered(section) else _unordered(section, *lines, form)
            )
    return changes


def _by_section(statements: Iterable[Stated]) -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {}
    for one in statements:
        sections.setdefault(one.section, []).append(one.text)
    return sections


def _unordered(section: str, old: list[str], new: list[str], form: Form) -> list[Change]:
    gone, come = list((Counter(old) - Counter(new)).elements()), list((Counter(new) - Counter(old)).elements())
    return _paired(section, gone, come, form)


def _paired(section: str, gone: list[str], come: list[str], form: Form) -> list[Change]:
    """A statement gone and one come that speak of the same thing are one that changed."""
    keys = [subject(text, form) for text in gone]
    speak, like, pairs = Counter(keys), dict[str, list[str]](), dict[str, str]()
    for text in come:
        like.setdefault(subject(text, form), []).append(text)
    for text, key in zip(gone, keys, strict=True):
        if speak[key] == 1 and len(like.get(key, ())) == 1:
            pairs[text] = like[key][0]
    found = set(pairs.values())
    changes = [
        Change("changed", section, text, pairs[text]) if text in pairs else Change("removed", section, text)
        for text in gone
    ]
    return changes + [Change("added", section, after=text) for text in come if text not in found]


def _ordered(section: str, old: list[str], new: list[str], form: Form) -> list[Change]:
    gone: list[str] = []
    come: list[str] = []
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what != "equal":
            gone += old[a:b]
            come += new[c:d]
    both = Counter(gone) & Counter(come)
    moved = [Change("moved", section, text, text) for text in both.elements()]
    return moved + _paired(
        section, list((Counter(gone) - both).elements()), list((Counter(come) - both).elements()), form
    )


def subject(text: str, form: Form) -> str:
    """What a statement speaks of: its verb with the names in it, or its first words."""
    if form.style == "terse":
        verb, _, rest = text.partition(" ")
        names = " ".join(f"{name}={value}" for name, value in NAMED.findall(rest))
        return f"{verb} {CHOSEN.match(rest)[0]}" if verb == "set" else f"{verb} {names}"  # type: ignore[index]
    words = text.split()
    return " ".join(words[: 2 if len(words) > 2 else 1])


def back(changes: Sequence[Change], form: Form) -> list[str]:
    """The commands that lead from the newer to the older; secrets in them are marks, which a person replaces."""
    return list(_back_terse(changes) if form.style == "terse" else _back_indented(changes, form))


def _back_terse(changes: Sequence[Change]) -> Iterator[str]:
    for one in changes:
        if one.kind == "moved":
            yield f"# {one.section}: move back by hand: {one.before}"
        if one.kind in ("added", "changed") and one.after.startswith("add "):
            yield f"{one.section} remove [ find {_found(one.after[4:])} ]"
        elif one.kind == "added":
            yield f"# {one.section}: was not set before: {one.after}"
        if one.kind in ("removed", "changed"):
            yield f"{one.section} {one.before}"


def _found(words: str) -> str:
    """The names of an added row, or all of it, as ``find`` wants them."""
    names = [f"{name}={value}" for name, value in NAMED.findall(words) if name not in ("numbers", "default-name")]
    return " ".join(names) or words


def _back_indented(changes: Sequence[Change], form: Form) -> Iterator[str]:
    section = ""
    for one in changes:
        if one.section != section:
            section = one.section
            yield from section.split(" / ") if section else ["exit" if form.undo == "no" else "quit"]
        if one.kind in ("added", "changed", "moved") and one.after:
            yield (
                one.after.removeprefix(f"{form.undo} ")
                if one.after.startswith(f"{form.undo} ")
                else f"{form.undo} {one.after}"
            )
        if one.kind in ("removed", "changed", "moved") and one.before:
            yield one.before
