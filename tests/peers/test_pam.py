"""pam_radius_auth, as a Linux server's login asks us (Debian's, driven by pamtester)."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

from oss.base import db
from tests.waiting import eventually

from .conftest import LOGIN, PASSWORD, SECRET, Field, needs
from .namespaces import lines

MODULE = next((str(found) for found in Path("/lib").glob("**/security/pam_radius_auth.so")), "pam_radius_auth.so")
pytestmark = needs("pamtester", MODULE)


@dataclass
class Login:
    """A Linux server's PAM service, as the module's manual has it, and pamtester to use it.

    The session stays open until ``leave``: a second module of the stack waits for it.
    """

    field: Field

    def __post_init__(self) -> None:
        folder = self.field.folder
        (folder / "pam.d").mkdir()
        os.mkfifo(folder / "leave")
        # The module knows a server by host and one port, and asks the next one for accounting.
        known = lines(folder, "servers", [f"{self.field.nas.us}:1812 {SECRET} 3"])
        stays = lines(folder, "stays", ["#!/bin/sh", f'[ "$PAM_TYPE" = close_session ] || read go <{folder}/leave'])
        os.chmod(stays, 0o755)
        service = [f"{kind} required {MODULE} conf={known}" for kind in ("auth", "session")]
        lines(
            folder / "pam.d",
            "milha",
            [*service, f"session required pam_exec.so {stays}", "account required pam_permit.so"],
        )

    async def does(self, *acts: str, password: str = PASSWORD) -> tuple[int, str]:
        """Exit status and words of pamtester; the machine's own PAM files are hidden from it, not changed."""
        inside = f"mount --bind {self.field.folder}/pam.d /etc/pam.d && exec pamtester milha {LOGIN} {' '.join(acts)}"
        return await self.field.nas.run("sh", "-c", inside, typed=password + "\n", within_s=60)

    async def leave(self) -> None:
        await asyncio.to_thread((self.field.folder / "leave").write_text, "now\n")


async def test_a_right_password_is_accepted_and_a_wrong_one_refused(field: Field) -> None:
    login = Login(field)
    status, said = await login.does("authenticate")
    assert status == 0 and "successfully authenticated" in said
    status, said = await login.does("authenticate", password="wrong")
    assert status != 0 and "successfully" not in said
    assert await eventually(field.rejects) == ["wrong_password"]


async def test_a_session_is_open_here_while_it_lasts_and_ends_when_it_is_closed(field: Field) -> None:
    login = Login(field)
    stay = asyncio.create_task(login.does("authenticate", "open_session", "close_session"))
    session = await field.open_session()
    assert not stay.done()
    await login.leave()
    status, said = await stay
    assert status == 0 and "successfully been closed" in said, said
    ended = await field.closed_session(session["acct_session_id"])
    assert (ended["login"], ended["uid"]) == (LOGIN, session["uid"])
    assert await db.fetchval("select count(*) from session_open") == 0
