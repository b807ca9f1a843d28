"""The live feed and a customer's timeline in both languages: what staff, imports, purges and the network did."""

from __future__ import annotations

from typing import Any

import pytest

from billing import happenings
from billing.happenings import Happening
from billing.subscriber import Moment
from oss.access.fold import OURS, TERMINATE_CAUSES
from oss.base import audit, clock, db
from tests.conftest import Seed
from web import words
from web.console.feed_words import line
from web.console.moment_words import moment
from web.render import translate

from .conftest import Console

ENDED = {"wanted": "full:1/1", "was": "full:1/1", "outcome": "disconnected", "seconds": 0.4, "nas": "BNG-1"}
ENDED |= {"login": "cli1", "cause": "too_many_sessions"}
NOTED = [
    ("freeradius.imported", {"counts": {"logins": 1834}}, "Trazido do FreeRADIUS", "1.834 logins novos · ana"),
    ("freeradius.imported", {"counts": {}}, "Trazido do FreeRADIUS", "0 login novo · ana"),
    ("accounts.imported", {"counts": {"logins made": 2}}, "Logins lidos de um arquivo", "2 logins novos · ana"),
    ("accounts.exported", {"passwords": False}, "Logins gravados em arquivo", "ana"),
    ("account.sessions_set", {"login": "cli1"}, "Sessões simultâneas alteradas", "cli1 · ana"),
    ("retention.purged", {"object_id": "auth_log", "rows": 1200}, "1.200 registros antigos apagados", "Autenticações"),
    (
        "retention.dropped",
        {"object_id": "session_history", "partition": "session_history_2025_10"},
        "Mês apagado: 10/2025",
        "Sessões encerradas",
    ),
    ("setting.changed", {"object_id": "retention.auth_log"}, "Retenção alterada", "Autenticações · ana"),
    ("setting.changed", {"object_id": "dunning.brake_share"}, "Ajuste mudado", "ana"),
]


def said(kind: str, facts: dict[str, Any], language: str = "pt-BR") -> tuple[str, str, str]:
    told = line(language, Happening(kind, clock.now(), {"object_id": "", "actor": "ana", **facts}))
    return told["state"], told["what"].replace("\u00a0", " "), told["where"].replace("\u00a0", " ")


@pytest.mark.parametrize(("kind", "facts", "what", "where"), NOTED)
def test_what_was_noted_is_told_in_words(kind: str, facts: dict[str, Any], what: str, where: str) -> None:
    assert said(kind, facts)[1:] == (what, where)


@pytest.mark.parametrize(
    ("cause", "portuguese", "english"),
    [
        ("too_many_sessions", "Sessões demais", "Too many sessions"),
        ("asked_for", "Pedido da equipe", "Asked for by staff"),
    ],
)
def test_a_session_ended_on_purpose_is_neither_held_nor_released(cause: str, portuguese: str, english: str) -> None:
    one = ENDED | {"cause": cause}
    assert said("enforced", one) == ("degraded", "Desconectada em 0,4 s", f"{portuguese} · cli1")
    assert said("enforced", one, "en") == ("degraded", "Disconnected in 0.4 s", f"{english} · cli1")
    made = moment("pt-BR", Moment("obeyed", clock.now(), one))
    assert (made["title"], made["note"].replace("\u00a0", " ")) == ("Desconectada", f"{portuguese} · BNG-1 em 0,4 s")


def test_many_of_them_are_told_as_what_they_are() -> None:
    many = {
        "count": 7,
        "opening": True,
        "outcome": "disconnected",
        "cause": "asked_for",
        "nas": "BNG-1",
        "seconds": 1.0,
    }
    assert said("enforced_many", many)[:2] == ("degraded", "7 sessões desconectadas")
    assert said("enforced_many", many | {"outcome": "applied", "cause": "in_order"})[:2] == (
        "online",
        "7 linhas liberadas",
    )


@pytest.mark.parametrize("language", ["pt-BR", "en"])
def test_every_way_a_session_ends_has_words_of_its_own(language: str) -> None:
    for code in [*TERMINATE_CAUSES.values(), *OURS.values(), "Unknown"]:
        assert code in words.TERMINATIONS
        assert translate(language, words.ended(code)) != code or code == "Callback"


async def test_the_feed_hears_of_imports_purges_and_sessions_at_once(console: Console, seed: Seed) -> None:
    wanted = {kind for kind, *_ in NOTED}
    async with db.transaction() as connection:
        for kind in wanted:
            await audit.note(connection, audit.Actor("ana"), kind, "import", "auth_log")
    found, _ = await happenings.lately()
    assert wanted <= {one.kind for one in found}


async def test_sessions_ended_for_two_reasons_are_two_lines(console: Console, seed: Seed) -> None:
    sql = """insert into enforcement (contract_id, login, nas_id, session_uid, cause, was, wanted, asked_at, ended_at,
      outcome, attempts) select $1, 'cli1', $2, gen_random_uuid(), $3, 'full:1/1', 'full:1/1', now(),
      date_trunc('second', now()), 'disconnected', 1 from generate_series(1, 5)"""
    for cause in ("asked_for", "too_many_sessions"):
        await db.execute(sql, seed.contracts[0], seed.nas, cause)
    found, _ = await happenings.lately()
    many = {(one.facts["cause"], one.facts["count"]) for one in found if one.kind == "enforced_many"}
    assert many == {("asked_for", 5), ("too_many_sessions", 5)}
