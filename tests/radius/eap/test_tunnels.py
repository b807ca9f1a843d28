"""EAP-TLS, TTLS and PEAP with TLS 1.2 and 1.3: the tunnel, its keys, its fragments, its sessions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from oss.lab import supplicant
from oss.lab.supplicant import Device, Supplicant
from radius.eap import packet, ttls, tunnelled
from radius.eap.conversation import Challenge, Conversation, Ended, Offer
from radius.eap.fragments import LENGTH, MORE, START
from radius.eap.method import FAILED, NO_METHOD, NOBODY, UNTRUSTED, UNTRUSTED_PEER, WRONG, Disproven, Proven
from radius.eap.offers import METHODS, offer
from radius.eap.tls import TlsServer, Untrustworthy
from tests.radius.eap.certificates import Authority, new_key
from tests.radius.eap.talking import Book, Course, converse, identity, response

Make = Callable[..., Device]
INNER = [
    (packet.TLS, ""),
    (packet.TTLS, "pap"),
    (packet.TTLS, "chap"),
    (packet.TTLS, "mschap"),
    (packet.TTLS, "mschapv2"),
    (packet.PEAP, "mschapv2"),
]
RESULT_FAILURE = b"\x80\x03\x00\x02\x00\x02"  # draft-kamath-pppext-peapv0 section 2
methods = pytest.mark.parametrize(("method", "inner"), INNER, ids=lambda one: packet.NAMES.get(one, one))


def offered(server: TlsServer) -> Offer:
    return offer(METHODS, server)


def reason(course: Course) -> str:
    assert isinstance(course.step, Disproven)
    return course.step.reason


@methods
def test_rfc5216_2_3_rfc9190_2_3_rfc9427_2_1_both_ends_have_the_same_keys(
    server: TlsServer, device: Make, method: int, inner: str, tls13: bool
) -> None:
    one = Supplicant(device(method, inner))
    course = converse(offered(server), one)
    assert course.proven and one.ended == packet.SUCCESS and not one.resumed
    assert isinstance(course.step, Proven) and course.step.identity == b"User"
    assert course.step.keys == one.msk and len(one.msk) == 64


def test_rfc5281_7_3_rfc5216_2_1_4_the_identity_outside_may_be_anonymous(server: TlsServer, device: Make) -> None:
    book = Book()
    course = converse(offered(server), Supplicant(device(packet.TTLS)), book)
    assert course.proven and {name for name, _ in book.asked} == {b"User"}


@methods
def test_a_login_that_nobody_has_proves_nothing(server: TlsServer, device: Make, method: int, inner: str) -> None:
    course = converse(offered(server), Supplicant(device(method, inner)), Book({}))
    assert reason(course) == NOBODY and course.step.identity == b"User"


@methods
def test_who_is_not_allowed_is_told_no_inside_and_outside(
    server: TlsServer, device: Make, method: int, inner: str
) -> None:
    one = Supplicant(device(method, inner))
    course = converse(offered(server), one, Book(allowed=False))
    assert isinstance(course.step, Proven) and course.step.withheld
    assert one.result == (RESULT_FAILURE if method == packet.PEAP else b"")
    assert len(server.proofs) == 0  # and his session is not kept


@pytest.mark.parametrize(("method", "inner"), INNER[1:])
def test_a_wrong_password_proves_nothing_and_its_session_does_not_come_back(
    server: TlsServer, device: Make, method: int, inner: str
) -> None:
    one = device(method, inner, password=b"wrong")
    course = converse(offered(server), Supplicant(one))
    assert reason(course) == WRONG and len(server.proofs) == 0
    if inner == "mschapv2" and method == packet.PEAP:
        assert [failed.reason for failed in course.failed] == [WRONG] and course.ended.told


# ------------------------------------------------------------ certificates of clients


@pytest.mark.parametrize("name", ["client", "upn"])
def test_rfc5216_5_2_the_certificates_name_is_who_he_is(server: TlsServer, certs: Path, tls13: bool, name: str) -> None:
    context = supplicant.context(*(str(certs / one) for one in ("ca.pem", f"{name}.pem", f"{name}.key")), tls13=tls13)
    course = converse(offered(server), Supplicant(Device(b"outside", b"", packet.TLS, context=context)))
    assert course.proven and course.step.identity == b"User"


@pytest.mark.parametrize("name", ["old", "foreign", None])
def test_rfc5216_5_3_a_certificate_expired_foreign_or_missing_is_refused_and_both_know_why(
    server: TlsServer, certs: Path, tls13: bool, name: str | None
) -> None:
    own = [str(certs / f"{name}.{end}") for end in ("pem", "key")] if name else [None, None]
    context = supplicant.context(str(certs / "ca.pem"), *own, tls13=tls13)
    course = converse(offered(server), Supplicant(Device(b"User", b"", packet.TLS, context=context)))
    assert reason(course) == UNTRUSTED_PEER and "certificate" in course.step.facts["why"]  # type: ignore[union-attr]
    assert course.ended.told  # an alert went out before the end (RFC 5216 section 2.1.3)


@methods
def test_a_device_that_does_not_trust_us_tells_so(
    server: TlsServer, certs: Path, tls13: bool, method: int, inner: str, tmp_path: Path
) -> None:
    (tmp_path / "other.pem").write_bytes(Authority("Elsewhere").pem)
    context = supplicant.context(str(tmp_path / "other.pem"), tls13=tls13)
    course = converse(offered(server), Supplicant(Device(b"User", b"x", method, inner, context)))
    assert reason(course) == UNTRUSTED and "unknown ca" in course.step.facts["why"]  # type: ignore[union-attr]


# ------------------------------------------------------------ fragments


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Authority]:
    """A server with three RSA certificates in its chain, more than 3 kB."""
    folder = tmp_path_factory.mktemp("large")
    root = Authority("Root", rsa_bits=2048)
    low = Authority("Lower", Authority("Upper", root, rsa_bits=2048), rsa_bits=2048)
    low.issue("radius.example", rsa_bits=2048).write(folder, "server.pem", "server.key")
    (folder / "ca.pem").write_bytes(root.pem)
    return folder, root


@pytest.mark.parametrize("size", [100, 500, 1020, 1360])
@pytest.mark.parametrize("method", [packet.TTLS, packet.PEAP])
def test_rfc5216_2_1_5_a_long_chain_goes_in_fragments_no_larger_than_the_link_allows(
    large: tuple[Path, Authority], tls13: bool, size: int, method: int
) -> None:
    folder, _ = large
    server = TlsServer(folder / "server.pem", folder / "server.key")
    context = supplicant.context(str(folder / "ca.pem"), tls13=tls13)
    one = Device(b"User", b"clientPass", method, "mschapv2" if method == packet.PEAP else "pap", context, size=size)
    course = converse(offered(server), Supplicant(one), size=size)
    assert course.proven and max(map(len, course.requests)) <= size
    flags = [message[5] for message in course.requests if message[4] == method]
    first = next(flag for flag in flags if flag & MORE)
    assert flags[0] == START and first == LENGTH | MORE
    assert sum(bool(flag & MORE) for flag in flags) >= 2000 // size


def begun(server: TlsServer, method: int = packet.TTLS) -> tuple[Conversation, Challenge | Ended]:
    talk = Conversation(offer(["ttls" if method == packet.TTLS else "tls"], server), 1020)
    return talk, talk.hear(identity(), Book())


@pytest.mark.parametrize(
    "data",
    [
        b"",  # no flags
        b"\x80\0\0",  # half a length
        b"\x80\0\2\0\0rest",  # more than is put together
        b"\x40",  # a fragment of nothing
        b"\0",  # an acknowledgement of nothing
        b"\x80\0\0\0\1two",  # more than was told
        b"\x80\0\0\0\x09two",  # less
    ],
)
def test_rfc5216_2_1_5_fragments_that_do_not_fit_end_it(server: TlsServer, data: bytes) -> None:
    talk, start = begun(server)
    ended = talk.hear(response(start, packet.TTLS, data), Book())
    assert isinstance(ended, Ended) and ended.step.reason == FAILED  # type: ignore[union-attr]


def test_rfc5216_2_1_5_what_is_put_together_is_bounded(server: TlsServer) -> None:
    talk, outcome = begun(server)
    for _ in range(70):
        outcome = talk.hear(response(outcome, packet.TTLS, b"\x40" + bytes(1000)), Book())
        if isinstance(outcome, Ended):
            break
        assert outcome.message[5:] == b"\0" and talk.octets < 80_000
    assert isinstance(outcome, Ended) and outcome.step.reason == FAILED  # type: ignore[union-attr]


def test_what_is_no_tls_ends_it(server: TlsServer) -> None:
    talk, start = begun(server)
    outcome = talk.hear(response(start, packet.TTLS, b"\0GET / HTTP/1.1\r\n\r\n"), Book())
    while isinstance(outcome, Challenge):
        outcome = talk.hear(response(outcome, packet.TTLS, b"\0"), Book())
    assert outcome.step.reason == FAILED  # type: ignore[union-attr]


def test_nothing_of_tls_is_held_before_the_peers_hello(server: TlsServer) -> None:
    talk, start = begun(server)
    assert isinstance(start, Challenge) and talk.octets < 4096


# ------------------------------------------------------------ sessions that come back


@methods
def test_rfc5216_2_1_2_rfc9190_2_1_3_a_session_comes_back_with_new_keys_and_no_password(
    server: TlsServer, device: Make, method: int, inner: str, tls13: bool
) -> None:
    one, book = device(method, inner), Book()
    first = converse(offered(server), Supplicant(one), book)
    book.asked.clear()
    again = Supplicant(one)
    second = converse(offered(server), again, book)
    assert second.proven and again.resumed and isinstance(second.step, Proven) and isinstance(first.step, Proven)
    assert second.step.identity == b"User" and second.step.keys == again.msk != first.step.keys
    assert sum(map(len, second.requests)) < sum(map(len, first.requests))  # no certificate is sent
    assert not any(guessing for _, guessing in book.asked)
    third = Supplicant(one)
    assert converse(offered(server), third, book).proven and third.resumed
    assert len(server.proofs) == 1  # the used ones are forgotten


@methods
def test_a_session_whose_account_changed_its_password_must_prove_itself_again(
    server: TlsServer, device: Make, method: int, inner: str
) -> None:
    one = device(method, inner)
    converse(offered(server), Supplicant(one))
    one.password, one.nt = b"renewed", None
    again = Supplicant(one)
    course = converse(offered(server), again, Book({b"User": b"renewed"}))
    assert course.proven and not again.resumed


@methods
def test_a_session_that_came_back_is_decided_again(server: TlsServer, device: Make, method: int, inner: str) -> None:
    one = device(method, inner)
    converse(offered(server), Supplicant(one))
    again = Supplicant(one)
    course = converse(offered(server), again, Book(allowed=False))
    assert isinstance(course.step, Proven) and course.step.withheld and again.resumed
    assert again.result == (RESULT_FAILURE if method == packet.PEAP else b"")
    gone = converse(offered(server), Supplicant(one), Book({}))
    assert reason(gone) == NOBODY


def test_a_session_that_proved_nothing_is_begun_anew_not_resumed(server: TlsServer, device: Make) -> None:
    """A device has the tickets before it has proven anything (RFC 9427 section 4)."""
    one = device(packet.TTLS)
    converse(offered(server), Supplicant(one))
    server.proofs = type(server.proofs)()  # as if the first login had failed
    again = Supplicant(one)
    course = converse(offered(server), again)
    assert course.proven and not again.resumed


def test_rfc9427_4_a_session_of_one_method_is_not_resumed_by_another(server: TlsServer, device: Make) -> None:
    one = device(packet.TTLS)
    converse(offered(server), Supplicant(one))
    other = device(packet.PEAP, "mschapv2", session=one.session)
    again = Supplicant(other)
    assert converse(offered(server), again).proven and not again.resumed


def test_a_session_is_forgotten_in_time(server: TlsServer, device: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    one = device(packet.TTLS)
    monkeypatch.setattr(tunnelled, "LIFETIME_S", -1.0)
    converse(offered(server), Supplicant(one))
    again = Supplicant(one)
    assert converse(offered(server), again).proven and not again.resumed


def test_sessions_remembered_are_bounded(server: TlsServer) -> None:
    for number in range(server.proofs.most + 10):
        server.proofs.remember(b"%d" % number, packet.TLS, b"User", None, 1e9)
    assert len(server.proofs) == server.proofs.most
    assert server.proofs.find(b"0", packet.TLS, 0.0) is None
    assert server.proofs.find(b"%d" % (server.proofs.most + 9), packet.TLS, 0.0) is not None


def test_a_renewed_certificate_begins_anew(server: TlsServer, device: Make, certs: Path) -> None:
    one = device(packet.TTLS)
    converse(offered(server), Supplicant(one))
    again = Supplicant(one)
    renewed = TlsServer(certs / "server.pem", certs / "server.key", certs / "ca.pem")
    assert converse(offered(renewed), again).proven and not again.resumed


# ------------------------------------------------------------ inside


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (b"\0", FAILED),
        (bytes((0, 0, 0, 2, 0x40, 0, 0, 99)), FAILED),  # longer than what is there
        (bytes((0, 0, 0, 77, 0x40, 0, 0, 8)), FAILED),  # mandatory and unknown (RFC 5281 section 10.1)
        (bytes((0, 0, 0, 1, 0x40, 0, 0, 9)) + b"User"[:1] + bytes(3), NO_METHOD),
        (bytes((0, 0, 0, 2, 0x40, 0, 0, 8)), NO_METHOD),  # a password of nobody
    ],
)
def test_rfc5281_10_attributes_that_prove_nothing(
    server: TlsServer, device: Make, monkeypatch: pytest.MonkeyPatch, words: bytes, why: str
) -> None:
    def say(tunnel: supplicant._ClientTunnel, _: bytes) -> None:
        tunnel._connection.send(words)

    monkeypatch.setattr(supplicant._ClientTunnel, "_ttls", say)
    assert reason(converse(offered(server), Supplicant(device(packet.TTLS)))) == why


@pytest.mark.parametrize("inner", ["chap", "mschap", "mschapv2"])
def test_rfc5281_11_1_a_challenge_that_is_not_the_tunnels_is_refused(
    server: TlsServer, device: Make, monkeypatch: pytest.MonkeyPatch, inner: str
) -> None:
    monkeypatch.setattr(ttls, "_implied", lambda tunnel, size: bytes(size))
    assert reason(converse(offered(server), Supplicant(device(packet.TTLS, inner)))) == WRONG


# ------------------------------------------------------------ certificates of ours


def test_files_that_cannot_be_used_say_what_is_wrong(certs: Path, tmp_path: Path) -> None:
    with pytest.raises(Untrustworthy, match="No such file"):
        TlsServer(tmp_path / "none.pem", certs / "server.key")
    with pytest.raises(Untrustworthy, match=r"mismatch|values"):
        TlsServer(certs / "server.pem", certs / "client.key")
    (tmp_path / "locked.key").write_bytes(b"half a key")
    with pytest.raises(Untrustworthy, match=r"locked\.key"):
        TlsServer(certs / "server.pem", tmp_path / "locked.key")


def test_a_key_with_a_passphrase_is_refused_and_nobody_is_asked_for_it(certs: Path, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

    sealed = new_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    (tmp_path / "sealed.key").write_bytes(sealed)
    with pytest.raises(Untrustworthy, match=r"sealed\.key"):
        TlsServer(certs / "server.pem", tmp_path / "sealed.key")


def test_without_an_authority_there_is_no_eap_tls(certs: Path) -> None:
    alone = TlsServer(certs / "server.pem", certs / "server.key")
    assert packet.TLS not in offer(METHODS, alone).makers and packet.TTLS in offer(METHODS, alone).makers
