"""Letters: the same in both languages, with nothing in them that a fact could smuggle in."""

from __future__ import annotations

import re

import pytest

from oss.notify import letters

WORDS = re.compile(r"\{(\w+)\}")


def facts(name: str) -> dict[str, str]:
    return {key: f"<{key}>" for key in WORDS.findall(letters.template(name, "en"))} | {"provider": "Serra & Azul"}


@pytest.mark.parametrize("name", sorted(letters.names()))
def test_every_letter_tells_the_same_in_both_languages(name: str) -> None:
    told = [set(WORDS.findall(letters.template(name, language))) for language in letters.LANGUAGES]
    assert told[0] == told[1] and "provider" in told[0]
    assert letters.template(name, "pt-BR") != letters.template(name, "en")


@pytest.mark.parametrize("name", sorted(letters.names()))
@pytest.mark.parametrize("language", letters.LANGUAGES)
def test_every_letter_can_be_written_and_is_escaped(name: str, language: str) -> None:
    letter = letters.write(name, language, facts(name))
    assert "{" not in letter.subject + letter.text and "\n" not in letter.subject
    told = {one for one in facts(name) if f"<{one}>" in letter.text}
    assert told & {"login", "what"}, "whom or what it is about"
    assert all(f"&lt;{one}&gt;" in letter.html and f"<{one}>" not in letter.html for one in told)
    assert "Serra &amp; Azul" in letter.html and f'lang="{language}"' in letter.html and "[[" not in letter.html


def test_a_fact_is_never_a_header_a_paragraph_or_a_template() -> None:
    given = facts("recovery") | {"name": "Bea\r\nBcc: all@isp.example\n\n{link}", "provider": "A\nSubject: b"}
    letter = letters.write("recovery", "en", given)
    message = letters.message(letter, "console@isp.example", "bea@isp.example", 7, "isp.example")
    assert message["Bcc"] is None and message["Subject"].startswith("A Subject: b: choose")
    assert "{link}" in letter.text and letter.text.count("<link>") == 1


def test_a_language_nobody_speaks_is_portuguese() -> None:
    assert letters.template("invite", "fr") == letters.template("invite", "pt-BR")
