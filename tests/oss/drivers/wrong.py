"""Answers made wrong, and what a driver may make of them.

Nobody can see that an address was changed into another address. What can be decided, and is:

- a sign that belongs into no number, address or MAC, put anywhere: an error, or the right value but for texts (names,
  remarks) that hold that very sign;
- an answer cut short, a line gone, doubled, joined to the next, or a foreign line between: an error or the right value.
  Only where a transcript says that the maker's table has no end that can be told (``open``), whole rows may be missing
  or doubled at that place, and in the last row the last field, free text, may be cut;
- a RouterOS row without one of its words: an error, the right value, or "not known" there; never another number.

Where the answer itself is the value (an exported configuration), only a cut at its end can be told.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st

from .transcript import Exchange, Transcript

FOREIGN = "§"
MAC = re.compile(r"[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}")
NOTHING: tuple[Any, ...] = (None, "", False, [])
Judge = Callable[[Any, Any], bool]
"""Whether what came out (second) is right where the first was expected."""


@st.composite
def mangled(draw: st.DrawFn, transcript: Transcript) -> tuple[Transcript, Judge]:
    """The transcript with one answer made wrong, and who judges what comes of it."""
    numbers = [
        i for i, one in enumerate(transcript.exchanges) if one.answer.strip() and one.how not in ("refuse", "trap")
    ]
    number = draw(st.sampled_from(numbers))
    one = transcript.exchanges[number]
    ways = API_WAYS if one.how in ("rows", "call") else SNMP_WAYS if one.how in ("column", "get") else SHELL_WAYS
    answer, judge = draw(st.sampled_from(ways))(draw, one, transcript)
    if (
        isinstance(transcript.gives, str)
        and "\n" in transcript.gives
        and (transcript.open_end is not None or one.how == "rows")
    ):
        judge = _any_text
    if transcript.statements:
        judge = _no_other_number
    return transcript.answered(number, answer), lambda wanted, found: judge(
        wanted, _filled(found, wanted, transcript.lacks)
    )


def can_be_mangled(transcript: Transcript) -> bool:
    """Whether it has an answer with something in it."""
    return any(one.answer.strip() and one.how not in ("refuse", "trap") for one in transcript.exchanges)


# ---------------------------------------------------------------- command lines


def _foreign(draw: st.DrawFn, one: Exchange, _: Transcript) -> tuple[str, Judge]:
    at = draw(st.integers(0, len(one.answer) - 1))
    behind = at + draw(st.integers(0, 1))  # in place of a sign, or before it
    return one.answer[:at] + FOREIGN + one.answer[behind:], same_but_for_texts


def _cut(draw: st.DrawFn, one: Exchange, transcript: Transcript) -> tuple[str, Judge]:
    return one.answer[: draw(st.integers(0, len(one.answer) - 1))], _cut_judge(transcript)


def _line_gone(draw: st.DrawFn, one: Exchange, transcript: Transcript) -> tuple[str, Judge]:
    lines = one.answer.split("\n")
    del lines[draw(st.integers(0, len(lines) - 1))]
    return "\n".join(lines), _rows_judge(transcript)


def _line_doubled(draw: st.DrawFn, one: Exchange, transcript: Transcript) -> tuple[str, Judge]:
    lines = one.answer.split("\n")
    at = draw(st.integers(0, len(lines) - 1))
    lines.insert(at, lines[at])
    return "\n".join(lines), _rows_judge(transcript)


def _lines_joined(draw: st.DrawFn, one: Exchange, transcript: Transcript) -> tuple[str, Judge]:
    breaks = [found.start() for found in re.finditer("\n", one.answer)]
    if not breaks:
        return _foreign(draw, one, transcript)
    at = draw(st.sampled_from(breaks))
    return one.answer[:at] + one.answer[at + 1 :], _rows_judge(transcript)


def _line_between(draw: st.DrawFn, one: Exchange, _: Transcript) -> tuple[str, Judge]:
    lines = one.answer.split("\n")
    noise = draw(st.sampled_from(["§ something else §", "Nov 26 10:00:00 §LINK-3-UPDOWN§: Interface x, changed state"]))
    lines.insert(draw(st.integers(0, len(lines))), noise)
    return "\n".join(lines), same_but_for_texts


SHELL_WAYS = [_foreign, _cut, _line_gone, _line_doubled, _lines_joined, _line_between]


# ---------------------------------------------------------------- RouterOS and SNMP


def _foreign_word(draw: st.DrawFn, one: Exchange, _: Transcript) -> tuple[str, Judge]:
    rows = [json.loads(line) for line in one.answer.split("\n") if line.strip()]
    row = draw(st.sampled_from(rows))
    name = draw(st.sampled_from(sorted(row)))
    at = draw(st.integers(0, len(row[name])))
    row[name] = row[name][:at] + FOREIGN + row[name][at + draw(st.integers(0, 1)) :]
    return "\n".join(json.dumps(one, ensure_ascii=False) for one in rows), same_but_for_texts


def _word_gone(draw: st.DrawFn, one: Exchange, _: Transcript) -> tuple[str, Judge]:
    rows = [json.loads(line) for line in one.answer.split("\n") if line.strip()]
    row = draw(st.sampled_from(rows))
    del row[draw(st.sampled_from(sorted(row)))]
    return "\n".join(json.dumps(one, ensure_ascii=False) for one in rows), same_or_unknown


def _value_gone(draw: st.DrawFn, one: Exchange, transcript: Transcript) -> tuple[str, Judge]:
    lines = [line for line in one.answer.split("\n") if line.strip()]
    del lines[draw(st.integers(0, len(lines) - 1))]
    return "\n".join(lines), _less_judge


API_WAYS = [_foreign_word, _word_gone]
SNMP_WAYS = [_value_gone]


# ---------------------------------------------------------------- judges


def leaves(value: Any, path: tuple[object, ...] = ()) -> Iterator[tuple[tuple[object, ...], Any]]:
    """Every single value with its way there; an empty list is one."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if inner is None or not value:
        yield path, value
        return
    for key, one in inner:
        yield from leaves(one, (*path, key))


def same_but_for_texts(wanted: Any, found: Any) -> bool:
    """Equal, but texts that are no addresses may hold the foreign sign."""
    if isinstance(wanted, str) and "\n" in wanted:
        return _any_text(wanted, found)
    if not isinstance(found, type(wanted)) and wanted is not None:
        return isinstance(wanted, str) and isinstance(found, str) and FOREIGN in found
    right, seen = dict(leaves(wanted)), dict(leaves(found))
    return right.keys() == seen.keys() and all(_is_or_foreign(right[path], seen[path]) for path in right)


def _is_or_foreign(wanted: Any, found: Any) -> bool:
    return found == wanted or (
        isinstance(wanted, str) and isinstance(found, str) and FOREIGN in found and _free(wanted)
    )


def _free(text: str) -> bool:
    """Whether a text is neither an address nor a MAC."""
    if MAC.fullmatch(text):
        return False
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return True
    return False


def same_or_unknown(wanted: Any, found: Any) -> bool:
    """Equal, or not known where something was known."""
    if found == wanted or found in NOTHING:
        return True
    if isinstance(wanted, dict) and isinstance(found, dict) and wanted.keys() == found.keys():
        return all(same_or_unknown(wanted[key], found[key]) for key in wanted)
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        return all(map(same_or_unknown, wanted, found))
    return False


def _less_judge(wanted: Any, found: Any) -> bool:
    """Not more and nothing else: rows may be missing, or values not known."""
    if isinstance(wanted, list) and isinstance(found, list):
        return all(any(same_or_unknown(right, one) for right in wanted) for one in found)
    return same_or_unknown(wanted, found)


def _any_text(_: Any, found: Any) -> bool:
    """The answer itself is the value."""
    return isinstance(found, str)


def _no_other_number(wanted: Any, found: Any) -> bool:
    """What was not said is not there; what is there was said."""
    right = [value for _, value in leaves(wanted)]
    free = (*NOTHING, True)
    return all(
        one in right or one in free or (isinstance(one, str) and FOREIGN in one)
        for path, one in leaves(found)
        if path[-1:] != ("number",)  # its place among the others
    )


def _filled(found: Any, wanted: Any, lacks: tuple[str, ...]) -> Any:
    """With what may be lacking put in where it is."""
    if not isinstance(found, dict) or not isinstance(wanted, dict):
        return found
    return found | {name: wanted[name] for name in lacks if found.get(name) in NOTHING}


def _rows_judge(transcript: Transcript) -> Judge:
    def judge(wanted: Any, found: Any) -> bool:
        if found == wanted or (isinstance(wanted, str) and "\n" in wanted and _any_text(wanted, found)):
            return True
        if transcript.open_end is None:
            return False
        return isinstance(found, list) and isinstance(wanted, list) and all(one in wanted for one in found)

    return judge


def _cut_judge(transcript: Transcript) -> Judge:
    free = transcript.open_end

    def judge(wanted: Any, found: Any) -> bool:
        if found == wanted:
            return True
        if free is not None and isinstance(wanted, dict):
            return same_or_unknown(wanted, found)
        if free is None or not isinstance(found, list) or not isinstance(wanted, list) or len(found) > len(wanted):
            return False
        return found[:-1] == wanted[: len(found) - 1] and _last(wanted[len(found) - 1], found[-1]) if found else True

    def _last(right: Any, seen: Any) -> bool:
        return bool(seen == right or (free and _but(right) == _but(seen) and right[free].startswith(seen[free])))

    def _but(row: Any) -> Any:
        return {key: one for key, one in row.items() if key != free}

    return judge
