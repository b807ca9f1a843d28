"""The CSRF token as it stands in a page: masked anew in each answer.

Answers are compressed and may repeat what an address says; a secret that stood in them unchanged could be guessed from
their lengths (BREACH, 2013). Masked, it is another text each time.
"""

from __future__ import annotations

import base64
import binascii
import secrets


def masked(token: str) -> str:
    """A text of twice the token's length that hides it and gives it back."""
    plain = token.encode()
    pad = secrets.token_bytes(len(plain))
    mixed = bytes(a ^ b for a, b in zip(plain, pad, strict=True))
    return base64.urlsafe_b64encode(pad + mixed).decode()


def unmasked(text: str) -> str:
    """The token again; of a text that hides none, the text itself."""
    try:
        both = base64.b64decode(text.encode(), altchars=b"-_", validate=True)
        half = len(both) // 2
        return bytes(a ^ b for a, b in zip(both[:half], both[half:], strict=True)).decode()
    except (binascii.Error, ValueError):
        return text
