"""Access accounts as lines of a CSV file, in and out: what is written is read back as it was.

UTF-8, with or without the mark that Excel puts before it; comma or semicolon. A cell that a spreadsheet would take
for a formula (it begins with = + - or @) is written with an apostrophe before it, which reading takes away again.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TextIO

from oss.access import binding_acts
from oss.access.accounts import spelled
from oss.access.lines import KEYS, KINDS, POLICIES
from radius.dictionary import encode
from radius.errors import Unencodable

COLUMNS = (
    *("login", "password", "enabled", "max_sessions", "when_full", "plan", "customer", "document", "contract"),
    *("kind", "binding", "bind_to", *KEYS),
)
REPLY = "reply"  # reply1, reply2 ...: Name=Value, as many as the file needs
YES, NO = ("yes", "true", "1", "sim", "s", "y"), ("no", "false", "0", "não", "nao", "n")
MOST_SESSIONS, WHEN_FULL = 1000, ("newest", "deny")
PLAN = "plan"  # binding, bind_to: as the plan says
MOST_CONTRACT = 2_000_000_000
_FORMULA, _GUARDED = re.compile(r"'*[=+\-@\t\r]"), re.compile(r"'+[=+\-@\t\r]")


@dataclass(frozen=True, slots=True)
class Line:
    """One account as the file tells it; None: the file does not say. ``number``: the line it begins on.

    ``binding`` off, learn, fixed or plan; ``bind_to`` keys, or plan; ``bound`` its line, with a NAS by its name.
    """

    login: str
    password: str | None = field(default=None, repr=False)
    enabled: bool | None = None
    max_sessions: int | None = None
    when_full: str | None = None
    plan: str | None = None
    customer: str | None = None
    document: str | None = None
    contract: int | None = None
    reply: tuple[tuple[str, str], ...] | None = None
    number: int = 0
    kind: str | None = None
    binding: str | None = None
    bind_to: str | None = None
    bound: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """What is wrong with a line, and what to do about it."""

    number: int
    what: str


class _Wrong(Exception):
    """A cell that cannot be read; its text is for the person who wrote it."""


# ------------------------------------------------------------ out


def header(replies: int) -> list[str]:
    """The first line of a file whose accounts have up to so many reply attributes."""
    return [*COLUMNS, *(f"{REPLY}{number}" for number in range(1, replies + 1))]


def cells(line: Line) -> list[str]:
    """A line's cells, guarded; without the empty reply cells at its end."""
    enabled = {True: "yes", False: "no", None: ""}[line.enabled]
    sessions = "" if line.max_sessions is None else str(line.max_sessions)
    contract = "" if line.contract is None else str(line.contract)
    found = [line.login, line.password or "", enabled, sessions, line.when_full or ""]
    found += [line.plan or "", line.customer or "", line.document or "", contract]
    bound = dict(line.bound or ())
    found += [line.kind or "", line.binding or "", line.bind_to or "", *(bound.get(key, "") for key in KEYS)]
    found += [f"{name}={value}" for name, value in line.reply or ()]
    return [guarded(cell) for cell in found]


def written(lines: Iterable[Sequence[str]], mark: str = ",") -> str:
    """Lines of cells as text."""
    text = io.StringIO()
    csv.writer(text, delimiter=mark, lineterminator="\r\n").writerows(lines)
    return text.getvalue()


def guarded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def bare(cell: str) -> str:
    """The cell that was guarded."""
    return cell[1:] if _GUARDED.match(cell) else cell


# ------------------------------------------------------------ in


def read(file: TextIO) -> Iterator[Line | Mistake]:
    """The accounts of a file opened with ``newline=""`` and ``utf-8-sig``, and what is wrong, in the file's order."""
    first = file.readline()
    mark = ";" if first.count(";") > first.count(",") else ","
    names = [bare(name).strip().lower() for name in next(csv.reader([first], delimiter=mark), [])]
    unknown = [name for name in names if name and name not in COLUMNS and not re.fullmatch(rf"{REPLY}\d*", name)]
    if "login" not in names or unknown:
        what = f"no column is called {', '.join(unknown)}" if unknown else "no column is called login"
        yield Mistake(1, f"{what}; the first line names the columns: {', '.join(header(1))}")
        return
    reader = csv.reader(file, delimiter=mark)
    seen: dict[str, int] = {}
    while True:
        number = reader.line_num + 2
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Mistake(number, f"is no CSV: {error}")
            return
        if any(cell.strip() for cell in row):
            yield _once(seen, _line(names, row, number))


def _once(seen: dict[str, int], found: Line | Mistake) -> Line | Mistake:
    if isinstance(found, Line):
        before = seen.setdefault(found.login, found.number)
        if before != found.number:
            return Mistake(found.number, f"login {found.login} stands on line {before} too: keep one of them")
    return found


def _line(names: list[str], row: list[str], number: int) -> Line | Mistake:
    if len(row) > len(names):
        return Mistake(number, f"has {len(row)} cells, but the first line names {len(names)}: a separator too many?")
    said = [(name, bare(cell)) for name, cell in zip(names, row, strict=False)]
    cell = {name: value for name, value in said if not name.startswith(REPLY)}
    replies = [value for name, value in said if name.startswith(REPLY) and value]
    try:
        kind = _one_of("kind", cell.get("kind", ""), KINDS)
        return Line(
            _login(cell["login"], kind or "password"),
            _password(cell.get("password", "")),
            _enabled(cell.get("enabled", "").strip().lower()),
            _whole("max_sessions", cell.get("max_sessions", ""), MOST_SESSIONS),
            _one_of("when_full", cell.get("when_full", ""), WHEN_FULL),
            cell.get("plan", "").strip() or None,
            _short("customer", cell.get("customer", "").strip(), 160),
            _document(cell.get("document", "")),
            _whole("contract", cell.get("contract", ""), MOST_CONTRACT),
            tuple(map(_pair, replies)) if any(name.startswith(REPLY) for name in names) else None,
            number,
            kind,
            _one_of("binding", cell.get("binding", ""), (*POLICIES, PLAN)),
            _bind_to(cell.get("bind_to", "").lower().split()),
            _bound(cell),
        )
    except _Wrong as wrong:
        return Mistake(number, str(wrong))


def _login(text: str, kind: str) -> str:
    login = spelled(text, kind)
    if kind == "mac" and not login:
        raise _Wrong("login: of kind mac it is a MAC address")
    if not 1 <= len(login) <= 128 or " " in login or not login.isprintable():
        raise _Wrong("login: 1 to 128 characters without spaces")
    return login


def _password(text: str) -> str | None:
    if len(text.encode()) > 128:
        raise _Wrong("password: 1 to 128 octets (RFC 2865 5.2)")
    return text or None


def _enabled(text: str) -> bool | None:
    if text and text not in (*YES, *NO):
        raise _Wrong("enabled: yes or no")
    return text in YES if text else None


WORDS = {"when_full": "newest (one more login ends the oldest session) or deny (it is refused)"}


def _one_of(name: str, text: str, choices: Sequence[str]) -> str | None:
    text = text.strip().lower()
    if text and text not in choices:
        raise _Wrong(f"{name}: {WORDS.get(name) or ', '.join(choices)}")
    return text or None


def _bind_to(words: list[str]) -> str | None:
    if words not in ([], [PLAN]) and set(words) - set(KEYS):
        raise _Wrong(f"bind_to: some of {', '.join(KEYS)}, or {PLAN}")
    return PLAN if words == [PLAN] else binding_acts.keys_text(words) or None


def _bound(cell: dict[str, str]) -> tuple[tuple[str, str], ...] | None:
    """The line, if any of its cells says something."""
    found = []
    for key in KEYS:
        if said := cell.get(key, "").strip():
            value = binding_acts.spelled(key, said)
            if not value:
                raise _Wrong(f"{key}: {binding_acts.WRONG[key]}")
            found.append((key, value))
    return tuple(found) or None


def _whole(name: str, text: str, most: int) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
        raise _Wrong(f"{name}: a number from 1 to {most}")
    return int(text)


def _short(name: str, text: str, most: int) -> str | None:
    if len(text) > most:
        raise _Wrong(f"{name}: at most {most} characters")
    return text or None


def _document(text: str) -> str | None:
    document = "".join(c for c in text.upper() if c.isascii() and c.isalnum())
    if document.isdigit() and len(document) in (9, 10, 12, 13):
        raise _Wrong("document: a CPF has 11 digits, a CNPJ 14; a spreadsheet drops zeros at the front of a number")
    return _short("document", document, 14)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    try:
        if not equals:
            raise Unencodable("is written Name=Value")
        encode(name, value)
    except Unencodable as wrong:
        raise _Wrong(f"reply {name}: {wrong}") from None
    return name, value
