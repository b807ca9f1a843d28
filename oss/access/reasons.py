"""Reasons in words. The code and its facts travel; the words are made where somebody reads them.

``SENTENCES`` are the English message ids; the web's catalogues translate them. A customer on the wire hears only
``ON_THE_WIRE`` (invariant 9): the precise reason stays inside.
"""

from __future__ import annotations

import re
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
    "needs_clear_password": "CHAP needs the password in clear, and only a hash of it is kept",
    "needs_nt_hash": "MS-CHAP needs the password or its NT hash, and only another hash is kept",
    "session_open": "A session is open already",
    "wrong_line": "It came from another line than its own",
    "slowed": "Too many wrong passwords: attempts are held back for a while",
    "home_refused": "The home server of its realm refused it",
    "home_silent": "No home server of its realm answers",
    "realm_loop": "It came back from its home server: the realm points in a circle",
    "eap_certificate_refused": "The device does not trust our EAP certificate",
    "eap_client_certificate": "The certificate of the device was not accepted",
    "eap_failed": "The EAP login broke off",
    "eap_lost": "The EAP login came back after its time, or to another server",
}
# What a reason says where it came with facts, and the facts it needs for that.
PRECISE: dict[str, tuple[str, tuple[str, ...]]] = {
    "overdue": ("Blocked: invoice {invoice} overdue since {due_on}", ("invoice", "due_on")),
    "session_open": ("A session is open at {nas} since {since}", ("nas", "since")),
    "wrong_line": ("It came from another line than its own: {seen} instead of {expected}", ("expected", "seen")),
    "slowed": ("{tries} wrong passwords: attempts are held back for a while", ("tries",)),
    "no_method": ("The device wants EAP {wanted}, offered are {offered}", ("wanted", "offered")),
    "eap_certificate_refused": ("The device does not trust our EAP certificate: {why}", ("why",)),
    "eap_client_certificate": ("The certificate of the device was not accepted: {why}", ("why",)),
    "eap_failed": ("The EAP login broke off: {why}", ("why",)),
}


def words(code: str, facts: Mapping[str, Any] | None = None) -> str:
    """The English sentence of a reason; missing facts read as a dash."""
    values = {k: str(v) for k, v in (facts or {}).items() if v not in (None, "")}
    precise, needed = PRECISE.get(code, ("", ()))
    sentence = precise if precise and values.keys() >= set(needed) else SENTENCES.get(code, code)
    return re.sub(r"\{(\w+)\}", lambda place: values.get(place[1], "-"), sentence)
