"""Hashes of staff passwords are computed here, off the AAA loop: each takes a tenth of a second and 64 MiB.

The C code lets go of the interpreter, and its threads stand behind all others for the processor (Linux gives each
thread a niceness of its own; a hash's helpers inherit it), so that a subscriber's login does not wait for a hash.
Only so many wait at once, in all, for one router and for one account; one more is not taken, and its router asks again.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from oss.staff import users
from radius.integrity import md5

THREADS = 2
MOST, MOST_OF_NAS, MOST_OF_ACCOUNT = 96, 64, 3
NICE = 10

Proved = Callable[[int | None], None]
"""Told, in the loop, which of the guesses was right; None for none."""


class PasswordThreads:
    """A few threads and who waits for them."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._waiting = 0
        self._of_nas: Counter[int] = Counter()
        self._of_account: Counter[bytes] = Counter()

    def prove(self, nas_id: int, login: str, password_hash: str, guesses: Sequence[bytes], proved: Proved) -> bool:
        """Look for the guess that fits the hash; False: too many wait already."""
        account = md5(login.encode()).digest()
        full = self._waiting >= MOST or self._of_nas[nas_id] >= MOST_OF_NAS
        if full or self._of_account[account] >= MOST_OF_ACCOUNT:
            return False
        self._waiting += 1
        self._of_nas[nas_id] += 1
        self._of_account[account] += 1
        if self._pool is None:
            self._pool = ThreadPoolExecutor(THREADS, "password", _step_back)
        task = asyncio.get_running_loop().run_in_executor(self._pool, _first, password_hash, tuple(guesses))
        task.add_done_callback(partial(self._over, nas_id, account, proved))
        return True

    def _over(self, nas_id: int, account: bytes, proved: Proved, task: asyncio.Future[int | None]) -> None:
        self._waiting -= 1
        self._of_nas[nas_id] -= 1
        self._of_account[account] -= 1
        if not self._waiting:
            self._of_nas.clear()
            self._of_account.clear()
        if not task.cancelled():
            proved(task.result())

    def close(self) -> None:
        """End; what waits is given up."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)


def _first(password_hash: str, guesses: Sequence[bytes]) -> int | None:
    """The place of the guess that fits. A right one may be told by the time; a wrong one takes the time of all."""
    for place, guess in enumerate(guesses):
        if users.matches(password_hash, guess):
            return place
    return None


def _step_back() -> None:
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
