"""Answers that are given late: whoever guesses passwords learns nothing sooner by asking faster."""

from __future__ import annotations

import asyncio

from oss.access.brake import LATE_S
from radius.server import AccessReply, Later


class HeldBack:
    """Answers on their way; beyond ``most`` at once they go at once."""

    def __init__(self, most: int) -> None:
        self.most, self.count = most, 0

    def hold(self, answer: AccessReply) -> AccessReply | Later:
        """The answer, a moment later."""
        if self.count >= self.most:
            return answer
        loop = asyncio.get_running_loop()
        later: Later = loop.create_future()
        self.count += 1
        loop.call_later(LATE_S, self._release, later, answer)
        return later

    def _release(self, later: Later, answer: AccessReply) -> None:
        self.count -= 1
        if not later.done():
            later.set_result(answer)
