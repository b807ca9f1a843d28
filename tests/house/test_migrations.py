"""Models and migrations agree, and every migration can be shipped and run again elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from oss.base import migrations

from .tree import PRODUCT, ROOT, python


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What aerich needs, in a place where it may write: an unapplied file would be rewritten in the real one."""
    for name in (*PRODUCT, "migrations"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "static", "*.mo"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def offline(folder: Path) -> str:
    """What ``aerich migrate`` says without a database."""
    script = "from aerich.cli import main; main()"
    command = [sys.executable, "-c", script, "migrate", "--offline", "--no-input", "--name", "check"]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "migrations" / "milha").glob("*.py"))


def test_models_and_migrations_agree(copy: Path) -> None:
    before = files(copy)
    assert "No changes detected" in offline(copy)
    assert files(copy) == before


def test_a_model_changed_without_a_migration_is_found(copy: Path) -> None:
    path = copy / "oss" / "crm" / "models.py"
    text = path.read_text()
    path.write_text(
        text.replace("email = fields", "fax = fields.CharField(max_length=9, null=True)\n    email = fields")
    )
    before = files(copy)
    assert "No changes detected" not in offline(copy)
    assert files(copy) != before


def test_every_migration_is_shipped_and_in_order() -> None:
    assert migrations.shipped() and migrations.shipped()[0] == "0_init.py"
    numbers = [int(name.split("_")[0]) for name in migrations.shipped()]
    assert numbers == sorted(set(numbers))


def test_a_migration_runs_in_one_transaction() -> None:
    """A step that must not (an index built concurrently) says so here."""
    outside: set[str] = set()
    found = {path for path, source in python("migrations") if "RUN_IN_TRANSACTION = True" not in source}
    assert {path for path in found if path.split("/")[-1] in migrations.shipped()} == outside
