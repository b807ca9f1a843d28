"""The newest values of graphs, once a second: read once for all who watch, written once for all who watch the same."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field

from aiohttp import web

from oss.base import db
from oss.monitoring.kinds import Kind
from oss.monitoring.live import Poll, Watched
from oss.monitoring.permissions import MonitoringPermission
from web.console.graphs import ONE, what
from web.console.live import HEARTBEAT_S, MOST_STREAMS, TooManyStreams, event
from web.console.streams import Hearing
from web.pulse import PULSE, Watch
from web.routing import Routes

Graph = tuple[Kind, tuple[int, ...], tuple[str, ...]]
Key = tuple[int, tuple[int, ...], tuple[str, ...]]


@dataclass(slots=True)
class Broadcast:
    """Reads for everybody at most once a beat; ``made``: the event of this beat by what is watched."""

    watched: Watched = field(default_factory=Watched)
    streams: int = 0
    polls: list[Poll] = field(default_factory=list)
    made: dict[Key, bytes] = field(default_factory=dict)
    reads: int = 0
    _beat: asyncio.Event | None = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def refresh(self, beat: asyncio.Event) -> None:
        """The first stream that wakes reads for all."""
        async with self._lock:
            if self._beat is not beat:
                self._beat, self.made, self.polls = beat, {}, []
                async with db.pool().acquire() as connection:
                    self.polls = await self.watched.read(connection)
                self.reads += 1

    def news(self, kind: Kind, ids: tuple[int, ...], metrics: tuple[str, ...]) -> bytes:
        """This beat's event of a graph; empty if there is nothing new."""
        key = (kind.number, ids, metrics)
        if key not in self.made:
            mine = ((poll.at, poll.values(ids, metrics)) for poll in self.polls if poll.kind is kind)
            told = [{"at": round(at, 1), "values": values} for at, values in mine if values]
            self.made[key] = event("samples", json.dumps(told)) if told else b""
        return self.made[key]


GRAPHS = web.AppKey("graphs", Broadcast)


class GraphRoutes(Routes):
    """The streams of graphs share one broadcast."""

    def mount(self, app: web.Application) -> None:
        app[GRAPHS] = Broadcast()
        super().mount(app)


routes = GraphRoutes()


@routes.get(ONE + "/live", MonitoringPermission.READ)
async def stream(request: web.Request) -> web.StreamResponse:
    """Events until the page is left, the server stops, or a quarter of an hour is over."""
    kind, ids, metrics = what(request)
    watch, broadcast = request.app[PULSE], request.app[GRAPHS]
    if broadcast.streams >= MOST_STREAMS:
        raise TooManyStreams()
    async with db.pool().acquire() as connection:
        keys = await broadcast.watched.add(connection, kind, ids)
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    broadcast.streams += 1
    try:
        await response.prepare(request)
        await response.write(b"retry: 3000\n\n")
        await _follow(Hearing(request), response, watch, broadcast, (kind, tuple(ids), tuple(metrics)))
        await response.write_eof()
    except ConnectionError:
        pass  # the page was left: that is how streams end
    finally:
        broadcast.streams -= 1
        broadcast.watched.drop(keys)
    return response


async def _follow(
    hearing: Hearing, response: web.StreamResponse, watch: Watch, broadcast: Broadcast, graph: Graph
) -> None:
    spoken = time.monotonic()
    while await hearing.goes_on():
        beat = watch.beat
        try:
            await broadcast.refresh(beat)
            news = broadcast.news(*graph)
        except db.AWAY:
            news = b""  # the pulse's own part tells of it
        if not news and time.monotonic() - spoken > HEARTBEAT_S:
            news = b": still here\n\n"
        if news:
            spoken = time.monotonic()
            await response.write(news)
        try:
            await asyncio.wait_for(beat.wait(), HEARTBEAT_S)
        except TimeoutError:
            await response.write(b": still here\n\n")
