"""Orders by name, as they come from a command line or the control port: which there are, and what each takes."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar

Done = Callable[..., Awaitable[Any]]
_Done = TypeVar("_Done", bound=Done)
_MARK: Final = "is_order"
KINDS: Final = {"str": str, "int": int, "float": float, "bool": bool}


def order(act: _Done) -> _Done:
    """Marks a method that may be ordered from outside."""
    setattr(act, _MARK, True)
    return act


def orders(of: type) -> dict[str, inspect.Signature]:
    """Names of a class's orders, and what each takes."""
    found = {}
    for name, act in inspect.getmembers(of, inspect.isfunction):
        if getattr(act, _MARK, False):
            signature = inspect.signature(act)
            found[name] = signature.replace(parameters=list(signature.parameters.values())[1:])
    return found


def usage(of: type) -> list[str]:
    """A line for each order: its name, what it takes, what it does."""
    lines = []
    for name, signature in orders(of).items():
        taken = " ".join(
            one.name.upper() if one.default is one.empty else f"[{one.name.upper()}]"
            for one in signature.parameters.values()
        )
        said = (inspect.getdoc(getattr(of, name)) or "").partition("\n")[0]
        lines.append(f"  {name.replace('_', '-')} {taken}\n      {said}")
    return lines


async def obey(whom: object, name: str, given: Mapping[str, Any]) -> Any:
    """Do it. Raises ValueError for what nobody can order so."""
    signature = orders(type(whom)).get(name)
    if signature is None:
        raise ValueError(f"no order {name!r}; there are {', '.join(orders(type(whom)))}")
    try:
        bound = signature.bind(**{key: _fit(signature, key, value) for key, value in given.items()})
    except TypeError as problem:
        raise ValueError(f"{name}: {problem}") from None
    return await getattr(whom, name)(*bound.args, **bound.kwargs)


def from_words(of: type, name: str, words: list[str]) -> dict[str, Any]:
    """Words of a command line, by their place, as what the order takes. Raises ValueError."""
    signature = orders(of).get(name)
    if signature is None:
        raise ValueError(f"no order {name!r}; there are {', '.join(orders(of))}")
    if len(words) > len(signature.parameters):
        raise ValueError(f"{name} takes {len(signature.parameters)} words at most")
    return {key: _fit(signature, key, word) for key, word in zip(signature.parameters, words, strict=False)}


def _fit(signature: inspect.Signature, key: str, value: Any) -> Any:
    """As its parameter wants it; a yes or no may be written."""
    parameter = signature.parameters.get(key)
    if parameter is None or value is None:
        return value
    kind = KINDS[str(parameter.annotation).partition(" | ")[0]]
    if kind is bool:
        if value not in (True, False, "yes", "no"):
            raise ValueError(f"{key} is yes or no")
        return value in (True, "yes")
    try:
        return kind(value)
    except (TypeError, ValueError):
        raise ValueError(f"{key}: {value!r} is no {kind.__name__}") from None
