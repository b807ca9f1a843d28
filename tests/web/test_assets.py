"""The browser's files: built from the lock file, only when stale, and complete."""

from __future__ import annotations

import gzip
import json
import os
import re
import threading
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from web import build, lighter
from web.app import feature_routes
from web.tables import TABLES


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    build.ensure_assets()


def test_what_was_built_is_fresh_and_building_again_does_nothing() -> None:
    assert build.stale_steps() == []
    assert build.ensure_assets() == []


def test_every_file_the_pages_name_is_there_with_its_compressed_twin() -> None:
    for name in (*build.COPIES.values(), *build.BUNDLES, "milha.css"):
        path = build.VENDOR / name
        assert path.stat().st_size > 500
        if path.suffix in (".js", ".css"):
            assert gzip.decompress(path.with_name(path.name + ".gz").read_bytes()) == path.read_bytes()


def test_the_style_sheet_holds_both_themes_the_systems_choice_and_the_states() -> None:
    css = (build.VENDOR / "milha.css").read_text()
    assert '[data-theme="milha-dark"]' in css or "[data-theme=milha-dark]" in css
    assert "prefers-color-scheme:dark" in css.replace(" ", "")
    for state in ("online", "degraded", "offline", "blocked", "unknown", "live", "open", "overdue"):
        assert f".bg-{state}-soft" in css
        assert f".text-{state}-ink" in css
    assert "fonts/atkinson-hyperlegible-next.woff2" in css
    assert "http://" not in css.replace("http://www.w3.org", "")
    assert "https://" not in css.replace("https://tailwindcss.com", "").replace("https://daisyui.com", "")


def test_the_style_sheet_holds_the_classes_that_columns_of_lists_have() -> None:
    feature_routes()
    css = (build.VENDOR / "milha.css").read_text()
    classes = {one for table in TABLES.values() for column in table.columns for one in column.css.split()}
    assert "max-[1600px]:hidden" in classes
    assert [one for one in sorted(classes) if re.sub(r"([^\w-])", r"\\\1", one) not in css] == []


def test_the_style_sheet_and_the_script_stay_small() -> None:
    assert len((build.VENDOR / "milha.css.gz").read_bytes()) < 24_000
    assert len((build.VENDOR / "milha.js.gz").read_bytes()) < 40_000


def test_the_fonts_have_every_letter_and_weight_of_the_pages() -> None:
    said = "".join(path.read_text() for path in (build.WEB / "locale").rglob("*.po"))
    letters = {ord(one) for one in said if one.isalpha()}
    for name in ("next", "mono"):
        font = TTFont(build.VENDOR / f"fonts/atkinson-hyperlegible-{name}.woff2")
        assert letters - set(font.getBestCmap()) == set()
        assert [(axis.axisTag, axis.minValue, axis.maxValue) for axis in font["fvar"].axes] == [
            ("wght", *lighter.WEIGHTS)
        ]


def test_scripts_lose_their_comments_and_keep_what_looks_like_one() -> None:
    text = '// why\nconst at = "http://milha"; /* how */\nconst slash = /[/]\\/x/.test(at);\n'
    assert lighter.script(text) == 'const at="http://milha";const slash=/[/]\\/x/.test(at);'


def test_scripts_and_styles_of_single_pages_are_served_compressed() -> None:
    pages = [*(build.WEB / "static" / "js").glob("*.js"), *(build.WEB / "static" / "css").glob("*.css")]
    assert len(pages) > 8
    for path in pages:
        assert gzip.decompress(path.with_name(path.name + ".gz").read_bytes()) == path.read_bytes()


def test_the_lock_file_names_no_host() -> None:
    lock = json.loads((build.ASSETS / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert all(entry["integrity"] for entry in packages.values())
    assert not [name for name, entry in packages.items() if "resolved" in entry]
    asked = json.loads((build.ASSETS / "package.json").read_text())["dependencies"]
    assert lock["packages"][""]["dependencies"] == asked


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A step with one input and one output in a folder of its own."""
    for name, path in {"WEB": tmp_path, "VENDOR": tmp_path / "v", "CACHE": tmp_path / "c"}.items():
        monkeypatch.setattr(build, name, path)
    monkeypatch.setattr(build, "STAMP", tmp_path / "v" / "stamp.json")
    (tmp_path / "in").write_text("one")
    out, runs = tmp_path / "v" / "out", tmp_path / "runs"

    def run() -> None:
        out.write_text((tmp_path / "in").read_text())
        runs.write_text(runs.read_text() + "x" if runs.exists() else "x")

    monkeypatch.setattr(build, "STEPS", {"only": build.Step(lambda: [tmp_path / "in"], [out], run)})
    return tmp_path


def test_a_changed_input_or_a_lost_output_makes_a_step_run_again(house: Path) -> None:
    assert build.ensure_assets() == ["only"]
    assert build.ensure_assets() == []
    (house / "in").write_text("two")
    assert build.stale_steps() == ["only"]
    assert build.ensure_assets() == ["only"]
    (house / "v" / "out").unlink()
    assert build.ensure_assets() == ["only"]
    assert (house / "v" / "out").read_text() == "two"
    assert build.build(force=True) == ["only"]


def test_two_that_build_at_once_run_a_step_once(house: Path) -> None:
    threads = [threading.Thread(target=build.ensure_assets) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (house / "runs").read_text() == "x"


def test_a_place_that_cannot_be_written_is_named(house: Path) -> None:
    (house / "v").write_text("a file where the folder should be")
    with pytest.raises(build.AssetsNotBuilt, match="cannot write"):
        build.ensure_assets()


def test_a_failing_tool_is_told_with_its_words() -> None:
    with pytest.raises(build.AssetsNotBuilt, match=r"sh ended with 3:\nno such package"):
        build._run(["sh", "-c", "echo no such package >&2; exit 3"], Path.cwd(), dict(os.environ))


def test_npm_comes_from_the_python_package_where_the_system_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build.shutil, "which", lambda name: None)
    node, script = build._npm()
    assert Path(node).exists()
    assert script.endswith("npm-cli.js")
    monkeypatch.setattr(build.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(build.AssetsNotBuilt, match="npm is missing"):
        build._npm()
    with pytest.raises(build.AssetsNotBuilt, match="Tailwind CSS is missing"):
        build._tailwind()


def test_the_command_line_says_what_it_did(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main([]) == 0
    assert build.main([]) == 0
    assert capsys.readouterr().out == "built: only\nall fresh\n"
    (house / "c" / "lock").unlink()
    (house / "c").rmdir()
    (house / "c").write_text("")
    (house / "in").write_text("three")
    assert build.main([]) == 1
    assert "cannot write" in capsys.readouterr().err
