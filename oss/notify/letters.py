"""Letters: one file a kind and language in ``templates/``, from which plain text and HTML are made.

The first line is the subject; paragraphs follow, divided by empty lines. A paragraph ``[Words]({link})`` becomes a
button in HTML and ``Words: address`` in plain text. ``{name}`` stands for a fact.
"""

from __future__ import annotations

import functools
import html
import re
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"
LANGUAGES = ("pt-BR", "en")
_BUTTON = re.compile(r"\[(?P<words>[^\]]+)\]\((?P<address>\S+)\)")
_BUTTON_HTML = '<a class="button" href="{}">{}</a>'


@dataclass(frozen=True, slots=True)
class Letter:
    """What somebody reads: ``subject`` is one line, ``text`` ends with a line feed, ``html`` is a whole document."""

    subject: str
    text: str
    html: str


@functools.cache
def template(name: str, language: str) -> str:
    """The words of a kind of letter; Portuguese where a language is not known. Raises FileNotFoundError."""
    spoken = language if language in LANGUAGES else LANGUAGES[0]
    return (TEMPLATES / f"{name}.{spoken}.txt").read_text(encoding="utf-8")


def names() -> set[str]:
    """Every kind of letter."""
    return {path.name.split(".")[0] for path in TEMPLATES.glob("*.txt")}


def write(name: str, language: str, facts: dict[str, str]) -> Letter:
    """The letter with its facts; raises KeyError where one is missing."""
    told = {key: _one_line(value) for key, value in facts.items()}
    subject, _, body = template(name, language).partition("\n")
    paragraphs = [" ".join(one.split()) for one in body.strip().split("\n\n")]
    text = "\n\n".join(_plain(one, told) for one in paragraphs)
    inner = "\n".join(f"<p>{_marked(one, told)}</p>" for one in paragraphs)
    frame = (TEMPLATES / "frame.html").read_text(encoding="utf-8")
    safe = {"language": html.escape(language), "provider": html.escape(told.get("provider", ""))}
    whole = frame.replace("[[language]]", safe["language"]).replace("[[provider]]", safe["provider"])
    return Letter(subject.format_map(told), text + "\n", whole.replace("[[body]]", inner))


def _one_line(text: str) -> str:
    """A fact is never a header or a paragraph of its own."""
    return "".join(c if c.isprintable() else " " for c in text)


def _plain(paragraph: str, facts: dict[str, str]) -> str:
    found = _BUTTON.fullmatch(paragraph)
    return (f"{found['words']}:\n{found['address']}" if found else paragraph).format_map(facts)


def _marked(paragraph: str, facts: dict[str, str]) -> str:
    safe = {key: html.escape(value) for key, value in facts.items()}
    found = _BUTTON.fullmatch(paragraph)
    if found is None:
        return html.escape(paragraph).format_map(safe)
    return _BUTTON_HTML.format(found["address"].format_map(safe), html.escape(found["words"]))


def message(letter: Letter, sender: str, recipient: str, mail_id: int, domain: str) -> EmailMessage:
    """The letter as an e-mail; the same row always makes the same Message-ID, so that a repeat is seen as one."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, recipient, letter.subject
    made["Message-ID"], made["X-Milha-Mail"] = f"<milha-{mail_id}@{domain}>", str(mail_id)
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answer by a machine
    made.set_content(letter.text)
    made.add_alternative(letter.html, subtype="html")
    return made
