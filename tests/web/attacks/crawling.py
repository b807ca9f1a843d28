"""Walks the console as a browser without scripts would: pages, their links, their forms with every field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import ClassVar, NamedTuple
from urllib.parse import parse_qsl, urldefrag, urljoin, urlsplit

from tests.web.console.conftest import Console

PER_ROUTE = 2  # pages of one kind are enough
SKIPPED = ("/console/live", "/console/wall/live", "/logout", ".csv", ".xlsx")
TEXT = {"text", "search", "email", "tel", "url", "password", "textarea", "hidden"}


@dataclass(slots=True)
class Field:
    """One field: its name, type (textarea, select, or an input's), and the value a browser would send."""

    name: str
    kind: str
    value: str


@dataclass(slots=True)
class Form:
    """One form of a page."""

    page: str
    action: str
    method: str
    fields: list[Field] = field(default_factory=list)

    def sent(self) -> list[tuple[str, str]]:
        """What it sends when nothing is changed."""
        return [(one.name, one.value) for one in self.fields]


class Start(NamedTuple):
    """A start tag as the parser reads it, what of it would run, and whether it is an end as well (``<p/>``)."""

    tag: str
    given: dict[str, str]
    running: list[str]
    closed: bool


class Page(HTMLParser):
    """A page as an HTML parser sees it: links, forms, and every tag and attribute that runs something.

    What a start tag says is kept by its text: most of a page is on all the others too.
    """

    known: ClassVar[dict[str, Start]] = {}

    def __init__(self, address: str, raw: str) -> None:
        super().__init__()
        self.address, self.raw, self.links, self.forms = address, raw, set[str](), list[Form]()
        self.running: list[str] = []
        self._open: Form | None = None
        self._select: Field | None = None
        self._read: Start | None = None
        self.feed(raw)

    def parse_starttag(self, i: int) -> int:
        end = self.check_for_whole_start_tag(i)  # type: ignore[attr-defined]
        text = self.rawdata[i:end] if end > i else ""
        if text in self.known:
            self._started(self.known[text])
            return int(end)
        self._read = None
        end = super().parse_starttag(i)  # type: ignore[misc]
        if self._read and self.cdata_elem is None:  # what follows a script's is read otherwise
            self.known[text] = self._read
        return int(end)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._read = Start(tag, given, list(what_runs(tag, given)), closed=False)
        self._started(self._read)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._read = Start(tag, given, list(what_runs(tag, given)), closed=True)
        self._started(self._read)

    def _started(self, start: Start) -> None:
        tag, given, running, closed = start
        self.running += running
        for name in ("href", "hx-get"):
            if given.get(name):
                self.links.add(urldefrag(urljoin(self.address, given[name]))[0])
        if tag == "form":
            action = given.get("action", self.address)
            self._open = Form(self.address, urljoin(self.address, action), given.get("method", "get").lower())
            self.forms.append(self._open)
        elif tag in ("input", "textarea", "select", "button") and self._open and given.get("name"):
            self._add(tag, given)
        elif tag == "option" and self._select and ("selected" in given or not self._select.value):
            self._select.value = given.get("value", "")
        if closed:
            self.handle_endtag(tag)

    def _add(self, tag: str, given: dict[str, str]) -> None:
        assert self._open is not None
        kind = given.get("type", "text") if tag == "input" else tag
        if kind in ("checkbox", "radio") and "checked" not in given:
            return
        made = Field(given["name"], kind, given.get("value", "on" if kind == "checkbox" else ""))
        self._select = made if tag == "select" else None
        if tag != "button":
            self._open.fields.append(made)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        if tag == "select":
            self._select = None


def what_runs(tag: str, given: dict[str, str]) -> Iterator[str]:
    """The tag, where it is a script or the payload's own; and each attribute that runs something."""
    if tag.startswith("xss") or (tag == "script" and not given.get("src", "").startswith("/static/")):
        yield f"<{tag} {given}>"
    for name, value in given.items():
        scheme = value.strip().lower().replace("\t", "").replace("\n", "")
        if (
            name.startswith(("on", "hx-on", "xss"))
            or name == "style"
            or scheme.startswith(("javascript:", "vbscript:"))
        ):
            yield f"<{tag} {name}={value}>"


def kind_of(address: str) -> str:
    """Addresses of one kind: ids do not count, nor the values of parameters."""
    parts = urlsplit(address)
    path = "/".join("#" if part.isdigit() else part for part in parts.path.split("/"))
    return path + "?" + "&".join(sorted({name for name, _ in parse_qsl(parts.query)}))


_reached: list[Page] = []


async def reached(console: Console, starts: Iterable[str]) -> list[Page]:
    """The pages of the console that nobody has touched yet: crawled once, for who only wants to know what there is."""
    if not _reached:
        _reached.extend(await crawl(console, starts))
    return _reached


async def crawl(console: Console, starts: Iterable[str], most: int = 400) -> list[Page]:
    """Every page that can be reached, a few of each kind."""
    waiting, seen, kinds, pages = list(dict.fromkeys(starts)), set[str](), dict[str, int](), list[Page]()
    while waiting and len(pages) < most:
        address = waiting.pop(0)
        kind = kind_of(address)
        if address in seen or kinds.get(kind, 0) >= PER_ROUTE or not address.startswith("/console"):
            continue
        if any(one in address for one in SKIPPED):
            continue
        seen.add(address)
        kinds[kind] = kinds.get(kind, 0) + 1
        answer = await console.get(address)
        assert answer.status < 500, address
        if answer.status == 200 and "html" in answer.headers.get("Content-Type", ""):
            page = Page(address, answer.raw)
            pages.append(page)
            waiting += sorted(page.links)
    return pages


def forms_of(pages: Iterable[Page], method: str) -> Iterator[Form]:
    """Forms of a method, one of each kind."""
    seen = set()
    for page in pages:
        for form in page.forms:
            key = (kind_of(form.action), tuple(sorted({one.name for one in form.fields})))
            if form.method == method and key not in seen and form.action.startswith(("/console", "/preferences")):
                seen.add(key)
                yield form
