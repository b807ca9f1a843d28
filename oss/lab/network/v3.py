"""Version 3 for an agent: pysnmp's engine without its sockets proves and unseals, our own tables answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from pyasn1.codec.ber import decoder, encoder
from pyasn1.error import PyAsn1Error
from pysnmp.carrier.asyncio.dgram import udp
from pysnmp.error import PySnmpError
from pysnmp.proto.api import v2c

from oss.lab.network import pdus
from snmp.ber import Malformed
from snmp.trap_v3 import Outbox, User, add_user, bare_engine

KINDS = tuple(
    one.tagSet for one in (v2c.GetRequestPDU, v2c.GetNextRequestPDU, v2c.GetBulkRequestPDU, v2c.SetRequestPDU)
)
MODEL = 3
"""Of messages and of security: version 3, and its users."""
Respond = Callable[[bytes], bytes]
"""A request's PDU in, the response's out."""


class V3Agent:
    """One engine with one user. To make one takes 0.3 s: do it in a thread."""

    def __init__(self, engine_id: bytes, boots: int, user: User, respond: Respond) -> None:
        self._engine, self._outbox, self._respond = bare_engine(engine_id, boots), Outbox(), respond
        self._engine.register_transport_dispatcher(self._outbox)
        add_user(self._engine, user)
        self._user = user
        self._engine.message_dispatcher.register_context_engine_id(b"", KINDS, self._asked)

    def hear(self, octets: bytes) -> list[bytes]:
        """The answers to one message: a response, a report, or nothing."""
        self._outbox.sent.clear()
        try:
            self._engine.message_dispatcher.receive_message(
                self._engine, udp.SNMP_UDP_DOMAIN, udp.UdpTransportAddress(("127.0.0.1", 0)), octets
            )
        except (PySnmpError, PyAsn1Error) as problem:
            raise Malformed(f"version 3: {type(problem).__name__}") from None
        return list(self._outbox.sent)

    def signed(self, message: bytes) -> bytes:
        """A trap of v2c as the user signs and seals it."""
        pdu, _ = decoder.decode(pdus.unsealed(message), asn1Spec=v2c.SNMPv2TrapPDU())
        self._outbox.sent.clear()
        place = udp.SNMP_UDP_DOMAIN, udp.UdpTransportAddress(("127.0.0.1", 0))
        own = self._engine.snmpEngineID
        self._engine.message_dispatcher.send_pdu(
            *(self._engine, *place, MODEL, MODEL, v2c.OctetString(self._user.name), self._user.level, own, b""),
            *(1, pdu, False),
        )
        return self._outbox.sent.pop()

    def restart(self, boots: int) -> None:
        """snmpEngineBoots and snmpEngineTime as after a start (RFC 3414 section 2.2.2)."""
        builder = self._engine.get_mib_builder()
        own_boots, own_time = builder.import_symbols("__SNMP-FRAMEWORK-MIB", "snmpEngineBoots", "snmpEngineTime")
        own_boots.syntax = own_boots.syntax.clone(boots)
        own_time.syntax = own_time.syntax.clone(int(time.time()))  # pysnmp counts from there

    def _asked(self, made: Any, model: Any, security: Any, name: Any, level: Any, *rest: Any) -> None:
        """pysnmp's processPdu: a request that was signed as it claimed to be."""
        context_id, context, version, pdu, most, reference = rest
        if int(level) < self._user.level:
            return
        answered, _ = decoder.decode(self._respond(encoder.encode(pdu)), asn1Spec=v2c.ResponsePDU())
        made.message_dispatcher.return_response_pdu(
            *(made, model, security, name, level, context_id, context, version, answered, most, reference, {})
        )
