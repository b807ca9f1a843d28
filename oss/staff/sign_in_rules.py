"""When, from where and with what a role may sign in: said on the role's row, asked at the sign-in and at requests."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from oss.base import audit, db
from oss.base.problems import Forbidden, InvalidInput, NotFound, Problem
from oss.staff import roles

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
MOST_NETWORKS = 50
# Columns of a query whose ``o`` is a role.
COLUMNS = "o.needs_second_factor, o.hours, o.networks::text[] as networks"
READ = f"select {COLUMNS} from role o where o.key = $1"
SAVE = """update role set needs_second_factor = $2, hours = $3::jsonb, networks = $4::text[]::cidr[]
where key = $1"""


class OutsideHours(Forbidden):
    """Your role signs in at certain hours only, and this is none of them. Ask an administrator if that is wrong."""


class OutsideNetworks(Forbidden):
    """Your role signs in from certain networks only, and {ip} is in none. Ask an administrator if that is wrong."""


class NoFactorYourself(Forbidden):
    """You have no second factor yourself, and will be led to set one up before anything else."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Days of the week (0 is Monday) on which a span of the day begins; one that ends before it begins goes on to the
    next day. Times are the provider's."""

    days: frozenset[int]
    begin: time
    end: time

    def holds(self, local: datetime) -> bool:
        """Whether an instant of the provider's zone lies in them."""
        at, today = local.time(), local.weekday()
        if self.begin < self.end:
            return today in self.days and self.begin <= at < self.end
        yesterday = (local.date() - timedelta(days=1)).weekday()
        return (today in self.days and at >= self.begin) or (yesterday in self.days and at < self.end)


@dataclass(frozen=True, slots=True)
class SignInRules:
    """What one role is asked for; ``hours`` None: always; no ``networks``: from everywhere."""

    needs_second_factor: bool = False
    hours: Hours | None = None
    networks: tuple[Network, ...] = ()


FREE = SignInRules()


def refusal(rules: SignInRules, local: datetime, ip: str) -> Problem | None:
    """Why somebody may not be here, at this time of the provider's zone, from this address."""
    if rules.hours is not None and not rules.hours.holds(local):
        return OutsideHours()
    if rules.networks and not _within(ip, rules.networks):
        return OutsideNetworks(ip=ip)
    return None


def _within(ip: str, networks: tuple[Network, ...]) -> bool:
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return any(mapped in network for network in networks)


def of_row(row: Any) -> SignInRules:
    """The rules in a row with COLUMNS."""
    hours = json.loads(row["hours"]) if row["hours"] else None
    networks = tuple(ipaddress.ip_network(one) for one in row["networks"] or ())
    return SignInRules(row["needs_second_factor"], _hours(hours) if hours else None, networks)


def _hours(kept: dict[str, Any]) -> Hours:
    return Hours(frozenset(kept["days"]), time.fromisoformat(kept["from"]), time.fromisoformat(kept["to"]))


async def rules_of(connection: db.Connection, role_key: str) -> SignInRules:
    """The rules of a role."""
    row = await connection.fetchrow(READ, role_key)
    if row is None:
        raise NotFound(thing="role")
    return of_row(row)


async def every() -> dict[str, SignInRules]:
    """The rules of all roles, by key."""
    return {row["key"]: of_row(row) for row in await db.fetch(f"select o.key, {COLUMNS} from role o")}


def parse_networks(text: str) -> tuple[Network, ...]:
    """Addresses and prefixes, by spaces, commas or lines; raises InvalidInput."""
    words = text.replace(",", " ").split()
    try:
        found = tuple(ipaddress.ip_network(word) for word in words)
    except ValueError:
        raise InvalidInput({"networks": "must be an address or a prefix such as 10.0.0.0/24"}) from None
    if len(found) > MOST_NETWORKS:
        raise InvalidInput({"networks": f"at most {MOST_NETWORKS} networks"})
    return found


async def save(connection: db.Connection, actor: audit.Actor, role: str, rules: SignInRules) -> None:
    """Change a role's rules; they hold from the next request on."""
    await roles.lock(connection)
    old, kept = _kept(await rules_of(connection, role)), _kept(rules)
    if kept == old:
        return
    hours = json.dumps(kept["hours"]) if kept["hours"] else None
    await connection.execute(SAVE, role, rules.needs_second_factor, hours, kept["networks"] or None)
    await audit.note(connection, actor, "role.sign_in_rules", "role", role, **audit.changed(old, kept))


def _kept(rules: SignInRules) -> dict[str, Any]:
    span = rules.hours
    hours = {"days": sorted(span.days), "from": f"{span.begin:%H:%M}", "to": f"{span.end:%H:%M}"} if span else None
    networks = [str(one) for one in rules.networks]
    return {"needs_second_factor": rules.needs_second_factor, "hours": hours, "networks": networks}
