"""SSH: the host key is the only proof that it is this device, so the first one is kept and another one refused.

Algorithms that OpenSSH has dropped are offered to a device only where its setting says so.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import asyncssh

from oss.drivers.links import Dialect
from oss.drivers.problems import CommandRefused, DeviceSlow, DeviceUnreachable, KeyChanged, LinkLost, LoginRefused
from oss.drivers.reach import Reach
from oss.drivers.transport.line import CommandLine, Spend, entered
from oss.drivers.transport.transcript import Transcript

OPEN_S: Final = 15.0
CLOSE_S: Final = 2.0
ALIVE_S: Final = 30
WIDE: Final = 511

KEX: Final = (
    *("mlkem768x25519-sha256", "curve25519-sha256", "curve25519-sha256@libssh.org"),
    *("ecdh-sha2-nistp256", "ecdh-sha2-nistp384", "ecdh-sha2-nistp521", "diffie-hellman-group-exchange-sha256"),
    *("diffie-hellman-group14-sha256", "diffie-hellman-group16-sha512", "diffie-hellman-group18-sha512"),
)
CIPHERS: Final = (
    *("chacha20-poly1305@openssh.com", "aes256-gcm@openssh.com", "aes128-gcm@openssh.com"),
    *("aes256-ctr", "aes192-ctr", "aes128-ctr"),
)
MACS: Final = (
    *("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "umac-128-etm@openssh.com"),
    *("hmac-sha2-256", "hmac-sha2-512", "umac-128@openssh.com", "hmac-sha1-etm@openssh.com", "hmac-sha1"),
)
KEYS: Final = (
    *("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
    *("rsa-sha2-512", "rsa-sha2-256"),
)
OLD_KEX: Final = ("diffie-hellman-group14-sha1", "diffie-hellman-group-exchange-sha1", "diffie-hellman-group1-sha1")
OLD_CIPHERS: Final = ("aes256-cbc", "aes192-cbc", "aes128-cbc", "3des-cbc")
OLD_MACS: Final = ("hmac-sha1-96", "hmac-md5", "hmac-md5-96")
OLD_KEYS: Final = ("ssh-rsa", "ssh-dss")


def fingerprint(key: str) -> str:
    """As OpenSSH shows it: ``SHA256:base64`` of a key written ``type base64``."""
    octets = base64.b64decode(key.partition(" ")[2])
    return "SHA256:" + base64.b64encode(hashlib.sha256(octets).digest()).decode().rstrip("=")


class Doorkeeper(asyncssh.SSHClient):
    """Believes the key that is known, or the first one; answers questions for a password by any method."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self.seen: str | None = None
        self.tried = False

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        kind, octets, *_ = key.export_public_key("openssh").decode().split()
        self.seen = f"{kind} {octets}"
        return self.reach.ssh_key is None or self.seen == self.reach.ssh_key

    def password_auth_requested(self) -> str | None:
        return self._once()

    def kbdint_auth_requested(self) -> str | None:
        return "" if not self.tried else None

    def kbdint_challenge_received(self, name: str, instructions: str, lang: str, prompts: Any) -> list[str] | None:
        if not prompts:
            return []
        secret = self._once()
        return None if secret is None else [secret for _ in prompts]

    def _once(self) -> str | None:
        """A second try with the same password would only count towards a lock."""
        if self.tried:
            return None
        self.tried = True
        return self.reach.password


def _algorithms(reach: Reach) -> dict[str, list[str]]:
    old = reach.legacy
    keys = [*KEYS, *(OLD_KEYS if old else ())]
    if reach.ssh_key is not None:  # ask for the kind that is known first: a device may have several
        kind = reach.ssh_key.split()[0]
        keys.sort(key=lambda one: not (one == kind or (kind == "ssh-rsa" and "rsa" in one)))
    return {
        "kex_algs": [*KEX, *(OLD_KEX if old else ())],
        "encryption_algs": [*CIPHERS, *(OLD_CIPHERS if old else ())],
        "mac_algs": [*MACS, *(OLD_MACS if old else ())],
        "server_host_key_algs": keys,
    }


async def connected(reach: Reach, port: int, believe: Callable[[str], None]) -> asyncssh.SSHClientConnection:
    """Logged in. ``believe`` is told the host key. Raises DeviceUnreachable, LoginRefused, KeyChanged."""
    door = Doorkeeper(reach)
    try:
        async with asyncio.timeout(OPEN_S):
            connection, _ = await asyncssh.create_connection(
                lambda: door,
                reach.host,
                port,
                config=None,
                username=reach.user,
                known_hosts=([], [], []),
                client_keys=None,
                agent_path=None,
                preferred_auth="password,keyboard-interactive",
                keepalive_interval=ALIVE_S,
                connect_timeout=OPEN_S,
                **_algorithms(reach),
            )
    except asyncssh.HostKeyNotVerifiable:
        raise KeyChanged(name=reach.name, seen=fingerprint(door.seen or ""), key=door.seen) from None
    except asyncssh.PermissionDenied as problem:
        raise LoginRefused(name=reach.name, user=reach.user) from problem
    except TimeoutError:
        raise DeviceUnreachable(name=reach.name, why=f"no answer within {OPEN_S:g} s") from None
    except (OSError, asyncssh.Error) as problem:
        raise DeviceUnreachable(name=reach.name, why=_why(problem)) from problem
    believe(door.seen or "")
    return connection


def _why(problem: Exception) -> str:
    if isinstance(problem, asyncssh.KeyExchangeFailed):
        return "it offers only algorithms that are out of use; they can be allowed for this device"
    return str(problem) or type(problem).__name__


class SshStream:
    """An interactive shell's octets."""

    def __init__(self, connection: asyncssh.SSHClientConnection, process: asyncssh.SSHClientProcess[bytes]) -> None:
        self._connection, self._process = connection, process

    async def read(self) -> bytes:
        try:
            return await self._process.stdout.read(65536)
        except asyncssh.Error as problem:
            raise OSError(str(problem)) from problem

    def write(self, octets: bytes) -> None:
        with suppress(OSError, asyncssh.Error):  # the end is heard by who reads
            self._process.stdin.write(octets)

    async def close(self) -> None:
        await _closed(self._connection)


async def _closed(connection: asyncssh.SSHClientConnection) -> None:
    connection.close()
    with suppress(OSError, TimeoutError, asyncssh.Error):
        async with asyncio.timeout(CLOSE_S):
            await connection.wait_closed()
            return
    connection.abort()


class Commands:
    """A `Shell` that runs each command in a channel of its own: for dialects without prompts (RouterOS)."""

    prompt = ""

    def __init__(
        self,
        reach: Reach,
        dialect: Dialect,
        connection: asyncssh.SSHClientConnection,
        transcript: Transcript,
        spend: Spend,
    ) -> None:
        self.reach, self.dialect = reach, dialect
        self._connection, self._transcript, self._spend = connection, transcript, spend

    @property
    def open(self) -> bool:
        return not self._connection.is_closed()

    async def touch(self, timeout_s: float) -> None:
        """The connection's own messages tell whether it lives."""

    async def run(
        self,
        command: str,
        *,
        timeout_s: float = 30.0,
        answers: Mapping[str, str] | None = None,
        quiet: bool = False,
        nothing: Sequence[str] = (),
    ) -> str:
        await self._spend()
        with self._transcript.said("ssh", command, quiet=quiet) as entry:
            try:
                async with asyncio.timeout(timeout_s):
                    done = await self._connection.run(command, encoding=None, stdin=asyncssh.DEVNULL)
            except TimeoutError:
                self._connection.abort()
                raise DeviceSlow(name=self.reach.name, what=command, seconds=f"{timeout_s:g}") from None
            except (OSError, asyncssh.Error) as problem:
                self._connection.abort()
                raise LinkLost(name=self.reach.name, what=command) from problem
            except BaseException:  # cancelled in the middle: its channel would go on
                self._connection.abort()
                raise
            if done.exit_status is None and done.exit_signal is None and self._connection.is_closed():
                raise LinkLost(name=self.reach.name, what=command)
            entry.answer = self._text(done.stdout) + self._text(done.stderr)
            if (refusal := self._refusal(entry.answer)) is None:
                return entry.answer
            refused = CommandRefused(name=self.reach.name, command=command, answer=refusal)
            if not refused.says_any(nothing):
                raise refused
        raise refused

    def _text(self, octets: Any) -> str:
        return bytes(octets or b"").decode(self.reach.encoding, "replace").replace("\r\n", "\n")

    def _refusal(self, answer: str) -> str | None:
        found = (one for one in answer.split("\n") if any(re.search(error, one) for error in self.dialect.errors))
        return next((one.strip() for one in found), None)

    async def close(self) -> None:
        await _closed(self._connection)


OpenShell = CommandLine | Commands


async def opened(
    reach: Reach, dialect: Dialect, transcript: Transcript, spend: Spend, believe: Callable[[str], None], port: int
) -> OpenShell:
    """Connected, logged in and prepared. Raises what `connected` and `CommandLine.log_in` raise."""
    connection = await connected(reach, port, believe)
    if not dialect.prompts:
        return Commands(reach, dialect, connection, transcript, spend)
    try:
        process = await _terminal(reach, connection)
    except BaseException:
        await _closed(connection)
        raise
    line = CommandLine(reach, dialect, SshStream(connection, process), transcript, "ssh", spend)
    return await entered(line)


async def _terminal(reach: Reach, connection: asyncssh.SSHClientConnection) -> asyncssh.SSHClientProcess[bytes]:
    """A shell of its own. Raises DeviceUnreachable."""
    try:
        async with asyncio.timeout(OPEN_S):
            return await connection.create_process(
                term_type="vt100", term_size=(WIDE, WIDE), encoding=None, stderr=asyncssh.STDOUT
            )
    except TimeoutError:
        raise DeviceUnreachable(name=reach.name, why=f"no shell within {OPEN_S:g} s") from None
    except (OSError, asyncssh.Error) as problem:
        raise DeviceUnreachable(name=reach.name, why=_why(problem)) from problem
