"""One encrypted file that is written and read as a stream: named entries of any length, in memory a chunk at a time.

Layout (big endian)::

    header  magic 8 · version u16 · log2 N, r, p of scrypt, 0: u8 each · chunk length u32 · salt 16 · check 16
    chunks  AES-256-GCM, each of the full chunk length but the last, which is marked as last

The salt is new for every file, so a chunk's nonce is its number with the mark of the last (the STREAM construction
of Hoang, Reyhanitabar, Rogaway and Vizar, 2015): chunks cannot be changed, reordered, dropped or cut off unseen.
``check`` is an HMAC of the header; it tells a wrong passphrase from a damaged file.

Inside, an entry is its name (u16 length), then blocks (u32 length), then a block of length 0; a name of length 0
ends the archive.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from oss.base.problems import Problem

MAGIC, VERSION, CHUNK, TAG = b"MILHABAK", 1, 1 << 20, 16
HEADER = struct.Struct(">8sHBBBxI16s")
CHECK_BYTES, NAME_BYTES = 16, 4096
LOG2_N, BLOCK_R, PARALLEL_P = 17, 8, 1  # 128 MiB and about 0.3 s for each guess
MOST_LOG2_N, MOST_R, MOST_CHUNK = 20, 16, 1 << 24  # what a file may ask of us before its header is proven


class NotABackup(Problem):
    """{path} is not a Milha backup."""


class BackupTooNew(Problem):
    """{path} was written by a newer Milha (format {version}): use that version to restore it."""


class WrongPassphrase(Problem):
    """The passphrase does not open {path}."""

    status = 403


class BackupDamaged(Problem):
    """{path} is damaged: it was cut short or changed after {offset} octets. Nothing was restored."""


def _keys(passphrase: bytes, salt: bytes, log2_n: int, r: int, p: int) -> tuple[AESGCM, bytes]:
    memory = 128 * r * ((1 << log2_n) + p + 1024)  # the table, the blocks, some room
    derived = hashlib.scrypt(passphrase, salt=salt, n=1 << log2_n, r=r, p=p, maxmem=memory, dklen=64)
    return AESGCM(derived[:32]), derived[32:]


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


class ArchiveWriter:
    """Writes entries into an open file; ``close`` completes it and leaves the file open."""

    def __init__(self, file: BinaryIO, passphrase: bytes) -> None:
        self._file, self._number, self._waiting = file, 0, bytearray()
        salt = os.urandom(16)
        header = HEADER.pack(MAGIC, VERSION, LOG2_N, BLOCK_R, PARALLEL_P, CHUNK, salt)
        self._cipher, check_key = _keys(passphrase, salt, LOG2_N, BLOCK_R, PARALLEL_P)
        self._header = header + hmac.digest(check_key, header, "sha256")[:CHECK_BYTES]
        file.write(self._header)

    def add(self, name: str, blocks: Iterable[bytes]) -> None:
        """One entry from blocks of any length."""
        raw = name.encode()
        self._write(struct.pack(">H", len(raw)) + raw)
        for block in blocks:
            if block:
                self._write(struct.pack(">I", len(block)))
                self._write(block)
        self._write(struct.pack(">I", 0))

    def close(self) -> None:
        self._write(struct.pack(">H", 0))
        self._seal(bytes(self._waiting), last=True)

    def _write(self, data: bytes) -> None:
        self._waiting += data
        while len(self._waiting) > CHUNK:  # a full last chunk waits: it must be marked
            self._seal(bytes(self._waiting[:CHUNK]), last=False)
            del self._waiting[:CHUNK]

    def _seal(self, chunk: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, last), chunk, self._header))
        self._number += 1


class ArchiveReader:
    """Reads an open file; every octet it hands out has been authenticated, the end included."""

    def __init__(self, file: BinaryIO, passphrase: bytes) -> None:
        """Raises NotABackup, BackupTooNew, WrongPassphrase or BackupDamaged."""
        self._file, self._path = file, getattr(file, "name", "the file")
        header = file.read(HEADER.size)
        if header[: len(MAGIC)] != MAGIC:
            raise NotABackup(path=self._path)
        check = file.read(CHECK_BYTES)
        if len(header) + len(check) < HEADER.size + CHECK_BYTES:
            raise self._damaged()
        _, version, log2_n, r, p, self._chunk, salt = HEADER.unpack(header)
        if version != VERSION:
            raise BackupTooNew(path=self._path, version=version)
        if not (0 < log2_n <= MOST_LOG2_N and 0 < r <= MOST_R and p == 1 and 0 < self._chunk <= MOST_CHUNK):
            raise self._damaged()
        self._cipher, check_key = _keys(passphrase, salt, log2_n, r, p)
        if not hmac.compare_digest(hmac.digest(check_key, header, "sha256")[:CHECK_BYTES], check):
            raise WrongPassphrase(path=self._path)
        self._header, self._chunks = header + check, self._opened()
        self._plain, self._at = b"", 0

    def entries(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """(name, blocks) in order. An entry's blocks end when the next entry is asked for."""
        while length := self._number(">H"):
            if length > NAME_BYTES:
                raise self._damaged()
            blocks = self._blocks()
            yield self._exactly(length).decode(), blocks
            for _ in blocks:
                pass
        if self._at < len(self._plain) or next(self._chunks, None):
            raise self._damaged()

    def _blocks(self) -> Iterator[bytes]:
        while left := self._number(">I"):
            while left:
                block = self._up_to(left)
                left -= len(block)
                yield block

    def _number(self, form: str) -> int:
        return int(struct.unpack(form, self._exactly(struct.calcsize(form)))[0])

    def _exactly(self, length: int) -> bytes:
        got = b""
        while len(got) < length:
            got += self._up_to(length - len(got))
        return got

    def _up_to(self, length: int) -> bytes:
        """At least one octet."""
        while self._at == len(self._plain):
            chunk = next(self._chunks, None)
            if chunk is None:
                raise self._damaged()
            self._plain, self._at = chunk, 0
        got = self._plain[self._at : self._at + length]
        self._at += len(got)
        return got

    def _opened(self) -> Iterator[bytes]:
        number, sealed = 0, self._file.read(self._chunk + TAG)
        while True:
            after = self._file.read(self._chunk + TAG)
            try:
                yield self._cipher.decrypt(_nonce(number, not after), sealed, self._header)
            except InvalidTag:
                raise self._damaged(len(after)) from None
            if not after:
                return
            number, sealed = number + 1, after

    def _damaged(self, ahead: int = 0) -> BackupDamaged:
        return BackupDamaged(path=self._path, offset=self._file.tell() - ahead)
