"""The tokens of our style sheet as numbers: contrast by WCAG 2.2, and every pair that the components put together."""

from __future__ import annotations

import functools
import math
import re
from pathlib import Path

Colour = tuple[float, float, float]  # OKLCH: lightness 0..1, chroma, hue in degrees

SHEET = Path(__file__).resolve().parent / "assets" / "tokens.css"
THEMES = ("milha-light", "milha-dark")
STATES = ("online", "degraded", "offline", "blocked", "unknown", "open", "overdue")
SURFACES = ("color-base-100", "color-base-200", "color-base-300")
TEXT, GRAPHIC = 4.5, 3.0


@functools.cache
def tokens(theme: str) -> dict[str, Colour]:
    """The opaque colours of one theme in our style sheet."""
    css = SHEET.read_text(encoding="utf-8")
    start = css.index(f'name: "{theme}"')
    block = css[start : css.index("\n}", start)]
    found = re.findall(r"--([\w-]+): oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)", block)
    return {name: (float(a), float(b), float(c)) for name, a, b, c in found}


def linear_rgb(colour: Colour) -> Colour:
    """OKLCH to linear sRGB, clipped to what a screen shows."""
    lightness, chroma, hue = colour
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return clipped(
        (
            4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
        )
    )


def clipped(rgb: Colour) -> Colour:
    """Each part between 0 and 1."""
    red, green, blue = (min(1.0, max(0.0, part)) for part in rgb)
    return red, green, blue


def contrast(one: Colour, other: Colour) -> float:
    """WCAG 2.2, relative luminance: 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour: Colour) -> float:
    """WCAG 2.2, 0 (black) to 1 (white)."""
    red, green, blue = linear_rgb(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def pairs() -> list[tuple[str, str, float]]:
    """(foreground, background, ratio needed) of everything the components put upon each other."""
    made = [(ink, surface, TEXT) for ink in ("ink", "ink-2", "ink-3") for surface in SURFACES]
    for state in STATES:
        made += [(state, "color-base-100", GRAPHIC), (state, f"{state}-soft", GRAPHIC)]
        made += [(f"{state}-ink", ground, TEXT) for ground in (*SURFACES, f"{state}-soft")]
        made += [(ink, f"{state}-soft", TEXT) for ink in ("ink", "ink-2", "ink-3")]
    for role in ("primary", "accent", "neutral", "info", "success", "warning", "error"):
        made.append((f"color-{role}-content", f"color-{role}", TEXT))
    made += [("color-accent", surface, TEXT) for surface in SURFACES[:2]]
    made += [(ink, "live-soft", TEXT) for ink in ("live", "ink", "ink-2", "ink-3")]
    made += [("control", "color-base-100", GRAPHIC), ("chart-axis", "color-base-100", TEXT)]
    made += [(f"chart-{number}", "color-base-100", GRAPHIC) for number in range(1, 7)]
    made += [("color-base-100", "blocked", GRAPHIC), ("color-base-100", "offline", TEXT)]
    return made


def spelled(colour: Colour) -> str:
    """As CSS and SVG write it."""
    return "oklch({:g} {:g} {:g})".format(*colour)
