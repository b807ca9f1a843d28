"""Where a text fits what was typed: the part is marked, whatever accents, case and separators stand in either."""

from __future__ import annotations

from markupsafe import Markup, escape

from oss.base.typed import Typed, plain

Span = tuple[int, int]


def spans(text: str, typed: Typed) -> list[Span]:
    """The parts of a text that were typed: one after the other without separators, else word by word."""
    letters = [(place, letter) for place, c in enumerate(text) for letter in plain(c) if letter.isalnum()]
    wanted = "".join(c for c in typed.key if c.isalnum())
    found = _find(letters, wanted)
    if found is not None:
        return [found]
    begins = [n for n, (place, _) in enumerate(letters) if place == 0 or not text[place - 1].isalnum()]
    marks = {span for word in typed.words for span in [_find(letters, word, begins)] if span is not None}
    return _joined(sorted(marks))


def _find(letters: list[tuple[int, str]], wanted: str, begins: list[int] | None = None) -> Span | None:
    line = "".join(letter for _, letter in letters)
    places = begins if begins is not None else [line.find(wanted)]
    for at in places:
        if wanted and at >= 0 and line.startswith(wanted, at):
            return letters[at][0], letters[at + len(wanted) - 1][0] + 1
    return None


def _joined(marks: list[Span]) -> list[Span]:
    """Spans that touch become one."""
    joined: list[Span] = []
    for start, end in marks:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def marked(text: str, typed: Typed) -> Markup:
    """The text as HTML, what was typed in ``<mark>``."""
    made, at = Markup(), 0
    for start, end in spans(text, typed):
        made += escape(text[at:start]) + Markup("<mark>%s</mark>") % text[start:end]
        at = end
    return made + escape(text[at:])


def veiled(masked: str, revealed: str, typed: Typed) -> str:
    """A personal number masked, but for what its reader typed and therefore knows; both spellings are equally long."""
    known = {place for start, end in spans(revealed, typed) for place in range(start, end)}
    return "".join(r if place in known else m for place, (m, r) in enumerate(zip(masked, revealed, strict=True)))
