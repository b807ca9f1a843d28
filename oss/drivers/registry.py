"""Which drivers there are: each module of `oss.drivers.makers` has a ``DRIVER``, and no list names them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from oss.drivers import makers
from oss.drivers.configuration import PLAIN, Form
from oss.drivers.links import Dialect
from oss.drivers.olt import Olt
from oss.drivers.router import Router


@dataclass(frozen=True, slots=True)
class Driver:
    """``key``: its name in rows and URLs. ``object_ids``: beginnings of sysObjectID; ``models``: words of the model's
    name that decide where several drivers share those. ``dialect`` None: it has no command line of use.
    ``form``: how its configuration is written."""

    key: str
    title: str
    maker: str
    protocols: tuple[str, ...]
    object_ids: tuple[str, ...]
    models: tuple[str, ...] = ()
    dialect: Dialect | None = None
    form: Form = PLAIN
    router: Router | None = None
    olt: Olt | None = None


@cache
def drivers() -> dict[str, Driver]:
    """All of them by key."""
    found = [importlib.import_module(f"{makers.__name__}.{one.name}") for one in pkgutil.iter_modules(makers.__path__)]
    return {module.DRIVER.key: module.DRIVER for module in found if hasattr(module, "DRIVER")}


def chosen(role: str, object_id: str, names: Iterable[str]) -> Driver | None:
    """Who speaks to a device of this role (``router``, ``olt``): by its sysObjectID or maker, and then by its model.

    ``names``: what is known of it in words (maker, model, sysDescr).
    """
    said = " ".join(names).lower()
    fitting = [
        one
        for one in drivers().values()
        if (one.olt if role == "olt" else one.router)
        and (one.maker.lower() in said or any(_begins(object_id, begin) for begin in one.object_ids))
    ]
    by_model = [one for one in fitting if any(word.lower() in said for word in one.models)]
    return next(iter(by_model or [one for one in fitting if not one.models]), None)


def _begins(oid: str, begin: str) -> bool:
    return oid == begin or oid.startswith(begin + ".")
