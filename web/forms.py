"""Posted forms as typed values: every field is read, what is wrong is gathered, and told all at once.

A field that cannot be read yields a harmless value of its type and an entry in ``wrong``; ``check`` then raises
InvalidInput before anything is done with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from aiohttp import web
from multidict import MultiMapping

from oss.base.problems import InvalidInput

PROMISE_DAYS = 60
# Fields that never come back.
SECRET = re.compile(r"password|passphrase|secret|community|token|otp|pin\b", re.IGNORECASE)


class Form:
    """One posted form (or the query of an address, for a filter form)."""

    def __init__(self, posted: MultiMapping[Any]) -> None:
        self._posted = posted
        self.wrong: dict[str, str] = {}

    def values(self) -> dict[str, str]:
        """What was typed, as it was typed: a form that comes back shows it again. Secrets stay out."""
        return {name: str(value) for name, value in self._posted.items() if not SECRET.search(name)}

    def text(self, name: str, required: bool = False, most: int = 240) -> str:
        """A line of text without its outer spaces."""
        value = plain(str(self._posted.get(name, "")))
        if required and not value:
            self.wrong[name] = "must not be empty"
        if len(value) > most:
            self.wrong[name] = f"at most {most} characters"
        return value

    def secret(self, name: str) -> str | None:
        """As typed, or None where nothing was."""
        return str(self._posted.get(name, "")) or None

    def many(self, name: str) -> list[str]:
        """Every value of a repeated field."""
        return [str(value) for value in self._posted.getall(name, [])]

    def flag(self, name: str) -> bool:
        """A ticked box."""
        return bool(self._posted.get(name))

    def choice(self, name: str, choices: Sequence[str], default: str | None = None) -> str:
        """One of the choices."""
        value = self.text(name) or (default or "")
        if value not in choices:
            self.wrong[name] = "one of " + ", ".join(choices)
            return choices[0]
        return value

    def number(self, name: str, default: int | None = None) -> int:
        """A whole number; thousands may be divided as people divide them."""
        text = self.text(name)
        if not text and default is not None:
            return default
        if not re.fullmatch(r"\d{1,12}|\d{1,3}([.,\s]\d{3}){1,3}", text):
            self.wrong[name] = "must be a whole number" if text else "must not be empty"
            return 0
        return int(re.sub(r"\D", "", text))

    def decimal(self, name: str) -> Decimal:
        """``109,90``, ``1.109,90``, ``109.90`` or ``1,109.90``: the last of comma and point divides the decimals."""
        typed = self.text(name)
        text = re.sub(r"[^\d,.\-]", "", typed)
        if not text:
            self.wrong[name] = "must be a number" if typed else "must not be empty"
            return Decimal(0)
        if "," in text and text.rindex(",") > text.rfind("."):
            text = text.replace(".", "").replace(",", ".")
        else:
            text = text.replace(",", "")
            text = text.replace(".", "") if re.fullmatch(r"\d{1,3}(\.\d{3}){2,}", text) else text
        try:
            return Decimal(text)
        except InvalidOperation:
            self.wrong[name] = "must be a number"
            return Decimal(0)

    def cents(self, name: str) -> int:
        """An amount of money in cents; more than two decimals are refused."""
        cents = self.decimal(name) * 100
        if cents != cents.to_integral_value() or abs(cents) > 10**12:
            self.wrong[name] = "must be an amount such as 109.90"
            return 0
        return int(cents)

    def kbps(self, name: str) -> int:
        """A rate typed in Mbps, as kbit/s."""
        value = self.decimal(name) * 1000
        return int(value) if abs(value) < 10**9 else 10**9

    def day(self, name: str) -> date:
        """A day as the browser's date field sends it, or as people type it (``31/12/2026``)."""
        text = self.text(name)
        try:
            if found := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text):
                return date(int(found[3]), int(found[2]), int(found[1]))
            return date.fromisoformat(text)
        except ValueError:
            self.wrong[name] = "must be a day" if text else "must not be empty"
            return date(1970, 1, 1)

    def end_of_day(self, name: str, zone: tzinfo, now: datetime) -> datetime:
        """The last instant of a day to come in a zone, at most 60 days away: until when a promise holds."""
        until = datetime.combine(self.day(name) + timedelta(days=1), time(), zone).astimezone(UTC)
        if not self.wrong.get(name) and not now < until <= now + timedelta(days=PROMISE_DAYS + 1):
            self.wrong[name] = "must be a day to come, at most 60 days away"
        return until

    def check(self, **more: str) -> None:
        """Raise InvalidInput if anything is wrong (``more``: what the caller found wrong)."""
        if self.wrong or more:
            raise InvalidInput(self.wrong | more)


async def posted(request: web.Request) -> Form:
    """The request's form."""
    return Form(await request.post())


def filters(request: web.Request, names: Sequence[str]) -> dict[str, str]:
    """The known parameters of an address, without the empty ones: what a list's links carry on."""
    found: Mapping[str, str] = request.query
    return {name: plain(found[name])[:200] for name in names if plain(found.get(name, ""))}


def plain(text: str) -> str:
    """Without outer spaces and control characters: PostgreSQL's text holds no NUL, and no name holds a bell."""
    return "".join(c for c in text if c.isprintable() or c == "\n").strip()
