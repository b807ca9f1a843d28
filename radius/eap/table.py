"""The conversations under way, by the State their NAS brings back (RFC 2865 section 5.24, RFC 3579 section 2.6.1).

Bounded in number, memory and time, and fair: where there are too many, the one that was heard longest ago gives way, of
the line that has too many, else of the NAS that has too many, else of the NAS that has most. So whoever opens
conversations and leaves them takes from nobody but himself.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from radius.eap.conversation import Conversation

MOST_OCTETS: Final = 256 << 20
"""Of all conversations together; one with a TLS session takes some 64 KiB."""

MOST: Final = 32_768
SHARE: Final = 2
"""A NAS may have one in so many of either, while others want theirs."""

MOST_OF_LINE: Final = 8
"""Conversations of one Calling-Station-Id of a NAS: a client has one, two when it lost patience."""

IDLE_S: Final = 30.0
"""How long an answer may take. A person may have to accept a certificate, but no NAS waits longer."""


@dataclass(slots=True, eq=False)
class _Under:
    """A conversation, where it came from, what it holds and when it was heard (monotonic)."""

    talk: Conversation
    state: bytes
    nas: int
    line: bytes
    octets: int
    heard: float


@dataclass(slots=True)
class _Nas:
    """One NAS's conversations, heard longest ago first; and by line."""

    by_state: OrderedDict[bytes, _Under] = field(default_factory=OrderedDict)
    by_line: dict[bytes, list[_Under]] = field(default_factory=dict)
    octets: int = 0


class Conversations:
    """All of them. ``lost`` counts those that gave way."""

    def __init__(self, most: int = MOST, most_octets: int = MOST_OCTETS, idle_s: float = IDLE_S) -> None:
        self.most, self.most_octets, self.idle_s = most, most_octets, idle_s
        self.octets = self.count = self.lost = 0
        self._by_nas: dict[int, _Nas] = {}

    def __len__(self) -> int:
        return self.count

    def has(self, nas: int, state: bytes) -> bool:
        """Whether a conversation goes on with this State."""
        own = self._by_nas.get(nas)
        return own is not None and state in own.by_state

    def take(self, nas: int, state: bytes) -> Conversation | None:
        """The conversation with this State, out of the table: it is put back when it goes on."""
        own = self._by_nas.get(nas)
        found = own.by_state.get(state) if own is not None else None
        if own is None or found is None:
            return None
        self._drop(own, found)
        return found.talk

    def put(self, nas: int, line: bytes, talk: Conversation, now: float, state: bytes | None = None) -> bytes:
        """Keep a conversation; gives the State to bring it back by, a new one unless it had one."""
        one = _Under(talk, state or os.urandom(16), nas, line, talk.octets, now)
        own = self._by_nas.setdefault(nas, _Nas())
        own.by_state[one.state] = one
        own.octets += one.octets
        self.octets += one.octets
        self.count += 1
        if line:
            own.by_line.setdefault(line, []).append(one)
        self._make_room(own, line)
        return one.state

    def forget(self, now: float) -> None:
        """Drop those that were not heard for too long."""
        for nas, own in list(self._by_nas.items()):
            while own.by_state and (oldest := next(iter(own.by_state.values()))).heard + self.idle_s < now:
                self._give_way(own, oldest)
            if not own.by_state:
                del self._by_nas[nas]

    def _make_room(self, own: _Nas, line: bytes) -> None:
        same = own.by_line.get(line, ())
        if len(same) > MOST_OF_LINE:
            self._give_way(own, same[0])
        while len(own.by_state) > self.most // SHARE or own.octets > self.most_octets // SHARE:
            self._give_way(own, next(iter(own.by_state.values())))
        while self.count > self.most or self.octets > self.most_octets:
            greediest = max(self._by_nas.values(), key=lambda one: one.octets)
            self._give_way(greediest, next(iter(greediest.by_state.values())))

    def _give_way(self, own: _Nas, one: _Under) -> None:
        self._drop(own, one)
        self.lost += 1

    def _drop(self, own: _Nas, one: _Under) -> None:
        del own.by_state[one.state]
        own.octets -= one.octets
        self.octets -= one.octets
        self.count -= 1
        same = own.by_line.get(one.line)
        if same is not None:
            same.remove(one)
            if not same:
                del own.by_line[one.line]
