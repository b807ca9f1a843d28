"""axe-core (Deque) in a page: what keeps people who see, hear or move otherwise from using it.

The package is pinned in ``package-lock.json`` beside this file, fetched once into ``vendor`` here, and never shipped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from web import build

HERE = Path(__file__).parent
PACKAGES = [HERE / "package.json", HERE / "package-lock.json"]
VERSION = json.loads(PACKAGES[0].read_text())["devDependencies"]["axe-core"]
SCRIPT = HERE / "vendor" / f"axe-{VERSION}.min.js"
GRAVE = ("serious", "critical")
# The rules of WCAG 2.2 A and AA, and the trade's habits (landmarks, order of headings).
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ("color-contrast",)  # all that another light can change
NARROW = (*COLOURS, "target-size", "scrollable-region-focusable", "button-name", "link-name", "nested-interactive")
# Rows of one list are all alike.
REPEATED = ["tbody tr:nth-child(n+4)", "li:nth-child(n+6)"]
RUN = """([context, options]) => axe.run(context, options).then(found => found.violations.map(one => ({
  rule: one.id, impact: one.impact, help: one.help,
  nodes: one.nodes.map(node => [node.target.join(' '), node.failureSummary]) })))"""


@cache
def script() -> str:
    """The library as text, fetched by its lock on the first call."""
    if not SCRIPT.exists():
        SCRIPT.parent.mkdir(exist_ok=True)
        with build.installed(PACKAGES) as modules:
            SCRIPT.write_bytes((modules / "axe-core" / "axe.min.js").read_bytes())
    return SCRIPT.read_text(encoding="utf-8")


async def violations(page: Page, *rules: str, without: Sequence[str] = ()) -> list[dict[str, Any]]:
    """What is wrong on a page as it stands; by all rules or by those named, ``without`` some parts of it."""
    if not await page.evaluate("typeof axe === 'object'"):
        await page.evaluate(script())
    only = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": TAGS}
    context = {"exclude": [*REPEATED, *without]}
    options = {"runOnly": only, "resultTypes": ["violations"], "preload": False}
    found: list[dict[str, Any]] = await page.evaluate(RUN, [context, options])
    return found


def grave(found: list[dict[str, Any]]) -> Iterator[str]:
    """What is serious or critical, one line each place."""
    for one in found:
        if one["impact"] in GRAVE:
            for target, why in one["nodes"]:
                yield f"{one['rule']} ({one['impact']}): {target}: {' '.join(why.split())}"
