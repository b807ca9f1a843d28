"""The session with a device in the console: how it is, its new key, what was said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import asyncssh
import pytest

from oss.base import db
from oss.base.secrets import Sealer
from oss.drivers.problems import KeyChanged
from oss.network import device_links
from tests.oss.drivers.transport import equipment
from tests.oss.drivers.transport.equipment import PASSWORD, Cli
from tests.oss.network.links import device, own_maker
from tests.oss.network.test_device_links import READ, asked

from .conftest import Console, audited


@pytest.fixture(autouse=True)
def maker() -> Iterator[None]:
    with own_maker():
        yield


async def test_a_session_is_tried_and_shown_with_its_budget_and_all_that_was_said(
    console: Console, sealer: Sealer
) -> None:
    cli = Cli()
    async with equipment.ssh(cli) as port, device_links.holding(sealer) as keeper:
        olt = await device(sealer, "ssh", port, name="OLT-LAV", role="olt")
        home = f"/console/devices/{olt}"
        assert "ninguém quis nada dele" in (await console.get(f"{home}?tab=session")).text
        tried = await console.post(f"{home}/session/try", {})
        assert (tried.status, tried.place) == (303, f"{home}?tab=session")
        await asked(olt)
        await keeper.tell()
        page = await console.get(f"{home}?tab=session")
        assert "OLT-LAV deixou entrar" in page.text and "Está aberta" in page.text and READ in page.text
        assert "SHA256:" in page.text and "de 300" in page.text
        found = await console.get(f"{home}/transcripts?q=ont&by=an")
        assert READ in found.text and "undo smart" not in found.text
        assert READ not in (await console.get(f"{home}/transcripts?by=bia")).text
        assert READ not in (await console.get(f"{home}/transcripts?until=2020-01-01")).text
        act = await db.fetchval("select act from device_transcript where command = $1", READ)
        whole = await console.get(f"{home}/transcripts/{act}")
        assert "0/ 1/59" in whole.text and PASSWORD not in whole.raw
        assert (await console.get(f"{home}/transcripts/{'0' * 16}")).status == 404
        await keeper.close()


async def test_a_device_that_does_not_answer_says_so_in_words(console: Console, sealer: Sealer) -> None:
    async with device_links.holding(sealer) as keeper:
        olt = await device(sealer, "ssh", 1, name="OLT-LAV", role="olt")
        await console.post(f"/console/devices/{olt}/session/try", {})
        await keeper.tell()
        page = await console.get(f"/console/devices/{olt}?tab=session")
        assert page.status == 200 and page.text.count("Não se alcança OLT-LAV") == 2


async def test_another_key_is_shown_and_believed_by_who_may_after_a_proof(
    console: Console, sealer: Sealer, client: Any
) -> None:
    cli = Cli()
    async with device_links.holding(sealer) as keeper:
        async with equipment.ssh(cli, asyncssh.generate_private_key("ssh-ed25519")) as port:
            olt = await device(sealer, "ssh", port, name="OLT-LAV")
            await asked(olt)
        async with equipment.ssh(cli, asyncssh.generate_private_key("ssh-ed25519"), port=port):
            with pytest.raises(KeyChanged):
                await asked(olt)
            await keeper.tell()
            page = await console.get(f"/console/devices/{olt}?tab=session")
            assert "Ele mostra outra chave" in page.text and "Confiar na nova chave" in page.text
            assert "OLT-LAV mostra outra chave" in (await console.get("/console/notices")).text
            key = await db.fetchval("select seen_ssh_key from device_session")
            wrong = await console.post(f"/console/devices/{olt}/key", {"column": "ssh_host_key", "key": "ssh-rsa AAAA"})
            assert wrong.status == 409
            done = await console.post(f"/console/devices/{olt}/key", {"column": "ssh_host_key", "key": key})
            assert done.status == 303
            await asked(olt)
            assert "Ele mostra outra chave" not in (await console.get(f"/console/devices/{olt}?tab=session")).text
    (row,) = await audited("device.key_accepted")
    assert row["actor"] == "ana" and key in str(row["detail"])
    assert "passou a confiar na nova chave" in (await console.get("/console/audit")).text


async def test_the_form_keeps_the_new_fields_and_says_what_is_wrong(console: Console, sealer: Sealer) -> None:
    olt = await device(sealer, "ssh", 22, name="OLT-LAV")
    site = str(await db.fetchval("select site_id from device"))
    form = {"name": "OLT-LAV", "role": "olt", "site_id": site, "management": "127.0.0.1", "poll_interval_s": "60"}
    form |= {
        "snmp_version": "off",
        "snmp_port": "161",
        "snmp_auth": "none",
        "snmp_priv": "none",
        "cli_protocol": "telnet",
    }
    form |= {
        "ssh_port": "2222",
        "cli_encoding": "utf-8",
        "ssh_legacy": "1",
        "enable_password": "sobe",
        "cli_burst": "5",
    }
    form |= {"cli_per_minute": "120", "snmp_per_minute": "", "snmp_burst": "", "tls_fingerprint": ""}
    refused = await console.post(f"/console/devices/{olt}", form | {"tls_fingerprint": "sha256:12", "cli_burst": "0"})
    assert refused.status == 422
    saved = await console.post(f"/console/devices/{olt}", form)
    assert saved.status == 303
    row = await db.fetchrow("select * from device where id = $1", olt)
    kept = {"ssh_port": 2222, "ssh_legacy": True, "cli_encoding": "utf-8", "cli_per_minute": 120, "cli_burst": 5}
    assert {name: row[name] for name in kept} == kept
    assert row["snmp_burst"] is None and "sobe" not in repr(dict(row)) and row["enable_password_sealed"]
    page = await console.get(f"/console/devices/{olt}/edit")
    assert "sobe" not in page.raw and "2222" in page.raw
