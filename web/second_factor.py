"""Between a right password and a session: what the role asks for, and the second factor.

A session in which a password was right holds PENDING and no user. What a role asks for is asked again at each
request, so that hours that end, and rules that change, end sessions.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from aiohttp_session import Session

from oss.base import clock
from oss.base.problems import Problem
from oss.staff import sign_in_rules, web_sessions
from oss.staff.factors import Standing

PENDING = "pending"
SET_UP = "/console/account/second-factor"
# What somebody may do whose role asks for a second factor they do not have yet.
OPEN_WITHOUT = (
    *("/console/account", "/console/first-steps/factor", "/console/prove", "/console/live"),
    *("/logout", "/preferences"),
)


class NeedsSecondFactor(Problem):
    """Your role needs a second factor. Set one up first."""

    status = 403


def objection(standing: Standing, ip: str, zone: str) -> Problem | None:
    """What the role has against this time (in the provider's zone) and this address."""
    return sign_in_rules.refusal(standing.rules, clock.now().astimezone(ZoneInfo(zone)), ip)


async def admit(session: Session, standing: Standing, ip: str, zone: str, path: str) -> None:
    """Raise what stands against a request of a signed-in user; outside hours and networks their session ends."""
    problem = objection(standing, ip, zone)
    if problem is not None:
        if session.identity:
            await web_sessions.delete(session.identity)
        session.invalidate()
        raise problem
    if standing.missing and not path.startswith(OPEN_WITHOUT):
        raise NeedsSecondFactor()
