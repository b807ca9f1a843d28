"""/export over SSH: rendered from the same state that the API changes."""

from __future__ import annotations

import asyncio

import asyncssh
import pytest

from oss.lab.network.routeros.doors import served
from oss.lab.network.routeros.export import export, quoted
from oss.lab.network.whims import Deed
from tests.oss.lab.network.routeros.test_api import PASSWORD, router


async def exported(port: int, command: str, password: str = PASSWORD) -> str:
    async with asyncssh.connect(
        "127.0.0.1", port, username="milha", password=password, known_hosts=None, client_keys=None, config=None
    ) as connection:
        done = await connection.run(command, encoding="latin-1")
    if done.exit_status != 0:
        raise EOFError("it broke off")
    return str(done.stdout)


async def test_a_change_shows_in_the_export_and_its_secrets_only_where_they_are_asked_for() -> None:
    made = router()
    async with served(made, "127.0.0.1", ssh_port=0) as doors:
        before = await exported(doors.ssh_port, "/export terse show-sensitive")
        made.menus["/ppp/secret"].take({"name": "caixa 1", "password": 'a"b$c', "disabled": "yes"})
        after = await exported(doors.ssh_port, "/export terse show-sensitive")
        hidden = await exported(doors.ssh_port, "/export terse")
    added = set(after.split("\r\n")[1:]) - set(before.split("\r\n")[1:])
    assert added == {'/ppp secret add disabled=yes name="caixa 1" password="a\\"b\\$c"'}
    assert "password=" not in hidden and "secret=" not in hidden and 'name="caixa 1"' in hidden
    assert "/radius add address=127.0.0.1 secret=testing123 service=ppp timeout=3s" in before
    assert "ana" not in before, "what is there by itself is no configuration"


@pytest.mark.parametrize("deed", [Deed.CLOSE, Deed.LOST, Deed.HANG, Deed.MUTE, Deed.REFUSE])
async def test_an_export_fails_as_it_was_ordered(deed: Deed) -> None:
    made = router()
    async with served(made, "127.0.0.1", ssh_port=0) as doors:
        made.whims.fail(1, deed)
        if deed is Deed.REFUSE:
            assert "timed out" in await exported(doors.ssh_port, "/export")
            return
        silent = deed in (Deed.HANG, Deed.MUTE)
        with pytest.raises(TimeoutError if silent else EOFError):
            await asyncio.wait_for(exported(doors.ssh_port, "/export"), 1 if silent else 10)
        assert "/ip pool" in await exported(doors.ssh_port, "/export")


async def test_lines_are_folded_where_it_is_not_terse() -> None:
    said = export(router(), ["show-sensitive"])
    assert "/ip pool\r\nadd name=cgnat ranges=" in said
    assert all(len(line) <= 82 for line in said.split("\r\n"))
    assert " \\\r\n    " in said


async def test_other_commands_and_wrong_passwords_are_refused() -> None:
    async with served(router(), "127.0.0.1", ssh_port=0) as doors:
        assert "bad command name" in await exported(doors.ssh_port, "/fly")
        with pytest.raises(asyncssh.PermissionDenied):
            await exported(doors.ssh_port, "/export", "guess")


def test_values_are_quoted_where_they_must_be() -> None:
    assert [quoted(one) for one in ("vlan100", "a b", "")] == ["vlan100", '"a b"', '""']
    assert quoted("São".encode().decode("latin-1")) == '"S\\C3\\A3o"'
