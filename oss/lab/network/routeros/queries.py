"""Query words of print: a stack of yes and no for each row, as RouterOS reads them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oss.lab.network.routeros.trap import Trap

Row = Mapping[str, str]


def fits(row: Row, queries: Sequence[str]) -> bool:
    """Whether a row answers these words (``?name=x``, ``?>size=3``, ``?-comment``, ``?#|``). Raises Trap."""
    stack: list[bool] = []
    for query in queries:
        if query.startswith("?#"):
            _operate(stack, query[2:])
        else:
            stack.append(_holds(row, query[1:]))
    return all(stack)


def _holds(row: Row, word: str) -> bool:
    if word.startswith("-"):
        return word[1:] not in row
    kind = word[0] if word[:1] in ("=", "<", ">") else "="
    name, equals, value = word.removeprefix(kind).partition("=")
    if not equals:
        return name in row
    found = row.get(name)
    if found is None:
        return False
    if kind == "=":
        return found == value
    return _less(found, value) if kind == "<" else _less(value, found)


def _less(a: str, b: str) -> bool:
    return int(a) < int(b) if a.isdecimal() and b.isdecimal() else a < b


def _operate(stack: list[bool], operations: str) -> None:
    """``!`` turns the topmost, ``&`` and ``|`` join two, ``.`` doubles it, a number copies the one so deep."""
    for one in operations:
        try:
            if one == "!":
                stack.append(not stack.pop())
            elif one in "&|":
                b, a = stack.pop(), stack.pop()
                stack.append(a and b if one == "&" else a or b)
            elif one == ".":
                stack.append(stack[-1])
            else:
                stack.append(stack[-1 - int(one)])
        except (IndexError, ValueError):
            raise Trap("invalid query", 1) from None
