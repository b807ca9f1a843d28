"""What the lab is told: its routers, its server, and how its subscribers and routers behave."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from oss.lab.accounting import Patience
from oss.lab.proofs import Method

Mode = Literal["healthy", "nak", "silent", "pretend"]
MODES: tuple[str, ...] = get_args(Mode)
DEFAULT_INTERIM_S = 300.0

Illness = Literal[
    "no-accounting",  # logs in, and tells of no session
    "no-interim",  # Starts and Stops alone
    "coa-closed",  # nothing listens for dynamic authorization
    "coa-other-secret",  # listens, and believes another secret
    "clock-ahead",  # by an hour, in what it tells and in what it believes
    "unsigned",  # no Message-Authenticator in Access-Requests
    "other-secret",  # not the one its server knows it by
    "hears-no-answers",  # they are lost on their way back
]
ILLNESSES: tuple[str, ...] = get_args(Illness)
CLOCK_AHEAD_S = 3600.0


@dataclass(frozen=True, slots=True)
class NasConfig:
    """One router: its name (NAS-Identifier), source address, shared secret and port for dynamic authorization.

    ``ill``: in which ways it is set up wrongly, as its operator might have.
    """

    name: str
    address: str
    secret: bytes
    coa_port: int
    ill: frozenset[Illness] = frozenset()

    @property
    def clock_off_s(self) -> float:
        """By how much its clock is ahead."""
        return CLOCK_AHEAD_S if "clock-ahead" in self.ill else 0.0


@dataclass(slots=True)
class Settings:
    """Behaviour shared by all NAS of a lab; `redial` and `interim_s` may change while it runs.

    `sign_after_silence`: a NAS that does not sign begins to once a login stays unanswered, as its operator would want.

    Times are seconds. `interim_s` None: what the server grants, else five minutes; 0: no interims at all.
    `redial_s`: how long a subscriber whose session ended waits, at least and at most, before dialing again.
    """

    auth: tuple[str, int]
    acct: tuple[str, int]
    seed: int = 1
    method: Method = "pap"
    sign: bool = True
    sign_after_silence: bool = False
    redial: bool = True
    interim_s: float | None = None
    dial_per_s: float = 200.0
    auth_timeout_s: float = 2.0
    auth_tries: int = 3
    silence_retry_s: float = 30.0
    reject_retry_s: float = 60.0
    redial_s: tuple[float, float] = (0.5, 2.0)
    boot_record: bool = True
    patience: Patience = field(default_factory=Patience)
