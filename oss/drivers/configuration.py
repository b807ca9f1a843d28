"""Configurations as statements, with their secrets replaced by marks. Pure.

A mark is made by whoever keeps the key: the same secret has the same mark, so that a change of it is seen and the
secret is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

Mark = Callable[[str], str]
SECRETS: Final = r"(?:pass(?:word|wd|phrase)?|secret|cipher|community|psk|md5|auth-pass|key(?!chain|-chain|-id)|pin)"
ASSIGNED: Final = re.compile(rf'(?i)(?<![\w-])((?:[\w-]*-)?{SECRETS}=)("(?:[^"\\]|\\.)*"|[^\s"]+)')
SPOKEN: Final = re.compile(
    rf"(?i)(?<![\w-])((?:[\w-]*-)?{SECRETS}(?:-[\w-]+)?\s+"
    r"(?:(?:simple|cipher|irreversible-cipher|encrypted|secret|read|write|md5|sha\d*|[0-9])\s+)*)"
    r'("[^"]*"|[^\s"]+)'
)
CIPHERED: Final = re.compile(r"(%\^%#.*?%\^%#|%@%@.*?%@%@|\$[0-9]{1,2}\$[^\s]+)")
TERSE: Final = re.compile(r"(/[a-z0-9 -]+?) ((?:add|set|remove|move|enable|disable)\b.*)")
NAMED: Final = re.compile(r'\b(default-name|name|list|address|dst-address|interface|numbers)=("[^"]*"|\S+)')


class Stated(NamedTuple):
    """A statement and where it stands: a menu of RouterOS, or the blocks above a line."""

    section: str
    text: str


class Told(NamedTuple):
    """Who changed the configuration last and when, as the device says it; empty: it does not."""

    by: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """How a maker writes its configuration.

    ``terse``: RouterOS, each line with its menu; ``indented``: blocks. ``remark``: what a line that says nothing begins
    with. ``ordered``: sections (whole, as regular expressions) in which the order means something. ``told``: a remark
    with the groups ``at`` and ``by``. ``undo``: the word that takes a statement back.
    """

    style: Literal["terse", "indented"] = "indented"
    remark: str = "#!"
    ordered: tuple[str, ...] = ()
    told: str = ""
    undo: str = "no"

    def is_ordered(self, section: str) -> bool:
        """Whether another order is another configuration."""
        return any(re.fullmatch(one, section) for one in self.ordered)


PLAIN: Final = Form()


def statements(text: str, form: Form) -> list[Stated]:
    """All of them, in their order."""
    lines = (line.rstrip() for line in text.split("\n"))
    said = (line for line in lines if line.strip() and line.strip()[0] not in form.remark)
    return list(_terse(said) if form.style == "terse" else _indented(said))


def _terse(lines: Iterable[str]) -> Iterator[Stated]:
    for line in lines:
        found = TERSE.fullmatch(line)
        yield Stated(found[1], found[2]) if found else Stated("", line)


def _indented(lines: Iterable[str]) -> Iterator[Stated]:
    above: list[tuple[int, str]] = []
    for line in lines:
        depth, text = len(line) - len(line.lstrip()), line.strip()
        while above and above[-1][0] >= depth:
            above.pop()
        yield Stated(" / ".join(one for _, one in above), text)
        above.append((depth, text))


def masked(text: str, form: Form, mark: Mark) -> str:
    """The text with a mark in place of each secret; all else stays as it is."""
    text = CIPHERED.sub(lambda found: mark(found[1]), text)
    if form.style == "terse":
        text = ASSIGNED.sub(lambda found: found[1] + _marked(found[2], mark), text)
        return re.sub(r"(?m)(^/snmp community .*?\bname=)(\S+)", lambda found: found[1] + _marked(found[2], mark), text)
    return SPOKEN.sub(lambda found: found[1] + _marked(found[2], mark), text)


def _marked(value: str, mark: Mark) -> str:
    bare = value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
    return value if not bare or bare.startswith("‹") else mark(bare)


def untold(text: str) -> str:
    """What an error says of a configuration that is not whole: how much came, and no word, which may be a secret."""
    return f"… {len(text)}"


def told(text: str, form: Form) -> Told:
    """Who and when, of the remarks at its head."""
    found = re.search(form.told, text, re.MULTILINE) if form.told else None
    return Told(found["by"], found["at"]) if found else Told()


def canonical(text: str, form: Form) -> str:
    """The same for every text that says the same: without remarks, sorted where order means nothing."""
    sections: dict[str, list[str]] = {}
    for one in statements(text, form):
        sections.setdefault(one.section, []).append(one.text)
    return "\n".join(
        f"{name}\n" + "\n".join(said if form.is_ordered(name) else sorted(said))
        for name, said in sorted(sections.items())
    )
