"""The doctor's page: what is wrong first, with its cure; what comes while somebody watches; what to paste."""

from __future__ import annotations

import json
from typing import Any

import pytest

from oss.access import doctor, exams, nas
from oss.base import db
from tests.conftest import TESTER, Seed
from web.console import doctor_words
from web.render import RenderContext

from .conftest import Console, audited

COUNTS = {
    "requests": 40,
    "answers": 40,
    "accepts": 5,
    "rejects": 1,
    "starts": 5,
    "interims": 20,
    "stops": 0,
    "boots": 1,
}
COUNTS |= {"duplicates": 0, "delayed": 0, "garbled": 0, "lost": 0, "bad_authenticator": 0}
COUNTS |= {"bad_message_authenticator": 0, "missing_message_authenticator": 0}
HEALTHY: dict[str, Any] = {
    "known": True,
    "up_s": 900.0,
    "recent": COUNTS,
    "lately": COUNTS,
    "heard_at": 1.0,
    "accepted_at": 1.0,
    "rejected_at": None,
    "first_accept_at": 1.0,
    "told_at": {"starts": 1.0, "interims": 1.0},
    "garbled_logins": 0,
    "signs": True,
    "skew_s": -1.0,
    "gap_s": 300.0,
    "interim_s": 300,
    "sessions": 5,
    "late": 0,
    "oldest_s": 900,
    "trips": {"count": 9, "p50_ms": 4.0, "p99_ms": 31.0},
    "probe": {
        "kind": "answered",
        "host": "127.0.0.1",
        "port": 3799,
        "nobody": {"kind": "nak", "cause": 503},
        "session": {"kind": "ack", "cause": None, "login": "cli1"},
        "trips": None,
    },
}


async def found(seed: Seed, **changes: Any) -> int:
    """An examination that a node has answered."""
    async with db.transaction() as connection:
        number = await exams.ask(connection, TESTER, seed.nas)
    sql = "insert into nas_finding values ($1, 'test', now(), $2)"
    await db.execute(sql, number, json.dumps(HEALTHY | changes))
    return number


async def test_a_router_that_was_never_examined_offers_it(console: Console, seed: Seed) -> None:
    page = await console.get(f"/console/nas/{seed.nas}/doctor")
    assert "Este roteador ainda não foi examinado" in page.text
    answer = await console.post(f"/console/nas/{seed.nas}/doctor")
    assert (answer.status, answer.place) == (303, f"/console/nas/{seed.nas}/doctor")
    page = await console.get(answer.place)
    assert "Perguntando ao roteador" in page.text
    assert f'hx-get="/console/nas/{seed.nas}/doctor/exam" hx-trigger="every 700ms"' in page.raw
    (row,) = await audited("nas.examined")
    assert (row["actor"], row["object_id"]) == ("ana", str(seed.nas))


async def test_all_green_is_one_quiet_sentence(console: Console, seed: Seed) -> None:
    await found(seed)
    page = await console.get(f"/console/nas/{seed.nas}/doctor")
    assert "Tudo em ordem" in page.text
    assert page.raw.count('data-state="ok"') == len(doctor.KEYS)
    assert "127.0.0.1 porta 3799 aceita ordens, e obedece" in page.text
    assert "hx-trigger" not in page.raw.partition('id="exam"')[2].partition("</section>")[0]


async def test_what_is_wrong_stands_first_with_its_cure_and_in_the_history(console: Console, seed: Seed) -> None:
    await found(seed, skew_s=3599.3, probe={"kind": "deaf", "host": "127.0.0.1", "port": 3799})
    page = await console.get(f"/console/nas/{seed.nas}/doctor")
    assert "2 coisas estão erradas: CoA e Disconnect, Relógio" in page.text
    assert "1 h adiantado em relação ao nosso" in page.text
    assert "Acerte primeiro o relógio" in page.text
    states = [part.partition('"')[0] for part in page.raw.split('data-state="')[1:]]
    assert states == ["wrong", "wrong"] + ["ok"] * 8
    assert "CoA e Disconnect, Relógio test" in page.text.partition("Exames")[2]


async def test_only_the_part_is_asked_for_while_it_runs(console: Console, seed: Seed) -> None:
    await found(seed)
    part = await console.get(f"/console/nas/{seed.nas}/doctor/exam")
    assert part.raw.lstrip().startswith("<section") and "<html" not in part.raw and 'id="exam"' in part.raw


async def test_a_watch_is_asked_for_shown_and_over(console: Console, seed: Seed) -> None:
    answer = await console.post(f"/console/nas/{seed.nas}/doctor/watch")
    assert answer.status == 303 and len(await audited("nas.watched")) == 1
    lines = [
        [1_700_000_000_000_000, "login", "cli1", "", 1],
        [1_700_000_001_000_000, "login", "maria", "wrong_password", 1],
        [1_700_000_002_000_000, "fault", "", "bad_message_authenticator", 3],
        [1_700_000_003_000_000, "stranger", "10.20.0.7", "unknown_nas", 1],
    ]
    sql = "insert into nas_watch values ($1, 'test', now(), now() + $2 * interval '1 second', 4, $3)"
    await db.execute(sql, seed.nas, 40, json.dumps(lines))
    part = await console.get(f"/console/nas/{seed.nas}/doctor/watch")
    assert 'hx-trigger="every 1s"' in part.raw and "faltam" in part.text
    words = ["Endereço desconhecido pergunta 10.20.0.7", "Senha errada maria", "Login aceito cli1"]
    places = [part.text.index(one) for one in words]
    assert places == sorted(places), "the newest stands first"
    assert "× 3" in part.text
    await db.execute("update nas_watch set until_at = now() - interval '1 second'")
    part = await console.get(f"/console/nas/{seed.nas}/doctor/watch")
    assert "hx-trigger" not in part.raw and "Login aceito" in part.text


def test_a_login_is_hidden_from_who_may_not_see_sessions() -> None:
    from datetime import UTC, datetime

    at = datetime(2026, 11, 1, tzinfo=UTC)
    rows = [
        doctor_words.row(RenderContext(permissions=frozenset(may)), "login", "maria", "", 1, at)
        for may in ((), ("sessions.read",))
    ]
    assert [one.where for one in rows] == ["ma***", "maria"]


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        ("routeros7", "require-message-auth=yes-for-request-resp"),
        ("routeros6", "/radius incoming set accept=yes port=3799"),
        ("huawei", "radius-server authorization 127.0.0.1 destination-port 3799"),
        ("cisco", "aaa server radius dynamic-author client 127.0.0.1 server-key O SEGREDO"),
        ("juniper", "dynamic-request-port 3799"),
        ("accel", "dae-server=0.0.0.0:3799,O SEGREDO"),
        ("table", "Interim interval 30 s"),
    ],
)
async def test_each_maker_has_a_text_to_paste(console: Console, seed: Seed, key: str, wanted: str) -> None:
    page = await console.get(f"/console/nas/{seed.nas}/doctor?for={key}")
    assert wanted in page.text
    assert "testing123" not in page.raw


async def test_the_secret_is_shown_to_who_may_and_that_is_noted(console: Console, seed: Seed) -> None:
    answer = await console.post(f"/console/nas/{seed.nas}/doctor/paste?for=cisco")
    assert answer.status == 200 and "server-key testing123" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    (row,) = await audited("nas.secret_seen")
    assert row["actor"] == "ana" and "testing123" not in row["detail"]
    await db.execute("update staff_user set role = 'reader'")
    assert (await console.post(f"/console/nas/{seed.nas}/doctor/paste")).status == 403
    page = await console.get(f"/console/nas/{seed.nas}/doctor")
    assert "Com o segredo" not in page.text


async def test_a_secret_with_signs_of_its_own_stays_one_word_in_quotes(
    console: Console, seed: Seed, sealer: Any
) -> None:
    async with db.transaction() as connection:
        values = nas.NasValues("BNG-1", "127.0.0.1", secret='a"b$c\\d')
        await nas.save(connection, sealer, TESTER, values, seed.nas)
    answer = await console.post(f"/console/nas/{seed.nas}/doctor/paste?for=routeros7")
    assert r'secret="a\"b\$c\\d"' in answer.text


async def test_a_router_that_does_not_exist_is_not_found(console: Console, seed: Seed) -> None:
    for path in ("", "/paste", "/watch"):
        assert (await console.post(f"/console/nas/77/doctor{path}")).status == 404, path
    assert (await console.get("/console/nas/77/doctor")).status == 404


@pytest.mark.parametrize("language", ["pt-BR", "en"])
def test_every_finding_has_words_in_both_languages(language: str) -> None:
    facts = dict.fromkeys(("requests", "accepts", "rejects", "records", "count", "logins", "again", "sessions"), 3)
    facts |= dict.fromkeys(("late", "port", "interim_s", "interims", "unsigned", "starts"), 3)
    more: dict[str, Any] = {"at": 1.0, "gap_s": 2.0, "skew_s": 3.0, "p50_ms": 4.0, "p99_ms": 5.0, "host": "::1"}
    more |= {"addresses": ["10.0.0.1"], "reasons": [["wrong_password", 2]], "session": {"cause": 404}, "error": "x"}
    assert set(doctor_words.CURES) == set(doctor.CURES) and set(doctor_words.FINE) == set(doctor.KEYS)
    rc = RenderContext(language=language)
    for cure in doctor.CURES:
        told = doctor_words.told(rc, doctor.Check("heard", "wrong", cure, facts | more))
        assert told.seen and told.cure and "%(" not in told.seen + told.cure
    for key in doctor.KEYS:
        told = doctor_words.told(rc, doctor.Check(key, "ok", "", facts | more))
        assert told.seen and not told.cure and "%(" not in told.seen
