"""Channels and steps as people write them: secrets stay sealed, a test message is really sent, failures are kept."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from oss.base import db, secrets
from oss.base.problems import Conflict, InvalidInput, NotFound
from oss.monitoring import channel_forms
from oss.monitoring.channel_forms import ChannelValues, StepValues
from oss.monitoring.channels import NotTold
from tests.conftest import TESTER

from .test_telling import Server, other

__all__ = ["other"]
HOOK = ChannelValues("On call", "webhook", {"url": "https://noc.example/hook"}, "shared-77")
URL = "https://milha.example"


async def saved(sealer: secrets.Sealer, values: ChannelValues, channel_id: int | None = None) -> int:
    async with db.transaction() as connection:
        return await channel_forms.save(connection, sealer, TESTER, values, channel_id)


async def secret_of(sealer: secrets.Sealer, key: int) -> str:
    sealed = await db.fetchval("select secret_sealed from alert_channel where id = $1", key)
    return sealer.open(sealed, f"alert_channel/secret_sealed/{key}").decode() if sealed else ""


async def test_a_secret_is_sealed_and_stays_until_another_is_typed(database: str, sealer: secrets.Sealer) -> None:
    key = await saved(sealer, HOOK)
    await saved(sealer, replace(HOOK, name="Night", secret=None), key)
    assert await secret_of(sealer, key) == "shared-77"
    await saved(sealer, replace(HOOK, secret="shared-78"), key)
    assert await secret_of(sealer, key) == "shared-78"
    row = await channel_forms.one(db.pool(), key)
    assert row["has_secret"] and "shared" not in str(dict(row))
    assert not any("shared" in str(dict(row)) for row in await db.fetch("select * from audit"))


async def test_another_kind_takes_no_old_secret_along(database: str, sealer: secrets.Sealer) -> None:
    key = await saved(sealer, HOOK)
    with pytest.raises(InvalidInput) as refused:
        await saved(sealer, ChannelValues("On call", "telegram", {"chat": "-100"}), key)
    assert list(refused.value.fields) == ["secret"]
    await saved(sealer, ChannelValues("On call", "email", {"address": "noc@example.net", "url": "x"}), key)
    row = await channel_forms.one(db.pool(), key)
    assert (json.loads(row["settings"]), row["has_secret"]) == ({"address": "noc@example.net"}, False)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"kind": "pigeon"}, "kind"),
        ({"settings": {}}, "url"),
        ({"settings": {"url": "ftp://x"}}, "url"),
        ({"settings": {"url": "javascript:alert(1)"}}, "url"),
        ({"secret": None}, "secret"),
        ({"secret": "x" * 401}, "secret"),
        ({"kind": "email", "settings": {"address": "noc"}}, "address"),
        ({"kind": "telegram", "settings": {"chat": "my chat"}}, "chat"),
    ],
)
async def test_what_is_wrong_is_told_at_its_field(
    database: str, sealer: secrets.Sealer, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await saved(sealer, replace(HOOK, **change))
    assert list(refused.value.fields) == [field]
    assert await db.fetchval("select count(*) from alert_channel") == 0


async def test_a_name_is_had_once(database: str, sealer: secrets.Sealer) -> None:
    await saved(sealer, HOOK)
    with pytest.raises(Conflict):
        await saved(sealer, HOOK)


async def test_a_test_message_arrives_or_says_why_not(
    database: str, sealer: secrets.Sealer, other: tuple[Server, str]
) -> None:
    heard, url = other
    key = await saved(sealer, replace(HOOK, settings={"url": f"{url}hook"}))
    await channel_forms.test(sealer, TESTER, key, "Ana", URL, "pt-BR")
    ((path, headers, body),) = heard.heard
    assert (path, json.loads(body)["test"]) == ("/hook", True) and "X-Milha-Signature" in headers
    heard.status = 403
    with pytest.raises(NotTold, match="HTTP 403"):
        await channel_forms.test(sealer, TESTER, key, "Ana", URL, "pt-BR")
    assert (await channel_forms.one(db.pool(), key))["failure"] == "HTTP 403"
    heard.status = 200
    await channel_forms.test(sealer, TESTER, key, "Ana", URL, "pt-BR")
    assert (await channel_forms.one(db.pool(), key))["failed_at"] is None
    assert await db.fetchval("select count(*) from audit where action = 'alert_channel.tested'") == 3


async def test_a_chat_reads_who_sent_the_test(database: str, sealer: secrets.Sealer, other: tuple[Server, str]) -> None:
    heard, url = other
    key = await saved(
        sealer, ChannelValues("Plantão", "telegram", {"chat": "-100", "server": url.rstrip("/")}, "42:token")
    )
    await channel_forms.test(sealer, TESTER, key, "Ana", URL, "pt-BR")
    ((path, _, body),) = heard.heard
    assert path == "/bot42:token/sendMessage"
    assert "Mensagem de teste de Ana" in json.loads(body)["text"]


async def test_steps_are_made_changed_and_deleted_with_their_channel(database: str, sealer: secrets.Sealer) -> None:
    key, another = await saved(sealer, HOOK), await saved(sealer, replace(HOOK, name="Another"))
    async with db.transaction() as connection:
        step = await channel_forms.save_step(connection, TESTER, key, StepValues("warning", 600, [5, 1, 1], 1320, 360))
        await channel_forms.save_step(connection, TESTER, key, StepValues("critical", 0), step)
        with pytest.raises(NotFound):
            await channel_forms.save_step(connection, TESTER, another, StepValues(), step)
        await channel_forms.save_step(connection, TESTER, another, StepValues())
    (first,) = await channel_forms.steps(key)
    assert (first["severity"], first["after_s"], first["version"]) == ("critical", 0, 2)
    async with db.transaction() as connection:
        await channel_forms.remove_step(connection, TESTER, key, step)
        await channel_forms.remove(connection, TESTER, another)
    assert await channel_forms.steps() == []
    noted = [
        row["action"] for row in await db.fetch("select action from audit where action like 'alert_step%' order by id")
    ]
    assert noted == ["alert_step.saved"] * 3 + ["alert_step.removed"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"severity": "loud"}, "severity"),
        ({"after_s": 604_801}, "after_s"),
        ({"days": []}, "days"),
        ({"days": [8]}, "days"),
        ({"from_minute": 1441}, "from_minute"),
        ({"from_minute": 600, "until_minute": 600}, "until_minute"),
    ],
)
async def test_a_step_that_makes_no_sense_is_refused(
    database: str, sealer: secrets.Sealer, change: dict[str, Any], field: str
) -> None:
    key = await saved(sealer, HOOK)
    with pytest.raises(InvalidInput) as refused:
        async with db.transaction() as connection:
            await channel_forms.save_step(connection, TESTER, key, replace(StepValues(), **change))
    assert list(refused.value.fields) == [field]
