"""Log lines are one line each, carry facts, and do not flood."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator

import pytest

from oss.base import log


def record(message: str, *args: object, facts: dict[str, object] | None = None, name: str = "oss") -> logging.LogRecord:
    made = logging.LogRecord(name, logging.INFO, "x.py", 1, message, args, None)
    if facts is not None:
        made.facts = facts
    return made


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, put back as it was."""
    found = logging.getLogger()
    handlers, level = found.handlers[:], found.level
    yield found
    found.handlers[:], found.level = handlers, level
    logging.getLogger("tortoise").setLevel(logging.NOTSET)


def test_a_text_line_tells_time_level_place_message_and_facts() -> None:
    line = log.TextFormat().format(record("nas %s", "up", facts={"nas": 7}))
    assert line.endswith("info    oss  nas up nas=7") and line[2] == line[5] == ":"


def test_a_fact_from_outside_cannot_begin_a_line_of_its_own() -> None:
    line = log.TextFormat().format(record("login", facts={"login": "x\n00:00:00.000 error forged"}))
    assert "\n" not in line and "forged" in line


def test_a_json_line_is_one_object_with_the_facts_beside_the_message() -> None:
    found = json.loads(log.JsonFormat().format(record("nas up", facts={"nas": 7, "level": "mine"})))
    assert found["message"] == "nas up" and found["nas"] == 7
    assert found["level"] == "info" and found["at"].endswith("+00:00")


@pytest.mark.parametrize("form", [log.TextFormat(), log.JsonFormat()])
def test_an_exception_is_written_with_its_trace(form: logging.Formatter) -> None:
    made = record("failed")
    try:
        raise LookupError("gone")
    except LookupError:
        made.exc_info = sys.exc_info()
    assert "LookupError: gone" in form.format(made) and "Traceback" in form.format(made)


def test_a_line_that_repeats_is_counted_instead_of_written(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(log.time, "monotonic", lambda: now)
    limit = log.RateLimit()
    passed = [limit.filter(record("no answer from %s", nas)) for nas in range(50)]
    assert passed == [True] * log.BURST + [False] * (50 - log.BURST)
    assert limit.filter(record("another line"))
    now += log.WINDOW_S + 1
    after = record("no answer from %s", 7)
    assert limit.filter(after) and after.getMessage() == "no answer from 7 (and 40 more like it)"


def test_the_limit_remembers_a_bounded_number_of_lines() -> None:
    limit = log.RateLimit()
    assert all(limit.filter(record(f"line {number}")) for number in range(3000))
    assert len(limit.seen) <= 1024


@pytest.mark.parametrize(("style", "form"), [("json", log.JsonFormat), ("text", log.TextFormat)])
def test_configure_sends_everything_to_standard_error(
    root: logging.Logger, capsys: pytest.CaptureFixture[str], style: str, form: type[logging.Formatter]
) -> None:
    log.configure("warning", style)
    assert isinstance(root.handlers[0].formatter, form) and root.level == logging.WARNING
    logging.getLogger("oss.x").info("not this")
    logging.getLogger("oss.x").warning("but this", extra={"facts": {"nas": 1}})
    told = capsys.readouterr().err
    assert "but this" in told and "not this" not in told
    assert logging.getLogger("tortoise").level >= logging.WARNING
