"""Where ``next`` leads: always to a page of ours, however it is written."""

from __future__ import annotations

import re
from urllib.parse import urlencode, urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.web.console.conftest import Console
from web.console.entry import local

HERE = "https://console.example.net"
TRICKS = [
    "https://evil.example", "//evil.example", "///evil.example", "////evil.example", "/\\evil.example",
    "\\/evil.example", "\\\\evil.example", "/\t/evil.example", "/\n/evil.example", "/\r\n/evil.example",
    "\t//evil.example", " //evil.example", "https:evil.example", "https:/evil.example", "http:\\\\evil.example",
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "data:text/html,<script>", "vbscript:x",
    "//evil.example@console.example.net", "https://console.example.net@evil.example",
    "https://console.example.net.evil.example", "/%09/evil.example", "/%5cevil.example", "/..//evil.example",
    "/.//evil.example", "//[::1", "/\u2028/evil.example", "\u0000//evil.example", "//evil%E3%80%82example",
    "//\u3002evil.example", "?next=//evil.example", "#//evil.example", "evil.example", ".evil", "/\x0b/evil.example",
    "\x01https://evil.example", "/\x00/evil.example", "//;@evil.example", "/;/evil.example",
]  # fmt: skip


def opens(address: str) -> str:
    """Where a browser goes (WHATWG URL: tabs and line ends vanish, a backslash is a slash)."""
    text = re.sub(r"[\t\r\n]", "", address.strip("".join(map(chr, range(33))))).replace("\\", "/")
    if re.match(r"//+", text):  # a browser skips any number of slashes before a host
        text = "//" + text.lstrip("/")
    return urljoin(HERE + "/login", text)


def is_home(address: str) -> bool:
    try:
        parts = urlsplit(opens(local(address)))
    except ValueError:
        return False
    return f"{parts.scheme}://{parts.netloc}" == HERE


@pytest.mark.parametrize("address", TRICKS)
def test_no_known_trick_leads_away(address: str) -> None:
    assert is_home(address)


PIECES = st.sampled_from([
    "/", "//", "\\", "\t", "\n", "\r", " ", "\0", "http:", "javascript:", "@", ":", "?", "#", ".", "..",
    "evil.example", "%2f", "%5c", "[", "]", ";", "console", "\u2028", "\uff0f", "\u3002",
])  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=3), max_size=8).map("".join))
@example("/[")
def test_no_mixture_leads_away(address: str) -> None:
    assert is_home(address)
    assert "\r" not in local(address) and "\n" not in local(address)


@given(st.from_regex(r"/console/[a-z]{1,8}(\?[a-z]{1,4}=[a-z0-9%]{0,6})?", fullmatch=True))
def test_pages_of_ours_are_kept(address: str) -> None:
    assert local(address) == address


async def test_signing_in_and_preferences_go_where_it_says(console: Console) -> None:
    for address in TRICKS:
        asked = await console.get("/login?" + urlencode({"next": address}))
        given_back = await console.post("/preferences", {"theme": "dark", "next": address})
        for place in (asked.place, given_back.place):
            parts = urlsplit(opens(place))
            assert f"{parts.scheme}://{parts.netloc}" == HERE, (address, place)
