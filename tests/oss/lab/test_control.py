"""The control port: one JSON object a line in, one out, also for those who speak it badly."""

from __future__ import annotations

import json
from typing import Any

import pytest

from oss.lab.control import ControlClient, Refused, control_port
from oss.lab.lab import Lab
from oss.lab.logins import numbered
from oss.lab.settings import NasConfig, Settings
from radius import attributes as a

from .small_server import NAS, SmallServer, small_lab

WRONG: list[tuple[str, str]] = [
    ("not json", "Expecting value"),
    ("[]", "list indices"),
    ('"dial"', "string indices"),
    ("{}", "'cmd'"),
    ('{"cmd": "sing"}', "'sing'"),
    ('{"cmd": "dial"}', "'logins'"),
    ('{"cmd": "dial", "logins": "ana"}', "logins is a list of texts"),
    ('{"cmd": "dial", "logins": [""]}', "login of 1 to"),
    ('{"cmd": "dial", "range": [1]}', "range and passwords are objects"),
    ('{"cmd": "dial", "range": {"prefix": "s", "from": 1}}', "'to'"),
    ('{"cmd": "dial", "logins": ["ana"], "nas": "bras9"}', "no NAS named bras9"),
    ('{"cmd": "dial", "logins": ["ana"], "nas": []}', "no NAS named at all"),
    ('{"cmd": "mode", "mode": "drunk"}', "mode is one of healthy, nak, silent, pretend"),
    ('{"cmd": "redial", "on": "yes"}', "on is true or false"),
    ('{"cmd": "interims", "every_s": -1}', "at least 0.01"),
    ('{"cmd": "interims", "every_s": "often"}', "could not convert"),
    ('{"cmd": "reboot", "nas": ["bras1", "x"]}', "no NAS named x"),
]


async def raw(client: ControlClient, line: str) -> dict[str, Any]:
    assert client._streams is not None
    reader, writer = client._streams
    writer.write(line.encode() + b"\n")
    answer: dict[str, Any] = json.loads(await reader.readline())
    return answer


async def test_a_wrong_command_is_answered_and_the_connection_lives_on(aaa: SmallServer) -> None:
    async with small_lab(aaa) as (_, client):
        for line, complaint in WRONG:
            answer = await raw(client, line)
            assert answer["ok"] is False
            assert complaint in answer["error"], line
        assert (await client.stats())["lines"] == {}


async def test_the_client_raises_what_the_lab_refused(aaa: SmallServer) -> None:
    async with small_lab(aaa) as (_, client):
        with pytest.raises(Refused, match="no NAS named nowhere"):
            await client.reboot("nowhere")
        with pytest.raises(TimeoutError, match="0 are online"):
            await client.until(online=1, timeout_s=0.0)
    with pytest.raises(Refused, match="not open"):
        await client.stats()


async def test_a_range_dials_with_its_suffix_and_some_have_passwords_of_their_own(aaa: SmallServer) -> None:
    async with small_lab(aaa, NAS) as (_, client):
        span = {"prefix": "demo", "from": "009", "to": "011", "password_suffix": "pw"}
        assert (await client.call("dial", range=span, nas="bras2"))["dialed"] == 3
        await client.call("dial", logins=["ana"], passwords={"ana": "anapw"}, password_suffix="wrong")
        await client.until(online=4)
        rows = {row["login"]: row["nas"] for row in await client.sessions()}
    assert rows == {"demo009": "bras2", "demo010": "bras2", "demo011": "bras2", "ana": "bras1"}


async def test_thousands_of_sessions_are_listed_whole(aaa: SmallServer) -> None:
    logins = numbered("s", "0001", "1203")
    async with small_lab(aaa, dial_per_s=5_000.0) as (_, client):
        await client.dial(logins)
        await client.until(online=1203)
        rows = await client.sessions()
        some = await client.sessions(["s0007", "s1203", "unknown"])
        assert (await client.call("hangup", all=True))["hung_up"] == 1203
        assert await client.sessions() == []
        everybody = await client.sessions(everybody=True)
        assert (await client.stats())["lines"] == {"offline": 1203}
    assert [row["login"] for row in rows] == logins
    assert [row["login"] for row in some] == ["s0007", "s1203"]
    assert {row["state"] for row in everybody} == {"offline"}
    assert set(rows[0]) == {
        *("nas", "login", "acct_session_id", "framed_ip", "state", "profile", "since", "changed_at"),
    }


async def test_latencies_begin_anew_when_asked_and_counters_go_on(aaa: SmallServer) -> None:
    async with small_lab(aaa) as (_, client):
        await client.dial(["ana"])
        await client.until(online=1, pending=0)
        before = await client.stats(reset=True)
        after = await client.stats()
    assert (before["auth"]["latency"]["count"], before["acct"]["latency"]["count"]) == (1, 2)
    assert (after["auth"]["latency"]["count"], after["acct"]["latency"]["count"]) == (0, 0)
    assert after["auth"]["sent"] == before["auth"]["sent"] == 1
    assert before["nas"]["bras1"]["acct"]["acked"] == 2


async def test_a_lab_without_a_ledger_file_still_counts(aaa: SmallServer) -> None:
    async with small_lab(aaa) as (_, client):
        await client.dial(["ana"])
        await client.until(online=1, pending=0)
        assert await client.ledger() == {"count": 2, "path": None}


async def test_who_hangs_up_while_dialing_gets_no_session(aaa: SmallServer) -> None:
    aaa.answers = False
    async with small_lab(aaa) as (_, client):
        await client.dial(["ana"])
        await aaa.until(lambda: len(aaa.logins) == 1)
        await client.hangup(["ana"])
        aaa.answers = True
        await aaa.until(lambda: aaa.auth.counters["answers"] or len(aaa.logins) > 1)
        stats = await client.stats()
        await client.dial(["ana"])
        await client.until(online=1, pending=0)
    assert stats["online"] == 0
    assert len(aaa.of(a.ACCT_START)) == 1


async def test_quit_is_heard_by_whoever_runs_the_lab(aaa: SmallServer) -> None:
    settings = Settings(aaa.auth.address, aaa.acct.address)
    async with Lab(NAS, settings) as lab, control_port(lab, "127.0.0.1", 0) as (control, address):
        async with ControlClient(*address) as client:
            await client.quit()
        assert control.quit_asked.is_set()


async def test_two_nas_of_one_name_are_no_lab(aaa: SmallServer) -> None:
    settings = Settings(aaa.auth.address, aaa.acct.address)
    with pytest.raises(ValueError, match="a name of its own"):
        Lab([NAS[0], NAS[0]], settings)


async def test_a_port_that_is_taken_is_named_and_nothing_stays_open(aaa: SmallServer) -> None:
    settings = Settings(aaa.auth.address, aaa.acct.address, boot_record=False)
    async with Lab(NAS[:1], settings) as first:
        taken = NasConfig("other", "127.0.0.1", b"testing123", first.nas["bras1"].orders.port)
        with pytest.raises(OSError, match=f"port {taken.coa_port}"):
            await Lab([NAS[1], taken], settings).__aenter__()
