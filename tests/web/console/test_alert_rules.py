"""Alert rules and channels in the console: written, tried before they are saved, switched, told by a test message."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest

from oss.base import clock, db, secrets
from oss.monitoring import channel_forms
from oss.monitoring.channel_forms import ChannelValues
from oss.monitoring.kinds import DEVICE
from oss.monitoring.samples import NAN, Sample, write
from tests.conftest import TESTER
from tests.oss.monitoring.test_telling import Server, other
from tests.oss.network.drawn import draw
from web.console import alert_channel_words

from .conftest import Console, audited

__all__ = ["other"]
SAID = re.compile(r'id="(\w+)-wrong" role="alert" data-said')
HIDDEN = re.compile(r'name="(form_version|form_base)" value="([^"]*)"')
RULE = {
    "name": "Processador cheio",
    "looks_at": "device.cpu_pct",
    "kind": "threshold",
    "limit": "92,5",
    "side": "above",
    "window_s": "",
    "margin": "5",
    "severity": "warning",
    "raise_s": "300",
    "clear_s": "300",
    "flaps": "6",
    "flap_window_s": "600",
    "settle_s": "600",
    "enabled": "1",
    "site_id": "",
    "device_id": "",
    "role": "",
}
CHANNEL = {"name": "Plantão", "kind": "webhook", "address": "", "chat": "", "server": "", "secret": "segredo-77"}


async def busy(device: int, minutes: int) -> None:
    """A processor that was busy for so long, two hours ago."""
    start = clock.now().timestamp() - 7200
    values = [97.0] * minutes + [30.0] * 60
    polls = [Sample(start + n * 60, device, DEVICE, (device,), (one, *[NAN] * 4)) for n, one in enumerate(values)]
    async with db.pool().acquire() as connection:
        await write(connection, polls)


async def test_a_rule_is_made_as_it_is_typed_and_told_in_words(console: Console) -> None:
    answer = await console.post("/console/alert-rules", RULE)
    assert (answer.status, answer.place) == (303, "/console/alert-rules")
    row = await db.fetchrow("select * from alert_rule where name = 'Processador cheio'")
    assert json.loads(row["condition"]) == {"kind": "threshold", "limit": 92.5, "side": "above", "margin": 5.0}
    page = await console.get("/console/alert-rules")
    assert "CPU acima de 92,5 %" in page.text and "após 5 min" in page.text
    assert "ONU fora" in page.text and "Aparelho não responde" in page.text  # those that come with the house
    assert len(await audited("alert_rule.saved")) == 1
    form = await console.get(f"/console/alert-rules/{row['id']}")
    assert 'value="92,5"' in form.raw


async def test_what_is_wrong_is_told_at_its_field(console: Console) -> None:
    for change in (
        {"name": ""},
        {"limit": "muito"},
        {"raise_s": "99999999"},
        {"kind": "rate", "window_s": "0"},
        {"kind": "offline", "window_s": "60"},
        {"device_id": "999"},
    ):
        answer = await console.post("/console/alert-rules", RULE | change)
        field = "window_s" if change.get("kind") == "rate" else next(iter(change))
        assert answer.status == 422 and SAID.findall(answer.raw) == [field], change
    assert await db.fetchval("select count(*) from alert_rule where name = 'Processador cheio'") == 0


async def test_a_rule_is_tried_before_it_is_saved(console: Console, sealer: secrets.Sealer) -> None:
    async with db.transaction() as connection:
        drawn = await draw(connection, sealer)
    await busy(drawn.devices["core"], 20)
    before = await db.fetchval("select count(*) from audit")
    answer = await console.post("/console/alert-rules/try", RULE)
    assert answer.status == 200
    assert "Teria aberto 1 incidente em 30 dias." in answer.text and "core" in answer.text and "25 min" in answer.text
    assert 'value="92,5"' in answer.raw and "Processador cheio" in answer.raw
    quiet = await console.post("/console/alert-rules/try", RULE | {"raise_s": "3600"})
    assert "Não teria aberto nada em 30 dias." in quiet.text
    wrong = await console.post("/console/alert-rules/try", RULE | {"limit": "x"})
    assert wrong.status == 200 and SAID.findall(wrong.raw) == ["limit"]
    counts = await db.fetchrow("select (select count(*) from audit) as a, (select count(*) from incident) as i")
    assert tuple(counts) == (before, 0)


async def test_a_rule_is_switched_off_and_on_and_deleted(console: Console) -> None:
    key = await db.fetchval("select id from alert_rule where name = 'ONU is away'")
    answer = await console.post(f"/console/alert-rules/{key}/switch?on=0")
    assert answer.status == 303 and not await db.fetchval("select enabled from alert_rule where id = $1", key)
    page = await console.get("/console/alert-rules")
    assert "ONU fora está desligada" in page.text and f"/console/alert-rules/{key}/switch?on=1" in page.raw
    assert "Excluir ONU fora?" in (await console.get(f"/console/alert-rules/{key}/remove")).text
    await console.post(f"/console/alert-rules/{key}/remove")
    assert await db.fetchval("select count(*) from alert_rule where id = $1", key) == 0
    assert len(await audited("alert_rule.removed")) == 1


async def test_a_rule_that_somebody_saved_meanwhile_shows_both(console: Console) -> None:
    await console.post("/console/alert-rules", RULE)
    key = await db.fetchval("select id from alert_rule where name = 'Processador cheio'")
    form = await console.get(f"/console/alert-rules/{key}")
    hidden = {name: html.unescape(value) for name, value in HIDDEN.findall(form.raw)}
    await db.execute("update alert_rule set raise_s = 60 where id = $1", key)
    answer = await console.post(f"/console/alert-rules/{key}", RULE | hidden | {"raise_s": "120"})
    assert answer.status == 409
    assert await db.fetchval("select raise_s from alert_rule where id = $1", key) == 60


@pytest.fixture
async def channel(console: Console, other: tuple[Server, str]) -> int:
    fields = CHANNEL | {"url": f"{other[1]}hook", "enabled": "1"}
    answer = await console.post("/console/alert-channels", fields)
    assert answer.status == 303, SAID.findall(answer.raw)
    return int(answer.place.rpartition("/")[2])


async def test_a_channel_is_made_and_its_secret_never_shown(console: Console, channel: int) -> None:
    for path in (f"/console/alert-channels/{channel}", "/console/alert-channels"):
        page = await console.get(path)
        assert page.status == 200 and "Plantão" in page.text and "segredo-77" not in page.raw
    assert not any("segredo-77" in str(dict(row)) for row in await db.fetch("select * from audit"))
    wrong = await console.post("/console/alert-channels", CHANNEL | {"name": "x", "url": "ftp://x"})
    assert wrong.status == 422 and SAID.findall(wrong.raw) == ["url"] and "segredo-77" not in wrong.raw


async def test_a_test_message_is_sent_and_a_failure_stays_on_the_page(
    console: Console, channel: int, other: tuple[Server, str]
) -> None:
    heard, _ = other
    home = f"/console/alert-channels/{channel}"
    assert (await console.post(f"{home}/test")).place == home
    assert len(heard.heard) == 1 and "A mensagem foi enviada" in (await console.get(home)).text
    heard.status = 500
    await console.post(f"{home}/test")
    page = await console.get(home)
    assert "A última mensagem não chegou" in page.text and "HTTP 500" in page.text
    assert "HTTP 500" in (await console.get("/console/alert-channels")).text


async def test_steps_are_told_in_words_in_their_order(console: Console, channel: int) -> None:
    home = f"/console/alert-channels/{channel}"
    late: list[tuple[str, Any]] = [("severity", "critical"), ("after_min", "15"), ("from_minute", "22:00")]
    late += [("until_minute", "06:00"), *(("days", day) for day in "67"), ("tells_the_end", "1")]
    assert (await console.post(f"{home}/steps", late)).place == home
    first = [("severity", "notice"), ("after_min", "0"), ("from_minute", "00:00"), ("until_minute", "24:00")]
    await console.post(f"{home}/steps", [*first, *(("days", day) for day in "1234567")])
    page = await console.get("/console/alert-channels")
    at_once, after = page.text.index("na hora"), page.text.index("após 15 min sem ninguém")
    assert at_once < after and "sáb, dom, 22:00 às 06:00" in page.text and "a qualquer hora" in page.text
    wrong = await console.post(f"{home}/steps", [*first, ("days", "1"), ("until_minute", "25:00")])
    assert wrong.status == 422 and SAID.findall(wrong.raw) == ["until_minute"]
    step = await db.fetchval("select id from alert_step where after_s = 0")
    await console.post(f"{home}/steps/{step}/remove")
    assert await db.fetchval("select count(*) from alert_step") == 1
    assert (await console.get(f"{home}/steps/{step}")).status == 404
    await console.post(f"{home}/remove")
    assert await db.fetchval("select count(*) from alert_channel") == 0


async def test_a_channel_that_is_only_looked_at_has_no_changes(console: Console, sealer: secrets.Sealer) -> None:
    """The guard in the browser compares fields with what the row holds: a choice of another kind is no change."""
    async with db.transaction() as connection:
        values = ChannelValues("Plantão", "telegram", {"chat": "-1001"}, "token")
        key = await channel_forms.save(connection, sealer, TESTER, values)
    page = (await console.get(f"/console/alert-channels/{key}")).raw
    held = json.loads(html.unescape(dict(HIDDEN.findall(page))["form_base"]))
    for name, choices in alert_channel_words.CHOICES.items():
        assert held[name] == choices[0][0], name
