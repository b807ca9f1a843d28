"""A day of logins before the demo's first start: those that were accepted, and refusals a person would look into."""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from oss.base import db

LAB_SEED = 7
HELD = """select a.login, a.contract_id, h.reason, coalesce(h.note, '') as note, coalesce(h.facts, '{}')::text as facts
from access_account a left join hold h on h.contract_id = a.contract_id and h.lifted_at is null"""


@dataclass(frozen=True, slots=True)
class Story:
    """A login that was refused: since when (hours back), for how many minutes, every so many; ``tries`` at most."""

    login: str
    nas: int
    reason: str
    hours_back: float
    minutes: int = 1
    every: int = 1
    tries: int = 1
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row of auth_reject to be: when each try came."""

    story: Story
    minute: datetime
    tries: list[datetime]


def stories(now: datetime) -> list[Story]:
    """A replaced router, one with a taken login, a swap of many at once, blocked ones that go on trying, strangers."""
    since = (now - timedelta(hours=9, minutes=12)).isoformat(timespec="seconds")
    taken = {"nas": "BNG-LAV-1", "since": since, "calling_station_id": mac("demo041")}
    found = [
        Story("demo004", 0, "wrong_password", 3.2, 26, 1, 3),
        Story("demo004", 0, "slowed", 3.0, 15, 2, 4, {"tries": "31"}),
        Story("demo007", 1, "wrong_password", 0.7, 40, 3, 2),
        Story("demo041", 1, "session_open", 1.6, 22, 2, 2, taken),
        Story("demo009", 0, "no_method", 7.4, 6, 3),
        Story("demo182", 0, "overdue", 23.9, 1430, 37),
        Story("*", 0, "unknown_login", 11.3, 5, 1, 14),
    ]
    found += [Story(f"demo{n}", 1, "wrong_password", 5.6 + (n - 120) / 30, 6, 1, 2) for n in range(120, 129)]
    found += [Story(f"demo{n}", 1, "manual", 23.8, 1420, 85 + 7 * (n - 195)) for n in range(195, 201)]
    strangers = (("admin", 2.4), ("teste", 8.7), ("demo201", 4.1), ("pppoe", 13.2), ("marlene.penedo", 16.5))
    return found + [Story(login, n % 2, "unknown_login", back, 12, 2, 2) for n, (login, back) in enumerate(strangers)]


def refusals(chance: random.Random, now: datetime) -> list[Refusal]:
    """The stories minute by minute, all in the day before ``now`` (a whole minute)."""
    return [
        _refusal(chance, story, now, passed)
        for story in stories(now)
        for passed in range(0, story.minutes, story.every)
    ]


def _refusal(chance: random.Random, story: Story, now: datetime, passed: int) -> Refusal:
    begun = (now - timedelta(hours=story.hours_back)).replace(second=0)
    minute = begun + timedelta(minutes=passed)
    count = chance.randint(1 + story.tries // 2, story.tries)
    tries = [minute + timedelta(seconds=chance.uniform(1, 58)) for _ in range(count)]
    return Refusal(story, minute, sorted(tries))


def per_minute(made: list[Refusal]) -> Counter[datetime]:
    """How many tries each minute has."""
    counted: Counter[datetime] = Counter()
    for one in made:
        counted[one.minute] += len(one.tries)
    return counted


async def write(
    connection: db.Connection, chance: random.Random, made: list[Refusal], accepted: list[datetime], dialled: list[str]
) -> None:
    """Fill auth_reject and auth_log; each accepted instant is the login of somebody ``dialled``."""
    nas = [row["id"] for row in await connection.fetch("select id from nas order by id")]
    held = {row["login"]: row for row in await connection.fetch(HELD)}
    columns = ["minute", "nas_id", "login", "reason", "detail", "facts", "contract_id", "count", "first_at", "last_at"]
    rows = [_row(one, nas, held.get(one.story.login)) for one in made]
    await connection.copy_records_to_table("auth_reject", records=rows, columns=columns)
    columns = ["at", "nas_id", "login", "reason", "calling_station_id", "nas_port_id"]
    entries = [*_refused(chance, made, nas), *_accepted(chance, accepted, dialled, nas)]
    await connection.copy_records_to_table("auth_log", records=entries, columns=columns)


def _row(one: Refusal, nas: list[int], held: Any | None) -> tuple[object, ...]:
    story, own = one.story, held is not None and held["reason"] == one.story.reason
    facts, detail = (held["facts"], held["note"]) if held is not None and own else (json.dumps(dict(story.facts)), "")
    contract = held["contract_id"] if held is not None else None
    ends = (len(one.tries), one.tries[0], one.tries[-1])
    return (one.minute, nas[story.nas], story.login, story.reason, detail, facts, contract, *ends)


def _refused(chance: random.Random, made: list[Refusal], nas: list[int]) -> Iterator[tuple[object, ...]]:
    for one in made:
        for at in one.tries:
            login = one.story.login if one.story.login != "*" else f"user{chance.randrange(10**5):05d}"
            yield at, nas[one.story.nas], login, one.story.reason, mac(login), port(login)


def _accepted(
    chance: random.Random, accepted: list[datetime], dialled: list[str], nas: list[int]
) -> Iterator[tuple[object, ...]]:
    for at in accepted:
        login = chance.choice(dialled)
        first = "demo011" <= login <= "demo095" or "demo183" <= login <= "demo188"  # see DIALLED of oss.demo
        yield at, nas[0 if first else 1], login, "", mac(login), port(login)


def mac(login: str) -> str:
    """The address of a login's router, as the lab makes it."""
    digest = hashlib.blake2b(f"{LAB_SEED}:{login}".encode(), digest_size=5).digest()
    return ":".join(f"{octet:02X}" for octet in (0x02, *digest))


def port(login: str) -> str:
    """Where it hangs, in the lab's spelling."""
    number = int(login[-3:]) if login[-3:].isdigit() else 0
    return f"olt1/0/{number // 64}/{number % 64}"
