"""Alert rules as people write them: what makes no sense is refused at its field, what is saved is what is judged."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from oss.base import db, secrets
from oss.base.problems import Conflict, InvalidInput, NotFound
from oss.monitoring import rule_forms, rules
from oss.monitoring.conditions import Condition
from oss.monitoring.rule_forms import RuleValues
from tests.conftest import TESTER
from tests.oss.network.drawn import draw

HOT = RuleValues("Very hot", "device", "temperature_c", Condition("threshold", 80.0, margin=5.0), "critical")


async def saved(values: RuleValues, rule_id: int | None = None) -> int:
    async with db.transaction() as connection:
        return await rule_forms.save(connection, TESTER, values, rule_id)


async def test_a_rule_is_judged_as_it_was_written(database: str, sealer: secrets.Sealer) -> None:
    async with db.transaction() as connection:
        drawn = await draw(connection, sealer)
    key = await saved(replace(HOT, site_id=drawn.sites["serra"], enabled=True, raise_s=60))
    (rule,) = [one for one in await rules.enabled(db.pool()) if one.id == key]
    assert (rule.metric, rule.condition, rule.patience.raise_s) == ("temperature_c", HOT.condition, 60)
    assert rule.only == {drawn.devices["ring-a"], drawn.devices["olt"]}
    assert rule == await rule_forms.rule_of(db.pool(), rule_forms.values_of(await rule_forms.one(db.pool(), key)), key)


async def test_of_a_condition_only_what_its_kind_reads_is_kept(database: str) -> None:
    key = await saved(replace(HOT, condition=Condition("absence", 7.0, "below", 900.0, 3.0)))
    row = await rule_forms.one(db.pool(), key)
    assert row["condition"] == '{"kind": "absence", "window_s": 900.0}'


async def test_a_change_is_told_by_what_differs_and_counts_the_version(database: str) -> None:
    key = await saved(HOT)
    await saved(replace(HOT, severity="warning"), key)
    async with db.transaction() as connection:
        assert await rule_forms.switch(connection, TESTER, key, True) == "Very hot"
        await rule_forms.switch(connection, TESTER, key, True)
    row = await rule_forms.one(db.pool(), key)
    assert (row["version"], row["enabled"], row["severity"]) == (3, True, "warning")
    told = await db.fetch("select detail::text as detail from audit where action = 'alert_rule.saved' order by id")
    assert len(told) == 3 and '"after": {"severity": "warning"}' in told[1]["detail"]


async def test_a_rule_that_is_deleted_leaves_its_incidents(database: str) -> None:
    key = await saved(HOT)
    sql = """insert into incident (why, at_kind, at_id, rule_id, rule_name, severity, began_at)
values ('rule', 'device', 1, $1, 'Very hot', 'critical', now())"""
    await db.execute(sql, key)
    async with db.transaction() as connection:
        await rule_forms.remove(connection, TESTER, key)
        with pytest.raises(NotFound):
            await rule_forms.remove(connection, TESTER, key)
    assert await db.fetchval("select rule_name from incident where rule_id is null") == "Very hot"
    assert await db.fetchval("select count(*) from audit where action = 'alert_rule.removed'") == 1


async def test_a_name_is_had_once(database: str) -> None:
    await saved(HOT)
    with pytest.raises(Conflict):
        await saved(replace(HOT, name=" Very hot "))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"metric": "rx_dbm"}, "metric"),
        ({"subject": "moon"}, "metric"),
        ({"subject": "line", "metric": ""}, "kind"),
        ({"condition": Condition("offline", window_s=60)}, "kind"),
        ({"condition": Condition("allowed", 90)}, "kind"),
        ({"condition": Condition("rate", 90)}, "window_s"),
        ({"condition": Condition("flap", 0, window_s=60)}, "limit"),
        ({"condition": Condition("threshold", math.inf)}, "limit"),
        ({"severity": "loud"}, "severity"),
        ({"site_id": 999}, "site_id"),
        ({"role": "moon"}, "role"),
        ({"raise_s": 86_401}, "raise_s"),
        ({"flaps": 1}, "flaps"),
        ({"subject": "server", "metric": "rejects_s", "is_loss": True}, "is_loss"),
        ({"subject": "server", "metric": "rejects_s", "role": "olt"}, "role"),
    ],
)
async def test_what_makes_no_sense_is_refused_at_its_field(
    database: str, change: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await saved(replace(HOT, **change))  # type: ignore[arg-type]
    assert list(refused.value.fields) == [field]
    assert await db.fetchval("select count(*) from alert_rule where name = 'Very hot'") == 0


async def test_every_rule_that_comes_with_the_house_is_one_that_could_be_written(database: str) -> None:
    rows = await rule_forms.every()
    assert len(rows) == 12
    for row in rows:
        await rule_forms.check(db.pool(), rule_forms.values_of(row))
