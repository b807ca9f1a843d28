"""Colours: WCAG 2.2 AA contrast of every pair the pages use, and states that stay apart for colour-blind readers."""

from __future__ import annotations

import itertools
import math

import pytest

from web.colours import GRAPHIC, STATES, THEMES, Colour, clipped, contrast, linear_rgb, pairs, tokens

Matrix = tuple[Colour, Colour, Colour]
NETWORK_STATES = STATES[:5]

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
