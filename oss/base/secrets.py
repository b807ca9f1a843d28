"""Secrets sealed at rest: AES-256-GCM, ``v1:keyid:nonce:ciphertext`` in base64url, key outside the database.

The additional data of every value is its place, ``table/column/row``: a value copied to another row does not
open. Keys live in a ring, ``<data>/sealing.key`` (JSON, mode 0600, made on first use). One key is current and
seals; all open. A key's id is derived from the key, so one id never means two keys. How the key is changed while
Milha runs: ``oss.base.rotation``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from oss.base.problems import Problem

log = logging.getLogger(__name__)
KEY_FILE, KEY_BYTES, NONCE_BYTES = "sealing.key", 32, 12
_STANDARD = str.maketrans("-_", "+/")
CANARY_SETTING, CANARY, CANARY_PLACE = "sealing_canary", b"milha", "setting/value/sealing_canary"


class WrongSealingKey(Problem):
    """The sealing key does not open {place}: the key in use ({key_ids}) is not the one it was sealed with
    ({key_id}), or the value was changed or moved. Put the right sealing.key (or MILHA_SEALING_KEY) back;
    every backup holds it."""

    status = 500


class SealedValueDamaged(Problem):
    """What is stored in {place} is not a sealed value."""

    status = 500


class SealingKeyUnusable(Problem):
    """The sealing key in {source} cannot be used: {wrong}."""

    status = 500


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def key_id(key: bytes) -> str:
    """Eight hex digits that name a key and tell nothing about it."""
    return hashlib.sha256(b"milha sealing key id" + key).hexdigest()[:8]


class _Ring(NamedTuple):
    """What a sealer works with, replaced as a whole."""

    keys: dict[str, bytes]
    current: str
    ciphers: dict[str, AESGCM]


class Sealer:
    """Seals with the current key, opens with any key of the ring. Safe to share between threads.

    A process has one, for as long as it lives; ``take`` gives it another ring.
    """

    def __init__(self, keys: Mapping[str, bytes], current: str) -> None:
        if current not in keys:
            raise SealingKeyUnusable(source="the ring", wrong=f"its current key {current} is missing")
        if any(len(key) != KEY_BYTES or not name or ":" in name for name, key in keys.items()):
            raise SealingKeyUnusable(source="the ring", wrong=f"a key must be {KEY_BYTES} bytes")
        self._ring = _Ring(dict(keys), current, {name: AESGCM(key) for name, key in keys.items()})

    def __repr__(self) -> str:
        return f"Sealer(current={self.current})"  # never the keys

    @property
    def keys(self) -> dict[str, bytes]:
        """All keys by id."""
        return self._ring.keys

    @property
    def current(self) -> str:
        """The id of the key that seals."""
        return self._ring.current

    def take(self, other: Sealer) -> bool:
        """Work with the other's keys from now on, whoever holds this sealer; returns whether that changes anything."""
        before, self._ring = self._ring, other._ring
        return (before.keys, before.current) != (self._ring.keys, self._ring.current)

    def seal(self, plaintext: bytes | str, aad: str) -> str:
        """Seal for the place ``aad`` (table/column/row); text becomes UTF-8."""
        raw = plaintext.encode() if isinstance(plaintext, str) else plaintext
        nonce = secrets.token_bytes(NONCE_BYTES)
        ring = self._ring
        sealed = ring.ciphers[ring.current].encrypt(nonce, raw, aad.encode())
        return f"v1:{ring.current}:{_encode(nonce)}:{_encode(sealed)}"

    def open(self, sealed: str, aad: str) -> bytes:
        """Raises WrongSealingKey or SealedValueDamaged."""
        try:
            version, name, nonce64, sealed64 = sealed.split(":")
            nonce, ciphertext = _decode(nonce64), _decode(sealed64)
        except ValueError:
            raise SealedValueDamaged(place=aad) from None
        if version != "v1" or len(nonce) != NONCE_BYTES:
            raise SealedValueDamaged(place=aad)
        try:
            return self._ring.ciphers[name].decrypt(nonce, ciphertext, aad.encode())
        except (KeyError, InvalidTag):
            raise WrongSealingKey(place=aad, key_id=name, key_ids=", ".join(self.keys)) from None

    def is_current(self, sealed: str) -> bool:
        """Whether a value was sealed with the current key."""
        return sealed.startswith(f"v1:{self.current}:")

    def reseal(self, sealed: str, aad: str) -> str:
        """The same secret under the current key; a value already under it comes back as it is."""
        return sealed if self.is_current(sealed) else self.seal(self.open(sealed, aad), aad)

    def with_new_key(self) -> Sealer:
        """The ring with one more key, which becomes the current one."""
        key = secrets.token_bytes(KEY_BYTES)
        return Sealer({**self.keys, key_id(key): key}, key_id(key))

    def sealing_with(self, name: str) -> Sealer:
        """The same ring with this one of its keys as the current one."""
        return Sealer(self.keys, name)

    def without(self, name: str) -> Sealer:
        """The ring without an old key; everything must have been resealed first."""
        return Sealer({k: v for k, v in self.keys.items() if k != name}, self.current)

    def joined_by(self, other: Sealer) -> Sealer:
        """A ring that opens what either opens; this one's key stays current."""
        return Sealer({**other.keys, **self.keys}, self.current)

    def exported(self) -> bytes:
        """The ring as its file holds it."""
        keys = {name: _encode(key) for name, key in self.keys.items()}
        return json.dumps({"current": self.current, "keys": keys}, indent=1).encode() + b"\n"


def imported(text: bytes | str, source: str = "the ring") -> Sealer:
    """A ring from what ``exported`` wrote; ``source`` names it in errors."""
    try:
        found = json.loads(text)
        keys = {str(name): _decode(key) for name, key in found["keys"].items()}
        return Sealer(keys, found["current"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise SealingKeyUnusable(source=source, wrong="it is not a key ring") from None


def from_text(text: str, source: str = "MILHA_SEALING_KEY") -> Sealer:
    """A ring from MILHA_SEALING_KEY: base64 of 32 bytes (with commas several, current first), or JSON."""
    if text.lstrip().startswith("{"):
        return imported(text, source)
    try:
        parts = [part.strip().rstrip("=").translate(_STANDARD) for part in text.split(",")]
        keys = [base64.b64decode(part + "=" * (-len(part) % 4), validate=True) for part in parts]
    except ValueError:
        raise SealingKeyUnusable(source=source, wrong="it is not base64") from None
    if any(len(key) != KEY_BYTES for key in keys):
        raise SealingKeyUnusable(source=source, wrong=f"a key must be {KEY_BYTES} bytes in base64")
    return Sealer({key_id(key): key for key in keys}, key_id(keys[0]))


def load(data_dir: Path, override: str | None = None, old: str | None = None) -> Sealer:
    """The ring of this installation; made on first use.

    ``override`` (MILHA_SEALING_KEY) takes the file's place; the keys in ``old`` (MILHA_SEALING_KEYS_OLD) and those of
    a file that is there still open values.
    """
    ring = _read(data_dir / KEY_FILE)
    if override:
        given = from_text(override)
        ring = given.joined_by(ring) if ring else given
    ring = ring or _create(data_dir / KEY_FILE)
    return ring.joined_by(from_text(old, "MILHA_SEALING_KEYS_OLD")) if old else ring


def stored_ring(data_dir: Path, override: str | None = None, old: str | None = None) -> Sealer | None:
    """Like ``load``, but never makes a key: None where there is none."""
    return load(data_dir, override, old) if override or (data_dir / KEY_FILE).exists() else None


def save(data_dir: Path, sealer: Sealer) -> None:
    """Replace the ring's file; it is on disk under its name before this returns."""
    path = data_dir / KEY_FILE
    data_dir.mkdir(parents=True, exist_ok=True)
    os.replace(_written(path, sealer), path)
    sync_folder(data_dir)


def new_key() -> str:
    """A key as MILHA_SEALING_KEY wants it."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def make_canary(sealer: Sealer) -> str:
    """The value of the setting ``sealing_canary``: opens only with the right key."""
    return sealer.seal(CANARY, CANARY_PLACE)


def check_canary(sealer: Sealer, canary: str) -> None:
    """Raises WrongSealingKey before anything is sealed with a key that does not belong to this database."""
    if sealer.open(canary, CANARY_PLACE) != CANARY:
        raise SealedValueDamaged(place=CANARY_PLACE)


def _read(path: Path) -> Sealer | None:
    try:
        text, mode = path.read_bytes(), path.stat().st_mode
    except FileNotFoundError:
        return None
    except PermissionError:
        raise SealingKeyUnusable(source=path, wrong="this user may not read it") from None
    if mode & 0o077:
        log.warning("sealing key was open to others", extra={"facts": {"path": str(path)}})
        path.chmod(0o600)
    return imported(text, str(path))


def _create(path: Path) -> Sealer:
    path.parent.mkdir(parents=True, exist_ok=True)
    key = secrets.token_bytes(KEY_BYTES)
    made = Sealer({key_id(key): key}, key_id(key))
    fresh = _written(path, made)
    try:
        os.link(fresh, path)  # unlike a rename it never replaces the key of a process that was quicker
    except FileExistsError:
        return _read(path) or made
    finally:
        fresh.unlink()
    sync_folder(path.parent)
    log.info("sealing key made", extra={"facts": {"path": str(path), "key_id": made.current}})
    return made


def _written(path: Path, sealer: Sealer) -> Path:
    """A complete, synced file beside ``path``."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(sealer.exported())
        file.flush()
        os.fsync(file.fileno())
    return fresh


def sync_folder(folder: Path) -> None:
    """Put a new name on disk, as fsync does for contents."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
