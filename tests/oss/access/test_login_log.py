"""A login on its way through the journal, and refusals folded by the minute."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.access import login_log
from oss.access.journal import Journal
from oss.access.journal_reader import Position
from oss.access.login_log import (
    FLOOD,
    LONGEST,
    RECORD_OCTETS,
    Login,
    LoginLog,
    Refusals,
    Refused,
    accepted,
    read,
    refused,
)
from tests.oss.access.writing import writing
from tests.waiting import eventually

MINUTE = 1_795_000_020_000_000 // 60_000_000 * 60_000_000
LOGINS = st.text(min_size=1, max_size=60)
OCTETS = st.none() | st.binary(max_size=60)
FACTS = st.dictionaries(st.text(min_size=1), st.text() | st.integers() | st.none(), max_size=3)


def journalled(payload: bytes) -> Login:
    (one,) = read(payload)
    return one


def words(octets: bytes | None) -> str:
    """What is kept of a NAS's octets."""
    return (octets or b"").replace(b"\0", b"").decode("utf-8", "replace")


def refusal(login: str, at_us: int = MINUTE, reason: str = "overdue", nas: int = 7, facts: str = "{}") -> Login:
    return Login(at_us, nas, login, reason, "AA:BB", "ether1", 5, facts)


# ------------------------------------------------------------ the journal's payload


@given(LOGINS.filter(lambda text: "\0" not in text), OCTETS, OCTETS)
def test_an_accept_is_read_as_it_was_written(login: str, calling: bytes | None, port: bytes | None) -> None:
    """A router may send whatever octets it likes: the record behind must not be lost by them."""
    one = journalled(accepted(MINUTE, 7, login, calling, port))
    assert one == Login(MINUTE, 7, login, "", words(calling), words(port))


@given(LOGINS, OCTETS, OCTETS, st.none() | st.integers(1, 2**62), FACTS)
def test_a_refusal_is_read_as_it_was_written(
    login: str, calling: bytes | None, port: bytes | None, contract: int | None, facts: dict[str, Any]
) -> None:
    one = journalled(refused(MINUTE, 7, login, "overdue", calling, port, contract, facts))
    assert one[:6] == (MINUTE, 7, login.replace("\0", ""), "overdue", words(calling), words(port))
    assert one.contract_id == contract
    assert json.loads(one.facts) == json.loads(json.dumps(without_nul(facts)))


def without_nul(facts: dict[str, Any]) -> dict[str, Any]:
    return {clean(name): clean(value) for name, value in facts.items()}


def clean(value: Any) -> Any:
    return value.replace("\0", "") if isinstance(value, str) else value


def test_a_backslash_before_what_looks_like_a_nul_stays() -> None:
    one = journalled(refused(MINUTE, 7, "cli1", "overdue", None, None, None, {"note": "\\u0000 and \0 and \\\0"}))
    assert json.loads(one.facts) == {"note": "\\u0000 and  and \\"}


def test_a_login_is_kept_up_to_a_length() -> None:
    assert journalled(accepted(MINUTE, 7, "x" * 500, None, None)).login == "x" * LONGEST


ONE = accepted(MINUTE, 7, "cli1", b"AA:BB", b"ether1")
FOREIGN = [b"", b"\0", b"noise", b"a\0b\0c\0d\0e\0f\0g\0h", b"\0".join([b"\xff"] * 8), b"9" * 30 + b"\0" * 7]


@pytest.mark.parametrize("payload", FOREIGN)
def test_a_payload_of_somebody_else_does_not_stop_the_journal(payload: bytes) -> None:
    assert read(payload) == []
    assert read(ONE + b"\0" + payload) == read(ONE)


@given(st.lists(st.tuples(LOGINS, OCTETS, OCTETS), max_size=30))
def test_many_logins_in_one_record_are_read_in_their_order(many: list[tuple[str, bytes | None, bytes | None]]) -> None:
    said = [refused(MINUTE + at, 7, *one[:1], "overdue", *one[1:], 5, {}) for at, one in enumerate(many)]
    assert read(b"\0".join(said)) == [login for one in said for login in read(one)]
    assert len(read(b"\0".join(said))) == len(many)


async def test_a_flood_of_logins_makes_records_that_can_be_read_back(tmp_path: Path) -> None:
    async with writing(tmp_path / "node") as journal:
        log = LoginLog(journal)
        for number in range(1000):
            log.add(refused(MINUTE, 7, f"cli{number}", "overdue", b"x" * 200, None, 5, {}))
        log.write()
        await eventually(lambda: journal.synced == journal.appended)
        records, _ = journal.read(Position(1, 0), 1 << 30)
    assert [one.login for record in records for one in read(record.payload)] == [f"cli{n}" for n in range(1000)]
    assert len(records) < 100 and all(len(record.payload) <= RECORD_OCTETS for record in records)


def test_while_the_disk_fails_the_memory_does_not_fill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_log, "MOST_BEHIND", 3)
    journal = Journal(tmp_path / "node")
    journal.failing = "no space left"
    log = LoginLog(journal)
    for _ in range(10_000):
        log.add(ONE)
    assert journal.backlog == 4


# ------------------------------------------------------------ refusals of a minute


def test_refusals_of_a_minute_become_one_with_count_first_and_last() -> None:
    found = Refused().fold(
        [
            refusal("cli1", MINUTE + 1, facts='{"n": 1}'),
            refusal("cli1", MINUTE + 5, facts='{"n": 2}'),
            refusal("cli1", MINUTE + 9, facts='{"n": 3}'),
        ]
    )
    one = Refusals(MINUTE + 1, MINUTE + 9, 5, '{"n": 3}', 3)  # what is so is what was said last
    assert found == {(MINUTE // 60_000_000, 7, "cli1", "overdue"): one}


def test_minutes_nas_logins_and_reasons_are_kept_apart_and_accepts_are_none() -> None:
    different = [
        refusal("cli1"),
        refusal("cli2"),
        refusal("cli1", nas=8),
        refusal("cli1", reason="wrong_password"),
        refusal("cli1", MINUTE + 60_000_000),
        refusal("cli1", reason=""),
    ]
    assert [one.count for one in Refused().fold(different).values()] == [1] * 5


def test_a_flood_of_invented_logins_becomes_one_row_and_known_ones_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_log, "MOST_LOGINS", 3)
    refusals = Refused()
    first = refusals.fold([refusal(f"x{number}") for number in range(10)])
    assert {key[2]: one.count for key, one in first.items()} == {"x0": 1, "x1": 1, "x2": 1, FLOOD: 7}
    second = refusals.fold([refusal("x1"), refusal("new"), refusal("elsewhere", nas=8)])  # the next batch, same minute
    assert {key[1:3] for key in second} == {(7, "x1"), (7, FLOOD), (8, "elsewhere")}
    third = refusals.fold([refusal("new", MINUTE + 60_000_000)])
    assert {key[2] for key in third} == {"new"}
