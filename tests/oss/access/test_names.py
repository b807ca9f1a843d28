"""Which account a request is about: every spelling of a name, a MAC or a circuit comes to one."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from oss.access import names
from oss.access.fold import fold
from oss.access.names import Names
from oss.access.sessions import login_of
from radius import attributes as a
from radius.packet import Packet, build
from tests.oss.access.said import START, record

OCTETS = st.binary(min_size=6, max_size=6)
CIRCUIT, REMOTE = bytes.fromhex("000400320001"), bytes.fromhex("0106001cf09d7167")


def adsl(kind: int, value: bytes) -> tuple[int, bytes]:
    """A Vendor-Specific of the ADSL Forum (RFC 4679)."""
    return a.VENDOR_SPECIFIC, a.vsa(3561, kind, value)[2:]


def cisco(text: str) -> tuple[int, bytes]:
    return a.VENDOR_SPECIFIC, a.vsa(9, 1, text)[2:]


def asked(name: bytes | str, *pairs: tuple[int, a.Value]) -> Packet:
    body = b"".join(a.attr(*one) for one in ((a.USER_NAME, name), *pairs))
    return Packet.parse(build(a.ACCESS_REQUEST, 1, bytes(16), body))


def spellings(octets: bytes) -> set[str]:
    """A MAC as the makers write it."""
    digits = octets.hex()
    quads = [digits[at : at + 4] for at in (0, 4, 8)]
    pairs = [digits[at : at + 2] for at in range(0, 12, 2)]
    bare = [f"{one:x}" for one in octets]  # MikroTik's DHCP leaves zeros out, and puts the hardware type before it
    short = {":".join(bare)} if sum(map(len, bare)) + 5 >= 11 else set()
    found = {digits, "01" + digits, ".".join(quads), "-".join(quads), ":".join(quads), "1:" + ":".join(bare), *short}
    found |= {mark.join(pairs) for mark in ":-. "} | {"01-" + "-".join(pairs)}
    return found | {one.upper() for one in found} | {f" {one}\0" for one in found}


@given(OCTETS)
@example(b"\1\2\3\4\5\6")
@example(bytes(6))
def test_every_spelling_of_a_mac_comes_to_one_that_is_stable(octets: bytes) -> None:
    found = {names.mac(one) for one in spellings(octets)}
    assert found == {octets.hex(":")} and names.mac(octets.hex(":")) == octets.hex(":")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "cli1",
            "aa:bb:cc:dd:ee",
            "aa:bb-cc:dd:ee:ff",
            "aa:bb:cc:dd:ee:fg",
            "02:aa:bb:cc:dd:ee:ff",
            "aabbccddeef",
        ),
        *("1:2-3:4:5:6:7", "aa:bb:cc:dd:ee:ff:00:11", "aabbcc.ddeeff", "10.0.0.1", "12345678901", "aabbccddeeff0"),
    ],
)
def test_what_is_no_mac_is_none(text: str) -> None:
    assert names.mac(text) is None


@given(st.text(max_size=40))
@example("İ")
@example("\u2003\0 jose\u0301")
def test_a_name_is_compared_the_same_however_often(text: str) -> None:
    once = names.plain(text.encode("utf-8", "replace"))
    assert names.plain(once.encode()) == once == names.typed(once)


@pytest.mark.parametrize(
    ("sent", "login"),
    [(b" CLI1 ", "cli1"), (b"cli1\0", "cli1"), ("JOS\u00c9".encode(), "jos\u00e9"), (b"jose\xcc\x81", "jos\u00e9")],
)
def test_trim_case_and_composition_never_matter(sent: bytes, login: str) -> None:
    assert login_of(asked(sent)) == login == Names({login}).login_of(asked(sent))


# ------------------------------------------------------------ realms


def names_of(*logins: str, realms: tuple[str, ...] = ("provider.com.br",)) -> Names:
    found = Names(set(logins))
    found.realms = frozenset(realms)
    return found


@pytest.mark.parametrize("sent", ["maria@provider.com.br", "Maria@PROVIDER.com.br ", "provider.com.br\\maria"])
def test_an_own_realm_comes_off(sent: str) -> None:
    assert names_of("maria").login_of(asked(sent)) == "maria"


def test_a_login_kept_with_its_realm_is_that_login() -> None:
    known = names_of("maria", "maria@provider.com.br")
    assert known.login_of(asked("maria@provider.com.br")) == "maria@provider.com.br"


@pytest.mark.parametrize("sent", ["maria@other.net", "@provider.com.br", "provider.com.br\\", "maria@x@other.net"])
def test_a_foreign_realm_stays(sent: str) -> None:
    assert names_of("maria", "").login_of(asked(sent)) == sent


# ------------------------------------------------------------ circuits


@pytest.mark.parametrize(
    "pairs",
    [
        (adsl(1, CIRCUIT), adsl(2, REMOTE)),  # RFC 4679 sections 3.3.1 and 3.3.2
        (cisco("circuit-id-tag=000400320001"), cisco("remote-id-tag=0106001CF09D7167")),
        (cisco("circuit-id-tag=0x000400320001"), cisco("remote-id-tag=0x0106001cf09d7167")),
        ((a.VENDOR_SPECIFIC, a.vsa(2352, 97, CIRCUIT)[2:]), (a.VENDOR_SPECIFIC, a.vsa(2352, 96, REMOTE)[2:])),
    ],
)
def test_option_82_is_read_as_each_maker_carries_it(pairs: tuple[tuple[int, bytes], ...]) -> None:
    packet = asked("aa:bb:cc:dd:ee:ff", *pairs)
    assert names.circuits(packet) == ("000400320001", "0106001cf09d7167")
    for login in ("000400320001", "0106001cf09d7167", "0106001cf09d7167|000400320001"):
        assert Names({login}).login_of(packet) == login


@given(st.binary(max_size=60))
def test_a_circuit_in_our_spelling_stays_as_it_is(octets: bytes) -> None:
    once = names.circuit(octets)
    assert names.circuit(once) == once and " " not in once and len(once) <= names.LONGEST


def test_a_circuit_of_text_is_compared_without_case_and_spaces() -> None:
    packet = asked("x", adsl(1, b"OLT-1  eth 0/1/3\0"))
    assert names.circuits(packet) == ("olt-1_eth_0/1/3", "") == (names.circuit("olt-1 ETH 0/1/3"), "")


# ------------------------------------------------------------ the session of a login


def test_realms_and_case_change_whose_a_session_is_but_not_which_it_is() -> None:
    told = [record(START, login="Maria@Provider.com.br"), record(a.ACCT_STOP, 60, login="maria@provider.com.br")]
    plain, with_realm = (fold(told, realms).parts[0] for realms in ((), ("provider.com.br",)))
    assert isinstance(plain, list) and isinstance(with_realm, list)
    assert len(plain) == len(with_realm) == 1 and plain[0].uid == with_realm[0].uid
    assert (plain[0].also, with_realm[0].also) == ((), ("maria",))


def test_what_we_told_the_router_in_class_names_the_login() -> None:
    mark = names.class_of("full:5/5", "olt-1|7")
    packet = asked("aa:bb:cc:dd:ee:ff", (a.CLASS, mark))
    assert names.of_class(packet) == ("full:5/5", "olt-1|7") and Names().of_session(packet) == "olt-1|7"
    assert names.of_class(asked("x", (a.CLASS, names.class_of("walled:1/1:sem acesso")))) == (
        "walled:1/1:sem acesso",
        "",
    )
    assert names.of_class(asked("x", (a.CLASS, b"other"))) == (None, "")
