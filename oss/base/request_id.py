"""Which HTTP request the running code serves: told by the web, read by whoever writes a log line or an audit row."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_SHAPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_current: ContextVar[str | None] = ContextVar("request id", default=None)


def fresh() -> str:
    """A new one: twelve hexadecimal digits, short enough to be read aloud on the telephone."""
    return secrets.token_hex(6)


def well_formed(text: str) -> bool:
    """Whether an id that came from outside may be ours: 8 to 64 letters, digits, dots, dashes, underscores."""
    return _SHAPE.fullmatch(text) is not None


def current() -> str | None:
    """The id of the request that is served, None outside one."""
    return _current.get()


@contextmanager
def serving(request_id: str) -> Iterator[None]:
    """For as long as the block runs, and in the tasks it begins."""
    token = _current.set(request_id)
    try:
        yield
    finally:
        _current.reset(token)
