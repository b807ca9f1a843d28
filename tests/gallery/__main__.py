"""`make gallery`: every page as pictures, in both languages and themes, for a desk and a telephone.

``python -m tests.gallery [WORD ...]`` takes only pages whose address holds one of the words. The pictures and their
``index.html`` go to tests/screenshots/gallery.
"""

from __future__ import annotations

import asyncio
import itertools
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import FloatRect
from playwright.async_api import Page as Tab

from oss.app import register_features
from oss.base import db, migrations, partitions
from oss.base.postgres import EmbeddedPostgres
from tests import browsing
from tests.gallery import world
from tests.gallery.pages import Page
from tests.gallery.sheet import Picture, write
from tests.gallery.walk import SCREENS, Walk, light, walking
from web import build
from web.pages import LANGUAGES

FOLDER = browsing.SHOTS / "gallery"
THEMES = ("light", "dark")
PATIENCE_MS = 60_000
TALL = 3000  # px: what is longer is cut, nobody looks that far


@asynccontextmanager
async def fresh_database(folder: Path) -> AsyncIterator[str]:
    """A PostgreSQL of the program's own, migrated, open through oss.base.db."""
    server = EmbeddedPostgres(folder / "postgres", settings={"fsync": "off", "max_connections": "200"})
    dsn = await server.start()
    try:
        await migrations.migrate(dsn)
        await partitions.ensure_at(dsn)
        register_features()
        async with db.database(dsn, pool=6):
            yield dsn
    finally:
        await server.stop()


async def shoot(walk: Walk, found: list[Page]) -> list[Picture]:
    """All pictures of these pages."""
    made = []
    for language, screen in itertools.product(LANGUAGES, SCREENS):
        for page in found:
            tab = await walk.open(page, screen, language)
            clip = await whole(tab, screen)
            for theme in THEMES:
                await light(tab, theme)
                picture = Picture(page, screen, language, theme)
                await browsing.shoot(tab, f"gallery/{picture.stem}", full_page=True, clip=clip, timeout=PATIENCE_MS)
                made.append(picture)
            await tab.set_viewport_size(SCREENS[screen]["viewport"])
    return made


async def whole(tab: Tab, screen: str) -> FloatRect:
    """The page from its head to its foot; a telephone grows, so that the bar at its foot covers nothing."""
    size = SCREENS[screen]["viewport"]
    tall: int = await tab.evaluate("document.documentElement.scrollHeight")
    height = max(min(tall, TALL), size["height"])
    if screen == "phone":
        await tab.set_viewport_size({"width": size["width"], "height": height})
    return {"x": 0, "y": 0, "width": size["width"], "height": height}


async def run(words: list[str]) -> int:
    """The whole gallery; answers how many pictures."""
    build.ensure_assets()
    folder = Path(tempfile.mkdtemp(prefix="milha-gallery-"))
    folder.chmod(0o755)  # the database's own user comes in
    shutil.rmtree(FOLDER, ignore_errors=True)

    def wanted(found: list[Page]) -> list[Page]:
        return [one for one in found if not words or any(word in one.address for word in words)]

    try:
        async with fresh_database(folder) as dsn, walking(folder, dsn) as walk:
            made = await shoot(walk, wanted(await walk.before_anybody()))
            await world.furnish(walk.house)
            made += await shoot(walk, wanted(await walk.all_pages()))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    write(FOLDER, made)
    return len(made)


def main() -> None:
    if browsing.CHROMIUM is None:
        sys.exit("the gallery needs chromium")
    begun = time.monotonic()
    many = asyncio.run(run(sys.argv[1:]))
    print(f"{many} pictures in {time.monotonic() - begun:.0f} s: {FOLDER / 'index.html'}")


if __name__ == "__main__":
    main()
