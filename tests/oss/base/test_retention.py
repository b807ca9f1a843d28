"""Policies are rows: never below what the law asks, for ever if somebody wants, and what is never purged cannot be."""

from __future__ import annotations

import pytest

from oss.app import register_features
from oss.base import db, retention, settings
from oss.base.problems import InvalidInput, NotFound
from oss.base.retention import SUBJECTS, Subject
from tests.conftest import TESTER

register_features()


def test_the_rooms_registered_what_they_keep() -> None:
    assert {one.name: (one.days, one.least_days) for one in retention.policies()} == {
        "session_history": (400, 365),
        "session_address": (400, 365),
        "auth_log": (180, 7),
        "auth_reject": (90, 7),
        "enforcement": (180, 7),
        "auth_minute": (60, 8),
        "nas_knock": (30, 1),
        "staff_session": (400, 90),
        "notice": (90, 7),
        "interface_change": (730, 7),
        "sample_raw": (7, 3),
        "sample_5m": (90, 40),
        "sample_1h": (730, 62),
        "device_event": (90, 1),
        "device_search": (30, 1),
        "device_transcript": (90, 1),
        "device_configuration": (1095, 30),
    }
    fixed = {one.name for one in SUBJECTS.values() if one.fixed}
    expiring = {"web_session", "setup_link", "idempotency", "node", "nas_watch", "nas_state", "nas_tally"}
    assert fixed == expiring | {
        "customer_reading",
        "mail",
        "staff_link",
        "staff_device",
        "form_answer",
        "saved_view",
        "list_export",
        "sample_object",
        "sample_roll",
        "device_call",
        "session_limit",
    }


async def test_every_subject_is_a_table_with_its_columns(undone: db.Connection) -> None:
    for one in SUBJECTS.values():
        sql = f"select count(*) from (select 1 from {one.name} where {one.old}) old"
        assert await undone.fetchval(sql, retention.FAR_BACK) == 0, one.name


@pytest.mark.parametrize("table", retention.NEVER_PURGED)
def test_audit_and_ledger_are_never_purged(table: str) -> None:
    with pytest.raises(ValueError, match="never purged"):
        retention.keep(Subject(table, "x", "at", 400))
    assert table not in SUBJECTS


def test_a_default_below_the_least_is_refused() -> None:
    with pytest.raises(ValueError, match="less than 365"):
        retention.keep(Subject("x", "x", "at", 100, 365))


async def test_a_policy_is_changed_with_a_note_and_read_back(undone: db.Connection) -> None:
    one = retention.subject("auth_log")
    assert await retention.days_of(undone, one) == 180
    assert await retention.last_changes(undone, [one]) == {}
    for days in (30, None):
        await retention.set_days(undone, TESTER, "auth_log", days)
        assert await retention.days_of(undone, one) == days
    change = (await retention.last_changes(undone, [one]))["auth_log"]
    assert change["actor"] == "test"
    assert retention.before(None) is None


@pytest.mark.parametrize(("name", "days"), [("session_history", 364), ("session_address", 0), ("auth_log", 40_000)])
async def test_a_policy_out_of_its_bounds_is_refused(undone: db.Connection, name: str, days: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        await retention.set_days(undone, TESTER, name, days)
    assert list(refused.value.fields) == ["days"]
    assert await undone.fetchval("select count(*) from setting where key like 'retention.%'") == 0


@pytest.mark.parametrize("name", ["audit", "web_session", "nothing"])
async def test_what_is_no_policy_has_none(undone: db.Connection, name: str) -> None:
    with pytest.raises(NotFound):
        await retention.set_days(undone, TESTER, name, 400)


@pytest.mark.parametrize(("written", "days"), [(5, 365), ("nonsense", 400), (500, 500)])
async def test_a_row_written_by_other_hands_is_not_trusted(undone: db.Connection, written: object, days: int) -> None:
    await settings.write(undone, TESTER, "retention.session_history", written)
    assert await retention.days_of(undone, retention.subject("session_history")) == days
