"""A login on its way through the journal, and refusals folded by the minute."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.access import login_log
from oss.access.journal_reader import LOGIN, Record
from oss.access.login_log import FLOOD, LONGEST, Login, Refusals, Refused, accepted, read, refused

MINUTE = 1_795_000_020_000_000 // 60_000_000 * 60_000_000
LOGINS = st.text(min_size=1, max_size=60)
OCTETS = st.none() | st.binary(max_size=60)
FACTS = st.dictionaries(st.text(min_size=1), st.text() | st.integers() | st.none(), max_size=3)


def journalled(payload: bytes, at_us: int = MINUTE, nas: int = 7) -> Login:
    return read(Record(LOGIN, nas, at_us, b"", payload))


def words(octets: bytes | None) -> str:
    """What is kept of a NAS's octets."""
    return (octets or b"").replace(b"\0", b"").decode("utf-8", "replace")


def refusal(login: str, at_us: int = MINUTE, reason: str = "overdue", nas: int = 7, facts: str = "{}") -> Login:
    return Login(at_us, nas, login, reason, "AA:BB", "ether1", 5, facts)


# ------------------------------------------------------------ the journal's payload


@given(LOGINS.filter(lambda text: "\0" not in text), OCTETS, OCTETS)
def test_an_accept_is_read_as_it_was_written(login: str, calling: bytes | None, port: bytes | None) -> None:
    """A router may send whatever octets it likes: the record behind must not be lost by them."""
    one = journalled(accepted(login, calling, port))
    assert one == Login(MINUTE, 7, login, "", words(calling), words(port))


@given(LOGINS, OCTETS, OCTETS, st.none() | st.integers(1, 2**62), FACTS)
def test_a_refusal_is_read_as_it_was_written(
    login: str, calling: bytes | None, port: bytes | None, contract: int | None, facts: dict[str, Any]
) -> None:
    one = journalled(refused(login, "overdue", calling, port, contract, facts))
    assert one[:6] == (MINUTE, 7, login.replace("\0", ""), "overdue", words(calling), words(port))
    assert one.contract_id == contract
    assert json.loads(one.facts) == json.loads(json.dumps(without_nul(facts)))


def without_nul(facts: dict[str, Any]) -> dict[str, Any]:
    return {clean(name): clean(value) for name, value in facts.items()}


def clean(value: Any) -> Any:
    return value.replace("\0", "") if isinstance(value, str) else value


def test_a_backslash_before_what_looks_like_a_nul_stays() -> None:
    one = journalled(refused("cli1", "overdue", None, None, None, {"note": "\\u0000 and \0 and \\\0"}))
    assert json.loads(one.facts) == {"note": "\\u0000 and  and \\"}


def test_a_login_is_kept_up_to_a_length() -> None:
    assert journalled(accepted("x" * 500, None, None)).login == "x" * LONGEST


@pytest.mark.parametrize(
    "payload", [b"", b"\0", b"noise", b"a\0b\0c\0d\0e\0f\0g", b"\xff\0\xff\0\xff\0\xff\0\xff\0\xff"]
)
def test_a_payload_of_somebody_else_does_not_stop_the_journal(payload: bytes) -> None:
    one = journalled(payload)
    assert (one.at_us, one.nas_id, one.contract_id) == (MINUTE, 7, None)


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
