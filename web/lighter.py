"""Makes what the browser fetches lighter, at build time: fonts without what no page shows, scripts without comments."""

from __future__ import annotations

from io import BytesIO
from typing import Final

WEIGHTS: Final = (400, 700)
"""Between these the pages choose (`assets/*.css`, Tailwind's normal to bold); thinner ones are a third of a font."""

RARE: Final = range(0x100, 0x2000)
"""Letters beyond Latin-1: neither Portuguese nor English has them. A name that does is shown in the system's font."""


def font(woff2: bytes) -> bytes:
    """A variable font of the weights and letters that pages use, unhinted, as WOFF2."""
    from fontTools import subset
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    read = TTFont(BytesIO(woff2))
    options = subset.Options(hinting=False)
    options.layout_features = ["kern", "mark", "mkmk", "ccmp", "locl", "tnum"]
    cut = subset.Subsetter(options)
    cut.populate(unicodes=[one for one in read.getBestCmap() if one not in RARE])
    cut.subset(read)
    made = instancer.instantiateVariableFont(read, {"wght": WEIGHTS}, updateFontNames=False)
    made.flavor = "woff2"
    written = BytesIO()
    made.save(written)
    return written.getvalue()


def script(text: str) -> str:
    """JavaScript without comments and needless space; names stay, so that an error in a browser can be read."""
    from rjsmin import jsmin

    return str(jsmin(text))
