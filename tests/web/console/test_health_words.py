"""Parts, lanes, periodic jobs and counters have words; what asks for a person is marked."""

from __future__ import annotations

import re
from pathlib import Path

import oss
from oss.app import register_features
from oss.base.events import LANES
from oss.base.jobs import PERIODIC
from radius.peers import COUNTERS
from web.console import health_words


def test_every_counter_of_the_wire_has_words() -> None:
    assert set(COUNTERS) <= set(health_words.COUNTERS)


def test_every_lane_and_periodic_job_has_words() -> None:
    register_features()
    assert set(LANES) == set(health_words.LANES)
    assert set(PERIODIC) >= set(health_words.PERIODIC)
    assert {name for name in PERIODIC if name.startswith(("oss.", "billing."))} <= set(health_words.PERIODIC)


def test_counters_keep_their_order_and_leave_out_what_never_was() -> None:
    told = {"kernel_drops": 3, "requests": 99, "answers": 90, "duplicates": 0, "brand_new": 1}
    assert health_words.counters(told) == [
        ("Requests", 99, False),
        ("Answers", 90, False),
        ("Lost before we read them", 3, True),
        ("brand new", 1, False),
    ]


def test_every_part_of_the_process_has_words() -> None:
    house = Path(oss.__file__).parent
    sources = [(house / name).read_text() for name in ("app.py", "access/aaa.py")]
    named = {name for text in sources for name in re.findall(r'"([a-z]+(?:\.[a-z]+)?)", (?:lambda|self\._)', text)}
    named |= {name for text in sources for name in re.findall(r'"(aaa\.[a-z]+)"', text)}
    assert len(named) > 12
    assert named <= set(health_words.PARTS)
