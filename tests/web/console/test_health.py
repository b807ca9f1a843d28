"""Health: what every node says of itself, queues, dead jobs that are tried again or dropped, and the brake."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from oss.access import certificate_authority, certificate_list, certificates
from oss.app import Process
from oss.base import clock, db, job_list, jobs
from oss.base.config import Config
from tests.conftest import Seed

from .conftest import Console, audited

DEAD = """insert into job (lane, listener, payload, state, attempts, last_error, failed_at, dedupe_key)
values ('bulk', 'x.y', '{"invoice_id": 5}', 'dead', 12, 'ConnectionRefusedError: no mail', now(), $1) returning id"""
NODE = """insert into node (name, roles, pid, version, started_at, seen_at, stats)
values ('n1', '{aaa,web}', 42, '0.1.0', now() - interval '2 hours', now() - make_interval(secs => $2), $1)"""
STATS = {
    "main_lag_s": 0.002,
    "parts": {"jobs.bulk": {"state": "down", "error": "OSError: away", "restarts": 3}, "aaa.applier": {"state": "up"}},
    "aaa": {
        "online": 186, "accounts": 200, "accepted": 10, "rejected": 1, "p99_us": 1400, "lag_records": 7,
        "loop_lag_s": 0.001, "counters": {"requests": 99, "duplicates": 0, "kernel_drops": 4},
    },
}  # fmt: skip


async def test_a_node_tells_of_its_parts_and_lags(console: Console) -> None:
    await db.execute(NODE, json.dumps(STATS), 1)
    text = (await console.get("/console/health")).text
    assert "1 parte não está no ar. Tarefas: volume" in text
    assert "Tarefas: volume OSError: away" in text
    assert "7 registros" in text
    assert "Pedidos 99" in text
    assert "Perdidos antes da leitura 4" in text
    assert "Aplicador: do diário ao banco" in text
    assert "PostgreSQL" in text


async def test_a_silent_house_is_said_first(console: Console) -> None:
    await db.execute(NODE, json.dumps(STATS), 60)
    assert "Nenhum nó dá notícia há dez segundos." in (await console.get("/console/health")).text


async def test_a_dead_job_is_tried_again_even_beside_its_equal(console: Console) -> None:
    job = await db.fetchval(DEAD, "same")
    await db.execute("insert into job (lane, listener, payload, dedupe_key) values ('bulk', 'x.y', '{}', 'same')")
    page = await console.get("/console/health")
    assert "ConnectionRefusedError: no mail" in page.text
    assert '{"invoice_id": 5}' in page.text
    answer = await console.post(f"/console/health/jobs/{job}/retry")
    assert (answer.status, answer.place) == (303, "/console/health#dead")
    row = await db.fetchrow("select state, attempts, lease from job where id = $1", job)
    assert tuple(row) == ("ready", 0, None)
    assert len(await audited("job.retried")) == 1
    assert (await console.post(f"/console/health/jobs/{job}/retry")).status == 404


async def test_all_dead_jobs_are_tried_again_and_one_is_dropped(console: Console) -> None:
    first = await db.fetchval(DEAD, None)
    assert (await console.post(f"/console/health/jobs/{first}/drop")).status == 303
    assert await db.fetchval("select count(*) from job") == 0
    (dropped,) = await audited("job.dropped")
    assert json.loads(dropped["detail"])["payload"] == '{"invoice_id": 5}'
    for _ in range(3):
        await db.execute(DEAD, None)
    answer = await console.post("/console/health/jobs/retry")
    assert await db.fetchval("select count(*) from job where state = 'ready'") == 3
    assert "3 tarefas rodam de novo" in (await console.get(answer.place)).text


async def test_lanes_and_failing_jobs_are_counted(console: Console) -> None:
    await db.execute(
        "insert into job (lane, listener, payload) select 'access', 'x', '{}' from generate_series(1, 1200)"
    )
    await db.execute(
        "insert into job (lane, listener, payload, attempts, last_error, failed_at, run_at) "
        "values ('default', 'z', '{}', 2, 'TimeoutError', now(), now() + interval '90 seconds')"
    )
    lanes = {lane.name: lane for lane in await job_list.lanes()}
    assert (lanes["access"].waiting, lanes["default"].failing, lanes["bulk"].waiting) == (1200, 1, 0)
    text = (await console.get("/console/health")).text
    assert "1.200" in text
    assert "TimeoutError" in text


async def test_what_runs_by_the_clock_is_listed(console: Console) -> None:
    await jobs._declare()
    text = (await console.get("/console/health")).text
    assert "Cobrança 1 min" in text


async def test_the_brake_is_set_in_percent(console: Console, seed: Seed) -> None:
    await console.get("/console/health")
    answer = await console.post("/console/health/brake", {"share": "7,5", "minimum": "30"})
    assert answer.status == 303
    assert dict(await db.fetch("select key, value from setting order by key")) == {
        "dunning.brake_minimum": "30",
        "dunning.brake_share": "0.075",
    }
    page = await console.get("/console/health")
    assert 'value="7,5"' in page.raw
    assert len(await audited("setting.changed")) == 2
    for share, minimum in (("0", "5"), ("101", "5"), ("x", "5"), ("5", "0")):
        answer = await console.post("/console/health/brake", {"share": share, "minimum": minimum})
        assert answer.status == 422
        assert answer.raw.count('aria-invalid="true"') == 1


async def test_who_may_only_look_changes_nothing(console: Console) -> None:
    await db.execute("update staff_user set role = 'attendant'")
    page = await console.get("/console/health")
    assert '<fieldset class="grid gap-4" disabled' in page.raw
    assert (await console.post("/console/health/brake", {"share": "5", "minimum": "5"})).status == 403


# ------------------------------------------------------------ certificates


def certificate(days: float, use: str = "server", cure: str = "milha cert renew") -> dict[str, Any]:
    ends = (clock.now() + timedelta(days=days)).isoformat()
    return {"use": use, "subject": "radius.isp.example", "fingerprint": "AB", "cure": cure, "expires_at": ends}


async def tell(name: str, *held: dict[str, Any], error: str | None = None) -> None:
    stats = json.dumps({"certificates": {"held": held, "error": error}})
    await db.execute(
        "insert into node (name, roles, pid, version, started_at, seen_at, stats) "
        "values ($1, '{aaa}', 42, '0', now(), now(), $2) on conflict (name) do update set stats = excluded.stats",
        *(name, stats),
    )


async def test_a_certificate_that_is_far_from_its_end_is_shown_and_is_no_matter(console: Console, seed: Seed) -> None:
    await tell("n1", certificate(31))
    text = (await console.get("/console/health")).text
    assert "radius.isp.example O que apresentamos: EAP, RadSec · n1" in text and "O que fazer" not in text
    assert "Nada precisa de gente." in (await console.get("/console/")).text


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (29, "vence"),
        (13, "em menos de duas semanas"),
        (2, "vence em até três dias"),
        (-1, "O certificado radius.isp.example venceu"),
    ],
)
async def test_a_certificate_near_its_end_asks_for_a_person_and_names_the_cure(
    console: Console, seed: Seed, days: int, words: str
) -> None:
    await tell("n1", certificate(days))
    await tell("n2", certificate(400))
    text = (await console.get("/console/")).text
    assert words in text and "No nó n1, execute: milha cert renew" in text
    assert "O que fazer: milha cert renew" in (await console.get("/console/health")).text


async def test_what_nodes_share_is_told_once_and_the_most_urgent_first(console: Console, seed: Seed) -> None:
    near, ended = certificate(20), certificate(-3, "clients", "milha cert init --force")
    for node in ("n1", "n2"):
        await tell(node, near, ended)
    found = [one.state for one in await certificate_list.endings()]
    assert found == ["expired", "soon"]
    text = (await console.get("/console/")).text
    assert text.index("milha cert init --force") < text.index("milha cert renew")


async def test_certificates_that_cannot_be_used_are_said_and_health_tells_why(console: Console, seed: Seed) -> None:
    await tell("n1", error="server.key does not belong to server.pem")
    assert "Os certificados do nó n1 não podem ser usados" in (await console.get("/console/")).text
    assert "server.key does not belong to server.pem" in (await console.get("/console/health")).text


async def test_a_running_process_tells_of_its_certificates_and_notices_new_ones(settings: Config) -> None:
    process = Process(settings)
    assert process.stats()["certificates"] == {"held": [], "error": None}
    folder = certificates.folder_of(settings.data_dir)
    certificate_authority.establish(folder, "radius.isp.example")
    first = process.stats()["certificates"]["held"]
    certificate_authority.renew(folder)
    again = process.stats()["certificates"]["held"]
    assert [one["use"] for one in first] == ["server", "clients"]
    assert first[0]["fingerprint"] != again[0]["fingerprint"] and first[1] == again[1]
