"""How often something may be tried: at the sign-in, with codes, passkeys, proofs, and for links by e-mail."""

from __future__ import annotations

import hashlib

from aiohttp import web

from web.auth import Attempts

DEVICE = "milha_device"


class Limits:
    """At once, then one every few seconds: each application counts its own.

    A browser that is known as its owner's (``device``: its cookie) has tries of its own, so that nobody else's wrong
    passwords keep the owner out. Codes count by user, wherever they are typed: six digits can be guessed.
    """

    def __init__(self) -> None:
        self.by_login, self.by_address = Attempts(5, 20.0), Attempts(20, 6.0)
        self.by_device, self.by_user = Attempts(5, 20.0), Attempts(8, 60.0)
        self.letters, self.passkeys, self.hints = Attempts(3, 300.0), Attempts(30, 2.0), Attempts(60, 1.0)

    def spend(self, login: str, address: str, device: str | None = None) -> None:
        """One try of a password."""
        if device:
            self.by_device.spend(_key(device))
            return
        self.by_address.spend(address)
        self.by_login.spend(login)

    def forgive(self, login: str, address: str, device: str | None = None) -> None:
        """It was right."""
        if device:
            self.by_device.forgive(_key(device))
            return
        self.by_login.forgive(login)
        self.by_address.forgive(address)

    def spend_code(self, user_id: int, device: str | None = None) -> None:
        """One try of a code."""
        if device:
            self.by_device.spend(_key(device))
        else:
            self.by_user.spend(str(user_id))

    def forgive_code(self, user_id: int, device: str | None = None) -> None:
        """It was right."""
        if device:
            self.by_device.forgive(_key(device))
        else:
            self.by_user.forgive(str(user_id))


def _key(device: str) -> str:
    return hashlib.sha256(device.encode()).hexdigest()


LIMITS = web.AppKey("limits", Limits)
