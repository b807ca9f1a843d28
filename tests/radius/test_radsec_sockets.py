"""RADIUS over TLS on real sockets: who is let in, what both sides may ask, and what nobody may do to the server."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest

from radius import attributes as a
from radius.errors import NoReply
from radius.integrity import reply, request
from radius.packet import Packet, build
from radius.radsec import SECRET
from radius.radsec_client import RadsecClient
from radius.radsec_link import Hooks, Link, NotConnected
from radius.radsec_server import Limits
from radius.server import AccessReply
from tests.waiting import eventually

from .certificates import DAY, Authority, context_of
from .radsec_ends import HOST, Server, asking, linked, login, serving


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "ca")


@pytest.fixture
def ours(authority: Authority) -> ssl.SSLContext:
    return authority.context("aaa", server=True, dns=("aaa",))


@pytest.fixture
def theirs(authority: Authority) -> ssl.SSLContext:
    return authority.context("bng-1")


async def test_logins_accounting_and_status_go_over_one_connection_rfc_6614_2_1(
    ours: ssl.SSLContext, theirs: ssl.SSLContext
) -> None:
    async with serving(ours) as server, asking(theirs, server.port, connections=1) as client:
        accepted = await client.exchange(a.ACCESS_REQUEST, login("cli1"))
        counted = await client.exchange(a.ACCOUNTING_REQUEST, login("cli1"))
        alive = await client.exchange(a.STATUS_SERVER, b"")
        assert (accepted.code, accepted.text(a.REPLY_MESSAGE)) == (a.ACCESS_ACCEPT, "cli1")
        assert counted.code == a.ACCOUNTING_RESPONSE and a.MESSAGE_AUTHENTICATOR not in counted
        assert alive.code == a.ACCESS_ACCEPT
        assert [host for _, host in server.records] == [HOST]  # by certificate: the address does not matter
        assert server.came == ["BNG-1"] and client.counters["connected"] == 1


async def test_a_nas_is_asked_over_the_connection_it_opened(ours: ssl.SSLContext, theirs: ssl.SSLContext) -> None:
    heard: list[Packet] = []

    def answer(link: Link, packets: list[bytes]) -> None:
        for octets in packets:
            packet = Packet.parse(octets)
            assert SECRET.verify_message_authenticator(packet) and SECRET.verify_request_authenticator(packet)
            heard.append(packet)
            link.send(reply(a.COA_ACK if packet.code == a.COA_REQUEST else a.DISCONNECT_NAK, packet, b"", SECRET))

    async with serving(ours) as server:
        with pytest.raises(NotConnected):
            await server.radsec.exchange(HOST, a.COA_REQUEST, login("cli1"))
        link = await linked(theirs, server.port, Hooks(heard=answer))
        await eventually(lambda: server.came)
        done = await server.radsec.exchange(HOST, a.COA_REQUEST, login("cli1"))
        refused = await server.radsec.exchange(HOST, a.DISCONNECT_REQUEST, login("cli1"))
        assert (done.code, refused.code) == (a.COA_ACK, a.DISCONNECT_NAK)
        assert [packet.text(a.USER_NAME) for packet in heard] == ["cli1", "cli1"]
        link.close()
        await eventually(lambda: not server.radsec.connected())
        with pytest.raises(NotConnected):
            await server.radsec.exchange(HOST, a.COA_REQUEST, login("cli1"))


async def test_a_nas_that_hangs_up_while_it_is_asked_is_not_waited_for(
    ours: ssl.SSLContext, theirs: ssl.SSLContext
) -> None:
    async with serving(ours) as server:
        await linked(theirs, server.port, Hooks(heard=lambda link, packets: link.abort()))
        await eventually(lambda: server.came)
        with pytest.raises(NotConnected):
            await server.radsec.exchange(HOST, a.COA_REQUEST, login("cli1"), timeout_s=60)


# ------------------------------------------------------------ who is not let in


@pytest.mark.parametrize(
    ("kind", "cause"), [("expired", "expired"), ("unlisted", "unlisted"), ("foreign", "issuer_unknown")]
)
async def test_who_is_not_let_in_is_told_of_with_its_cause(
    authority: Authority, ours: ssl.SSLContext, tmp_path: Path, kind: str, cause: str
) -> None:
    if kind == "foreign":
        context = Authority(tmp_path / "other", "Other CA").context("bng-1")
        context.load_verify_locations(authority.pem)
    elif kind == "expired":
        context = authority.context("bng-1", since=-2 * DAY, until=-DAY)
    else:
        context = authority.context("bng-9")
    async with serving(ours) as server, asking(context, server.port) as client:
        await eventually(lambda: server.refused)
        assert server.causes[0] == cause and server.logins == []
        assert (server.refused[0][0][1:] == ("bng-9",)) == (kind == "unlisted")
        with pytest.raises(NoReply):
            await client.exchange(a.ACCESS_REQUEST, login("cli1"), timeout_s=0.2)
        assert server.logins == [] and client.error


async def test_a_server_of_another_name_is_not_trusted_rfc_6614_2_3(
    authority: Authority, theirs: ssl.SSLContext
) -> None:
    async with (
        serving(authority.context("other", server=True, dns=("other",))) as server,
        asking(theirs, server.port) as client,
    ):
        await eventually(lambda: "mismatch" in (client.error or ""))
        assert not client.connected and server.logins == []


async def test_who_says_nothing_is_hung_up_on(
    ours: ssl.SSLContext, theirs: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("radius.radsec_link.HANDSHAKE_S", 0.05)
    async with serving(ours) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        assert await reader.read() == b""
        assert server.causes == ["timeout"]
        writer.close()


async def test_without_a_certificate_of_ours_nobody_is_let_in() -> None:
    async with serving(None) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        assert await reader.read() == b""
        writer.close()


async def test_connections_are_limited_in_all_and_for_each_address(
    ours: ssl.SSLContext, theirs: ssl.SSLContext
) -> None:
    async with serving(ours, Limits(per_address=2)) as server:
        kept = [await linked(theirs, server.port) for _ in range(2)]
        await eventually(lambda: len(server.came) == 2)
        third = await linked(theirs, server.port)
        await eventually(lambda: third._transport is None)
        assert (server.causes, server.radsec.counters["too_many"]) == (["too_many"], 1)
        assert all(link.open for link in kept)
        kept[0].close()
        await eventually(lambda: len(server.radsec._links) == 1)
        await linked(theirs, server.port)
        await eventually(lambda: len(server.came) == 3)


async def test_handshakes_without_end_are_limited(ours: ssl.SSLContext, theirs: ssl.SSLContext) -> None:
    async with serving(ours, Limits(shaking_per_address=2)) as server:
        silent = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(2)]
        await eventually(lambda: len(server.radsec._links) == 2)
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        with pytest.raises(ConnectionError):
            assert await reader.read() == b""
            raise ConnectionError
        assert server.causes == ["too_many"]
        for one in (writer, *(pair[1] for pair in silent)):
            one.close()


# ------------------------------------------------------------ what closes a connection, and what does not


BAD_SIGNATURE = request(a.ACCESS_REQUEST, 1, login("x"), SECRET)[:-4] + b"\0\0\0\0"


@pytest.mark.parametrize(
    "octets",
    [
        b"\1\1\0\x13" + bytes(16),
        b"\1\1\xff\xff" + bytes(16),
        build(a.ACCESS_REQUEST, 1, bytes(16), b"\1\0"),
        build(a.ACCOUNTING_REQUEST, 1, bytes(16), login("x")),
        build(a.ACCESS_REQUEST, 1, bytes(16), a.attr(a.MESSAGE_AUTHENTICATOR, bytes(16))),
    ],
    ids=["too short", "too long", "attribute of no length", "wrong authenticator", "wrong signature"],
)
async def test_a_packet_that_is_none_closes_the_connection_rfc_6613_2_6_4(
    ours: ssl.SSLContext, theirs: ssl.SSLContext, octets: bytes
) -> None:
    async with serving(ours) as server:
        link = await linked(theirs, server.port)
        await eventually(lambda: link.open)
        link.send(octets)
        await eventually(lambda: link._transport is None)
        assert server.causes == ["Malformed"] and not server.radsec.connected()


async def test_a_code_nobody_knows_is_passed_over_rfc_6613_2_6_4(ours: ssl.SSLContext, theirs: ssl.SSLContext) -> None:
    async with serving(ours) as server, asking(theirs, server.port, connections=1) as client:
        await client.exchange(a.ACCESS_REQUEST, login("cli1"))
        client._links[0].send(build(99, 1, bytes(16), b""))  # an answer to nobody
        client._links[0].send(request(a.COA_REQUEST, 2, b"", SECRET))  # no NAS asks a server so
        assert (await client.exchange(a.ACCESS_REQUEST, login("cli2"))).code == a.ACCESS_ACCEPT
        assert server.radsec.auth.counters["unexpected_code"] == 1 and client.counters["lost"] == 0


async def test_a_nas_taken_out_of_the_table_is_put_out(ours: ssl.SSLContext, theirs: ssl.SSLContext) -> None:
    async with serving(ours) as server:
        link = await linked(theirs, server.port)
        await eventually(lambda: server.came)
        server.radsec.look_after()
        assert link.open
        server.table.by_name.clear()
        server.radsec.look_after()
        await eventually(lambda: link._transport is None)
        assert server.causes == ["unlisted"]


async def test_a_certificate_that_went_bad_is_put_out_and_an_idle_nas_let_go(
    ours: ssl.SSLContext, theirs: ssl.SSLContext
) -> None:
    async with serving(ours, Limits(idle_s=-1)) as server:
        for cause in ("revoked", None):
            link = await linked(theirs, server.port)
            await eventually(lambda: server.radsec.connected())
            server.verdict = cause
            server.radsec.look_after()
            await eventually(lambda: link._transport is None)  # noqa: B023
            await eventually(lambda: not server.radsec.connected())
            server.verdict = None
        assert server.causes == ["revoked"]
        server.verdict = "revoked"
        await linked(theirs, server.port)
        await eventually(lambda: server.causes == ["revoked"] * 2)
        assert server.radsec.counters["connections"] == 2


# ------------------------------------------------------------ load


async def passed_by(context: ssl.SSLContext, server: Server) -> None:
    """Another connection is served (two requests): what the first one sent before would have been read by now."""
    async with asking(context, server.port, connections=1) as other:
        await other.exchange(a.STATUS_SERVER, b"")


async def test_a_nas_that_does_not_read_does_not_fill_our_memory(ours: ssl.SSLContext, theirs: ssl.SSLContext) -> None:
    async with serving(ours) as server:
        link = await linked(theirs, server.port)
        await eventually(lambda: link.open and server.came)
        link.hold(True)
        octets = b"".join(request(a.ACCESS_REQUEST, i, login("x" * 200), SECRET) for i in range(250))
        (guest,) = server.radsec._streams.guests.values()
        sent = 0
        while not guest.link._full and sent < 20_000:
            link.send(octets)
            sent += 250
            await asyncio.sleep(0)
        await eventually(lambda: guest.link._full)
        waiting = guest.link._transport.get_write_buffer_size()  # type: ignore[union-attr]
        heard = server.radsec.auth.counters
        await passed_by(theirs, server)
        served = heard["requests"]
        link.send(octets * 4)
        await passed_by(theirs, server)
        assert heard["requests"] == served + 2 and waiting < 1_000_000
        link.hold(False)
        await eventually(lambda: heard["requests"] == sent + 1000 + 4)
        assert link.open


async def test_requests_without_an_answer_stop_the_reading_until_there_are_fewer(
    ours: ssl.SSLContext, theirs: ssl.SSLContext
) -> None:
    async with serving(ours, Limits(owed=4, owed_s=60)) as server:
        link = await linked(theirs, server.port)
        await eventually(lambda: link.open)
        link.send(b"".join(request(a.ACCESS_REQUEST, i, login("later"), SECRET) for i in range(4)))
        await eventually(lambda: len(server.later) == 4)
        link.send(request(a.ACCESS_REQUEST, 9, login("cli1"), SECRET))
        await passed_by(theirs, server)
        assert "cli1" not in server.logins
        for one in server.later[:2]:
            one.set_result(None)  # silence: the time decides
        server.radsec.limits = Limits(owed_s=-1)
        server.radsec.look_after()
        await eventually(lambda: "cli1" in server.logins)


async def test_more_than_256_requests_use_more_connections_rfc_6613_2_6_5(
    ours: ssl.SSLContext, theirs: ssl.SSLContext
) -> None:
    async with serving(ours, Limits(owed=512)) as server, asking(theirs, server.port, connections=2) as client:
        asked = [asyncio.create_task(client.exchange(a.ACCESS_REQUEST, login("later"))) for _ in range(600)]
        await eventually(lambda: len(server.later) == 512)
        assert client.counters["connected"] == 2
        answered = 0
        while answered < 600:
            for one in server.later[answered:]:
                one.set_result(AccessReply(a.ACCESS_REJECT))
            answered = len(server.later)
            await eventually(lambda: len(server.later) > answered or answered == 600)  # noqa: B023
        assert {packet.code for packet in await asyncio.gather(*asked)} == {a.ACCESS_REJECT}


async def test_what_was_asked_when_a_connection_broke_is_asked_on_the_next_rfc_6613_2_6_1(
    ours: ssl.SSLContext, theirs: ssl.SSLContext
) -> None:
    async with serving(ours) as server, asking(theirs, server.port) as client:
        vector = bytes(range(16))
        asked = asyncio.create_task(client.exchange(a.ACCESS_REQUEST, login("later"), authenticator=vector))
        await eventually(lambda: server.later)
        for link in list(server.radsec._links):
            link.abort()
        await eventually(lambda: len(server.later) == 2)
        server.later[1].set_result(AccessReply(a.ACCESS_ACCEPT))
        assert (await asked).code == a.ACCESS_ACCEPT
        assert client.counters["sent_again"] == 1 and client.counters["connected"] == 2


async def test_a_silent_server_is_asked_whether_it_lives_and_then_given_up_rfc_3539_3_4(
    ours: ssl.SSLContext, theirs: ssl.SSLContext
) -> None:
    async with serving(ours) as server, asking(theirs, server.port, keepalive_s=0.1) as client:
        await eventually(lambda: server.radsec.auth.counters["requests"] >= 3)  # Status-Server, answered
        assert client.counters["lost"] == 0
        server.radsec.auth.receive = lambda batch: None  # type: ignore[method-assign]
        await eventually(lambda: client.counters["lost"])
        assert "does not answer" in (client.error or "")


async def test_certificates_change_under_load_and_no_login_is_lost(authority: Authority) -> None:
    async with serving(authority.context("aaa", server=True, dns=("aaa",))) as server:
        current = [authority.context("bng-1")]
        client = RadsecClient("127.0.0.1", server.port, lambda: current[0], server_name="aaa")
        client.start()
        answers: list[int] = []

        async def dial(count: int) -> None:
            for _ in range(count):
                answers.append((await client.exchange(a.ACCESS_REQUEST, login("cli1"), 10)).code)

        dialling = [asyncio.create_task(dial(60)) for _ in range(20)]
        for number in range(4):
            await eventually(lambda: len(answers) > 200 * (number + 1) and client.connected)  # noqa: B023
            server.radsec.context = authority.context("aaa", server=True, dns=("aaa",), as_file=f"aaa{number}")
            current[0] = authority.context("bng-1", as_file=f"bng{number}")
            for link in list(client._links):  # and whoever is connected is thrown out, too
                link.abort()
        await asyncio.gather(*dialling)
        assert len(answers) == 1200 and set(answers) == {a.ACCESS_ACCEPT}
        assert client.counters["connected"] >= 5 and server.refused == []
        await client.close()


def test_context_files_are_what_openssl_reads(authority: Authority) -> None:
    certificate, key, _ = authority.issue("aaa")
    assert context_of(certificate, key, authority.pem, server=True).verify_mode == ssl.CERT_REQUIRED
    assert isinstance(Server(None).radsec.limits, Limits)
