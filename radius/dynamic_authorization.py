"""What a NAS answers to CoA-Request and Disconnect-Request (RFC 5176)."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from radius.attributes import COA_ACK, DISCONNECT_ACK, ERROR_CAUSE, EVENT_TIMESTAMP, REPLY_MESSAGE, attr
from radius.packet import Packet


class ErrorCause(IntEnum):
    """RFC 5176 section 3.5."""

    RESIDUAL_SESSION_CONTEXT_REMOVED = 201
    INVALID_EAP_PACKET = 202
    UNSUPPORTED_ATTRIBUTE = 401
    MISSING_ATTRIBUTE = 402
    NAS_IDENTIFICATION_MISMATCH = 403
    INVALID_REQUEST = 404
    UNSUPPORTED_SERVICE = 405
    UNSUPPORTED_EXTENSION = 406
    INVALID_ATTRIBUTE_VALUE = 407
    ADMINISTRATIVELY_PROHIBITED = 501
    REQUEST_NOT_ROUTABLE = 502
    SESSION_CONTEXT_NOT_FOUND = 503
    SESSION_CONTEXT_NOT_REMOVABLE = 504
    OTHER_PROXY_PROCESSING_ERROR = 505
    RESOURCES_UNAVAILABLE = 506
    REQUEST_INITIATED = 507
    MULTIPLE_SESSION_SELECTION_UNSUPPORTED = 508


class Outcome(NamedTuple):
    """`text` is the NAS's own sentence, or the name of the error cause, or empty."""

    ack: bool
    error_cause: int | None
    text: str

    @property
    def session_unknown(self) -> bool:
        """The NAS has no such session: what we hold open is stale."""
        return not self.ack and self.error_cause == ErrorCause.SESSION_CONTEXT_NOT_FOUND


def parse(packet: Packet) -> Outcome:
    """The outcome in a CoA- or Disconnect-ACK or -NAK."""
    cause = packet.integer(ERROR_CAUSE)
    text = packet.text(REPLY_MESSAGE) or error_cause_name(cause)
    return Outcome(packet.code in (COA_ACK, DISCONNECT_ACK), cause, text)


def error_cause_name(cause: int | None) -> str:
    """E.g. "session context not found"; the number itself when RFC 5176 has none for it."""
    if cause is None:
        return ""
    try:
        return ErrorCause(cause).name.replace("_", " ").lower()
    except ValueError:
        return f"error cause {cause}"


def event_timestamp(now: float) -> bytes:
    """Event-Timestamp of a request, Unix seconds: lets the NAS refuse a replay (RFC 5176 section 6.3)."""
    return attr(EVENT_TIMESTAMP, int(now))
