"""Pages are made of macros: no table, dialog, field, button or card of their own, beyond a list that shrinks.

Every macro stands on the style page, so that whoever changes one sees all its states in both themes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from web import render

from .tree import ROOT, text, tracked

TEMPLATES = "web/templates/"
STYLE = "web/templates/console/style/"
FORBIDDEN = {
    "table": re.compile(r"<table\b"),
    "dialog": re.compile(r"<dialog\b"),
    "input": re.compile(r'<input\b(?![^>]*type="hidden")'),
    "select": re.compile(r"<select\b"),
    "textarea": re.compile(r"<textarea\b"),
    "button": re.compile(r'class="[^"]*\bbtn-m\b'),
    "card": re.compile(r'class="[^"]*\bcard-m\b'),
}
# What pages still write by hand. A number may only fall: this list is made shorter, never longer.
ALLOWED: dict[str, dict[str, int]] = {
    "api/docs.html": {"button": 1, "card": 1, "table": 1},
    "console/account/page.html": {"card": 1},
    "console/account/second_factor.html": {"button": 2, "card": 4},
    "console/addresses/page.html": {"card": 3},
    "console/audit/_chain.html": {"card": 1},
    "console/audit/page.html": {"button": 3, "card": 1, "input": 2},
    "console/audit/row.html": {"button": 1, "card": 1},
    "console/board/_handles.html": {"button": 1},
    "console/board/_tray.html": {"card": 1},
    "console/board/contracts.html": {"button": 1, "card": 1},
    "console/board/page.html": {"button": 3, "card": 2},
    "console/board/payments.html": {"button": 1, "card": 1},
    "console/board/widgets/cohorts.html": {"table": 1},
    "console/enforcement/page.html": {"card": 3},
    "console/health/page.html": {"card": 9},
    "console/holds/page.html": {"card": 1},
    "console/login/code.html": {"input": 1},
    "console/names/page.html": {"card": 1},
    "console/nas/_secret_acts.html": {"card": 1},
    "console/nas/_staff.html": {"card": 1},
    "console/nas/form.html": {"card": 4},
    "console/nas/page.html": {"card": 1},
    "console/nas_doctor/_exam.html": {"card": 1},
    "console/nas_doctor/_history.html": {"card": 1},
    "console/nas_doctor/_watch.html": {"card": 1},
    "console/nas_doctor/page.html": {"card": 1},
    "console/overview/page.html": {"card": 5},
    "console/own_access/page.html": {"card": 2},
    "console/plans/form.html": {"card": 1},
    "console/preferences/page.html": {"button": 1, "card": 1},
    "console/prove.html": {"button": 1},
    "console/realms/form.html": {"card": 2},
    "console/realms/page.html": {"card": 1},
    "console/realms/server.html": {"card": 2},
    "console/rejects/page.html": {"card": 2},
    "console/retention/page.html": {"card": 5},
    "console/roles/page.html": {"button": 2, "card": 1, "input": 1, "select": 2, "table": 1},
    "console/router_logins/page.html": {"card": 2},
    "console/sessions/page.html": {"card": 1},
    "console/setup.html": {"button": 2, "card": 1},
    "console/sheet.html": {"card": 1},
    "console/staff/form.html": {"button": 3, "card": 3},
    "console/staff/page.html": {"button": 1, "card": 1},
    "console/subscriber/access.html": {"button": 3, "card": 1},
    "console/subscriber/page.html": {"button": 11, "card": 8},
    "console/subscriber/release.html": {"button": 1},
    "console/subscribers/page.html": {"card": 1},
    "layout.html": {"button": 1},
}
# Not for looking at: a token, a script. Shown inside another macro: name -> that one.
UNSEEN = {"alpine", "csrf"}
INSIDE = {"filter_menu": "filterbar"}


def handmade(source: str) -> dict[str, int]:
    """What a template writes by hand: kind -> how often."""
    found = {kind: len(pattern.findall(source)) for kind, pattern in FORBIDDEN.items()}
    return {kind: count for kind, count in found.items() if count}


def pages() -> dict[str, str]:
    """Every template that is no macro and not the style page, which shows parts of macros bare."""
    names = [p for p in tracked() if p.startswith(TEMPLATES) and p.endswith(".html")]
    return {p.removeprefix(TEMPLATES): text(p) or "" for p in names if "/macros/" not in p and not p.startswith(STYLE)}


def differences(found: Mapping[str, Mapping[str, int]], allowed: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Where a page writes more by hand than it may, or less than the list says."""
    lines = []
    for page in sorted({*found, *allowed}):
        here, may = found.get(page, {}), allowed.get(page, {})
        for kind in sorted({*here, *may}):
            has, limit = here.get(kind, 0), may.get(kind, 0)
            if has > limit:
                lines.append(f"{page}: {has} {kind} by hand, {limit} allowed: use the macro")
            elif has < limit:
                lines.append(f"{page}: only {has} {kind} by hand are left of {limit}: shorten the list")
    return lines


def test_pages_are_made_of_macros() -> None:
    found = {page: made for page, source in pages().items() if (made := handmade(source))}
    assert differences(found, ALLOWED) == []


def shown_on_the_style_page() -> str:
    page = "".join(text(p) or "" for p in tracked() if p.startswith(STYLE))
    return page + (text(f"{TEMPLATES}layout.html") or "")


def test_every_macro_stands_on_the_style_page() -> None:
    page = shown_on_the_style_page()
    names = set(render.environment().globals["ui"].names()) - UNSEEN  # type: ignore[attr-defined]
    missing = sorted(name for name in names if not re.search(rf"\bui\.{INSIDE.get(name, name)}\b", page))
    assert missing == []


def test_every_file_of_macros_says_what_it_offers() -> None:
    """Each macro's name stands in the comment at the head of its file."""
    silent = []
    for path in sorted((ROOT / TEMPLATES / "macros").glob("*.html")):
        source = path.read_text()
        head, _, rest = source.partition("#}")
        names = re.findall(r"{% macro ([a-z]\w*)\(", rest)
        silent += [f"{path.name}: {name}" for name in names if not re.search(rf"\bui\.{name}\b", head)]
    assert silent == []


@pytest.mark.parametrize(
    ("source", "kinds"),
    [
        ('<table class="x">', {"table": 1}),
        ('<input name="a"><input type="hidden" name="b">', {"input": 1}),
        ('<a class="btn-m main">', {"button": 1}),
        ('<section class="mt-2 card-m p-3">', {"card": 1}),
        ('<p class="card-mine">{{ ui.button("x") }}', {}),
    ],
)
def test_what_is_made_by_hand_is_found(source: str, kinds: dict[str, int]) -> None:
    assert handmade(source) == kinds


def test_the_list_may_neither_grow_nor_lie() -> None:
    assert len(differences({"a.html": {"table": 2}}, {"a.html": {"table": 1}})) == 1
    assert len(differences({"a.html": {"table": 1}}, {"a.html": {"table": 2}, "b.html": {"card": 1}})) == 2
    assert differences({"a.html": {"table": 1}}, {"a.html": {"table": 1}}) == []
