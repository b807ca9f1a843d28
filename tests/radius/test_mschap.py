"""MS-CHAP: the RFCs' own examples, and the attributes read again by an independent reading of RFC 2548."""

from __future__ import annotations

import re
from hashlib import md5, sha1

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyrad.packet import AuthPacket

from radius import attributes as a
from radius import mschap
from radius.attributes import attr, vsa
from radius.auth import Credential, Verdict, check, refusal
from radius.integrity import Secret, request
from radius.md4_des import PORTABLE
from radius.packet import Packet

SECRET = Secret(b"testing123")
AUTHENTICATOR = bytes(range(100, 116))

# RFC 2759 section 9.2
USER, PASSWORD = b"User", b"clientPass"
CHALLENGE = bytes.fromhex("5b5d7c7d7b3f2f3e3c2c602132262628")
PEER_CHALLENGE = bytes.fromhex("21402324255e262a28295f2b3a337c7e")
NT_RESPONSE = bytes.fromhex("82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df")
SUCCESS = b"S=407A5589115FD0D6209F510FE9C04566932CDA56"
# RFC 3079 section 3.5.3
SEND_START_KEY = bytes.fromhex("8b7cdc149b993a1ba118cb153f56dccb")


def asked(*attributes: bytes, name: bytes = USER) -> Packet:
    body = attr(a.USER_NAME, name) + b"".join(attributes)
    return Packet.parse(request(a.ACCESS_REQUEST, 1, body, SECRET, authenticator=AUTHENTICATOR))


def microsoft(kind: int, value: bytes) -> bytes:
    return vsa(mschap.MICROSOFT, kind, value)


def version2(
    answer: bytes = NT_RESPONSE,
    challenge: bytes = CHALLENGE,
    peer: bytes = PEER_CHALLENGE,
    ident: bytes = b"\x2a",
    flags: bytes = b"\0",
) -> tuple[bytes, bytes]:
    response = ident + flags + peer + bytes(8) + answer
    return microsoft(mschap.CHAP_CHALLENGE, challenge), microsoft(mschap.CHAP2_RESPONSE, response)


def version1(answer: bytes, challenge: bytes, flags: bytes = b"\1", ident: bytes = b"\x2a") -> tuple[bytes, bytes]:
    response = ident + flags + bytes(24) + answer
    return microsoft(mschap.CHAP_CHALLENGE, challenge), microsoft(mschap.CHAP_RESPONSE, response)


def verdict(packet: Packet, password: bytes = PASSWORD) -> Verdict:
    found = check(packet, SECRET, Credential(password))
    assert found is not None
    return found


def granted(found: Verdict) -> dict[int, bytes]:
    """The Microsoft attributes of a reply by their type; each stands in a Vendor-Specific of its own."""
    reply = Packet.parse(request(a.ACCESS_ACCEPT, 1, found.attributes, SECRET, False))
    values = reply.get_all(a.VENDOR_SPECIFIC)
    assert all(value[:4] == (311).to_bytes(4, "big") and value[5] == len(value) - 4 for value in values)
    assert len({value[4] for value in values}) == len(values)
    return {value[4]: value[6:] for value in values}


def unhidden(value: bytes, secret: bytes, first: bytes) -> bytes:
    """RFC 2548 section 2.4.2 (and RFC 2865 section 5.2) read octet by octet: what was hidden."""
    clear, last = b"", first
    for start in range(0, len(value), 16):
        block = value[start : start + 16]
        clear += bytes(x ^ y for x, y in zip(block, md5(secret + last).digest(), strict=True))
        last = block
    return clear


def session_key(start_key: bytes) -> bytes:
    """GetNewKeyFromSHA of RFC 3079 section 3.4 for 128 bits, as the NAS does it with what we send."""
    return sha1(start_key + bytes(40) + start_key + b"\xf2" * 40).digest()[:16]


# The RFCs' examples


def test_rfc_2759_section_9_2_value_by_value() -> None:
    assert mschap.nt_hash(PASSWORD).hex() == "44ebba8d5312b8d611474411f56989ae"
    keys = mschap.NtKeys(PASSWORD)
    assert keys.hash_hash.hex() == "41c00c584bd2d91c4017a2a12fa59f3f"
    hashed = mschap.challenge_hash(PEER_CHALLENGE, CHALLENGE, USER)
    assert hashed.hex() == "d02e4386bce91226"
    assert mschap.nt_response(keys, hashed) == NT_RESPONSE
    assert mschap.authenticator_response(keys.hash_hash, NT_RESPONSE, hashed) == SUCCESS


def test_rfc_2759_section_9_2_as_a_login() -> None:
    found = verdict(asked(*version2()))
    assert found.right
    assert granted(found)[mschap.CHAP2_SUCCESS] == b"\x2a" + SUCCESS
    assert not verdict(asked(*version2()), b"clientpass")


def test_rfc_2433_appendix_b_2() -> None:
    challenge, answer = "102db5df085d3041", "4e9d3c8f9cfd385d5bf4d3246791956ca4c351ab409a3d61"
    assert mschap.nt_hash(b"MyPw").hex() == "fc156af7edcd6c0edde3337d427f4eac"
    assert mschap.nt_response(mschap.NtKeys(b"MyPw"), bytes.fromhex(challenge)).hex() == answer
    packet = asked(*version1(bytes.fromhex(answer), bytes.fromhex(challenge)))
    assert verdict(packet, b"MyPw")
    assert not verdict(packet, b"myPw")


def test_rfc_3079_section_3_5_3_master_and_session_key_of_128_bits() -> None:
    master = sha1(mschap.NtKeys(PASSWORD).hash_hash + NT_RESPONSE + b"This is the MPPE Master Key").digest()[:16]
    assert master.hex() == "fdece3717a8c838cb388e527ae3cdd31"
    send, receive = mschap.start_keys(mschap.NtKeys(PASSWORD).hash_hash, NT_RESPONSE)
    assert send == SEND_START_KEY
    assert session_key(send).hex() == "405cb2247a7956e6e211007ae27b22d4"
    assert receive == independent_receive_key(master)


def independent_receive_key(master: bytes) -> bytes:
    """GetAsymmetricStartKey of RFC 3079 section 3.4 for what the NAS receives with (Magic2), from its octets there."""
    magic2 = bytes.fromhex(
        "4f6e2074686520636c69656e7420736964652c2074686973206973207468652073656e64206b65793b206f6e20746865"
        "2073657276657220736964652c206974206973207468652072656365697665206b65792e"
    )
    return sha1(master + bytes(40) + magic2 + b"\xf2" * 40).digest()[:16]


def test_rfc_3079_section_2_5_3_a_nas_makes_the_session_key_of_what_version_1_hands_it() -> None:
    challenge = bytes.fromhex("102db5df085d3041")
    answer = mschap.nt_response(mschap.NtKeys(PASSWORD), challenge)
    sent = granted(verdict(asked(*version1(answer, challenge))))[mschap.CHAP_MPPE_KEYS]
    nt_key = unhidden(sent, SECRET.value, AUTHENTICATOR)[8:24]
    start_key = sha1(nt_key + nt_key + challenge).digest()[:16]
    assert start_key.hex() == "a8947850cfc0acc1d1789fb62ddcddb0"
    assert session_key(start_key).hex() == "59d159bc09f76f1da2a86a28ffec0b1e"


# The keys on the wire


def test_rfc_2548_section_2_4_2_the_keys_come_out_again_by_another_reading() -> None:
    found = granted(verdict(asked(*version2())))
    send, receive = found[mschap.MPPE_SEND_KEY], found[mschap.MPPE_RECV_KEY]
    master = bytes.fromhex("fdece3717a8c838cb388e527ae3cdd31")
    for value, key in ((send, SEND_START_KEY), (receive, independent_receive_key(master))):
        assert unhidden(value[2:], SECRET.value, AUTHENTICATOR + value[:2]) == b"\x10" + key + bytes(15)
        assert mschap.reveal_key(value, SECRET, AUTHENTICATOR) == key
        assert pyrads_reading(value) == key


def pyrads_reading(value: bytes) -> bytes:
    clear: bytes = AuthPacket(secret=SECRET.value, authenticator=AUTHENTICATOR).SaltDecrypt(value)
    return clear


def test_rfc_2548_section_2_4_2_the_salts_differ_and_have_their_top_bit_set() -> None:
    for _ in range(500):
        found = granted(verdict(asked(*version2())))
        send, receive = found[mschap.MPPE_SEND_KEY][:2], found[mschap.MPPE_RECV_KEY][:2]
        assert send != receive
        assert send[0] & 0x80
        assert receive[0] & 0x80


def test_rfc_2548_section_2_4_1_the_keys_of_version_1_are_hidden_like_a_password() -> None:
    keys = mschap.NtKeys(PASSWORD)
    packet = asked(*version1(mschap.nt_response(keys, b"eight oc"), b"eight oc"))
    found = granted(verdict(packet))
    clear = unhidden(found[mschap.CHAP_MPPE_KEYS], SECRET.value, AUTHENTICATOR)
    assert clear == bytes(8) + keys.hash_hash + bytes(8)
    assert mschap.CHAP2_SUCCESS not in found


def test_rfc_2548_sections_2_4_4_and_2_4_5_encryption_is_allowed() -> None:
    second = granted(verdict(asked(*version2())))
    keys = mschap.NtKeys(PASSWORD)
    first = granted(verdict(asked(*version1(mschap.nt_response(keys, b"eight oc"), b"eight oc"))))
    for found, types in ((second, 6), (first, 4)):
        assert int.from_bytes(found[mschap.MPPE_ENCRYPTION_POLICY], "big") == 1
        assert int.from_bytes(found[mschap.MPPE_ENCRYPTION_TYPES], "big") == types


@pytest.mark.parametrize("value", [b"", bytes(33), bytes(34), bytes(35)])
def test_a_key_that_is_none_is_not_revealed(value: bytes) -> None:
    assert mschap.reveal_key(value, SECRET, AUTHENTICATOR) is None


# Names and passwords


@pytest.mark.parametrize("name", [b"User", b"ISP\\User", b"a\\b\\User"])
def test_rfc_2759_section_8_2_a_domain_before_the_name_does_not_count(name: bytes) -> None:
    assert verdict(asked(*version2(), name=name))


@pytest.mark.parametrize("name", [b"user", b"User@isp", b"User\\", b"", b"User\\isp"])
def test_another_name_is_another_proof(name: bytes) -> None:
    assert not verdict(asked(*version2(), name=name))


def test_rfc_2759_section_8_3_a_password_is_hashed_in_utf_16_beyond_the_first_plane_too() -> None:
    assert mschap.nt_hash("senha é 🔑".encode()) == PORTABLE.md4("senha é 🔑".encode("utf-16-le"))
    assert mschap.nt_hash(b"caf\xe9") == PORTABLE.md4("café".encode("utf-16-le"))


def test_both_ways_to_compute_give_the_same_keys() -> None:
    fast, portable = mschap.NtKeys(PASSWORD), mschap.NtKeys(PASSWORD, PORTABLE)
    assert fast.hash_hash == portable.hash_hash
    proof = mschap.nt_response(fast, b"eight oc")
    assert PORTABLE.encrypt_thrice(b"eight oc", portable.schedules) == proof


def test_a_credential_makes_its_keys_once_and_hides_itself() -> None:
    credential = Credential(PASSWORD)
    assert credential.nt is None
    assert check(asked(*version2()), SECRET, credential)
    first = credential.nt
    assert first is not None
    assert check(asked(*version2()), SECRET, credential)
    assert credential.nt is first
    assert "clientPass" not in repr(credential)


# Wrong, and no answer at all


def test_rfc_2759_section_6_a_wrong_password_hears_of_it_by_its_ident() -> None:
    found = verdict(asked(*version2()), b"wrong")
    said = granted(found)
    assert not found.right
    assert set(said) == {mschap.CHAP_ERROR}
    assert re.fullmatch(rb"\x2aE=691 R=0 C=[0-9A-F]{32} V=3 M=[ -~]+", said[mschap.CHAP_ERROR])


def test_rfc_2433_section_6_a_wrong_password_of_version_1_hears_of_it_by_its_ident() -> None:
    found = verdict(asked(*version1(bytes(24), b"eight oc")))
    assert granted(found) == {mschap.CHAP_ERROR: b"\x2aE=691 R=0"}


def test_whoever_is_refused_for_another_reason_cannot_tell_it_from_a_wrong_password() -> None:
    for packet in (asked(*version2()), asked(*version1(bytes(24), b"eight oc"))):
        wrong, refused = verdict(packet, b"wrong").attributes, refusal(packet)
        assert blanked(wrong) == blanked(refused)
    assert refusal(asked()) == b""
    assert refusal(asked(microsoft(mschap.MPPE_ENCRYPTION_POLICY, bytes(4)))) == b""


def blanked(attributes: bytes) -> bytes:
    return re.sub(rb"C=[0-9A-F]{32}", b"C=", attributes)


def test_the_lan_manager_response_is_no_method() -> None:
    answer = mschap.nt_response(mschap.NtKeys(PASSWORD), b"eight oc")
    for flags in (b"\0", b"\2"):
        assert check(asked(*version1(answer, b"eight oc", flags)), SECRET, Credential(PASSWORD)) is None


def test_two_methods_are_no_method() -> None:
    challenge, second = version2()
    _, first = version1(bytes(24), b"eight oc")
    pap, chap = attr(a.USER_PASSWORD, bytes(16)), attr(a.CHAP_PASSWORD, bytes(17))
    for pair in ((first, second), (second, pap), (second, chap), (first, pap), (first, chap), (pap, chap)):
        assert check(asked(challenge, *pair), SECRET, Credential(PASSWORD)) is None
    assert check(asked(challenge), SECRET, Credential(PASSWORD)) is None


@pytest.mark.parametrize("length", [0, 7, 8, 15, 17, 32])
def test_a_challenge_of_another_length_is_wrong_and_not_an_error(length: int) -> None:
    assert not verdict(asked(*version2(challenge=bytes(length))))
    assert length == 8 or not verdict(asked(*version1(bytes(24), bytes(length))))


def test_a_response_without_its_challenge_or_of_another_length_is_wrong_and_not_an_error() -> None:
    challenge, response = version2()
    assert not verdict(asked(response))
    for length in (0, 1, 2, 26, 49, 51, 200):
        cut = (response[8:] + bytes(200))[:length]
        found = verdict(asked(challenge, microsoft(mschap.CHAP2_RESPONSE, cut)))
        assert not found.right
        assert mschap.CHAP_ERROR in granted(found)


# How they lie in the packet


def test_rfc_2865_section_5_26_both_may_share_one_vendor_specific() -> None:
    parts = [part[6:] for part in version2()]
    for order in (parts, parts[::-1]):
        together = attr(a.VENDOR_SPECIFIC, (311).to_bytes(4, "big") + b"".join(order))
        assert verdict(asked(together))


def test_the_numbers_of_another_vendor_are_not_ours() -> None:
    parts = [part[6:] for part in version2()]
    theirs = attr(a.VENDOR_SPECIFIC, (14988).to_bytes(4, "big") + b"".join(parts))
    assert check(asked(theirs), SECRET, Credential(PASSWORD)) is None
    assert verdict(asked(theirs, *version2(), vsa(14988, 25, b"x")))


@given(st.binary(max_size=40))
def test_a_vendor_specific_laid_out_otherwise_is_passed_over(octets: bytes) -> None:
    odd = attr(a.VENDOR_SPECIFIC, octets)
    assert verdict(asked(odd, *version2()))
    challenge, first, second = mschap.offer(asked(attr(a.VENDOR_SPECIFIC, b"\0\0\1\x37" + octets)))
    assert all(value is None or value in octets for value in (challenge, first, second))


# Whatever the password


passwords = st.text(max_size=40).map(lambda text: text.encode("utf-8", "ignore")) | st.binary(max_size=40)
names = st.binary(max_size=40)
sixteen = st.binary(min_size=16, max_size=16)


@settings(max_examples=60)
@given(passwords, names, sixteen, sixteen, st.integers(0, 24 * 8 - 1))
def test_any_password_proves_itself_by_version_2_and_no_changed_bit_does(
    password: bytes, name: bytes, challenge: bytes, peer: bytes, bit: int
) -> None:
    hashed = sha1(peer + challenge + name.rpartition(b"\\")[2]).digest()[:8]
    answer = PORTABLE.encrypt_thrice(hashed, mschap.NtKeys(password, PORTABLE).schedules)
    assert verdict(asked(*version2(answer, challenge, peer), name=name), password)
    assert not verdict(asked(*version2(flipped(answer, bit), challenge, peer), name=name), password)
    assert not verdict(asked(*version2(answer, flipped(challenge, bit % 128), peer), name=name), password)
    assert not verdict(asked(*version2(answer, challenge, flipped(peer, bit % 128)), name=name), password)


@settings(max_examples=60)
@given(passwords, st.binary(min_size=8, max_size=8), st.integers(0, 24 * 8 - 1))
def test_any_password_proves_itself_by_version_1_and_no_changed_bit_does(
    password: bytes, challenge: bytes, bit: int
) -> None:
    answer = PORTABLE.encrypt_thrice(challenge, mschap.NtKeys(password, PORTABLE).schedules)
    assert verdict(asked(*version1(answer, challenge)), password)
    assert not verdict(asked(*version1(flipped(answer, bit), challenge)), password)
    assert not verdict(asked(*version1(answer, flipped(challenge, bit % 64))), password)


def flipped(octets: bytes, bit: int) -> bytes:
    changed = bytearray(octets)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
