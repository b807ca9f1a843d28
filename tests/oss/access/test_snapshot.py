"""The copy of the index on disk: sealed, whole or not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from oss.access import snapshot
from oss.access.index import UNBOUND, WIDTH, Index
from oss.access.nas_table import ROWS, NasTable
from oss.access.snapshot import load_index, save_index
from oss.base import db, secrets
from tests.conftest import Seed

ROW = (1,) * (WIDTH + 1)
OTHER = "b3RoZXIta2V5LW90aGVyLWtleS1vdGhlci1rZXktMTI="


async def test_a_node_knows_from_its_copy_what_it_knew_from_the_database(
    undone: db.Connection, provider: Seed, sealer: secrets.Sealer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "CHUNK", 2)
    await undone.execute("insert into setting (key, value) values ('access.walled_list', '\"sem-acesso\"')")
    known, table = Index(sealer, lambda _: None), NasTable(sealer)
    await known.reconcile(undone)
    await table.load(undone)
    path = tmp_path / "index.sealed"
    save_index(path, sealer, table.rows, [entry.row for entry in known.entries.values()])

    restored = load_index(path, sealer)
    assert restored is not None and restored.walled_list == "sem-acesso"
    again, nas = Index(sealer, lambda _: None), NasTable(sealer)
    again.walled_list = restored.walled_list
    again.take(restored.rows)
    nas.take(restored.nas)
    assert {login: entry.row for login, entry in again.entries.items()} == {
        login: entry.row for login, entry in known.entries.items()
    }
    assert again.entries["cli1"].password == b"pw1" and not again.ready
    assert nas.rows == table.rows == [tuple(row) for row in await undone.fetch(ROWS)]


def test_neither_passwords_nor_logins_can_be_read_from_it(sealer: secrets.Sealer, tmp_path: Path) -> None:
    path = tmp_path / "index.sealed"
    save_index(path, sealer, [(1, "BNG")], [(1, "iris", "sealed")])
    text = path.read_text()
    assert "iris" not in text and "BNG" not in text and path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["index.sealed"]


def test_an_empty_copy_is_a_copy(sealer: secrets.Sealer, tmp_path: Path) -> None:
    path = tmp_path / "index.sealed"
    save_index(path, sealer, [], [])
    assert load_index(path, sealer) == snapshot.Restored([], [], None)


def test_a_copy_that_is_missing_damaged_or_anothers_is_none(sealer: secrets.Sealer, tmp_path: Path) -> None:
    path = tmp_path / "index.sealed"
    assert load_index(path, sealer) is None
    save_index(path, secrets.from_text(OTHER), [], [ROW])
    assert load_index(path, sealer) is None
    save_index(path, sealer, [], [ROW])
    assert load_index(path, sealer) == snapshot.Restored([], [ROW[:WIDTH]], 1)  # type: ignore[arg-type]
    whole = path.read_text()
    for damaged in (whole[:-10], "x" + whole, "{}\n"):
        path.write_text(damaged)
        assert load_index(path, sealer) is None
    path.write_text(sealer.seal('["moon", []]', snapshot.AAD) + "\n")
    assert load_index(path, sealer) is None


@pytest.mark.parametrize("width", [WIDTH, WIDTH + 2])
def test_a_copy_of_another_version_is_none(sealer: secrets.Sealer, tmp_path: Path, width: int) -> None:
    path = tmp_path / "index.sealed"
    save_index(path, sealer, [], [(1,) * width])
    assert load_index(path, sealer) is None


def test_a_copy_from_before_lines_were_bound_is_still_read(sealer: secrets.Sealer, tmp_path: Path) -> None:
    path = tmp_path / "index.sealed"
    save_index(path, sealer, [], [(1,) * (WIDTH - 2) + ("walled",)], [("access.realms", '["net.br"]')])
    restored = load_index(path, sealer)
    assert restored is not None and restored.names == {"access.realms": '["net.br"]'}
    assert restored.rows == [(*(1,) * (WIDTH - 2), *UNBOUND)] and restored.walled_list == "walled"
