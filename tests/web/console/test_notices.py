"""Notices in the console: at the bell, on their page, read one by one or all at once, each by its reader alone."""

from __future__ import annotations

import re
from typing import Any

import pytest

from oss.base import clock, db
from oss.notify import notices
from oss.notify.notices import Notice
from oss.staff import users
from tests.conftest import TESTER
from tests.waiting import eventually
from web.console.notice_words import KINDS, TROUBLES, notice
from web.pulse import PULSE

from .conftest import Console

DEAD = ("jobs.dead", {"count": 2, "listener": "billing.look"}, "/console/health#dead")


async def tell(*users_told: int, kind: str = DEAD[0], facts: Any = DEAD[1], href: str = DEAD[2]) -> None:
    async with db.transaction() as connection:
        await notices.add(connection, list(users_told), kind, facts, href)


async def test_with_nothing_to_tell_the_page_says_so(console: Console) -> None:
    assert "Nenhum aviso para você." in (await console.get("/console/notices")).text


async def test_a_notice_is_opened_read_and_left_behind(console: Console, web_app: Any) -> None:
    await tell(1)
    page = await console.get("/console/notices")
    assert "2 tarefas abandonadas pelo sistema" in page.text and "(não lido)" in page.text
    number = re.search(r'action="/console/notices/(\d+)"', page.raw)
    assert number is not None
    answer = await console.post(f"/console/notices/{number[1]}")
    assert (answer.status, answer.place) == (303, "/console/health#dead")
    assert "(não lido)" not in (await console.get("/console/notices")).text
    assert web_app[PULSE].newest.unread == {}


async def test_all_are_read_at_once_but_none_that_was_not_shown(console: Console) -> None:
    for _ in range(3):
        await tell(1)
    page = await console.get("/console/notices")
    up_to = re.search(r'name="up_to" value="(\d+)"', page.raw)
    assert up_to is not None
    await tell(1)
    assert (await console.post("/console/notices/read", {"up_to": up_to[1]})).status == 303
    assert await notices.unread() == {1: 1}


async def test_anothers_notice_is_not_found(console: Console) -> None:
    async with db.transaction() as connection:
        other = await users.add(connection, TESTER, "bia", "Bia", "bia-password-1", "admin")
    await tell(other)
    number = await db.fetchval("select id from notice")
    assert "tarefas" not in (await console.get("/console/notices")).text
    assert (await console.post(f"/console/notices/{number}")).status == 404
    assert await db.fetchval("select read_at from notice") is None


async def test_the_bell_counts_by_itself(console: Console, web_app: Any) -> None:
    async def counts(wanted: int) -> bool:
        return int(web_app[PULSE].newest.unread.get(1, 0)) == wanted

    await tell(1)
    await eventually(lambda: counts(1))
    raw = (await console.get("/console/plans")).raw
    assert raw.count('data-unread="1"') == 2  # the sidebar's and the telephone's
    assert "1 aviso não lido" in raw


async def test_the_bell_shows_a_few_and_the_page_goes_on(console: Console) -> None:
    for n in range(60):
        await tell(1, facts={"count": n, "listener": f"x{n}"})
    part = await console.get("/console/notices?bell", **{"X-Milha-Block": "rows"})
    assert "<html" not in part.raw
    assert part.raw.count("notice-i") == 8
    page = await console.get("/console/notices")
    assert page.raw.count("notice-i") == notices.SHOWN
    following = re.search(r'href="(/console/notices\?before=\d+)"', page.raw)
    assert following is not None
    assert (await console.get(following[1])).raw.count("notice-i") == 60 - notices.SHOWN


FACTS = {
    "name": "Clientes",
    "rows": 1214,
    "contracts": 64,
    "count": 1,
    "listener": "x",
    "ip": "10.0.0.1",
    "addresses": 1,
    "subject": "radius.example",
    "node": "n1",
    "expires_on": "2026-12-20",
    "seq": 7,
    "month": "2026-10",
}


@pytest.mark.parametrize("language", ["pt-BR", "en"])
def test_every_kind_has_its_sentence(language: str) -> None:
    told = [Notice(1, kind, dict(FACTS), "/console/", clock.now(), None) for kind in KINDS if "." not in kind[12:]]
    told += [Notice(1, "nas.trouble", FACTS | {"trouble": code}, "", clock.now(), None) for code in [*TROUBLES, "new"]]
    told += [Notice(1, "certificate", FACTS | {"state": state}, "", clock.now(), None) for state in ("soon", "expired")]
    for one in told:
        row = notice(language, one)
        assert row["title"] and "%(" not in row["title"] + row["text"]
    unknown = notice(language, Notice(1, "of.tomorrow", {}, "", clock.now(), None))
    assert unknown["title"] == "of.tomorrow"
