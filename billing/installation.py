"""An empty installation becomes a provider: the one-time link is spent, company, first user and ladder are made."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace

from oss.base import audit, db
from oss.base.problems import InvalidInput, Problem
from oss.staff import companies, passwords, sign_in_rules, users

# Day after the due date, and what happens; the provider changes these rows as it likes.
ADMINISTRATOR = "admin"
LADDER = ((-3, "notice"), (1, "notice"), (5, "reduce"), (15, "wall"), (45, "cut"))


class LinkSpent(Problem):
    """This link was used already or is older than 24 hours. A new one: milha setup-link."""

    status = 410


@dataclass(frozen=True, slots=True)
class FirstUser:
    """The administrator with whom everything begins."""

    name: str
    login: str
    password: str = field(repr=False)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def look(token: str) -> None:
    """Raise LinkSpent unless the link still works."""
    sql = "select 1 from setup_link where token_hash = $1 and expires_at > now()"
    if not await db.fetchval(sql, _hash(token)) or await db.fetchval("select 1 from staff_user limit 1"):
        raise LinkSpent()


async def _demand_second_factor(connection: db.Connection, actor: audit.Actor) -> None:
    """Who may do everything has more than a password, from the first day on; the role's rules can be changed later."""
    rules = await sign_in_rules.rules_of(connection, ADMINISTRATOR)
    await sign_in_rules.save(connection, actor, ADMINISTRATOR, replace(rules, needs_second_factor=True))


async def begin(token: str, ip: str, company: companies.NewCompany, user: FirstUser) -> int:
    """Spend the link and make the provider, all or nothing; returns the first user's id."""
    actor = audit.Actor("system:setup", ip)
    weak = await passwords.weakness(user.password, [user.name, user.login, company.name, company.legal_name])
    async with db.transaction() as connection:
        tag = await connection.execute(
            "delete from setup_link where token_hash = $1 and expires_at > now() "
            "and not exists (select 1 from staff_user)",
            _hash(token),
        )
        if tag != "DELETE 1":
            raise LinkSpent()
        wrong: dict[str, str] = {"password": weak} if weak else {}
        user_id = company_id = 0
        try:
            company_id = await companies.add(connection, actor, company)
        except InvalidInput as problem:
            wrong |= problem.fields
        try:
            user_id = await users.add(connection, actor, user.login, user.name, user.password, ADMINISTRATOR)
        except InvalidInput as problem:
            wrong |= problem.fields
        if wrong:
            raise InvalidInput(wrong)
        await _demand_second_factor(connection, actor)
        await connection.executemany(
            "insert into dunning_step (company_id, day, action) values ($1, $2, $3)",
            [(company_id, day, action) for day, action in LADDER],
        )
    return user_id
