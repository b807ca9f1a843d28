"""A provider whose lines fall ill by real code: a node that answers packets, its applier, the network's watch."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from oss.access import accounting
from oss.access.aaa import Node, NodeOptions
from oss.access.applier import Applier
from oss.base import clock, db, secrets
from oss.monitoring import diagnosis
from oss.monitoring.diagnosis import Diagnosis
from radius import attributes as a
from radius.server import AccessReply
from tests.conftest import Seed
from tests.oss.access.asking import asks, mac, port, says
from tests.oss.network.drawn import Drawn
from tests.waiting import eventually
from web.console import diagnosis_words
from web.render import RenderContext

ROUTER = bytes([127, 0, 0, 1])
HOME = "AA:BB:CC:00:00:{:02X}"
SHIFTED = (
    "update session_open set started_at = started_at - $1::interval, last_seen_at = last_seen_at - $1::interval",
    "update session_history set started_at = started_at - $1::interval, ended_at = ended_at - $1::interval",
    "update auth_log set at = at - $1::interval",
    "update auth_reject set minute = minute - $1::interval, first_at = first_at - $1::interval, "
    "last_at = last_at - $1::interval",
    "update nas_state set heard_at = heard_at - $1::interval",
)


@dataclass
class Staged:
    """The provider, its network, and its node. Lines are numbered from 1, as the seed's logins are."""

    seed: Seed
    drawn: Drawn
    node: Node
    applier: Applier
    connection: db.Connection
    sid: int = 0
    sids: dict[int, str] = field(default_factory=dict)

    async def applied(self) -> None:
        """What the node wrote down has become rows."""
        self.node.logins.log.write()
        await eventually(lambda: self.node.journal.synced == self.node.journal.appended)
        while await self.applier.step(self.node.journal.durable):
            pass
        await self.node.scribe.round(self.connection)

    async def reread(self) -> None:
        """The node knows what was changed in the rows."""
        await self.node.nas.load(self.connection)
        await self.node.index.reconcile(self.connection)

    async def dials(
        self,
        number: int = 1,
        *,
        login: str = "",
        password: str = "",
        calling: str = "",
        at: str = "pon-1",
        times: int = 1,
    ) -> bool:
        """The customer's router asks to be let in; whether it was."""
        peer = self.node.nas.find("127.0.0.1")
        assert peer is not None
        pairs = (mac(calling or HOME.format(number)), port(at))
        for _ in range(times):
            word = (password or f"pw{number}").encode()
            reply: Any = self.node.authenticate(asks(login or f"cli{number}", *pairs, password=word), peer)
            if isinstance(reply, asyncio.Future):
                reply = await asyncio.wait_for(reply, 5)
        await self.applied()
        return isinstance(reply, AccessReply) and reply.code == a.ACCESS_ACCEPT

    async def online(
        self, number: int = 1, *, address: str = "100.64.0.9", calling: str = "", bps: int = 4_000_000
    ) -> None:
        """He dials, and accounting tells of the session: its start and an interim."""
        assert await self.dials(number, calling=calling)
        peer = self.node.nas.find("127.0.0.1")
        assert peer is not None
        self.sid += 1
        self.sids[number] = f"80{self.sid:04}"
        said = [mac(calling or HOME.format(number)), port("pon-1")]
        said += [(a.FRAMED_IP_ADDRESS, bytes(map(int, address.split("."))))] if address else []
        for status, seconds, octets in ((a.ACCT_START, 0, 0), (a.ACCT_INTERIM, 30, bps * 30 // 8)):
            more = [(a.ACCT_OUTPUT_OCTETS, octets % 2**32), (a.ACCT_INPUT_OCTETS, octets // 10 % 2**32)]
            packet = says(status, seconds, self.sids[number], f"cli{number}", *said, *(more if seconds else []))
            self.node.account(packet, peer, ROUTER, time.time(), lambda: None)
            await self.applied()  # a rate is what grew between two batches

    async def hangs_up(self, number: int = 1) -> None:
        """The session ends."""
        peer = self.node.nas.find("127.0.0.1")
        assert peer is not None
        packet = says(a.ACCT_STOP, 40, self.sids[number], f"cli{number}", mac(HOME.format(number)))
        self.node.account(packet, peer, ROUTER, time.time(), lambda: None)
        await self.applied()

    async def passes(self, hours: float) -> None:
        """So much time goes by in which nobody says anything."""
        for sql in SHIFTED:
            await db.execute(sql, timedelta(hours=hours))

    async def diagnosis(self, number: int = 1) -> Diagnosis:
        account = await db.fetchval("select id from access_account where login = $1", f"cli{number}")
        return await diagnosis.read(db.pool(), account)

    async def said(self, number: int = 1) -> tuple[str, str, str]:
        """Key of the likely cause, its sentence in English and in Portuguese."""
        found = (await self.diagnosis(number)).likely
        return found.key, sentence(found, "en"), sentence(found, "pt-BR")


def speaking(language: str, now: datetime | None = None) -> RenderContext:
    zone = ZoneInfo("America/Sao_Paulo")
    return RenderContext(language=language, now=now or clock.now(), timezone=zone, company_zone=zone)


def sentence(one: Any, language: str) -> str:
    """What is so, in one sentence, with ordinary spaces."""
    return diagnosis_words.cause(speaking(language), one).sentence.replace("\u00a0", " ")


@asynccontextmanager
async def staged(seed: Seed, drawn: Drawn, sealer: secrets.Sealer, dsn: str, folder: Path) -> AsyncIterator[Staged]:
    """The node without sockets, its journal flushed, an applier on a connection of its own."""
    node = Node(NodeOptions("", "test", "127.0.0.1", 0, 0, folder), sealer)
    node.journal.open()
    flushing = asyncio.create_task(node.journal.flush_for_ever())
    connection = await db.connect(dsn)
    try:
        await connection.execute(accounting.PREPARE)
        applier = Applier(connection, node.journal.folder, "test")
        await applier.resume()
        found = Staged(seed, drawn, node, applier, connection)
        await found.reread()
        yield found
    finally:
        flushing.cancel()
        await asyncio.gather(flushing, return_exceptions=True)
        await node.enforcer.close()
        await node.logins.close()
        node.journal.close()
        await connection.close()


LIT = [-19.0, -20.0, -21.0, -20.5, -19.5]
CLOCK = r"\d\d:\d\d"


async def assert_told(stage: Staged, key: str, english: str, portuguese: str, number: int = 1) -> None:
    """The likely cause, and its whole sentence as patterns."""
    said = await stage.said(number)
    assert said[0] == key, said
    assert re.fullmatch(english, said[1]), said[1]
    assert re.fullmatch(portuguese, said[2]), said[2]
