"""Who is told of an incident, when and how often; by a real mailbox folder, a real web server."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from oss.base import db, secrets
from oss.monitoring import channels, telling
from oss.monitoring.channels import NotTold
from oss.monitoring.incident_rows import IncidentEnded
from oss.monitoring.telling import MessageDue
from oss.notify import outbox

ALL_DAY = {"after_s": 0, "days": [1, 2, 3, 4, 5, 6, 7], "from_minute": 0, "until_minute": 1440}


class Server:
    """Somebody else's web server: what it was told, and what it says."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[str, str], bytes]] = []
        self.status = 200

    async def take(self, request: web.Request) -> web.Response:
        self.heard.append((request.path, dict(request.headers), await request.read()))
        return web.Response(status=self.status)


@pytest.fixture
async def other(aiohttp_server: Any) -> tuple[Server, str]:
    one, app = Server(), web.Application()
    app.router.add_post("/{tail:.*}", one.take)
    running = await aiohttp_server(app)
    return one, str(running.make_url("/"))


@pytest.fixture
def post(database: str, sealer: secrets.Sealer, open_tmp: Path) -> Path:
    """The process tells with these; mail goes into a folder."""
    outbox.open_with(sealer, f"file://{open_tmp}/mail", "noc@example.net")
    telling.open_with(sealer, "https://milha.example")
    return open_tmp / "mail"


async def channel(sealer: secrets.Sealer, kind: str, settings: dict[str, str], secret: str = "", **step: Any) -> int:
    key: int = await db.fetchval(
        "insert into alert_channel (name, kind, settings) values ($1, $2, $3::jsonb) returning id",
        f"{kind} of the night {await db.fetchval('select count(*) from alert_channel')}",
        kind,
        json.dumps(settings),
    )
    if secret:
        sealed = sealer.seal(secret, f"alert_channel/secret_sealed/{key}")
        await db.execute("update alert_channel set secret_sealed = $2 where id = $1", key, sealed)
    values = {"severity": "warning", **ALL_DAY, **step}
    names = ", ".join(values)
    places = ", ".join(f"${n}" for n in range(2, len(values) + 2))
    sql = f"insert into alert_step (channel_id, {names}) values ($1, {places})"
    await db.execute(sql, key, *values.values())
    return key


async def incident(severity: str = "critical", opened: str = "0 s", **more: Any) -> int:
    key: int = await db.fetchval(
        "insert into incident (why, at_kind, at_id, at_name, severity, began_at, opened_at, customers, monthly_cents, "
        "in_maintenance) values ('cut', 'pon', 7, 'olt-1 0/1/3', $1, now() - $2::text::interval, "
        "now() - $2::text::interval, 64, 703360, $3) returning id",
        severity,
        opened,
        more.get("in_maintenance", False),
    )
    return key


async def tell_all() -> list[MessageDue]:
    """Look, then do what the jobs would."""
    async with db.transaction() as connection:
        await telling.look(connection)
    rows = await db.fetch("select incident_id, step_id, turn from alert_message where sent_at is null order by at")
    due = [MessageDue(*row) for row in rows]
    for one in due:
        async with db.transaction() as connection:
            await telling.tell(connection, one)
    return due


async def test_a_webhook_is_told_once_with_a_signature_that_fits(other: Any, post: Path, sealer: Any) -> None:
    heard, url = other
    await channel(sealer, "webhook", {"url": f"{url}hook"}, secret="shared")
    key = await incident()
    await tell_all()
    await tell_all()
    ((path, headers, body),) = heard.heard
    said = json.loads(body)
    assert (path, said["id"], said["turn"], said["customers"]) == ("/hook", key, "began", 64)
    stamp, mark = (part.partition("=")[2] for part in headers["X-Milha-Signature"].split(","))
    assert mark == hmac.new(b"shared", f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()


async def test_a_chat_is_told_what_where_and_what_it_costs(other: Any, post: Path, sealer: Any) -> None:
    heard, url = other
    await channel(sealer, "telegram", {"chat": "-100", "server": url}, secret="42:token")
    await incident()
    await tell_all()
    ((path, _, body),) = heard.heard
    said = json.loads(body)
    assert path == "/bot42:token/sendMessage" and said["chat_id"] == "-100"
    assert said["text"].startswith("Crítico: Fibra rompida em olt-1 0/1/3") and "R$ 9,64" in said["text"]


async def test_an_e_mail_is_queued_with_its_words(post: Path, sealer: Any) -> None:
    await channel(sealer, "email", {"address": "noc@example.net"})
    key = await incident()
    await tell_all()
    row = await db.fetchrow("select recipient, template, facts_sealed, id from mail")
    facts = json.loads(sealer.open(row["facts_sealed"], f"mail/facts_sealed/{row['id']}"))
    assert (row["recipient"], row["template"]) == ("noc@example.net", "incident_began")
    assert facts["link"] == f"https://milha.example/console/incidents/{key}"


async def test_the_next_step_is_taken_when_nobody_has_acknowledged(other: Any, post: Path, sealer: Any) -> None:
    heard, url = other
    await channel(sealer, "webhook", {"url": f"{url}first"}, "s")
    await channel(sealer, "webhook", {"url": f"{url}later"}, "s", after_s=900)
    await incident(opened="10 minutes")
    await tell_all()
    assert [path for path, _, _ in heard.heard] == ["/first"]
    await db.execute("update incident set opened_at = now() - interval '16 minutes', acknowledged_at = now()")
    await tell_all()
    assert len(heard.heard) == 1
    await db.execute("update incident set acknowledged_at = null")
    await tell_all()
    assert [path for path, _, _ in heard.heard] == ["/first", "/later"]


@pytest.mark.parametrize(
    ("severity", "step", "told"),
    [
        ("critical", {"severity": "critical"}, True),
        ("warning", {"severity": "critical"}, False),
        ("critical", {"severity": "notice"}, True),
        ("critical", {"days": []}, False),
        ("critical", {"from_minute": 0, "until_minute": 0}, False),
        ("critical", {"from_minute": 1, "until_minute": 1}, False),
    ],
)
async def test_a_step_is_for_its_gravity_days_and_hours(
    severity: str, step: dict[str, Any], told: bool, post: Path, sealer: Any
) -> None:
    await channel(sealer, "email", {"address": "noc@example.net"}, **step)
    await incident(severity)
    assert bool(await tell_all()) is told


async def test_hours_may_go_over_midnight(post: Path, sealer: Any) -> None:
    minute = await db.fetchval(
        "select (extract(hour from t) * 60 + extract(minute from t))::int from (select now() at time zone $1 as t) x",
        await db.fetchval(telling.ZONE),
    )
    around = {"from_minute": (minute - 60) % 1440, "until_minute": (minute + 60) % 1440}
    beside = {"from_minute": (minute + 60) % 1440, "until_minute": (minute - 60) % 1440}
    await channel(sealer, "email", {"address": "a@example.net"}, **around)
    await channel(sealer, "email", {"address": "b@example.net"}, **beside)
    await incident()
    await tell_all()
    assert [row["recipient"] for row in await db.fetch("select recipient from mail")] == ["a@example.net"]


async def test_what_is_under_maintenance_is_told_to_nobody(post: Path, sealer: Any) -> None:
    await channel(sealer, "email", {"address": "noc@example.net"})
    await incident(in_maintenance=True)
    assert await tell_all() == []


async def test_the_end_is_told_to_whom_the_beginning_was(other: Any, post: Path, sealer: Any) -> None:
    heard, url = other
    await channel(sealer, "webhook", {"url": f"{url}told"}, "s")
    await channel(sealer, "webhook", {"url": f"{url}not"}, "s", after_s=3_600)
    key = await incident(opened="90 minutes")
    await db.execute("update alert_step set after_s = 36000 where after_s > 0")
    await tell_all()
    await db.execute("update incident set ended_at = now()")
    async with db.transaction() as connection:
        await telling.ended(connection, IncidentEnded(key))
    await tell_all()
    assert [(path, json.loads(body)["turn"]) for path, _, body in heard.heard] == [
        ("/told", "began"),
        ("/told", "ended"),
    ]


async def test_a_failure_is_kept_and_tried_again(other: Any, post: Path, sealer: Any) -> None:
    heard, url = other
    await channel(sealer, "webhook", {"url": f"{url}hook"}, "s")
    await incident()
    heard.status = 503
    with pytest.raises(NotTold, match="HTTP 503"):
        await tell_all()
    row = await db.fetchrow("select m.tries, c.failure from alert_message m, alert_channel c")
    assert (row["tries"], row["failure"]) == (1, "The message did not arrive: HTTP 503.")
    heard.status = 204
    await tell_all()
    assert len(heard.heard) == 2 and await db.fetchval("select sent_at is not null from alert_message")


async def test_an_error_names_no_address_for_it_may_hold_a_secret(post: Path, sealer: Any) -> None:
    await channel(sealer, "telegram", {"chat": "1", "server": "http://127.0.0.1:9"}, secret="42:token")
    await incident()
    with pytest.raises(NotTold) as raised:
        await tell_all()
    assert "token" not in str(raised.value)


def test_every_channel_says_what_it_needs() -> None:
    assert set(channels.channels()) >= {"email", "webhook", "telegram"}
    for one in channels.channels().values():
        assert all(isinstance(name, str) for name in one.SETTINGS) and one.SECRET in (True, False)
