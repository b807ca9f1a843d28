"""Menus of RouterOS: what can be set in each, what stands in it, and what comes into it by itself.

Values are text, one character an octet. yes and no are kept as ``true`` and ``false``, as the API prints them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from oss.lab.network.routeros.trap import Trap

Row = dict[str, str]
TRUTHS = {"yes": "true", "no": "false"}


@dataclass
class Menu:
    """``settable``: names and what they are where nothing was said (None: not there at all). ``key``: no two rows have
    the same. ``single``: it has one row without number. ``live``: rows that are there by themselves; ``ends``: what a
    remove of such a row does (None: it cannot be removed). ``fixed``: rows cannot be added or removed.
    ``spelled``: how a value that was typed is kept; ``shows``: fields beside the settable ones of its own rows;
    ``secret``: fields that an export leaves out unless it is told to show them.
    """

    path: str
    settable: Mapping[str, str | None]
    key: str = ""
    single: bool = False
    fixed: bool = False
    secret: frozenset[str] = frozenset()
    needed: tuple[str, ...] = ()
    spelled: Mapping[str, Callable[[str], str]] = field(default_factory=dict)
    live: Callable[[], Iterable[Row]] | None = None
    ends: Callable[[Row], None] | None = None
    shows: Callable[[Row], Row] | None = None
    rows: dict[str, Row] = field(default_factory=dict)
    changed: Callable[[str], None] = lambda what: None
    _last: int = 0

    def add(self, **said: str) -> str:
        """A row from the lab itself, names with ``_`` for ``-``; gives its id."""
        return self.take({name.replace("_", "-"): value for name, value in said.items()})

    def take(self, said: Mapping[str, str]) -> str:
        """A new row; gives its id. Raises Trap."""
        if self.fixed or self.single or not self.settable:
            raise Trap("no such command", 0)
        self._check(said, "")
        missing = [name for name in self.needed if name not in said]
        if missing:
            raise Trap(f"missing value(s) of argument(s) {','.join(missing)}", 1)
        return self.place(said)

    def place(self, said: Mapping[str, str]) -> str:
        """A row without a question."""
        self._last += 1
        one = f"*{self._last:X}"
        defaults = {name: value for name, value in self.settable.items() if value is not None}
        self.rows[one] = defaults | self._kept(said)
        self.changed(f"{self.path} add")
        return one

    def set(self, ids: Iterable[str], said: Mapping[str, str]) -> None:
        """Change rows. Raises Trap."""
        if self.single:
            self._check(said, "")
            self.rows["*0"] |= self._kept(said)
            self.changed(f"{self.path} set")
            return
        for one in [self._found(one) for one in ids]:
            self._check(said, one)
            self.rows[one] |= self._kept(said)
            for name, value in said.items():
                if value == "" and self.settable.get(name, "") is None:
                    del self.rows[one][name]
            self.changed(f"{self.path} set")

    def remove(self, ids: Iterable[str]) -> None:
        """Rows go; where they live by themselves, what they show ends. Raises Trap."""
        alive = {row[".id"]: row for row in (self.live() if self.live else ())}
        for one in ids:
            if one in alive:
                if self.ends is None:
                    raise Trap("failure: can not remove dynamic item" if self.settable else "no such command", 4)
                self.ends(alive[one])
            elif self.fixed or self.single:
                raise Trap("no such command", 0)
            else:
                del self.rows[self._found(one)]
                self.changed(f"{self.path} remove")

    def all(self) -> Iterator[Row]:
        """Every row as print shows it, ``.id`` first."""
        for one, row in list(self.rows.items()):
            more = {} if self.shows is None else self.shows(row)
            yield ({} if self.single else {".id": one}) | row | more
        if self.live is not None:
            yield from self.live()

    def _found(self, one: str) -> str:
        """By number or, as RouterOS takes it, by name. Raises Trap."""
        if one in self.rows:
            return one
        named = [number for number, row in self.rows.items() if one and row.get("name") == one]
        if not named:
            raise Trap("no such item", 0)
        return named[0]

    def _check(self, said: Mapping[str, str], mine: str) -> None:
        for name in said:
            if name not in self.settable:
                raise Trap(f"unknown parameter {name}")
        value = said.get(self.key) if self.key else None
        if value is None:
            return
        if any(row.get(self.key) == value for one, row in self.rows.items() if one != mine):
            raise Trap(f"failure: already have such {self.path.rsplit('/', 1)[1]} with this {self.key}")

    def _kept(self, said: Mapping[str, str]) -> Row:
        """Values as they are kept. Raises Trap."""
        found = {}
        for name, value in said.items():
            truth = self.settable.get(name) in ("true", "false")
            if truth and value not in (*TRUTHS, *TRUTHS.values()):
                raise Trap(f"invalid value {value} for {name}, an argument of yes or no", 1)
            spell = self.spelled.get(name)
            found[name] = TRUTHS.get(value, value) if truth else spell(value) if spell else value
        return found
