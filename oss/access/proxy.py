"""Logins of a realm go to its home server, and its answer to the NAS (RFC 2865 section 2.3); a copy of accounting, too.

A login waits for the home server and for nothing else: the next one is asked when one is silent. A copy of accounting
is made after our own journal has acknowledged the record: ours is never lost, the copy is tried again from memory for
a quarter of an hour.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from oss.access import login_log
from oss.access.names import CLASS_MARK
from oss.access.proxy_copies import Copies, Copy
from oss.access.realm_table import Realm, RealmTable
from oss.access.reasons import ON_THE_WIRE
from oss.access.sessions import login_of
from oss.access.tallies import Tallies
from radius import attributes as a
from radius import auth
from radius.errors import RadiusError
from radius.packet import Packet
from radius.peers import Peer
from radius.proxy import forwarded, returned
from radius.server import AccessReply, Later

log = logging.getLogger(__name__)
MOST_AT_ONCE = 5_000  # logins that wait for home servers; beyond, they are dropped and the NAS asks again
HERE: Final = object()
"""A login that is ours to answer."""


class Proxy:
    """The realms of a node: what is asked of whom, and the guard against loops.

    ``mark`` stands in front of each Proxy-State of ours: who brings one back to us has sent our own request in a
    circle.
    """

    def __init__(
        self, table: RealmTable, logins: login_log.LoginLog, tallies: Tallies, ours: Callable[[str], bool]
    ) -> None:
        """``ours``: whether there is such a login here."""
        self.table, self.log, self.tallies, self.ours = table, logins, tallies, ours
        self.copies = Copies()
        self.counts = dict.fromkeys(("proxied", "proxy_loops", "proxy_silent", "proxy_unsigned", "proxy_full"), 0)
        self.mark = b"milha" + os.urandom(8)
        self._serial = 0
        self._asking: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """End the questions under way; their NAS ask again."""
        tasks = list(self._asking)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.copies.close()

    def state(self) -> bytes:
        """A Proxy-State of ours, another one for each request."""
        self._serial = (self._serial + 1) & 0xFFFFFFFF
        return self.mark + self._serial.to_bytes(4, "big")

    def has_been_here(self, packet: Packet) -> bool:
        """Whether this request is one that we sent away ourselves."""
        return a.PROXY_STATE in packet and any(one.startswith(self.mark) for one in packet.get_all(a.PROXY_STATE))

    # ------------------------------------------------------------ logins

    def ask(self, packet: Packet, peer: Peer, login: str) -> AccessReply | Later | object | None:
        """The answer of a realm's home server, later; HERE where the login is ours."""
        realm = self.table.realm_of(login, self.ours)
        if realm is None:
            return HERE
        if self.has_been_here(packet):
            self.counts["proxy_loops"] += 1
            return self._refuse(packet, peer, login, "realm_loop", time.perf_counter_ns())
        if len(self._asking) >= MOST_AT_ONCE:
            self.counts["proxy_full"] += 1
            return None
        loop = asyncio.get_running_loop()
        later: Later = loop.create_future()
        task = loop.create_task(self._asked(packet, peer, login, realm, later))
        self._asking.add(task)
        task.add_done_callback(partial(self._over, later))
        return later

    def _over(self, later: Later, task: asyncio.Task[None]) -> None:
        """A question that failed leaves the login unanswered: its repetition is heard as a new one."""
        self._asking.discard(task)
        if not later.done():
            later.cancel()
        if not task.cancelled() and task.exception() is not None:
            log.error("a login could not be proxied", exc_info=task.exception())

    async def _asked(self, packet: Packet, peer: Peer, login: str, realm: Realm, later: Later) -> None:
        began = time.perf_counter_ns()
        self.counts["proxied"] += 1
        answer = await self._answer(packet, peer, login, realm, began)
        if answer is None:
            self.counts["proxy_silent"] += 1
            if realm.when_silent == "reject":
                answer = self._refuse(packet, peer, login, "home_silent", began)
            else:
                self._note(packet, peer, login, "home_silent", began)
        if not later.done():
            later.set_result(answer)

    async def _answer(self, packet: Packet, peer: Peer, login: str, realm: Realm, began: int) -> AccessReply | None:
        """What the first home server that answers says; None where none does."""
        name = realm.bare(packet.get(a.USER_NAME) or b"") if realm.strip else None
        for home in sorted(realm.homes, key=lambda one: not one.worth_asking):
            vector = os.urandom(16)
            try:
                body = forwarded(packet, peer.secret, home.secret, vector, self.state(), name=name)
                answer = await home.ask(a.ACCESS_REQUEST, body, vector)
                attributes = returned(answer, home.secret, vector, packet, peer.secret, realm.allowed)
            except RadiusError as error:
                self.counts["proxy_unsigned"] += type(error).__name__ == "Unsigned"
                continue
            return self._answered(packet, peer, login, realm, answer.code, attributes, began)
        return None

    def _answered(
        self, packet: Packet, peer: Peer, login: str, realm: Realm, code: int, attributes: bytes, began: int
    ) -> AccessReply:
        if code == a.ACCESS_ACCEPT:
            calling, port_id = packet.get(a.CALLING_STATION_ID), packet.get(a.NAS_PORT_ID)
            self.log.add(login_log.accepted(time.time_ns() // 1000, peer.key, login, calling, port_id))
            self.tallies.accept((time.perf_counter_ns() - began) // 1000)
        elif code == a.ACCESS_REJECT:
            self._note(packet, peer, login, "home_refused", began)
        return AccessReply(code, _without_false_names(attributes, realm, self.table, login))

    def _refuse(self, packet: Packet, peer: Peer, login: str, reason: str, began: int) -> AccessReply:
        self._note(packet, peer, login, reason, began)
        return AccessReply(a.ACCESS_REJECT, a.attr(a.REPLY_MESSAGE, ON_THE_WIRE) + auth.refusal(packet))

    def _note(self, packet: Packet, peer: Peer, login: str, reason: str, began: int) -> None:
        where = packet.get(a.CALLING_STATION_ID), packet.get(a.NAS_PORT_ID)
        self.log.add(login_log.refused(time.time_ns() // 1000, peer.key, login, reason, *where, None, {}))
        self.tallies.reject(reason, (time.perf_counter_ns() - began) // 1000)

    # ------------------------------------------------------------ accounting

    def copying(self, packet: Packet, peer: Peer, ack: Callable[[], None]) -> Callable[[], None]:
        """``ack``, and then a copy for the home server of the realm, if there is one that wants it."""
        login = login_of(packet)
        realm = self.table.realm_of(login, self.ours) if login else None
        if realm is None or not realm.accounting:
            return ack
        if self.has_been_here(packet):
            self.counts["proxy_loops"] += 1
            return ack
        return partial(self._acknowledged, ack, Copy(packet, peer, realm, self.state(), time.monotonic()))

    def _acknowledged(self, ack: Callable[[], None], copy: Copy) -> None:
        ack()
        self.copies.add(copy)

    # ------------------------------------------------------------ for screens

    def counters(self) -> dict[str, int]:
        """For the health page."""
        return {**self.counts, **self.copies.counts, "copies_waiting": self.copies.waiting}

    def standings(self) -> tuple[tuple[Any, ...], ...]:
        """How each home server does."""
        return tuple(tuple(home.standing()) for home in self.table.homes.values())


def _without_false_names(attributes: bytes, realm: Realm, table: RealmTable, login: str) -> bytes:
    """A User-Name or Class that would make the session somebody else's does not come back: a name outside the realm
    might be a login of ours, and our Class says which service of ours was given."""
    kept, at = b"", 0
    while at < len(attributes):
        kind, past = attributes[at], at + attributes[at + 1]
        value = attributes[at + 2 : past]
        false = kind == a.CLASS and value.startswith(CLASS_MARK)
        if kind == a.USER_NAME:
            name = value.decode("utf-8", "replace").strip().lower()
            false = name != login and table.realm_of(name, lambda _: True) is not realm
        kept += b"" if false else attributes[at:past]
        at = past
    return kept
