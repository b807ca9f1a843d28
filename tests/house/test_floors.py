"""Imports go down the floors only, and every folder of oss/ is declared in .importlinter."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .tree import PRODUCT, ROOT, tracked

# A file that breaks a rule, and the line import-linter must answer with.
SINS = {
    "billing/upward.py": ("import web.console", "billing.upward -> web.console"),
    "oss/base/upward.py": ("import billing", "oss.base.upward -> billing"),
    "oss/crm/sideways.py": ("import oss.network", "oss.crm.sideways -> oss.network"),
    "oss/lab/inward.py": ("import oss.base", "oss.lab.inward -> oss.base"),
    "radius/sideways.py": ("import snmp", "radius.sideways -> snmp"),
    "radius/rows.py": ("import asyncpg", "radius.rows -> asyncpg"),
    "web/roof.py": ("import oss.app", "web.roof -> oss.app"),
    "web/lab.py": ("import oss.lab", "web.lab -> oss.lab"),
    "web/rows.py": ("import tortoise", "web.rows -> tortoise"),
    "oss/undeclared/__init__.py": ("", "- oss.undeclared"),
}


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()"]
    environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"}
    return subprocess.run(
        [*command, "--no-cache"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def empty_house(tmp_path: Path) -> Path:
    """The folders of the project with nothing in them, and the roof."""
    rooms = [p for p in tracked() if p.split("/")[0] in PRODUCT and p.endswith("/__init__.py")]
    roof = ("__main__", "app", "commands", "demo", "demo_logins")
    for path in [*rooms, *(f"oss/{name}.py" for name in roof)]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    (tmp_path / ".importlinter").write_text((ROOT / ".importlinter").read_text())
    return tmp_path


def test_imports_go_down_the_floors_only() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_roof_may_import_everything(empty_house: Path) -> None:
    (empty_house / "oss/app.py").write_text("import web, billing, oss.lab, oss.access, radius, snmp, asyncpg")
    result = lint_imports(empty_house)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_forbidden_import_and_an_undeclared_folder_are_found(empty_house: Path) -> None:
    for path, (line, _) in SINS.items():
        (empty_house / path).parent.mkdir(exist_ok=True)
        (empty_house / path).write_text(line + "\n")
    result = lint_imports(empty_house)
    assert result.returncode != 0
    overlooked = [path for path, (_, finding) in SINS.items() if finding not in result.stdout]
    assert overlooked == [], result.stdout + result.stderr
