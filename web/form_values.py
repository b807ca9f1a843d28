"""What people type as values, and values as people type them: numbers, money, rates, days, documents, telephones.

Each reader takes what was typed and the language it was typed in, answers what the API would be sent, and raises
ValueError with what is wrong in English; each writer is its inverse. Nothing here knows of a model.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from oss.base import tax_ids
from web import formats

LONGEST_NUMBER = 20
THOUSANDS = {"pt-BR": ".", "en": ","}


def decimal(text: str, language: str) -> Decimal:
    """``1.109,90`` or ``1,109.90``: the last of comma and point divides the decimals, unless it can only be the
    language's own thousands (``1.000`` in Portuguese, ``1,000`` in English)."""
    plain = re.sub(r"^(R\$|US\$)|\s|Mbps$", "", text.replace(formats.MINUS, "-"))
    if not re.fullmatch(r"-?[0-9][0-9.,]*", plain) or len(plain) > LONGEST_NUMBER:
        raise ValueError("must be a number")
    mark = THOUSANDS.get(language, ".")
    other = "," if mark == "." else "."
    if re.fullmatch(rf"-?[0-9]{{1,3}}(\{mark}[0-9]{{3}})+(\{other}[0-9]+)?", plain):
        return Decimal(plain.replace(mark, "").replace(other, "."))
    if re.fullmatch(
        rf"-?[0-9]{{1,3}}(\{other}[0-9]{{3}})+\{mark}[0-9]+", plain
    ):  # the other language's way, beyond doubt
        return Decimal(plain.replace(other, "").replace(mark, "."))
    if re.fullmatch(r"-?[0-9]{1,3}([.,][0-9]{3}){2,}", plain) and len(set(plain) & {".", ","}) == 1:
        return Decimal(re.sub(r"[.,]", "", plain))
    if re.fullmatch(r"-?[0-9]+([.,][0-9]+)?", plain):
        return Decimal(plain.replace(",", "."))
    raise ValueError("must be a number")


def whole(text: str, language: str) -> int:
    """A whole number; thousands may be divided as people divide them."""
    if not re.fullmatch(r"[0-9]{1,19}|[0-9]{1,3}([.,\s][0-9]{3}){1,6}", text):
        raise ValueError("must be a whole number")
    return int(re.sub(r"[^0-9]", "", text))


def show_whole(value: int, language: str) -> str:
    return str(value)


def cents(text: str, language: str) -> int:
    """An amount of money in cents; more than two decimals are refused."""
    found = decimal(text, language) * 100
    if found != found.to_integral_value():
        raise ValueError("must be an amount such as 109.90")
    return int(found)


def show_cents(value: int, language: str) -> str:
    return formats.number(Decimal(value) / 100, language, 2)


def hundredths(text: str, language: str) -> int:
    """A percentage, as hundredths of a percent; what is finer is refused."""
    found = decimal(text.replace("%", ""), language) * 100
    if found != found.to_integral_value():
        raise ValueError("at most two decimals")
    return int(found)


def show_hundredths(value: int, language: str) -> str:
    return formats.number(Decimal(value) / 100, language, 2)


def kbps(text: str, language: str) -> int:
    """A rate typed in Mbps, as kbit/s; what is finer than one kbit/s is refused."""
    found = decimal(text, language) * 1000
    if found != found.to_integral_value():
        raise ValueError("at most three decimals")
    return int(found)


def show_kbps(value: int, language: str) -> str:
    found = (Decimal(value) / 1000).normalize()
    return formats.number(found.quantize(Decimal(1)) if found == found.to_integral_value() else found, language)


def day(text: str, language: str) -> str:
    """A day as the browser's field sends it, or as people type it (``31/12/2026``); ISO 8601."""
    try:
        if found := re.fullmatch(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})", text):
            return date(int(found[3]), int(found[2]), int(found[1])).isoformat()
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError("must be a day") from None


def show_day(value: date | str, language: str) -> str:
    return str(value)


def document(text: str, language: str) -> str:
    return tax_ids.plain(text)


def show_document(value: str, language: str) -> str:
    return formats.tax_id(value, reveal=True)


def phone(text: str, language: str) -> str:
    """Digits alone: of Brazil area code and number (``+55`` goes), of elsewhere with the country code."""
    if not re.fullmatch(r"\+?[0-9\s().\-/]+", text):
        raise ValueError("must be a telephone number with its area code")
    digits = re.sub(r"[^0-9]", "", text)
    abroad = text.startswith("+") and not digits.startswith("55")
    if not abroad and len(digits) in (12, 13) and digits.startswith("55"):
        return digits[2:]
    return digits.removeprefix("0") if not abroad and len(digits) in (11, 12) and digits.startswith("0") else digits


def show_phone(value: str, language: str) -> str:
    shown = formats.phone(value, reveal=True).replace(formats.NBSP, " ")
    return shown if shown != value or len(value) < 12 else f"+{value}"


def postcode(text: str, language: str) -> str:
    """Eight digits of a CEP; anything else stays as it is, for the model to refuse."""
    return re.sub(r"[\s.\-]", "", text)


def show_postcode(value: str, language: str) -> str:
    return formats.postcode(value)


def lower(text: str, language: str) -> str:
    return text.lower()


def upper(text: str, language: str) -> str:
    return text.upper()


def line(text: str, language: str) -> str:
    return text


def show_line(value: object, language: str) -> str:
    return str(value)


def degrees(text: str, language: str) -> int:
    """A coordinate as maps show it (``-21.245287``, ``-21,245287``, ``21.245287 S``), in millionths of a degree.

    There is never a thousand of them, so comma and point both divide the decimals.
    """
    found = re.fullmatch(
        r"([+-]?)\s*([0-9]{1,3})(?:[.,]([0-9]{1,12}))?\s*°?\s*([NSLEOW]?)", text.upper().replace("−", "-")
    )
    if found is None:
        raise ValueError("must be degrees such as -21.245287")
    sign, whole_part, rest, side = found.groups()
    value = int(whole_part) * 1_000_000 + int((rest or "").ljust(6, "0")[:6])
    return -value if (sign == "-") != (side in ("S", "O", "W") and side != "") else value


def show_degrees(value: int, language: str) -> str:
    whole_part, rest = divmod(abs(value), 1_000_000)
    shown = f"{whole_part}.{rest:06d}".rstrip("0").rstrip(".")
    return f"-{shown}" if value < 0 else shown


def bps(text: str, language: str) -> int:
    """A capacity typed in Mbps, as bit/s."""
    return kbps(text, language) * 1000


def show_bps(value: int, language: str) -> str:
    return show_kbps(value // 1000, language)


def paragraph(text: str, language: str) -> str:
    """Several lines as one."""
    return " ".join(text.split())
