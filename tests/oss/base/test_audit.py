"""Every change leaves a row that tells who, from where, in which request, and what differs; never a secret."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from oss.base import audit, db, request_id
from tests.conftest import TESTER

SECRETS = st.sampled_from(
    [
        "password",
        "passphrase",
        "secret",
        "token",
        "otp",
        "totp",
        "pin",
        "hash",
        "sealed",
        "private_key",
        "recovery_codes",
    ]
)
NAMES = st.builds(
    "".join,
    st.tuples(st.sampled_from(["", "old_", "router_", "next.", "x-"]), SECRETS, st.sampled_from(["", "_2", "-x"])),
)
VALUES = st.one_of(st.integers(10**9, 10**10), st.text("abcdef0123456789", min_size=12).map(lambda text: f"~{text}~"))


async def test_a_note_tells_who_what_and_from_where(undone: db.Connection) -> None:
    await audit.note(undone, audit.Actor("ana", "10.0.0.9"), "plan.saved", "plan", 7, price=100, day=None)
    row = await undone.fetchrow("select * from audit")
    assert (row["actor"], row["ip"], row["action"], row["object"], row["object_id"]) == (
        *("ana", "10.0.0.9", "plan.saved", "plan", "7"),
    )
    assert json.loads(row["detail"]) == {"price": 100, "day": None} and row["seq"] is None


async def test_a_note_knows_the_request_it_was_written_in(undone: db.Connection) -> None:
    with request_id.serving("a1b2c3d4e5f6"):
        await audit.note(undone, TESTER, "thing.changed", "thing")
    await audit.note(undone, audit.Actor("ana", request="f6e5d4c3b2a1"), "thing.changed", "thing")
    await audit.note(undone, TESTER, "thing.changed", "thing")
    rows = await undone.fetch("select request_id from audit order by id")
    assert [row["request_id"] for row in rows] == ["a1b2c3d4e5f6", "f6e5d4c3b2a1", None]


def test_only_what_differs_is_told() -> None:
    before = {"id": 7, "name": "Fibra 300", "price_cents": 9990, "active": True}
    assert audit.changed(before, {"name": "Fibra 300", "price_cents": 10990, "pool": None}) == {
        "before": {"price_cents": 9990},
        "after": {"price_cents": 10990},
    }
    assert audit.changed(before, {"name": "Fibra 300", "active": True}) == {}


def test_a_value_that_reads_the_same_did_not_change() -> None:
    """A row's tuple, day or address and a form's list, text or address are one value in JSON."""
    before = {"keys": ("mac", "nas"), "on": date(2026, 11, 23)}
    assert audit.changed(before, {"keys": ["mac", "nas"], "on": "2026-11-23"}) == {}


def test_a_field_that_was_not_there_came_from_nothing() -> None:
    assert audit.changed({}, {"pool": "cgnat"}) == {"before": {"pool": None}, "after": {"pool": "cgnat"}}


def test_a_secret_is_told_as_changed_and_not_what_it_is() -> None:
    told = audit.changed({"password": "old", "name": "a"}, {"password": "new", "name": "b"})
    assert told == {"before": {"password": "***", "name": "a"}, "after": {"password": "***", "name": "b"}}


@given(NAMES, VALUES, VALUES)
def test_no_diff_holds_a_secret(name: str, old: Any, new: Any) -> None:
    """On its own, in a mapping, in a list of mappings; and what did not change is not told at all."""
    before = {name: old, "inner": {name: old}, "list": [{name: old}]}
    text = json.dumps(audit.changed(before, {name: new, "inner": {name: new}, "list": [{name: new}]}), default=str)
    assert str(old) not in text and str(new) not in text
    assert (name in text) is (old != new)


@given(NAMES, VALUES)
def test_no_detail_holds_a_secret(name: str, value: Any) -> None:
    text = json.dumps(audit.clean({name: value, "more": {name: value}, "list": [{name: [value]}]}))
    assert str(value) not in text and name in text


async def test_a_secret_passed_by_mistake_is_not_written(undone: db.Connection) -> None:
    await audit.note(undone, TESTER, "thing.changed", "thing", password="hunter2", more={"api_key": "hunter2"})
    assert json.loads(await undone.fetchval("select detail from audit")) == {
        "password": "***",
        "more": {"api_key": "***"},
    }


def test_whether_something_was_changed_may_be_told() -> None:
    assert audit.clean({"password_changed": True, "postcode": "37200000", "binding_keys": "mac", "resealed": 3}) == {
        "password_changed": True,
        "postcode": "37200000",
        "binding_keys": "mac",
        "resealed": 3,
    }
