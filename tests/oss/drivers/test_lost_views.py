"""A command line that is lost in the middle and opened anew stands in no view: nothing is said there by mistake."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import cast

import pytest

from oss.drivers.course import Mark, Walk
from oss.drivers.links import Link
from oss.drivers.makers.zte_c300 import DRIVER
from oss.drivers.olt import Course, Olt, Service, Step
from oss.drivers.problems import NotAsOrdered
from oss.drivers.transport.opened import Opened
from oss.drivers.transport.transcript import Transcript
from tests.oss.drivers.transport import equipment
from tests.oss.drivers.transport.equipment import DIALECT, Cli, reach
from tests.waiting import eventually


@asynccontextmanager
async def spoken_to(cli: Cli) -> AsyncIterator[Opened]:
    async with equipment.telnet(cli) as port:
        link = Opened(reach("telnet", port), DIALECT, Transcript((), lambda entry: None))
        try:
            yield link
        finally:
            await link.close()


class Unread:
    """An OLT of which nothing is read back."""

    async def read_back(self, link: Link, pon: str, number: int) -> Service | None:
        raise AssertionError("there is nothing to check")


class Between:
    """A notebook between whose lines the device ends all sessions, once, before this command."""

    def __init__(self, cli: Cli, link: Opened, command: str) -> None:
        self.cli, self.link, self.command = cli, link, command

    async def note(self, position: int, mark: Mark, command: str) -> None:
        if command == self.command and self.cli.closers:
            for close in self.cli.closers:
                close()
            self.cli.closers.clear()
            await eventually(lambda: not self.link.open)


async def test_a_course_enters_its_view_again_in_a_session_that_was_opened_anew() -> None:
    cli = Cli()
    async with spoken_to(cli) as link:
        steps = (Step("echo first", ("config",)), Step("echo second", ("config",)))
        course = Course(steps, "0/1", None, "", ())
        olt = cast(Olt, Unread())
        end = await Walk(link, olt, "exit", course, Between(cli, link, "echo second")).run()
    assert end.how == "done"
    assert [one for one in cli.heard if one.startswith(("config", "echo"))] == [
        *("config", "echo first"),
        *("config", "echo second"),
    ]


class Careless(Cli):
    """It takes every command and enters no view but the configuration's."""

    async def _answer(self, command: str, read: Callable[[], Awaitable[str]], write: Callable[[str], None]) -> None:
        return


async def test_a_zte_is_told_to_reboot_in_the_management_of_an_onu_alone() -> None:
    cli = Careless()
    assert DRIVER.olt is not None
    async with spoken_to(cli) as link:
        with pytest.raises(NotAsOrdered):
            await DRIVER.olt.reboot(link, "1/1/1", 1)
    assert "pon-onu-mng gpon-onu_1/1/1:1" in cli.heard and "reboot" not in cli.heard
