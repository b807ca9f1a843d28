"""Money is integer cents of one currency (BRL); nothing here ever touches a float."""

from __future__ import annotations


def share(amount_cents: int, numerator: int, denominator: int) -> int:
    """``amount * numerator / denominator`` rounded half up (away from zero), as fiscal rules want it."""
    if denominator <= 0:
        raise ValueError("denominator must be positive")
    product = amount_cents * numerator
    magnitude = (2 * abs(product) + denominator) // (2 * denominator)
    return magnitude if product >= 0 else -magnitude
