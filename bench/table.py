"""The comparison as a page of markdown: method, figures, goals, proofs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.cases import GOALS, Case, Plan, Server
from bench.machine import Machine
from bench.verdicts import Run, Verdict, judge, number, of, servers_of, soundness, spread


@dataclass(frozen=True, slots=True)
class Proof:
    """Something tried on a server before it was measured."""

    server: str
    what: str
    holds: bool
    found: str


@dataclass(frozen=True, slots=True)
class Method:
    """What a reader must know. ``settings``: what SHOW said, by the server whose database it was."""

    plan: Plan
    machine: Machine
    freeradius: str | None
    settings: dict[str, dict[str, str]]
    left_out: str


def rows(cells: Sequence[Sequence[str]]) -> str:
    """A markdown table; the first row is its head."""
    lines = ["| " + " | ".join(row) + " |" for row in cells]
    return "\n".join([lines[0], "|" + "---|" * len(cells[0]), *lines[1:]])


def page(method: Method, cases: Sequence[Case], runs: Sequence[Run], proofs: Sequence[Proof]) -> str:
    """The whole page."""
    parts = ["# RADIUS, side by side", method_text(method), "## Figures", figures(cases, runs)]
    parts += ["## Against the goals", goals(runs), sound(runs)]
    parts += ["## Tried before measuring", proof_table(proofs)] if proofs else []
    if method.plan.quick:
        parts.insert(1, "**A quick run: it shows that the tool works. Its figures are no result.**")
    return "\n\n".join(parts) + "\n"


def method_text(method: Method) -> str:
    """How the figures were made, and how to make them again."""
    plan, machine = method.plan, method.machine
    versions = ", ".join(f"{name} {value}" for name, value in machine.versions.items())
    if method.freeradius:
        versions += f", FreeRADIUS {method.freeradius}"
    text = (
        f"**Method.** {machine.cpu}, {machine.cores} cores shared by the server, PostgreSQL and the load generator, "
        f"{machine.memory_gib:.0f} GiB, {machine.kernel}; data on {machine.disk}, where fdatasync of 4 KiB takes "
        f"{machine.sync_ms:.2f} ms. {versions}. {plan.subscribers:,} subscribers, the same for both servers, with no "
        "limit of sessions; one PostgreSQL with a database for each, spoken to over TCP on loopback. Each server "
        "runs alone: it is started for a case on emptied tables after a CHECKPOINT, warmed up for "
        f"{plan.warm_up_s:g} s, measured for {plan.auth_s:g} s (logins), {plan.acct_s:g} s (accounting) or "
        f"{plan.fixed_s:g} s (fixed rate), and stopped. A repetition gives every case to every server, one after the "
        f"other, in the opposite order every other time. Figures are medians of {plan.repetitions} "
        f"repetition{'s' if plan.repetitions > 1 else ''} with the least and the most; ratios are taken within a "
        "repetition, then their median. 16 sockets, a random subscriber for each request, requests as a MikroTik "
        "PPPoE router sends them; accounting is Start, Interim, Stop with ids of its own. The open "
        "loop counts from the moment a request was due, and a lost one is infinitely late. CPU is that of "
        "the server and of PostgreSQL per answer, read from /proc, the work behind the last answer included."
    )
    if method.left_out:
        text += f"\n\n**{method.left_out}**"
    return "\n\n".join([text, on_and_off(bool(method.freeradius)), settings_text(method.settings), HOW_TO_REPEAT])


def on_and_off(compared: bool) -> str:
    """What each side does while it is measured."""
    ours = (
        "**On, Milha:** everything `milha serve` runs; the login log in PostgreSQL, Message-Authenticator required "
        "and sent, duplicate cache, accounting acknowledged when it is on stable storage (journal: fdatasync, then "
        "PostgreSQL; database: after COMMIT)."
    )
    theirs = (
        "**On, FreeRADIUS lean:** chap, mschap, sql, pap, acct_unique; radpostauth, Message-Authenticator required, "
        "cleanup_delay 5 s; stock queries; 8 threads and SQL connections for logins, 24 for accounting; a receive "
        "buffer of 4 MiB, as ours. **Off:** "
        "detail files, unix, eap, everything else. *files* has the subscribers in memory and neither database nor "
        "log; *stock* is Debian's default site with sql switched on."
    )
    return f"{ours}  \n{theirs}" if compared else ours


HOW_TO_REPEAT = (
    "**Again:** `make bench-radius` as root on Debian; `QUICK=1` shortens it, `BENCH_ONLY=acct` takes some cases, "
    "`BENCH_REPETITIONS`, `BENCH_AUTH_S`, `BENCH_ACCT_S` and `BENCH_FIXED_S` change their number and length. "
    "Each run is a line of JSON beside this page."
)


def settings_text(settings: dict[str, dict[str, str]]) -> str:
    """PostgreSQL's settings as read on each server's own database."""
    lines = []
    for who, values in settings.items():
        lines.append(f"**{who}:** " + ", ".join(f"{name} {value}" for name, value in values.items()))
    return "PostgreSQL says (SHOW, each server's role on its own database):\n\n" + "  \n".join(lines)


HEAD = (
    *("load", "server", "answers/s", "p50 ms", "p99 ms", "CPU µs server + PostgreSQL", "lost / sent again", "wrong"),
    *("acknowledged / rows", "lag s", "logged"),
)


def figures(cases: Sequence[Case], runs: Sequence[Run]) -> str:
    """Every case and server."""
    lines: list[Sequence[str]] = [HEAD]
    for case in cases:
        lines += [_line(case, server, of(runs, case.name, server.name)) for server in servers_of(case, runs)]
    return rows(lines)


def _line(case: Case, server: Server, runs: Sequence[Run]) -> tuple[str, ...]:
    cpu = f"{spread(r.server_us for r in runs).median:,.0f} + {spread(r.postgres_us for r in runs).median:,.0f}"
    return (
        case.says,
        server.says,
        spread(r.rps for r in runs).text(),
        spread(r.p50_ms for r in runs).text(2),
        spread(r.p99_ms for r in runs).text(2),
        cpu,
        f"{sum(r.lost for r in runs):,} / {sum(r.retransmits for r in runs):,}",
        f"{sum(r.wrong + r.rejected for r in runs):,}",
        _acknowledged(runs),
        _lag(runs),
        _logged(runs),
    )


def _acknowledged(runs: Sequence[Run]) -> str:
    if any(run.rows is None for run in runs):
        return ""
    acknowledged = sum(run.started + run.stopped for run in runs)
    found = sum((run.rows or 0) + (run.rows_ended or 0) for run in runs)
    return f"{acknowledged:,} / {found:,}"


def _lag(runs: Sequence[Run]) -> str:
    if any(run.rows is None for run in runs):
        return ""
    return spread(float("inf") if run.lag_s is None else run.lag_s for run in runs).text(2)


def _logged(runs: Sequence[Run]) -> str:
    if any(run.logged is None for run in runs):
        return ""
    return f"{sum(run.logged or 0 for run in runs):,} of {sum(run.answered for run in runs):,}"


def goals(runs: Sequence[Run]) -> str:
    """Each goal with its ratio and a plain verdict."""
    lines: list[Sequence[str]] = [("goal", "ours", "theirs", "ratio", "wanted", "verdict")]
    for goal in GOALS:
        verdict = judge(goal, runs)
        if verdict is not None:
            lines.append(_goal_line(verdict))
    return rows(lines) if len(lines) > 1 else "Nothing to compare with was measured."


def _goal_line(verdict: Verdict) -> tuple[str, ...]:
    goal, rate = verdict.goal, verdict.goal.more_is_better
    what = f"{goal.case} {'answers/s' if rate else 'p99 ms'}, {goal.ours.says} to {goal.theirs.says}"
    digits = 0 if rate else 2
    return (
        what,
        number(verdict.ours.median, digits),
        number(verdict.theirs.median, digits),
        verdict.ratio.text(2 if not rate or verdict.ratio.median < 10 else 1),
        f"at least {goal.wanted:g}" if rate else f"at most {goal.wanted:g}",
        verdict.words,
    )


def sound(runs: Sequence[Run]) -> str:
    """The counts of our side that must be zero."""
    lines: list[Sequence[str]] = [("must be none on our side", "found", "of", "verdict")]
    lines += [(one.what, f"{one.found:,}", f"{one.of:,}", one.words) for one in soundness(runs)]
    return rows(lines)


def proof_table(proofs: Sequence[Proof]) -> str:
    """What was tried, and what came of it."""
    lines: list[Sequence[str]] = [("server", "tried", "found", "verdict")]
    lines += [(p.server, p.what, p.found, "holds" if p.holds else "does not hold") for p in proofs]
    return rows(lines)
