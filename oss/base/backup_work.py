"""The blocking part of backup and restore: what goes into the archive, and the programs that write and read it.

The database comes before the files: a file is stored before the row that names it, so none is missing.
"""

from __future__ import annotations

import json
import os
import shutil
import ssl
import stat
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO
from urllib.parse import parse_qs, urlsplit

from oss.base import db, secrets
from oss.base.archive import CHUNK, ArchiveReader, ArchiveWriter, NotABackup
from oss.base.postgres_binaries import PostgresNotInstalled, binary
from oss.base.problems import Problem

MANIFEST, KEYRING, DATABASE, FILES = "manifest", "keyring", "database", "files"
FOLDERS = (FILES, "certs")  # of the data directory; an archive from before there were certificates has only the first
DUMP_MAGIC, BEGIN, COMMIT = b"PGDMP", b"begin;\n", b"\ncommit;\n"


class BackupFailed(Problem):
    """The backup was not written: {words}"""

    status = 500


class RestoreFailed(Problem):
    """The database refused the backup and is as it was before: {words}"""

    status = 500


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says about itself; ``postgres`` and ``dump`` are major versions of server and pg_dump.

    ``keys``: ids of the sealing keys it needs, which it brings along.
    """

    milha: str
    made_at: str
    postgres: int
    dump: int
    keyring: bool
    keys: tuple[str, ...] = ()


def _query(dsn: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(urlsplit(dsn).query).items()}


def client(name: str, dsn: str, at_least: int) -> Path:
    """A client program for this server: one that speaks TLS where the URL asks for it, or may need it."""
    if _query(dsn).get("sslmode") in ("require", "verify-ca", "verify-full"):
        return binary(name, tls=True, at_least=at_least)
    host = str(db.credentials(dsn)["host"])
    if not host.startswith("/") and host not in ("localhost", "127.0.0.1", "::1"):
        with suppress(PostgresNotInstalled):
            return binary(name, tls=True, at_least=at_least)
    return binary(name, at_least=at_least)


def environment(dsn: str) -> dict[str, str]:
    """libpq's variables for a URL: nothing of it, least of all the password, appears in the process list."""
    found = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "MILHA_"))}
    credentials, query = db.credentials(dsn), _query(dsn)
    for name, key in (("HOST", "host"), ("PORT", "port"), ("USER", "user"), ("DATABASE", "database")):
        found[f"PG{name}"] = str(credentials[key])
    if credentials["password"]:
        found["PGPASSWORD"] = credentials["password"]
    if mode := query.get("sslmode"):
        found["PGSSLMODE"] = mode
        if mode.startswith("verify"):
            roots = ssl.get_default_verify_paths()
            found["PGSSLROOTCERT"] = query.get("sslrootcert") or roots.cafile or roots.openssl_cafile
    return found


class Work:
    """The blocking part of a backup or restore; ``stop`` ends it early, from another thread."""

    def __init__(self, dsn: str) -> None:
        self._dsn, self._stopped = dsn, False
        self._running: list[subprocess.Popen[bytes]] = []

    def stop(self) -> None:
        self._stopped = True
        for process in self._running:
            process.kill()

    # ------------------------------------------------------------ backup

    def write(
        self,
        out: Path,
        passphrase: bytes,
        manifest: Manifest,
        rings: Callable[[], secrets.Sealer | None],
        command: list[str | Path],
        data_dir: Path,
    ) -> None:
        partial = out.with_name(f".{out.name}.partial")
        try:
            with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                archive = ArchiveWriter(file, passphrase)
                archive.add(MANIFEST, [json.dumps(asdict(manifest)).encode()])
                ring = rings()
                if ring:
                    archive.add(KEYRING, [ring.exported()])
                archive.add(DATABASE, self._dumped(command))
                later = rings()
                if ring and later and later.keys != ring.keys:  # the dump may hold what a new key sealed meanwhile
                    archive.add(KEYRING, [later.joined_by(ring).exported()])
                for path in (path for name in FOLDERS for path in _regular_files(data_dir / name)):
                    with suppress(FileNotFoundError), path.open("rb") as stored:  # may be deleted meanwhile
                        archive.add(path.relative_to(data_dir).as_posix(), self._read(stored))
                archive.close()
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, out)
            secrets.sync_folder(out.parent)
        except OSError as error:
            raise BackupFailed(words=f"{error.strerror}: {error.filename or out}") from error
        finally:
            partial.unlink(missing_ok=True)

    def _dumped(self, command: list[str | Path]) -> Iterator[bytes]:
        with self._started(command, stdout=subprocess.PIPE) as (process, words):
            assert process.stdout is not None
            yield from self._read(process.stdout)
            if process.wait():
                raise BackupFailed(words=_said(words))

    def _read(self, file: IO[bytes]) -> Iterator[bytes]:
        while block := file.read(CHUNK):
            self._go_on()
            yield block

    # ------------------------------------------------------------ restore

    def verify(self, path: Path, passphrase: bytes) -> Manifest:
        with _opened(path) as file:
            manifest, dumps = None, 0
            for number, (name, blocks) in enumerate(ArchiveReader(file, passphrase).entries()):
                head = next(blocks, b"")
                if number == 0 and name == MANIFEST:
                    manifest = _manifest(head, path)
                elif name == DATABASE:
                    dumps += head.startswith(DUMP_MAGIC)
                elif name != KEYRING and not _is_stored_file(name):
                    raise NotABackup(path=path)
                for _ in blocks:
                    self._go_on()
        if manifest is None or dumps != 1:
            raise NotABackup(path=path)
        return manifest

    def bring_back(
        self,
        path: Path,
        passphrase: bytes,
        data_dir: Path,
        script: list[str | Path],
        load: list[str | Path],
        opening: str,
        drop: bytes,
    ) -> None:
        fresh, ring = {name: data_dir / f"{name}.restoring" for name in FOLDERS}, b""
        _remove(fresh.values())
        try:
            with _opened(path) as file, self._started(load, stdin=subprocess.PIPE) as (psql, words):
                _input(psql).write(BEGIN + opening.encode())
                _input(psql).flush()
                for name, blocks in ArchiveReader(file, passphrase).entries():
                    if name == KEYRING:
                        ring = b"".join(blocks)
                    elif name == DATABASE:
                        self._load(blocks, script, psql, words, drop)
                    elif name != MANIFEST:
                        folder, _, rest = name.partition("/")
                        self._store(fresh[folder] / rest, blocks)
                if ring:
                    _join_ring(data_dir, ring)
                self._commit(psql, words)
            for name in FOLDERS:
                if name == FILES or fresh[name].exists():
                    _swap(data_dir / name, fresh[name])
        finally:
            _remove(fresh.values())

    def _commit(self, psql: subprocess.Popen[bytes], words: IO[bytes]) -> None:
        """Said aloud: an input that just ends, because we were killed, must not count as complete."""
        self._go_on()
        with suppress(BrokenPipeError):
            _input(psql).write(COMMIT)
            _input(psql).close()
        if psql.wait():
            raise RestoreFailed(words=_said(words))

    def _load(
        self,
        blocks: Iterable[bytes],
        script: list[str | Path],
        psql: subprocess.Popen[bytes],
        psql_words: IO[bytes],
        drop: bytes,
    ) -> None:
        """Archive -> pg_restore -> psql, whose transaction stays open at the end."""
        pipe = subprocess.PIPE
        with self._started(script, stdin=pipe, stdout=pipe) as (process, words):
            pump = threading.Thread(target=_pump, args=(process, _input(psql), drop))
            pump.start()
            try:
                with suppress(BrokenPipeError):  # it has given up, and its exit status says so
                    for block in blocks:
                        self._go_on()
                        _input(process).write(block)
                    _input(process).close()
                process.wait()
            finally:
                process.kill()  # a formality where it has ended
                pump.join()
            if process.returncode != 0 or psql.poll() is not None:
                raise RestoreFailed(words=_said(psql_words) or _said(words))

    def _store(self, target: Path, blocks: Iterable[bytes]) -> None:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for block in blocks:
                self._go_on()
                file.write(block)
            file.flush()
            os.fsync(file.fileno())

    # ------------------------------------------------------------ processes

    def _go_on(self) -> None:
        if self._stopped:
            raise InterruptedError("stopped")

    @contextmanager
    def _started(self, command: list[str | Path], **pipes: Any) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
        """A running program and the file it complains into; it is gone when the block ends."""
        with ExitStack() as stack:
            words = stack.enter_context(tempfile.TemporaryFile())
            quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, **pipes}
            process = subprocess.Popen(command, env=environment(self._dsn), stderr=words, **quiet)
            stack.callback(process.wait)
            for end in (process.stdin, process.stdout):
                if end:
                    stack.callback(_close, end)
            stack.callback(process.kill)  # before its input ends, or it might take that for a good end
            self._running.append(process)
            self._go_on()
            yield process, words


def _input(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdin is not None
    return process.stdin


def _close(end: IO[bytes]) -> None:
    with suppress(BrokenPipeError):
        end.close()


def _pump(source: subprocess.Popen[bytes], target: IO[bytes], drop: bytes) -> None:
    """Copy what ``source`` prints, without the first line ``drop``, which an older server does not know."""
    assert source.stdout is not None
    try:
        head = source.stdout.read(CHUNK)
        target.write(head.replace(drop, b"", 1) if drop else head)
        shutil.copyfileobj(source.stdout, target, CHUNK)
        target.flush()
    except BrokenPipeError:
        source.kill()  # psql has given up; nobody reads any more


def _said(words: IO[bytes]) -> str:
    """The end of what a program complained."""
    words.seek(0)
    return words.read().decode(errors="replace").strip()[-800:]


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise NotABackup(path=f"{path} ({error.strerror})") from None
    with file:
        yield file


def _manifest(raw: bytes, path: Path) -> Manifest:
    try:
        values = json.loads(raw)
        return Manifest(**{**values, "keys": tuple(values.get("keys", ()))})
    except (ValueError, TypeError, AttributeError):
        raise NotABackup(path=path) from None


def _is_stored_file(name: str) -> bool:
    folder, *parts = name.split("/")
    return folder in FOLDERS and bool(parts) and not {"", ".", ".."} & set(parts)


def _regular_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        with suppress(FileNotFoundError):
            if stat.S_ISREG(path.lstat().st_mode):
                yield path


def _join_ring(data_dir: Path, exported: bytes) -> None:
    """The archive's keys become the installation's; what the old ones sealed still opens."""
    found, here = secrets.imported(exported), secrets.stored_ring(data_dir)
    secrets.save(data_dir, found.joined_by(here) if here else found)


def _remove(folders: Iterable[Path]) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _swap(files: Path, fresh: Path) -> None:
    before = files.with_name(f"{files.name}.before-restore")
    if files.exists():
        shutil.rmtree(before, ignore_errors=True)
        files.rename(before)
    if fresh.exists():
        fresh.rename(files)
