"""Repetitions are counted and not told; nothing is lost, and the order of what differs stays."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from snmp.trap_events import Kind, TrapEvent
from snmp.trap_fold import MOST_INFORMS, Fold, Heard, Memory

from .trap_wires import UNHURRIED

DOWN = TrapEvent(Kind.LINK_DOWN, "1.3.6.1.6.3.1.1.5.3", subject="link:1")
UP = TrapEvent(Kind.LINK_UP, "1.3.6.1.6.3.1.1.5.4", subject="link:1")


class Wire:
    """One source's traps, folded."""

    def __init__(self, **options: float) -> None:
        self.fold, self.memory, self.told = Fold(**options), Memory(), list[Heard]()  # type: ignore[arg-type]

    def hear(self, event: TrapEvent, content: bytes, at: float) -> None:
        if not self.fold.repeats(self.memory, content, at, 0):
            self.told += self.fold.begin(self.memory, 1, event, content, at, 0)


def kinds(told: list[Heard]) -> list[tuple[Kind, int, bool]]:
    return [(one.event.kind, one.count, one.again) for one in told]


def test_a_storm_of_one_trap_is_told_once_and_then_as_a_number() -> None:
    wire = Wire(again_s=10)
    for second in range(8):
        wire.hear(DOWN, b"down", 100.0 + second)
    assert kinds(wire.told) == [(Kind.LINK_DOWN, 1, False)]
    assert list(wire.fold.due(110.9)) == []
    (rest,) = wire.fold.due(111.0)
    assert (rest.count, rest.first_at, rest.last_at, rest.again) == (7, 101.0, 107.0, True)
    assert list(wire.fold.due(999.0)) == []


def test_a_flapping_link_stays_as_many_events_as_it_is() -> None:
    wire = Wire()
    for second in range(3):
        wire.hear(DOWN, b"down", float(second))
        wire.hear(UP, b"up", second + 0.5)
    assert kinds(wire.told) == [(Kind.LINK_DOWN, 1, False), (Kind.LINK_UP, 1, False)] * 3


def test_what_ends_a_storm_is_told_behind_its_number() -> None:
    wire = Wire()
    for second in range(4):
        wire.hear(DOWN, b"down", float(second))
    wire.hear(UP, b"up", 4.0)
    assert kinds(wire.told) == [(Kind.LINK_DOWN, 1, False), (Kind.LINK_DOWN, 3, True), (Kind.LINK_UP, 1, False)]


def test_a_trap_that_comes_again_after_a_silence_is_news() -> None:
    wire = Wire(again_s=10)
    wire.hear(DOWN, b"down", 0.0)
    wire.hear(DOWN, b"down", 10.1)
    assert kinds(wire.told) == [(Kind.LINK_DOWN, 1, False)] * 2


def test_a_slow_repetition_goes_on_being_counted() -> None:
    wire = Wire(again_s=10)
    for second in range(0, 60, 5):
        wire.hear(DOWN, b"down", float(second))
        wire.told += wire.fold.due(float(second))
    wire.told += wire.fold.rest()
    assert [one.count for one in wire.told if not one.again] == [1]
    assert sum(one.count for one in wire.told) == 12


steps = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 3), st.floats(0, 12), st.booleans()), min_size=1, max_size=60
)


@UNHURRIED
@given(steps, st.integers(1, 4), st.integers(1, 5))
def test_no_trap_is_lost_or_counted_twice(heard: list[tuple[int, int, float, bool]], most: int, in_all: int) -> None:
    fold, memories, told, at = Fold(10, most, in_all), (Memory(), Memory()), list[Heard](), 0.0
    for subject, state, later, settles in heard:
        at += later
        content = b"%d %d" % (subject, state)
        event = TrapEvent(Kind.OTHER, f"1.3.{state}", subject=str(subject) if subject else "")
        memory = memories[subject % 2]
        if not fold.repeats(memory, content, at, 0):
            told += fold.begin(memory, subject % 2, event, content, at, 0)
        if settles:
            told += fold.due(at)
        assert all(len(one.runs) <= most for one in memories)
        assert sum(len(one.runs) for one in memories) <= in_all
        assert all(len(one.runs) == len(one.by_content) for one in memories)
    told += fold.rest()
    assert sum(one.count for one in told) == len(heard)
    for trap in {one.event.trap for one in told}:
        count = sum(one.count for one in told if one.event.trap == trap)
        assert count == sum(f"1.3.{state}" == trap for _, state, _, _ in heard)
    for one in told:
        assert one.first_at <= one.last_at


def test_informs_are_recognised_within_a_bound() -> None:
    memory = Memory()
    informs = [b"inform %d" % n for n in range(MOST_INFORMS + 1)]
    assert not any(map(memory.retransmitted, informs))
    assert memory.retransmitted(informs[-1])
    assert not memory.retransmitted(informs[0])
    assert len(memory.informs) == MOST_INFORMS
