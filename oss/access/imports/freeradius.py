"""A FreeRADIUS's SQL tables (and daloRADIUS's beside them) become plans, customers, contracts, logins, NAS, history.

Everything but the history is one transaction: it is there as a whole, or not at all. Run again, it adds what is new.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from oss.access import intake
from oss.access.imports import groups as group_tables
from oss.access.imports import history, logins, plans, routers
from oss.access.imports.cells import text, time
from oss.access.imports.groups import Group
from oss.access.imports.logins import Login
from oss.access.imports.plans import Placed
from oss.access.imports.rates import Speed
from oss.access.imports.report import Kind, Report
from oss.access.imports.source import NoSuchTable, Tables
from oss.access.passwords import METHODS
from oss.base import audit, clock, db
from oss.base.secrets import Sealer
from oss.crm.customers import NewCustomer

Say = Callable[[str], None]
Company = Callable[[db.Connection], Awaitable[tuple[int, ZoneInfo]]]  # its id, and the zone of times without one


GIGABIT = Speed(1_000_000, 1_000_000)
FITS = {"name": 160, "email": 160, "street": 160, "city": 80, "phone": 20}  # characters


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the operator chose. ``without``: the speed of plans that say none; ``since``: history from then on."""

    due_day: int = 10
    without: Speed = GIGABIT
    update: bool = False
    history: bool = True
    since: datetime | None = None
    dry_run: bool = False
    place: str = ""  # what the tables were read from, for messages; never with a password


@dataclass(frozen=True, slots=True)
class _Run:
    """What every step needs."""

    connection: db.Connection
    sealer: Sealer
    actor: audit.Actor
    tables: Tables
    wishes: Wishes
    report: Report
    say: Say
    company_id: int
    zone: ZoneInfo


class _Undo(Exception):
    """Ends a dry run's transaction."""


async def run(sealer: Sealer, actor: audit.Actor, tables: Tables, company: Company, wishes: Wishes, say: Say) -> Report:
    """Import all there is; ``say`` is told how it goes on. A dry run does the same and takes it back.

    ``company`` finds or makes the company of the contracts, inside the import's transaction.
    """
    if not tables.has("radcheck"):
        raise NoSuchTable(table="radcheck", place=wishes.place or "the source")
    report = Report()
    try:
        async with db.transaction() as connection:
            company_id, zone = await company(connection)
            one = _Run(connection, sealer, actor, tables, wishes, report, say, company_id, zone)
            await _take(one)
            if wishes.dry_run:
                if wishes.history:
                    await history.try_out(connection, tables, zone, wishes.since, report, say)
                raise _Undo
    except _Undo:
        return report
    if wishes.history:
        await history.take(tables, zone, wishes.since, report, say)
    return report


async def _take(run: _Run) -> None:
    """Everything but the history."""
    report, connection = run.report, run.connection
    run.say("reading groups and logins")
    groups = await group_tables.read(run.tables, report)
    found = await logins.read(run.tables, run.zone, report)
    placed = _placed(found, groups, run.wishes, report)
    plan_ids = await plans.make(connection, run.actor, placed, groups, run.wishes.without, report)
    await routers.take(
        connection,
        run.sealer,
        run.actor,
        run.tables,
        report,
        interim_s=plans.interim_s(groups, report),
        mikrotik=any(group.replies.mikrotik for group in groups.values())
        or any(one.key.startswith("mikrotik-") for login in found.values() for one in login.replies),
    )
    known = await intake.known(connection, [one.login.login for one in placed])
    new = [_subscriber(one, plan_ids[one.plan], run) for one in placed if one.login.login not in known]
    async for count in intake.take_in(connection, run.sealer, run.company_id, new):
        run.say(f"{count:,} of {len(new):,} logins")
    for what in ("logins", "contracts", "customers"):
        report.taken[what] += len(new)
    old = [one for one in placed if one.login.login in known]
    await _old(run, old, known, {one.login.login: plan_ids[one.plan] for one in old})
    _advise(placed, report)
    counts = {**report.taken, **{f"left {what}": count for what, count in report.left.items()}}
    detail = {"source": run.wishes.place, "counts": counts}
    await audit.note(connection, run.actor, "freeradius.imported", "import", "", **detail)


def _placed(found: dict[str, Login], groups: dict[str, Group], wishes: Wishes, report: Report) -> list[Placed]:
    """Logins that can be taken over, with their plans."""
    placed = []
    for login in found.values():
        why = logins.why_not(login)
        if why:
            report.miss(Kind("radcheck", "", "", "", f"login not imported: {why}"), login.login)
        else:
            placed.append(plans.place(login, groups, wishes.without, report))
    return placed


def _subscriber(one: Placed, plan_id: int, run: _Run) -> intake.NewSubscriber:
    login = one.login
    account = intake.NewAccount(
        login.login,
        login.password or "",
        one.enabled,
        one.max_sessions or 1,
        when_full="deny" if one.max_sessions else "newest",
        reply=one.reply,
        kept=login.kept if login.password is None else None,
        binding="fixed" if login.bound else None,
        bound=login.bound,
    )
    if login.bound:
        run.report.taken["logins bound to their line"] += 1
    if not one.enabled:
        run.report.taken["logins switched off (rejected, expired or disabled)"] += 1
    started_on = _started_on(login, run.zone)
    return intake.NewSubscriber(account, _person(login, run.report), plan_id, run.wishes.due_day, started_on)


def _started_on(login: Login, zone: ZoneInfo) -> date:
    """The day daloRADIUS wrote the user down; today where it did not."""
    at = time(login.person, "creationdate", zone) or time(login.billing, "creationdate", zone)
    today = clock.now().astimezone(zone).date()
    on = at.astimezone(zone).date() if at else today
    return on if date(1990, 1, 1) <= on <= today else today


def _person(login: Login, report: Report) -> NewCustomer:
    """The customer as daloRADIUS's userinfo and userbillinfo know him; else named like his login."""
    who, pays = login.person, login.billing
    name = " ".join(part for part in (text(who, "firstname"), text(who, "lastname")) if part)
    phone = text(who, "mobilephone", "homephone", "workphone") or text(pays, "phone")
    values = {
        "name": name or text(who, "company") or text(pays, "contactperson", "company") or login.spelling,
        "email": text(who, "email") or text(pays, "email"),
        "street": text(who, "address") or text(pays, "address"),
        "city": text(who, "city") or text(pays, "city"),
        "phone": re.sub(r"\D", "", phone),
    }
    for column, most in FITS.items():
        if len(values[column]) > most:
            report.miss(Kind("userinfo", column, "", "", f"cut to {most} characters"), login.login)
            values[column] = values[column][:most]
    state = text(who, "state") or text(pays, "state")
    if state and len(state) != 2:
        report.miss(Kind("userinfo", "state", "", "", "not taken: a state has two letters"), login.login)
    fields = {column: value or None for column, value in values.items() if column != "name"}
    return NewCustomer(values["name"], **fields, state=state.upper() if len(state) == 2 else None)


async def _old(run: _Run, old: list[Placed], known: dict[str, tuple[int, int]], plan_ids: dict[str, int]) -> None:
    """Logins that exist already: left alone, or brought to this password and plan."""
    if not old:
        return
    if not run.wishes.update:
        run.report.left["logins"] += len(old)
        return
    passwords = {known[one.login.login][0]: one.login.password for one in old if one.login.password}
    changed = await intake.set_passwords(run.connection, run.sealer, passwords)
    run.report.taken["passwords changed"] += changed
    moved = await intake.set_plans(run.connection, {known[login][1]: plan for login, plan in plan_ids.items()})
    run.report.taken["contracts moved to another plan"] += moved


def _advise(placed: list[Placed], report: Report) -> None:
    """What the operator should know before the routers are pointed here."""
    single = sum(one.max_sessions is None for one in placed)
    if single:
        report.notes.append(
            f"{single:,} logins had no Simultaneous-Use: they may have one session at once, the newest stays."
        )
    hashed = Counter(one.login.kept.kind for one in placed if one.login.kept and one.login.password is None)
    for kind, count in hashed.items():
        report.taken[f"logins known by a hash ({kind})"] += count
        methods = ", ".join(METHODS[kind])
        report.notes.append(f"{count:,} logins ({kind}) have a hash for a password: they can log in by {methods} only.")
    if report.taken["plans"]:
        report.notes.append("plans have no price yet: set it before the first billing run.")
