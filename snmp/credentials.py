"""Who we are towards a device: a community (v1, v2c), or a user with keys (v3)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from functools import lru_cache
from typing import Final

SHORTEST_PASSWORD: Final = 8  # RFC 3414 section 11.2; agents refuse less
_MEGABYTE: Final = 1_048_576
_CHUNK: Final = 65_536


class Version(Enum):
    """Versions that know communities only."""

    V1 = "1"
    V2C = "2c"


class Auth(StrEnum):
    """How messages are authenticated (RFC 3414, RFC 7860)."""

    MD5 = "md5"
    SHA1 = "sha1"
    SHA224 = "sha224"
    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"


class Privacy(StrEnum):
    """How messages are encrypted (RFC 3414, RFC 3826; AES-192 and AES-256 are drafts that makers follow)."""

    DES = "des"
    AES128 = "aes128"
    AES192 = "aes192"
    AES256 = "aes256"


class Expansion(StrEnum):
    """How a short key is made long enough for AES-192 and AES-256: net-snmp's way, or Cisco's (and Huawei's)."""

    BLUMENTHAL = "blumenthal"
    REEDER = "reeder"


@dataclass(frozen=True)
class Community:
    """SNMP v1 or v2c. The community is a password that travels in clear."""

    community: str = field(repr=False)
    version: Version = Version.V2C


@dataclass(frozen=True)
class User:
    """SNMP v3. Without ``auth`` nothing is proven, without ``privacy`` nothing is hidden."""

    name: str
    auth: Auth | None = None
    auth_password: str = field(default="", repr=False)
    privacy: Privacy | None = None
    privacy_password: str = field(default="", repr=False)
    expansion: Expansion = Expansion.BLUMENTHAL

    def __post_init__(self) -> None:
        if self.privacy and not self.auth:
            raise ValueError("privacy needs authentication (RFC 3414 section 1.4.3)")
        for kind, password in ((self.auth, self.auth_password), (self.privacy, self.privacy_password)):
            if kind and len(password.encode()) < SHORTEST_PASSWORD:
                raise ValueError(f"a password of SNMP v3 has at least {SHORTEST_PASSWORD} characters")


Credentials = Community | User


@dataclass(frozen=True)
class Target:
    """Where a device listens. ``address`` is an IP address: names are resolved elsewhere."""

    address: str
    port: int = 161

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


@lru_cache(maxsize=512)
def master_key(auth: Auth, password: str) -> bytes:
    """The digest of a megabyte of repeated password (RFC 3414 A.2), the same for every device.

    It takes milliseconds; made in pieces, so that no single call holds the interpreter.
    """
    octets = password.encode()
    block = (octets * (_CHUNK // len(octets) + 2))[: _CHUNK + len(octets)]
    digest = hashlib.new(auth.value)
    for at in range(0, _MEGABYTE, _CHUNK):
        begin = at % len(octets)
        digest.update(block[begin : begin + _CHUNK])
    return digest.digest()
