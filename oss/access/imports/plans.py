"""Plans out of groups: a plan a group, and one more for members whose own speed or pool is another."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass

from oss.access.imports.groups import Group
from oss.access.imports.logins import Login
from oss.access.imports.rates import Speed
from oss.access.imports.replies import Replies, settle
from oss.access.imports.report import Kind, Report
from oss.base import audit, db
from oss.contracts import plans

LONGEST_NAME = 80
NO_GROUP = "FreeRADIUS"
SLOWED = Speed(1024, 512)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a plan's row is made of; ``group`` is '' for logins of no group."""

    group: str
    speed: Speed
    pool: str | None

    def name(self, group_speed: Speed | None, group_pool: str | None) -> str:
        """The group's name, and what differs from the group; at most 80 characters."""
        words = [self.group or NO_GROUP]
        words += [str(self.speed)] if self.speed != group_speed or not self.group else []
        words += [self.pool] if self.pool and self.pool != group_pool else []
        name = " ".join(words)
        if len(name) <= LONGEST_NAME:
            return name
        return f"{name[: LONGEST_NAME - 9]} {hashlib.sha256(name.encode()).hexdigest()[:8]}"


@dataclass(slots=True)
class Placed:
    """A login with its plan, and what of it goes into the account."""

    login: Login
    plan: Plan
    reply: list[list[str]]
    enabled: bool
    max_sessions: int | None


def place(login: Login, groups: dict[str, Group], without: Speed, report: Report) -> Placed:
    """Find the plan of a login: its first group that does not reject, changed by its own speed and pool."""
    member = [groups.get(name, Group(name)) for _, _, name in login.groups]
    open_groups = [group for group in member if not group.rejects]
    group = open_groups[0] if open_groups else Group("")
    for other in open_groups[1:]:
        why = "a login has one plan: that of its first group"
        report.miss(Kind("radusergroup", other.name, "", "", why), login.login)
    own = _own(login, group, report)
    speed = own.speed or group.replies.speed or without
    plan = Plan(group.name, speed, own.pool or group.replies.pool)
    reply = [pair for pair in own.pairs if pair not in group.replies.pairs]
    enabled = not login.disabled and len(open_groups) == len(member)
    return Placed(login, plan, reply, enabled, login.max_sessions or group.max_sessions)


def _own(login: Login, group: Group, report: Report) -> Replies:
    """The login's own replies; those that its group sets with := are the group's (FreeRADIUS reads it last)."""
    left = []
    for one in login.replies:
        if one.key in group.replies.sets:
            why = "the group sets it with := and FreeRADIUS reads the group last"
            report.miss(Kind("radreply", one.name, one.op, "", why), login.login)
        else:
            left.append(one)
    found = settle("radreply", login.login, left, report)
    if found.interim_s is not None:
        report.miss(
            Kind("radreply", "Acct-Interim-Interval", "", "", "interims are the NAS's, not a login's"), login.login
        )
    return found


async def make(
    connection: db.Connection,
    actor: audit.Actor,
    placed: list[Placed],
    groups: dict[str, Group],
    without: Speed,
    report: Report,
) -> dict[Plan, int]:
    """Make the plans of these logins, and of groups that answer something and have nobody in; returns their ids.

    A plan of the same name is used as it is.
    """
    wanted = dict.fromkeys(one.plan for one in placed)
    offered = [g for g in groups.values() if not g.rejects and (g.replies.speed or g.replies.pool or g.replies.pairs)]
    wanted |= dict.fromkeys(Plan(g.name, g.replies.speed or without, g.replies.pool) for g in offered)
    found = {}
    for plan in wanted:
        group = groups.get(plan.group, Group(plan.group)).replies
        found[plan] = await _make(connection, actor, plan, plan.name(group.speed or without, group.pool), group, report)
        if group.speed is None and plan.speed == without:
            why = f"no speed is known: {without} was given to it (--speed)"
            report.miss(Kind("radgroupreply", "", "", "", why), plan.group or "(no group)")
    return found


async def _make(
    connection: db.Connection, actor: audit.Actor, plan: Plan, name: str, group: Replies, report: Report
) -> int:
    there = await connection.fetchval("select id from plan where name = $1", name)
    if there is not None:
        report.left["plans"] += 1
        return int(there)
    slowed = Speed(min(SLOWED.down_kbps, plan.speed.down_kbps), min(SLOWED.up_kbps, plan.speed.up_kbps))
    values = plans.PlanValues(
        name, plan.speed.down_kbps, plan.speed.up_kbps, 0, slowed.down_kbps, slowed.up_kbps, plan.pool
    )
    plan_id = await plans.save(connection, actor, values)
    sql = "update plan set reply = $2::jsonb where id = $1"
    await connection.execute(sql, plan_id, json.dumps(group.pairs))
    report.taken["plans"] += 1
    return plan_id


def interim_s(groups: dict[str, Group], report: Report) -> int | None:
    """The interim interval most groups want, in seconds; the NAS get it. Others are reported."""
    said = Counter(g.replies.interim_s for g in groups.values() if g.replies.interim_s)
    if not said:
        return None
    usual = said.most_common(1)[0][0]
    for group in groups.values():
        if group.replies.interim_s not in (None, usual):
            why = f"interims are the NAS's; most groups say {usual} s"
            report.miss(Kind("radgroupreply", "Acct-Interim-Interval", "", "number", why), group.name)
    return usual
