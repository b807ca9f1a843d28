"""Every sentence stands in both catalogues; the Portuguese one says it in Portuguese."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from oss.access import reasons
from oss.access.sessions import LEASE_EXPIRED
from web import catalogues, words

HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Language: pt_BR\\n"\n\n'


def missing(wanted: set[str], path: Path) -> Iterator[str]:
    """Sentences the catalogue does not know."""
    known = {_first(message.id) for message in catalogues.read_catalogue(path)}
    yield from sorted(wanted - known)


def unfinished(path: Path) -> Iterator[str]:
    """Sentences that nobody translated, or that a tool guessed."""
    for message in catalogues.read_catalogue(path):
        strings = [message.string] if isinstance(message.string, str) else list(message.string or ())
        if message.id and (message.fuzzy or not strings or not all(strings)):
            yield _first(message.id)


def guessed(path: Path) -> Iterator[str]:
    yield from (_first(message.id) for message in catalogues.read_catalogue(path) if message.id and message.fuzzy)


def _first(message_id: object) -> str:
    return str(message_id[0] if isinstance(message_id, (list, tuple)) else message_id)


@cache
def sentences() -> set[str]:
    """Every sentence of the source."""
    return {_first(message.id) for message in catalogues.extract() if message.id}


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_every_sentence_stands_in_the_catalogue(language: str) -> None:
    wanted = sentences()
    assert len(wanted) > 100
    assert list(missing(wanted, catalogues.catalogue_path(language))) == []


def test_everything_is_said_in_portuguese() -> None:
    assert list(unfinished(catalogues.catalogue_path("pt_BR"))) == []


def test_no_translation_was_guessed() -> None:
    """English may be empty: its sentences are the keys."""
    assert list(guessed(catalogues.catalogue_path("en"))) == []


def test_no_sentence_is_kept_that_nobody_says_any_more() -> None:
    wanted = sentences()
    for language in catalogues.LANGUAGES:
        known = {_first(m.id) for m in catalogues.read_catalogue(catalogues.catalogue_path(language)) if m.id}
        assert sorted(known - wanted) == []


def test_every_reason_and_every_end_of_a_session_has_words() -> None:
    """Codes travel; the words are made in web, and extracted there."""
    assert set(reasons.SENTENCES) <= set(words.REASONS) and LEASE_EXPIRED in words.TERMINATIONS
    assert {*words.REASONS.values(), *words.TERMINATIONS.values()} <= sentences()


@pytest.mark.parametrize(
    ("entry", "wrong"),
    [
        ('msgid "Plan"\nmsgstr "Plano"\n', False),
        ('msgid "Plan"\nmsgstr ""\n', True),
        ('#, fuzzy\nmsgid "Plan"\nmsgstr "Plana"\n', True),
        ('msgid "Plan"\nmsgid_plural "Plans"\nmsgstr[0] "Plano"\nmsgstr[1] ""\n', True),
    ],
)
def test_an_unfinished_sentence_is_found(tmp_path: Path, entry: str, wrong: bool) -> None:
    path = tmp_path / "pt_BR" / "LC_MESSAGES" / "milha.po"
    path.parent.mkdir(parents=True)
    path.write_text(HEAD + entry)
    assert bool(list(unfinished(path))) is wrong
    assert list(missing({"Plan", "Price"}, path)) == ["Price"]
