"""The passive plant: PON ports, boxes, ONUs, and where a login's line ends."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from oss.network import onus
from oss.network.plant import MOST_ONUS, MOST_PORTS
from web import form_values
from web.api.fields import Body, Change, Id, Login, Text, Whole, left_out
from web.inputs.kinds import Typed
from web.inputs.network import Latitude, Longitude, Note, Street


def _serial(value: str) -> str:
    if not onus.spelled(value):
        raise ValueError("must be 4 to 24 letters and digits")
    return value


PonName = Annotated[str, Text(40), Field(examples=["0/3/7"])]
Capacity = Annotated[int, Whole(1, MOST_ONUS), Field(description="ONUs it may carry")]
BoxName = Annotated[str, Text(60), Field(examples=["CTO-114"])]
Ports = Annotated[int, Whole(1, MOST_PORTS)]
FedBy = Annotated[Id, Field(description="The box whose output feeds it, of the same PON")]
Serial = Annotated[
    str,
    Text(40),
    Field(description="In letters or in hex; it is kept in one spelling", examples=["HWTC1A2B3C4D"]),
    AfterValidator(_serial),
    Typed(form_values.upper, wrong="must be 4 to 24 letters and digits"),
]
OnuNumber = Annotated[int, Whole(0, 1023), Field(description="Its place on the PON")]
Socket = Annotated[int, Whole(1, MOST_PORTS), Field(description="The port of the box, from 1")]
OnuModel = Annotated[str, Text(60, least=0), Field(examples=["HG8245Q2"])]


class NewPon(Body):
    """What a PON port is made of."""

    device_id: Id
    name: PonName
    interface_id: Id | None = None
    capacity: Capacity = 64
    note: Note = ""


class PonChange(Change):
    """What of a PON port may change."""

    device_id: Id = left_out()
    name: PonName = left_out()
    interface_id: Id | None = left_out()
    capacity: Capacity = left_out()
    note: Note = left_out()


class NewBox(Body):
    """What a box is made of."""

    name: BoxName
    pon_id: Id
    ports: Ports = 16
    parent_id: FedBy | None = None
    site_id: Id | None = None
    address: Street = ""
    latitude_e6: Latitude | None = None
    longitude_e6: Longitude | None = None
    note: Note = ""


class BoxChange(Change):
    """What of a box may change; on another PON it takes along what hangs on it."""

    name: BoxName = left_out()
    pon_id: Id = left_out()
    ports: Ports = left_out()
    parent_id: FedBy | None = left_out()
    site_id: Id | None = left_out()
    address: Street = left_out()
    latitude_e6: Latitude | None = left_out()
    longitude_e6: Longitude | None = left_out()
    note: Note = left_out()


class NewOnu(Body):
    """What an ONU is made of; in a box it is on the box's PON."""

    serial: Serial
    pon_id: Id | None = None
    number: OnuNumber | None = None
    box_id: Id | None = None
    box_port: Socket | None = None
    model: OnuModel = ""
    note: Note = ""


class OnuChange(Change):
    """What of an ONU may change."""

    serial: Serial = left_out()
    pon_id: Id | None = left_out()
    number: OnuNumber | None = left_out()
    box_id: Id | None = left_out()
    box_port: Socket | None = left_out()
    model: OnuModel = left_out()
    note: Note = left_out()


class OnuForm(NewOnu):
    """An ONU as the console asks for it, with the login whose line it carries."""

    login: Annotated[Login, Typed(form_values.lower)] | None = None


class DropSet(Body):
    """Where a login's line ends: an ONU, or a device and perhaps its interface."""

    onu_id: Id | None = None
    device_id: Id | None = None
    interface_id: Id | None = None


class PlannedDrop(Body):
    """The box that a login's ONU is to be put into; no box: nothing is planned."""

    box: BoxName | None = None
    box_port: Socket | None = None
