"""RADIUS over TLS without a socket: framing (RFC 6613 section 2.6.4), names of certificates (RFC 6614 section 2.3)."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.errors import Malformed
from radius.packet import MAX_PACKET, MIN_PACKET, build
from radius.radsec import SECRET, Deframer, Tls, Untrusted, certificate_names, fingerprint_of, spelled

from .certificates import DAY, Authority

PACKETS = st.lists(st.integers(MIN_PACKET, 400).map(lambda length: build(1, 7, bytes(16), bytes(length - 20))))


@given(PACKETS, st.lists(st.integers(1, 90), min_size=1))
def test_packets_come_out_whole_however_the_stream_is_cut_rfc_6613_2_6_4(packets: list[bytes], cuts: list[int]) -> None:
    stream, frames, found, at = b"".join(packets), Deframer(), list[bytes](), 0
    while at < len(stream):
        step = cuts[at % len(cuts)]
        found += frames.feed(stream[at : at + step])
        at += step
    assert found == packets


@given(st.integers(0, 65535))
def test_only_lengths_from_20_to_4096_are_packets_rfc_6613_2_6_4(length: int) -> None:
    frames, octets = Deframer(), b"\1\1" + length.to_bytes(2, "big")
    if MIN_PACKET <= length <= MAX_PACKET:
        assert frames.feed(octets) == []
        assert frames.feed(bytes(length - 4)) == [octets + bytes(length - 4)]
    else:
        with pytest.raises(Malformed):
            frames.feed(octets)


@given(st.binary(max_size=9000))
def test_noise_is_either_packets_or_malformed_and_never_piles_up(noise: bytes) -> None:
    frames = Deframer()
    try:
        found = frames.feed(noise)
    except Malformed:
        return
    assert len(frames._rest) < MAX_PACKET
    assert b"".join(found) + frames._rest == noise


def test_the_secret_inside_tls_is_radsec_rfc_6614_2_3() -> None:
    assert SECRET.value == b"radsec"


def test_a_peer_is_known_by_fingerprint_then_dns_name_then_common_name_rfc_6614_2_3() -> None:
    certificate = {
        "subject": ((("countryName", "BR"),), (("commonName", "BNG-1.Example.NET"),)),
        "subjectAltName": (("DNS", "bng1.example.net"), ("IP Address", "192.0.2.1"), ("DNS", "bng-1.example.net")),
    }
    prints = fingerprint_of(b"der")
    assert certificate_names(certificate, b"der") == (prints, "bng1.example.net", "bng-1.example.net")
    digits = prints.removeprefix("sha256:").upper()
    pairs = ":".join(digits[i : i + 2] for i in range(0, 64, 2))
    assert {spelled(text) for text in (prints, digits, pairs, f" SHA-256:{pairs}")} == {prints}
    assert spelled(" BNG-1 ") == "bng-1"


# ------------------------------------------------------------ TLS in memory


def shake(server: Tls, client: Tls) -> None:
    """Carry octets between both until neither has more to say."""
    out = client.start()
    while out:
        server.receive(out)
        out = server.outgoing()
        if out:
            client.receive(out)
            out = client.outgoing()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "ca")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_both_sides_show_a_certificate_in_tls_1_2_and_1_3_rfc_6614_2_3(
    authority: Authority, version: ssl.TLSVersion
) -> None:
    client_context = authority.context("bng-1", dns=("bng1.example.net",))
    client_context.maximum_version = version
    server = Tls(authority.context("aaa", server=True, dns=("aaa.example.net",)), server_side=True)
    client = Tls(client_context, server_side=False, server_name="aaa.example.net")
    shake(server, client)
    assert server.ready and client.ready
    assert (
        server.names()[1:] == ("bng1.example.net", "bng-1")
        and fingerprint_of(server.certificate()) == server.names()[0]
    )
    assert client.names()[1] == "aaa.example.net"
    assert server.described().startswith(version.name.replace("_", ".", 2).replace("TLSv1.", "TLSv1."))
    client.send(b"hello")
    assert server.receive(client.outgoing()) == b"hello"
    client.end()
    assert server.receive(client.outgoing()) == b"" and server.ended


@pytest.mark.parametrize(
    ("case", "cause"),
    [
        ("expired", "expired"),
        ("early", "not_yet_valid"),
        ("foreign", "issuer_unknown"),
        ("revoked", "revoked"),
        ("none", "no_certificate"),
        ("noise", "protocol"),
        ("old", "old_tls"),
    ],
)
def test_why_a_client_is_not_trusted_has_a_name(authority: Authority, tmp_path: Path, case: str, cause: str) -> None:
    trusting = authority.context("aaa", server=True, dns=("aaa",))
    trusting.minimum_version = ssl.TLSVersion.TLSv1_2
    if case == "foreign":
        context = Authority(tmp_path / "other", "Other CA").context("bng-1")
        context.load_verify_locations(authority.pem)
    elif case == "revoked":
        certificate, key, one = authority.issue("bng-1")
        trusting.load_verify_locations(authority.revoke(one))
        trusting.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_cert_chain(certificate, key)
        context.load_verify_locations(authority.pem)
    elif case in ("expired", "early"):
        ages = {"expired": (-2 * DAY, -DAY), "early": (DAY, 2 * DAY)}[case]
        context = authority.context("bng-1", since=ages[0], until=ages[1])
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(authority.pem)
    server = Tls(trusting, server_side=True)
    with pytest.raises(Untrusted) as refused:
        if case == "noise":
            server.receive(b"GET / HTTP/1.1\r\n\r\n")
        elif case == "old":
            server.receive(OLD_HELLO)
        else:
            shake(server, Tls(context, server_side=False, server_name="aaa"))
    assert refused.value.cause == cause and str(refused.value)


# A ClientHello of TLS 1.0 with one cipher suite, laid out by hand: no library here still makes one.
OLD_HELLO = bytes.fromhex("160301002d01000029") + b"\3\1" + bytes(32) + bytes.fromhex("000002002f0100")
