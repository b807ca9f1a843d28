"""Message catalogues: msgids are the English sentences; ``pt_BR`` must be complete, ``en`` may be empty (the msgid stands).

Sources: ``_()``, ``ngettext``, ``{% trans %}`` in templates, and ``N_()`` in Python for sentences kept as data and translated at
the edge. After a change run ``python -m web.build --extract`` and fill the empty entries.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

WEB = Path(__file__).resolve().parent
LOCALE = WEB / "locale"
LANGUAGES = ("pt_BR", "en")
DOMAIN = "milha"
_METHODS = [("web/templates/**.html", "jinja2"), ("web/**.py", "python"), ("oss/**.py", "python"), ("billing/**.py", "python")]
_OPTIONS = {"web/templates/**.html": {"newstyle_gettext": "true", "trimmed": "true", "silent": "false"}}
_KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None, "gettext": None, "N_": None, "ngettext": (1, 2), "_n": (1, 2),
}  # fmt: skip


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


def extract() -> Catalog:
    """Every sentence of the source, without line numbers (they would change with each edit)."""
    from babel.messages.catalog import Catalog
    from babel.messages.extract import extract_from_dir

    found = Catalog(domain=DOMAIN, project="Milha", charset="utf-8")
    messages = extract_from_dir(WEB.parent, _METHODS, _OPTIONS, _KEYWORDS, ("i18n:",), directory_filter=_is_source)
    for file, _line, message, comments, context in messages:
        found.add(message, None, [(file, 0)], auto_comments=comments, context=context)
    return found


def _is_source(folder: str) -> bool:
    name = Path(folder).name
    return not name.startswith(".") and name not in {"node_modules", "tests", "bench", "static", "data"}


def untranslated(language: str) -> list[str]:
    """The sentences of the source for which a language has no (or only a fuzzy) translation."""
    kept = read_catalogue(catalogue_path(language))
    return [str(message.id) for message in extract() if message.id and not _translated(kept, message.id, message.context)]


def _translated(kept: Catalog, message_id: str | tuple[str, ...], context: str | None) -> bool:
    message = kept.get(message_id, context)  # type: ignore[arg-type]
    if message is None or message.fuzzy:
        return False
    strings = (message.string,) if isinstance(message.string, str) else message.string
    return all(strings)


def update_catalogues() -> dict[str, int]:
    """Merge the source's sentences into each catalogue; answers how many lack a translation."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import write_po

    found, missing = extract(), {}
    for language in LANGUAGES:
        path = catalogue_path(language)
        kept = read_catalogue(path) if path.exists() else Catalog(locale=language, domain=DOMAIN, project="Milha")
        kept.fuzzy = False
        kept.update(found, no_fuzzy_matching=True, update_creation_date=False)
        out = io.BytesIO()
        write_po(out, kept, width=110, sort_output=True, ignore_obsolete=True, include_lineno=False)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(out.getvalue())
        missing[language] = len(untranslated(language))
    return missing
