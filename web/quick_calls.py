"""Jinja's calls, look-ups and escapes without its questions: a page makes thousands of each.

Jinja asks of each thing that is called whether it, or its ``__call__``, wants a context, and wraps a macro's marks
twice; markupsafe asks each text whether it has marks. What is known to want nothing is called, and what is known to be
a text or marks is written, at once; all else goes their way.
"""

from __future__ import annotations

from functools import lru_cache
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from jinja2 import Environment, Template
from jinja2.runtime import Context, Macro
from jinja2.utils import missing
from markupsafe import Markup, _escape_inner, escape  # type: ignore[attr-defined]

from oss.base.db import Row

_NEW = str.__new__  # `Markup.__new__` would look for marks of its own, which what a macro made cannot have
PLAIN = {FunctionType, MethodType, BuiltinFunctionType, type(lru_cache(len))}
ROWS = {kind: frozenset(dir(kind)) for kind in (dict, Row)}
"""What templates read by name that has its values as items, with the names that mean its own methods."""


def quick_escape(value: Any) -> Markup:
    """`markupsafe.escape`."""
    kind = type(value)
    if kind is Markup:
        return value  # type: ignore[no-any-return]
    if kind is str:
        return _NEW(Markup, _escape_inner(value))
    return escape(value)


class QuickEnvironment(Environment):
    """Jinja's environment; a row's value is not first looked for among its attributes, to fail there."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        own = ROWS.get(type(obj))
        if own is not None and attribute not in own:
            try:
                return obj[attribute]
            except KeyError:
                return self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)


class QuickTemplate(Template):
    """Jinja's template; what it writes is escaped by `quick_escape`."""

    @classmethod
    def _from_namespace(cls, environment: Environment, namespace: Any, globals: Any) -> Template:
        if namespace.get("escape") is escape:
            namespace["escape"] = quick_escape
        return super()._from_namespace(environment, namespace, globals)


class QuickContext(Context):
    """Jinja's context; the same calls with the same results."""

    def call(__self, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        kind = type(__obj)
        if kind is Macro and __self.eval_ctx.autoescape:
            kwargs.pop("_loop_vars", None)
            kwargs.pop("_block_vars", None)
            return _macro(__obj, args, kwargs)
        if kind in PLAIN and not hasattr(__obj, "jinja_pass_arg"):
            kwargs.pop("_loop_vars", None)
            kwargs.pop("_block_vars", None)
            return __obj(*args, **kwargs)
        return Context.call(__self, __obj, *args, **kwargs)


def _macro(macro: Macro, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """`Macro.__call__` where names and numbers fit; it says what is wrong where they do not."""
    names = macro.arguments
    if macro.caller or macro.catch_kwargs or macro.catch_varargs or len(args) > len(names):
        return macro(*args, **kwargs)
    if not kwargs and len(args) == len(names):
        return _NEW(Markup, macro._func(*args))
    rest = [kwargs.pop(name, missing) for name in names[len(args) :]]
    if kwargs:
        return macro(*args, **kwargs)
    return _NEW(Markup, macro._func(*args, *rest))
