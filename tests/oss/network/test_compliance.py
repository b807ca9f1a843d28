"""Each rule of the golden configuration, broken one at a time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oss.drivers.router import RadiusServer, Settings
from oss.network.compliance import KEYS, Check, Wanted, judge

WANTED = Wanted("192.0.2.10", 1812, 1813, True, 3799, 300, "‹mark›")
OURS = RadiusServer("192.0.2.10", 1812, 1813, ("ppp",), secret="‹mark›")
GOOD = Settings(True, 3799, True, ("200.160.0.8",), (OURS,), True, True, 300, "7.16")


def states(settings: Settings, wanted: Wanted = WANTED) -> dict[str, str]:
    return {one.key: one.state for one in judge(settings, wanted)}


def test_a_router_that_is_as_it_should_be() -> None:
    assert states(GOOD) == dict.fromkeys(KEYS, "ok")


@pytest.mark.parametrize(
    ("change", "rule", "state"),
    [
        ({"radius_used": False}, "used", "wrong"),
        ({"radius_used": None}, "used", "unknown"),
        ({"radius": ()}, "server", "wrong"),
        ({"radius": (replace(OURS, disabled=True),)}, "server", "wrong"),
        ({"radius": (replace(OURS, acct_port=1646),)}, "server", "wrong"),
        ({"radius": (replace(OURS, secret="‹other›"),)}, "secret", "wrong"),
        ({"radius": (replace(OURS, secret=None),)}, "secret", "unknown"),
        ({"accounting": False}, "accounting", "wrong"),
        ({"interim_s": 600}, "interim", "wrong"),
        ({"interim_s": 0}, "interim", "ok"),
        ({"interim_s": None}, "interim", "unknown"),
        ({"coa_accepted": False}, "coa", "wrong"),
        ({"coa_port": 1700}, "coa", "wrong"),
        ({"coa_port": None}, "coa", "unknown"),
        ({"ntp_on": False, "ntp_servers": ()}, "ntp", "wrong"),
    ],
)
def test_one_thing_that_is_not(change: dict[str, object], rule: str, state: str) -> None:
    assert states(replace(GOOD, **change))[rule] == state  # type: ignore[arg-type]


def test_where_we_give_no_orders_none_need_be_taken() -> None:
    assert states(replace(GOOD, coa_accepted=False), replace(WANTED, coa=False))["coa"] == "ok"


def test_where_we_listen_everywhere_the_ports_decide() -> None:
    assert states(GOOD, replace(WANTED, host="0.0.0.0"))["server"] == "ok"


def test_what_is_told_has_no_secret() -> None:
    told = judge(GOOD, WANTED)
    assert all(isinstance(one, Check) for one in told) and "mark" not in str(told)
    assert "mark" not in repr(WANTED)
