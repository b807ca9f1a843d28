"""Debian's snmptrap and snmpinform against our receiver: v1, v2c, v3."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from snmp.trap_events import Kind
from snmp.trap_sources import Source
from snmp.trap_v3 import Auth, Priv, User, Usm
from tests.waiting import eventually

from .trap_wires import IF_INDEX, LINK_DOWN, LINK_UP, OURS, receiving, tool

OUR_ENGINE = bytes.fromhex("80001f8804") + b"milha-test"
THEIR_ENGINE = bytes.fromhex("8000000001020304")
KEYS = ("authpass-1", "privpass-1")
PAIRS = [
    (Auth.MD5, Priv.NONE, "-a MD5"),
    (Auth.SHA, Priv.DES, "-a SHA -x DES"),
    (Auth.SHA, Priv.AES, "-a SHA -x AES"),
    (Auth.SHA224, Priv.AES, "-a SHA-224 -x AES"),
    (Auth.SHA256, Priv.AES192, "-a SHA-256 -x AES-192"),
    (Auth.SHA384, Priv.AES256, "-a SHA-384 -x AES-256"),
    (Auth.SHA512, Priv.AES256_CISCO, "-a SHA-512 -x AES-256-C"),
    (Auth.SHA512, Priv.AES, "-a SHA-512 -x AES"),
]
SIGNED = Source(1, users=frozenset({"olt"}))


def user_of(auth: Auth, priv: Priv) -> User:
    keys = (KEYS[0] if auth != Auth.NONE else "", KEYS[1] if priv != Priv.NONE else "")
    return User("olt", auth, keys[0], priv, keys[1], (THEIR_ENGINE,))


def level(user: User) -> str:
    return ("noAuthNoPriv", "authNoPriv", "authPriv")[user.level - 1]


async def usm(*users: User) -> Usm:
    return await asyncio.to_thread(Usm, OUR_ENGINE, 1, users)


def secured(user: User, options: str) -> list[str]:
    """Arguments of net-snmp for a v3 user."""
    keys = ["-A", KEYS[0]] if user.level > 1 else []
    keys += ["-X", KEYS[1]] if user.level > 2 else []
    return ["-v3", "-u", user.name, "-l", level(user), *options.split(), *keys]


async def test_a_v1_trap_is_heard_in_the_terms_of_v2(tmp_path: Path) -> None:
    async with receiving() as ear:
        place = f"{ear.host}:{ear.port}"
        arguments = ("1.3.6.1.4.1.8072.3.2.10", "192.0.2.7", "2", "0", "4711", f"{IF_INDEX}.5", "i", "5")
        assert (await tool("snmptrap", tmp_path, "-v1", "-c", "public", place, *arguments))[0] == 0
        one = await eventually(lambda: ear.heard)
        assert (one[0].event.trap, one[0].event.kind, one[0].event.if_index) == (LINK_DOWN, Kind.LINK_DOWN, 5)
        assert (one[0].event.agent, one[0].uptime, one[0].event.subject) == ("192.0.2.7", 4711, "link:5")


async def test_an_enterprise_trap_of_v1_gets_the_oid_of_v2(tmp_path: Path) -> None:
    async with receiving() as ear:
        arguments = ("-v1", "-c", "public", f"{ear.host}:{ear.port}", "1.3.6.1.4.1.14988.1.1.9", "", "6", "2", "1")
        assert (await tool("snmptrap", tmp_path, *arguments))[0] == 0
        (one,) = await eventually(lambda: ear.heard)
        assert (one.event.name, one.event.kind) == ("mtxrTemperatureException", Kind.TEMPERATURE)


async def test_a_v2c_trap_is_heard_with_its_values(tmp_path: Path) -> None:
    async with receiving() as ear:
        bindings = (f"{IF_INDEX}.7", "i", "7", "1.3.6.1.2.1.31.1.1.1.18.7", "s", "para Olinda")
        arguments = ("-v2c", "-c", "public", f"{ear.host}:{ear.port}", "99", LINK_UP, *bindings)
        assert (await tool("snmptrap", tmp_path, *arguments))[0] == 0
        (one,) = await eventually(lambda: ear.heard)
        assert one.event.values["if_alias"] == "para Olinda"
        assert (one.event.kind, one.event.if_index, one.count, one.uptime) == (Kind.LINK_UP, 7, 1, 99)


async def test_an_inform_is_acknowledged_over_ipv4_and_ipv6(tmp_path: Path) -> None:
    for host, place in (("127.0.0.1", "127.0.0.1:{}"), ("::1", "udp6:[::1]:{}"), ("::", "127.0.0.1:{}")):
        async with receiving(host=host) as ear:
            arguments = ("-v2c", "-c", "public", "-r", "0", "-t", "5", place.format(ear.port), "1", LINK_DOWN)
            status, said = await tool("snmpinform", tmp_path, *arguments)
            assert (status, len(ear.heard), ear.counts().answered) == (0, 1, 1), (host, said)


async def test_an_inform_of_another_community_is_not_acknowledged(tmp_path: Path) -> None:
    async with receiving() as ear:
        arguments = ("-v2c", "-c", "private", "-r", "0", "-t", "0.2", f"{ear.host}:{ear.port}", "1", LINK_DOWN)
        status, _ = await tool("snmpinform", tmp_path, *arguments)
        assert (status != 0, ear.heard, ear.counts().refused) == (True, [], 1)


@pytest.mark.parametrize(("auth", "priv", "options"), PAIRS, ids=lambda one: str(one))
async def test_v3_traps_and_informs_of_every_pair_are_believed(
    tmp_path: Path, auth: Auth, priv: Priv, options: str
) -> None:
    user = user_of(auth, priv)
    async with receiving({"127.0.0.1": SIGNED}, security=await usm(user)) as ear:
        place, who = f"{ear.host}:{ear.port}", secured(user, options)
        trap = ("-e", "0x" + THEIR_ENGINE.hex(), place, "1", LINK_DOWN, f"{IF_INDEX}.3", "i", "3")
        assert (await tool("snmptrap", tmp_path, *who, *trap))[0] == 0
        (one,) = await eventually(lambda: ear.heard)
        assert (one.user, one.event.kind, one.event.if_index) == ("olt", Kind.LINK_DOWN, 3)
        inform = ("-r", "0", "-t", "10", place, "1", LINK_UP, f"{IF_INDEX}.3", "i", "3")
        status, said = await tool("snmpinform", tmp_path, *who, *inform)
        assert status == 0, said
        assert [one.event.kind for one in ear.heard] == [Kind.LINK_DOWN, Kind.LINK_UP]


USER = user_of(Auth.SHA, Priv.AES)
LIES = {
    "another pass phrase": (*secured(USER, "-a SHA -x AES")[:-4], "-A", "wrong-pass", "-X", KEYS[1]),
    "not sealed": ("-v3", "-u", "olt", "-l", "authNoPriv", "-a", "SHA", "-A", KEYS[0]),
    "not signed": ("-v3", "-u", "olt", "-l", "noAuthNoPriv"),
    "another user": ("-v3", "-u", "eve", "-l", "noAuthNoPriv"),
    "a community": ("-v2c", "-c", "public"),
}


@pytest.mark.parametrize("lie", LIES)
async def test_what_is_not_proven_is_not_heard(tmp_path: Path, lie: str) -> None:
    async with receiving({"127.0.0.1": SIGNED}, security=await usm(USER)) as ear:
        place = f"{ear.host}:{ear.port}"
        engine = ("-e", "0x" + THEIR_ENGINE.hex()) if "-v3" in LIES[lie] else ()
        await tool("snmptrap", tmp_path, *LIES[lie], *engine, place, "1", LINK_DOWN)
        await eventually(lambda: ear.counts().malformed + ear.counts().refused)
        assert ear.heard == []


async def test_a_trap_of_an_engine_nobody_named_is_not_heard(tmp_path: Path) -> None:
    async with receiving({"127.0.0.1": SIGNED}, security=await usm(USER)) as ear:
        who = secured(USER, "-a SHA -x AES")
        await tool("snmptrap", tmp_path, *who, "-e", "0x8000000009090909", f"{ear.host}:{ear.port}", "1", LINK_DOWN)
        await eventually(lambda: ear.counts().malformed)
        assert ear.heard == []
        assert "engine" in ear.intake.last_errors()[1]


async def test_a_v3_inform_with_a_wrong_pass_phrase_is_not_acknowledged(tmp_path: Path) -> None:
    async with receiving({"127.0.0.1": SIGNED}, security=await usm(USER)) as ear:
        who = LIES["another pass phrase"]
        status, _ = await tool(
            "snmpinform", tmp_path, *who, "-r", "0", "-t", "1", f"{ear.host}:{ear.port}", "1", LINK_UP
        )
        assert (status != 0, ear.heard, ear.counts().answered) == (True, [], 0)


async def test_a_trap_of_nobody_is_counted_and_not_read(tmp_path: Path) -> None:
    async with receiving({"192.0.2.1": OURS}) as ear:
        await tool("snmptrap", tmp_path, "-v2c", "-c", "public", f"{ear.host}:{ear.port}", "1", LINK_DOWN)
        await eventually(lambda: ear.intake.strangers.count)
        assert (ear.heard, list(ear.intake.strangers.snapshot()), ear.counts().received) == ([], ["127.0.0.1"], 0)
