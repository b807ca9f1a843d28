"""MD4 (RFC 1320) and single DES of one block (FIPS 46-3), which MS-CHAP is made of and nobody else wants any more.

libcrypto still has both among its low-level functions, whatever providers or policies are loaded, and by ctypes they
cost a third of a microsecond. Where they are missing, MD4 is written out here and DES is TripleDES with one key.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from ctypes.util import find_library
from struct import Struct
from typing import NamedTuple

Schedules = tuple[bytes, bytes, bytes]
"""Three expanded DES keys: what `Crypto.schedule` gives, to be used by the same `Crypto` only."""

_SCHEDULE_OCTETS = 128  # sizeof(DES_key_schedule) wherever DES_LONG has 32 bits; a self-test finds out where not
_ROOM = 1024  # more than any build's MD4_CTX or DES_key_schedule


class Crypto(NamedTuple):
    """One way to compute; `name` is libcrypto or portable."""

    name: str
    md4: Callable[[bytes], bytes]
    schedule: Callable[[bytes], bytes]
    """Eight octets (the parity bits do not matter) -> an expanded key."""
    encrypt_thrice: Callable[[bytes, Schedules], bytes]
    """One block of eight octets under three keys -> 24 octets."""


def des_key(seven: bytes) -> bytes:
    """56 bits of key spread over the high seven bits of eight octets (RFC 2759 section 8.6)."""
    n = int.from_bytes(seven, "big")
    high = (n & 0xFE000000000000) << 8 | (n & 0x1FC0000000000) << 7 | (n & 0x3F800000000) << 6 | (n & 0x7F0000000) << 5
    low = (n & 0xFE00000) << 4 | (n & 0x1FC000) << 3 | (n & 0x3F80) << 2 | (n & 0x7F) << 1
    return (high | low).to_bytes(8, "big")


# libcrypto


def _libraries() -> Iterator[ctypes.PyDLL]:
    """The libcrypto that Python itself is linked with, then what the system has; the dearest search last.

    A symbol is also looked for in what the library depends on. On macOS only the first: to load the system's own
    libcrypto there ends the process.
    """
    try:
        import _hashlib

        candidates = [getattr(_hashlib, "__file__", None)]
    except ImportError:
        candidates = []
    if sys.platform != "darwin":
        candidates += ["libcrypto.so.3", "libcrypto.so.1.1"]
    for name in candidates:
        yield from _loaded(name)
    if sys.platform != "darwin":
        yield from _loaded(find_library("crypto"))


def _loaded(name: str | None) -> Iterator[ctypes.PyDLL]:
    # PyDLL: to give up the GIL for a third of a microsecond costs more than the call.
    if name:
        try:
            yield ctypes.PyDLL(name)
        except OSError:
            return


def _of_libcrypto(library: ctypes.PyDLL) -> Crypto:
    """Raises AttributeError when a function is missing."""
    encrypt, set_key = library.DES_ecb_encrypt, library.DES_set_key_unchecked
    init, update, final = library.MD4_Init, library.MD4_Update, library.MD4_Final
    encrypt.restype = set_key.restype = None
    update.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t)
    # No argtypes for DES: converting by them doubles the cost, and the arguments are bytes, our own buffers and a 1.
    space = _Space()

    def md4(data: bytes) -> bytes:
        context, digest = space.context, space.digest
        init(context)
        update(context, data, len(data))
        final(digest, context)
        return digest.raw

    def schedule(key: bytes) -> bytes:
        set_key(_of_length(key, 8), space.context)
        return space.context.raw[:_SCHEDULE_OCTETS]

    def encrypt_thrice(block: bytes, schedules: Schedules) -> bytes:
        if len(block) != 8:
            raise ValueError("a DES block has eight octets")
        one, two, three = schedules
        out, first, second, third = space.pointers
        encrypt(block, first, one, 1)
        encrypt(block, second, two, 1)
        encrypt(block, third, three, 1)
        return out.raw

    return Crypto("libcrypto", md4, schedule, encrypt_thrice)


class _Space(threading.local):
    """Where a thread's results are written: of three blocks the whole and its thirds; room to work in."""

    def __init__(self) -> None:
        out = ctypes.create_string_buffer(24)
        self.context, self.digest = ctypes.create_string_buffer(_ROOM), ctypes.create_string_buffer(16)
        self.pointers = out, ctypes.byref(out), ctypes.byref(out, 8), ctypes.byref(out, 16)


def _of_length(octets: bytes, length: int) -> bytes:
    if len(octets) != length:
        raise ValueError(f"{len(octets)} octets where {length} belong")
    return octets


# What works everywhere


def _portable_schedule(key: bytes) -> bytes:
    return _of_length(key, 8)


def _portable_encrypt_thrice(block: bytes, schedules: Schedules) -> bytes:
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    from cryptography.hazmat.primitives.ciphers import Cipher, modes

    _of_length(block, 8)
    # TripleDES with one key three times is DES with that key.
    return b"".join(Cipher(TripleDES(key * 3), modes.ECB()).encryptor().update(block) for key in schedules)  # noqa: S305


_WORDS, _STATE, _LENGTH = Struct("<16I"), Struct("<4I"), Struct("<Q")
_MASK = 0xFFFFFFFF
_BY_COLUMN = (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15)
_BIT_REVERSED = (0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15)
_Round = tuple[Callable[[int, int, int], int], int, tuple[int, ...], tuple[int, ...]]
_MD4_ROUNDS: tuple[_Round, ...] = (
    (lambda x, y, z: x & y | ~x & z, 0, tuple(range(16)), (3, 7, 11, 19)),
    (lambda x, y, z: x & y | x & z | y & z, 0x5A827999, _BY_COLUMN, (3, 5, 9, 13)),
    (lambda x, y, z: x ^ y ^ z, 0x6ED9EBA1, _BIT_REVERSED, (3, 9, 11, 15)),
)
"""Per round: function, constant, order of the words, rotations (RFC 1320 section 3.4)."""


def portable_md4(data: bytes) -> bytes:
    """RFC 1320, as it stands there; some 16 us for a password."""
    padded = data + b"\x80" + bytes((55 - len(data)) % 64) + _LENGTH.pack(len(data) * 8)
    state = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476)
    for start in range(0, len(padded), 64):
        words = _WORDS.unpack_from(padded, start)
        a, b, c, d = state
        for function, constant, order, rotations in _MD4_ROUNDS:
            for step, index in enumerate(order):
                total = a + function(b, c, d) + words[index] + constant & _MASK
                turn = rotations[step % 4]
                a, b, c, d = d, (total << turn | total >> 32 - turn) & _MASK, b, c
        state = (state[0] + a & _MASK, state[1] + b & _MASK, state[2] + c & _MASK, state[3] + d & _MASK)
    return _STATE.pack(*state)


PORTABLE = Crypto("portable", portable_md4, _portable_schedule, _portable_encrypt_thrice)


# Which one


def works(crypto: Crypto) -> bool:
    """Whether it computes MD4 of RFC 1320 appendix A.5 and the NtChallengeResponse of RFC 2433 appendix B.2."""
    if crypto.md4(b"message digest") != bytes.fromhex("d9130a8164549fe818874806e1c7014b"):
        return False
    hashed = crypto.md4("MyPw".encode("utf-16-le")) + bytes(5)
    one, two, three = (crypto.schedule(des_key(hashed[start : start + 7])) for start in (0, 7, 14))
    answer = crypto.encrypt_thrice(bytes.fromhex("102db5df085d3041"), (one, two, three))
    return answer == bytes.fromhex("4e9d3c8f9cfd385d5bf4d3246791956ca4c351ab409a3d61")


def libcrypto(libraries: Iterable[ctypes.PyDLL]) -> Crypto | None:
    """By the first of the libraries that has all the functions and computes rightly."""
    for library in libraries:
        try:
            crypto = _of_libcrypto(library)
        except AttributeError:
            continue
        if works(crypto):
            return crypto
    return None


FASTEST = libcrypto(_libraries()) or PORTABLE
