"""A refused login in words: one plain sentence with its facts, in both languages, and what to do about it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from oss.access import reasons
from web.console.reject_words import HINTS, hint, lower, outcome, said, sentence

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
AT = datetime(2026, 11, 26, 15, 7, tzinfo=UTC)
INVOICE = {"invoice": "1-123", "due_on": "2026-11-14"}


def told(language: str, reason: str, detail: str = "", facts: dict[str, Any] | None = None, at: datetime = AT) -> str:
    row = {"login": "cli1", "reason": reason, "detail": detail, "facts": json.dumps(facts or {}), "last_at": at}
    return sentence(language, SAO_PAULO, {**row, "zone": "America/Sao_Paulo"})


@pytest.mark.parametrize(
    ("reason", "detail", "facts", "portuguese", "english"),
    [
        ("wrong_password", "", {}, "Senha errada", "Wrong password"),
        (
            *("overdue", "123, 2026-11-14", INVOICE),
            *("Bloqueado: fatura 1-123 vencida há 12 dias", "Blocked: invoice 1-123 overdue for 12 days"),
        ),
        (
            *("session_open", "", {"nas": "BNG-2", "since": "2026-11-26T13:02:00Z"}),
            *("Sessão aberta em BNG-2 desde 10:02", "Session open at BNG-2 since 10:02"),
        ),
        (
            *("session_open", "", {"nas": "BNG-2", "since": "2026-11-25T13:02:00+00:00"}),
            *("Sessão aberta em BNG-2 desde 25\u00a0nov, 10:02", "Session open at BNG-2 since 25\u00a0Nov, 10:02"),
        ),
        (
            *("slowed", "", {"tries": "12"}),
            "Senha errada 12 vezes: tentativas seguradas por um minuto",
            "Wrong password 12 times: attempts are held back for a minute",
        ),
        (
            *("manual", "Equipamento em disputa", {}),
            *("Bloqueado pela equipe: Equipamento em disputa", "Blocked by staff: Equipamento em disputa"),
        ),
        ("pause", "Viagem", {}, "Pausado pelo cliente: Viagem", "Paused by the customer: Viagem"),
        ("pause", "", {}, "Pausada pelo cliente", "Paused by the customer"),
    ],
)
def test_each_reason_is_one_sentence_with_its_facts(
    reason: str, detail: str, facts: dict[str, Any], portuguese: str, english: str
) -> None:
    assert told("pt-BR", reason, detail, facts) == portuguese
    assert told("en", reason, detail, facts) == english


@pytest.mark.parametrize(("minute", "days"), [(59, "1 dia"), (61, "2 dias")])
def test_days_overdue_are_those_of_the_companys_calendar(minute: int, days: str) -> None:
    """The seventeenth begins in São Paulo when it is three o'clock in London."""
    at = datetime(2026, 11, 17, 2, tzinfo=UTC) + timedelta(minutes=minute)
    facts = {"invoice": "1-9", "due_on": "2026-11-15"}
    assert told("pt-BR", "overdue", "", facts, at) == f"Bloqueado: fatura 1-9 vencida há {days}"


@pytest.mark.parametrize(
    ("reason", "facts"),
    [
        ("overdue", {}),
        ("overdue", {"invoice": "1-1", "due_on": "soon"}),
        ("session_open", {"nas": "BNG-2"}),
        ("session_open", {"nas": "BNG-2", "since": None}),
        ("slowed", {"tries": "many"}),
    ],
)
def test_facts_that_are_missing_or_none_leave_the_short_name(reason: str, facts: dict[str, Any]) -> None:
    short = {"overdue": "Fatura vencida", "session_open": "Sessão já aberta", "slowed": "Tentativas demais"}
    assert told("pt-BR", reason, "123, 2026-11-14", facts) == short[reason]


def test_a_flood_is_told_as_one() -> None:
    row = {"login": "*", "reason": "unknown_login", "detail": "", "facts": "{}", "last_at": AT, "zone": None}
    assert sentence("pt-BR", SAO_PAULO, row) == "Uma enxurrada de logins, somados: login não existe"


def test_a_reason_nobody_knows_is_told_as_it_is() -> None:
    assert said("pt-BR", SAO_PAULO, "moon_phase", "", {}, AT) == "moon_phase"
    assert hint("pt-BR", "moon_phase") == ""


def test_every_refusal_has_a_hint_in_portuguese() -> None:
    refusals = set(reasons.SENTENCES) - {"in_order", "promised"}
    assert set(HINTS) == refusals
    assert all(hint("pt-BR", reason) not in ("", hint("en", reason)) for reason in refusals)
    assert max(len(hint("pt-BR", reason)) for reason in refusals) <= 54  # one line beside the graph


def test_an_accepted_login_is_told_too() -> None:
    assert outcome("pt-BR", "") == ("online", "Aceito")
    assert outcome("pt-BR", "wrong_password") == ("offline", "Senha errada")
    assert outcome("en", "session_open") == ("unknown", "Session already open")
    assert (lower("Senha errada"), lower("")) == ("senha errada", "")
