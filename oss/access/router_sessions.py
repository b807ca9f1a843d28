"""Who is on a router as the router says, beside who is there as accounting told us.

The difference is what matters: a session the router has and we do not know is nobody's bill and nobody's CoA; one that
we have and the router does not is a ghost.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from oss.base import db
from oss.base.problems import NotFound
from oss.crm import within
from oss.drivers.links import Link
from oss.drivers.problems import NotOffered
from oss.drivers.registry import Driver
from oss.drivers.router import Interface, Router, RouterSession
from oss.network import device_links
from oss.staff.scopes import ALL, Scope

READ_S: Final = 60.0
OURS: Final = """select s.uid, s.acct_session_id, s.login, host(s.framed_ip) as ip, s.calling_station_id as mac,
  s.started_at, s.contract_id, c.id as customer_id, c.name as customer, s.desired, s.applied, s.nas_id, {mine} as mine
from session_open s join nas n on n.id = s.nas_id left join contract k on k.id = s.contract_id
left join customer c on c.id = k.customer_id where n.device_id = $1 order by s.login, s.uid"""
Ours = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pair:
    """One session; ``router`` or ``ours`` is None where only the other knows it."""

    router: RouterSession | None
    ours: Ours | None

    @property
    def login(self) -> str:
        """Whose it is, by whoever knows it."""
        return self.router.login if self.router is not None else str((self.ours or {})["login"])


@dataclass(frozen=True, slots=True)
class Joined:
    """All sessions of a router. ``strange``: the router's alone; ``ghosts``: ours alone."""

    both: list[Pair]
    strange: list[Pair]
    ghosts: list[Pair]

    @property
    def all(self) -> list[Pair]:
        """What differs first."""
        return [*self.strange, *self.ghosts, *self.both]


def joined(found: Iterable[RouterSession], ours: Sequence[Ours]) -> Joined:
    """By Acct-Session-Id; where a router does not tell that, by login and address, and by the login alone at last."""
    left: dict[uuid.UUID, Ours] = {one["uid"]: one for one in ours}
    keys = [{key(one): one["uid"] for one in ours} for key in (_by_id, _by_address, _by_login)]
    both, open_ones = [], list(found)
    for number, key in enumerate((_router_id, _router_address, _router_login)):
        rest = []
        for one in open_ones:
            mine = left.pop(keys[number].get(key(one), NOBODY), None)
            if mine is None:
                rest.append(one)
            else:
                both.append(Pair(one, mine))
        open_ones = rest
    return Joined(both, [Pair(one, None) for one in open_ones], [Pair(None, one) for one in left.values()])


NOBODY: Final = uuid.UUID(int=0)


def _by_id(one: Ours) -> object:
    return (one["login"].casefold(), one["acct_session_id"].casefold())


def _router_id(one: RouterSession) -> object:
    return (one.login.casefold(), (one.session_id or "").casefold())


def _by_address(one: Ours) -> object:
    return (one["login"].casefold(), one["ip"])


def _router_address(one: RouterSession) -> object:
    return (one.login.casefold(), one.address or "?")


def _by_login(one: Ours) -> object:
    return one["login"].casefold()


def _router_login(one: RouterSession) -> object:
    return one.login.casefold()


async def ours(device_id: int, scope: Scope = ALL) -> list[Any]:
    """What accounting told of the NAS that this device is; ``mine``: whether the asker may see whose it is."""
    mine, values = within.numbered(scope, "k.customer_id", 2)
    return list(await db.fetch(OURS.format(mine=f"({mine})"), device_id, *values))


async def read(device_id: int, asked_by: str, scope: Scope = ALL) -> Joined:
    """Now. Raises NotFound and the problems of `oss.drivers.problems`."""
    found = await device_links.do(device_id, _sessions, deadline_s=READ_S, what="sessions", asked_by=asked_by)
    pairs = joined(found, await ours(device_id, scope))
    return pairs if scope.is_all else _seen(pairs)


def _seen(pairs: Joined) -> Joined:
    """What a scope leaves: the sessions of its customers; what is nobody's is everybody's alone."""
    ghosts, both = ([one for one in some if one.ours and one.ours["mine"]] for some in (pairs.ghosts, pairs.both))
    return Joined(both, [], ghosts)


async def ports(device_id: int, asked_by: str, scope: Scope = ALL) -> Sequence[Interface]:
    """A router's interfaces; those that are sessions only for whom all sessions are. Raises as `read` does."""

    async def act(driver: Driver, link: Link) -> Sequence[Interface]:
        return await router_of(driver).interfaces(link)

    found = await device_links.do(device_id, act, deadline_s=READ_S, what="interfaces", asked_by=asked_by)
    return found if scope.is_all else [one for one in found if not one.dynamic]


async def see_port(device_id: int, name: str, asked_by: str, scope: Scope) -> None:
    """Raise NotFound where an interface is a session, and those of all customers may not be seen."""
    if not scope.is_all and all(one.name != name for one in await ports(device_id, asked_by, scope)):
        raise NotFound(thing="interface")


async def _sessions(driver: Driver, link: Link) -> Sequence[RouterSession]:
    return await router_of(driver).sessions(link)


def router_of(driver: Driver) -> Router:
    """Raises NotOffered where it is none."""
    if driver.router is None:
        raise NotOffered(name=driver.title)
    return driver.router


async def of_session(uid: uuid.UUID, scope: Scope = ALL) -> Any:
    """A live session with the device that its NAS is (``device_id`` None: nobody said). Raises NotFound."""
    inside, values = within.numbered(scope, "k.customer_id", 2)
    row = await db.fetchrow(
        f"""select s.uid, s.login, s.nas_id, s.contract_id, s.desired, s.applied, n.device_id, n.name as nas
        from session_open s join nas n on n.id = s.nas_id left join contract k on k.id = s.contract_id
        where s.uid = $1 and {inside}""",
        uid,
        *values,
    )
    if row is None:
        raise NotFound(thing="session")
    return row
