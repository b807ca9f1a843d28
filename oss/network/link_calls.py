"""Acts from a process that does not keep the links: they run where they were asked for, their commands cross.

An act is any code and cannot cross. What it does to a device is few named things with plain values: open a way, run a
command, read rows, columns, values. Those cross as sealed rows (`link_wire`); the keeper holds the device's turn for
the act from its ``begin`` to its ``end``, and ends it by itself where nobody asks anything for a while.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from oss.base import db
from oss.base.jobs import listening
from oss.base.problems import Problem
from oss.base.secrets import Sealer
from oss.base.supervisor import Health
from oss.drivers import registry
from oss.drivers.links import Api, Link, Shell, Snmp
from oss.drivers.problems import DeviceProblem, DeviceSlow, LinkLost
from oss.drivers.registry import Driver
from oss.drivers.transport.turns import Priority
from oss.network import link_wire
from oss.network.link_deeds import DONE_BY, Near
from oss.network.link_keeper import FAILURES, Asked, DevicesAway, Keeper

T = TypeVar("T")
log = logging.getLogger(__name__)
HEARD_S: Final = 5.0
ENDED_S: Final = 10.0
SILENCE_S: Final = 60.0
LOOK_S: Final = 1.0


# ------------------------------------------------------------ who asks


@dataclass(slots=True)
class _Waiting:
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    done: asyncio.Event = field(default_factory=asyncio.Event)


class Asking:
    """A process that asks another one."""

    def __init__(self, sealer: Sealer, name: str) -> None:
        self.sealer, self.asker = sealer, f"{name}-{secrets.token_hex(4)}"
        self._waiting: dict[int, _Waiting] = {}
        self._later: set[asyncio.Future[Any]] = set()
        self._listens = asyncio.Event()

    async def run(self, health: Health) -> None:
        """Hear answers until cancelled."""
        async with listening(db.address(), link_wire.ANSWERS, self._ring) as ears:
            self._listens.set()
            try:
                for number in await link_wire.answered(list(self._waiting)):  # while the bell was lost
                    self._ring(f"{self.asker} {number} {link_wire.DONE}")
                while True:
                    ears.check()
                    health.beat()
                    await asyncio.sleep(LOOK_S)
            finally:
                self._listens.clear()

    def _ring(self, payload: str) -> None:
        asker, number, word = payload.rsplit(" ", 2)
        waiting = self._waiting.get(int(number)) if asker == self.asker else None
        if waiting is not None:
            waiting.heard.set()
            if word == link_wire.DONE:
                waiting.done.set()

    async def call(self, **question: Any) -> tuple[dict[str, Any], list[Any]]:
        """One question and its answer. Raises DevicesAway, and the problem of the answer."""
        call_id = await db.fetchval("select nextval('device_call_id_seq')")
        waiting = self._waiting[call_id] = _Waiting()
        try:
            if not await self._heard(call_id, waiting, question):
                raise DevicesAway(name="?")
            await waiting.done.wait()
            return await link_wire.fetched(self.sealer, call_id)
        except asyncio.CancelledError:
            self._meanwhile(link_wire.forget(call_id))
            raise
        finally:
            del self._waiting[call_id]

    async def _heard(self, call_id: int, waiting: _Waiting, question: dict[str, Any]) -> bool:
        """Whether somebody has heard it in time; else it is not asked any more."""
        try:
            async with asyncio.timeout(HEARD_S):
                await self._listens.wait()
                await link_wire.put(self.sealer, self.asker, call_id, question)
                await waiting.heard.wait()
        except TimeoutError:
            return await link_wire.heard(call_id)
        return True

    def _meanwhile(self, work: Coroutine[Any, Any, Any]) -> asyncio.Future[Any]:
        """Done to its end, whoever leaves; what goes wrong then is nobody's any more."""
        task = asyncio.ensure_future(work)
        self._later.add(task)
        task.add_done_callback(self._over)
        return task

    def _over(self, task: asyncio.Future[Any]) -> None:
        self._later.discard(task)
        if not task.cancelled():
            task.exception()

    async def do(self, device_id: int, act: Callable[[Driver, Link], Awaitable[T]], asked: Asked) -> T:
        """As `Keeper.do`, by way of the keeper."""
        try:
            async with asyncio.timeout(asked.deadline_s) as limit:
                return await self._in_turn(device_id, act, asked)
        except TimeoutError:
            if not limit.expired():
                raise
            raise DeviceSlow(name=str(device_id), what=asked.what, seconds=f"{asked.deadline_s:g}") from None

    async def _in_turn(self, device_id: int, act: Callable[[Driver, Link], Awaitable[T]], asked: Asked) -> T:
        wish = {"device": device_id, "what": asked.what, "asked_by": asked.asked_by}
        wish |= {"priority": int(asked.priority), "deadline_s": asked.deadline_s}
        try:
            head, _ = await self.call(op="begin", turn=asked.id, **wish)
        except Problem:  # it did not begin
            raise
        except BaseException:
            await self._end(turn=asked.id)
            raise
        turn = {"turn": asked.id, "keeper": head["keeper"]}
        try:
            return await act(registry.drivers()[head["driver"]], FarLink(self, turn))
        finally:
            await self._end(**turn)

    async def _end(self, **turn: str) -> None:
        """Give the turn back; whoever has it may be gone."""
        ending = self._meanwhile(asyncio.wait_for(self.call(op="end", **turn), ENDED_S))
        with suppress(DeviceProblem, TimeoutError):
            await asyncio.shield(ending)


class FarLink:
    """A `Link` whose ways are open in another process."""

    def __init__(self, asking: Asking, turn: dict[str, str]) -> None:
        self._asking, self._turn = asking, turn
        self._shell: FarShell | None = None

    async def ask(self, op: str, **more: Any) -> tuple[dict[str, Any], list[Any]]:
        """One thing done to the device."""
        return await self._asking.call(op=op, **self._turn, **more)

    async def shell(self) -> Shell:
        head, _ = await self.ask("shell")
        if self._shell is None or self._shell.number != head["shell"]:
            self._shell = FarShell(self, head["shell"], head["prompt"])
        return self._shell

    async def api(self) -> Api:
        await self.ask("api")
        return FarApi(self)

    async def snmp(self) -> Snmp:
        await self.ask("snmp")
        return FarSnmp(self)

    def keys(self) -> Mapping[str, str]:
        return {}


class FarShell:
    """A `Shell` there. ``number``: which of those that the act was given; where it was lost, no other is taken."""

    def __init__(self, link: FarLink, number: int, prompt: str) -> None:
        self._link, self.number, self.prompt = link, number, prompt

    async def run(
        self,
        command: str,
        *,
        timeout_s: float = 30.0,
        answers: Mapping[str, str] | None = None,
        quiet: bool = False,
        nothing: Sequence[str] = (),
    ) -> str:
        more = {"timeout_s": timeout_s, "answers": dict(answers or {}), "quiet": quiet, "nothing": list(nothing)}
        head, _ = await self._link.ask("run", shell=self.number, command=command, **more)
        self.prompt = head["prompt"]
        return str(head["value"])


class FarApi:
    """An `Api` there."""

    def __init__(self, link: FarLink) -> None:
        self._link = link

    async def rows(
        self, path: str, *, props: Sequence[str] = (), where: Sequence[str] = (), timeout_s: float = 30.0
    ) -> list[dict[str, str]]:
        more = {"props": list(props), "where": list(where), "timeout_s": timeout_s}
        return (await self._link.ask("rows", path=path, **more))[1]

    async def call(
        self, command: str, words: Mapping[str, str] | None = None, *, timeout_s: float = 30.0
    ) -> list[dict[str, str]]:
        return (await self._link.ask("call", command=command, words=dict(words or {}), timeout_s=timeout_s))[1]


class FarSnmp:
    """An `Snmp` there."""

    def __init__(self, link: FarLink) -> None:
        self._link = link

    async def column(self, oid: str) -> Mapping[tuple[int, ...], object]:
        _, rows = await self._link.ask("column", oid=oid)
        return {tuple(index): value for index, value in rows}

    async def get(self, oids: Sequence[str]) -> Mapping[str, object]:
        _, rows = await self._link.ask("get", oids=list(oids))
        return dict(rows)

    async def put(self, oid: str, value: int | str | bytes) -> None:
        await self._link.ask("put", oid=oid, value=value)


# ------------------------------------------------------------ who answers


@dataclass(slots=True)
class _Turn:
    """An act that runs elsewhere. ``wishes``: what it asks, with the numbers of the calls."""

    wishes: asyncio.Queue[tuple[int, dict[str, Any]]] = field(default_factory=asyncio.Queue)
    task: asyncio.Task[None] | None = None
    began: bool = False
    at_work: bool = False


class Answering:
    """The keeper's side."""

    def __init__(self, keeper: Keeper) -> None:
        self.keeper, self.sealer = keeper, keeper.sealer
        self.id = secrets.token_hex(8)
        self._turns: dict[str, _Turn] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, health: Health) -> None:
        """Answer until cancelled. Raises ConnectionError where the bell is lost."""
        async with listening(db.address(), link_wire.CALLS, self._ring) as ears:
            try:
                for number in await link_wire.pending():  # asked before anybody listened
                    self._ring(str(number))
                while True:
                    ears.check()
                    health.beat()
                    await asyncio.sleep(LOOK_S)
            finally:
                for task in list(self._tasks):
                    task.cancel()
                await asyncio.gather(*self._tasks, return_exceptions=True)

    def _ring(self, number: str) -> None:
        self._start(self._hear(int(number)))

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            log.error("an act from another process failed", exc_info=problem)

    async def _hear(self, call_id: int) -> None:
        wish = await link_wire.asked(self.sealer, call_id)
        if wish is None:
            return
        turn = self._turns.get(wish["turn"])
        if wish["op"] == "begin":
            if turn is None:
                turn = self._turns[wish["turn"]] = _Turn()
                turn.task = self._start(self._serve(call_id, wish, turn))
        elif turn is None and wish.get("keeper") != self.id:
            return  # of a turn that another one keeps, or kept
        elif not await link_wire.claimed(call_id):
            return
        elif turn is None:
            gone = {} if wish["op"] == "end" else link_wire.told(LinkLost(name="?", what=wish["op"]))
            await link_wire.answer(self.sealer, call_id, gone)
        elif wish["op"] == "end" and (turn.at_work or not turn.began):
            await self._break_off(call_id, turn)
        else:
            turn.wishes.put_nowait((call_id, wish))

    async def _break_off(self, call_id: int, turn: _Turn) -> None:
        """Who asked has left: what is being done for it ends, as if it had been here."""
        if turn.task is not None:
            turn.task.cancel()
        await link_wire.answer(self.sealer, call_id, {})

    async def _serve(self, call_id: int, wish: dict[str, Any], turn: _Turn) -> None:
        asked = Asked(wish["what"], wish["asked_by"], Priority(wish["priority"]), wish["deadline_s"], wish["turn"])

        async def act(driver: Driver, link: Link) -> None:
            turn.began = True
            await link_wire.answer(self.sealer, call_id, {"driver": driver.key, "keeper": self.id})
            await self._wishes(link, turn)

        try:
            if await link_wire.claimed(call_id):
                await self.keeper.do(wish["device"], act, asked)
        except Problem as problem:
            if not turn.began:
                await link_wire.answer(self.sealer, call_id, link_wire.told(problem))
        finally:
            self._turns.pop(wish["turn"], None)

    async def _wishes(self, link: Link, turn: _Turn) -> None:
        """What the act does, one thing after the other, until it ends; what broke the link ends as that."""
        lost: DeviceProblem | None = None
        near = Near(link)
        while True:
            try:
                async with asyncio.timeout(SILENCE_S):
                    call_id, wish = await turn.wishes.get()
            except TimeoutError:  # who asked has ended without a word
                return
            if wish["op"] == "end":
                await link_wire.answer(self.sealer, call_id, {})
                if lost is not None:
                    raise lost
                return
            turn.at_work = True
            try:
                head, rows = await DONE_BY[wish["op"]](near, wish)
            except DeviceProblem as problem:
                lost = problem if isinstance(problem, FAILURES) else lost
                head, rows = link_wire.told(problem), []
            except Exception:  # supervision edge: who asked must not wait for what will never come
                log.exception("what another process asked of a device failed")
                head, rows = link_wire.told(DeviceProblem(name="?")), []
            finally:
                turn.at_work = False
            await link_wire.answer(self.sealer, call_id, head, rows)
