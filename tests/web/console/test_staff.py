"""Staff: who there is, what each may do on routers, their own codes and password for them, and their logins there."""

from __future__ import annotations

import html
import re
from typing import Any

from oss.base import db
from oss.staff.models import User
from tests.conftest import Seed

from .conftest import Console, audited

FORM = {"login": "Bea", "name": "Bea Prova", "email": "", "role": "noc", "active": "1", "routers": ""}
MADE = re.compile(r">((?:[a-z2-9]{5}-){3}[a-z2-9]{5})<")
ADD = """insert into audit (actor, action, object, object_id, detail) values
('ana', 'router.accepted', 'staff_user', $1, '{"nas": "BNG-1", "from": "192.0.2.7", "level": "full", "code": true}'),
('nobody', 'router.refused', 'staff_user', '', '{"nas": "BNG-1", "from": "203.0.113.9", "reason": "unknown_login",
  "tries": 41}')"""


async def made(console: Console, **more: str) -> int:
    """A user by the form; returns its id."""
    answer = await console.post("/console/staff", FORM | more)
    assert answer.status == 200 and "/invite/" in answer.raw, answer.text
    return int(await db.fetchval("select max(id) from staff_user"))


async def test_a_user_is_made_and_stands_in_the_list_with_what_it_may_do_on_routers(console: Console) -> None:
    bea = await made(console)
    user = await User.get(id=bea)
    assert (user.login, user.role, user.active) == ("bea", "noc", True)
    page = await console.get("/console/staff")
    assert "Bea Prova" in page.text and "Configurar" in page.text
    assert len(await audited("user.added")) == 2


async def test_staff_are_narrowed_and_taken_as_a_file_without_what_opens(console: Console) -> None:
    await made(console, email="bea@prova.example")
    eva = await made(console, login="eva", name="Eva Prova", role="reader", routers="full")
    away = {"name": "Eva Prova", "role": "reader", "routers": "full", "active": ""}
    assert (await console.post(f"/console/staff/{eva}", away)).status == 303
    for query, found in (
        ("", ["Ana Prova", "Bea Prova", "Eva Prova"]),
        ("?state=off", ["Eva Prova"]),
        ("?state=bare", ["Ana Prova", "Bea Prova"]),
        ("?role=noc", ["Bea Prova"]),
        ("?routers=full", ["Ana Prova", "Eva Prova"]),
        ("?q=bea@prova", ["Bea Prova"]),
        ("?sort=-name", ["Eva Prova", "Bea Prova", "Ana Prova"]),
    ):
        raw = (await console.get(f"/console/staff{query}")).raw
        table = raw[raw.index("<tbody") : raw.index("</tbody>")]
        assert re.findall(r'<a href="/console/staff/\d+">([^<]+)</a>', table) == found, query
    assert "Há 3 usuários ao todo." in (await console.get("/console/staff?q=zzz")).text
    answer = await console.get("/console/staff.csv?cols=name.role.routers.factor.email.use&q=prova&role=noc")
    assert answer.raw.splitlines()[1:] == ["Bea Prova;NOC;Configurar;nenhum;bea@prova.example;sim"]
    assert len(await audited("staff.exported")) == 1
    await db.execute("update staff_user set role = 'reader' where login = 'ana'")
    assert (await console.get("/console/staff.csv")).status == 403


async def test_a_change_is_kept_and_the_password_stays_the_persons_own(console: Console) -> None:
    bea = await made(console)
    before = await db.fetchval("select password_hash from staff_user where id = $1", bea)
    change = {"name": "Beatriz", "role": "reader", "routers": "read", "password": "typed-anyway-77", "active": ""}
    assert (await console.post(f"/console/staff/{bea}", change)).status == 303
    row = await db.fetchrow(
        "select u.name, u.role, u.active, u.password_hash = $2 as same, r.routers from staff_user u "
        "join staff_radius r on r.id = u.id where u.id = $1",
        *(bea, before),
    )
    assert tuple(row) == ("Beatriz", "reader", False, True, "read")
    page = await console.get(f"/console/staff/{bea}")
    assert 'value="read" selected' in page.raw
    await console.post(f"/console/staff/{bea}", change | {"routers": ""})
    assert await db.fetchval("select routers from staff_radius where id = $1", bea) is None


async def test_who_is_switched_off_is_signed_out(console: Console) -> None:
    bea = await made(console)
    await db.execute(
        "insert into web_session (sid_hash, user_id, data, created_at, expires_at) "
        "values ('x', $1, '{}', now(), now())",
        bea,
    )
    await console.post(f"/console/staff/{bea}", FORM)
    assert await db.fetchval("select count(*) from web_session where user_id = $1", bea) == 1
    await console.post(f"/console/staff/{bea}", FORM | {"active": ""})
    assert await db.fetchval("select count(*) from web_session where user_id = $1", bea) == 0


async def test_a_mistake_is_named_and_the_last_administrator_stays(console: Console) -> None:
    for change, field in (
        ({"name": ""}, "name"),
        ({"email": "nobody"}, "email"),
        ({"role": "king"}, "role"),
        ({"routers": "root"}, "routers"),
        ({"login": "ana"}, "login"),
    ):
        answer = await console.post("/console/staff", FORM | change)
        assert answer.status == 422 and f'id="{field}-wrong" role="alert" data-said' in answer.raw, change
    ana = await db.fetchval("select id from staff_user where login = 'ana'")
    mine = {"name": "Ana", "role": "admin", "active": "1", "routers": "", "email": ""}
    for change in ({"role": "noc"}, {"active": ""}):
        answer = await console.post(f"/console/staff/{ana}", mine | change)
        assert answer.status == 422 and "Um administrador precisa ficar" in answer.text
    assert (await console.post(f"/console/staff/{ana}", mine)).status == 303
    assert (await console.get("/console/staff/77")).status == 404


async def test_a_password_for_routers_is_shown_once_and_can_be_taken_away(console: Console) -> None:
    found = MADE.search((await console.post("/console/own-access/router-password")).raw)
    assert found is not None
    assert found[1] not in (await console.get("/console/own-access")).raw
    assert found[1] not in str(await db.fetch("select * from staff_radius"))
    again = MADE.search((await console.post("/console/own-access/router-password")).raw)
    assert again is not None and again[1] != found[1]
    ana = await db.fetchval("select id from staff_user where login = 'ana'")
    await console.post(f"/console/staff/{ana}/remove", {"what": "router_password"})
    assert await db.fetchval("select password_sealed from staff_radius") is None
    assert [len(await audited(f"user.router_password_{what}")) for what in ("made", "removed")] == [2, 1]


async def test_customers_of_who_leaves_are_handed_over_and_seen_by_their_new_owner(
    console: Console, seed: Seed, web_app: Any, aiohttp_client: Any
) -> None:
    bea, eva = await made(console, role="seller"), await made(console, login="eva", name="Eva", role="seller")
    await db.execute("update customer set owner_id = $1 where id = $2", bea, seed.customers[0])
    await db.execute("update staff_user set password_hash = o.password_hash from staff_user o "
                     "where o.login = 'ana' and staff_user.id = $1", eva)  # fmt: skip
    hers = Console(await aiohttp_client(web_app))
    hers.token = "none"
    assert (await hers.post("/login", {"login": "eva", "password": "ana-password-1"})).status == 303
    home = f"/console/subscribers/{seed.customers[0]}"
    assert (await hers.get(home)).status == 404
    page = await console.get(f"/console/staff/{bea}")
    assert "Clientes próprios" in page.text and f'<option value="{eva}"' in page.raw
    assert (await console.post(f"/console/staff/{bea}/hand-over", {"to": str(eva)})).status == 303
    assert (await hers.get(home)).status == 200
    page = await console.get(f"/console/staff/{bea}")
    assert "Clientes próprios" not in page.text and "1 cliente entregue" in page.text
    assert (await console.post(f"/console/staff/{eva}/hand-over", {"to": str(eva)})).status == 422


async def test_codes_may_be_demanded_on_routers(console: Console) -> None:
    for wanted, kept in (("1", "true"), ("", "false")):
        await console.post("/console/staff/codes-on-routers", {"demanded": wanted})
        assert await db.fetchval("select value from setting where key = 'staff.routers_need_code'") == kept
    assert len(await audited("setting.changed")) == 2


async def test_logins_on_routers_are_listed_with_who_where_from_and_why_not(console: Console, seed: Seed) -> None:
    ana = await db.fetchval("select id from staff_user where login = 'ana'")
    await db.execute(ADD, str(ana))
    await db.execute(
        "insert into staff_session values (gen_random_uuid(), $1, 'ana', '2A', '192.0.2.7', now(), now())", seed.nas
    )
    page = await console.get("/console/router-logins")
    for words in ("Ana Prova", "BNG-1", "192.0.2.7", "com código", "ninguém da equipe", "203.0.113.9", "41 vezes"):
        assert words in page.text, words
    assert "Sessões nos roteadores" in page.text
    mine = await console.get(f"/console/router-logins?user={ana}")
    assert "192.0.2.7" in mine.text and "203.0.113.9" not in mine.text
    assert "192.0.2.7" in (await console.get(f"/console/staff/{ana}")).text
    newest = await db.fetchval("select max(id) from audit where action like 'router.%'")
    older = await console.get(f"/console/router-logins?before={newest}")
    assert "com código" in older.text and "41 vezes" not in older.text


async def test_a_router_is_switched_and_says_what_to_paste(console: Console, seed: Seed) -> None:
    address = f"/console/nas/{seed.nas}"
    assert "/user aaa set use-radius=yes" not in (await console.get(address)).text
    answer = await console.post(f"{address}/staff-logins", {"on": "1"})
    assert (answer.status, answer.place) == (303, address)
    assert await db.fetchval("select staff_logins from nas where id = $1", seed.nas) is True
    assert "/user aaa set use-radius=yes accounting=yes default-group=read" in (await console.get(address)).text
    await db.execute("update nas set vendor = 'cisco'")
    assert "aaa authorization exec default" in (await console.get(address)).text
    await console.post(f"{address}/staff-logins", {"on": ""})
    assert await db.fetchval("select staff_logins from nas where id = $1", seed.nas) is False
    assert len(await audited("nas.staff_logins")) == 2
    assert (await console.post("/console/nas/777/staff-logins", {"on": "1"})).status == 404


async def test_only_who_may_sees_them_and_everybody_sees_their_own(console: Console, seed: Seed) -> None:
    await db.execute("update staff_user set role = 'reader'")
    for path in ("/console/staff", "/console/staff/new", "/console/staff/1", "/console/router-logins"):
        assert (await console.get(path)).status == 403, path
    assert (await console.get("/console/own-access")).status == 200
    assert (await console.post("/console/staff/1/remove", {"what": "second_factor"})).status == 403
    assert (await console.post(f"/console/nas/{seed.nas}/staff-logins", {"on": "1"})).status == 403


async def test_own_cities_are_kept_and_two_who_set_them_meet_each_other_s(console: Console, seed: Seed) -> None:
    await db.execute("update customer set city = case when id = $1 then 'Serra' else 'São João' end", seed.customers[0])
    bea = await made(console)
    page = (await console.get(f"/console/staff/{bea}")).raw
    seen = {name: html.unescape(value) for name, value in re.findall(r'name="(form_\w+)" value="([^"]*)"', page)}
    fields = {**seen, "name": "Bea Prova", "role": "noc", "active": "1", "routers": ""}
    first = await console.post(f"/console/staff/{bea}", {**fields, "cities": "São João"})
    assert first.status == 303
    assert await db.fetchval("select cities from staff_user where id = $1", bea) == ["São João"]
    second = await console.post(f"/console/staff/{bea}", {**fields, "cities": "Serra"})
    assert second.status == 409 and 'data-differs="cities"' in second.raw
    assert await db.fetchval("select cities from staff_user where id = $1", bea) == ["São João"]
