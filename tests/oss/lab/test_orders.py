"""The routers take CoA and Disconnect as RFC 5176 says, or misbehave as told; radclient, another's code, gives them."""

from __future__ import annotations

import asyncio
import shutil
import time
from typing import Any, NamedTuple

import pytest

from oss.lab.control import ControlClient
from oss.lab.lab import Lab
from radius import attributes as a
from radius.attributes import attr
from radius.client import Client
from radius.dynamic_authorization import ErrorCause, Outcome, parse
from radius.errors import NoReply
from radius.integrity import Secret, request
from radius.packet import Packet
from radius.profile import Profile
from radius.vendors import SessionKeys, mikrotik, standard

from .small_server import SmallServer, small_lab

SECRET = Secret(b"testing123")
SLOW = mikrotik.change(Profile(down_kbps=1_000, up_kbps=512, address_list="overdue"))
ANA = attr(a.USER_NAME, "ana")
needs_radclient = pytest.mark.skipif(
    shutil.which("radclient") is None, reason="radclient is not installed (Debian: freeradius-utils)"
)


def address(lab: Lab, nas: str = "bras1") -> tuple[str, int]:
    return lab.nas[nas].config.address, lab.nas[nas].orders.port


async def order(lab: Lab, attributes: bytes, code: int = a.COA_REQUEST, nas: str = "bras1") -> Outcome:
    async with Client("127.0.0.1", sockets=1) as client:
        return parse(await client.exchange(address(lab, nas), code, attributes, SECRET, timeout_s=0.5, tries=1))


async def online(client: ControlClient, *logins: str) -> dict[str, dict[str, Any]]:
    await client.dial(logins)
    await client.until(online=len(logins), pending=0)
    return {session["login"]: session for session in await client.sessions()}


def keys(session: dict[str, Any]) -> SessionKeys:
    return SessionKeys(session["login"], session["acct_session_id"], session["framed_ip"])


class Said(NamedTuple):
    status: int
    output: str


async def radclient(to: tuple[str, int], command: str, attributes: str, secret: str = "testing123") -> Said:
    process = await asyncio.create_subprocess_exec(
        *("radclient", "-x", "-r", "1", "-t", "1", f"{to[0]}:{to[1]}", command, secret),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate(attributes.encode() + b"\n")
    assert process.returncode is not None
    return Said(process.returncode, output.decode())


@needs_radclient
async def test_radclient_changes_a_live_session_and_takes_it_back(aaa: SmallServer) -> None:
    async with small_lab(aaa) as (lab, client):
        session = (await online(client, "ana", "bia"))["ana"]
        named = f'User-Name=ana,Acct-Session-Id="{session["acct_session_id"]}",Framed-IP-Address={session["framed_ip"]}'
        signed = "Message-Authenticator=0x00," + named
        slow = await radclient(
            address(lab), "coa", f'{signed},Mikrotik-Rate-Limit="512k/1M",Mikrotik-Address-List="overdue"'
        )
        changed = {row["login"]: row["profile"] for row in await client.sessions()}
        fast = await radclient(address(lab), "coa", f'{named},Mikrotik-Rate-Limit="50M/100M"')
        stats = await client.stats()
        restored = {row["login"]: row["profile"] for row in await client.sessions()}
    assert (slow.status, fast.status) == (0, 0), slow.output + fast.output
    assert "CoA-ACK" in slow.output
    assert changed["ana"] == {"rate_limit": "512k/1M", "address_list": "overdue"}
    assert changed["bia"] == {"rate_limit": "50M/100M", "address_list": ""}
    assert restored["ana"] == {"rate_limit": "50M/100M", "address_list": "overdue"}
    assert stats["coa"] == {"coa_ack": 2}


@needs_radclient
async def test_radclient_disconnects_and_the_subscriber_dials_again(aaa: SmallServer) -> None:
    async with small_lab(aaa) as (lab, client):
        before = (await online(client, "ana"))["ana"]
        said = await radclient(address(lab), "disconnect", f"User-Name=ana,Event-Timestamp={int(time.time())}")
        await aaa.until(lambda: len(aaa.of(a.ACCT_START)) == 2)
        (after,) = await client.sessions()
        stats = await client.stats()
    assert said.status == 0, said.output
    assert "Disconnect-ACK" in said.output
    (stop,) = aaa.of(a.ACCT_STOP)
    assert stop.integer(a.ACCT_TERMINATE_CAUSE) == a.CAUSE_ADMIN_RESET
    assert stop.text(a.ACCT_SESSION_ID) == before["acct_session_id"] != after["acct_session_id"]
    assert stats["coa"] == {"disconnect_ack": 1}


@needs_radclient
async def test_radclient_with_another_secret_hears_nothing(aaa: SmallServer) -> None:
    async with small_lab(aaa) as (lab, client):
        await online(client, "ana")
        said = await radclient(address(lab), "disconnect", "User-Name=ana", secret="guessed")
        stats = await client.stats()
    assert said.status == 1
    assert (stats["coa"], stats["online"]) == ({"bad_authenticator": 1}, 1)


@needs_radclient
async def test_radclient_reads_the_error_cause_of_a_nak(aaa: SmallServer) -> None:
    async with small_lab(aaa) as (lab, _):
        said = await radclient(address(lab), "disconnect", "User-Name=nobody")
    assert "Disconnect-NAK" in said.output
    assert "Error-Cause = Session-Context-Not-Found" in said.output


async def test_an_empty_address_list_takes_the_session_off_its_list(aaa: SmallServer) -> None:
    async with small_lab(aaa) as (lab, client):
        session = (await online(client, "ana"))["ana"]
        identified = mikrotik.keys(keys(session))
        assert (await order(lab, identified + SLOW)).ack
        (walled,) = await client.sessions()
        assert (await order(lab, identified + mikrotik.change(Profile(down_kbps=0, up_kbps=0)))).ack
        (free,) = await client.sessions()
        changes = await client.changes(since=session["since"])
    assert walled["profile"] == {"rate_limit": "512k/1M", "address_list": "overdue"}
    assert free["profile"] == {"rate_limit": "0/0", "address_list": ""}
    assert [(c["login"], c["what"], c["address_list"]) for c in changes] == [
        ("ana", "change", "overdue"),
        ("ana", "change", ""),
    ]
    assert changes[-1]["at"] == free["changed_at"] >= walled["changed_at"] > session["since"]


async def test_a_router_understands_the_standard_vendor_too(aaa: SmallServer) -> None:
    async with small_lab(aaa) as (lab, client):
        session = (await online(client, "ana"))["ana"]
        wanted = standard.change(Profile(down_kbps=1_000, up_kbps=512, address_list="overdue"))
        assert (await order(lab, standard.keys(keys(session)) + wanted)).ack
        (changed,) = await client.sessions()
    assert changed["profile"] == {"rate_limit": "512000/1000000", "address_list": "overdue"}


async def test_a_granted_time_can_be_changed_on_the_live_session(aaa: SmallServer) -> None:
    async with small_lab(aaa) as (lab, client):
        await online(client, "ana")
        assert (await order(lab, ANA + attr(a.SESSION_TIMEOUT, 1))).ack
        await aaa.until(lambda: aaa.of(a.ACCT_STOP))
    assert aaa.of(a.ACCT_STOP)[0].integer(a.ACCT_TERMINATE_CAUSE) == a.CAUSE_SESSION_TIMEOUT


REFUSED = [
    (ANA + attr(a.ACCT_SESSION_ID, "another") + SLOW, ErrorCause.SESSION_CONTEXT_NOT_FOUND),
    (ANA + attr(a.FRAMED_IP_ADDRESS, b"\x01\x02\x03\x04") + SLOW, ErrorCause.SESSION_CONTEXT_NOT_FOUND),
    (attr(a.NAS_PORT_ID, "nowhere") + SLOW, ErrorCause.SESSION_CONTEXT_NOT_FOUND),
    (attr(a.USER_NAME, "bia") + SLOW, ErrorCause.SESSION_CONTEXT_NOT_FOUND),
    (SLOW, ErrorCause.MISSING_ATTRIBUTE),
    (ANA, ErrorCause.MISSING_ATTRIBUTE),
    (ANA + a.vsa(14988, 8, "fast"), ErrorCause.INVALID_ATTRIBUTE_VALUE),
    (ANA + a.vsa(14122, 7, b"\x01"), ErrorCause.INVALID_ATTRIBUTE_VALUE),
    (ANA + SLOW + attr(a.USER_PASSWORD, bytes(16)), ErrorCause.UNSUPPORTED_ATTRIBUTE),
    (ANA + SLOW + attr(a.SERVICE_TYPE, 17), ErrorCause.UNSUPPORTED_SERVICE),
    (ANA + SLOW + attr(a.NAS_IDENTIFIER, "bras9"), ErrorCause.NAS_IDENTIFICATION_MISMATCH),
    (ANA + SLOW + attr(a.NAS_IP_ADDRESS, b"\x7f\x00\x00\x09"), ErrorCause.NAS_IDENTIFICATION_MISMATCH),
]


async def test_what_cannot_be_done_is_refused_with_its_error_cause(aaa: SmallServer) -> None:
    async with small_lab(aaa) as (lab, client):
        await online(client, "ana")
        said = [(await order(lab, attributes)).error_cause for attributes, _ in REFUSED]
        with_a_change = await order(lab, ANA + SLOW, a.DISCONNECT_REQUEST)
        (session,) = await client.sessions()
        stats = await client.stats()
    assert said == [cause for _, cause in REFUSED]
    assert with_a_change == Outcome(False, ErrorCause.UNSUPPORTED_ATTRIBUTE, "unsupported attribute")
    assert session["profile"]["address_list"] == ""
    assert stats["coa"]["coa_nak_503"] == 4
    assert stats["coa"]["disconnect_nak_401"] == 1


async def test_the_nas_may_be_named_rightly_and_any_identification_will_do(aaa: SmallServer) -> None:
    async with small_lab(aaa) as (lab, client):
        session = (await online(client, "ana"))["ana"]
        line = lab.nas["bras1"].lines["ana"]
        named = attr(a.NAS_IDENTIFIER, "bras1") + attr(a.NAS_IP_ADDRESS, b"\x7f\x00\x00\x01")
        ways = [
            attr(a.ACCT_SESSION_ID, session["acct_session_id"]),
            attr(a.CALLING_STATION_ID, line.mac),
            attr(a.NAS_PORT, line.port) + attr(a.NAS_PORT_ID, line.port_id),
            attr(a.USER_NAME, "ana") + attr(a.CALLED_STATION_ID, "pppoe"),
        ]
        said = [(await order(lab, named + way + SLOW)).ack for way in ways]
    assert said == [True] * len(ways)


async def test_a_router_that_refuses_names_the_cause_it_was_told_and_changes_nothing(aaa: SmallServer) -> None:
    async with small_lab(aaa) as (lab, client):
        await online(client, "ana")
        await client.mode("nak", "bras1", error_cause=504)
        said = [await order(lab, ANA + SLOW), await order(lab, ANA, a.DISCONNECT_REQUEST)]
        (session,) = await client.sessions()
        stats = await client.stats()
        await client.mode("healthy")
        assert (await order(lab, ANA + SLOW)).ack
    assert {(one.ack, one.error_cause) for one in said} == {(False, 504)}
    assert session["profile"]["address_list"] == ""
    assert stats["coa"] == {"coa_nak_504": 1, "disconnect_nak_504": 1}
    assert stats["nas"]["bras1"]["mode"] == "nak"


async def test_a_silent_router_answers_nothing_and_hears_the_repetition_when_healthy(aaa: SmallServer) -> None:
    async with small_lab(aaa) as (lab, client):
        await online(client, "ana")
        await client.mode("silent")
        with pytest.raises(NoReply):
            await order(lab, ANA + SLOW)
        stats = await client.stats()
        await client.mode("healthy")
        assert (await order(lab, ANA + SLOW)).ack
    assert stats["coa"] == {"silent": 1}


async def test_a_router_that_pretends_acknowledges_and_does_nothing(aaa: SmallServer) -> None:
    async with small_lab(aaa) as (lab, client):
        before = (await online(client, "ana"))["ana"]
        await client.mode("pretend")
        assert (await order(lab, ANA + SLOW)).ack
        assert (await order(lab, ANA, a.DISCONNECT_REQUEST)).ack
        unknown = await order(lab, attr(a.USER_NAME, "nobody"), a.DISCONNECT_REQUEST)
        (after,) = await client.sessions()
        stats = await client.stats()
    assert after == before
    assert unknown.session_unknown
    assert stats["coa"] == {"coa_pretended": 1, "disconnect_pretended": 1, "disconnect_nak_503": 1}


class Raw(asyncio.DatagramProtocol):
    """Sends octets as they are and keeps what comes back."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.heard.put_nowait(data)


async def test_a_repeated_order_is_done_once_and_answered_the_same(aaa: SmallServer) -> None:
    loop = asyncio.get_running_loop()
    async with small_lab(aaa, redial=False) as (lab, client):
        await online(client, "ana")
        transport, raw = await loop.create_datagram_endpoint(Raw, remote_addr=address(lab))
        datagram = request(a.DISCONNECT_REQUEST, 7, ANA + attr(a.PROXY_STATE, b"p1"), SECRET)
        answers = []
        for _ in range(3):
            transport.sendto(datagram)
            answers.append(await raw.heard.get())
        transport.close()
        stats = await client.until(online=0, pending=0)
    assert len(set(answers)) == 1
    reply = Packet.parse(answers[0])
    assert (reply.code, reply.get(a.PROXY_STATE)) == (a.DISCONNECT_ACK, b"p1")
    assert SECRET.verify_reply(reply, datagram[4:20])
    assert stats["coa"] == {"disconnect_ack": 1, "duplicates": 2}
    assert len(aaa.of(a.ACCT_STOP)) == 1


async def test_what_cannot_be_believed_is_dropped_and_counted(aaa: SmallServer) -> None:
    loop = asyncio.get_running_loop()
    good = request(a.DISCONNECT_REQUEST, 1, ANA, SECRET)
    wrongly_signed = attr(a.MESSAGE_AUTHENTICATOR, bytes(16)) + ANA
    async with small_lab(aaa) as (lab, client):
        await online(client, "ana")
        transport, raw = await loop.create_datagram_endpoint(Raw, remote_addr=address(lab))
        transport.sendto(b"\x28\x01\x00")
        transport.sendto(request(a.ACCESS_REQUEST, 2, ANA, SECRET))
        transport.sendto(good[:4] + bytes(16) + good[20:])
        transport.sendto(request(a.DISCONNECT_REQUEST, 3, wrongly_signed, SECRET, message_authenticator=False))
        old = attr(a.EVENT_TIMESTAMP, int(time.time()) - 3600)
        transport.sendto(request(a.DISCONNECT_REQUEST, 4, ANA + old, SECRET))
        transport.sendto(request(a.DISCONNECT_REQUEST, 5, attr(a.USER_NAME, "nobody"), SECRET))
        answer = Packet.parse(await raw.heard.get())
        transport.close()
        stats = await client.stats()
    assert (answer.code, answer.id) == (a.DISCONNECT_NAK, 5)
    assert stats["online"] == 1
    assert stats["coa"] == {
        "malformed": 1,
        "unexpected_code": 1,
        "bad_authenticator": 1,
        "bad_message_authenticator": 1,
        "stale": 1,
        "disconnect_nak_503": 1,
    }


async def test_with_redial_off_a_disconnected_subscriber_stays_away_until_it_is_on(aaa: SmallServer) -> None:
    async with small_lab(aaa) as (lab, client):
        await online(client, "ana", "bia")
        await client.redial(False)
        assert (await order(lab, ANA, a.DISCONNECT_REQUEST)).ack
        await client.until(online=1, pending=0)
        away = {row["login"]: row["state"] for row in await client.sessions(everybody=True)}
        await client.redial(True)
        await client.until(online=2)
    assert away == {"ana": "offline", "bia": "online"}
