"""API: the search of everything."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from oss.base import providers
from oss.base.providers import Group
from web.api.fields import Query, Resource, Text
from web.api.typed import Call, Operations
from web.auth import held
from web.routing import SIGNED_IN

routes = Operations("search", "Everything that fits a text, grouped by why it matched; as far as the token may see it.")


class SearchHit(Resource):
    """One thing that was found."""

    thing: str = Field(description="What it is", examples=["customer"])
    id: int
    title: str = Field(examples=["Marlene Aparecida Teodoro"])
    match: str = Field(description="The value that fits; empty where it is the title, or personal")
    owner_id: int | None = Field(description="The customer an invoice belongs to")


class SearchGroup(Resource):
    """What matched for one reason."""

    kind: str = Field(examples=["customer.mac"])
    hits: list[SearchHit]
    more: bool = Field(description="There are more than these")
    late: bool = Field(description="This kind was not waited for: ask again")


class SearchAnswer(Resource):
    """The answer, and how long it took."""

    groups: list[SearchGroup]
    milliseconds: float


class SearchQuery(Query):
    """What to look for."""

    q: Annotated[str, Text(100)] = Field(
        description="A name, CPF or CNPJ, login, MAC, IP, telephone, invoice number", examples=["marlene"]
    )


@routes.read("/search", SIGNED_IN)
async def search_everything(call: Call, query: SearchQuery) -> SearchAnswer:
    """Search customers, invoices, routers, plans and staff by any part of what names them."""
    found = await providers.search(query.q, held(call.request).permissions, held(call.request).scopes())
    return SearchAnswer(groups=[_group(one) for one in found.groups], milliseconds=round(1000 * found.seconds, 1))


def _group(one: Group) -> SearchGroup:
    hits = [
        SearchHit(
            thing=hit.thing,
            id=hit.id,
            title=hit.title,
            match="" if hit.personal else hit.match,
            owner_id=hit.owner or None,
        )
        for hit in one.hits
    ]
    return SearchGroup(kind=one.kind, hits=hits, more=one.more, late=one.late)
