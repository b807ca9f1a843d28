"""A course taken: each command is written down before it is said, the end is read back, and what fails is taken back.

It ends in one of three ways, and never half unseen: ``done`` (the read-back shows what was wanted), ``rolled-back``
(it shows what was there before), ``stuck`` (neither; what is in force is known by the steps' marks). Who was killed in
the middle begins again with `resume`: the read-back decides what became of the command that nobody heard the answer of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from oss.base.problems import Problem
from oss.drivers import sets, views
from oss.drivers.links import Link, Shell
from oss.drivers.olt import Check, Course, Olt, Service, Step, differences
from oss.drivers.problems import CommandRefused, DeviceProblem, NotAsOrdered


class AnotherOnuThere(Problem):
    """At {place} the OLT has {seen} and not {serial}: nothing was changed."""

    status = 409


State = Literal["waiting", "said", "done", "refused", "unknown"]
How = Literal["done", "rolled-back", "stuck"]
AGAIN: Final = 2
"""A command of the way back is said so often where the connection is lost."""


@dataclass(slots=True)
class Mark:
    """How far one step is: ``state`` of its command, ``back``: how many of its undo's commands were said.

    ``said``: written down, and no answer seen; ``unknown``: the connection ended before the answer.
    """

    state: State = "waiting"
    back: int = 0
    answer: str = ""
    doubts: list[str] = field(default_factory=list)  # what was refused on the way back


def in_force(steps: Sequence[Step], marks: Sequence[Mark]) -> list[int]:
    """Which commands stand, as far as the marks tell. What has no undo goes with the step before it that has one."""
    found, stands = list[int](), True
    for position, (step, mark) in enumerate(zip(steps, marks, strict=True)):
        if step.way_back:
            stands = mark.back < len(step.way_back)
        if stands and mark.state in ("said", "done", "unknown"):
            found.append(position)
    return found


def unsaid(steps: Sequence[Step], marks: Sequence[Mark]) -> list[int]:
    """Which commands "continue" says: those that were not heard to be done, and those that were taken back.

    What has no undo was taken back with the step before it that has one; and that, also where only a part of its way
    back was gone.
    """
    found, whole = list[int](), True
    for position, (step, mark) in enumerate(zip(steps, marks, strict=True)):
        if step.way_back:
            whole = not mark.back
        if mark.state != "done" or not whole:
            found.append(position)
    return found


class Notebook(Protocol):
    """Who keeps the marks: each call has committed before it returns."""

    async def note(self, position: int, mark: Mark, command: str) -> None:
        """``command``: what is said next, or was just answered."""


@dataclass(frozen=True, slots=True)
class End:
    """``problem``: what went wrong first; ``seen``: what each check's place showed at the end, if it could be read.

    ``lost``: why the way back could not be gone to its end now; it may be resumed later.
    """

    how: How
    problem: Problem | None = None
    seen: tuple[Service | None, ...] | None = None
    lost: DeviceProblem | None = None


class Walk:
    """A course on one link. ``leave``: the dialect's word that leaves a view."""

    def __init__(
        self, link: Link, olt: Olt, leave: str, course: Course, notebook: Notebook, marks: Iterable[Mark] = ()
    ) -> None:
        self.link, self.olt, self.leave, self.course, self.notebook = link, olt, leave, course, notebook
        self.marks = list(marks) or [Mark() for _ in course.steps]
        self._view: tuple[str, ...] | None = None
        self._shell: Shell | None = None

    # ------------------------------------------------------------ ways to begin

    async def run(self) -> End:
        """From the beginning to one of the three ends."""
        problem = await self._forward()
        return await self._settled(problem)

    async def resume(self) -> End:
        """After a process that was killed: looked at first, then ended."""
        seen = await self._seen()
        if self._is(seen, after=True):
            return await self._done(seen)
        if self._is(seen, after=False) and not self._hides:
            return End("rolled-back", seen=seen)
        return await self._back(None, seen)

    async def go_on(self) -> End:
        """A stuck course said to its end by a person's wish; what fails leaves it stuck."""
        seen = await self._seen()
        if stranger := self._somebody_elses(seen):
            return End("stuck", stranger, seen)
        for position in reversed(unsaid(self.course.steps, self.marks)):  # what was taken back is known by the first
            self.marks[position] = Mark()
            await self.notebook.note(position, self.marks[position], "")
        problem = await self._forward()
        seen = await self._seen()
        if self._is(seen, after=True):
            return await self._done(seen)
        return End("stuck", problem or self._differs(seen), seen)

    async def take_back(self) -> End:
        """A stuck course taken back by a person's wish."""
        return await self._back(None)

    @property
    def _hides(self) -> bool:
        """Whether half of it may stand where no read-back sees it: rows that are made and not active yet (RFC 2579)."""
        return any(step.by == "snmp" for step in self.course.steps)

    # ------------------------------------------------------------ forward

    async def _forward(self) -> DeviceProblem | None:
        for position, (step, mark) in enumerate(zip(self.course.steps, self.marks, strict=True)):
            if mark.state == "done":
                continue
            mark.state = "said"
            await self.notebook.note(position, mark, step.command)
            try:
                mark.answer = (await self._say(step, step.view, step.command))[-2000:]
                mark.state = "done"
            except CommandRefused as problem:
                mark.state, mark.answer = "refused", str(problem.facts.get("answer", ""))[-2000:]
                await self.notebook.note(position, mark, step.command)
                return problem
            except DeviceProblem as problem:
                mark.state, self._view = "unknown", None
                await self.notebook.note(position, mark, step.command)
                return problem
            await self.notebook.note(position, mark, step.command)
        return None

    async def _settled(self, problem: DeviceProblem | None) -> End:
        """Whether it is done is what the OLT shows, whatever it said while it was told."""
        try:
            seen = await self._seen()
        except DeviceProblem as away:
            return await self._back(problem or away)
        if self._is(seen, after=True) and not isinstance(problem, CommandRefused):
            return await self._done(seen)
        if self._is(seen, after=False) and problem is not None and not self._hides:
            return End("rolled-back", problem, seen)
        return await self._back(problem or self._differs(seen), seen)

    def _differs(self, seen: tuple[Service | None, ...]) -> DeviceProblem:
        pairs = zip(self.course.checks, seen, strict=True)
        wrong = {field for one, at in pairs for field in differences(one.after, at)}
        return NotAsOrdered(name="OLT", what=", ".join(sorted(wrong)))

    async def _done(self, seen: tuple[Service | None, ...]) -> End:
        """What was in doubt is shown by the read-back to be in force."""
        for position, mark in enumerate(self.marks):
            if mark.state in ("said", "unknown"):
                mark.state = "done"
                await self.notebook.note(position, mark, self.course.steps[position].command)
        return End("done", seen=seen)

    # ------------------------------------------------------------ back

    async def _back(self, problem: DeviceProblem | None, seen: tuple[Service | None, ...] | None = None) -> End:
        try:
            seen = await self._seen() if seen is None else seen
            if stranger := self._somebody_elses(seen):
                return End("stuck", problem or stranger, seen)
            for position in reversed(range(len(self.marks))):
                await self._undo(position)
            seen = await self._seen()
        except DeviceProblem as another:
            return End("stuck", problem or another, lost=another)
        return End("rolled-back" if self._is(seen, after=False) else "stuck", problem, seen)

    async def _undo(self, position: int) -> None:
        """One step's way back, all of it. A refusal is noted and not believed: what the read-back shows decides.

        ``back`` stays at the first command that was refused, so that a person's wish begins there again.
        """
        step, mark = self.course.steps[position], self.marks[position]
        if mark.state in ("waiting", "refused"):
            return
        begun, mark.doubts = mark.back, []
        for view, command in step.way_back[begun:]:
            await self.notebook.note(position, mark, command)
            refusal = await self._said_back(step, view, command)
            if refusal:
                mark.doubts.append(f"{command}: {refusal}"[-300:])
            mark.back += not mark.doubts
            await self.notebook.note(position, mark, command)

    async def _said_back(self, step: Step, view: tuple[str, ...], command: str) -> str:
        """What the device says against it, empty where it took it; said again where the connection is lost."""
        for left in reversed(range(AGAIN)):
            try:
                await self._say(step, view, command)
                return ""
            except CommandRefused as problem:
                return str(problem.facts.get("answer", "")) or "refused"
            except DeviceProblem:
                self._view = None
                if not left:
                    raise
        return ""

    # ------------------------------------------------------------ the device

    async def _say(self, step: Step, view: tuple[str, ...], command: str) -> str:
        if step.by == "snmp":
            await (await self.link.snmp()).put(*sets.read(command))
            return ""
        shell = await self.link.shell()
        if shell is not self._shell:  # opened anew, it stands in no view
            self._shell, self._view = shell, None
        if self._view != view:
            await views.home(shell, self.leave)
            self._view = None
            for one in view:
                await shell.run(one, timeout_s=views.COMMAND_S)
            self._view = view
        return await shell.run(command, timeout_s=views.COMMAND_S)

    async def _seen(self) -> tuple[Service | None, ...]:
        self._view = None
        return tuple([await self.olt.read_back(self.link, one.pon, one.number) for one in self.course.checks])

    def _is(self, seen: tuple[Service | None, ...], after: bool) -> bool:
        wanted: Callable[[Check], Service | None] = lambda one: one.after if after else one.before  # noqa: E731
        return all(not differences(wanted(one), at) for one, at in zip(self.course.checks, seen, strict=True))

    def _somebody_elses(self, seen: tuple[Service | None, ...]) -> AnotherOnuThere | None:
        """An ONU that is neither what was nor what was to come: it is not ours to take away, or to write to."""
        for one, at in zip(self.course.checks, seen, strict=True):
            ours = {known.serial for known in (one.before, one.after) if known}
            if at is not None and at.serial not in ours:
                return AnotherOnuThere(place=f"{one.pon}:{one.number}", seen=at.serial, serial=self.course.serial)
        return None
