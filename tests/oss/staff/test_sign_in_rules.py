"""Rules of signing in by role: hours that cross midnight, networks, and what is written of a change."""

from __future__ import annotations

import ipaddress
import json
from datetime import UTC, datetime, time

import pytest

from oss.base import db
from oss.base.problems import InvalidInput, NotFound
from oss.staff import sign_in_rules as rules
from oss.staff.sign_in_rules import Hours, OutsideHours, OutsideNetworks, SignInRules
from tests.conftest import TESTER

OFFICE = Hours(frozenset(range(5)), time(8), time(18))
NIGHT = Hours(frozenset({4}), time(22), time(6))  # from Friday to Saturday
OURS = (ipaddress.ip_network("203.0.113.0/24"), ipaddress.ip_network("2001:db8::/32"))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """November 2026: the 23rd is a Monday. The zone of the instant is the provider's, here any."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "local", "holds"),
    [
        (OFFICE, at(23, 8), True),
        (OFFICE, at(23, 7, 59), False),
        (OFFICE, at(23, 17, 59), True),
        (OFFICE, at(23, 18), False),
        (OFFICE, at(28, 10), False),
        (NIGHT, at(27, 22), True),
        (NIGHT, at(28, 5, 59), True),
        (NIGHT, at(28, 6), False),
        (NIGHT, at(27, 3), False),
        (NIGHT, at(28, 23), False),
    ],
)
def test_hours_hold_on_their_days_also_across_midnight(hours: Hours, local: datetime, holds: bool) -> None:
    assert hours.holds(local) is holds


@pytest.mark.parametrize(
    ("ip", "within"),
    [
        ("203.0.113.9", True),
        ("::ffff:203.0.113.9", True),
        ("2001:db8::7", True),
        ("198.51.100.1", False),
        ("fe80::1", False),
        ("not an address", False),
    ],
)
def test_an_address_is_in_one_of_the_networks_or_refused(ip: str, within: bool) -> None:
    found = rules.refusal(SignInRules(networks=OURS), at(23, 10), ip)
    assert (found is None) is within
    assert within or (isinstance(found, OutsideNetworks) and ip in str(found))


def test_hours_are_asked_before_networks_and_no_rule_asks_nothing() -> None:
    both = SignInRules(hours=OFFICE, networks=OURS)
    assert isinstance(rules.refusal(both, at(28, 10), "198.51.100.1"), OutsideHours)
    assert rules.refusal(rules.FREE, at(28, 3), "198.51.100.1") is None


def test_networks_are_read_as_people_type_them() -> None:
    assert rules.parse_networks("203.0.113.0/24, 2001:db8::/32\n") == OURS
    assert rules.parse_networks("") == ()
    for wrong in ("203.0.113.1/24", "isp.example", "10.0.0.0/33", " ".join(f"10.0.{n}.0/24" for n in range(51))):
        with pytest.raises(InvalidInput):
            rules.parse_networks(wrong)


async def test_rules_are_kept_read_back_and_noted_with_what_changed_alone(database: str) -> None:
    async with db.transaction() as connection:
        assert await rules.rules_of(connection, "noc") == rules.FREE
        first = SignInRules(True, NIGHT, OURS)
        await rules.save(connection, TESTER, "noc", first)
        assert await rules.rules_of(connection, "noc") == first
        await rules.save(connection, TESTER, "noc", SignInRules(True, None, OURS))
    kept = await rules.every()
    assert kept.pop("noc") == SignInRules(True, None, OURS) and set(kept.values()) == {rules.FREE}
    row = await db.fetchrow("select object_id, detail from audit where action = 'role.sign_in_rules' order by id desc")
    assert row["object_id"] == "noc"
    night = {"days": [4], "from": "22:00", "to": "06:00"}
    assert json.loads(row["detail"]) == {"before": {"hours": night}, "after": {"hours": None}}
    with pytest.raises(NotFound):
        async with db.transaction() as connection:
            await rules.save(connection, TESTER, "king", rules.FREE)
