"""A NAS that comes by TLS is served like any other, is known by its certificate alone, and is told over its own
connection; certificates change while logins run."""

from __future__ import annotations

import asyncio
import logging
import shutil
from pathlib import Path

import pytest

from oss.access import holds, nas, nas_radsec, sealed_rows
from oss.access.aaa import Node
from oss.access.radsec_certificates import RadsecCertificates
from oss.base import db, secrets
from oss.base.problems import Conflict, InvalidInput
from radius import attributes as a
from radius.client import Client, NoReply
from radius.integrity import Secret
from tests.conftest import TESTER, Seed
from tests.radius.certificates import DAY, Authority
from tests.waiting import eventually

from .reaching import certified_nas, equip, running, tls_nas


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "ca")


async def test_a_nas_without_an_address_logs_in_counts_and_is_told_over_one_connection(
    seed: Seed, database: str, sealer: secrets.Sealer, tmp_path: Path, authority: Authority
) -> None:
    equip(authority, tmp_path)
    nas_id = await certified_nas(sealer)
    async with running(database, sealer, tmp_path) as node:
        async with tls_nas(node, authority.context("bng-1")) as router:
            assert (await router.dial("cli1")).code == a.ACCESS_ACCEPT
            assert (await router.dial("cli1", "wrong")).code == a.ACCESS_REJECT
            counted = await router.says(a.ACCT_START, "cli1")
            assert counted.code == a.ACCOUNTING_RESPONSE and a.MESSAGE_AUTHENTICATOR not in counted
            await eventually(lambda: db.fetchval("select nas_id from session_open where login = 'cli1'"))
            assert await db.fetchval("select nas_id from session_open") == nas_id
            async with db.transaction() as connection:
                await holds.place(connection, TESTER, [seed.contracts[0]], "manual", "wall")
            await eventually(lambda: router.told == [(a.COA_REQUEST, "cli1")])
            (told,) = node.snapshot().radsec
            assert told[0] == nas_id and told[2] == "127.0.0.1" and told[3].startswith("TLSv1.3")
        await eventually(lambda: node.snapshot().radsec == ())


async def test_what_a_nas_missed_it_is_told_when_it_is_back(
    seed: Seed, database: str, sealer: secrets.Sealer, tmp_path: Path, authority: Authority
) -> None:
    equip(authority, tmp_path)
    await certified_nas(sealer)
    async with running(database, sealer, tmp_path) as node:
        async with tls_nas(node, authority.context("bng-1")) as router:
            await router.dial("cli1")
            await router.says(a.ACCT_START, "cli1")
        await eventually(lambda: node.snapshot().radsec == ())
        (live,) = node.sessions.by_uid.values()
        async with db.transaction() as connection:
            await holds.place(connection, TESTER, [seed.contracts[0]], "manual", "wall")
        await eventually(lambda: live.drift_cause == "not_connected")
        await eventually(lambda: db.fetchval("select drift_cause = 'not_connected' from session_open"))
        live.next_try += 1000
        async with tls_nas(node, authority.context("bng-1", as_file="again")) as router:
            await eventually(lambda: router.told == [(a.COA_REQUEST, "cli1")])
        await eventually(lambda: live.drift_cause is None and not node.sessions.drifting)


async def test_no_datagram_is_taken_for_a_nas_that_comes_by_tls(
    seed: Seed, database: str, sealer: secrets.Sealer, tmp_path: Path, authority: Authority
) -> None:
    """Its stand-in address may be forged as a source; the secret inside TLS opens nothing outside of it."""
    equip(authority, tmp_path)
    nas_id = await certified_nas(sealer)
    async with running(database, sealer, tmp_path) as node:
        await eventually(lambda: node.reach.radsec.certified.hosts)
        host = node.reach.radsec.certified.hosts[nas_id]
        inside, outside = node.reach.radsec.certified.find(host), node.nas.find(host)
        assert inside is not None and inside.secret.value == b"radsec"
        assert outside is None or outside.secret.value != b"radsec"
        async with Client("127.0.0.1") as stranger:
            with pytest.raises(NoReply):
                address = ("127.0.0.1", node.options.auth_port)
                await stranger.exchange(address, a.STATUS_SERVER, b"", Secret(b"radsec"), 0.2, 1)


@pytest.mark.parametrize("kind", ["expired", "unlisted", "foreign", "revoked", "none"])
async def test_who_is_not_let_in_stands_in_the_log_with_what_to_do(
    database: str,
    sealer: secrets.Sealer,
    tmp_path: Path,
    authority: Authority,
    kind: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    equip(authority, tmp_path)
    said = {
        "expired": ("has expired", "give it a new one"),
        "unlisted": ("no NAS in use has this name", "enter the name"),
        "foreign": ("signed by nobody in ca.pem", "milha cert"),
        "revoked": ("is revoked", "give it a new one"),
        "none": ("showed no certificate", "give the NAS a certificate"),
    }[kind]
    await certified_nas(sealer)
    context = authority.context("bng-9" if kind == "unlisted" else "bng-1")
    if kind == "expired":
        context = authority.context("bng-1", since=-2 * DAY, until=-DAY)
    elif kind == "foreign":
        context = Authority(tmp_path / "other", "Other CA").context("bng-1")
        context.load_verify_locations(authority.pem)
    elif kind == "revoked":
        certificate, key, one = authority.issue("bng-1")
        context.load_cert_chain(certificate, key)
        shutil.copy(authority.revoke(one), tmp_path / "certs")
    elif kind == "none":
        import ssl

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(authority.pem)
    with caplog.at_level(logging.WARNING, "oss.access.radsec_words"):
        async with running(database, sealer, tmp_path) as node, tls_nas(node, context) as router:
            await eventually(lambda: caplog.messages)
            await eventually(lambda: (router.client._failures or 0) >= 2)
            line = caplog.messages[0]
            assert all(part in line for part in said) and "127.0.0.1" in line
            assert len(caplog.messages) == 1  # it tries again and again, and is told of once
            assert node.counters["requests"] == 0 and node.snapshot().counters["radsec_refused"] >= 2


async def test_a_certificate_revoked_while_its_nas_is_connected_puts_it_out(
    database: str, sealer: secrets.Sealer, tmp_path: Path, authority: Authority
) -> None:
    equip(authority, tmp_path)
    await certified_nas(sealer)
    certificate, key, one = authority.issue("bng-1")
    context = authority.context("bng-1", as_file="other")
    context.load_cert_chain(certificate, key)
    async with running(database, sealer, tmp_path) as node, tls_nas(node, context):
        await eventually(lambda: node.snapshot().radsec)
        shutil.copy(authority.revoke(one), tmp_path / "certs")
        await eventually(lambda: node.reach.radsec.door.counts.get("revoked"))
        await eventually(lambda: not node.snapshot().radsec)


async def test_certificates_roll_over_under_load_and_no_login_is_lost(
    seed: Seed, database: str, sealer: secrets.Sealer, tmp_path: Path, authority: Authority
) -> None:
    equip(authority, tmp_path)
    await certified_nas(sealer)
    async with running(database, sealer, tmp_path) as node:
        await eventually(lambda: node.reach.radsec.certified.hosts)
        async with tls_nas(node, authority.context("bng-1")) as router:
            answers: list[int] = []
            done = asyncio.Event()

            async def dial(number: int) -> None:
                while not done.is_set():
                    answers.append((await router.dial(f"cli{number}")).code)

            dialling = [asyncio.create_task(dial(1 + i % 5)) for i in range(10)]
            for number in range(3):
                before, heard = node.reach.radsec.certificates.server, len(answers)
                (tmp_path / "certs" / "server.pem").write_text("half written")
                await eventually(lambda: node.reach.radsec.certificates.error)
                equip(authority, tmp_path, as_file=f"aaa{number}")
                await eventually(lambda: node.reach.radsec.certificates.server is not before)  # noqa: B023
                for link in list(router.client._links):
                    link.abort()  # the next connection meets the new certificate
                await eventually(lambda: len(answers) > heard + 50)  # noqa: B023
            done.set()
            await asyncio.gather(*dialling)
            assert set(answers) == {a.ACCESS_ACCEPT} and router.client.counters["connected"] >= 4
            assert node.reach.radsec.certificates.error is None


async def test_without_certificates_nothing_listens_until_there_are_some(
    database: str, sealer: secrets.Sealer, tmp_path: Path, authority: Authority
) -> None:
    async with running(database, sealer, tmp_path) as node:
        assert node.reach.radsec.address is None
        equip(authority, tmp_path)
        await eventually(lambda: node.reach.radsec.address == ("127.0.0.1", node.options.radsec_port))


async def test_a_node_knows_its_nas_by_certificate_without_the_database(
    seed: Seed, database: str, sealer: secrets.Sealer, tmp_path: Path
) -> None:
    nas_id = await certified_nas(sealer)
    async with running(database, sealer, tmp_path) as node:
        await eventually(lambda: nas_id in node.reach.radsec.certified.hosts)
        await eventually(lambda: (tmp_path / "index.sealed").exists())
        rows = node.nas.rows
    alone = Node(node.options, sealer)
    alone.nas.take(rows)
    alone.reach.restore()
    host = alone.reach.radsec.certified.of(("sha256:other", "bng-1"))
    assert host is not None and host == alone.reach.radsec.certified.hosts[nas_id]
    assert alone.reach.radsec.certified.of(("bng-2",)) is None
    assert (
        sealed_rows.load(tmp_path / "reach.sealed", secrets.from_text("b3RoZXIta2V5LW90aGVyLWtleS1vdGhlci0xMjM0NTY="))
        == {}
    )


# ------------------------------------------------------------ rows and files


async def test_a_certificate_is_of_one_nas_and_its_change_is_audited(database: str, sealer: secrets.Sealer) -> None:
    first = await certified_nas(sealer)
    with pytest.raises(Conflict):
        await certified_nas(sealer, "BNG-2", "BNG-1")
    with pytest.raises(InvalidInput):
        await certified_nas(sealer, "BNG-3", " ")
    row = await db.fetchrow("select network, transport, certificate_name from nas where id = $1", first)
    assert nas_radsec.is_nowhere(row["network"]) and (row["transport"], row["certificate_name"]) == ("radsec", "bng-1")
    assert await db.fetchval("select count(*) from audit where action = 'nas.transport_saved'") == 1
    back = nas_radsec.prepared(nas.NasValues("BNG-TLS", row["network"]), "udp", row["network"])
    with pytest.raises(InvalidInput):  # by UDP it must say from where, and with which secret
        async with db.transaction() as connection:
            await nas.save(connection, sealer, TESTER, back, first)


def test_certificates_are_read_when_they_change_and_kept_while_they_are_wrong(
    tmp_path: Path, authority: Authority
) -> None:
    found = RadsecCertificates(tmp_path / "certs")
    assert found.renew() and found.server is None and not found.renew()
    equip(authority, tmp_path)
    assert found.renew() and not found.renew()
    first = found.server
    (tmp_path / "certs" / "server.key").write_text("nonsense")
    assert not found.renew() and found.error and found.server is first
    equip(authority, tmp_path, as_file="second")
    assert found.renew() and found.error is None and found.server is not first
    _, _, one = authority.issue("bng-1")
    from cryptography.hazmat.primitives.serialization import Encoding

    octets = one.public_bytes(Encoding.DER)
    assert found.judge(octets) is None
    shutil.copy(authority.revoke(one), tmp_path / "certs")
    assert found.renew() and found.judge(octets) == "revoked"
    shutil.copy(Authority(tmp_path / "other").revoke(one), tmp_path / "certs")  # a list that nobody trusted has signed
    assert found.renew() and found.judge(octets) is None
    _, _, old = authority.issue("bng-2", since=-2 * DAY, until=-DAY)
    assert found.judge(old.public_bytes(Encoding.DER)) == "expired"


async def test_the_doctor_asks_a_nas_that_comes_by_tls_over_its_own_connection(
    seed: Seed, database: str, sealer: secrets.Sealer, tmp_path: Path, authority: Authority
) -> None:
    equip(authority, tmp_path)
    nas_id = await certified_nas(sealer)
    async with running(database, sealer, tmp_path) as node:
        await eventually(lambda: nas_id in node.reach.radsec.certified.hosts)
        peer = node.nas.by_key[nas_id]
        assert (await node.examiner._probe(peer))["kind"] == "not_connected"
        async with tls_nas(node, authority.context("bng-1")) as router:
            assert (await router.dial("cli1")).code == a.ACCESS_ACCEPT
            found = await node.examiner._probe(peer)
            assert (found["kind"], found["host"]) == ("answered", "TLS")
            assert found["nobody"] == {"kind": "ack", "cause": None}  # this one says yes to everything
            assert (a.DISCONNECT_REQUEST, "milha-doctor") in router.told
