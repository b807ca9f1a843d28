"""Administrators log in to routers and OLTs with their own account, and a one-time code where they have codes.

The password of the console is kept as a hash, so a router must ask by PAP for it. For those that cannot (RouterOS from
6.45 on asks by MS-CHAPv2 only) a member of staff has a password for routers (``oss.staff.router_password``). The code
is typed behind either password. By PAP it may also come second: the right password alone is answered by an
Access-Challenge (RFC 2865 section 4.4), which a router that cannot ask again takes for a refusal.

Everything is in memory (invariant 5). What takes time, a hash, is done by ``password_threads``; what is written, by
``staff_notes``. Brute force is slowed as a subscriber's is, with buckets of its own.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from oss.access.brake import Brake
from oss.access.held_back import HeldBack
from oss.access.index import Index
from oss.access.password_threads import PasswordThreads
from oss.access.reasons import ON_THE_WIRE
from oss.access.sessions import login_of
from oss.access.staff_index import Member, StaffIndex
from oss.access.staff_notes import Note, StaffNotes, said
from oss.access.staff_requests import CLASS_MARK, is_administrators
from oss.base import db
from oss.base.supervisor import Health
from oss.staff import one_time
from oss.staff.users import NOBODY
from radius import attributes as a
from radius import auth
from radius.packet import Packet
from radius.profile import Level
from radius.server import AccessReply, Later, Peer
from radius.vendors import vendor

NAS_SHARE = 0.05  # one router may cost 100 wrong passwords of administrators at once, then five a second
MOST_LATE = 1_000
CHALLENGE_S = 120  # how long a code may take to type
MOST_CHALLENGES = 1_000
QUESTIONS = {"pt-BR": "Codigo de 6 digitos: ", "en": "6-digit code: "}
_NO_KEY: Final = auth.Credential(secrets.token_bytes(16))
_REFUSED: Final = a.attr(a.REPLY_MESSAGE, ON_THE_WIRE)


@dataclass(frozen=True, slots=True)
class Challenge:
    """A password that was proven and waits for its code until then (monotonic)."""

    member: Member
    nas_id: int
    until: float


@dataclass(frozen=True, slots=True)
class Asked:
    """One login under way."""

    packet: Packet
    peer: Peer
    login: str
    calling: bytes


class StaffLogins:
    """Answers the Access-Requests of administrators."""

    def __init__(self, subscribers: Index) -> None:
        self.subscribers = subscribers
        self.index = StaffIndex(subscribers.sealer)
        self.notes = StaffNotes(self.index)
        self.threads = PasswordThreads()
        self.brake = Brake(nas_share=NAS_SHARE)
        self._challenges: OrderedDict[bytes, Challenge] = OrderedDict()
        self._lines: dict[str, bytes] = {}  # a member's login -> from where it was last let in
        self.late = HeldBack(MOST_LATE)

    def asks(self, packet: Packet, login: str) -> bool:
        """Whether a request of such a NAS is an administrator's."""
        return is_administrators(packet, login, self.index.by_login, self.subscribers.entries)

    def is_session(self, packet: Packet, peer: Peer) -> bool:
        """Whether an accounting record is of an administrator's session: no subscriber's may come of it."""
        mark = packet.get(a.CLASS)
        if mark is not None and mark.startswith(CLASS_MARK):
            return True
        if peer.key not in self.index.routers:
            return False
        login = login_of(packet)
        return login is not None and self.asks(packet, login)

    # ------------------------------------------------------------ a request

    def authenticate(self, packet: Packet, peer: Peer, login: str) -> AccessReply | Later | None:
        """Access-Request -> reply, often later; None drops it (still loading, or too many wait)."""
        asked = Asked(packet, peer, login, packet.get(a.CALLING_STATION_ID) or b"")
        member = self.index.get(login)
        if member is None and not self.index.ready:
            return None
        if self.brake.holds(peer.key, login, asked.calling, self._lines.get(login, b"")):
            return self._held(asked, member)
        hidden = packet.get(a.USER_PASSWORD)
        if hidden is None or a.CHAP_PASSWORD in packet.at:
            return self._keyed(asked, member)
        typed = auth.pap_decrypt(hidden, peer.secret, packet.authenticator) or b""
        state = packet.get(a.STATE)
        if state is not None:
            return self._second(asked, state, typed)
        return self._typed(asked, member, typed)

    def _typed(self, asked: Asked, member: Member | None, typed: bytes) -> AccessReply | Later | None:
        """PAP. How many hashes are computed depends on what was typed alone, not on whose account it is."""
        guesses = _guesses(typed)
        for guess, code in guesses:
            if member is not None and member.key is not None and member.key.proves(guess):
                return self._proven(asked, member, code)
        later: Later = asyncio.get_running_loop().create_future()

        def proved(place: int | None) -> None:
            if not later.done():
                later.set_result(self._looked(asked, member, None if place is None else guesses[place][1]))

        passwords = [guess for guess, _ in guesses]
        hashed = member.password_hash if member is not None else NOBODY
        return later if self.threads.prove(asked.peer.key, asked.login, hashed, passwords, proved) else None

    def _looked(self, asked: Asked, member: Member | None, code: bytes | None) -> AccessReply:
        """The hash is computed; ``code``: what stood behind the right password, None if none was right."""
        if member is None or code is None:
            return self._wrong(asked, member, "wrong_password" if member is not None else "unknown_login")
        return self._proven(asked, member, code)

    def _keyed(self, asked: Asked, member: Member | None) -> AccessReply:
        """CHAP and MS-CHAP: only a password that is known in clear can answer, with each code that is good now."""
        key = member.key if member is not None and member.key is not None else _NO_KEY
        verdict, code = auth.check(asked.packet, asked.peer.secret, key), cast("bytes | int", b"")
        if verdict is None:
            return self._refuse(asked, member, "no_method")
        for step, digits in () if verdict.right else self._codes(member):
            behind = auth.Credential((key.password or b"") + digits.encode())
            found = auth.check(asked.packet, asked.peer.secret, behind)
            verdict, code = (found, step) if found else (verdict, code)
        if member is None:
            return self._wrong(asked, member, "unknown_login")
        if member.key is None:
            return self._refuse(asked, member, "staff_unreadable" if member.unreadable else "staff_no_router_password")
        if not verdict.right:
            return self._wrong(asked, member, "wrong_password")
        return self._proven(asked, member, code, verdict.attributes, may_ask=False)

    def _codes(self, member: Member | None) -> list[tuple[int, str]]:
        """The codes good now; as many that fit nobody for who has none, so that all take the same time."""
        if member is None or member.totp is None or member.key is None:
            return [(0, "")] * (2 * one_time.DRIFT + 1)
        return one_time.codes(member.totp, time.time(), self.index.used.get(member.user_id, 0))

    # ------------------------------------------------------------ the password was right

    def _proven(
        self, asked: Asked, member: Member, code: bytes | int, granted: bytes = b"", may_ask: bool = True
    ) -> AccessReply:
        """Let in, unless the account or its code stands against it. ``code``: as typed, or the step that fitted."""
        if not member.same(self.index.get(asked.login)):
            return self._refuse(asked, member, "staff_changed")
        member = self.index.by_login[asked.login]  # its rights may have changed while its hash was computed
        if reason := self._objection(member):
            return self._refuse(asked, member, reason)
        if member.totp is None:  # six digits behind the password of one who has no codes are wrong
            return self._wrong(asked, member, "wrong_password") if code else self._accept(asked, member, granted)
        if code == b"":
            return self._challenge(asked, member) if may_ask else self._refuse(asked, member, "code_missing")
        return self._with_code(asked, member, member.totp, code, granted)

    def _objection(self, member: Member) -> str | None:
        """Why this member may not log in to routers, whatever was typed."""
        if not member.active:
            return "staff_disabled"
        if member.level == "none":
            return "staff_no_routers"
        if member.unreadable:
            return "staff_unreadable"
        return "code_not_enrolled" if self.index.needs_code and member.totp is None else None

    def _with_code(self, asked: Asked, member: Member, totp: str, code: bytes | int, granted: bytes) -> AccessReply:
        now, used = time.time(), self.index.used.get(member.user_id, 0)
        typed = code.decode("utf-8", "replace") if isinstance(code, bytes) else ""
        step = one_time.step_of(totp, typed, now, used) if isinstance(code, bytes) else code
        if step is None:
            was = one_time.was_used(totp, typed, now, used)
            return self._wrong(asked, member, "code_used" if was else "code_wrong")
        self.index.used[member.user_id] = step
        return self._accept(asked, member, granted, code=True)

    # ------------------------------------------------------------ password first, then the code

    def _challenge(self, asked: Asked, member: Member) -> AccessReply:
        """Ask for the code (RFC 2865 section 4.4; Prompt: RFC 2869 section 5.10, it may be shown while typed)."""
        state = secrets.token_bytes(16)
        self._challenges[state] = Challenge(member, asked.peer.key, time.monotonic() + CHALLENGE_S)
        if len(self._challenges) > MOST_CHALLENGES:
            self._challenges.popitem(last=False)
        question = QUESTIONS.get(member.language, QUESTIONS["pt-BR"])
        body = a.attr(a.REPLY_MESSAGE, question) + a.attr(a.STATE, state)
        return AccessReply(a.ACCESS_CHALLENGE, body + a.attr(a.PROMPT, 1) + a.attr(a.SESSION_TIMEOUT, CHALLENGE_S))

    def _second(self, asked: Asked, state: bytes, typed: bytes) -> AccessReply:
        """The code to a challenge of ours; each challenge is good for one."""
        found = self._challenges.pop(state, None)
        if found is None or found.until < time.monotonic() or found.nas_id != asked.peer.key:
            return self._refuse(asked, self.index.get(asked.login), "code_late")
        if found.member.login != asked.login:
            return self._wrong(asked, self.index.get(asked.login), "code_wrong")
        return self._proven(asked, found.member, typed.strip() or b"-")

    # ------------------------------------------------------------ the answer

    def _accept(self, asked: Asked, member: Member, granted: bytes, code: bool = False) -> AccessReply:
        self.brake.right(asked.login)
        self._lines[asked.login] = asked.calling
        self.notes.add(self._note(asked, member, "", code))
        level = cast(Level, member.level)
        mark = a.attr(a.CLASS, CLASS_MARK + b"%d:%b" % (member.user_id, level.encode()))
        return AccessReply(a.ACCESS_ACCEPT, vendor(asked.peer.vendor).administrator(level) + mark + granted)

    def _wrong(self, asked: Asked, member: Member | None, reason: str) -> AccessReply:
        """Refused for what was typed: that costs a token."""
        self.brake.wrong(asked.peer.key, asked.login)
        return self._refuse(asked, member, reason)

    def _refuse(self, asked: Asked, member: Member | None, reason: str) -> AccessReply:
        self.notes.add(self._note(asked, member, reason))
        return AccessReply(a.ACCESS_REJECT, _REFUSED + auth.refusal(asked.packet))

    def _note(self, asked: Asked, member: Member | None, reason: str, code: bool = False) -> Note:
        who = (member.user_id, member.login, member.level) if member is not None else (None, None, "")
        user_id, login, level = who
        peer = asked.peer
        return Note(time.time(), user_id, login, peer.key, peer.name, said(asked.calling), reason, level, code)

    def _held(self, asked: Asked, member: Member | None) -> AccessReply | Later:
        """Refused without a look, late."""
        return self.late.hold(self._refuse(asked, member, "slowed"))

    # ------------------------------------------------------------ life

    async def load(self, connection: db.Connection) -> None:
        """Read the members again; challenges that are over go."""
        await self.index.load(connection)
        now = time.monotonic()
        self.brake.forget(now)
        for state in [state for state, one in self._challenges.items() if one.until < now]:
            del self._challenges[state]
        self._lines = {login: line for login, line in self._lines.items() if login in self.index.by_login}

    async def write_for_ever(self, dsn: str, folder: Path, health: Health) -> None:
        """Write down what became of logins."""
        await self.notes.write_for_ever(dsn, folder, health)


def _guesses(typed: bytes) -> list[tuple[bytes, bytes]]:
    """What was typed as (password, code): with six digits behind it, and whole."""
    whole, digits = (typed, b""), typed[-one_time.DIGITS :]
    if len(typed) <= one_time.DIGITS or not digits.isdigit():
        return [whole]
    return [(typed[: -one_time.DIGITS], digits), whole]
