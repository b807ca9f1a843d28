"""The RouterOS API over real sockets: nothing cast, nothing lost, out of step never."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from oss.drivers.problems import CommandRefused, DeviceSlow, DeviceUnreachable, KeyChanged, LinkLost, LoginRefused
from oss.drivers.transport.opened import Opened
from oss.drivers.transport.transcript import Entry, Transcript
from tests.oss.drivers.transport.equipment import PASSWORD, reach
from tests.oss.drivers.transport.routeros_server import Router, actives, anonymous, serving

ACTIVE = b"/ppp/active"


@asynccontextmanager
async def spoken_to(
    router: Router, tls: ssl.SSLContext | None = None, kept: list[Entry] | None = None, **other: object
) -> AsyncIterator[Opened]:
    async with serving(router, tls) as port:
        how = reach("api-tls" if tls else "api", port, **other)
        link = Opened(how, None, Transcript(how.secrets, (kept if kept is not None else []).append))
        try:
            yield link
        finally:
            await link.close()


@pytest.mark.parametrize("old", [False, True])
async def test_both_logins_are_spoken(old: bool) -> None:
    router = Router(old=old, tables={ACTIVE: actives(2)})
    async with spoken_to(router) as link:
        assert len(await (await link.api()).rows("/ppp/active")) == 2
    assert router.logins == 1


@pytest.mark.parametrize("old", [False, True])
async def test_a_wrong_password_is_refused_once(old: bool) -> None:
    router = Router(old=old)
    async with spoken_to(router, password="other") as link:
        with pytest.raises(LoginRefused):
            await link.api()
    assert router.logins == 0 and sum(words[0] == b"/login" for words in router.heard) == (2 if old else 1)


@pytest.mark.parametrize("password", ["123456", "0123", "yes", "true", "não=é", "  ", "ção"])
async def test_passwords_that_look_like_something_else_are_sent_as_they_are(password: str) -> None:
    router = Router(password=password.encode("latin-1"))
    async with spoken_to(router, password=password) as link:
        await link.api()
    assert router.logins == 1


async def test_values_are_the_router_s_own_letters() -> None:
    rows = [
        {
            b".id": b"*1",
            b"name": "José".encode("latin-1"),
            b"password": b"123456",
            b"comment": b"yes=no=",
            b"empty": b"",
        }
    ]
    async with spoken_to(Router(tables={ACTIVE: rows})) as link:
        found = await (await link.api()).rows("/ppp/active")
    assert found == [{".id": "*1", "name": "José", "password": "123456", "comment": "yes=no=", "empty": ""}]


async def test_a_router_with_utf_8_is_read_and_written_so_and_strange_octets_are_not_lost() -> None:
    router = Router(tables={ACTIVE: [{b"name": "José".encode()}, {b"name": b"Jos\xe9"}]})
    async with spoken_to(router, encoding="utf-8") as link:
        api = await link.api()
        assert [row["name"] for row in await api.rows("/ppp/active", where=["?name=José"])] == ["José", "José"]
    assert "?name=José".encode() in router.heard[-1]


async def test_a_trap_with_words_nobody_knows_is_a_refusal_and_the_link_goes_on() -> None:
    router = Router(tables={ACTIVE: actives(1)}, faults={b"/ppp/active/remove": "trap"})
    async with spoken_to(router) as link:
        api = await link.api()
        with pytest.raises(CommandRefused, match="interrupted"):
            await api.call("/ppp/active/remove", {".id": "*1"})
        with pytest.raises(CommandRefused, match="no such command"):
            await api.rows("/no/such")
        assert len(await api.rows("/ppp/active")) == 1
    assert router.logins == 1


async def test_nothing_at_all_is_an_answer() -> None:
    async with spoken_to(Router(tables={ACTIVE: []})) as link:
        assert await (await link.api()).rows("/ppp/active") == []


@pytest.mark.parametrize("fault", ["hang", "stall"])
async def test_a_router_that_stops_in_mid_sentence_is_closed_and_opened_anew(fault: str) -> None:
    router = Router(tables={ACTIVE: actives(40)}, faults={b"/ppp/active/print": fault})
    async with spoken_to(router) as link:
        with pytest.raises(DeviceSlow):
            await (await link.api()).rows("/ppp/active", timeout_s=0.3)
        assert not link.open
        router.faults.clear()
        assert len(await (await link.api()).rows("/ppp/active")) == 40
    assert router.logins == 2


@pytest.mark.parametrize("fault", ["close", "half", "fatal"])
async def test_a_router_that_closes_in_the_middle_is_lost_and_heals(fault: str) -> None:
    router = Router(tables={ACTIVE: actives(40)}, faults={b"/ppp/active/print": fault})
    async with spoken_to(router) as link:
        with pytest.raises(LinkLost):
            await (await link.api()).rows("/ppp/active")
        router.faults.clear()
        assert len(await (await link.api()).rows("/ppp/active")) == 40


async def test_a_router_that_rebooted_while_nobody_looked_is_opened_anew_without_a_word() -> None:
    router = Router(tables={ACTIVE: actives(3)})
    async with spoken_to(router) as link:
        await link.api()
        router.reboot()
        while link.open:
            await asyncio.sleep(0)
        assert len(await (await link.api()).rows("/ppp/active")) == 3
    assert router.logins == 2


async def test_who_leaves_in_the_middle_leaves_no_answer_behind() -> None:
    router = Router(
        tables={ACTIVE: actives(3), b"/ip/arp": [{b"address": b"10.0.0.1"}]}, faults={b"/ppp/active/print": "hang"}
    )
    async with spoken_to(router) as link:
        task = asyncio.create_task((await link.api()).rows("/ppp/active"))
        while not any(words[0] == b"/ppp/active/print" for words in router.heard):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert [row["address"] for row in await (await link.api()).rows("/ip/arp")] == ["10.0.0.1"]


async def test_five_thousand_sessions_are_read_whole() -> None:
    rows = actives(5000)
    async with spoken_to(Router(tables={ACTIVE: rows})) as link:
        api = await link.api()
        began = time.process_time()
        found = await api.rows("/ppp/active")
        print(f"5,000 rows of /ppp/active: {time.process_time() - began:.2f} s of processor, server included")
    assert [row["name"].encode("latin-1") for row in found] == [row[b"name"] for row in rows]
    assert len(found) == 5000 and all(len(row) == 11 for row in found)


# ------------------------------------------------------------ TLS


def certified(folder: Path) -> ssl.SSLContext:
    """A router with a certificate of its own."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "R-1")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=900))
    signed = made.not_valid_after(now - datetime.timedelta(days=1)).sign(key, hashes.SHA256())
    pem = folder / "router.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


async def test_the_first_certificate_is_told_and_another_one_refused_before_anything_is_said(tmp_path: Path) -> None:
    router, tls = Router(tables={ACTIVE: actives(1)}), certified(tmp_path)
    async with spoken_to(router, tls) as link:
        await link.api()
        pin = link.keys()["tls_pin"]
    async with spoken_to(router, tls, tls_pin=pin) as link:
        assert len(await (await link.api()).rows("/ppp/active")) == 1
    router.heard.clear()
    async with spoken_to(router, certified(tmp_path), tls_pin=pin) as link:
        with pytest.raises(KeyChanged) as problem:
            await link.api()
    assert problem.value.facts["key"] != pin and router.heard == []


async def test_without_a_certificate_it_is_spoken_to_anonymously_but_never_once_it_had_one(tmp_path: Path) -> None:
    router = Router(tables={ACTIVE: actives(1)})
    async with spoken_to(router, anonymous()) as link:
        assert len(await (await link.api()).rows("/ppp/active")) == 1
        assert link.keys() == {}
    async with spoken_to(router, anonymous(), tls_pin="sha256:" + "0" * 64) as link:
        with pytest.raises(KeyChanged):
            await link.api()


async def test_where_nobody_listens_it_is_said_so() -> None:
    how = reach("api", 1)
    with pytest.raises(DeviceUnreachable):
        await Opened(how, None, Transcript(how.secrets, lambda entry: None)).api()


async def test_the_transcript_has_no_secret() -> None:
    kept: list[Entry] = []
    rows = [{b"name": b"ana", b"password": b"dela"}]
    async with spoken_to(Router(tables={b"/ppp/secret": rows}), kept=kept) as link:
        api = await link.api()
        await api.rows("/ppp/secret")
        await api.call("/ppp/secret/remove", {"password": "dela", "comment": f"was {PASSWORD}"})
    said = "\n".join(one.command + one.answer for one in kept)
    assert "name=ana" in said and "dela" not in said and PASSWORD not in said
    assert all("/login" not in one.command for one in kept)


@given(
    st.dictionaries(
        st.from_regex(r"\.?[a-z-]{1,12}", fullmatch=True), st.text(st.characters(max_codepoint=255)), min_size=1
    )
)
async def test_whatever_a_router_keeps_comes_as_it_is(row: dict[str, str]) -> None:
    rows = [{name.encode(): value.encode("latin-1") for name, value in row.items()}]
    async with spoken_to(Router(tables={ACTIVE: rows})) as link:
        assert await (await link.api()).rows("/ppp/active") == [row]


async def test_who_stops_waiting_for_a_close_disturbs_nobody_else_who_closes() -> None:
    """Streams share the future they end with: cancelling one who waits for it cancelled all others."""
    async with spoken_to(Router()) as link:
        api = await link.api()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0):
                await api.close()
        await api.close()
        await link.close()
        assert not link.open
