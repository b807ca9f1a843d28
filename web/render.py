"""Templates to HTML: one Jinja environment, one `RenderContext` per request, nothing of the HTTP server.

A template sees
* ``rc``, the `RenderContext`;
* ``ui``, every macro of ``templates/macros/*.html`` by its name (``ui.button(...)``, ``{% call ui.table(...) %}``);
* ``_()``, ``ngettext()`` and ``{% trans %}`` in the request's language (msgids are English);
* the filters of `web.formats`, bound to the request's language, zone and instant (``{{ cents|money }}``);
* ``static(path)``, an address that changes with the file's content, and ``query(path, params, **changes)``.

Macros are compiled once and imported without context, so what belongs to the request reaches them through a
context variable. Therefore no macro file may call ``_()`` outside a macro: it would keep the language of the
first request.
"""

from __future__ import annotations

import functools
import gettext
import hashlib
import io
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import Any, ClassVar, Protocol
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from markupsafe import Markup, escape

from web import catalogues, formats, navigation
from web.quick_calls import QuickContext, QuickEnvironment, QuickTemplate

WEB = Path(__file__).resolve().parent
TEMPLATES = WEB / "templates"
STATIC = WEB / "static"
LANGUAGES = {"pt-BR": "Português", "en": "English"}
DRAWN_ONCE = ("glyph", "icon", "key", "logo")  # macros whose marks depend on nothing but their arguments


@dataclass(frozen=True, slots=True)
class User:
    """Who is signed in, as the shell shows them."""

    name: str
    role: str
    initials: str = ""

    @property
    def mark(self) -> str:
        return self.initials or formats.initials(self.name)


@dataclass(frozen=True, slots=True)
class RenderContext:
    """What a page needs to know of its request. ``theme`` is system, light or dark; ``density`` comfortable or compact;
    ``sidebar`` wide or narrow (icons only).
    ``timezone`` is the person's, ``company_zone`` the one the business runs by.

    ``live`` holds what the shell shows and the stream keeps fresh, every key optional: ``radius_rate`` (requests/s),
    ``radius_p99_ms``, ``counts`` (navigation key -> number), ``alarms`` (navigation keys whose number is red),
    ``stream`` (address of the event stream), ``search`` (address that answers palette rows), ``unread`` (notices).

    ``permissions`` are those held for anybody, ``partial`` those of them held for some customers only, ``here`` those
    held for the record this page is about (None: it is about none).
    """

    language: str = "pt-BR"
    theme: str = "system"
    density: str = "comfortable"
    user: User | None = None
    path: str = "/"
    csrf_token: str = ""
    provider_name: str = "Milha"
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    timezone: tzinfo = UTC
    company_zone: tzinfo = UTC
    permissions: frozenset[str] = frozenset()
    here: frozenset[str] | None = None
    partial: frozenset[str] = frozenset()
    live: Mapping[str, Any] = field(default_factory=dict)
    sidebar: str = "wide"

    def may(self, permission: str) -> bool:
        """Whether this person holds a permission; on a record's page, whether for that record."""
        return permission in (self.permissions if self.here is None else self.here)

    def may_for_all(self, permission: str) -> bool:
        """Whether a permission is held for all customers, not for some of them."""
        return permission in self.permissions and permission not in self.partial

    @property
    def today(self) -> date:
        """The day where this person is: for times that are shown."""
        return self.now.astimezone(self.timezone).date()

    @property
    def company_today(self) -> date:
        """The day of the company: what is due, paid or promised is counted by it, wherever somebody looks from."""
        return self.now.astimezone(self.company_zone).date()


_current: ContextVar[RenderContext] = ContextVar("milha_render_context")


def render(template: str, request_context: RenderContext, **values: Any) -> str:
    """The HTML of a template; an unknown name in it is an error, never an empty string."""
    with _speaking(request_context):
        return environment().get_template(template).render(rc=request_context, **values)


def has_block(template: str, block: str) -> bool:
    """Whether a template fills a block itself: one that does not is only to be had whole."""
    return block in environment().get_template(template).blocks


def render_block(template: str, block: str, request_context: RenderContext, **values: Any) -> str:
    """One ``{% block %}`` of a template alone: the part of a page HTMX swaps."""
    with _speaking(request_context):
        page = environment().get_template(template)
        context = page.new_context({"rc": request_context, **values})
        # up to its first output a template only sets its names and macros, which the block may use
        next(iter(page.root_render_func(context)), None)
        return "".join(page.blocks[block](context))


def translate(language: str, message: str, /, **values: Any) -> str:
    """A sentence kept as data (marked with ``N_``) in a language; ``%(name)s`` is filled from values."""
    text = translations(language).gettext(message)
    return text % values if values else text


class Told(Protocol):
    """What a problem of the house offers to be told: its English sentence and the facts in it."""

    template: ClassVar[str]
    facts: dict[str, object]


def tell(language: str, problem: Told) -> str:
    """A problem's sentence in a language, with its facts filled in; a fact that is a known word is translated too."""
    facts = {
        name: translate(language, value) if isinstance(value, str) and value else value
        for name, value in problem.facts.items()
    }
    return translate(language, problem.template).format_map(_Standing(facts))


class _Standing(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


@contextmanager
def _speaking(request_context: RenderContext) -> Iterator[None]:
    token = _current.set(request_context)
    try:
        yield
    finally:
        _current.reset(token)


@functools.cache
def translations(language: str) -> gettext.NullTranslations:
    """The catalogue of a language: the built ``.mo``, or the ``.po`` itself where it is newer or nothing was built."""
    source = catalogues.catalogue_path(language.replace("-", "_"))
    if not source.exists():
        return gettext.NullTranslations()
    built = source.with_suffix(".mo")
    fresh = built.exists() and built.stat().st_mtime >= source.stat().st_mtime
    return gettext.GNUTranslations(io.BytesIO(built.read_bytes() if fresh else catalogues.compiled(source)))


# --- the environment ----------------------------------------------------------------------------------------


@functools.cache
def environment() -> Environment:
    """The one environment: autoescaped, strict, with macros, icons, filters and messages."""
    made = QuickEnvironment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.context_class, made.template_class = QuickContext, QuickTemplate
    made.install_gettext_callables(  # type: ignore[attr-defined]
        lambda message: _said().gettext(message),
        lambda one, many, count: _said().ngettext(one, many, count),
        newstyle=True,
        pgettext=lambda context, message: _said().pgettext(context, message),
        npgettext=lambda context, one, many, count: _said().npgettext(context, one, many, count),
    )
    made.globals["gettext"] = made.globals["_"] = _sentence  # a page has hundreds of them
    made.policies["ext.i18n.trimmed"] = True
    made.filters |= _filters()
    made.globals |= {
        "static": static_url,
        "query": query_url,
        "icon_paths": _icon_paths(),
        "languages": LANGUAGES,
        "sections": lambda: navigation.sections(_current.get().permissions),
        "acts": lambda: navigation.acts(_current.get().permissions),
        "current": _current.get,
        "shell_part": _shell_part,
        "form_key": lambda: secrets.token_urlsafe(12),  # names a form, so that it is answered once
        "sparkline_points": sparkline_points,
    }
    made.globals["ui"] = _macros(made)
    return made


def _said() -> gettext.NullTranslations:
    return translations(_current.get().language)


def _sentence(message: str, /, **values: Any) -> Markup:
    """A sentence of a template in the request's language; ``%%`` is a percent sign whether it has values or not."""
    text, bare = _sentences(_current.get().language, message)
    return text % values if values or bare is None else bare


@functools.cache
def _sentences(language: str, message: str) -> tuple[Markup, Markup | None]:
    """A sentence, and the same as it stands without values; None where it needs some."""
    text = Markup(translations(language).gettext(message))  # noqa: S704 - our own catalogue
    return text, None if "%(" in text else text % {}


class Macros:
    """The macros of all files under ``templates/macros``, by name; a name made twice is refused at start."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def learn(self, name: str, macro: Any) -> None:
        if name in self._known:
            raise ValueError(f"macro {name!r} is made twice")
        self._known.add(name)
        setattr(self, name, macro)  # an attribute like any other: pages look up thousands

    def names(self) -> list[str]:
        return sorted(self._known)


def _macros(made: Environment) -> Macros:
    known = made.globals["ui"] = Macros()
    for path in sorted((TEMPLATES / "macros").glob("*.html")):
        module = made.get_template(f"macros/{path.name}").module
        for name, macro in vars(module).items():
            if not name.startswith("_") and type(macro).__name__ == "Macro":
                # by type as well: what is escaped in a str stands as it is in a Markup that equals it
                known.learn(name, functools.lru_cache(2_000, typed=True)(macro) if name in DRAWN_ONCE else macro)
    return known


def _shell_part(macro: Callable[[], Markup]) -> Markup:
    """What a macro of the shell draws, kept for all of the same language and permissions: it asks nothing else."""
    rc = _current.get()
    return _drawn_for(macro, rc.language, rc.permissions, rc.live.get("search"))


@functools.lru_cache(maxsize=200)
def _drawn_for(
    macro: Callable[[], Markup], _language: str, _permissions: frozenset[str], _search: str | None
) -> Markup:
    return macro()


def _icon_paths() -> dict[str, Markup]:
    """Lucide icons (ISC licence) by name: the inside of a 24 x 24 ``<svg>``."""
    read: dict[str, str] = json.loads((TEMPLATES / "icons.json").read_text(encoding="utf-8"))
    return {name: Markup(path) for name, path in read.items()}  # noqa: S704 - our own file


# --- filters ------------------------------------------------------------------------------------------------


def _filters() -> dict[str, Callable[..., Any]]:
    """Formats bound to the request. Marked as context filters so that Jinja never computes one at compile time."""

    def bound(make: Callable[..., Any]) -> Callable[..., Any]:
        @pass_context
        def apply(_: object, value: Any, *args: Any, **options: Any) -> Any:
            return "" if value is None else make(_current.get(), value, *args, **options)

        return apply

    timed = {name: getattr(formats, name) for name in ("ago", "until", "moment")}
    spoken = {
        name: getattr(formats, name) for name in ("money", "number", "percent", "rate", "volume", "dbm", "latency")
    }
    made: dict[str, Callable[..., Any]] = {
        **{name: bound(_timed(make)) for name, make in timed.items()},
        **{name: bound(_spoken(make)) for name, make in spoken.items()},
        "clock": bound(lambda rc, at, seconds=False: formats.clock(at, rc.timezone, seconds)),
        "stamp": bound(lambda rc, at: formats.stamp(at, rc.timezone, rc.language)),
        "day": bound(lambda rc, at: formats.day(_day_of(rc, at), rc.today, rc.language)),
        "slashed": bound(lambda rc, at: formats.slashed(_day_of(rc, at), rc.today, rc.language)),
        "month": bound(lambda rc, at: formats.month(_day_of(rc, at), rc.language)),
        "deadline": bound(lambda rc, at: formats.deadline(_day_of(rc, at), rc.language)),
        "tr": bound(lambda rc, message, **values: translate(rc.language, str(message), **values)),
        "attrs": attributes,
    }
    made["instant"] = bound(lambda rc, at: formats.instant(at, rc.timezone, rc.language))
    made["appointed"] = bound(lambda rc, at: formats.appointed(at, rc.timezone, rc.language))
    for name in ("duration", "tax_id", "phone", "email", "postcode", "mac", "initials"):
        made[name] = bound(_plain(getattr(formats, name)))
    return made


def _timed(make: Callable[..., str]) -> Callable[..., str]:
    return lambda rc, at: make(at, rc.now, rc.timezone, rc.language)


def _spoken(make: Callable[..., str]) -> Callable[..., str]:
    return lambda rc, value, *args: make(value, rc.language, *args)


def _plain(make: Callable[..., str]) -> Callable[..., str]:
    return lambda rc, value, *args, **options: make(value, *args, **options)


def _day_of(rc: RenderContext, value: date) -> date:
    return value.astimezone(rc.timezone).date() if isinstance(value, datetime) else value


def attributes(values: Mapping[str, Any]) -> Markup:
    """HTML attributes: ``hx_post`` becomes ``hx-post``; None and False vanish, True stands bare.

    ``style`` and ``on...`` are refused: the content security policy would silently ignore them in the browser.
    """
    parts = []
    for key, value in values.items():
        name = key.rstrip("_").replace("_", "-")
        if name == "style" or name.startswith("on"):
            raise ValueError(f"attribute {name!r} cannot work under the content security policy")
        if value is True:
            parts.append(f" {escape(name)}")
        elif value is not None and value is not False:
            parts.append(f' {escape(name)}="{escape(value)}"')
    return Markup("".join(parts))  # noqa: S704 - escaped above


# --- addresses and drawings ---------------------------------------------------------------------------------


def static_url(path: str) -> str:
    """The address of a file under ``static/``; it may be cached for ever, because its content is in it."""
    file = STATIC / path
    try:
        status = file.stat()
    except FileNotFoundError:
        return f"/static/{path}"
    return f"/static/{path}?v={_content_hash(file, status.st_mtime_ns, status.st_size)}"


@functools.lru_cache(maxsize=256)
def _content_hash(file: Path, _changed_ns: int, _size: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:10]


def query_url(path: str, params: Mapping[str, Any] | None = None, /, **changes: Any) -> str:
    """``path?params`` with some of them changed; None takes one away, a list repeats it."""
    merged = {**(params or {}), **changes}
    kept = {key: value for key, value in merged.items() if value is not None and value != "" and value != []}
    return f"{path}?{urlencode(kept, doseq=True)}" if kept else path


def sparkline_points(values: list[float | None], width: float = 72, height: float = 18) -> list[str]:
    """Polyline points of each unbroken run of values (None is a gap), scaled to the drawing with a margin of 1.4."""
    known = [value for value in values if value is not None]
    if not known:
        return []
    low, high = min(known), max(known)
    step, span = width / max(1, len(values) - 1), (high - low) or 1
    runs: list[list[str]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            runs.append([])
            continue
        y = height - 1.4 - (value - low) / span * (height - 2.8) if high > low else height - 1.4
        runs[-1].append(f"{index * step:.1f},{y:.1f}")
    return [" ".join(run) for run in runs if run]
