"""Why somebody is not let in by TLS, in words for the log: what is wrong, and what to do about it."""

from __future__ import annotations

import logging
import time

from radius.radsec import Untrusted

log = logging.getLogger(__name__)
QUIET_S = 300.0
MOST = 1024

CURES = {
    "expired": ("its certificate has expired", "give it a new one: milha cert"),
    "not_yet_valid": ("its certificate is not valid yet", "set the clock of the NAS or of this machine"),
    "revoked": ("its certificate is revoked (crl.pem)", "give it a new one if it is still ours: milha cert"),
    "issuer_unknown": ("its certificate is signed by nobody in ca.pem", "sign one for it (milha cert), or add its CA"),
    "crl_out_of_date": ("crl.pem is out of date", "fetch the new list"),
    "purpose": ("its certificate is not one for clients", "sign one with the usage clientAuth: milha cert"),
    "no_certificate": ("it showed no certificate", "give the NAS a certificate of its own and make it send it"),
    "unlisted": ("its certificate is sound, but no NAS in use has this name", "enter the name at a NAS of the console"),
    "old_tls": ("it speaks nothing newer than TLS 1.1", "update the software of the NAS"),
    "timeout": ("TLS was not there in time", "see whether it speaks TLS on this port, and whether packets are lost"),
    "too_many": ("it has too many connections", "see why it opens new ones without closing the old ones"),
    "told_expired": ("it says that our certificate has expired", "renew it: milha cert"),
    "told_revoked": ("it says that our certificate is revoked", "renew it: milha cert"),
    "told_unknown_ca": ("it does not trust who signed our certificate", "give the NAS the CA of our server.pem"),
    "told_bad_certificate": ("it does not take our certificate", "see its name and purpose: it must be of this server"),
    "protocol": ("it does not speak TLS as it should", "see whether it is a NAS of ours at all"),
}
BROKEN = ("it sent what is no RADIUS packet, or one wrongly signed", "its secret must be radsec (RFC 6614 section 2.3)")


class Doorkeeper:
    """Writes down who was not let in: the edge, not every try (a NAS with an old certificate tries all day)."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self._told: dict[tuple[str, str], float] = {}

    def refused(self, address: str, names: tuple[str, ...], error: Exception) -> None:
        """Somebody was not let in, or put out."""
        cause = error.cause if isinstance(error, Untrusted) else "broken"
        self.counts[cause] = self.counts.get(cause, 0) + 1
        now, key = time.monotonic(), (address, cause)
        if now - self._told.get(key, float("-inf")) < QUIET_S:
            return
        if len(self._told) >= MOST:
            self._told.clear()
        self._told[key] = now
        what, cure = CURES.get(cause, BROKEN)
        facts = {"address": address, "cause": cause, "certificate": ", ".join(names), "said": str(error)}
        log.warning("RadSec: %s is not let in: %s; %s", address, what, cure, extra={"facts": facts})
