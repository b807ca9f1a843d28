"""Every test can fail, and waits for what happens instead of sleeping."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePath

import pytest

from .tree import calls, dotted, functions, python

# A sleep is right only where there is nothing to wait for; each such file says why.
MAY_SLEEP: dict[str, str] = {
    "tests/waiting.py": "it polls, so that the others need not",
    "tests/e2e/test_secrets_change.py": "its logins come at a steady pace, whatever is answered",
}


def _asserts(node: ast.AST) -> bool:
    if isinstance(node, ast.Assert):
        return not isinstance(node.test, ast.Constant)
    if not isinstance(node, ast.Call):
        return False
    name = dotted(node.func).rpartition(".")[2]
    # ``eventually`` fails when its condition does not come true in time.
    return name in ("raises", "warns", "expect", "eventually") or name.lstrip("_").startswith("assert_")


def idle_tests(source: str) -> Iterator[str]:
    for name, function in functions(source):
        if function.name.startswith("test_") and not any(_asserts(node) for node in ast.walk(function)):
            yield name


def sleeps(source: str) -> Iterator[str]:
    """Sleeps of any length; ``asyncio.sleep(0)`` only lets others run."""
    for name, call in calls(source):
        what = name.rpartition(".")[2]
        yields = bool(call.args) and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0
        if what == "wait_for_timeout" or (what == "sleep" and not yields):
            yield f"line {call.lineno}: {name}"


def global_patches(source: str) -> Iterator[str]:
    """``setattr(module.asyncio, ...)``: it is everybody's, and what another test left running spins on it."""
    for name, call in calls(source):
        patched = dotted(call.args[0]) if call.args and isinstance(call.args[0], ast.Attribute | ast.Name) else ""
        if name.rpartition(".")[2] == "setattr" and patched.rpartition(".")[2] == "asyncio":
            yield f"line {call.lineno}: {patched}"


def test_no_test_patches_everybody_s_loop() -> None:
    found = [f"{path}: {finding}" for path, source in python("tests") for finding in global_patches(source)]
    assert not found, "\n".join(found)
    assert list(global_patches('monkeypatch.setattr(ping.asyncio, "sleep", quick)')) == ["line 1: ping.asyncio"]
    assert list(global_patches('monkeypatch.setattr(ping, "asyncio", quick)')) == []


def test_every_test_can_fail() -> None:
    files = [(p, source) for p, source in python("tests") if PurePath(p).name.startswith("test_")]
    found = [f"{path}: {name}" for path, source in files for name in idle_tests(source)]
    assert not found, "\n".join(found)


def test_no_test_sleeps() -> None:
    awake = [(p, source) for p, source in python("tests") if p not in MAY_SLEEP]
    found = [f"{path}: {finding}" for path, source in awake for finding in sleeps(source)]
    assert not found, "\n".join(found)


def test_every_file_that_may_sleep_does() -> None:
    asleep = {path for path, source in python("tests") if list(sleeps(source))}
    assert set(MAY_SLEEP) - asleep == set()


@pytest.mark.parametrize("body", ["run()", "assert True", "def check():\n    return 1\n  check()", "raises = 1"])
def test_a_test_that_cannot_fail_is_found(body: str) -> None:
    assert list(idle_tests(f"def test_it():\n  {body}\n")) == ["test_it"]


@pytest.mark.parametrize(
    "body", ["assert run() == 1", "with pytest.raises(ValueError):\n    run()", "assert_balanced(ledger)"]
)
def test_a_test_that_can_fail_is_left_alone(body: str) -> None:
    source = f"class TestIt:\n async def test_it():\n  {body}\n"
    assert list(idle_tests(source)) == []


def test_a_sleep_is_found() -> None:
    source = "time.sleep(1)\nasyncio.sleep(0)\nawait asyncio.sleep(delay)\npage.wait_for_timeout(50)\nsleep(0.1)"
    found = {finding.split(":")[0] for finding in sleeps(source)}
    assert found == {"line 1", "line 3", "line 4", "line 5"}
