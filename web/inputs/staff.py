"""Members of staff: what one is made of, and what of it may change."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from web import form_values
from web.api.fields import Body, Text
from web.inputs.kinds import Email, Typed


class StaffChange(Body):
    """What of a member of staff may change; ``routers`` None is what the role gives. Passwords are each person's own.

    ``cities``, as they are written with customers, are what a role's "own cities" means for this person.
    """

    name: Annotated[str, Text(120)]
    email: Email | None = None
    role: Annotated[str, Text(32, spaces=False)]
    active: bool = True
    routers: Literal["none", "read", "write", "full"] | None = None
    cities: Annotated[list[Annotated[str, Text(80)]], Typed(many=True)] = Field([], max_length=100)


class NewStaff(StaffChange):
    """What a member of staff is made of; logins are kept in lower case."""

    login: Annotated[str, Text(64, spaces=False), Typed(form_values.lower)]
