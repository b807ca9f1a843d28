"""Hashes that come with subscribers from another system: read as FreeRADIUS keeps them, and verified.

As text: ``{crypt}$6$salt$...``, or ``{sha1}`` and the hexadecimal digest with the salt behind it. Unix crypt of the
kinds ``$1$``, ``$5$`` and ``$6$`` is verified by the system's libcrypt where there is one (it lets other threads run
meanwhile), else by ``sha_crypt`` and ``md5_crypt``.
"""

from __future__ import annotations

import base64
import ctypes
import ctypes.util
import hashlib
import re
from functools import cache
from hmac import compare_digest
from typing import Any, Final

from oss.access.passwords import Kept
from oss.access.unix_crypt import md5_crypt, sha_crypt

CRYPT: Final = re.compile(
    r"\$1\$[^$:\s]{0,8}\$[./0-9A-Za-z]{22}"
    r"|\$5\$(?:rounds=\d{1,6}\$)?[^$:\s]{0,16}\$[./0-9A-Za-z]{43}"
    r"|\$6\$(?:rounds=\d{1,6}\$)?[^$:\s]{0,16}\$[./0-9A-Za-z]{86}"
)
DIGESTS: Final = {"md5": 16, "sha1": 20, "sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64}  # octets
SHA2: Final = [name for name in DIGESTS if name.startswith("sha") and name != "sha1"]  # told apart by their length
NAMES: Final = {"sha": "sha1", "ssha": "ssha1"}
MOST_SALT, NT_OCTETS = 64, 16
HEADER: Final = re.compile(r"\{([A-Za-z0-9-]{1,20})\}(.+)", re.DOTALL)
BUFFER = 1 << 17  # octets; struct crypt_data of glibc has 131,232 and a few


def taken(attribute: str, value: str) -> Kept | None:
    """A check item of FreeRADIUS (``ssha-password``, lower case) as it can be kept; None: no hash known here."""
    name = attribute.removesuffix("-password")
    if name == "password-with-header":
        found = HEADER.fullmatch(value)
        return _named(found[1].lower(), found[2]) if found else None
    return _named(name, value)


def _named(name: str, value: str) -> Kept | None:
    name = NAMES.get(name, name)
    if name == "crypt":
        return Kept("imported", f"{{crypt}}{value}".encode()) if CRYPT.fullmatch(value) else None
    if name in ("nt", "x-nthash", "nthash"):
        return Kept("nt", _spelt(value)) if len(_spelt(value)) == NT_OCTETS else None
    salted = name.startswith(("ssha", "smd5"))
    plain = name[1:] if salted else name
    algorithms = SHA2 if plain == "sha2" and not salted else [plain] if plain in DIGESTS else []
    octets = _spelt(value)
    for algorithm in algorithms:
        salt = len(octets) - DIGESTS[algorithm]
        if 0 < salt <= MOST_SALT if salted else salt == 0:
            return Kept("imported", f"{{{algorithm}}}{octets.hex()}".encode())
    return None


def _spelt(value: str) -> bytes:
    """What hexadecimal or else base64 says; empty when it is neither (rlm_pap, ``normify``, guesses so, too)."""
    value = value.removeprefix("0x")
    if re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", value):
        return bytes.fromhex(value)
    try:
        return base64.b64decode(value, validate=True)
    except ValueError:
        return b""


def verify(hashed: bytes, password: bytes) -> bool:
    """Whether the password fits; may take long (a second and more for many rounds): not for a loop."""
    found = HEADER.fullmatch(hashed.decode("ascii", "replace"))
    if found is None:
        return False
    if found[1] == "crypt":
        right = _crypt(password, found[2])
        return right is not None and compare_digest(right.encode(), found[2].encode())
    octets, size = bytes.fromhex(found[2]), DIGESTS[found[1]]
    return compare_digest(hashlib.new(found[1], password + octets[size:]).digest(), octets[:size])


def _crypt(password: bytes, setting: str) -> str | None:
    if b"\0" in password or CRYPT.fullmatch(setting) is None:
        return None
    library = libcrypt()
    made = _by_library(library, password, setting) if library is not None else None
    if made is not None:
        return made
    return md5_crypt(password, setting) if setting.startswith("$1$") else sha_crypt(password, setting)


@cache
def libcrypt() -> Any | None:
    """The system's, None where there is none."""
    name = ctypes.util.find_library("crypt")
    if name is None:
        return None
    try:
        library = ctypes.CDLL(name)
        library.crypt_r.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p)
        library.crypt_r.restype = ctypes.c_char_p
    except (OSError, AttributeError):
        return None
    return library


def _by_library(library: Any, password: bytes, setting: str) -> str | None:
    """None where it does not know the kind (hardened systems leave old ones out)."""
    made = library.crypt_r(password, setting.encode(), ctypes.create_string_buffer(BUFFER))
    return made.decode() if made and not made.startswith(b"*") else None
