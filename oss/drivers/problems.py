"""What goes wrong towards a device, one class a fact. The libraries' errors become these where they enter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oss.base.problems import Problem


class DeviceProblem(Problem):
    """{name}: something went wrong."""

    status = 502


class DeviceUnreachable(DeviceProblem):
    """{name} cannot be reached: {why}."""


class LoginRefused(DeviceProblem):
    """{name} does not accept the user {user}."""


class KeyChanged(DeviceProblem):
    """{name} shows another key than the one that is known ({seen}): it was exchanged, or somebody stands between.

    ``key``: the one it shows, as it would be kept; ``seen``: its fingerprint.
    """

    status = 409


class LinkLost(DeviceProblem):
    """The connection to {name} ended in the middle of {what}."""


class DeviceSlow(DeviceProblem):
    """{name} did not answer {what} within {seconds} s."""

    status = 504


class QueueFull(DeviceProblem):
    """Too much is waiting for {name} already."""

    status = 503


class CommandRefused(DeviceProblem):
    """{name} refused {command!r}: {answer}"""

    status = 409

    def says_any(self, words: Sequence[str]) -> bool:
        """Whether one of these, in lower case, is in what the device answered."""
        answer = str(self.facts.get("answer", "")).lower()
        return any(one in answer for one in words)


class AnswerUnreadable(DeviceProblem):
    """{name} answered {command!r} in a way that cannot be read: {excerpt!r}."""


class NotOffered(DeviceProblem):
    """{name}: this cannot be done with a device of this kind."""

    status = 409


class AlreadyConfigured(DeviceProblem):
    """{name} has {serial} configured already, at {place}."""

    status = 409


class NotConfigured(DeviceProblem):
    """{name} has no ONU at {place}."""

    status = 409


class NoNumberFree(DeviceProblem):
    """{name}: the PON {pon} has no number free."""

    status = 409


class NoSuchPon(DeviceProblem):
    """{name} has no PON {pon!r}; its PONs are spelled like {like}."""

    status = 409


class ProfileIsNoNumber(DeviceProblem):
    """{name} knows profiles by their numbers, and {profile!r} is none."""

    status = 409


class NotAsOrdered(DeviceProblem):
    """{name} took every command, and shows something else afterwards: {what}."""


def restored(code: str, facts: Mapping[str, object]) -> DeviceProblem:
    """A problem from what a row keeps of it; of a kind that is not known any more, the root."""
    kinds: list[type[DeviceProblem]] = [DeviceProblem]
    for kind in kinds:
        if kind.code == code:
            return kind(**facts)
        kinds += kind.__subclasses__()
    return DeviceProblem(**{"name": "?", **facts})
