"""CPF and CNPJ: the numbers by which Brazil knows people and companies, kept without punctuation.

Since July 2026 the first twelve places of a CNPJ may hold letters (Nota Técnica Cocad 49/2024): a character counts as
its ASCII code less 48, and its check digits are those of always.
"""

from __future__ import annotations

import re

_PUNCTUATION = re.compile(r"[\s./\-]")


def plain(text: str) -> str:
    """Without punctuation, letters upper case: ``529.982.247-25`` -> ``52998224725``; anything else stays as it is."""
    return _PUNCTUATION.sub("", text).upper()


def _digit(text: str, weights: list[int]) -> str:
    """The check digit of modulo 11 over characters of ASCII code less 48."""
    rest = sum((ord(c) - 48) * w for c, w in zip(text, weights, strict=True)) % 11
    return "0" if rest < 2 else str(11 - rest)


def is_cpf(text: str) -> bool:
    """Whether it is eleven digits, not all alike, whose two last ones fit."""
    if not re.fullmatch(r"[0-9]{11}", text) or len(set(text)) == 1:
        return False
    return all(text[n] == _digit(text[:n], list(range(n + 1, 1, -1))) for n in (9, 10))


def is_cnpj(text: str) -> bool:
    """Whether it is twelve digits or capital letters and two digits, not all alike, and the two fit."""
    if not re.fullmatch(r"[0-9A-Z]{12}[0-9]{2}", text) or len(set(text)) == 1:
        return False
    return all(text[n] == _digit(text[:n], [2 + (n - 1 - place) % 8 for place in range(n)]) for n in (12, 13))


def wrong(text: str) -> str | None:
    """What is wrong with a document without punctuation, None if it is a CPF or a CNPJ."""
    if re.fullmatch(r"[0-9]{11}", text):
        return None if is_cpf(text) else "is not a CPF: its check digits do not fit"
    if re.fullmatch(r"[0-9A-Z]{12}[0-9]{2}", text):
        return None if is_cnpj(text) else "is not a CNPJ: its check digits do not fit"
    return "must be a CPF of 11 digits or a CNPJ of 14 characters"
