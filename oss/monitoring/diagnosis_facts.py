"""All that is known of one line, in one value: what the judge is given (`oss.monitoring.diagnosis`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, cast

from oss.access.line_known import (
    Account,
    Asked,
    History,
    Observed,
    Past,
    Provision,
    Refusal,
    Request,
    Router,
    Session,
    Sessions,
    Stranger,
    Twin,
    Used,
)
from oss.contracts.line_facts import Contract
from oss.drivers.olt import OnuNow
from oss.drivers.router import Limit, Rate
from oss.monitoring.line_facts import Available, Away, Carrying, Debt, Plant, Standing, Trend

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Live:
    """What devices said a moment ago. ``on_router``: whether the router has the session; None: it did not say.

    ``device_id``: which router that was; ``denied_at``: since when it has none.
    """

    on_router: bool | None = None
    rate: Rate | None = None
    limit: Limit | None = None
    onu: OnuNow | None = None
    device_id: int | None = None
    denied_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything; None where nothing is known."""

    now: datetime
    login: str = ""
    contract: Contract | None = None
    account: Account | None = None
    sessions: tuple[Session, ...] = ()
    history: tuple[Past, ...] = ()
    rejects: tuple[Refusal, ...] = ()
    asked: tuple[Request, ...] = ()
    stranger: Stranger | None = None
    twin: Twin | None = None
    router: Router | None = None
    observed: Observed | None = None
    provision: Provision | None = None
    plant: Plant | None = None
    trend: Trend | None = None
    away: tuple[Away, ...] = ()
    links: tuple[Carrying, ...] = ()
    incidents: tuple[Standing, ...] = ()
    debt: Debt | None = None
    available: Available | None = None
    used: Used | None = None
    live: Live = Live()

    @property
    def session(self) -> Session | None:
        """The newest that is heard, and that its router does not deny."""
        return next((one for one in self.sessions if one.alive(self.now) and not self._denied(one)), None)

    def _denied(self, one: Session) -> bool:
        """Its own router says that it has no such session, and was not contradicted by accounting since.

        Another router, asked before the customer was moved, proves nothing. Nor does one about a login that does not
        dial: routers list by name only who does.
        """
        here, live = self.router, self.live
        asked = here is not None and (here.id, here.device_id) == (one.nas_id, live.device_id)
        dials = self.account is None or self.account.kind == "password"
        heard = live.denied_at is not None and one.last_seen_at > live.denied_at
        return live.on_router is False and asked and dials and not heard

    @property
    def online(self) -> bool:
        return self.session is not None

    @property
    def last_asked_at(self) -> datetime | None:
        """When a login was tried last, by anybody at this line."""
        found = [one.at for one in self.asked[:1]]
        found += [one.last_at for one in self.rejects[:1]]
        found += [self.stranger.last_at] if self.stranger else []
        return max(found, default=None)

    @property
    def last_online_at(self) -> datetime | None:
        found = [one.last_seen_at for one in self.sessions[:1]] + [one.ended_at for one in self.history[:1]]
        return max(found, default=None)


def facts(now: datetime, login: str, told: Mapping[str, Any]) -> Facts:
    """Out of what the providers told."""

    def of(key: str, otherwise: T) -> T:
        found = told.get(key)
        return otherwise if found is None else cast(T, found)

    return Facts(
        now=now,
        login=login,
        contract=told.get("contract"),
        account=told.get("account"),
        sessions=of("sessions", Sessions()).open,
        history=of("history", History()).past,
        rejects=of("rejects", ()),
        asked=of("asked", Asked()).requests,
        stranger=told.get("stranger"),
        twin=told.get("twin"),
        router=told.get("router"),
        observed=told.get("observed"),
        provision=told.get("provision"),
        plant=told.get("plant"),
        trend=told.get("trend"),
        away=of("away", ()),
        links=of("links", ()),
        incidents=of("incidents", ()),
        debt=told.get("debt"),
        available=told.get("available"),
        used=told.get("used"),
        live=of("live", Live()),
    )
