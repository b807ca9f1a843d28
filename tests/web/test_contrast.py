"""Colours: WCAG 2.2 AA contrast of every pair the pages use, and states that stay apart for colour-blind readers."""

from __future__ import annotations

import itertools
import math
import re

import pytest

from web.build import ASSETS

Colour = tuple[float, float, float]  # OKLCH: lightness 0..1, chroma, hue in degrees
Matrix = tuple[Colour, Colour, Colour]
THEMES = ("milha-light", "milha-dark")
STATES = ("online", "degraded", "offline", "blocked", "unknown", "open", "overdue")
NETWORK_STATES = STATES[:5]
SURFACES = ("color-base-100", "color-base-200", "color-base-300")
TEXT, GRAPHIC = 4.5, 3.0

# Machado, Oliveira, Fernandes 2009, severity 1.0, on linear RGB
SIGHTS: dict[str, Matrix] = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def tokens(theme: str) -> dict[str, Colour]:
    """The opaque colours of one theme in our style sheet."""
    css = (ASSETS / "tokens.css").read_text()
    start = css.index(f'name: "{theme}"')
    block = css[start : css.index("\n}", start)]
    found = re.findall(r"--([\w-]+): oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)", block)
    return {name: (float(a), float(b), float(c)) for name, a, b, c in found}


def linear_rgb(colour: Colour) -> Colour:
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
    red, green, blue = (min(1.0, max(0.0, part)) for part in rgb)
    return red, green, blue


def contrast(one: Colour, other: Colour) -> float:
    """WCAG 2.2, relative luminance."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour: Colour) -> float:
    red, green, blue = linear_rgb(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def oklab(rgb: Colour) -> Colour:
    red, green, blue = rgb
    long = max(0, 0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = max(0, 0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = max(0, 0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def seen(colour: Colour, sight: Matrix) -> Colour:
    rgb = linear_rgb(colour)
    red, green, blue = (sum(row[i] * rgb[i] for i in range(3)) for row in sight)
    return oklab(clipped((red, green, blue)))


def pairs() -> list[tuple[str, str, float]]:
    """(foreground, background, ratio needed) of everything the components put upon each other."""
    made = [(ink, surface, TEXT) for ink in ("ink", "ink-2", "ink-3") for surface in SURFACES]
    for state in STATES:
        made += [(state, "color-base-100", GRAPHIC), (state, f"{state}-soft", GRAPHIC)]
        made += [(f"{state}-ink", ground, TEXT) for ground in (*SURFACES, f"{state}-soft")]
        made += [("ink", f"{state}-soft", TEXT), ("ink-2", f"{state}-soft", TEXT)]
    for role in ("primary", "accent", "neutral", "info", "success", "warning", "error"):
        made.append((f"color-{role}-content", f"color-{role}", TEXT))
    made += [("color-accent", surface, TEXT) for surface in SURFACES[:2]]
    made += [("live", "live-soft", TEXT), ("ink", "live-soft", TEXT), ("ink-2", "live-soft", TEXT)]
    made += [("control", "color-base-100", GRAPHIC), ("chart-axis", "color-base-100", TEXT)]
    made += [(f"chart-{number}", "color-base-100", GRAPHIC) for number in range(1, 7)]
    made += [("color-base-100", "blocked", GRAPHIC), ("color-base-100", "offline", TEXT)]
    return made


@pytest.mark.parametrize("theme", THEMES)
def test_every_pair_of_text_and_ground_reaches_aa(theme: str) -> None:
    known = tokens(theme)
    low = {
        f"{a} on {b}": round(contrast(known[a], known[b]), 2)
        for a, b, need in pairs()
        if contrast(known[a], known[b]) < need
    }
    assert not low


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("theme", THEMES)
def test_network_states_stay_apart_for_every_sight(theme: str, sight: str) -> None:
    known = tokens(theme)
    distances = {
        f"{one}/{other}": math.dist(seen(known[one], SIGHTS[sight]), seen(known[other], SIGHTS[sight]))
        for one, other in itertools.combinations(NETWORK_STATES, 2)
    }
    assert min(distances.values()) >= 0.08, min(distances, key=lambda pair: distances[pair])


def test_both_themes_name_the_same_tokens() -> None:
    assert tokens("milha-light").keys() == tokens("milha-dark").keys()


def test_the_measure_itself_knows_black_white_and_a_failing_grey() -> None:
    white, black, grey = (1.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.75, 0.0, 0.0)
    assert contrast(white, black) == pytest.approx(21, abs=0.01)
    assert contrast(grey, white) < GRAPHIC
