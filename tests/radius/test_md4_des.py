"""MD4 and DES, libcrypto's and ours: RFC 1320, FIPS 46-3 and each other."""

from __future__ import annotations

import ctypes
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.md4_des import FASTEST, PORTABLE, Crypto, Schedules, des_key, libcrypto, works

BOTH = pytest.mark.parametrize("crypto", [FASTEST, PORTABLE], ids=lambda crypto: crypto.name)

# RFC 1320 appendix A.5
MD4 = [
    (b"", "31d6cfe0d16ae931b73c59d7e0c089c0"),
    (b"a", "bde52cb31de33e46245e05fbdbd6fb24"),
    (b"abc", "a448017aaf21d8525fc10ae87aa6729d"),
    (b"message digest", "d9130a8164549fe818874806e1c7014b"),
    (b"abcdefghijklmnopqrstuvwxyz", "d79e1c308aa5bbcdeea8ed63df412da9"),
    (
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        "043f8582f241db351ce627e153e7f0e4",
    ),
    (b"1234567890" * 8, "e33b4ddc9c38f2199c3e7b164fcc0536"),
]


@BOTH
@pytest.mark.parametrize(("data", "digest"), MD4)
def test_rfc_1320_appendix_a_5(crypto: Crypto, data: bytes, digest: str) -> None:
    assert crypto.md4(data).hex() == digest


# (key, clear, cipher): three lines of the variable plaintext, variable key and substitution tables of NIST SP 500-20
DES = [
    ("0101010101010101", "8000000000000000", "95f8a5e5dd31d900"),
    ("8001010101010101", "0000000000000000", "95a8d72813daa94d"),
    ("7ca110454a1a6e57", "01a1d6d039776742", "690f5b0d9a26939b"),
]


@BOTH
def test_the_known_answers_of_des(crypto: Crypto) -> None:
    for key, clear, cipher in DES:
        schedules = (crypto.schedule(bytes.fromhex(key)),) * 3
        assert crypto.encrypt_thrice(bytes.fromhex(clear), schedules).hex() == cipher * 3


@BOTH
def test_each_third_is_under_its_own_key_and_parity_does_not_matter(crypto: Crypto) -> None:
    keys = [bytes.fromhex(key) for key, _, _ in DES]
    other_parity = [bytes(octet ^ 1 for octet in key) for key in keys]
    block = b"eight oc"
    whole = crypto.encrypt_thrice(block, expanded(crypto, keys))
    assert whole == crypto.encrypt_thrice(block, expanded(crypto, other_parity))
    alone = [crypto.encrypt_thrice(block, expanded(crypto, [key] * 3))[:8] for key in keys]
    assert [whole[:8], whole[8:16], whole[16:]] == alone
    assert len(set(alone)) == 3


def expanded(crypto: Crypto, keys: list[bytes]) -> Schedules:
    one, two, three = (crypto.schedule(key) for key in keys)
    return one, two, three


@BOTH
@pytest.mark.parametrize("length", [0, 7, 9])
def test_a_block_or_a_key_of_another_length_is_refused_before_it_is_read(crypto: Crypto, length: int) -> None:
    with pytest.raises(ValueError):
        crypto.schedule(bytes(length))
    with pytest.raises(ValueError):
        crypto.encrypt_thrice(bytes(length), expanded(crypto, [bytes(8)] * 3))


@given(st.binary(max_size=300))
def test_both_hash_alike(data: bytes) -> None:
    assert PORTABLE.md4(data) == FASTEST.md4(data)


blocks = st.binary(min_size=8, max_size=8)


@given(blocks, st.lists(blocks, min_size=3, max_size=3))
def test_both_encrypt_alike(block: bytes, keys: list[bytes]) -> None:
    ours = PORTABLE.encrypt_thrice(block, expanded(PORTABLE, keys))
    assert ours == FASTEST.encrypt_thrice(block, expanded(FASTEST, keys))


@given(st.binary(min_size=7, max_size=7))
def test_a_key_of_seven_octets_is_spread_as_rfc_2759_section_8_6_says(seven: bytes) -> None:
    spread = des_key(seven)
    assert len(spread) == 8
    assert "".join(f"{octet >> 1:07b}" for octet in spread) == "".join(f"{octet:08b}" for octet in seven)


def test_threads_do_not_write_into_each_other() -> None:
    schedules = expanded(FASTEST, [bytes([number]) * 8 for number in (2, 4, 6)])
    many = [number.to_bytes(8, "big") for number in range(20_000)]
    alone = [FASTEST.encrypt_thrice(block, schedules) for block in many]
    with ThreadPoolExecutor(4) as pool:
        halves = [pool.submit(lambda: [FASTEST.encrypt_thrice(block, schedules) for block in many]) for _ in range(4)]
        assert all(half.result() == alone for half in halves)


def test_what_computes_wrongly_is_not_used() -> None:
    assert works(FASTEST)
    assert works(PORTABLE)
    assert not works(PORTABLE._replace(md4=lambda data: bytes(16)))
    assert not works(PORTABLE._replace(schedule=lambda key: bytes(8)))
    assert not works(PORTABLE._replace(encrypt_thrice=lambda block, schedules: bytes(24)))


def test_a_library_without_the_functions_is_passed_over() -> None:
    assert libcrypto([]) is None
    assert libcrypto([ctypes.pythonapi]) is None  # Python itself has neither MD4 nor DES
