"""Incidents told by trap and inform to Debian's snmptrapd."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from oss.base import db, secrets
from oss.base.problems import InvalidInput
from oss.monitoring import channel_forms, telling
from oss.monitoring.channel_forms import ChannelValues
from oss.monitoring.channels import NotTold, snmp_trap
from oss.monitoring.incident_rows import IncidentEnded
from snmp.trap_sender import ROOT
from tests.conftest import TESTER
from tests.oss.monitoring.test_telling import channel, incident, post, tell_all  # noqa: F401 - a fixture among them

SNMPTRAPD = shutil.which("snmptrapd") or shutil.which("snmptrapd", path="/usr/sbin") or ""
needs_snmptrapd = pytest.mark.skipif(not SNMPTRAPD, reason="snmptrapd: not installed")
V3 = {"version": "3", "user": "noc", "auth": "sha256", "priv": "aes"}
KEYS = "assinatura-1 sigilo-do-noc"


class Listener:
    """snmptrapd, and what it says it heard, a line each."""

    def __init__(self, port: int, said: asyncio.StreamReader) -> None:
        self.port, self._said = port, said

    async def heard(self) -> dict[str, str]:
        """The next notification: values by OID."""
        async with asyncio.timeout(20):
            while not (line := (await self._said.readline()).decode()).startswith("HEARD|"):
                assert line, "snmptrapd ended"
        parts = (part.partition(" = ") for part in line.strip().split("|")[1:])
        return {name: value.strip() for name, _, value in parts}


@asynccontextmanager
async def trapd(folder: Path) -> AsyncIterator[Listener]:
    """Listens on a free port of loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    keys = KEYS.split(" ")
    users = [f"createUser {engine}noc SHA-256 {keys[0]} AES {keys[1]}" for engine in ("", f"-e 0x{ENGINE} ")]
    lines = ["authCommunity log publica", "authUser log noc priv", "format2 HEARD|%V|%v\\n", *users]
    (folder / "trapd.conf").write_text("\n".join(lines) + "\n")
    command = [SNMPTRAPD, "-f", "-Lo", "-On", "-C", "-c", str(folder / "trapd.conf"), f"udp:127.0.0.1:{port}"]
    environment = {**os.environ, "SNMP_PERSISTENT_DIR": str(folder), "SNMPCONFPATH": str(folder), "MIBS": ""}
    child = await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        assert child.stdout is not None
        while "NET-SNMP version" not in (await child.stdout.readline()).decode():
            pass
        yield Listener(port, child.stdout)
    finally:
        child.terminate()
        await child.wait()


ENGINE = snmp_trap.ENGINE.hex()


@needs_snmptrapd
@pytest.mark.parametrize("inform", ["", "yes"], ids=["trap", "inform"])
@pytest.mark.parametrize(("more", "secret"), [({}, "publica"), (V3, KEYS)], ids=["v2c", "v3"])
async def test_beginning_and_end_are_heard_with_what_where_and_why(
    tmp_path: Path,
    post: Path,  # noqa: F811
    sealer: secrets.Sealer,
    more: dict[str, str],
    secret: str,
    inform: str,
) -> None:
    async with trapd(tmp_path) as other:
        settings = {"host": "127.0.0.1", "port": str(other.port), "inform": inform, **more}
        await channel(sealer, "snmp_trap", settings, secret=secret)
        key = await incident()
        await tell_all()
        first = await other.heard()
        async with db.transaction() as connection:
            await connection.execute("update incident set ended_at = began_at + interval '1 hour' where id = $1", key)
            await telling.ended(connection, IncidentEnded(key))
        await tell_all()
        second = await other.heard()
    trap = ".1.3.6.1.6.3.1.1.4.1.0"
    assert (first[trap], second[trap]) == (f"OID: .{ROOT}.0.1", f"OID: .{ROOT}.0.2")
    for told in (first, second):
        values = {place: told[f".{ROOT}.1.{place}.0"] for place in range(1, 10)}
        assert values[1] == f"Gauge32: {key}" and values[2] == "INTEGER: 3" and values[5] == "Gauge32: 64"
        assert values[3] == 'STRING: "Fibra rompida em olt-1 0/1/3"'
        assert "olt-1 0/1/3" in values[4] and "/console/incidents/" in values[7] and "cut" in values[8]
    began, ended = f".{ROOT}.1.9.0", f".{ROOT}.1.6.0"
    assert first[began] == first[ended] == second[began] != second[ended]


@needs_snmptrapd
async def test_an_oid_of_ones_own_is_the_root(tmp_path: Path, post: Path, sealer: secrets.Sealer) -> None:  # noqa: F811
    async with trapd(tmp_path) as other:
        settings = {"host": "localhost", "port": str(other.port), "root": "1.3.6.1.4.1.99999.1"}
        await channel(sealer, "snmp_trap", settings, secret="publica")
        await incident()
        await tell_all()
        assert (await other.heard())[".1.3.6.1.6.3.1.1.4.1.0"] == "OID: .1.3.6.1.4.1.99999.1.0.1"


async def test_an_inform_that_nobody_acknowledges_is_a_failure_that_is_seen(
    post: Path,  # noqa: F811
    sealer: secrets.Sealer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("snmp.trap_sender.TIMEOUT_S", 0.05)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        settings = {"host": "127.0.0.1", "port": str(deaf.getsockname()[1]), "inform": "yes"}
        key = await channel(sealer, "snmp_trap", settings, secret="segredo-da-rede")
        await incident()
        with pytest.raises(NotTold, match="no answer"):
            await tell_all()
    assert "segredo" not in await db.fetchval("select failure from alert_channel where id = $1", key)


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"port": "0"}, "publica", "the port is"),
    ({"port": "a"}, "publica", "invalid literal"),
    ({"version": "1"}, "publica", "2c or 3"),
    ({"version": "3"}, "12345678", "needs a user"),
    ({"version": "3", "user": "noc", "auth": "sha256"}, "short", "at least 8"),
    ({"version": "3", "user": "noc", "auth": "sha256"}, "", "at least 8"),
    ({"version": "3", "user": "noc", "priv": "aes"}, "12345678", "must be signed"),
    ({"version": "3", "user": "noc", "auth": "rot13"}, "12345678", "not a valid"),
]


@pytest.mark.parametrize(("settings", "secret", "why"), WRONG)
def test_settings_that_do_not_go_together_are_told_without_the_secret(
    settings: dict[str, str], secret: str, why: str
) -> None:
    with pytest.raises(ValueError, match=why) as raised:
        snmp_trap.target_of(settings, secret, "127.0.0.1")
    assert not secret or secret not in str(raised.value)


def test_one_pass_phrase_is_for_both() -> None:
    one = snmp_trap.target_of(V3, "uma-frase-so", "127.0.0.1").user
    two = snmp_trap.target_of(V3, KEYS, "127.0.0.1").user
    assert one is not None and (one.auth_key, one.priv_key) == ("uma-frase-so", "uma-frase-so")
    assert two is not None and (two.auth_key, two.priv_key) == tuple(KEYS.split(" "))


@needs_snmptrapd
async def test_a_test_message_is_a_trap_of_its_own(tmp_path: Path, database: str, sealer: secrets.Sealer) -> None:
    async with trapd(tmp_path) as other:
        settings = {"host": "127.0.0.1", "port": str(other.port), "inform": "yes"}
        values = ChannelValues("NMS", "snmp_trap", settings, "publica")
        async with db.transaction() as connection:
            key = await channel_forms.save(connection, sealer, TESTER, values)
        await channel_forms.test(sealer, TESTER, key, "Ana", "https://milha.example", "pt-BR")
        assert (await other.heard())[".1.3.6.1.6.3.1.1.4.1.0"] == f"OID: .{ROOT}.0.3"


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        ({}, ["host"]),
        ({"host": "nms", "port": "70000"}, ["port"]),
        ({"host": "a b", "version": "1"}, ["host", "version"]),
        ({"host": "nms", "version": "3"}, ["user"]),
        ({"host": "nms", "version": "3", "user": "noc", "priv": "aes"}, ["priv"]),
        ({"host": "nms", "root": "net.1"}, ["root"]),
    ],
)
async def test_what_is_wrong_in_a_form_is_told_at_its_field(
    database: str, sealer: secrets.Sealer, settings: dict[str, str], fields: list[str]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        async with db.transaction() as connection:
            values = ChannelValues("NMS", "snmp_trap", settings, "publica")
            await channel_forms.save(connection, sealer, TESTER, values)
    assert list(refused.value.fields) == fields
