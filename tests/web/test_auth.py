"""Whose address a request has, behind proxies and without; under which name it may come; from where a form may."""

from __future__ import annotations

import dataclasses
import ipaddress
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from oss.base import config
from web.auth import remote_ip
from web.keys import CONFIG

from .test_headers import Opened, opened

__all__ = ["opened"]
OURS = tuple(ipaddress.ip_network(one) for one in ("127.0.0.0/8", "10.0.0.0/8", "fd00::/8"))
SETTINGS = config.load({"MILHA_DATA_DIR": "/nowhere"})


def asked(peer: str, *headers: str, trusted: Any = OURS) -> str:
    app = web.Application()
    app[CONFIG] = dataclasses.replace(SETTINGS, trusted_proxies=trusted)
    lines = CIMultiDict([("X-Forwarded-For", header) for header in headers])
    return remote_ip(make_mocked_request("GET", "/", headers=lines, app=app).clone(remote=peer))


@pytest.mark.parametrize(
    ("peer", "headers", "found"),
    [
        ("203.0.113.9", (), "203.0.113.9"),
        ("203.0.113.9", ("198.51.100.7",), "203.0.113.9"),  # nobody trusts this peer
        ("127.0.0.1", ("198.51.100.7",), "198.51.100.7"),
        ("127.0.0.1", ("1.1.1.1, 198.51.100.7",), "198.51.100.7"),  # the left one is the client's own word
        ("127.0.0.1", ("198.51.100.7, 10.0.0.5",), "198.51.100.7"),
        ("127.0.0.1", ("10.0.0.9, 10.0.0.5",), "10.0.0.9"),  # all ours: the one farthest away
        ("127.0.0.1", ("1.1.1.1", "198.51.100.7"), "198.51.100.7"),  # a second line is the proxy's
        ("127.0.0.1", ("unknown",), "127.0.0.1"),
        ("127.0.0.1", ("198.51.100.7, unknown, 10.0.0.5",), "10.0.0.5"),
        ("127.0.0.1", ("",), "127.0.0.1"),
        ("127.0.0.1", (", ,",), "127.0.0.1"),
        ("127.0.0.1", ("198.51.100.7:51234",), "198.51.100.7"),
        ("127.0.0.1", ('"[2001:db8::7]:443"',), "2001:db8::7"),
        ("127.0.0.1", ("[2001:db8::7]",), "2001:db8::7"),
        ("::ffff:127.0.0.1", ("::ffff:198.51.100.7",), "198.51.100.7"),
        ("fd00::1", ("fe80::1%eth0",), "fe80::1"),
        ("127.0.0.1", ("<script>",), "127.0.0.1"),
        ("127.0.0.1", ("198.51.100.7'; drop table audit; --",), "127.0.0.1"),
        ("127.0.0.1", (", ".join(["10.0.0.1"] * 500),), "10.0.0.1"),
    ],
)
def test_the_client_is_the_first_from_the_right_that_is_no_proxy_of_ours(
    peer: str, headers: tuple[str, ...], found: str
) -> None:
    assert asked(peer, *headers) == found


@given(st.lists(st.text(max_size=60), max_size=3))
def test_whatever_the_header_says_an_address_comes_out(headers: list[str]) -> None:
    plain = ["".join(c for c in header if c.isprintable() and ord(c) < 256) for header in headers]
    assert ipaddress.ip_address(asked("127.0.0.1", *plain))
    assert asked("203.0.113.9", *plain) == "203.0.113.9"


def test_without_a_trusted_proxy_nobody_is_believed() -> None:
    assert asked("127.0.0.1", "198.51.100.7", trusted=()) == "127.0.0.1"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("console.example.net", 200),
        ("CONSOLE.example.net:8443", 200),
        ("localhost:8080", 200),
        ("evil.example", 421),
        ("console.example.net.evil.example", 421),
        ("evil.example:80@console.example.net", 421),
        ("", 421),
    ],
)
async def test_under_a_name_that_is_not_ours_nothing_is_answered(opened: Opened, host: str, status: int) -> None:
    hosts = config.load({"MILHA_PUBLIC_URL": "https://console.example.net"}).allowed_hosts
    client = await opened(allowed_hosts=hosts)
    async with client.get("/login", headers={"Host": host}) as answer:
        assert answer.status == status
        assert "evil.example/" not in await answer.text()
    async with client.get("/healthz", headers={"Host": host}) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    ("more", "hosts"),
    [
        ({}, None),
        ({"MILHA_PUBLIC_URL": "http://127.0.0.1:8080"}, None),
        ({"MILHA_PUBLIC_URL": "https://a.example", "MILHA_ALLOWED_HOSTS": "*"}, None),
        (
            {"MILHA_PUBLIC_URL": "https://a.example", "MILHA_ALLOWED_HOSTS": "b.example, 192.0.2.1"},
            "a.example b.example",
        ),
    ],
)
def test_which_names_are_ours(more: dict[str, str], hosts: str | None) -> None:
    found = config.load(more).allowed_hosts
    assert found is None if hosts is None else found is not None and set(hosts.split()) <= found


async def test_links_are_never_made_of_the_hosts_name(opened: Opened) -> None:
    client = await opened()
    for path in ("/login", "/", "/console/", "/nothing", "/api/v1/docs", "/api/v1/openapi.json", "/console"):
        more = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
        async with client.get(path, headers=more, allow_redirects=False) as answer:
            assert "evil.example" not in await answer.text() + str(answer.headers)


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://console.example.net", 422),
        ("http://console.example.net", 403),
        ("https://console.example.net:8443", 403),
        ("https://evil.example", 403),
        ("https://[", 403),
    ],
)
async def test_a_form_comes_from_our_public_address_even_where_a_proxy_says_another_name(
    opened: Opened, origin: str, status: int
) -> None:
    client = await opened(public_url="https://console.example.net")
    async with client.post("/login", data={"login": "x"}, headers={"Origin": origin}) as answer:
        assert answer.status == status
