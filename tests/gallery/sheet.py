"""The gallery's own page: a row for each page of the console, its pictures side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from itertools import groupby
from pathlib import Path

from tests.gallery.pages import Page

HEAD = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Milha: every page</title><style>
body{font:14px system-ui;margin:16px;background:#8a8a8a;color:#111}
h2{font-size:14px;margin:20px 0 4px} .row{display:flex;gap:8px;overflow-x:auto;align-items:flex-start}
figure{margin:0} figcaption{font-size:11px}
img{height:420px;width:auto;max-width:none;object-fit:cover;object-position:top}
.desktop{width:672px} .phone{width:194px}
</style><h1>Every page</h1>
"""


@dataclass(frozen=True, slots=True)
class Picture:
    """One page on one screen, in a language and a theme."""

    page: Page
    screen: str
    language: str
    theme: str

    @property
    def stem(self) -> str:
        """Its file's name without the ending."""
        return f"{self.page.name}.{self.screen}.{self.language}.{self.theme}"


def write(folder: Path, pictures: Iterable[Picture]) -> None:
    """``index.html`` beside the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    order = sorted(pictures, key=lambda one: (one.page.route, one.page.address, one.screen, one.language, one.theme))
    rows = [_row(page, list(those)) for page, those in groupby(order, key=lambda one: one.page)]
    (folder / "index.html").write_text(HEAD + "".join(rows), encoding="utf-8")


def _row(page: Page, pictures: list[Picture]) -> str:
    shown = "".join(
        f'<figure><a href="{one.stem}.png"><img class="{one.screen}" loading="lazy" src="{one.stem}.png" alt=""></a>'
        f"<figcaption>{one.screen} {one.language} {one.theme}</figcaption></figure>"
        for one in pictures
    )
    return f'<h2>{escape(page.address)}</h2><div class="row">{shown}</div>\n'
