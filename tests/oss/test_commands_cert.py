"""``milha cert`` as an operator meets it: in a process of its own, beside a running database."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12

from oss.access import certificates as store
from oss.base import db
from oss.base.config import Config
from oss.base.sealing import open_sealer
from tests.conftest import small_provider

from .test_commands import Milha

NAME = "radius.example.net"


@pytest.fixture
def milha(settings: Config, dsn: str) -> Milha:
    return Milha({"MILHA_DATA_DIR": str(settings.data_dir), "MILHA_DATABASE_URL": dsn, "MILHA_LOG_LEVEL": "warning"})


async def provider(settings: Config, dsn: str) -> None:
    sealer = await open_sealer(settings, dsn)
    async with db.transaction() as connection:
        await small_provider(connection, sealer, count=1)


async def audited() -> list[str]:
    rows = await db.fetch("select action from audit where action like 'certificate.%' order by id")
    return [row["action"] for row in rows]


async def test_certificates_are_made_shown_and_renewed_and_each_change_is_noted(
    milha: Milha, database: str, settings: Config
) -> None:
    told = await milha("cert", "show")
    assert told.status == 1 and "milha cert init" in told.err
    told = await milha("cert", "init", "--name", NAME, "--days", "400")
    assert told.status == 0 and NAME in told.out, told.err
    shown = await milha("cert", "show")
    assert shown.status == 0 and shown.out.count("SHA-256") == 2 and "0 certificates signed" in shown.out
    again = await milha("cert", "init")
    assert again.status == 1 and "--force" in again.err and len(again.err.splitlines()) == 1
    before = store.load(store.folder_of(settings.data_dir))
    told = await milha("cert", "renew")
    after = store.load(store.folder_of(settings.data_dir))
    assert told.status == 0 and before.chain[0] != after.chain[0] and store.fingerprint(after.chain[0]) in told.out
    assert await audited() == ["certificate.made", "certificate.renewed"]
    assert re.search(rf"certificates +sound; the first to end is {NAME}", (await milha("check")).out)


async def test_what_is_not_noted_is_not_done(milha: Milha, settings: Config) -> None:
    told = await milha("cert", "init", MILHA_DATABASE_URL="postgresql://milha@127.0.0.1:1/milha")
    assert told.status == 1 and not store.folder_of(settings.data_dir).exists()


async def test_a_client_is_given_a_file_with_a_password_and_its_certificate_is_ended(
    milha: Milha, database: str, settings: Config, tmp_path: Path
) -> None:
    await provider(settings, database)
    await milha("cert", "init", "--name", NAME)
    assert "no such login" in (await milha("cert", "client", "nobody", "--out", str(tmp_path / "x.p12"))).err
    file = tmp_path / "cli1.p12"
    told = await milha("cert", "client", "cli1", "--out", str(file))
    found = re.search(r"password (\w{12})", told.out)
    assert told.status == 0 and found and stat.S_IMODE(file.stat().st_mode) == 0o600, told
    bundle = pkcs12.load_pkcs12(file.read_bytes(), found[1].encode())
    assert bundle.cert is not None and store.subject_of(bundle.cert.certificate) == "cli1"
    assert [one.certificate for one in bundle.additional_certs] == list(
        store.load(store.folder_of(settings.data_dir)).chain[-1:]
    )
    serial = f"{bundle.cert.certificate.serial_number:x}"
    assert serial in (await milha("cert", "show", "--clients")).out
    told = await milha("cert", "revoke", serial)
    assert told.status == 0 and "cli1" in told.out
    assert store.load(store.folder_of(settings.data_dir)).is_revoked(bundle.cert.certificate)
    assert (await audited())[1:] == ["certificate.issued", "certificate.revoked"]
    details = await db.fetch("select detail::text as detail from audit where action = 'certificate.issued'")
    assert [json.loads(row["detail"])["serial"] for row in details] == [serial]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
async def test_a_router_is_given_files_that_openssl_believes(
    milha: Milha, database: str, settings: Config, tmp_path: Path
) -> None:
    await provider(settings, database)
    await milha("cert", "init", "--name", NAME)
    told = await milha("cert", "client", "--nas", "BNG-1", "--out", str(tmp_path / "bng"))
    assert told.status == 0, told.err
    await db.execute("update access_account set login = 'bng-1'")
    refused = await milha("cert", "client", "bng-1", "--out", str(tmp_path / "x"))
    assert refused.status == 1 and "bng-1" in refused.err and not (tmp_path / "x").exists()
    assert sorted(os.listdir(tmp_path / "bng")) == ["BNG-1.key", "BNG-1.pem", "ca.pem"]
    folder = store.folder_of(settings.data_dir)
    trusted = ("-CAfile", str(folder / "ca.pem"), "-CRLfile", str(folder / "crl.pem"), "-crl_check")
    wanted = ("-CAfile", str(tmp_path / "bng" / "ca.pem"), "-purpose", "sslserver", "-verify_hostname", NAME)
    asked = ("-purpose", "sslclient", str(tmp_path / "bng" / "BNG-1.pem"))
    assert await openssl("verify", *trusted, *asked) == 0
    assert await openssl("verify", *wanted, str(folder / "server.pem")) == 0
    serial = (await milha("cert", "show", "--clients")).out.splitlines()[-1].split()[0]
    await milha("cert", "revoke", serial)
    assert await openssl("verify", *trusted, *asked) != 0


async def openssl(*arguments: str) -> int:
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec("openssl", *arguments, stdout=quiet, stderr=quiet)
    return await process.wait()


async def test_the_operators_own_is_taken_or_refused_in_one_line(
    milha: Milha, database: str, settings: Config, tmp_path: Path
) -> None:
    await milha("cert", "init", "--name", NAME)
    folder = store.folder_of(settings.data_dir)
    for name in (store.CHAIN, store.KEY):
        shutil.copy(folder / name, tmp_path / name)
    await milha("cert", "renew")
    own = ("cert", "use", "--cert", str(tmp_path / store.CHAIN))
    told = await milha(*own, "--key", str(folder / store.KEY))
    assert told.status == 1 and "does not belong" in told.err and len(told.err.splitlines()) == 1
    told = await milha(*own, "--key", str(tmp_path / store.KEY))
    assert told.status == 0, told.err
    assert (folder / store.CHAIN).read_bytes() == (tmp_path / store.CHAIN).read_bytes()
