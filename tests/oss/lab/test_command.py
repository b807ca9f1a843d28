"""``python -m oss.lab`` and ``python -m oss.lab.load`` as processes of their own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from oss.lab.__main__ import main, parse_dial, parse_nas
from oss.lab.control import ControlClient
from oss.lab.load import host_and_port, parse_logins
from oss.lab.settings import NasConfig
from radius import attributes as a

from .small_server import SmallServer


def command(aaa: SmallServer, *more: str) -> list[str]:
    servers = [f"{host}:{port}" for host, port in (aaa.auth.address, aaa.acct.address)]
    nas = ["--nas", "bras1=127.0.0.1,testing123,0", "--nas", "bras2=127.0.0.2,testing123,0"]
    return [sys.executable, "-m", "oss.lab", *nas, "--auth", servers[0], "--acct", servers[1], *more]


async def started(arguments: list[str]) -> tuple[asyncio.subprocess.Process, tuple[str, int]]:
    process = await asyncio.create_subprocess_exec(*arguments, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    async with asyncio.timeout(20):
        ready = json.loads(await process.stdout.readline())
    assert ready["ready"] is True
    assert set(ready["nas"]) == {"bras1", "bras2"}
    return process, host_and_port(ready["control"])


async def test_the_command_dials_obeys_and_quits(aaa: SmallServer, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    lines = ["--dial", "demo:011-013,015-016:bras2", "--dial", "x:1-2:bras1:pw"]
    arguments = command(aaa, *lines, "--ledger", str(path), "--interim-s", "0.2", "--method", "chap", "--unsigned")
    process, address = await started(arguments)
    async with ControlClient(*address) as client:
        await client.until(online=7)
        rows = {row["login"]: row["nas"] for row in await client.sessions()}
        await aaa.until(lambda: aaa.of(a.ACCT_INTERIM))
        await client.quit()
    assert await process.wait() == 0
    assert {login for login, nas in rows.items() if nas == "bras1"} == {"x1", "x2"}
    assert "demo016" in rows
    assert a.CHAP_PASSWORD in aaa.logins[0]
    assert a.MESSAGE_AUTHENTICATOR not in aaa.logins[0]
    assert len(path.read_text().splitlines()) >= 10


async def test_a_term_signal_ends_the_lab(aaa: SmallServer) -> None:
    process, _ = await started(command(aaa, "--no-boot-record"))
    process.terminate()
    assert await process.wait() == 0
    assert aaa.records == []


PARENT = """
import subprocess, sys, os
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)
os.write(1, child.stdout.readline())
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
async def test_the_lab_ends_with_its_parent_however_that_ends(aaa: SmallServer) -> None:
    arguments = [sys.executable, "-c", PARENT, *command(aaa, "--die-with-parent")]
    process = await asyncio.create_subprocess_exec(
        *arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    ready = json.loads(await process.stdout.readline())
    async with ControlClient(*host_and_port(ready["control"])) as client:
        assert (await client.stats())["online"] == 0
        assert client._streams is not None
        os.kill(process.pid, signal.SIGKILL)
        async with asyncio.timeout(10):
            assert await client._streams[0].readline() == b""
    await process.wait()


def test_an_argument_that_is_wrong_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--nas", "bras1", "--auth", "127.0.0.1:1", "--acct", "127.0.0.1:1"])
    assert ended.value.code == 2
    assert "--nas" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "parse"),
    [
        ("bras1=127.0.0.1,s", parse_nas),
        ("=127.0.0.1,s,1", parse_nas),
        ("bras1=127.0.0.1,,1", parse_nas),
        ("demo", parse_dial),
        ("demo:x", parse_dial),
        ("demo:1-2", parse_logins),
        ("1812", host_and_port),
        ("host:99999", host_and_port),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, parse: object) -> None:
    with pytest.raises(ValueError):
        parse(text)  # type: ignore[operator]


def test_arguments_are_read() -> None:
    assert parse_nas("b=127.0.0.2,secret,3799") == NasConfig("b", "127.0.0.2", b"secret", 3799)
    assert parse_dial("d:1-2") == ([("d1", "d1pw"), ("d2", "d2pw")], None)
    assert parse_dial("d:1-1:x,y:z") == ([("d1", "d1z")], ["x", "y"])
    assert parse_logins("d:01-02:pw") == [("d01", "d01pw"), ("d02", "d02pw")]
    assert host_and_port("[::1]:1812") == ("::1", 1812)


async def load(aaa: SmallServer, *more: str) -> dict[str, float | None]:
    host, port = aaa.auth.address
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "oss.lab.load", "--auth", f"{host}:{port}", "--secret", "testing123", *more),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    figures: dict[str, float | None] = json.loads(output)
    return figures


@pytest.mark.parametrize("method", ["pap", "chap", "mschap1", "mschap2"])
async def test_the_generator_measures_from_the_scheduled_instant(aaa: SmallServer, method: str) -> None:
    asked = ("--rate", "200", "--seconds", "0.5", "--logins", "d:01-10:pw", "--method", method)
    figures = await load(aaa, *asked)
    assert (figures["sent"], figures["accepted"], figures["rejected"], figures["lost"]) == (100, 100, 0, 0)
    assert 0 < (figures["p50_ms"] or 0) <= (figures["p99_ms"] or 0) <= (figures["max_ms"] or 0)
    assert len({packet.text(a.USER_NAME) for packet in aaa.logins}) == 10


async def test_what_the_server_does_not_answer_is_lost_and_infinitely_late(aaa: SmallServer) -> None:
    aaa.answers = False
    figures = await load(aaa, "--rate", "100", "--seconds", "0.2", "--logins", "d:1-1:pw", "--timeout", "0.1")
    assert (figures["sent"], figures["lost"], figures["p50_ms"], figures["max_ms"]) == (20, 20, None, None)


async def test_wrong_passwords_are_rejected_and_still_measured(aaa: SmallServer) -> None:
    figures = await load(aaa, "--rate", "100", "--seconds", "0.1", "--logins", "d:1-1:no")
    assert (figures["rejected"], figures["lost"]) == (10, 0)
    assert figures["p99_ms"] is not None


async def test_a_server_that_is_not_there_loses_everything(aaa: SmallServer) -> None:
    nowhere = ("--auth", "127.0.0.1:9", "--timeout", "0.1")
    figures = await load(aaa, *nowhere, "--rate", "100", "--seconds", "0.1", "--logins", "d:1-1:pw")
    assert figures["lost"] == 10
