"""How numbers, times and identifiers are written for people, in Brazilian Portuguese and in English.

Pure functions: the language is ``"pt-BR"`` (anything else reads as English), times are aware, the zone is
given. A no-break space stands between number and unit, and a negative number begins with U+2212, so that nothing
breaks across lines or reads as a hyphen. Amounts are integer cents, rates kbit/s, volumes octets, lengths of
time seconds.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

NBSP = "\u00a0"
MINUS = "\u2212"
PT = "pt-BR"

Number = int | float | Decimal

_MONTHS = {
    PT: [
        "janeiro",
        "fevereiro",
        "março",
        "abril",
        "maio",
        "junho",
        "julho",
        "agosto",
        "setembro",
        "outubro",
        "novembro",
        "dezembro",
    ],
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
}
_WEEKDAYS = {
    PT: ["segunda", "terça", "quarta", "quinta", "sexta", "sábado", "domingo"],
    "en": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
}
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def _words(language: str) -> str:
    return PT if language == PT else "en"


# --- numbers ------------------------------------------------------------------------------------------------


@lru_cache(4096, typed=True)
def number(value: Number, language: str, digits: int | None = None) -> str:
    """``41.872`` / ``41,872``; ``digits`` fixes the decimals (rounded half up), else those the value has are kept."""
    exact = Decimal(str(value))
    if digits is not None:
        exact = exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    text = f"{abs(exact):,f}"
    if language == PT:
        text = text.translate({ord(","): ".", ord("."): ","})
    return MINUS + text if exact < 0 else text


def money(cents: int, language: str) -> str:
    """Integer cents of BRL as ``R$ 1.234,56`` / ``R$1,234.56``; the minus stands before the sign of the currency."""
    text = number(Decimal(abs(cents)) / 100, language, 2)
    return (MINUS if cents < 0 else "") + ("R$" + NBSP if language == PT else "R$") + text


def percent(value: Number, language: str, digits: int = 1) -> str:
    """A value already in hundredths: ``4,8 %`` / ``4.8%``."""
    return number(value, language, digits) + (NBSP + "%" if language == PT else "%")


def rate(kbps: Number, language: str) -> str:
    """kbit/s as Mbps: ``500 Mbps``, ``0,5 Mbps``; one decimal only where it says something."""
    return _short(Decimal(str(kbps)) / 1000, language) + NBSP + "Mbps"


def volume(octets: int, language: str) -> str:
    """Octets as decimal gigabytes: ``641 GB``, ``7,4 GB``, ``0,04 GB``."""
    return _short(Decimal(octets) / 10**9, language) + NBSP + "GB"


def _short(value: Decimal, language: str) -> str:
    """No decimals from ten up, one below, two below a tenth; a whole number has none."""
    size = abs(value)
    digits = 0 if size >= 10 or size == size.to_integral_value() else 1 if size >= Decimal("0.1") else 2
    rounded = value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return number(rounded, language, 0 if rounded == rounded.to_integral_value() else digits)


def dbm(value: Number, language: str) -> str:
    """Optical power with one decimal: ``−19,4 dBm``."""
    return number(value, language, 1) + NBSP + "dBm"


# --- lengths of time ----------------------------------------------------------------------------------------


def duration(seconds: Number) -> str:
    """The two largest parts: ``48 s``, ``41 min``, ``6 h 12 min``, ``11 d 19 h``."""
    total = max(0, int(seconds))
    if total < _MINUTE:
        return f"{total}{NBSP}s"
    if total < _HOUR:
        return f"{total // _MINUTE}{NBSP}min"
    if total < _DAY:
        return _two(total, _HOUR, "h", _MINUTE, "min")
    return _two(total, _DAY, "d", _HOUR, "h")


def _two(total: int, large: int, large_unit: str, small: int, small_unit: str) -> str:
    rest = total % large // small
    head = f"{total // large}{NBSP}{large_unit}"
    return f"{head}{NBSP}{rest:02d}{NBSP}{small_unit}" if rest else head


def latency(seconds: Number, language: str) -> str:
    """A measured wait: ``41 ms`` below a tenth of a second, ``0,6 s`` below ten seconds, then as a duration."""
    if seconds < 0.1:
        return f"{number(Decimal(str(seconds)) * 1000, language, 0)}{NBSP}ms"
    if seconds < 10:
        return f"{_short(Decimal(str(round(seconds, 1))), language)}{NBSP}s"
    return duration(seconds)


def _largest(seconds: float) -> str:
    """One part only: ``42 s``, ``12 min``, ``26 h``."""
    total = int(seconds)
    for size, unit in ((_HOUR, "h"), (_MINUTE, "min")):
        if total >= size:
            return f"{total // size}{NBSP}{unit}"
    return f"{total}{NBSP}s"


# --- instants -----------------------------------------------------------------------------------------------


def ago(at: datetime, now: datetime, zone: tzinfo, language: str) -> str:
    """``há 12 min`` / ``12 min ago`` up to 48 h, then the day; an instant still to come reads as ``until``."""
    seconds = (now - at).total_seconds()
    if seconds < 0:
        return until(at, now, zone, language)
    if seconds < 1:
        return "agora" if language == PT else "now"
    if seconds >= 2 * _DAY:
        return moment(at, now, zone, language)
    return f"há{NBSP}{_largest(seconds)}" if language == PT else f"{_largest(seconds)}{NBSP}ago"


def until(at: datetime, now: datetime, zone: tzinfo, language: str) -> str:
    """``em 42 s`` / ``in 42 s`` up to 48 h, then the day; ``agora`` once it is past."""
    seconds = (at - now).total_seconds()
    if seconds < 1:
        return "agora" if language == PT else "now"
    if seconds >= 2 * _DAY:
        return moment(at, now, zone, language)
    return f"{'em' if language == PT else 'in'}{NBSP}{_largest(seconds)}"


def moment(at: datetime, now: datetime, zone: tzinfo, language: str) -> str:
    """``14:32`` today, ``23 out`` this year, ``23 out 2025`` before (or after)."""
    here, today = at.astimezone(zone), now.astimezone(zone).date()
    return clock(at, zone) if here.date() == today else day(here.date(), today, language)


def clock(at: datetime, zone: tzinfo, seconds: bool = False) -> str:
    """``14:32``; with seconds only in feeds and proofs."""
    return at.astimezone(zone).strftime("%H:%M:%S" if seconds else "%H:%M")


def day(value: date, today: date, language: str) -> str:
    """``23 out``, with the year when it is another one."""
    short = f"{value.day}{NBSP}{_month(value, language)[:3]}"
    return short if value.year == today.year else f"{short}{NBSP}{value.year}"


def month(value: date, language: str) -> str:
    """``nov 2026``: a month in a table."""
    return f"{_month(value, language)[:3]}{NBSP}{value.year}"


def slashed(value: date, today: date, language: str) -> str:
    """``25/11`` as bills are read in Brazil, with the year when it is another one; English keeps the month's name."""
    if language != PT:
        return day(value, today, language)
    return value.strftime("%d/%m" if value.year == today.year else "%d/%m/%Y")


def deadline(value: date, language: str) -> str:
    """``quarta, 25 de novembro`` / ``Wednesday, 25 November``."""
    link = " de " if language == PT else " "
    return f"{_weekday(value, language)}, {value.day}{link}{_month(value, language)}"


def instant(at: datetime, zone: tzinfo, language: str) -> str:
    """``23/11/2026 14:32:08`` / ``23 Nov 2026 14:32:08``: a proof's time in a table."""
    here = at.astimezone(zone)
    english = f"{here.day}{NBSP}{_month(here, language)[:3]}{NBSP}{here.year}"
    return f"{here:%d/%m/%Y} {here:%H:%M:%S}" if language == PT else f"{english} {here:%H:%M:%S}"


def appointed(at: datetime, zone: tzinfo, language: str) -> str:
    """``23/11/2026 14:32`` / ``23 Nov 2026 14:32``: when something is to begin or to end."""
    return instant(at, zone, language)[:-3]


def offset(at: datetime, zone: tzinfo) -> str:
    """How far a zone is from UTC at an instant: ``UTC−3``, ``UTC+5:30``, ``UTC``."""
    minutes = int((at.astimezone(zone).utcoffset() or timedelta()).total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    return "UTC" + (f"{MINUS if minutes < 0 else '+'}{hours}{f':{rest:02d}' if rest else ''}" if minutes else "")


def stamp(at: datetime, zone: tzinfo, language: str) -> str:
    """``segunda, 23 nov 2026, 14:32:08``: the page's head and what stands behind a relative time."""
    here = at.astimezone(zone)
    return f"{_weekday(here, language)}, {here.day} {_month(here, language)[:3]} {here.year}, {here:%H:%M:%S}"


def _month(value: date, language: str) -> str:
    return _MONTHS[_words(language)][value.month - 1]


def _weekday(value: date, language: str) -> str:
    return _WEEKDAYS[_words(language)][value.weekday()]


# --- identifiers --------------------------------------------------------------------------------------------


def tax_id(value: str, reveal: bool = False) -> str:
    """A CPF (11 digits) or CNPJ (14, letters allowed since July 2026), masked until asked: ``***.482.917-**``."""
    plain = re.sub(r"[^0-9A-Za-z]", "", value).upper()
    if len(plain) == 11:
        first, last = (plain[:3], plain[9:]) if reveal else ("***", "**")
        return f"{first}.{plain[3:6]}.{plain[6:9]}-{last}"
    if len(plain) == 14:
        first, last = (plain[:2], plain[12:]) if reveal else ("**", "**")
        return f"{first}.{plain[2:5]}.{plain[5:8]}/{plain[8:12]}-{last}"
    return value if reveal else "*" * len(value)


def phone(value: str, reveal: bool = False) -> str:
    """A Brazilian number with or without +55, masked until asked: ``(35) 9 ****-0417``; others stand as they are."""
    digits = re.sub(r"\D", "", value)
    if len(digits) in (12, 13) and digits.startswith("55"):
        digits = digits[2:]
    if len(digits) not in (10, 11):
        return value if reveal else "*" * max(0, len(value) - 4) + value[-4:]
    lead = f"{digits[2]}{NBSP}" if len(digits) == 11 else ""
    middle = digits[-8:-4] if reveal else "****"
    return f"({digits[:2]}){NBSP}{lead}{middle}-{digits[-4:]}"


def email(value: str, reveal: bool = False) -> str:
    """An address of e-mail, masked until asked: ``t***@example.com``."""
    name, at, domain = value.rpartition("@")
    return value if reveal else f"{name[:1]}***{at}{domain}" if at else "*" * len(value)


def postcode(value: str) -> str:
    """A CEP: ``37200-000``."""
    digits = re.sub(r"\D", "", value)
    return f"{digits[:5]}-{digits[5:]}" if len(digits) == 8 else value


def mac(value: str) -> str:
    """Upper case with colons, from any of the usual spellings; anything else stands as it is."""
    plain = re.sub(r"[^0-9A-Fa-f]", "", value).upper()
    return ":".join(plain[i : i + 2] for i in range(0, 12, 2)) if len(plain) == 12 else value


def initials(name: str) -> str:
    """First letters of the first and last name: ``TB``."""
    parts = [part for part in name.split() if part[:1].isalpha()]
    return "".join(part[0] for part in (parts[:1] + parts[1:][-1:])).upper()
