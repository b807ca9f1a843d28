"""Every login is written down; refusals of a minute fold, and whoever knocks, what is kept is bounded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.access import login_log
from oss.access.login_log import Login, Refused, accepted, read, refused

MINUTE_US = 60_000_000
OCTETS = st.none() | st.binary(max_size=40)


AT = (60_000 * 1_000_000, 1)  # microseconds, NAS


def refusal(login: str, reason: str, nas: int = 1, seconds: int = 60_000, facts: str = "{}") -> Login:
    return Login(seconds * 1_000_000, nas, login, reason, "", "", 10, facts)


def test_an_accept_and_a_refusal_are_read_as_they_were_written() -> None:
    assert read(accepted(*AT, "íris", b"AA:BB", b"ether1")) == [Login(*AT, "íris", "", "AA:BB", "ether1", None, "{}")]
    said = refused(*AT, "íris", "overdue", None, b"ether1", 7, {"note": "17"})
    assert read(said) == [Login(*AT, "íris", "overdue", "", "ether1", 7, '{"note": "17"}')]


@given(st.text(max_size=40), OCTETS, OCTETS)
def test_whatever_a_stranger_sends_is_read_back_in_its_place(
    login: str, calling: bytes | None, port: bytes | None
) -> None:
    (found,) = read(refused(*AT, login, "unknown_login", calling, port, None, {}))
    assert (found.reason, found.contract_id, found.facts) == ("unknown_login", None, "{}")
    assert found.login == login.replace("\0", "")


def test_a_login_longer_than_any_of_ours_is_cut() -> None:
    assert [one.login for one in read(refused(*AT, "x" * 253, "unknown_login", None, None, None, {}))] == ["x" * 128]


def test_octets_that_are_no_login_are_left_out() -> None:
    assert read(b"") == []


def test_refusals_of_a_minute_fold_into_one() -> None:
    said = [refusal("cli1", "wrong_password", seconds=60_000 + 7 * number) for number in range(3)]
    said += [refusal("cli1", "overdue"), refusal("cli1", "overdue", nas=2), refusal("cli1", "overdue", seconds=60_060)]
    said += [refusal("cli1", "")]  # an accept
    found = Refused().fold(said)
    one = found[1000, 1, "cli1", "wrong_password"]
    assert (one.count, one.first_us, one.last_us, one.contract_id) == (3, 60_000_000_000, 60_014_000_000, 10)
    assert len(found) == 4


def test_the_newest_facts_of_a_refusal_count() -> None:
    found = Refused().fold([refusal("cli1", "overdue", facts='{"note": "1"}'), refusal("cli1", "overdue", facts="{}")])
    assert [one.facts for one in found.values()] == ["{}"]


def test_a_flood_of_invented_logins_folds_into_one_row_a_nas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Across batches: a minute's flood is the same flood."""
    monkeypatch.setattr(login_log, "MOST_LOGINS", 50)
    fold, rows, refusals = Refused(), set[tuple[object, ...]](), 0
    for start in range(0, 5000, 500):
        batch = [refusal(f"invented{start + n}", "unknown_login", nas=n % 2) for n in range(500)]
        found = fold.fold(batch)
        rows |= set(found)
        refusals += sum(one.count for one in found.values())
    assert len(rows) == 102 and refusals == 5000
    assert {(1000, nas, "*", "unknown_login") for nas in (0, 1)} <= rows
    assert (1001, 0, "late", "unknown_login") in fold.fold([refusal("late", "unknown_login", 0, 60_060)])
