"""Unix crypt in Python, for systems without a libcrypt that knows them: ``$1$`` (Poul-Henning Kamp, FreeBSD 2.0) and
``$5$``, ``$6$`` (Ulrich Drepper, "Unix crypt using SHA-256 and SHA-512", 0.6).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

ALPHABET: Final = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ROUNDS, FEWEST, MOST = 5000, 1000, 999_999_999
# In which order the digest's octets are written, three at a time.
MD5_ORDER: Final = (0, 6, 12), (1, 7, 13), (2, 8, 14), (3, 9, 15), (4, 10, 5)


def _written(digest: bytes, triples: Sequence[tuple[int, int, int]]) -> str:
    text = ""
    for one, two, three in triples:
        number = digest[one] << 16 | digest[two] << 8 | digest[three]
        text += _sixes(number, 4)
    return text


def _sixes(number: int, count: int) -> str:
    return "".join(ALPHABET[number >> 6 * place & 63] for place in range(count))


def md5_crypt(password: bytes, setting: str) -> str:
    """``$1$salt$hash`` for the salt of ``setting``."""
    salt = setting[3:].partition("$")[0][:8]
    raw = salt.encode()
    other = hashlib.md5(password + raw + password).digest()
    start = hashlib.md5(password + b"$1$" + raw + (other * (len(password) // 16 + 1))[: len(password)])
    length = len(password)
    while length:
        start.update(b"\0" if length & 1 else password[:1])
        length >>= 1
    digest = start.digest()
    for turn in range(1000):
        one = hashlib.md5(password if turn & 1 else digest)
        one.update((raw if turn % 3 else b"") + (password if turn % 7 else b""))
        one.update(digest if turn & 1 else password)
        digest = one.digest()
    text = "".join(_sixes(digest[a] << 16 | digest[b] << 8 | digest[c], 4) for a, b, c in MD5_ORDER)
    return f"$1${salt}${text}{_sixes(digest[11], 2)}"


def sha_crypt(password: bytes, setting: str) -> str:
    """``$5$...`` or ``$6$...`` for the rounds and the salt of ``setting``."""
    kind, rest = setting[1], setting[3:]
    rounds, head = ROUNDS, f"${kind}$"
    if rest.startswith("rounds="):
        number, _, rest = rest[7:].partition("$")
        rounds = min(max(int(number), FEWEST), MOST)
        head += f"rounds={rounds}$"
    salt = rest.partition("$")[0][:16]
    digest = _sha_digest("sha256" if kind == "5" else "sha512", password, salt.encode(), rounds)
    return f"{head}{salt}${_sha_text(digest)}"


def _sha_digest(name: str, password: bytes, salt: bytes, rounds: int) -> bytes:
    """Drepper's steps 1 to 21."""
    other = hashlib.new(name, password + salt + password).digest()
    start = hashlib.new(name, password + salt + _filled(other, len(password)))
    length = len(password)
    while length:
        start.update(other if length & 1 else password)
        length >>= 1
    digest = start.digest()
    long_password = _filled(hashlib.new(name, password * len(password)).digest(), len(password))
    long_salt = _filled(hashlib.new(name, salt * (16 + digest[0])).digest(), len(salt))
    for turn in range(rounds):
        odd = turn & 1
        middle = (long_salt if turn % 3 else b"") + (long_password if turn % 7 else b"")
        digest = hashlib.new(
            name, (long_password if odd else digest) + middle + (digest if odd else long_password)
        ).digest()
    return digest


def _filled(digest: bytes, length: int) -> bytes:
    return (digest * (length // len(digest) + 1))[:length]


def _sha_text(digest: bytes) -> str:
    if len(digest) == 32:
        # 0 10 20, 21 1 11, 12 22 2, 3 13 23 ...
        text = _written(digest, _turned(10, (0, 10, 20), (21, 1, 11)))
        return text + _sixes(digest[31] << 8 | digest[30], 3)
    return _written(digest, _turned(21, (0, 21, 42), (22, 43, 1))) + _sixes(digest[63], 2)


def _turned(count: int, first: tuple[int, int, int], second: tuple[int, int, int]) -> list[tuple[int, int, int]]:
    """Triples each of which is the one before, turned as the second is against the first, and one on."""
    places = [first.index(octet - 1) for octet in second]
    triples = [first]
    while len(triples) < count:
        last = triples[-1]
        triples.append((last[places[0]] + 1, last[places[1]] + 1, last[places[2]] + 1))
    return triples
