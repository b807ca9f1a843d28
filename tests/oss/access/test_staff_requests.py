"""Whose request it is, an administrator's or a subscriber's; and how many refusals alike become few rows."""

from __future__ import annotations

import inspect
import re
import time

import pytest

from oss.access import staff_logins, staff_notes
from oss.access.staff_index import StaffIndex
from oss.access.staff_notes import Note, StaffNotes
from oss.access.staff_requests import is_administrators
from oss.base import secrets
from radius import attributes as a
from tests.oss.access.asking import asks
from web.console import router_words

STAFF, SUBSCRIBERS = {"ana", "both"}, {"cli1", "both"}
HOTSPOT = ((a.FRAMED_IP_ADDRESS, 0x0A050502), (a.CALLED_STATION_ID, "hotspot1"))
HOST_IP = (a.VENDOR_SPECIFIC, (14988).to_bytes(4, "big") + bytes([10, 6, 10, 5, 5, 2]))
LOGIN = (a.SERVICE_TYPE, a.SERVICE_LOGIN)


@pytest.mark.parametrize("prompt", [a.SERVICE_ADMINISTRATIVE, a.SERVICE_NAS_PROMPT, a.SERVICE_LOGIN])
@pytest.mark.parametrize("login", ["ana", "both", "cli1", "nobody"])
def test_rfc2865_5_6_a_prompt_of_the_router_is_an_administrators_whatever_the_name(prompt: int, login: str) -> None:
    assert is_administrators(asks(login, (a.SERVICE_TYPE, prompt)), login, STAFF, SUBSCRIBERS)


@pytest.mark.parametrize(
    "pairs",
    [
        [(a.SERVICE_TYPE, a.SERVICE_FRAMED)],
        [(a.FRAMED_PROTOCOL, a.FRAMED_PPP)],
        [LOGIN, (a.FRAMED_PROTOCOL, a.FRAMED_PPP)],
        [LOGIN, (a.EAP_MESSAGE, b"\2\1\0\5\1")],
        [(a.SERVICE_TYPE, 10)],
        [(a.SERVICE_TYPE, b"\1")],
    ],
)
def test_framed_eap_and_every_other_service_is_a_subscribers(pairs: list[tuple[int, a.Value]]) -> None:
    assert not is_administrators(asks("ana", *pairs), "ana", STAFF, SUBSCRIBERS)


@pytest.mark.parametrize("pairs", [(), (LOGIN, *HOTSPOT), (LOGIN, HOST_IP)])
def test_where_nothing_tells_and_at_hotspots_the_name_decides(pairs: tuple[tuple[int, a.Value], ...]) -> None:
    found = {
        name: is_administrators(asks(name, *pairs), name, STAFF, SUBSCRIBERS)
        for name in ("ana", "both", "cli1", "nobody")
    }
    assert found == {"ana": True, "both": False, "cli1": False, "nobody": False}


def test_every_reason_has_words_and_every_word_a_reason() -> None:
    source = inspect.getsource(staff_logins)
    given = set(re.findall(r'"((?:staff|code)_\w+|unknown_login|wrong_password|slowed|no_method)"', source))
    assert len(given) > 10 and given == set(router_words.REASONS)


# ------------------------------------------------------------ many refusals are few rows


def note(reason: str, calling: str = "192.0.2.1", user: int | None = 7) -> Note:
    return Note(time.time(), user, "ana" if user else None, 1, "BNG-1", calling, reason)


@pytest.fixture
def notes(sealer: secrets.Sealer) -> StaffNotes:
    return StaffNotes(StaffIndex(sealer))


def test_accepts_are_told_each_and_refusals_alike_once_and_then_by_number(notes: StaffNotes) -> None:
    for _ in range(3):
        notes.add(note(""))
    for _ in range(50):
        notes.add(note("slowed"))
    notes.add(note("slowed", "203.0.113.9"))
    assert [one.reason for one in notes.pending] == ["", "", "", "slowed", "slowed"]
    notes.fold(time.monotonic())
    assert len(notes.pending) == 5
    notes.fold(time.monotonic() + staff_notes.FOLD_S)
    assert [one.tries for one in notes.pending[5:]] == [49]
    notes.add(note("slowed"))  # the next minute begins with a row again
    assert len(notes.pending) == 7


def test_a_flood_from_invented_places_is_told_as_one(notes: StaffNotes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staff_notes, "MOST_KINDS", 10)
    for number in range(500):
        notes.add(note("unknown_login", f"10.0.0.{number}", None))
    notes.fold(time.monotonic() + staff_notes.FOLD_S)
    assert len(notes.pending) == 12 and sum(one.tries for one in notes.pending) == 500


def test_what_a_router_says_is_cut_and_cleaned() -> None:
    assert staff_notes.said(b"1.2.3.4\0\x1b[31m" + b"x" * 500) == "1.2.3.4[31m" + "x" * (staff_notes.LONGEST - 11)
    assert staff_notes.said(None) == ""
