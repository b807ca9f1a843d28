"""Dangerous acts ask again who it is: a password, a code or a passkey of the last ten minutes.

A route that is one declares ``fresh=True``; a handler whose act is dangerous only at times (many at once, a secret
among the fields) calls `demand` with the request's session before it does anything.
"""

from __future__ import annotations

import time

from aiohttp_session import Session

from oss.base.problems import Problem

PROOF_S = 600
PROVED_AT = "proved_at"


class NeedsProof(Problem):
    """Prove first that it is still you."""

    status = 403


def demand(session: Session) -> None:
    """Raise NeedsProof where the last proof is too old."""
    if time.time() - float(session.get(PROVED_AT, 0.0)) > PROOF_S:
        raise NeedsProof()


def prove(session: Session) -> None:
    """Somebody has just proven who they are."""
    session[PROVED_AT] = time.time()
