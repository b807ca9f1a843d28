"""Structured, rate-limited logs: ``logger.info("nas up", extra={"facts": {...}})``.

A line that repeats more than BURST times in WINDOW_S seconds is counted instead of written, and the count is
written with the first line after the window. Edges are logged (down, up again), never each retry.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from datetime import UTC, datetime

from oss.base import request_id

BURST, WINDOW_S = 10, 10.0


class RateLimit(logging.Filter):
    """Passes BURST records per template and window; keeps at most 1,024 templates."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[tuple[str, str], list[float]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        now = time.monotonic()
        key = (record.name, str(record.msg))
        state = self.seen.get(key)
        if state is None or now - state[0] > WINDOW_S:
            if state and state[1] > BURST:
                record.msg = f"{record.msg} (and {int(state[1]) - BURST} more like it)"
            if len(self.seen) >= 1024:
                self.seen.clear()
            self.seen[key] = [now, 1]
            return True
        state[1] += 1
        return state[1] <= BURST


def _facts(record: logging.LogRecord) -> dict[str, object]:
    """What the line tells beside its words; within a request also that one's id."""
    facts, served = getattr(record, "facts", None), request_id.current()
    told = dict(facts) if isinstance(facts, dict) else {}
    return told if served is None else {**told, "request": served}


def _on_one_line(value: object) -> str:
    """What came from outside (a login, a router's words) cannot begin a line of its own."""
    text = str(value)
    return text if text.isprintable() else json.dumps(text)


class TextFormat(logging.Formatter):
    """``21:04:05.123 info  oss.access.index  index loaded accounts=200``."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S.%f")[:-3]
        facts = "".join(f" {k}={_on_one_line(v)}" for k, v in _facts(record).items())
        line = f"{at} {record.levelname.lower():7} {record.name}  {record.getMessage()}{facts}"
        return line + ("\n" + self.formatException(record.exc_info) if record.exc_info else "")


class JsonFormat(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat()
        line: dict[str, object] = {"at": at, "level": record.levelname.lower(), "logger": record.name}
        line = {**_facts(record), **line, "message": record.getMessage()}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def configure(level: str, style: str) -> None:
    """Send all logs to stderr once; ``style`` is text or json."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormat() if style == "json" else TextFormat())
    handler.addFilter(RateLimit())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in (
        "aiohttp.access",
        "tortoise",
        "asyncio",
        "aiojobs",
        "asyncpg.pool",
        "aiohttp.server",
        "asyncssh",
        "telnetlib3",
    ):
        logging.getLogger(noisy).setLevel(logging.CRITICAL if noisy == "aiohttp.server" else logging.ERROR)
