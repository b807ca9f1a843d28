"""A device's command line over real SSH and real telnet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import asyncssh
import pytest

from oss.drivers.links import Dialect
from oss.drivers.problems import CommandRefused, DeviceSlow, DeviceUnreachable, KeyChanged, LinkLost, LoginRefused
from oss.drivers.transport import ssh
from oss.drivers.transport.opened import Opened, Purse, free
from oss.drivers.transport.transcript import Entry, Transcript
from tests.oss.drivers.transport import equipment
from tests.oss.drivers.transport.equipment import DIALECT, ENABLE, PASSWORD, TABLE, Cli, reach
from tests.waiting import eventually

WAYS = {"ssh": equipment.ssh, "telnet": equipment.telnet}
both = pytest.mark.parametrize("way", ["ssh", "telnet"])
READ = "display ont info 0 1 all"
WHOLE = "\n".join(TABLE)


@asynccontextmanager
async def spoken_to(
    way: str, cli: Cli, dialect: Dialect = DIALECT, kept: list[Entry] | None = None, **other: object
) -> AsyncIterator[Opened]:
    async with WAYS[way](cli) as port:
        how = reach(way, port, **other)
        link = Opened(how, dialect, Transcript(how.secrets, (kept if kept is not None else []).append))
        try:
            yield link
        finally:
            await link.close()


@both
@pytest.mark.parametrize("echoes", [True, False])
async def test_a_paged_table_comes_without_echo_pager_and_prompt(way: str, echoes: bool) -> None:
    cli = Cli(echoes=echoes)
    async with spoken_to(way, cli) as link:
        shell = await link.shell()
        assert shell.prompt == "OLT-1#"
        assert await shell.run(READ) == WHOLE
        assert await shell.run("config") == "" and shell.prompt == "OLT-1(config)#"
        assert cli.heard == ["enable", "undo smart", READ, "config"]


@both
async def test_who_looks_whether_it_is_open_takes_nothing_from_a_running_command(way: str) -> None:
    async with spoken_to(way, Cli(page=5)) as link:
        shell = await link.shell()
        for _ in range(3):
            task = asyncio.create_task(shell.run(READ))
            while not task.done():
                assert link.open
                await asyncio.sleep(0)
            assert task.result() == WHOLE


@both
async def test_a_line_of_an_answer_that_looks_like_a_prompt_is_none(way: str) -> None:
    async with spoken_to(way, Cli()) as link:
        shell = await link.shell()
        assert await shell.run("display prompts") == "description\nOLT-1#\nother#\nlast line"
        assert await shell.run("echo after") == "after"


@both
async def test_a_question_is_answered_by_the_dialect_or_the_command_and_by_nobody_else(way: str) -> None:
    async with spoken_to(way, Cli()) as link:
        shell = await link.shell()
        assert (await shell.run("save")).endswith("saved")
        assert (await shell.run("delete all", answers={r"Really delete\? \(y/n\):": "n"})).endswith("said n")
        with pytest.raises(DeviceSlow):
            await shell.run("delete all", timeout_s=0.4)
        assert (await (await link.shell()).run("echo there")) == "there"


@both
async def test_a_refused_command_is_told_in_the_device_s_words_and_the_line_goes_on(way: str) -> None:
    cli = Cli()
    async with spoken_to(way, cli) as link:
        shell = await link.shell()
        with pytest.raises(CommandRefused, match="% Unknown command"):
            await shell.run("frobnicate")
        assert await shell.run("echo there") == "there"
    assert cli.logins == 1


@both
async def test_a_command_is_one_line(way: str) -> None:
    cli = Cli()
    async with spoken_to(way, cli) as link:
        shell = await link.shell()
        for command in ("echo a\nreboot", "echo a\rreboot", "echo \x03", "echo 漢"):
            with pytest.raises(CommandRefused):
                await shell.run(command)
        assert await shell.run("echo José") == "José"
    assert not any("reboot" in one for one in cli.heard)


@both
@pytest.mark.parametrize("fault", ["hang", "stall"])
async def test_a_device_that_stops_in_mid_sentence_is_closed_and_opened_anew(way: str, fault: str) -> None:
    cli = Cli(faults={READ: fault})
    async with spoken_to(way, cli) as link:
        with pytest.raises(DeviceSlow):
            await (await link.shell()).run(READ, timeout_s=0.4)
        assert not link.open
        cli.faults.clear()
        assert await (await link.shell()).run(READ) == WHOLE
    assert cli.logins == 2


@both
@pytest.mark.parametrize("fault", ["close", "half"])
async def test_a_device_that_hangs_up_in_the_middle_is_lost_and_heals(way: str, fault: str) -> None:
    cli = Cli(faults={READ: fault})
    async with spoken_to(way, cli) as link:
        with pytest.raises(LinkLost):
            await (await link.shell()).run(READ)
        cli.faults.clear()
        assert await (await link.shell()).run(READ) == WHOLE


@both
async def test_a_device_that_rebooted_while_nobody_looked_is_opened_anew_without_a_word(way: str) -> None:
    cli = Cli()
    async with spoken_to(way, cli) as link:
        await link.shell()
        for close in cli.closers:
            close()
        async with asyncio.timeout(5):
            while link.open:
                await asyncio.sleep(0)
        assert await (await link.shell()).run("echo there") == "there"
    assert cli.logins == 2


@both
async def test_who_leaves_in_the_middle_leaves_no_answer_behind(way: str) -> None:
    cli = Cli(faults={READ: "hang"})
    async with spoken_to(way, cli) as link:
        task = asyncio.create_task((await link.shell()).run(READ))
        async with asyncio.timeout(5):
            while READ not in cli.heard:
                await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert await (await link.shell()).run("echo there") == "there"


@both
async def test_who_waits_for_an_answer_when_the_link_is_closed_has_lost_it_and_was_not_cancelled(way: str) -> None:
    cli = Cli(faults={READ: "hang"})
    async with spoken_to(way, cli) as link:
        task = asyncio.create_task((await link.shell()).run(READ))
        await eventually(lambda: READ in cli.heard)
        await link.close()
        with pytest.raises(LinkLost):
            await task
        with pytest.raises(LinkLost):
            await link.shell()


@both
async def test_what_is_being_opened_when_all_is_closed_is_closed_too(way: str) -> None:
    cli = Cli(faults={"undo smart": "wait"})
    async with spoken_to(way, cli) as link:
        task = asyncio.create_task(link.shell())
        await eventually(lambda: "undo smart" in cli.heard)
        await link.close()
        cli.goes_on.set()
        with pytest.raises(LinkLost):
            await task
        await eventually(lambda: cli.ended == 1)
    assert cli.logins == 1


@both
async def test_a_wrong_password_is_said_and_tried_once(way: str) -> None:
    cli = Cli(password="other")
    async with spoken_to(way, cli) as link:
        with pytest.raises(LoginRefused):
            await link.shell()
    assert cli.logins == 0


@both
async def test_a_privilege_that_is_not_given_is_said(way: str) -> None:
    async with spoken_to(way, Cli(enable="other")) as link:
        with pytest.raises(LoginRefused):
            await link.shell()


@both
async def test_the_transcript_has_all_that_was_said_and_no_secret(way: str) -> None:
    kept: list[Entry] = []
    async with spoken_to(way, Cli(), kept=kept) as link:
        shell = await link.shell()
        await shell.run(f"echo user {PASSWORD} and {ENABLE}")
        await shell.run("echo local-user ana password irreversible-cipher $1a$xyz level 15")
        await shell.run("echo ssid casa key quarenta-e-dois", quiet=True)
        with pytest.raises(CommandRefused):
            await shell.run("nonsense")
    text = "\n".join(one.command + "\n" + one.answer for one in kept)
    for secret in (PASSWORD, ENABLE, "$1a$xyz", "quarenta", "casa"):
        assert secret not in text
    assert "level 15" in text and kept[-1].failure == "command-refused" and "% Unknown" in kept[-1].answer
    assert [one.command for one in kept[:2]] == ["enable", "undo smart"]


async def test_each_command_takes_a_token() -> None:
    taken = 0

    async def cli() -> None:
        nonlocal taken
        taken += 1

    device = Cli()
    async with equipment.telnet(device) as port:
        how = reach("telnet", port)
        link = Opened(how, DIALECT, Transcript((), lambda entry: None), None, Purse(cli, free))
        await (await link.shell()).run(READ)
        await link.close()
    assert taken == 3 == len([one for one in device.heard if one != "quit"])


# ------------------------------------------------------------ SSH's own matters


async def test_the_first_key_is_told_and_another_one_refused_before_the_password_is_sent() -> None:
    cli, key = Cli(), asyncssh.generate_private_key("ssh-ed25519")
    async with equipment.ssh(cli, key) as port:
        how = reach("ssh", port)
        link = Opened(how, DIALECT, Transcript((), lambda entry: None))
        await link.shell()
        known = link.keys()["ssh_key"]
        await link.close()
        link = Opened(replace(how, ssh_key=known), DIALECT, Transcript((), lambda entry: None))
        await link.shell()
        await link.close()
    assert known.startswith("ssh-ed25519 AAAA")
    async with equipment.ssh(cli, asyncssh.generate_private_key("ssh-ed25519")) as port:
        link = Opened(reach("ssh", port, ssh_key=known), DIALECT, Transcript((), lambda entry: None))
        with pytest.raises(KeyChanged) as problem:
            await link.shell()
    assert str(problem.value.facts["seen"]).startswith("SHA256:") and problem.value.facts["key"] != known
    assert cli.logins == 2


async def test_old_algorithms_are_offered_only_where_the_setting_says_so() -> None:
    cli = Cli()
    async with equipment.ssh(cli, old=True) as port:
        with pytest.raises(DeviceUnreachable, match="out of use"):
            await Opened(reach("ssh", port), DIALECT, Transcript((), lambda entry: None)).shell()
        link = Opened(reach("ssh", port, legacy=True), DIALECT, Transcript((), lambda entry: None))
        assert await (await link.shell()).run("echo there") == "there"
        await link.close()


async def test_a_dialect_without_prompts_runs_each_command_in_a_channel_of_its_own() -> None:
    cli = Cli()
    async with equipment.ssh(cli) as port:
        how = reach("api", 1, ssh_port=port)
        link = Opened(how, Dialect(prompts=(), errors=(r"^failure:",)), Transcript((), lambda entry: None))
        assert "comment=José" in await (await link.shell()).run("/export terse")
        assert cli.heard == ["/export terse"]
        await link.close()


async def test_who_leaves_while_a_command_runs_in_its_channel_leaves_no_channel_behind() -> None:
    cli = Cli(faults={"/export": "hang"})
    async with equipment.ssh(cli) as port:
        how, silent = reach("api", 1, ssh_port=port), Dialect(prompts=(), errors=())
        link = Opened(how, silent, Transcript((), lambda entry: None))
        task = asyncio.create_task((await link.shell()).run("/export"))
        await eventually(lambda: "/export" in cli.heard)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await eventually(lambda: cli.left == 1)
        await link.close()


async def test_a_device_that_lets_in_and_gives_no_shell_is_left_whoever_stops_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cli = Cli(mute=True)
    async with equipment.ssh(cli) as port:
        link = Opened(reach("ssh", port), DIALECT, Transcript((), lambda entry: None))
        task = asyncio.create_task(link.shell())
        await eventually(lambda: cli.logins == 1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await eventually(lambda: cli.left == 1)
        monkeypatch.setattr(ssh, "OPEN_S", 1.0)
        with pytest.raises(DeviceUnreachable, match="no shell within 1 s"):
            await link.shell()
        await eventually(lambda: cli.left == 2)
