"""Ways to tell people of incidents, and the steps in which it is done: written by people, tried, and what failed."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from oss.base import audit, audit_names, clock, db
from oss.base.problems import Conflict, InvalidInput, NotFound
from oss.base.secrets import Sealer
from oss.monitoring.channels import Message, NotTold, channels
from oss.monitoring.rules import SEVERITIES
from oss.monitoring.telling import PLACE, SEVERITY
from oss.network import rows

SELECT = """select c.id, c.name, c.kind, c.settings::text as settings, c.secret_sealed is not null as has_secret,
  c.enabled, c.version, c.failed_at, c.failure,
  (select max(m.sent_at) from alert_message m join alert_step s on s.id = m.step_id
    where s.channel_id = c.id) as sent_at,
  (select count(*) from alert_step s where s.channel_id = c.id) as steps from alert_channel c"""
STEPS = """select s.id, s.channel_id, s.severity, s.after_s, s.days, s.from_minute, s.until_minute, s.tells_the_end,
  s.version, c.name as channel, c.kind, c.enabled from alert_step s join alert_channel c on c.id = s.channel_id"""
STEPS_ORDER = " order by s.after_s, array_position(array['critical', 'warning', 'notice'], s.severity), c.name, s.id"
FAILED = "update alert_channel set failed_at = now(), failure = left($2, 300) where id = $1"
WELL = "update alert_channel set failed_at = null, failure = '' where id = $1"
OPTIONAL: Final = ("server", "port", "version", "inform", "user", "auth", "priv", "root")
LONGEST_SECRET, LONGEST_SETTING, LONGEST_WAIT_S = 400, 400, 604_800
SETTING_PATTERNS: Final = {
    "address": (re.compile(r"[!-?A-~]{1,64}@[!-?A-~]{1,95}"), "must be an address such as maria@example.com"),
    "url": (re.compile(r"https?://[!-~]{3,390}"), "must begin with https:// or http://"),
    "server": (re.compile(r"https?://[!-~]{3,390}"), "must begin with https:// or http://"),
    "host": (re.compile(r"[A-Za-z0-9._:-]{1,253}"), "must be an address or a name"),
    "port": (re.compile(r"[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5]"), "is not a port"),
    "version": (re.compile(r"2c|3"), "is not one of the choices"),
    "inform": (re.compile(r"yes"), "is not one of the choices"),
    "user": (re.compile(r"[!-~]{1,32}"), "must not hold spaces"),
    "auth": (re.compile(r"none|md5|sha|sha224|sha256|sha384|sha512"), "is not one of the choices"),
    "priv": (re.compile(r"none|des|aes|aes192|aes256|aes192c|aes256c"), "is not one of the choices"),
    "root": (re.compile(r"[012](\.(0|[1-9]\d{0,8})){2,60}"), "must be an OID such as 1.3.6.1.4.1.2011"),
    "chat": (re.compile(r"-?[0-9]{1,20}|@[A-Za-z0-9_]{4,64}"), "must be a chat's number, or @ and its name"),
}
TEST: Final = {
    "pt-BR": "Mensagem de teste de {who}: se você lê isto, o canal “{name}” funciona",
    "en": "A test message of {who}: if you read this, the channel “{name}” works",
}

audit_names.called("alert_channel", "select id, name, id as inside from alert_channel where id = any($1::bigint[])")


@dataclass(frozen=True, slots=True)
class ChannelValues:
    """One way: ``kind`` is a file of `channels`, ``settings`` are its; ``secret`` None keeps the present one."""

    name: str
    kind: str
    settings: Mapping[str, str]
    secret: str | None = field(default=None, repr=False)
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class StepValues:
    """Who is told when: see table ``alert_step``. Minutes are those of the provider's day; days 1 (Monday) to 7."""

    severity: str = "critical"
    after_s: int = 0
    days: Sequence[int] = (1, 2, 3, 4, 5, 6, 7)
    from_minute: int = 0
    until_minute: int = 1440
    tells_the_end: bool = True


# ------------------------------------------------------------ channels


def _nothing_wrong(settings: Mapping[str, str]) -> dict[str, str]:
    """Of kinds whose settings say nothing of each other."""
    del settings
    return {}


def _check(values: ChannelValues, has_secret: bool) -> dict[str, str]:
    """The settings that are wrong, by name."""
    wrong = {}
    if not 1 <= len(values.name.strip()) <= 60:
        wrong["name"] = "1 to 60 characters"
    kind = channels().get(values.kind)
    if kind is None:
        return wrong | {"kind": "is not one of the choices"}
    for name in kind.SETTINGS:
        text, (pattern, told) = values.settings.get(name, ""), SETTING_PATTERNS[name]
        if not text and name not in OPTIONAL:
            wrong[name] = "must not be empty"
        elif text and (len(text) > LONGEST_SETTING or not pattern.fullmatch(text)):
            wrong[name] = told
    wrong |= getattr(kind, "wrong", _nothing_wrong)(values.settings)
    if kind.SECRET and not values.secret and not has_secret:
        wrong["secret"] = "must not be empty"
    if len((values.secret or "").encode("utf-8", "surrogatepass")) > LONGEST_SECRET:
        wrong["secret"] = f"at most {LONGEST_SECRET} octets"
    return wrong


async def taken(connection: db.Connection, name: str, channel_id: int | None) -> str | None:
    """What is wrong with a name that another channel has."""
    return "already taken" if await rows.taken(connection, "alert_channel", name.strip(), channel_id) else None


async def save(
    connection: db.Connection, sealer: Sealer, actor: audit.Actor, values: ChannelValues, channel_id: int | None = None
) -> int:
    """Make a channel, or change it; returns its id. Another kind or address takes no old secret along."""
    before = await _locked(connection, channel_id) if channel_id else None
    kept = before is not None and before["kind"] == values.kind and before["secret_sealed"] is not None
    if wrong := _check(values, kept):
        raise InvalidInput(wrong)
    if await taken(connection, values.name, channel_id):
        raise Conflict(thing="name", value=values.name)
    settings = {name: values.settings[name] for name in channels()[values.kind].SETTINGS if values.settings.get(name)}
    columns = {"name": values.name.strip(), "kind": values.kind, "enabled": values.enabled, "settings": settings}
    saved = channel_id or await connection.fetchval("select nextval('alert_channel_id_seq')")
    sealed = sealer.seal(values.secret, f"{PLACE}/{saved}") if values.secret else None
    if sealed is None and kept and before is not None:
        sealed = before["secret_sealed"]
    sql = """insert into alert_channel (id, name, kind, enabled, settings, secret_sealed)
values ($1, $2, $3, $4, $5::jsonb, $6) on conflict (id) do update set name = excluded.name, kind = excluded.kind,
  enabled = excluded.enabled, settings = excluded.settings, secret_sealed = excluded.secret_sealed"""
    await connection.execute(sql, saved, *list(columns.values())[:3], json.dumps(settings), sealed)
    changes = {"made": True} if before is None else audit.changed(before, columns)
    told = {"name": columns["name"], "secret_changed": bool(values.secret), **changes}
    await audit.note(connection, actor, "alert_channel.saved", "alert_channel", saved, **told)
    return int(saved)


async def _locked(connection: db.Connection, channel_id: int) -> dict[str, Any]:
    row = await connection.fetchrow("select * from alert_channel where id = $1 for update", channel_id)
    if row is None:
        raise NotFound(thing="alert channel")
    return {**row, "settings": json.loads(row["settings"])}


async def remove(connection: db.Connection, actor: audit.Actor, channel_id: int) -> str:
    """Delete a channel with its steps; returns its name."""
    before = await _locked(connection, channel_id)
    await connection.execute("delete from alert_channel where id = $1", channel_id)
    await audit.note(connection, actor, "alert_channel.removed", "alert_channel", channel_id, name=before["name"])
    return str(before["name"])


async def one(connection: db.Connection, channel_id: int) -> Any:
    """A channel's row, without its secret; whether it has one. Raises NotFound."""
    row = await connection.fetchrow(SELECT + " where c.id = $1", channel_id)
    if row is None:
        raise NotFound(thing="alert channel")
    return row


async def every() -> Sequence[Any]:
    """All channels by name."""
    return await db.fetch(SELECT + " order by c.name limit 500")


# ------------------------------------------------------------ a message to try it


async def test(sealer: Sealer, actor: audit.Actor, channel_id: int, who: str, url: str, language: str) -> None:
    """Send a message by a channel now, as it stands; that it was tried, and whether it failed, is kept.

    Raises NotTold with what the other end said.
    """
    async with db.transaction() as connection:
        row = await _locked(connection, channel_id)
        await audit.note(connection, actor, "alert_channel.tested", "alert_channel", channel_id, name=row["name"])
    kind = channels().get(row["kind"])
    secret = sealer.open(row["secret_sealed"], f"{PLACE}/{channel_id}").decode() if row["secret_sealed"] else ""
    try:
        if kind is None:
            raise NotTold(why=f"there is no channel {row['kind']}")
        async with db.transaction() as connection:
            await kind.send(connection, _message(row["name"], who, url, language), row["settings"], secret)
    except NotTold as problem:
        await db.execute(FAILED, channel_id, str(problem.facts.get("why") or problem))
        raise
    await db.execute(WELL, channel_id)


def _message(name: str, who: str, url: str, language: str) -> Message:
    what = TEST[language].format(who=who, name=name)
    facts = {"severity": SEVERITY[language]["notice"], "what": what, "since": clock.now().strftime("%d/%m %H:%M UTC")}
    facts |= {"until": "", "lasted": "", "customers": "0", "cost": "–"}
    link = f"{url.rstrip('/')}/console/alert-channels"
    return Message(f"test-{uuid.uuid4()}", "began", language, {**facts, "link": link}, {"test": True, "channel": name})


# ------------------------------------------------------------ steps


def _check_step(values: StepValues) -> None:
    wrong = {}
    if values.severity not in SEVERITIES:
        wrong["severity"] = "is not one of the choices"
    if not 0 <= values.after_s <= LONGEST_WAIT_S:
        wrong["after_s"] = "at most a week"
    if not values.days or not set(values.days) <= set(range(1, 8)):
        wrong["days"] = "at least one day"
    for name in ("from_minute", "until_minute"):
        if not 0 <= getattr(values, name) <= 1440:
            wrong[name] = "must be a time of the day"
    if values.from_minute == values.until_minute:
        wrong["until_minute"] = "must differ from the beginning"
    if wrong:
        raise InvalidInput(wrong)


async def save_step(
    connection: db.Connection, actor: audit.Actor, channel_id: int, values: StepValues, step_id: int | None = None
) -> int:
    """Make a step of a channel, or change it; returns its id."""
    _check_step(values)
    channel = await _locked(connection, channel_id)
    columns: dict[str, Any] = asdict(values) | {"days": sorted(set(values.days)), "channel_id": channel_id}
    if step_id is not None:
        await step(connection, channel_id, step_id)
    saved, changes = await rows.put(connection, "alert_step", "alert step", columns, step_id)
    await audit.note(
        connection, actor, "alert_step.saved", "alert_channel", channel_id, name=channel["name"], **changes
    )
    return saved


async def remove_step(connection: db.Connection, actor: audit.Actor, channel_id: int, step_id: int) -> None:
    """Delete a step: what was told by it is no longer known to have been."""
    row = await step(connection, channel_id, step_id)
    await connection.execute("delete from alert_step where id = $1", step_id)
    await audit.note(connection, actor, "alert_step.removed", "alert_channel", channel_id, name=row["channel"])


async def step(connection: db.Connection, channel_id: int, step_id: int) -> Any:
    """One step of a channel. Raises NotFound."""
    row = await connection.fetchrow(STEPS + " where s.id = $1 and s.channel_id = $2", step_id, channel_id)
    if row is None:
        raise NotFound(thing="alert step")
    return row


async def steps(channel_id: int | None = None) -> Sequence[Any]:
    """The steps in the order they are taken; of one channel, or all."""
    where = " where $1::bigint is null or s.channel_id = $1"
    return await db.fetch(STEPS + where + STEPS_ORDER + " limit 1000", channel_id)
