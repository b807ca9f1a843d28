"""The face of a subscriber's page in words: the state in a sentence, what to tell the customer, the line's stations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from babel.dates import get_day_names, get_month_names

from billing.subscriber import View
from oss.access.decide import Access
from web import formats, words
from web.catalogues import N_
from web.console.plant_words import line_stations
from web.console.reject_words import lower, sentence
from web.render import RenderContext, translate

STATES = {
    "held": "blocked",
    "disabled": "blocked",
    "ended": "unknown",
    "stuck": "degraded",
    "refused": "offline",
    "offline": "offline",
    "never": "unknown",
    "bare": "unknown",
    "well": "online",
}
SLOW = {
    "reduce": N_("Slow since %(when)s."),
    "wall": N_("Only the notice page opens since %(when)s."),
    "cut": N_("Cut off since %(when)s."),
}
STEPS = {
    "reduce": N_("It is slowed on %(day)s."),
    "wall": N_("On %(day)s only the notice page opens."),
    "cut": N_("It is cut off on %(day)s."),
}
ACCESS = {
    Access.FULL: N_("Active"),
    Access.REDUCED: N_("Slowed"),
    Access.WALLED: N_("Walled"),
    Access.REJECT: N_("Cut off"),
}
SAY_DEBT = N_(
    "%(name)s, the invoice of %(month)s (%(amount)s) is still open. As soon as it is paid, everything is back to "
    "normal within seconds, without restarting anything."
)
SAY_HELD = N_(
    "%(name)s, your internet is paused on our side. I am asking the colleague who knows why and call you back."
)
SAY_PAUSE = N_("%(name)s, your internet is paused as you asked. I can take the pause back right now if you like.")
SAY_PASSWORD = N_(
    "%(name)s, your router tries to enter with a password we do not know. Was it reset or replaced? "
    "I can give you the right one now."
)
SAY_TAKEN = N_(
    "%(name)s, a router is connected with your login already. Did you replace it or move it? I can end the old "
    "connection now, then the new one gets in."
)
SAY_WAIT = N_(
    "%(name)s, your router tried a wrong password so often that it has to wait a minute. Let us correct the "
    "password first; then it gets in by itself."
)
SAY_LINE = N_(
    "%(name)s, your access is being used from another place or another router than before. Did you change the router, "
    "or move? Then I allow the new one at once."
)
SAYS = {"wrong_password": SAY_PASSWORD, "session_open": SAY_TAKEN, "slowed": SAY_WAIT, "wrong_line": SAY_LINE}
SAY_OFFLINE = N_(
    "%(name)s, I do not see your router connected. Please unplug it for ten seconds and plug it in again; "
    "in two minutes I look once more."
)


@dataclass(frozen=True, slots=True)
class Face:
    """``state`` colours it; ``say`` is read aloud; ``stations`` are those of ``ui.line``."""

    state: str
    title: str
    text: str
    say: str | None
    stations: list[dict[str, Any]]


def face(rc: RenderContext, view: View) -> Face:
    """All of it, in the language and zone of the request."""
    speak = _Speaker(rc, view)
    title, text, say = getattr(speak, view.standing)()
    return Face(STATES[view.standing], title, text, say, speak.stations() if view.contract else [])


def month_name(day: date, language: str) -> str:
    """``outubro`` / ``October``."""
    return str(get_month_names("wide", locale=language.replace("-", "_"))[day.month])


def since(at: datetime, now: datetime, zone: tzinfo, language: str) -> str:
    """``09:12`` today, ``quarta, 09:12`` within a week, else ``18 nov``."""
    here, today = at.astimezone(zone), now.astimezone(zone).date()
    days = (today - here.date()).days
    if days <= 0:
        return formats.clock(at, zone)
    if days < 7:
        weekday = get_day_names("wide", locale=language.replace("-", "_"))[here.weekday()].removesuffix("-feira")
        return f"{weekday}, {formats.clock(at, zone)}"
    return formats.day(here.date(), today, language)


class _Speaker:
    """One page's sentences; a method for each standing gives title, text and what to say."""

    def __init__(self, rc: RenderContext, view: View) -> None:
        self.rc, self.view, self.language = rc, view, rc.language
        self.name = view.customer["name"].split()[0]

    def say(self, message: str, **values: Any) -> str:
        return translate(self.language, message, **values)

    def _since(self, at: datetime) -> str:
        return since(at, self.rc.now, self.rc.timezone, self.language)

    def _money(self, cents: int) -> str:
        return formats.money(cents, self.language)

    def _day(self, day: date) -> str:
        return formats.slashed(day, self.view.today, self.language)

    def _age(self, at: datetime) -> str:
        return formats.duration((self.rc.now - at).total_seconds())

    # ------------------------------------------------------------ standings

    def bare(self) -> tuple[str, str, str | None]:
        return self.say(N_("No contract yet.")), self.say(N_("This customer has bought nothing so far.")), None

    def ended(self) -> tuple[str, str, str | None]:
        assert self.view.contract is not None
        ended = self.view.contract.row["ended_on"]
        day = self._day(ended) if ended else "–"
        return self.say(N_("The contract ended on %(day)s."), day=day), self.say(N_("Its logins are refused.")), None

    def disabled(self) -> tuple[str, str, str | None]:
        text = self.say(N_("The contract is active; somebody switched the login off. Switch it on below."))
        return self.say(N_("The login is switched off.")), text, self.say(SAY_HELD, name=self.name)

    def held(self) -> tuple[str, str, str | None]:
        hold = self.view.hold
        assert hold is not None
        slow = self.say(SLOW[hold["effect"]], when=self._since(hold["placed_at"]))
        if hold["reason"] == "overdue":
            return self._debt(slow)
        by = self.say(N_("By %(who)s."), who=hold["placed_by"].removeprefix("system:"))
        text = f"{hold['note']}. {by}" if hold["note"] else by
        if hold["reason"] == "pause":
            wish = self.say(N_("The customer asked for it."))
            return f"{slow} {wish}", text, self.say(SAY_PAUSE, name=self.name)
        why = self.say(N_("Suspected fraud.")) if hold["reason"] == "fraud" else self.say(N_("Held by staff."))
        also = self._also_owing()
        return f"{slow} {why}", f"{text} {also}".strip(), self.say(SAY_HELD, name=self.name)

    def _debt(self, slow: str) -> tuple[str, str, str | None]:
        if not self.view.overdue:
            return slow, self.say(N_("The invoice behind it is paid; the hold is being lifted.")), None
        oldest = self.view.overdue[0]
        month, amount = month_name(oldest["due_on"], self.language), self._money(self.view.owed_cents)
        unpaid = self.say(N_("%(month)s is not paid."), month=month)
        days = (self.view.today - oldest["due_on"]).days
        text = [self.say(N_("%(amount)s, overdue for %(days)s days."), amount=amount, days=days)]
        if self.view.next_step:
            text.append(self.say(STEPS[self.view.next_step[1]], day=self._day(self.view.next_step[0])))
        text.append(
            self.say(N_("The line itself is connected.")) if self.view.session else self.say(N_("Not connected now."))
        )
        return f"{slow} {unpaid}", " ".join(text), self.say(SAY_DEBT, name=self.name, month=month, amount=amount)

    def _also_owing(self) -> str:
        if not self.view.overdue:
            return ""
        return self.say(
            N_("%(amount)s are overdue too: paying does not lift this."), amount=self._money(self.view.owed_cents)
        )

    def stuck(self) -> tuple[str, str, str | None]:
        session = self.view.session
        assert session is not None
        title, text, _ = words.drift(session["drift_cause"])
        said = f"{self.say(title)}. {self.say(text)}"
        age = self._age(session["drift_since"])
        return self.say(N_("In order, but the network has not followed for %(time)s."), time=age), said, None

    def refused(self) -> tuple[str, str, str | None]:
        last = self.view.rejects[0]
        reason = lower(sentence(self.language, self.rc.timezone, last))
        ago = formats.ago(last["last_at"], self.rc.now, self.rc.timezone, self.language)
        title = self.say(N_("The router tries to enter and is refused: %(reason)s."), reason=reason)
        text = self.say(
            N_("Last try %(ago)s at %(nas)s, as %(login)s."), ago=ago, nas=last["nas"] or "–", login=last["login"]
        )
        return title, text, self.say(SAYS.get(last["reason"], SAY_HELD), name=self.name)

    def offline(self) -> tuple[str, str, str | None]:
        last = self.view.history[0]
        cause = self.say(words.ended(last["terminate_cause"]))
        title = self.say(N_("Offline for %(time)s. %(cause)s."), time=self._age(last["ended_at"]), cause=cause)
        text = self.say(N_("In order on our side; no login has been tried since. The session before lasted %(time)s."))
        text = text % {"time": formats.duration(last["session_s"])}
        return title, text, self.say(SAY_OFFLINE, name=self.name)

    def never(self) -> tuple[str, str, str | None]:
        text = self.say(N_("Contract and login are in order; no router has used them so far."))
        return self.say(N_("Has never been online.")), text, None

    def well(self) -> tuple[str, str, str | None]:
        session, promise = self.view.session, self.view.promise
        assert session is not None
        time = formats.duration((self.rc.now - session["started_at"]).total_seconds())
        if promise is not None:
            day = self._day(promise.astimezone(self.rc.timezone).date())
            return self.say(N_("Online for %(time)s, promised to pay until %(day)s"), time=time, day=day), "", None
        if self.view.overdue:
            amount = self._money(self.view.owed_cents)
            return self.say(N_("Online for %(time)s, %(amount)s overdue"), time=time, amount=amount), "", None
        return self.say(N_("Online for %(time)s, paid up"), time=time), "", None

    # ------------------------------------------------------------ the line

    def stations(self) -> list[dict[str, Any]]:
        """Money, contract and session are known here; OLT, plant and ONU where somebody said where the line ends."""
        unread = self.say(N_("No reading"))
        none = {"value": unread, "state": "off"}
        return [
            self._finance(),
            self._contract(),
            *line_stations(self.rc, self.view.hops),
            self._session(),
            {"key": "wifi", "name": "Wi-Fi", **none},
        ]

    def _finance(self) -> dict[str, Any]:
        view, made = self.view, {"key": "finance", "name": self.say(N_("Finance")), "href": "#invoices"}
        if not view.overdue:
            due = view.next_due
            why = (
                self.say(N_("Next due %(day)s"), day=self._day(due["due_on"])) if due else self.say(N_("Nothing open"))
            )
            return made | {"value": self.say(N_("Paid up")), "why": why}
        oldest = view.overdue[0]
        days = (view.today - oldest["due_on"]).days
        cause = view.standing == "held" and view.hold is not None and view.hold["reason"] == "overdue"
        value = self.say(N_("%(month)s overdue"), month=_capital(month_name(oldest["due_on"], self.language)))
        why = self.say(N_("%(amount)s, %(days)s days"), amount=self._money(view.owed_cents), days=days)
        return made | {"value": value, "why": why, "cause": cause, "state": "hold" if cause else "warn"}

    def _contract(self) -> dict[str, Any]:
        view, made = self.view, {"key": "contract", "name": self.say(N_("Contract")), "href": "#contract"}
        assert view.contract is not None
        assert view.decision is not None
        plan, hold = view.contract.row["plan"], view.hold
        if view.standing in ("ended", "disabled"):
            value = self.say(N_("Ended")) if view.standing == "ended" else self.say(N_("Login switched off"))
            return made | {"value": value, "why": plan, "state": "hold", "cause": True, "rail": ""}
        if hold is None or view.decision.access is Access.FULL:
            why = self.say(N_("Hidden by a promise")) if view.promise else self.say(N_("No hold"))
            return made | {"value": self.say(N_("%(plan)s active"), plan=plan), "why": why}
        why = f"{self.say(words.REASONS[hold['reason']])}, {self._since(hold['placed_at'])}"
        mine = hold["reason"] != "overdue"
        return made | {
            "value": self.say(ACCESS[view.decision.access]),
            "why": why,
            "state": "hold" if mine else "held",
            "cause": mine,
            "rail": "" if mine else None,
        }

    def _session(self) -> dict[str, Any]:
        view, made = self.view, {"key": "session", "name": self.say(N_("PPPoE session")), "href": "#session"}
        session = view.session
        if session is None:
            last = view.history[0] if view.history else None
            value = self.say(N_("Not connected"))
            bad = view.standing in ("offline", "refused")
            why = (
                self.say(N_("since %(when)s"), when=self._since(last["ended_at"]))
                if last
                else self.say(N_("never so far"))
            )
            return made | {"value": value, "why": why, "state": "bad" if bad else "off", "cause": bad}
        state, value = "ok", self._age(session["started_at"])
        applied = words.profile(session["applied"])
        if view.standing == "held":
            state, value = "held", self._rate(applied)
        if session["drift_since"]:
            return made | {"value": value, "why": self.say(words.drift(session["drift_cause"])[0]), "state": "warn",
                           "cause": view.standing == "stuck"}  # fmt: skip
        heard = formats.clock(session["last_seen_at"].astimezone(UTC), self.rc.timezone)
        return made | {"value": value, "why": self.say(N_("As contracted, heard %(time)s"), time=heard), "state": state}

    def _rate(self, applied: words.Profile) -> str:
        rate = formats.rate(applied.down_kbps, self.language) if applied.down_kbps else ""
        return f"{self.say(applied.label)}, {rate}" if rate else self.say(applied.label)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
