"""The conversation with a command line, without a socket: what is heard in which pieces does not matter."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.drivers.links import Dialect
from oss.drivers.registry import drivers
from oss.drivers.transport import shell, terminal
from oss.drivers.transport.shell import Conversation, NotLetIn, Phase, TooMuch

DIALECT = Dialect(
    prompts=(r"<[\w.-]+>", r"\[[\w./-]+\]", r"[\w.-]+(\([\w./-]+\))?[>#]"),
    errors=(r"^Error:",),
    pager={r"---- More ----": " ", r"--More--": " "},
    confirms={r"Are you sure\? \[Y/N\]:": "Y", r"\{ <cr>.*\}:": ""},
)
Cut = Callable[[str], Sequence[str]]


def in_pieces(cuts: Sequence[int]) -> Cut:
    """Cut a text where the numbers say."""

    def cut(text: str) -> Sequence[str]:
        places = sorted({0, len(text), *(one % (len(text) + 1) for one in cuts)})
        return [text[a:b] for a, b in itertools.pairwise(places)]

    return cut


def whole(text: str) -> Sequence[str]:
    return [text]


def ready(prompt: str = "OLT-1#") -> Conversation:
    """One that is logged in at a device that echoes."""
    talk = Conversation(DIALECT)
    talk.feed(f"\r\nWelcome\r\n{prompt}")
    assert talk.due() is not None and talk.act() is None
    talk.ask("first")
    talk.feed(f"first\r\n{prompt}")
    assert talk.act() is None
    return talk


def told(talk: Conversation, command: str, says: Sequence[str], cut: Cut = whole) -> list[str]:
    """Ask, and hear what the device says, which waits for us after each of ``says``; returns what was said to it."""
    said = [talk.ask(command)]
    for n, text in enumerate(says):
        for piece in cut(text):
            talk.feed(piece)
        assert talk.due() is not None, text
        answer = talk.act()
        if answer is None:
            assert n == len(says) - 1
        else:
            said.append(answer)
    return said


PIECES = st.lists(st.integers(0, 10_000), max_size=60)
LINES = st.lists(
    st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f\x85"), max_size=90), max_size=30
)
ODD = st.lists(
    st.sampled_from(
        [
            "OLT-1#",
            "OLT-1(config)#",
            "other>",
            "---- More ----x",
            "Are you sure? [Y/N]: y",
            "",
            "  a",
            "<VRP>",
            "\tx",
            "Error none",
        ]
    ),
    max_size=8,
)
WIPES = st.sampled_from(
    [
        "\r" + " " * 14 + "\r",
        "\b" * 14 + " " * 14 + "\b" * 14,
        "\x1b[14D" + " " * 14 + "\x1b[14D",
        "\r\x1b[K",
        "\x1b[2K\r",
    ]
)


@given(LINES, ODD, st.integers(1, 7), WIPES, PIECES)
def test_any_cutting_of_the_same_stream_gives_the_same_answer(
    lines: list[str], odd: list[str], page: int, wipe: str, cuts: list[int]
) -> None:
    mixed = [*lines[::2], *odd, *lines[1::2], "end"]
    said, text = [], "display all\r\n"
    for n, line in enumerate(mixed):
        if n and n % page == 0:
            said.append(text + "---- More ----")
            text = wipe
        text += line + "\r\n"
    said.append(text + "OLT-1#")
    talk = ready()
    heard = told(talk, "display all", said, in_pieces(cuts))
    assert heard == ["display all\n", *[" "] * (len(said) - 1)]
    assert talk.answer.split("\n") == list(itertools.dropwhile(lambda one: not one, map(terminal.line, mixed)))
    assert talk.phase is Phase.READY and talk.prompt == "OLT-1#"


@given(
    st.lists(
        st.sampled_from(
            ["\x1b", "[", "D", "3", "\b", "\r", "\n", "a", "#", "OLT-1#", "\x1b[2K", " ", "\x1b[9999999999C"]
        ),
        max_size=60,
    ),
    PIECES,
)
def test_nothing_that_is_heard_breaks_it(letters: list[str], cuts: list[int]) -> None:
    text = "".join(letters)
    one, other = ready(), ready()
    one.ask("x")
    other.ask("x")
    one.feed(text)
    for piece in in_pieces(cuts)(text):
        other.feed(piece)
        other.due()
    assert one.due() == other.due()
    assert terminal.lines(text) == [terminal.line(line) for line in text.split("\n")]


def test_huawei_s_pairs_of_a_space_and_a_step_back_leave_no_trace() -> None:
    talk = ready()
    told(talk, "display ont info 0 1 all", ["display ont info 0 \x1b[1D1 all\r\n 0/ 1/0\r\nOLT-1#"])
    assert talk.answer == " 0/ 1/0"


def test_an_echo_that_the_terminal_wrapped_is_taken_away_whole() -> None:
    talk = ready()
    command = "service-port 100 vlan 200 gpon 0/1/6 ont 2 gemport 1 multi-service user-vlan 200 tag-transform translate"
    told(talk, command, [command[:70] + "\r\n" + command[70:] + "\r\ndone\r\nOLT-1#"])
    assert talk.answer == "done"


def test_a_stale_prompt_before_the_echo_is_not_the_answer() -> None:
    talk = ready()
    talk.ask("display version")
    talk.feed("\r\nOLT-1#")
    stale = talk.due()
    talk.feed("display version\r\nV800\r\nOLT-1#")
    fresh = talk.due()
    assert stale is not None and fresh is not None and stale >= 50 * fresh
    talk.act()
    assert talk.answer == "V800"


def test_the_less_a_prompt_is_like_the_known_one_the_longer_it_is_doubted() -> None:
    waits = []
    for prompt in ("OLT-1#", "OLT-1(config)#", "another#"):
        talk = ready()
        talk.ask("x")
        talk.feed(f"x\r\n{prompt}")
        waits.append(talk.due())
    assert None not in waits and waits == sorted(waits) and len(set(waits)) == 3  # type: ignore[type-var]


def test_questions_are_answered_by_the_command_before_the_dialect() -> None:
    talk = ready()
    talk.ask("reset", {r"Are you sure\? \[Y/N\]:": "N"})
    talk.feed("reset\r\nAre you sure? [Y/N]:")
    assert talk.act() == "N\n"
    assert talk.due() is None  # its answer has not come yet
    talk.feed("N\r\nOLT-1#")
    assert talk.act() is None


def test_a_question_of_nobody_waits() -> None:
    talk = ready()
    talk.ask("format flash:")
    talk.feed("format flash:\r\nProceed? (yes/no):")
    assert talk.due() is None


def test_the_lines_that_refuse_are_the_dialect_s() -> None:
    talk = ready()
    told(talk, "display x", ["display x\r\nErrors: 0\r\nOLT-1#"])
    assert talk.refusal is None
    told(talk, "display y", ["display y\r\n        ^\r\nError: Wrong parameter\r\nOLT-1#"])
    assert talk.refusal == "Error: Wrong parameter"


def login(says: Sequence[str], dialect: Dialect = DIALECT) -> list[str]:
    """What a device asks, and what is said to it."""
    talk, said = Conversation(dialect, user="ana", password="dela"), []
    for text in says:
        talk.feed(text)
        assert talk.due() is not None
        answer = talk.act()
        if answer is not None:
            said.append(answer)
    assert talk.phase is Phase.READY
    return said


def test_name_and_password_are_said_where_they_are_asked_for() -> None:
    assert login(["\r\n>>User name:", ">>User password:", "\r\n\r\nWelcome\r\nOLT-1>"]) == ["ana\n", "dela\n"]
    assert login(["banner\r\n---- More ----", "\r      \rUsername:", "Password:", "\r\n<VRP>"]) == [
        " ",
        "ana\n",
        "dela\n",
    ]
    assert login(["\r\nOLT-1>"]) == []


@pytest.mark.parametrize(
    ("maker", "question", "answer", "prompt"),
    [
        ("huawei_vrp", "Warning: The initial password poses security risks.\r\n"
            "The password needs to be changed. Change now? [Y/N]:", "n", "<R-1>"),
        ("huawei-olt", "The password will expire. Are you sure to change it? (y/n)[n]:", "n", "OLT>"),
        ("zte-c300", "Modify the default password now? [yes/no]:", "no", "ZXAN>"),
        ("cisco_ios", "Would you like to enter the initial dialog? (Y/N)", "n", "R-1>"),
        ("huawei-olt", "Only who may is let in. Do you go on? (YES/NO):", "YES", "OLT>"),
    ],
)  # fmt: skip
def test_at_the_door_nothing_is_agreed_to_but_what_lets_in(maker: str, question: str, answer: str, prompt: str) -> None:
    dialect = drivers()[maker].dialect
    assert dialect is not None
    asked = ["Username:" if maker != "huawei-olt" else ">>User name:", "\r\nPassword:", f"\r\n{question}"]
    assert login([*asked, f"{answer}\r\n{prompt}"], dialect) == ["ana\n", "dela\n", f"{answer}\n"]


@pytest.mark.parametrize(
    "again", ["\r\nUsername or password invalid.\r\n>>User name:", "\r\nPassword:", "\r\nLogin incorrect\r\nlogin:"]
)
def test_a_second_question_is_a_refusal(again: str) -> None:
    with pytest.raises(NotLetIn):
        login([">>User name:", ">>User password:", again])


def test_a_name_that_is_asked_for_again_is_a_refusal_without_a_word() -> None:
    with pytest.raises(NotLetIn):
        login([">>User name:", "\r\n>>User name:"])


def test_who_never_stops_talking_or_asking_is_given_up() -> None:
    talk = ready()
    talk.ask("x")
    with pytest.raises(TooMuch):
        for _ in range(10):
            talk.feed("x" * (shell.MOST // 8))
    talk = ready()
    talk.ask("x")
    with pytest.raises(TooMuch):
        for _ in range(shell.MOST_QUESTIONS + 1):
            talk.feed("\r\nAre you sure? [Y/N]:")
            talk.act()
