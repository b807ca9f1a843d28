"""Traps and informs of SNMPv3: pysnmp's engine without its sockets (RFC 3412, 3414).

Nothing is learned from the wire: users and the engines whose traps are accepted are given by the caller. A message must
be signed and sealed as well as its user can: USM alone would take an unsigned one that bears the user's name. A message
takes some milliseconds of Python, which is why v1 and v2c are read elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from pyasn1.codec.ber import encoder
from pyasn1.error import PyAsn1Error
from pysnmp.carrier.asyncio.dgram import udp
from pysnmp.carrier.base import AbstractTransportDispatcher
from pysnmp.entity import config, engine
from pysnmp.error import PySnmpError
from pysnmp.proto.api import v2c
from pysnmp.proto.mpmod.rfc3412 import SnmpV3MessageProcessingModel

from snmp.ber import Malformed
from snmp.trap_intake import Signed
from snmp.trap_message import decode, skim_pdu
from snmp.trap_sources import Address
from snmp.v3_header import Claim, claim


class Auth(StrEnum):
    """How a user signs (RFC 3414, 7860)."""

    NONE = "none"
    MD5 = "md5"
    SHA = "sha"
    SHA224 = "sha224"
    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"


class Priv(StrEnum):
    """How a user seals (RFC 3414, 3826; AES of more bits as Blumenthal's draft has it, and as Cisco does)."""

    NONE = "none"
    DES = "des"
    AES = "aes"
    AES192 = "aes192"
    AES256 = "aes256"
    AES192_CISCO = "aes192c"
    AES256_CISCO = "aes256c"


AUTH: Final[dict[Auth, Any]] = {
    Auth.NONE: config.USM_AUTH_NONE,
    Auth.MD5: config.USM_AUTH_HMAC96_MD5,
    Auth.SHA: config.USM_AUTH_HMAC96_SHA,
    Auth.SHA224: config.USM_AUTH_HMAC128_SHA224,
    Auth.SHA256: config.USM_AUTH_HMAC192_SHA256,
    Auth.SHA384: config.USM_AUTH_HMAC256_SHA384,
    Auth.SHA512: config.USM_AUTH_HMAC384_SHA512,
}
PRIV: Final[dict[Priv, Any]] = {
    Priv.NONE: config.USM_PRIV_NONE,
    Priv.DES: config.USM_PRIV_CBC56_DES,
    Priv.AES: config.USM_PRIV_CFB128_AES,
    Priv.AES192: config.USM_PRIV_CFB192_AES_BLUMENTHAL,
    Priv.AES256: config.USM_PRIV_CFB256_AES_BLUMENTHAL,
    Priv.AES192_CISCO: config.USM_PRIV_CFB192_AES,
    Priv.AES256_CISCO: config.USM_PRIV_CFB256_AES,
}


@dataclass(frozen=True, slots=True)
class User:
    """A v3 user with pass phrases of at least 8 characters.

    `engine_ids`: of the devices that send traps in this name; a trap is signed with its sender's engine, an inform with
    ours. The same name with other pass phrases on another device is not known to USM: such users need other names.
    """

    name: str
    auth: Auth = Auth.NONE
    auth_key: str = ""
    priv: Priv = Priv.NONE
    priv_key: str = ""
    engine_ids: tuple[bytes, ...] = ()

    @property
    def level(self) -> int:
        """securityLevel of RFC 3411 section 3.4.3: 1 unsigned, 2 signed, 3 signed and sealed."""
        return 1 if self.auth == Auth.NONE else 2 if self.priv == Priv.NONE else 3


class Outbox(AbstractTransportDispatcher):  # type: ignore[misc]
    """pysnmp's way out: what it sends is gathered."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []

    def send_message(self, message: bytes, domain: object, address: object) -> None:
        """Called by the engine."""
        del domain, address
        self.sent.append(bytes(message))


def bare_engine(engine_id: bytes, boots: int) -> Any:
    """An engine that knows v3 only, keeps nothing on the disk and has no way out yet. Takes 0.2 s."""
    made = engine.SnmpEngine()
    builder = made.get_mib_builder()
    own_id, own_boots = builder.import_symbols("__SNMP-FRAMEWORK-MIB", "snmpEngineID", "snmpEngineBoots")
    own_id.syntax = own_id.syntax.clone(engine_id)
    own_boots.syntax = own_boots.syntax.clone(boots)
    made.snmpEngineID = own_id.syntax
    model = SnmpV3MessageProcessingModel.MESSAGE_PROCESSING_MODEL_ID
    made.message_processing_subsystems = {model: made.message_processing_subsystems[model]}
    return made


def add_user(made: Any, user: User, engine_id: bytes | None = None) -> None:
    """Make a user known, of one engine; without one of ours. Stretching the pass phrases takes 10 to 30 ms."""
    config.add_v3_user(
        made,
        user.name,
        AUTH[user.auth],
        user.auth_key or None,
        PRIV[user.priv],
        user.priv_key or None,
        securityEngineId=None if engine_id is None else v2c.OctetString(engine_id),
    )


class Usm:
    """Reads v3 messages of known users.

    To make one takes long (0.2 s, and 30 ms for each user and engine): do it in a thread.
    """

    def __init__(self, engine_id: bytes, boots: int, users: Iterable[User]) -> None:
        """`engine_id`: ours, 5 to 32 octets, the same after each start. `boots`: how often it was started, 1 and up;
        who sends informs refuses one that went backwards (RFC 3414 section 3.2, paragraph 7)."""
        self._users = {user.name.encode(): user for user in users}
        self._own = engine_id
        self._engine, self._outbox = bare_engine(engine_id, boots), Outbox()
        self._engine.register_transport_dispatcher(self._outbox)
        for user in self._users.values():
            for one in (None, *user.engine_ids):
                add_user(self._engine, user, one)
        kinds = (v2c.SNMPv2TrapPDU.tagSet, v2c.InformRequestPDU.tagSet)
        self._engine.message_dispatcher.register_context_engine_id(b"", kinds, self._believed)
        self._said: tuple[str, bytes] | None = None

    def hear(self, octets: bytes, address: Address, users: frozenset[str]) -> Signed:
        """Read one message, of one of these users; raises Malformed for what cannot be believed.

        Discoveries, and clocks that do not agree, are answered by a Report: then there is no message.
        """
        self._check(claim(octets), users)
        self._said = None
        self._outbox.sent.clear()
        try:
            self._engine.message_dispatcher.receive_message(
                self._engine, udp.SNMP_UDP_DOMAIN, udp.UdpTransportAddress(address[:2]), octets
            )
        except (PySnmpError, PyAsn1Error) as problem:
            raise Malformed(f"version 3: {type(problem).__name__}") from None
        answers = tuple((sent, address) for sent in self._outbox.sent)
        if self._said is not None:
            user, pdu = self._said
            known = skim_pdu(pdu)
            return Signed(user, decode(pdu, known), known.content, answers)
        if not answers:
            raise Malformed("version 3: not believed")
        return Signed("", None, b"", answers)

    def _check(self, claimed: Claim, users: frozenset[str]) -> None:
        """Cheap, and before pysnmp, which would copy a user to any engine that is named to it."""
        if not claimed.engine_id and claimed.reportable and claimed.level == 1:
            return  # a discovery: whoever asks is told our engine's id
        user = self._users.get(claimed.user)
        if user is None or user.name not in users:
            raise Malformed("version 3: no such user there")
        if claimed.level < user.level:
            raise Malformed(f"version 3: level {claimed.level}, user {user.name!r} has {user.level}")
        if claimed.engine_id != self._own and claimed.engine_id not in user.engine_ids:
            raise Malformed(f"version 3: engine {claimed.engine_id[:32].hex()} is not one of user {user.name!r}")

    def _believed(self, made: Any, model: Any, security: Any, name: Any, level: Any, *rest: Any) -> None:
        """pysnmp's processPdu: a notification that was signed as it claimed to be."""
        context_id, context, version, pdu, most, reference = rest
        if pdu.tagSet == v2c.InformRequestPDU.tagSet:
            response = v2c.apiPDU.get_response(pdu)
            v2c.apiPDU.set_varbinds(response, v2c.apiPDU.get_varbinds(pdu))
            made.message_dispatcher.return_response_pdu(
                *(made, model, security, name, level, context_id, context, version, response, most, reference, {})
            )
        self._said = str(name), encoder.encode(pdu)
