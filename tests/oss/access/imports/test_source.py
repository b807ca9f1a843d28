"""Another system's tables from files and from its database."""

from __future__ import annotations

from pathlib import Path

import pytest

from oss.access.imports.source import CsvTables, NotPostgres, SourceRefuses, UnreadableTable, postgres, read_csv
from oss.base import db
from tests.conftest import renamed


async def rows(tables, name: str) -> list[dict[str, object]]:
    return [dict(row) async for row in tables.rows(name)]


@pytest.mark.parametrize(
    "content",
    [
        b'id,UserName,Value\r\n1,ana,"a,""b"\r\n2,bia,\r\n',
        '\ufeffid;UserName;Value\n1;ana;"a,""b"\n2;bia;NULL\n'.encode(),
        b'id\tUserName\tValue\n1\tana\ta,"b\n2\tbia\tNULL\n',
    ],
)
async def test_a_file_is_a_table_whatever_separates_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "RadCheck.csv").write_bytes(content)
    tables = CsvTables(tmp_path)
    assert tables.has("radcheck") and not tables.has("radreply")
    first, second = await rows(tables, "radcheck")
    assert first == {"id": "1", "username": "ana", "value": 'a,"b'}
    assert second["username"] == "bia" and not second["value"]


def test_what_mysql_escapes_is_undone(tmp_path: Path) -> None:
    path = tmp_path / "radcheck.csv"
    path.write_text("username\tvalue\nana\ta\\tb\\\\n\\nc\n")
    assert [row["value"] for row in read_csv(path)] == ["a\tb\\n\nc"]


@pytest.mark.parametrize(("content", "wrong"), [(b"a,b\n1,\xe3\n", "UTF-8"), (b"a,b\n1,2,3\n", "3 cells")])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes, wrong: str) -> None:
    path = tmp_path / "radcheck.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableTable, match=wrong):
        list(read_csv(path))


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTable, match="no folder"):
        CsvTables(tmp_path / "gone")


async def test_mysql_is_not_read_directly() -> None:
    with pytest.raises(NotPostgres, match="--csv-dir"):
        async with postgres("mysql://root@localhost/radius"):
            raise AssertionError


async def test_an_address_that_is_none_is_told(server: str) -> None:
    with pytest.raises(NotPostgres):
        async with postgres("postgresql://a:hunter2@localhost:port/radius"):
            raise AssertionError
    with pytest.raises(SourceRefuses, match="not_there"):
        async with postgres(renamed(server, "not_there")):
            raise AssertionError


async def test_a_table_that_may_not_be_read_is_told(dsn: str) -> None:
    connection = await db.connect(dsn)
    await connection.execute("create table radcheck (id int); create role nobody_here")
    async with postgres(dsn) as tables:
        await tables._connection.execute("set role nobody_here")
        with pytest.raises(SourceRefuses, match="permission denied"):
            await rows(tables, "radcheck")
    await connection.execute("drop role nobody_here")
    await connection.close()


async def test_columns_are_found_in_any_case(dsn: str) -> None:
    connection = await db.connect(dsn)
    await connection.execute('create table "RadCheck" (id int, "UserName" text)')
    await connection.execute("insert into \"RadCheck\" values (2, 'b'), (1, 'a')")
    async with postgres(dsn) as tables:
        await connection.execute("insert into \"RadCheck\" values (3, 'later')")
        assert tables.has("radcheck")
        assert await rows(tables, "radcheck") == [{"id": 1, "username": "a"}, {"id": 2, "username": "b"}]
    await connection.close()
