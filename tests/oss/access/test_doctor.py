"""The doctor's judgement alone: facts in, one finding a question out."""

from __future__ import annotations

from typing import Any

import pytest

from oss.access.doctor import KEYS, Check, judge, worst
from tests.web.console.test_nas_doctor import COUNTS, HEALTHY

NOW = 1_000_000.0
ASKED: dict[str, Any] = {
    "active": True,
    "ma_policy": "auto",
    "interim_s": 300,
    "signs_since": NOW - 9,
    "at": NOW,
    "sessions": 5,
    "heard_at": NOW - 5,
    "knocks": [],
    "reasons": [],
    "nodes": ["test"],
}
NODE = HEALTHY | {"at": NOW}
QUIET = NODE | {"lately": {}, "recent": {}, "heard_at": None, "accepted_at": None, "told_at": {}}


def checks(asked: dict[str, Any] | None = None, *nodes: dict[str, Any]) -> dict[str, Check]:
    return {one.key: one for one in judge(ASKED | (asked or {}), nodes)}


def counted(**more: int) -> dict[str, Any]:
    """A healthy node's facts with other counts of the last minute and the last five."""
    return NODE | {"recent": COUNTS | more, "lately": COUNTS | more}


def test_all_is_well_with_a_healthy_router() -> None:
    found = checks(None, NODE)
    assert tuple(found) == KEYS and {one.state for one in found.values()} == {"ok"}
    assert worst(list(found.values())) == "ok"


def test_without_a_node_nothing_is_known() -> None:
    assert {(one.state, one.cure) for one in checks().values()} == {("unknown", "no_node")}
    assert {one.cure for one in checks({"active": False}, {"known": False}).values()} == {"not_in_use"}
    assert worst(judge(ASKED, [])) == "unknown"


@pytest.mark.parametrize(
    ("key", "cure", "asked", "node"),
    [
        ("heard", "never_heard", {"heard_at": None, "sessions": 0}, QUIET),
        ("heard", "silent_since", {"heard_at": NOW - 901}, QUIET),
        ("heard", "quiet", {"heard_at": NOW - 900}, QUIET),
        ("heard", "other_address", {"knocks": ["10.0.0.9"]}, QUIET),
        ("secret", "secret_differs", {}, counted(bad_authenticator=900)),
        ("secret", "secret_some", {}, counted(bad_message_authenticator=3)),
        ("secret", "secret_garbled", {}, counted(garbled=5) | {"garbled_logins": 4}),
        ("secret", "secret_unproven", {}, QUIET),
        ("auth", "only_rejects", {"reasons": [["wrong_password", 4]]}, counted(accepts=0, rejects=4)),
        ("auth", "no_login", {}, QUIET),
        ("acct", "acct_off", {}, counted(starts=0, interims=0, boots=0) | {"first_accept_at": NOW - 7}),
        ("acct", "acct_not_yet", {}, counted(starts=0, interims=0, boots=0) | {"first_accept_at": NOW - 5}),
        ("interim", "interim_off", {}, counted(interims=0) | {"late": 3, "gap_s": None}),
        ("interim", "interim_slow", {}, NODE | {"gap_s": 900.0}),
        ("interim", "interim_some", {}, NODE | {"late": 40, "sessions": 100}),
        ("interim", "interim_not_yet", {}, counted(interims=0) | {"gap_s": None}),
        ("coa", "coa_off_here", {}, NODE | {"probe": {"kind": "off"}}),
        ("coa", "coa_nowhere", {}, NODE | {"probe": {"kind": "nowhere", "port": 1}}),
        ("coa", "coa_silent", {}, NODE | {"probe": {"kind": "silent"}}),
        ("coa", "coa_secret", {}, NODE | {"probe": {"kind": "forged"}}),
        ("coa", "coa_clock", {}, NODE | {"probe": {"kind": "silent"}, "skew_s": -400.0}),
        ("coa", "coa_unsent", {}, NODE | {"probe": {"kind": "unsent", "error": "no route"}}),
        ("coa", "coa_pretends", {}, NODE | {"probe": {"kind": "answered", "nobody": {"kind": "ack"}}}),
        ("clock", "clock_off", {}, NODE | {"skew_s": 11.0}),
        ("clock", "clock_untold", {}, NODE | {"skew_s": None}),
        ("signs", "signs_stopped", {}, counted(missing_message_authenticator=2)),
        ("signs", "signs_waived", {"ma_policy": "off"}, NODE | {"signs": False}),
        ("signs", "signs_never", {}, NODE | {"signs": False}),
        ("signs", "signs_unseen", {}, QUIET | {"signs": False}),
        ("path", "answers_lost", {}, counted(duplicates=20)),
        ("path", "answers_lost", {}, counted(delayed=20)),
        ("path", "path_quiet", {}, QUIET),
        ("answer", "answer_slow", {}, NODE | {"trips": {"count": 9, "p50_ms": 9.0, "p99_ms": 2000.0}}),
        ("answer", "answer_none", {}, NODE | {"trips": None}),
    ],
)
def test_each_fault_has_its_cure(key: str, cure: str, asked: dict[str, Any], node: dict[str, Any]) -> None:
    assert checks(asked, node)[key].cure == cure


def test_a_session_that_the_nas_will_not_change_is_a_fault_and_one_that_it_lost_is_none() -> None:
    def session(cause: int) -> Check:
        probe = NODE["probe"] | {"session": {"kind": "nak", "cause": cause}}
        return checks(None, NODE | {"probe": probe})["coa"]

    assert (session(401).cure, session(503).cure) == ("coa_refused", "")


def test_a_few_repetitions_are_no_fault() -> None:
    assert checks(None, counted(duplicates=2, requests=3))["path"].state == "ok"
    assert checks(None, counted(duplicates=8, requests=40))["path"].state == "ok"


def test_what_waited_while_we_were_away_is_told_late_and_that_is_well() -> None:
    assert checks(None, counted(delayed=30) | {"up_s": 60.0})["path"].state == "ok"


def test_of_several_nodes_the_one_that_hears_the_nas_is_believed_and_any_that_it_answers() -> None:
    deaf = QUIET | {"probe": {"kind": "silent", "host": "10.0.0.1", "port": 3799}}
    assert {one.state for one in checks(None, deaf, NODE).values()} == {"ok"}
    hears = NODE | {"probe": {"kind": "silent", "host": "10.0.0.1", "port": 3799}}
    answered = QUIET | {"probe": NODE["probe"]}
    assert checks(None, hears, answered)["coa"].state == "ok"
