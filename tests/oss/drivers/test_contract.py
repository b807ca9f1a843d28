"""What every driver keeps: the one in a new file, too, which nobody names here."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oss.drivers import metering, problems
from oss.drivers.problems import AnswerUnreadable, CommandRefused, DeviceSlow, LinkLost
from oss.drivers.registry import Driver, drivers

from .contract import act, expected, methods, transcripts
from .played import NAME, Played, Unscripted
from .transcript import Transcript
from .wrong import can_be_mangled, mangled

CASES = [(driver, one) for driver in drivers().values() for one in transcripts(driver.key)]
TEXTS = [case for case in CASES if case[1].method == "configuration" and case[1].fails is None]
NAMES = [one.name for _, one in CASES]
ALL = pytest.mark.parametrize(("driver", "transcript"), CASES, ids=NAMES)
EACH = pytest.mark.parametrize("driver", drivers().values(), ids=list(drivers()))
BREAKS = (LinkLost(name=NAME, what="it"), DeviceSlow(name=NAME, what="it", seconds=30))


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    """A loop for thousands of conversations that never wait."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(autouse=True)
def a_second_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second between two readings of a counter passes at once."""
    at = [0.0]

    async def passed(seconds: float) -> None:
        at[0] += seconds

    monkeypatch.setattr(metering, "now", lambda: at[0])
    monkeypatch.setattr(metering, "pause", passed)


@EACH
def test_each_thing_a_driver_can_do_has_a_transcript(driver: Driver) -> None:
    shown = {(one.part, one.method) for one in transcripts(driver.key)}
    assert methods(driver)
    assert methods(driver) - shown == set()


@EACH
def test_a_driver_says_how_it_is_found_and_spoken_to(driver: Driver) -> None:
    assert driver.title and driver.maker and driver.protocols
    assert all(re.fullmatch(r"1(\.\d+)+", oid) for oid in driver.object_ids)
    assert (driver.dialect is not None) >= bool({"ssh", "telnet"} & set(driver.protocols))


@ALL
async def test_what_was_answered_once_is_read_as_it_was_meant(driver: Driver, transcript: Transcript) -> None:
    link = Played(transcript)
    if transcript.fails:
        with pytest.raises(getattr(problems, transcript.fails)):
            await act(driver, transcript, link)
    else:
        assert await act(driver, transcript, link) == expected(transcript)
    assert link.over, f"never said: {[one.said for one in transcript.exchanges[link.at :]]}"


@ALL
async def test_a_link_that_breaks_is_never_taken_for_an_answer(driver: Driver, transcript: Transcript) -> None:
    for at in range(len(transcript.exchanges)):
        for problem in BREAKS:
            with pytest.raises(type(problem)):
                await act(driver, transcript, Played(transcript, (at, problem)))


@pytest.mark.parametrize(("driver", "transcript"), TEXTS, ids=[one.name for _, one in TEXTS])
async def test_a_configuration_is_in_no_transcript_and_in_no_problem(driver: Driver, transcript: Transcript) -> None:
    link = Played(transcript)
    text = await act(driver, transcript, link)
    assert not any(line in answer for answer in link.loud for line in text.split("\n") if line.strip())
    at = next(n for n, one in enumerate(transcript.exchanges) if one.how == "say" and "\n" in one.answer)
    whole = transcript.exchanges[at].answer
    cut = "secret hunter2" if driver.key == "mikrotik" else whole.rstrip().rpartition("\n")[0] + "\nsecret hunter2"
    with pytest.raises(AnswerUnreadable) as found:
        await act(driver, transcript, Played(transcript.answered(at, cut)))
    assert "hunter2" not in str(found.value.facts) and "secret" not in str(found.value.facts)


@ALL
def test_the_dialect_knows_the_prompts_and_refusals_of_its_transcripts(driver: Driver, transcript: Transcript) -> None:
    spoken = [one for one in transcript.exchanges if one.how in ("say", "refuse")]
    if not spoken:
        assert not transcript.prompt
        return
    assert driver.dialect is not None
    if not driver.dialect.prompts:
        assert not transcript.prompt
    for prompt in {transcript.prompt, *(one.prompt for one in spoken)}:
        fits = any(re.search(one, prompt) for one in driver.dialect.prompts)
        assert fits == bool(driver.dialect.prompts), f"no prompt of the dialect: {prompt!r}"
    for one in spoken:
        lines = one.answer.split("\n")
        refusing = [line for line in lines if any(re.search(error, line) for error in driver.dialect.errors)]
        assert bool(refusing) == (one.how == "refuse"), f"{one.said}: {refusing or one.answer}"


@pytest.mark.parametrize(
    ("driver", "transcript"),
    [case for case in CASES if can_be_mangled(case[1])],
    ids=[one.name for _, one in CASES if can_be_mangled(one)],
)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_wrong_answer_is_an_error_and_never_a_wrong_value(
    driver: Driver, transcript: Transcript, loop: asyncio.Runner, data: st.DataObject
) -> None:
    wrong, right_for = data.draw(mangled(transcript))
    told = getattr(problems, transcript.fails) if transcript.fails else AnswerUnreadable
    try:
        found = loop.run(act(driver, wrong, Played(wrong)))
    except (AnswerUnreadable, CommandRefused, Unscripted, told):
        return
    assert transcript.fails is None
    assert right_for(expected(transcript), found), f"{found} was made of it"
