"""Files of lists: what they hold, who gets them, what no spreadsheet takes for a formula, and how they are stopped."""

from __future__ import annotations

import asyncio
import csv
import io
import re
import uuid
import zipfile
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from oss.base import db
from oss.staff import exports, users
from oss.staff.exports import Wish
from oss.staff.scopes import ALL
from tests.conftest import TESTER, Seed
from tests.waiting import eventually
from web import list_files
from web.exporter import EXPORTER

from .conftest import Console, audited, go_online

ZONE = ZoneInfo("America/Sao_Paulo")
WHOLE = {"list": "subscribers", "whole": "1", "query": "q=cliente&sort=-name", "cols": "name.number.owed"}
SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


async def ana() -> int:
    return int(await db.fetchval("select id from staff_user where login = 'ana'"))


async def asked(console: Console, **more: str) -> uuid.UUID:
    """A file asked for by the console's form; nobody makes it but the test."""
    answer = await console.post("/console/exports", {**WHOLE, "format": "csv", **more})
    assert answer.status == 303, answer.text
    found: uuid.UUID = await db.fetchval("select id from list_export order by created_at desc limit 1")
    return found


async def made(export_id: uuid.UUID) -> bytes:
    """The file's octets, made here and now."""
    await db.execute("update list_export set state = 'running' where id = $1", export_id)
    await list_files.write(export_id, ZONE)
    return b"".join([piece async for piece in exports.pieces(export_id)])


@pytest.fixture(autouse=True)
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """The application's own maker finds nothing to do, unless a test lets it."""

    async def nothing() -> None:
        return None

    monkeypatch.setattr(exports, "claim", nothing)


def cells(data: bytes) -> list[list[Any]]:
    """The first sheet's values: numbers as floats, texts as they are."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        assert not any("externalLink" in name for name in book.namelist())
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    assert not list(sheet.iter(f"{SPACE}f"))
    return [[_cell(one) for one in row.iter(f"{SPACE}c")] for row in sheet.iter(f"{SPACE}row")]


def _cell(one: ElementTree.Element) -> Any:
    if one.get("t") == "inlineStr":
        return "".join(one.itertext())
    value = one.find(f"{SPACE}v")
    return float(value.text or 0) if value is not None else None


async def test_a_csv_is_the_list_as_it_was_seen(console: Console, seed: Seed) -> None:
    data = await made(await asked(console))
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == ["Nome", "Cliente", "Vencida"]
    assert [row[0] for row in rows[1:]] == [f"Cliente Número {n}" for n in (5, 4, 3, 2, 1)]
    assert [int(row[1]) for row in rows[1:]] == seed.customers[::-1]
    assert (await exports.mine(await ana()))[0]["state"] == "done"


async def test_an_xlsx_holds_the_same_with_numbers_as_numbers(console: Console, seed: Seed) -> None:
    rows = cells(await made(await asked(console, format="xlsx")))
    assert rows[0] == ["Nome", "Cliente", "Vencida"]
    assert rows[1] == ["Cliente Número 5", float(seed.customers[4]), 0.0]
    assert len(rows) == 6


@pytest.mark.parametrize("first", ["=1+1", "+1+a", "-1+a", "@sum", "\tx", "\rx"])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_no_cell_begins_a_formula(console: Console, seed: Seed, first: str, form: str) -> None:
    await db.execute("update customer set name = $1 where id = $2", first, seed.customers[0])
    data = await made(await asked(console, format=form, query=""))
    if form == "csv":
        text = io.StringIO(data.decode("utf-8-sig"), newline="")
        found = [row[0] for row in csv.reader(text, delimiter=";")]
    else:
        found = [row[0] for row in cells(data)]
    assert not [cell for cell in found if cell[:1] in "=+-@\t\r"]
    assert any(cell.startswith("'" + first[0]) for cell in found) or form == "xlsx"


async def test_only_the_chosen_rows(console: Console, seed: Seed) -> None:
    form = [("list", "subscribers"), ("format", "csv"), ("cols", "name"), ("query", "q=zzz")]
    form += [("chosen", str(seed.customers[n])) for n in (1, 3)] + [("chosen", "x' or 1=1"), ("chosen", "77")]
    await console.post("/console/exports", form)
    data = await made(await db.fetchval("select id from list_export"))
    assert data.decode("utf-8-sig").split() == ["Nome", "Cliente", "Número", "2", "Cliente", "Número", "4"]
    assert await db.fetchval("select total from list_export") == 2


async def test_taking_a_list_out_is_noted_with_what_it_holds(console: Console, seed: Seed) -> None:
    await asked(console)
    (row,) = await audited("customers.exported")
    assert '"rows": 5' in row["detail"] and "q=cliente" in row["detail"] and '"number"' in row["detail"]


async def test_a_file_is_only_its_askers(console: Console, seed: Seed) -> None:
    async with db.transaction() as connection:
        beto = await users.add(connection, TESTER, "beto", "Beto Prova", "beto-password-1", "admin")
    wish = Wish("subscribers", "", ["name"], "csv", "pt-BR", 5, ALL, personal="customers")
    theirs = await exports.ask(TESTER, beto, wish)
    await made(theirs)
    assert (await console.get(f"/console/exports/{theirs}")).status == 404
    assert (await console.post(f"/console/exports/{theirs}/cancel")).status == 404
    assert str(theirs) not in (await console.get("/console/exports")).raw
    assert (await exports.one(beto, theirs))["state"] == "done"


async def test_no_name_leads_elsewhere(console: Console, seed: Seed) -> None:
    for name in ("../../etc/passwd", "..%2f..%2fetc%2fpasswd", "0" * 36, str(uuid.uuid4()), "%00", "x.csv"):
        assert (await console.get(f"/console/exports/{name}")).status == 404, name


async def test_who_lost_the_permission_no_longer_gets_the_file(console: Console, seed: Seed) -> None:
    mine = await asked(console)
    await made(mine)
    answer = await console.get(f"/console/exports/{mine}")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert re.fullmatch(r'attachment; filename="clientes-\d{4}-\d\d-\d\d.csv"', answer.headers["Content-Disposition"])
    await db.execute("update staff_user set role = 'reader' where login = 'ana'")
    assert (await console.get(f"/console/exports/{mine}")).status == 403
    assert (await console.post("/console/exports", {**WHOLE, "format": "csv"})).status == 403
    assert (await console.get("/console/subscribers.csv")).status == 403
    assert "Exportar" not in (await console.get("/console/subscribers")).text


async def granted(scope: str, **others: str) -> None:
    """Ana's role from now on: everything of lists, for this scope; ``others`` (``personal_read="all"``) differ."""
    await db.execute("insert into role (key, name) values ('seen', 'Seen') on conflict do nothing")
    await db.execute("update staff_user set role = 'seen', cities = '{Serra}' where login = 'ana'")
    await db.execute("delete from role_grant where role = 'seen'")
    names = {"customers.read": scope, "customers.export": scope, "personal.read": scope}
    for name, kind in (names | {name.replace("_", "."): kind for name, kind in others.items()}).items():
        await db.execute("insert into role_grant (role, permission, scope) values ('seen', $1, $2)", name, kind)


async def names_in(export_id: uuid.UUID) -> list[str]:
    data = (await made(export_id)).decode("utf-8-sig")
    return [row[0] for row in csv.reader(io.StringIO(data), delimiter=";")][1:]


async def test_a_file_holds_the_rows_that_its_asker_might_see_when_they_asked(console: Console, seed: Seed) -> None:
    await db.execute("update customer set city = 'Serra' where id = any($1::bigint[])", seed.customers[:2])
    await db.execute("update customer set owner_id = $1 where id = any($2::bigint[])", await ana(), seed.customers[1:3])
    await granted("city")
    mine = await asked(console, cols="name")
    assert await db.fetchval("select total from list_export where id = $1", mine) == 2
    await granted("all")  # more than they might see then changes nothing
    assert await names_in(mine) == ["Cliente Número 2", "Cliente Número 1"]
    assert (await console.get(f"/console/exports/{mine}")).status == 200
    await granted("city", customers_export="own")  # seen in their cities, taken out their own: both must hold
    assert await names_in(await asked(console, cols="name")) == ["Cliente Número 2"]


async def test_a_file_is_neither_made_nor_given_once_its_asker_may_see_less(console: Console, seed: Seed) -> None:
    early, late = await asked(console), await asked(console)
    assert await made(early)
    await granted("city")
    assert (await console.get(f"/console/exports/{early}")).status == 403
    assert await made(late) == b""
    row = await exports.one(await ana(), late)
    assert (row["state"], row["error"]) == ("failed", exports.WITHDRAWN)
    assert "Você já não pode exportar tudo o que ele teria" in (await console.get("/console/exports")).text


async def test_a_file_of_somebody_who_left_is_not_made(console: Console, seed: Seed) -> None:
    mine = await asked(console)
    await db.execute("update staff_user set active = false where login = 'ana'")
    assert await made(mine) == b""
    assert await db.fetchval("select state from list_export") == "failed"


async def test_documents_are_whole_for_who_may_see_them_whole(console: Console, seed: Seed) -> None:
    await db.execute("update customer set document = '52998224725', city = 'Serra'")
    for kind, whole in (("all", True), ("city", True), ("own", False)):
        await granted("city", personal_read=kind)
        data = (await made(await asked(console, cols="name.document"))).decode()
        at_once = (await console.get("/console/subscribers.csv?cols=name.document")).raw
        assert ("52998224725" in data) == ("52998224725" in at_once) == whole, kind


async def test_a_list_that_may_not_be_seen_cannot_be_taken_out(console: Console, seed: Seed) -> None:
    await granted("all")  # customers, and their export; no invoices
    assert (await console.get("/console/invoices.csv")).status == 403
    assert (await console.post("/console/exports", {**WHOLE, "list": "invoices", "format": "csv"})).status == 403


async def test_a_cancelled_file_stops_and_leaves_nothing(console: Console, seed: Seed) -> None:
    mine = await asked(console)
    await db.execute("update list_export set state = 'running' where id = $1", mine)
    await exports.add_piece(mine, 0, b"half")
    assert (await console.post(f"/console/exports/{mine}/cancel")).status == 303
    with pytest.raises(exports.Cancelled):
        await exports.progress(mine, 1)
    await list_files.write(mine, ZONE)
    row = await exports.one(await ana(), mine)
    assert (row["state"], await db.fetchval("select count(*) from list_export_piece")) == ("cancelled", 0)
    assert (await console.get(f"/console/exports/{mine}")).status == 404
    assert "Cancelado" in (await console.get("/console/exports")).text


async def test_nobody_waits_for_more_than_a_few(console: Console, seed: Seed) -> None:
    for _ in range(exports.MOST_WAITING):
        await asked(console)
    answer = await console.post("/console/exports", {**WHOLE, "format": "csv"})
    assert answer.status == 409
    assert "Já há 5 arquivos sendo feitos para você" in answer.text


async def test_each_finished_file_is_told_once(console: Console, seed: Seed) -> None:
    await made(await asked(console))
    told = [await (await console.client.get("/console/exports/news")).json() for _ in range(2)]
    assert [len(one["toasts"]) for one in told] == [1, 0]
    assert "O arquivo de 5 linhas está pronto" in told[0]["toasts"][0]
    assert told[0]["waiting"] == 0


async def test_a_list_as_csv_at_once_follows_address_and_columns(console: Console, seed: Seed) -> None:
    await go_online(seed, 0)
    answer = await console.get("/console/sessions.csv?cols=ip.login&sort=login")
    assert answer.raw.removeprefix("\ufeff").split() == ["IPv4;Login", "100.64.0.1;cli1"]


async def test_a_maker_that_died_is_replaced_and_given_up_after_three(
    console: Console, seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    mine = await asked(console)
    await db.execute("update list_export set state = 'running', attempts = 1, leased_until = now() - interval '1 s'")
    assert await exports.claim() in (mine, None)  # the application's own may be first
    await db.execute("update list_export set state = 'running', attempts = 3, leased_until = now() - interval '1 s'")
    assert await exports.claim() is None
    assert (await exports.one(await ana(), mine))["state"] == "failed"


@pytest.mark.slow
async def test_the_application_makes_it_in_a_process_of_its_own(
    console: Console, seed: Seed, web_app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    await console.post("/console/exports", {**WHOLE, "format": "xlsx"})
    assert isinstance(web_app[EXPORTER].bell, asyncio.Event)
    await eventually(_done, 40)
    answer = await console.client.get(f"/console/exports/{await db.fetchval('select id from list_export')}")
    assert len(cells(await answer.read())) == 6


async def _done() -> bool:
    return await db.fetchval("select state from list_export") == "done"
