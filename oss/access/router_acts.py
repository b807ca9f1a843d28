"""What people do to a session on its router itself: it is ended there, whoever knows it."""

from __future__ import annotations

from oss.access import router_sessions
from oss.base import audit, db
from oss.base.problems import NotFound
from oss.drivers.links import Link
from oss.drivers.registry import Driver
from oss.drivers.router import RouterSession
from oss.network import device_links
from oss.staff.scopes import ALL, Scope


async def kick(actor: audit.Actor, device_id: int, login: str, wanted: str, scope: Scope = ALL) -> RouterSession:
    """End a login's session as the router has it now; ``wanted``: its id on the router, as it was seen.

    Noted before it is done, and committed: whatever becomes of the answer, the note stands. Not to be called in a
    transaction. Raises NotFound (it is gone, another's by now, or of a customer whom the actor may not see) and the
    problems of devices.
    """
    ours = [one for one in await router_sessions.ours(device_id, scope) if one["login"].casefold() == login.casefold()]
    if not scope.is_all and not any(one["mine"] for one in ours):
        raise NotFound(thing="session")

    async def act(driver: Driver, link: Link) -> RouterSession:
        router = router_sessions.router_of(driver)
        found = await router.session(link, login)
        if found is None or found.id != wanted:
            raise NotFound(thing="session")
        async with db.transaction() as connection:
            facts = {"login": login, "address": found.address, "id": found.id}
            await audit.note(connection, actor, "device.session_kicked", "device", device_id, after=facts)
        await router.kick(link, found)
        return found

    return await device_links.do(device_id, act, what="kick", asked_by=actor.name)
