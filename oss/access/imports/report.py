"""What an import did: counts of what was taken, and what was not understood, grouped.

Values never stand in it: whatever is not understood may be a password. Its examples are logins, groups and NAS.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

EXAMPLES = 3


@dataclass(frozen=True, slots=True, order=True)
class Kind:
    """Things that were not understood for the same reason. ``value``: what sort of value, in a word."""

    table: str
    attribute: str = ""
    op: str = ""
    value: str = ""
    why: str = ""


@dataclass(slots=True)
class Found:
    """How often, and where for example."""

    count: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    """Filled while the import runs; the same for a dry run."""

    taken: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)  # what was there already
    notes: list[str] = field(default_factory=list)  # what the operator should know or do
    missed: dict[Kind, Found] = field(default_factory=dict)

    def miss(self, kind: Kind, example: str) -> None:
        """One more of this kind; ``example`` is a login, a group or a NAS."""
        found = self.missed.setdefault(kind, Found())
        found.count += 1
        if len(found.examples) < EXAMPLES and example and example not in found.examples:
            found.examples.append(example)

    def as_json(self) -> dict[str, Any]:
        """For ``--report``."""
        return {
            "taken": dict(self.taken),
            "left_alone": dict(self.left),
            "notes": self.notes,
            "not_understood": [
                {
                    "table": kind.table,
                    "attribute": kind.attribute,
                    "op": kind.op,
                    "value_kind": kind.value,
                    "why": kind.why,
                    "count": found.count,
                    "examples": found.examples,
                }
                for kind, found in sorted(self.missed.items())
            ],
        }

    def lines(self) -> list[str]:
        """For a terminal."""
        said = [f"  {count:9,} {what}" for what, count in self.taken.items()]
        said = ["Taken:", *(said or ["          nothing"])]
        if self.left:
            said += ["There already, left alone:", *(f"  {count:9,} {what}" for what, count in self.left.items())]
        if self.missed:
            said.append("Not understood or not taken (examples are logins, groups or NAS):")
            said += [_line(kind, found) for kind, found in sorted(self.missed.items())]
        return said + [f"Note: {note}" for note in self.notes]


def _line(kind: Kind, found: Found) -> str:
    words = [kind.table, kind.attribute, kind.op, f"({kind.value})" if kind.value else ""]
    what = " ".join(word for word in words if word)
    return f"  {found.count:9,} {what}: {kind.why} [{', '.join(map(_printable, found.examples))}]"


def _printable(name: str) -> str:
    """A name as a terminal may show it."""
    return "".join(c if c.isprintable() else "?" for c in name)[:60]
