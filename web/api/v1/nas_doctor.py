"""API: the NAS doctor."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from oss.access import exams
from oss.access.exams import Exam
from oss.access.permissions import NasPermission
from oss.base.problems import NotFound
from web.api.fields import Id, Resource
from web.api.typed import Call, Operations
from web.console import doctor_words
from web.render import RenderContext

routes = Operations("nas_doctor", "Examinations of a NAS: what of it works, what does not, and which cure helps.")


class Finding(Resource):
    """One thing that was looked at."""

    key: str = Field(description="What was looked at, such as coa or clock", examples=["coa"])
    state: Literal["ok", "wrong", "unknown"]
    cure: str = Field(description="What it means and what helps, as a code; empty where all is well")
    seen: str = Field(description="What was seen, in English")
    advice: str = Field(description="What helps, in English")
    facts: dict[str, Any] = Field(description="The numbers behind it; instants are seconds since 1970")


class Examination(Resource):
    """One examination of a NAS."""

    id: int
    nas_id: int
    asked_at: datetime
    asked_by: str
    done: bool = Field(description="Whether every AAA node has answered, or had its time (8 s)")
    state: Literal["ok", "wrong", "unknown"]
    checks: list[Finding]


@routes.read("/nas/{nas_id}/doctor", NasPermission.READ)
async def get_nas_examination(call: Call, nas_id: Id) -> Examination:
    """Read the last examination of a NAS; while it is not done, ask again."""
    exam = await exams.newest(call.connection, nas_id)
    if exam is None:
        raise NotFound(thing="examination")
    return _resource(exam)


@routes.create("/nas/{nas_id}/doctor", NasPermission.WRITE, location="/nas/{nas_id}/doctor")
async def examine_nas(call: Call, nas_id: Id) -> Examination:
    """Examine a NAS.

    The AAA nodes look at what they heard of it and ask it two questions that change nothing; the result is read by
    GET a moment later.
    """
    await exams.ask(call.connection, call.actor, nas_id)
    exam = await exams.newest(call.connection, nas_id)
    assert exam is not None
    return _resource(exam)


def _resource(exam: Exam) -> Examination:
    rc = RenderContext(language="en")
    words = [(check, doctor_words.told(rc, check)) for check in exam.checks]
    checks = [
        Finding(key=one.key, state=one.state, cure=one.cure, seen=told.seen, advice=told.cure, facts=one.facts)
        for one, told in words
    ]
    return Examination(
        id=exam.id,
        nas_id=exam.nas_id,
        asked_at=exam.asked_at,
        asked_by=exam.asked_by,
        done=exam.done,
        state=exam.state,
        checks=checks,
    )
