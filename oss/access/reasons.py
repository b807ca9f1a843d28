"""Reasons in words. The code and its facts travel; the words are made where somebody reads them.

``SENTENCES`` are the English message ids; the web's catalogues translate them. A customer on the wire hears only
``ON_THE_WIRE`` (invariant 9): the precise reason stays inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ON_THE_WIRE = "Acesso indisponivel. Fale com o seu provedor."

SENTENCES = {
    "in_order": "In good standing",
    "promised": "Promise to pay until {until}",
    "overdue": "Invoice overdue: {note}",
    "manual": "Blocked by staff: {note}",
    "fraud": "Blocked for suspected fraud: {note}",
    "pause": "Paused by the customer",
    "contract_ended": "The contract has ended",
    "account_disabled": "This login is switched off",
    "unknown_login": "There is no such login",
    "wrong_password": "Wrong password",
    "no_method": "The router used a login method this login cannot use",
}


def words(code: str, facts: Mapping[str, Any] | None = None) -> str:
    """The English sentence of a reason; missing facts read as a dash."""
    values = {k: ("-" if v in (None, "") else v) for k, v in (facts or {}).items()}
    sentence = SENTENCES.get(code, code)
    for name in ("until", "note"):
        sentence = sentence.replace("{" + name + "}", str(values.get(name, "-")))
    return sentence
