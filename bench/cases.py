"""What is measured, and what the figures should be."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Literal

Side = Literal["milha", "freeradius"]


@dataclass(frozen=True, slots=True)
class Server:
    """One way to run a server: FreeRADIUS's flavour, or our durability."""

    name: str
    side: Side
    variant: str
    says: str


JOURNAL = Server("milha", "milha", "journal", "Milha (durable=journal)")
DATABASE = Server("milha-database", "milha", "database", "Milha (durable=database)")
LEAN = Server("lean", "freeradius", "lean", "FreeRADIUS + SQL, lean")
FILES = Server("files", "freeradius", "files", "FreeRADIUS files, no database")
STOCK = Server("stock", "freeradius", "stock", "FreeRADIUS + SQL, stock")


@dataclass(frozen=True, slots=True)
class Case:
    """One load, given to each of ``servers``. ``rate`` 0 is a closed loop with ``outstanding`` on their way."""

    name: str
    mode: str
    servers: tuple[Server, ...]
    outstanding: int = 64
    rate: int = 0

    @property
    def kind(self) -> Literal["auth", "acct"]:
        return "acct" if self.mode == "acct" else "auth"

    @property
    def says(self) -> str:
        """For a reader."""
        what = {"pap": "PAP", "chap": "CHAP", "mschap2": "MS-CHAPv2", "acct": "accounting"}[self.mode]
        return f"{what}, {self.rate}/s open loop" if self.rate else f"{what}, {self.outstanding} outstanding"


CASES = (
    Case("pap", "pap", (JOURNAL, LEAN, FILES, STOCK)),
    Case("chap", "chap", (JOURNAL, LEAN, FILES)),
    Case("mschap2", "mschap2", (JOURNAL, LEAN, FILES)),
    Case("acct-64", "acct", (JOURNAL, DATABASE, LEAN)),
    Case("acct-512", "acct", (JOURNAL, DATABASE, LEAN), outstanding=512),
    Case("pap-500s", "pap", (JOURNAL, LEAN), outstanding=512, rate=500),
    Case("acct-500s", "acct", (JOURNAL, DATABASE, LEAN), outstanding=512, rate=500),
)


@dataclass(frozen=True, slots=True)
class Goal:
    """Ours against theirs in one case: at least so many times the rate, or at most such a part of the p99."""

    case: str
    ours: Server
    theirs: Server
    figure: Literal["rps", "p99_ms"]
    wanted: float

    @property
    def more_is_better(self) -> bool:
        return self.figure == "rps"


def _both_modes(case: str, figure: Literal["rps", "p99_ms"], wanted: float) -> tuple[Goal, ...]:
    return tuple(Goal(case, ours, LEAN, figure, wanted) for ours in (JOURNAL, DATABASE))


GOALS = (
    Goal("pap", JOURNAL, LEAN, "rps", 20),
    Goal("chap", JOURNAL, LEAN, "rps", 20),
    Goal("mschap2", JOURNAL, LEAN, "rps", 10),
    Goal("pap", JOURNAL, FILES, "rps", 1.2),
    Goal("chap", JOURNAL, FILES, "rps", 1.2),
    Goal("mschap2", JOURNAL, FILES, "rps", 1.2),
    *_both_modes("acct-64", "rps", 6),
    *_both_modes("acct-512", "rps", 10),
    Goal("pap", JOURNAL, LEAN, "p99_ms", 1 / 5),
    Goal("chap", JOURNAL, LEAN, "p99_ms", 1 / 5),
    Goal("mschap2", JOURNAL, LEAN, "p99_ms", 1 / 5),
    *_both_modes("acct-64", "p99_ms", 1 / 2),
    *_both_modes("acct-512", "p99_ms", 1 / 2),
    Goal("pap-500s", JOURNAL, LEAN, "p99_ms", 1),
    *_both_modes("acct-500s", "p99_ms", 1),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how often. Seconds are measured ones, after ``warm_up_s``."""

    repetitions: int
    subscribers: int
    warm_up_s: float
    auth_s: float
    acct_s: float
    fixed_s: float
    quick: bool
    only: str

    def seconds(self, case: Case) -> float:
        return self.fixed_s if case.rate else self.acct_s if case.kind == "acct" else self.auth_s

    def cases(self) -> list[Case]:
        return [case for case in CASES if re.search(self.only, case.name)]


def plan(env: dict[str, str] | None = None) -> Plan:
    """From QUICK=1, BENCH_REPETITIONS, BENCH_SUBSCRIBERS, BENCH_AUTH_S, BENCH_ACCT_S, BENCH_FIXED_S and BENCH_ONLY."""
    given = dict(os.environ) if env is None else env
    quick = given.get("QUICK", "") not in ("", "0")

    def number(name: str, long: float, short: float) -> float:
        return float(given.get(f"BENCH_{name}") or (short if quick else long))

    return Plan(
        repetitions=int(number("REPETITIONS", 3, 1)),
        subscribers=int(number("SUBSCRIBERS", 50_000, 50_000)),
        warm_up_s=0.5 if quick else 1.0,
        auth_s=number("AUTH_S", 10, 2),
        acct_s=number("ACCT_S", 60, 3),
        fixed_s=number("FIXED_S", 20, 3),
        quick=quick,
        only=given.get("BENCH_ONLY", ""),
    )
