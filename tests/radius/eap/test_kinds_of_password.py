"""EAP where only a hash of the password is kept: what it is enough for, and the precise reason where it is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from oss.lab.supplicant import Device, Supplicant
from radius import mschap
from radius.auth import NEEDS_CLEAR, NEEDS_NT, Credential, NtHash, SaltedHash, SlowHash, salted
from radius.eap import packet
from radius.eap.method import WRONG, Account, Disproven
from radius.eap.offers import METHODS, offer
from radius.eap.tls import TlsServer
from tests.radius.eap.talking import PASSWORD, Book, converse

KINDS: dict[str, Callable[[], Credential]] = {
    "nt": lambda: NtHash(mschap.nt_hash(PASSWORD)),
    "hashed": lambda: SaltedHash(salted(PASSWORD, bytes(16))),
    "imported": lambda: SlowHash(b"$6$salt$hash"),
}
ASKED = {
    "md5": (packet.MD5, ""),
    "mschapv2": (packet.MSCHAPV2, ""),
    "pap": (packet.TTLS, "pap"),
    "chap": (packet.TTLS, "chap"),
    "mschap": (packet.TTLS, "mschap"),
    "ttls mschapv2": (packet.TTLS, "mschapv2"),
    "peap": (packet.PEAP, "mschapv2"),
}
ENOUGH = {"nt": {"mschapv2", "pap", "mschap", "ttls mschapv2", "peap"}, "hashed": {"pap"}, "imported": set[str]()}


@dataclass(slots=True)
class Kept(Book):
    """User, with what is kept of his password."""

    kind: str = "nt"

    def __call__(self, identity: bytes, guessing: bool = True) -> Account | None:
        credential = KINDS[self.kind]()
        return Account(credential, token=credential) if identity == b"User" else None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("password", [PASSWORD, b"a guess"])
def test_a_hash_lets_in_whom_it_can_prove_and_says_what_it_cannot(
    server: TlsServer, device: Callable[..., Device], kind: str, asked: str, password: bytes
) -> None:
    method, inner = ASKED[asked]
    course = converse(
        offer(METHODS, server), Supplicant(device(method, inner or "pap", password=password)), Kept(kind=kind)
    )
    if asked in ENOUGH[kind]:
        assert course.proven == (password == PASSWORD)
        assert course.proven or (isinstance(course.step, Disproven) and course.step.reason == WRONG)
        return
    needed = NEEDS_CLEAR if asked in ("md5", "chap", "pap") else NEEDS_NT
    assert isinstance(course.step, Disproven) and course.step.reason == needed
