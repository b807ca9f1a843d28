"""From a posted form to what it does, once: read, judged, saved in one transaction with its answer, or shown again.

A form that comes back holds what was typed and what is wrong. One whose row somebody saved meanwhile shows both, field
by field, and lets the person choose; nothing is lost. The same form sent twice does nothing twice. One sent after the
session ended comes back after signing in (`web.form_drafts`).
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from aiohttp import web
from multidict import MultiDict, MultiMapping
from pydantic import BaseModel

from oss.base import db, refusals, versions
from oss.base.problems import Conflict, InvalidInput
from oss.staff import idempotency
from web import form_drafts, notices, words
from web.auth import USER
from web.form_model import ModelForm
from web.pages import back_to, language, page, said
from web.routing import Handler

M = TypeVar("M", bound=BaseModel)
OURS = ("csrf_token", "form_key", "form_version", "form_base", "form_at")  # what a form carries beside its fields
LONGEST_KEY = 80


@dataclass(frozen=True, slots=True)
class Done:
    """What a form did: where to go, and the sentence to say there."""

    place: str
    text: str
    undo: str | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that two people set differently: as it was, as it was typed here, as it stands now."""

    name: str
    label: str
    mine: str
    theirs: str
    take: str  # mine or theirs: what is chosen at first
    both: bool  # whether both changed it
    value: Any  # theirs as the field holds it


@dataclass(frozen=True, slots=True)
class Stale:
    """Somebody saved meanwhile: who, when, and where it differs from what was typed here."""

    who: str
    at: datetime | None
    differences: list[Difference]


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as a template shows it. ``base``: its fields as the row had them, ``at``: the address of its page."""

    form: ModelForm[Any]
    values: Mapping[str, Any]
    at: str
    key: str
    errors: Mapping[str, str] = field(default_factory=dict)
    version: int | None = None
    base: str = ""
    stale: Stale | None = None
    restored: bool = False

    @property
    def status(self) -> int:
        return 409 if self.stale else 422 if self.errors else 200


@dataclass(frozen=True, slots=True)
class Row(Generic[M]):
    """The row a form edits: its id, and how to read it anew (its fields by name, and ``version``)."""

    id: int
    read: Callable[[], Awaitable[Mapping[str, Any]]]
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


Act = Callable[[db.Connection, M], Awaitable[Done]]
Again = Callable[[Filled], Awaitable[web.Response]]


# ------------------------------------------------------------ a form as it is shown


def filled(request: web.Request, form: ModelForm[Any], values: Mapping[str, Any]) -> Filled:
    """A form of a row's or a model's values; what was typed before the session ended stands in it again."""
    spoken = language(request)
    shown = form.shown(values, spoken)
    made = Filled(form, shown, str(request.rel_url), _new_key(request), version=dict(values).get("version"))
    made = replace(made, base=json.dumps(shown))
    draft = form_drafts.found(request, request[USER].id)
    if draft is None:
        return made
    typed: MultiDict[str] = MultiDict(draft.fields)
    version = typed.get("form_version", "")
    return replace(
        made,
        values={**shown, **form.typed(typed)},
        restored=True,
        version=int(version) if version.isdigit() else made.version,
        base=typed.get("form_base", made.base),
    )


def _new_key(request: web.Request) -> str:
    """Names this form, and for whom it was made: whoever signs in again gets only their own draft."""
    return f"{request[USER].id}.{secrets.token_urlsafe(12)}"


def show(request: web.Request, template: str, form: Filled, status: int | None = None, **more: Any) -> web.Response:
    """The page of a form: ``form``, with ``values`` and ``errors`` of their own, and whatever else it shows."""
    status = form.status if status is None else status
    answer = page(request, template, status=status, form=form, values=form.values, errors=form.errors, **more)
    if form.restored:
        form_drafts.forget(answer)
    return answer


# ------------------------------------------------------------ a form that was sent


async def save(
    request: web.Request, form: ModelForm[M], act: Act[M], again: Again, row: Row[M] | None = None
) -> web.Response:
    """Do what a form asks for; ``again`` shows it as it comes back. Raises the problems that are no field's."""
    posted, spoken = await request.post(), language(request)
    chosen = _chosen(posted, form)
    try:
        values = form.read(chosen, spoken)

        async def effect(connection: db.Connection) -> Done:
            if row is not None and form.table is not None:
                await versions.expect(connection, form.table, row.id, _version(chosen))
            await _asked(connection, form, values, _base(chosen), row, spoken)
            return await act(connection, values)

        return await once(request, chosen, effect)
    except versions.ChangedMeanwhile:
        if row is None:
            raise
        return await again(await _stale(request, form, chosen, row))
    except InvalidInput as problem:
        wrong = problem.fields
    except Conflict as problem:
        if type(problem) is not Conflict:
            raise
        thing = str(problem.facts.get("thing"))
        wrong = {thing if thing in form.places else form.taken: "already taken"}
    return await again(come_back(request, form, chosen, wrong))


async def _asked(
    connection: db.Connection,
    form: ModelForm[Any],
    values: BaseModel,
    base: Mapping[str, Any],
    row: Row[Any] | None,
    spoken: str,
) -> None:
    """What only the database can say of a value; one that stands in the row already is not asked about."""
    shown, wrong = form.shown(values.model_dump(), spoken), {}
    for name, ask in form.asks.items():
        value = getattr(values, name)
        if value is None or shown.get(name) == base.get(name):
            continue
        if told := await ask(connection, value, row.id if row else None):
            wrong[name] = told
    if wrong:
        raise InvalidInput(wrong)


def come_back(
    request: web.Request, form: ModelForm[Any], posted: MultiMapping[Any], wrong: Mapping[str, str] | None = None
) -> Filled:
    """A form as it was typed, with what is wrong."""
    told = words.wrongs(language(request), wrong or {})
    version = _version(posted)
    return Filled(
        form,
        form.typed(posted),
        str(posted.get("form_at", "")) or str(request.rel_url),
        _new_key(request),
        errors=told,
        version=min(version) if version else None,
        base=str(posted.get("form_base", "")),
    )


def _version(posted: MultiMapping[Any]) -> set[int] | None:
    text = str(posted.get("form_version", ""))
    return {int(text)} if text.isdigit() and len(text) < 10 else None


async def once(
    request: web.Request, posted: MultiMapping[Any], effect: Callable[[db.Connection], Awaitable[Done]]
) -> web.Response:
    """The effect and its answer in one transaction; the same form sent again is answered as it was and does nothing."""
    key = _key(posted)
    with refusals.told():
        async with db.transaction() as connection:
            done = await _replayed(connection, request[USER].id, key)
            if done is None:
                done = await effect(connection)
                if key:
                    text = json.dumps([done.text, done.undo])
                    answer = idempotency.Answer(303, text, done.place)
                    await idempotency.keep(connection, request[USER].id, key, answer, idempotency.FORMS)
    notices.tell(request, done.text, done.undo)
    return back_to(request, done.place)


async def asked_once(
    request: web.Request, posted: MultiMapping[Any], ask: Callable[[], Awaitable[Done]]
) -> web.Response:
    """The same for what a device is asked: it runs outside any transaction, for it may take a minute."""
    key = _key(posted)

    async def answer() -> idempotency.Answer:
        done = await ask()
        return idempotency.Answer(303, json.dumps([done.text, done.undo]), done.place)

    with refusals.told():
        if key is None:
            told = await answer()
        else:
            told, _ = await idempotency.asked_once(request[USER].id, key, b"", answer, idempotency.FORMS)
    done = _done(told)
    notices.tell(request, done.text, done.undo)
    return back_to(request, done.place)


def _done(kept: idempotency.Answer) -> Done:
    return Done(kept.location or "/console/", *json.loads(kept.text))


async def answered_once(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The same for an act that answers by itself where to go; what it writes is one transaction with its answer."""
    posted = await request.post()
    key, user = _key(posted), request[USER].id
    if key is None:
        return await handler(request)
    with refusals.told():
        async with db.transaction() as connection:
            before = await _replayed(connection, user, key)
            if before is not None:
                return back_to(request, before.place)
            answer = await handler(request)
            if place := answer.headers.get("Location") or answer.headers.get("HX-Redirect"):
                kept = idempotency.Answer(303, json.dumps(["", None]), place)
                await idempotency.keep(connection, user, key, kept, idempotency.FORMS)
    return answer


def _key(posted: MultiMapping[Any]) -> str | None:
    """A form's key with what it holds: changed and sent again, as from a browser's history, it is another form."""
    key = str(posted.get("form_key", ""))
    if not key or len(key) > LONGEST_KEY:
        return None
    fields = sorted((name, str(value)) for name, value in posted.items() if name not in ("csrf_token", "form_key"))
    # Keyed by what only this page and this person know: the table must not help to guess a password.
    secret = str(posted.get("csrf_token", "")).encode()[:64]
    return f"{key}:{hashlib.blake2b(json.dumps(fields).encode(), key=secret, digest_size=24).hexdigest()}"


async def _replayed(connection: db.Connection, user_id: int, key: str | None) -> Done | None:
    if key is None:
        return None
    before = await idempotency.claim(connection, user_id, key, b"", idempotency.FORMS)
    return None if before is None else _done(before)


# ------------------------------------------------------------ a row that was saved meanwhile


def _chosen(posted: MultiMapping[Any], form: ModelForm[Any]) -> MultiMapping[Any]:
    """What was posted, with the other person's value wherever it was chosen (``take-name=theirs``)."""
    theirs = _base(posted)
    taken = [name for name in form.places if posted.get(f"take-{name}") == "theirs" and name in theirs]
    if not taken:
        return posted
    made: MultiDict[Any] = MultiDict((name, value) for name, value in posted.items() if name not in taken)
    for name in taken:
        for one in theirs[name] if isinstance(theirs[name], list) else [theirs[name]]:
            made.add(name, str(one))
    return made


def _base(posted: MultiMapping[Any]) -> dict[str, Any]:
    try:
        base = json.loads(str(posted.get("form_base", "")) or "{}")
    except ValueError:
        base = {}
    return base if isinstance(base, dict) else {}


async def _stale(request: web.Request, form: ModelForm[Any], posted: MultiMapping[Any], row: Row[Any]) -> Filled:
    """The form with both versions beside each other; what only the other person changed is theirs already."""
    spoken, present = language(request), await row.read()
    theirs, base = form.shown(present, spoken), _base(posted)
    mine = form.shown(form.read(posted, spoken).model_dump(), spoken)
    differences = []
    for name, now in theirs.items():
        typed, was = mine.get(name, now), base.get(name, now)
        if typed == now or was == now:  # the same, or changed here alone
            continue
        both = typed != was
        ours, other = (_words(spoken, form, row, name, one) for one in (typed, now))
        label = said(request, form.labels[name])
        differences.append(Difference(name, label, ours, other, "mine" if both else "theirs", both, now))
    values = {**mine, **{one.name: one.value for one in differences if one.take == "theirs"}}
    last = await versions.last_change(str(form.table), row.id)
    stale = Stale(last.actor if last else "", last.at if last else None, differences)
    came = come_back(request, form, posted)
    return replace(came, values=values, version=dict(present)["version"], base=json.dumps(theirs), stale=stale)


def _words(spoken: str, form: ModelForm[Any], row: Row[Any], name: str, shown: Any) -> str:
    """A value as people call it: a choice by its words, a tick by yes or no."""
    told = [_word(spoken, form, row, name, one) for one in (shown if isinstance(shown, list) else [shown])]
    return ", ".join(told)


def _word(spoken: str, form: ModelForm[Any], row: Row[Any], name: str, shown: str) -> str:
    if form.places[name].kind is bool:
        return words.yes_or_no(spoken, bool(shown))
    named = row.choices.get(name, {}).get(shown)
    return named or words.said(spoken, form.choices.get(name, {}).get(shown, "")) or shown
