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
SECRETS: Final = (
    r"(?:pass(?:word|wd|phrase)?|secret|psk|auth-pass|pin|securityname|md5(?!-)"
    r"|(?<!server )(?<!client )cipher(?!-suite|-list)"
    r"|(?<!set )(?<!match )(?<!apply )(?<!send-)(?<!advertise-)(?<!bgp-)community(?!-list|-filter)"
    r"|(?<!trusted-)(?<!public-)key(?!chain|-chain|-id|-hash|-exchange|[ \t]+\d{1,2}[ \t]*(?:$|prefer)))"
)
"""Words that announce a secret. A key of one or two digits is the number of one."""
BETWEEN: Final = (
    r"(?:simple|cipher|irreversible-cipher|encrypted|secret|read|write|ro|rw|local|remote|ascii|hex|level [0-9]+|sha\d*"
    r"|[0-9]|key|md5|psk|password|key-string|pass-?phrase|pre-shared-key)"
)
"""What stands between such a word and its value."""
NONE: Final = r"(?!(?:key-?chain|chain|address|hostname|policy|encryption|recovery|alert|expire|history)(?:\s|$))"
"""What stands behind such a word where it announces none."""
VALUE: Final = r'("[^"]*"|[^\s"]+)'
ANNOUNCED: Final = re.compile(
    rf"(?i)(?<![\w-])((?:[\w-]*[-_])?{SECRETS}(?:-[\w-]+)?[ \t]+(?:{BETWEEN}[ \t]+){{0,5}}){NONE}{VALUE}"
)
SPOKEN: Final = (
    ANNOUNCED,
    re.compile(
        r"(?i)((?:auth|priv|authentication-mode|privacy-mode) (?:md5|sha\S*|3?des\S*|aes\S*) "
        rf"(?:(?:128|192|256|encrypted|cipher|simple|[0-9]) )*){VALUE}"
    ),
    re.compile(
        r"(?i)(snmp-server host \S+ (?:vrf \S+ )?(?:(?:trap|inform)s? )?(?:version (?:1|2c) )?)"
        rf"(?!(?:version|vrf|traps?|informs?|udp-port)\s){VALUE}"
    ),
    re.compile(rf"(?i)((?:standby|vrrp|glbp) (?:\d+ )?authentication (?:text )?)(?!md5\s){VALUE}"),
)
ASSIGNED: Final = (
    re.compile(
        r"(?i)(?<![\w-])((?:[\w-]*-)?(?:pass(?:word|wd|phrase)?|secret|community|psk|pin|auth-pass|(?<!public-)key)"
        r'(?:-\d+)?=)((?P<quote>\\+").*?(?<!\\)(?P=quote)|"(?:[^"\\]|\\.)*"|(?!key-\d(?:\s|$))[^\s"]+)'
    ),
    re.compile(r'(^/snmp community .*?\bname=)("(?:[^"\\]|\\.)*"|[^\s"]+)'),
)
CIPHERED: Final = re.compile(r"(%\^%#.*?%\^%#|%@%@.*?%@%@|\$[0-9]{1,2}[a-z]?\$[^\s\"]+)")
HINTS: Final = re.compile(r"(?i)pass|secret|cipher|community|psk|md5|key|pin|name|auth|priv|host|[$%]")
"""One of them is in each line that has a secret."""
WRAPPED: Final = re.compile(rf"(?i)(?<![\w-])(?:[\w-]*[-_])?{SECRETS}(?:-[\w-]+)?(?:[ \t]+{BETWEEN}){{0,5}}[ \t]*$")
WRAPPED_AT: Final = 60
"""OLTs break lines that are longer than a screen; the secret may be the first word of the next."""
QUOTED: Final = re.compile(r'^(\\*")(.*)\1$', re.DOTALL)
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
    """The text with a mark in place of each secret; all else stays as it is.

    Line by line: one call over a whole configuration would hold the process, and what announces nothing on its own
    line announces nothing on the next.
    """
    patterns = ASSIGNED if form.style == "terse" else SPOKEN
    found, broken = list[str](), False
    for line in text.split("\n"):
        if broken:
            line = re.sub(VALUE, lambda one: _marked(one[1], mark), line, count=1)
        end = WRAPPED.search(line) if form.style != "terse" and len(line) >= WRAPPED_AT else None
        whole = line[: end.start()] if end else line
        found.append(_shown(whole, patterns, mark) + line[len(whole) :])
        broken = end is not None
    return "\n".join(found)


def _shown(line: str, patterns: Iterable[re.Pattern[str]], mark: Mark) -> str:
    if not HINTS.search(line):
        return line
    line = CIPHERED.sub(lambda found: mark(found[1]), line)
    for pattern in patterns:
        line = pattern.sub(lambda found: found[1] + _marked(found[2], mark), line)
    return line


def _marked(value: str, mark: Mark) -> str:
    """A quoted value and the same without quotes are the same secret."""
    bare = QUOTED.sub(r"\2", value)
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
