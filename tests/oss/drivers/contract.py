"""What the contract needs: which transcripts there are, a driver's method called with JSON, and its result as JSON."""

from __future__ import annotations

import dataclasses
import os
import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from oss.drivers.links import Link
from oss.drivers.olt import Olt
from oss.drivers.registry import Driver
from oss.drivers.router import Router

from .transcript import Transcript, read

HERE = Path(__file__).parent / "transcripts"
PARTS: dict[str, type] = {"router": Router, "olt": Olt}


def transcripts(key: str) -> list[Transcript]:
    """Those of a driver; MILHA_TRANSCRIPTS names a folder more to look in, for drivers that live elsewhere."""
    folders = [HERE, *map(Path, filter(None, [os.environ.get("MILHA_TRANSCRIPTS")]))]
    return [read(path) for folder in folders for path in sorted((folder / key).glob("*.txt"))]


def methods(driver: Driver) -> set[tuple[str, str]]:
    """``("router", "sessions")`` and so on: what this driver must show a transcript of."""
    return {
        (part, name)
        for part, protocol in PARTS.items()
        if getattr(driver, part)
        for name, what in vars(protocol).items()
        if callable(what) and not name.startswith("_")
    }


async def act(driver: Driver, transcript: Transcript, link: Link) -> Any:
    """The method called, its result as JSON would have it."""
    method = getattr(getattr(driver, transcript.part), transcript.method)
    hints = typing.get_type_hints(getattr(PARTS[transcript.part], transcript.method))
    arguments = {name: built(hints[name], value) for name, value in transcript.arguments.items()}
    return plain(await method(link, **arguments))


def expected(transcript: Transcript) -> Any:
    """What must come out; fields that the transcript leaves out have their defaults."""
    hints = typing.get_type_hints(getattr(PARTS[transcript.part], transcript.method))
    return plain(built(hints["return"], transcript.gives))


def built(kind: Any, value: Any) -> Any:
    """A value of this type from JSON: dataclasses from objects, tuples from lists."""
    if isinstance(kind, types.UnionType) and value is not None:
        kind = next(one for one in typing.get_args(kind) if one is not type(None))
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = typing.get_type_hints(kind)
        return kind(**{name: built(hints[name], one) for name, one in value.items()})
    if typing.get_origin(kind) in (tuple, Sequence):
        inner = typing.get_args(kind)[0]
        return tuple(built(inner, one) for one in value)
    return value


def plain(value: Any) -> Any:
    """A result as JSON has it: dataclasses as objects, sequences as lists."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [plain(one) for one in value]
    return value
