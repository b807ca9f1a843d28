"""One data file a maker: which OIDs say what, in which unit, and what stands for "no value". Found by being here.

A file that is not quite right is refused with its name, place and reason: a wrong scale would be believed for years.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from snmp.profiles.schema import ProfileFile, Scalar, Table

FOLDER: Final = Path(__file__).parent
GENERIC: Final = "generic"


class BadProfile(ValueError):
    """A profile's file that cannot be used; says which, where in it, and why."""


@dataclass(frozen=True)
class Profile:
    """A maker's file with what it extends. ``tables`` in the order in which they are read."""

    name: str
    maker: str
    bulk: bool
    object_ids: tuple[str, ...]
    descriptions: tuple[str, ...]
    system: dict[str, Scalar]
    tables: tuple[Table, ...]

    def likeness(self, object_id: str, description: str) -> tuple[int, int] | None:
        """How well the device fits (words of sysDescr, length of sysObjectID's beginning); None = not this one."""
        ids = [len(one) for one in self.object_ids if f"{object_id}.".startswith(f"{one}.")]
        words = [len(one) for one in self.descriptions if one.lower() in description.lower()]
        if (self.object_ids and not ids) or (self.descriptions and not words) or not (ids or words):
            return None
        return max(words, default=0), max(ids, default=0)


def parse(name: str, text: str) -> ProfileFile:
    """A file's text, checked; raises BadProfile."""
    try:
        return ProfileFile.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as problem:
        raise BadProfile(f"profile {name}: {problem}") from None
    except ValidationError as problem:
        first = problem.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadProfile(f"profile {name}: {place or 'file'}: {first['msg']}") from None


def load(folder: Path = FOLDER) -> dict[str, Profile]:
    """Every profile of a folder by name; raises BadProfile."""
    files = {path.stem: parse(path.stem, path.read_text("utf-8")) for path in sorted(folder.glob("*.toml"))}
    return {name: _whole(name, files) for name in files}


def _whole(name: str, files: dict[str, ProfileFile]) -> Profile:
    own = files[name]
    tables, system = list(own.tables), dict(own.system)
    if own.extends:
        if own.extends not in files or files[own.extends].extends:
            raise BadProfile(f"profile {name}: extends {own.extends!r}, which is no profile that stands by itself")
        base = files[own.extends]
        unknown = set(own.without) - {table.name for table in base.tables}
        if unknown:
            raise BadProfile(f"profile {name}: without {', '.join(sorted(unknown))}: {own.extends} has no such table")
        named = {table.name for table in own.tables} | set(own.without)
        tables = [table for table in base.tables if table.name not in named] + tables
        system = base.system | system
    match = own.match
    return Profile(name, own.maker, own.bulk, match.object_ids, match.descriptions, system, tuple(tables))


@cache
def profiles() -> dict[str, Profile]:
    """The profiles of this folder by name."""
    return load()


def identify(object_id: str, description: str, among: dict[str, Profile] | None = None) -> Profile:
    """Whose device says this sysObjectID and sysDescr: the profile that fits most closely, else the generic one."""
    found = profiles() if among is None else among
    fitting = [(likeness, name) for name, one in found.items() if (likeness := one.likeness(object_id, description))]
    return found[max(fitting)[1] if fitting else GENERIC]
