"""What RouterOS says when it does not do something."""

from __future__ import annotations


class Trap(Exception):
    """``category`` as in the API's manual: 0 no such item or command, 1 a value, 2 interrupted, 4 general; None: it
    says none."""

    def __init__(self, message: str, category: int | None = None) -> None:
        super().__init__(message)
        self.message, self.category = message, category

    @property
    def fields(self) -> dict[str, str]:
        """Of the !trap sentence."""
        said = {} if self.category is None else {"category": str(self.category)}
        return said | {"message": self.message}
