"""What a person keeps of a list: views under names of their own, columns, density; another's are not found."""

from __future__ import annotations

import re
from typing import Any

from oss.base import db
from oss.staff import saved_views, users
from oss.staff.saved_views import View
from tests.conftest import TESTER, Seed

from .conftest import Answer, Console, audited, go_online

VIEW = {"list": "sessions", "name": "Caídas hoje", "query": "q=cli&view=v6&sort=-down&cols=login.ip"}


async def other() -> int:
    """Another member of staff."""
    async with db.transaction() as connection:
        return await users.add(connection, TESTER, "beto", "Beto Prova", "beto-password-1", "noc")


async def ana() -> int:
    return int(await db.fetchval("select id from staff_user where login = 'ana'"))


def tabs(page: Answer) -> str:
    return page.raw[page.raw.index('<nav class="tabs-m') : page.raw.index('id="bar"')]


def heads(page: Answer) -> list[str]:
    """The keys of the sortable heads and the words of the others."""
    table = page.raw[page.raw.index("<thead>") : page.raw.index("</thead>")]
    words = [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<th.*?</th>", table, re.S)]
    return [one for one in words if one and one != "Estado"]


async def test_a_view_is_saved_and_opened_with_its_count(console: Console, seed: Seed) -> None:
    await go_online(seed, 0)
    await go_online(seed, 1, ip="10.9.9.9")
    sheet = await console.get("/console/views/new?list=sessions&query=q%3Dcli")
    assert "Salvar esta visão de “Sessões”" in sheet.text
    answer = await console.post("/console/views/new", VIEW)
    assert answer.place == "/console/sessions?q=cli&view=v6&sort=-down&cols=login.ip&tab=1"
    page = await console.get(answer.place)
    assert "Visão “Caídas hoje” salva Desfazer" in page.text
    assert re.search(r'tab=1" aria-current="page">Caídas hoje <span class="n">2</span>', tabs(page))
    assert heads(page) == ["Login", "IPv4"]
    assert "Caídas hoje" in tabs(await console.get("/console/sessions?tab=all"))
    assert "Caídas hoje" not in tabs(await console.get("/console/holds"))
    assert [row["detail"] for row in await audited("view.saved")] == ['{"list": "sessions", "name": "Caídas hoje"}']


async def test_a_view_without_a_name_comes_back(console: Console, seed: Seed) -> None:
    answer = await console.post("/console/views/new", {**VIEW, "name": " "})
    assert answer.status == 422
    assert "Não pode ficar vazio" in answer.text
    assert await db.fetchval("select count(*) from saved_view") == 0


async def test_a_view_keeps_only_what_the_list_knows(console: Console, seed: Seed) -> None:
    await console.post("/console/views/new", {**VIEW, "query": "q=a&sort=password_sealed&evil=1&cols=login.x&tab=9"})
    assert await db.fetchval("select query from saved_view") == "q=a&cols=login"


async def test_the_address_moves_on_and_the_view_may_follow(console: Console, seed: Seed) -> None:
    await console.post("/console/views/new", VIEW)
    page = await console.get("/console/sessions?q=outro&tab=1")
    assert "Guardar em “Caídas hoje”" in page.text
    await console.post("/console/views/1", {"name": "Caídas hoje", "query": "q=outro"})
    assert await db.fetchval("select query from saved_view") == "q=outro"
    assert "Guardar em" not in (await console.get("/console/sessions?q=outro&tab=1")).text


async def test_a_list_opens_with_the_view_that_was_chosen(console: Console, seed: Seed) -> None:
    await console.post("/console/views/new", VIEW)
    assert (await console.get("/console/sessions")).status == 200
    await console.post("/console/views/1", {**VIEW, "opens": "1"})
    answer = await console.get("/console/sessions")
    assert (answer.status, answer.place.endswith("&tab=1")) == (303, True)
    assert (await console.get("/console/sessions?tab=all")).status == 200


async def test_a_deleted_view_comes_back_by_undo(console: Console, seed: Seed) -> None:
    await console.post("/console/views/new", VIEW)
    answer = await console.post("/console/views/1/delete")
    page = await console.get(answer.place)
    assert "Visão “Caídas hoje” apagada Desfazer" in page.text
    assert "Caídas hoje" not in tabs(page)
    assert (await console.get("/console/views/1")).status == 404
    answer = await console.post("/console/views/1/restore")
    assert "Caídas hoje" in tabs(await console.get(answer.place))
    assert len(await audited("view.deleted")) == len(await audited("view.restored")) == 1


async def test_tabs_change_places(console: Console, seed: Seed) -> None:
    for name in ("um", "dois", "três"):
        await console.post("/console/views/new", {**VIEW, "name": name})
    await console.post("/console/views/3", {**VIEW, "name": "três", "step": "left"})
    assert [one["name"] for one in await saved_views.seen(await ana(), "sessions")] == ["um", "três", "dois"]
    await console.post("/console/views/1", {**VIEW, "name": "um", "step": "right"})
    assert [one["name"] for one in await saved_views.seen(await ana(), "sessions")] == ["três", "um", "dois"]


async def test_anothers_view_is_not_found_whatever_is_asked_of_it(console: Console, seed: Seed) -> None:
    theirs = await saved_views.add(TESTER, await other(), "sessions", View("Segredo", "q=x"))
    assert (await console.get(f"/console/views/{theirs}")).status == 404
    for act in ("", "/delete", "/restore"):
        assert (await console.post(f"/console/views/{theirs}{act}", VIEW)).status == 404, act
    page = await console.get(f"/console/sessions?tab={theirs}")
    assert "Segredo" not in page.text
    assert dict(await db.fetchrow("select name, deleted_at from saved_view")) == {"name": "Segredo", "deleted_at": None}


async def test_a_shared_view_is_everybodys_to_open_and_its_owners_to_change(console: Console, seed: Seed) -> None:
    beto = await other()
    theirs = await saved_views.add(TESTER, beto, "sessions", View("Plantão", "view=stuck", shared=True))
    page = await console.get("/console/sessions?tab=all")
    assert "Plantão" in tabs(page)
    assert 'title="De Beto Prova, para todos"' in tabs(page)
    assert (
        f'href="/console/views/{theirs}"' not in (await console.get(f"/console/sessions?view=stuck&tab={theirs}")).raw
    )
    assert (await console.post(f"/console/views/{theirs}/delete")).status == 404


async def test_only_who_manages_staff_shares(console: Console, seed: Seed) -> None:
    await db.execute("update staff_user set role = 'reader' where login = 'ana'")
    assert "Todos a têm" not in (await console.get("/console/views/new?list=sessions")).text
    await console.post("/console/views/new", {**VIEW, "shared": "1"})
    assert await db.fetchval("select shared from saved_view") is False


async def test_who_may_not_see_a_list_keeps_nothing_of_it(console: Console, seed: Seed) -> None:
    await db.execute("insert into role (key, name) values ('nobody', 'Nobody')")
    await db.execute("update staff_user set role = 'nobody' where login = 'ana'")
    asked: list[tuple[str, Any]] = [
        ("/console/views/new", VIEW),
        ("/console/lists/sessions/columns", {"column": "login"}),
        ("/console/lists/sessions/density", {"density": "compact"}),
        ("/console/exports", {"list": "sessions", "format": "csv", "whole": "1"}),
    ]
    await console.get("/console/own-access")
    for path, form in asked:
        assert (await console.post(path, form)).status == 403, path
    assert (await console.post("/console/lists/nonsense/columns", {})).status == 404


async def test_columns_and_density_are_kept_for_each_person_and_list(console: Console, seed: Seed) -> None:
    await go_online(seed, 0)
    form = [("column", "volume"), ("column", "login"), ("column", "nonsense"), ("query", "q=cli"), ("tab", "")]
    answer = await console.post("/console/lists/sessions/columns", form)
    assert answer.place == "/console/sessions?q=cli&tab=all"
    page = await console.get(answer.place)
    assert heads(page) == ["Volume", "Login"]
    assert "2/15" in page.text
    await console.post("/console/lists/sessions/density", {"density": "comfortable"})
    assert 'data-density="comfortable" data-kept data-table="sessions"' in (await console.get("/console/sessions")).raw
    await console.post("/console/lists/sessions/columns", {"reset": "1"})
    assert len(heads(await console.get("/console/sessions"))) == 11
    assert (await console.post("/console/lists/sessions/density", {"density": "huge"})).status == 422


async def test_columns_chosen_within_a_view_stay_its_own(console: Console, seed: Seed) -> None:
    await go_online(seed, 0)
    await console.post("/console/views/new", {**VIEW, "query": ""})
    form = [("column", "ip"), ("query", ""), ("tab", "1")]
    answer = await console.post("/console/lists/sessions/columns", form)
    assert answer.place == "/console/sessions?cols=ip&tab=1"
    assert len(heads(await console.get("/console/sessions?tab=all"))) == 11
