"""Message catalogues: msgids are the English sentences; ``pt_BR`` is complete, ``en`` may be empty.

Sources: ``_()``, ``ngettext`` and ``{% trans %}`` in templates; ``N_()`` in Python for sentences kept as data and
translated at the edge; the first paragraph of each problem's docstring, which is what a person reads, and the
``thing`` it names. What only the command line says (``oss/base``) stays English. After a change run
``python -m web.build --extract`` and fill the empty entries.
"""

from __future__ import annotations

import ast
import inspect
import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

WEB = Path(__file__).resolve().parent
LOCALE = WEB / "locale"
LANGUAGES = ("pt_BR", "en")
DOMAIN = "milha"
_SOURCES = ("web", "oss", "billing")
_KEYWORDS: dict[str, tuple[int, ...] | None] = {"_": None, "gettext": None, "N_": None, "ngettext": (1, 2)}


def N_(message: str) -> str:
    """Mark a sentence kept as data, so that it is extracted; it is translated where it is shown."""
    return message


def catalogue_path(language: str) -> Path:
    """Where a language's sentences stand."""
    return LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read_catalogue(path: Path) -> Catalog:
    """A ``.po`` file as babel's catalogue."""
    from babel.messages.pofile import read_po

    with path.open("rb") as handle:
        return read_po(handle, locale=path.parent.parent.name, domain=DOMAIN)


def compiled(path: Path) -> bytes:
    """The ``.mo`` bytes of a ``.po`` file; entries without a translation fall back to the msgid."""
    from babel.messages.mofile import write_mo

    out = io.BytesIO()
    write_mo(out, read_catalogue(path))
    return out.getvalue()


def compile_catalogue(path: Path) -> None:
    """Write the ``.mo`` beside the ``.po``."""
    path.with_suffix(".mo").write_bytes(compiled(path))


# --- extraction ---------------------------------------------------------------------------------------------


def extract() -> Catalog:
    """Every sentence of the source, without line numbers (they would change with each edit)."""
    from babel.messages.catalog import Catalog

    found = Catalog(domain=DOMAIN, project="Milha", charset="utf-8")
    for path in _sources():
        place = [(path.relative_to(WEB.parent).as_posix(), 0)]
        method, options = _how(path)
        for _line, message, comments, context in _messages(path, method, options):
            found.add(message, None, place, auto_comments=comments, context=context)
    for path, sentence in [*_problem_sentences(), *_things()]:
        found.add(sentence, None, [(path.relative_to(WEB.parent).as_posix(), 0)])
    return found


def _sources() -> Iterator[Path]:
    yield from sorted((WEB / "templates").rglob("*.html"))
    yield from _python_sources()


def _python_sources() -> list[Path]:
    return sorted(path for name in _SOURCES for path in (WEB.parent / name).rglob("*.py"))


def _how(path: Path) -> tuple[str, dict[str, str]]:
    if path.suffix == ".py":
        return "python", {}
    return "jinja2", {"newstyle_gettext": "true", "trimmed": "true", "silent": "false"}


def _messages(path: Path, method: str, options: dict[str, str]) -> list[Any]:
    from babel.messages.extract import extract as extract_messages

    handle: IO[bytes]
    with path.open("rb") as handle:
        return list(extract_messages(method, handle, _KEYWORDS, ("i18n:",), options))


def _problem_sentences() -> list[tuple[Path, str]]:
    """Docstrings of the subclasses of ``Problem``, found by name: catalogues are made without importing the house."""
    classes = [
        (path, node)
        for path in _python_sources()
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    ]
    known, before = {"Problem"}, 0
    while len(known) != before:
        before = len(known)
        known |= {node.name for _, node in classes if known & {_name(base) for base in node.bases}}
    told = [(path, ast.get_docstring(node)) for path, node in classes if node.name in known and _is_shown(path)]
    return [(path, " ".join(inspect.cleandoc(text).split("\n\n")[0].split())) for path, text in told if text]


def _is_shown(path: Path) -> bool:
    return path.parent != WEB.parent / "oss" / "base" or path.name == "problems.py"


def _things() -> list[tuple[Path, str]]:
    """What problems name: the string given as ``thing=`` where one is raised."""
    return [
        (path, str(word.value.value))
        for path in _python_sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        for word in node.keywords
        if word.arg == "thing" and isinstance(word.value, ast.Constant) and isinstance(word.value.value, str)
    ]


def _name(base: ast.expr) -> str:
    return base.attr if isinstance(base, ast.Attribute) else base.id if isinstance(base, ast.Name) else ""


# --- completeness and merging -------------------------------------------------------------------------------


def untranslated(language: str) -> list[str]:
    """The sentences of the source for which a language has no translation."""
    kept = read_catalogue(catalogue_path(language))
    return [str(message.id) for message in extract() if message.id and not _translated(kept, message)]


def _translated(kept: Catalog, wanted: Any) -> bool:
    message = kept.get(wanted.id, wanted.context)
    if message is None or message.fuzzy:
        return False
    strings = [message.string] if isinstance(message.string, str) else list(message.string or ())
    return bool(strings) and all(strings)


def update_catalogues() -> dict[str, int]:
    """Merge the source's sentences into each catalogue; answers how many lack a translation."""
    found = extract()
    for language in LANGUAGES:
        _merge(language, found)
    return {language: len(untranslated(language)) for language in LANGUAGES}


def _merge(language: str, found: Catalog) -> None:
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import write_po

    path = catalogue_path(language)
    if path.exists():
        kept = read_catalogue(path)
    else:
        kept = Catalog(locale=language, domain=DOMAIN, project="Milha", fuzzy=False)
    kept.update(found, no_fuzzy_matching=True, update_creation_date=False)
    out = io.BytesIO()
    write_po(out, kept, width=110, sort_output=True, ignore_obsolete=True, include_lineno=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(out.getvalue())
