"""Sites, devices, links, maintenance: what people and programs may say of each."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from oss.network import devices
from oss.network.links import MOST_BPS
from web import form_values
from web.api.fields import Address, Body, Change, Id, Instant, Text, Whole, left_out
from web.inputs.kinds import Typed

Latitude = Annotated[
    int,
    Whole(-90_000_000, 90_000_000),
    Field(description="Millionths of a degree, north above zero", examples=[-21245287]),
    Typed(form_values.degrees, form_values.show_degrees, wrong="must be degrees such as -21.245287"),
]
Longitude = Annotated[
    int,
    Whole(-180_000_000, 180_000_000),
    Field(description="Millionths of a degree, east above zero", examples=[-44999812]),
    Typed(form_values.degrees, form_values.show_degrees, wrong="must be degrees such as -21.245287"),
]
Note = Annotated[str, Text(2000, least=0), Typed(form_values.paragraph)]
Street = Annotated[str, Text(200, least=0), Field(examples=["Rua do Ipê, 41"])]
Secret = Annotated[
    str,
    Text(128, least=0),
    Field(description="At most 128 octets; empty takes it away", json_schema_extra={"writeOnly": True}),
    Typed(hidden=True),
]


# ------------------------------------------------------------ sites

SiteName = Annotated[str, Text(80), Field(examples=["POP Centro"])]
SiteKind = Literal["core", "pop", "tower", "cabinet", "customer"]
City = Annotated[str, Text(80), Field(examples=["Lavras"])]
Feeds = Annotated[Id, Field(description="The site it is fed from: when that one is dark, so is this one")]


class NewSite(Body):
    """What a site is made of."""

    name: SiteName
    kind: SiteKind = "pop"
    company_id: Id | None = None
    parent_id: Feeds | None = None
    address: Street = ""
    city: City | None = None
    latitude_e6: Latitude | None = None
    longitude_e6: Longitude | None = None
    note: Note = ""


class SiteChange(Change):
    """What of a site may change."""

    name: SiteName = left_out()
    kind: SiteKind = left_out()
    company_id: Id | None = left_out()
    parent_id: Feeds | None = left_out()
    address: Street = left_out()
    city: City | None = left_out()
    latitude_e6: Latitude | None = left_out()
    longitude_e6: Longitude | None = left_out()
    note: Note = left_out()


# ------------------------------------------------------------ devices


def _host_key(value: str) -> str:
    if value and devices.host_key(value) is None:
        raise ValueError("must be a key such as ssh-ed25519 AAAA…")
    return value


DeviceName = Annotated[str, Text(80), Field(examples=["OLT-LAV-1"])]
Role = Literal["router", "switch", "olt", "radio", "server", "ups"]
SnmpVersion = Literal["off", "1", "2c", "3"]
SnmpAuth = Literal["none", "md5", "sha1", "sha224", "sha256", "sha384", "sha512"]
SnmpPriv = Literal["none", "des", "aes128", "aes192", "aes256"]
CliProtocol = Literal["off", "ssh", "telnet", "api", "api-tls"]
Serial = Annotated[str, Text(80, least=0), Field(examples=["HD8080ABCDE"])]
Software = Annotated[str, Text(160, least=0), Field(examples=["7.16.2"])]
Port = Annotated[int, Whole(1, 65535)]
UserName = Annotated[str, Text(64, least=0)]
HostKey = Annotated[
    str,
    Text(4000, least=0),
    Field(description="The SSH key that is believed: its type and base64", examples=["ssh-ed25519 AAAA…"]),
    AfterValidator(_host_key),
    Typed(form_values.paragraph),
]
Encoding = Literal["latin-1", "utf-8", "cp1252", "gb18030"]
Fingerprint = Annotated[
    str,
    Field(
        description="The certificate that is believed: SHA-256 of its DER",
        pattern=r"^(sha256:[0-9a-f]{64})?$",
        max_length=71,
        examples=["sha256:" + "0" * 64],
    ),
    Typed(wrong="must be sha256: and 64 hexadecimal digits"),
]
CliRate = Annotated[int, Whole(1, 60_000), Field(description="Commands a minute; null: what its role has")]
CliBurst = Annotated[int, Whole(1, 1000), Field(description="Commands that may come at once")]
SnmpRate = Annotated[int, Whole(1, 600_000), Field(description="SNMP requests a minute; null: what its role has")]
SnmpBurst = Annotated[int, Whole(1, 10_000), Field(description="SNMP requests that may come at once")]
Poll = Annotated[int, Whole(10, 86400), Field(description="Seconds between polls")]


class DeviceBase(Body):
    """What every device has."""

    name: DeviceName
    role: Role = "router"
    site_id: Id
    model_id: Id | None = None
    serial: Serial = ""
    software: Software = ""
    management: Address | None = None
    enabled: bool = True
    is_core: Annotated[bool, Field(description="Stands at the top: everything is reached through it")] = False
    poll_interval_s: Poll = 60
    snmp_version: SnmpVersion = "off"
    snmp_port: Port = 161
    snmp_community: Secret | None = Field(None, repr=False)
    snmp_user: UserName = ""
    snmp_auth: SnmpAuth = "none"
    snmp_auth_password: Secret | None = Field(None, repr=False)
    snmp_priv: SnmpPriv = "none"
    snmp_priv_password: Secret | None = Field(None, repr=False)
    cli_protocol: CliProtocol = "off"
    cli_port: Port | None = None
    cli_user: UserName = ""
    cli_password: Secret | None = Field(None, repr=False)
    ssh_host_key: HostKey | None = None
    ssh_port: Port = 22
    ssh_legacy: bool = False
    enable_password: Secret | None = Field(None, repr=False)
    cli_encoding: Encoding = "latin-1"
    tls_fingerprint: Fingerprint | None = None
    cli_per_minute: CliRate | None = None
    cli_burst: CliBurst | None = None
    snmp_per_minute: SnmpRate | None = None
    snmp_burst: SnmpBurst | None = None
    note: Note = ""


class NewDevice(DeviceBase):
    """What a device is made of. What it hangs on follows from its links, unless it is said here."""

    hangs_on_device_id: Id | None = None
    hangs_on_link_id: Id | None = None


HangsOn = Annotated[str, Field(pattern=r"^(device|link)-[1-9][0-9]{0,17}$"), Typed(wrong="is not one of the choices")]


class DeviceForm(DeviceBase):
    """What the console asks of a device: a secret left empty stays, and what it hangs on is one choice."""

    hangs_on: HangsOn | None = None

    def hanging(self) -> dict[str, int | None]:
        """The choice as the room below takes it."""
        kind, _, key = (self.hangs_on or "").partition("-")
        return {f"hangs_on_{one}_id": int(key) if one == kind else None for one in ("device", "link")}


class DeviceChange(Change):
    """What of a device may change; a secret left out stays."""

    name: DeviceName = left_out()
    role: Role = left_out()
    site_id: Id = left_out()
    model_id: Id | None = left_out()
    serial: Serial = left_out()
    software: Software = left_out()
    management: Address | None = left_out()
    enabled: bool = left_out()
    is_core: bool = left_out()
    poll_interval_s: Poll = left_out()
    snmp_version: SnmpVersion = left_out()
    snmp_port: Port = left_out()
    snmp_community: Secret = left_out(repr=False)
    snmp_user: UserName = left_out()
    snmp_auth: SnmpAuth = left_out()
    snmp_auth_password: Secret = left_out(repr=False)
    snmp_priv: SnmpPriv = left_out()
    snmp_priv_password: Secret = left_out(repr=False)
    cli_protocol: CliProtocol = left_out()
    cli_port: Port | None = left_out()
    cli_user: UserName = left_out()
    cli_password: Secret = left_out(repr=False)
    ssh_host_key: HostKey | None = left_out()
    ssh_port: Port = left_out()
    ssh_legacy: bool = left_out()
    enable_password: Secret = left_out(repr=False)
    cli_encoding: Encoding = left_out()
    tls_fingerprint: Fingerprint | None = left_out()
    cli_per_minute: CliRate | None = left_out()
    cli_burst: CliBurst | None = left_out()
    snmp_per_minute: SnmpRate | None = left_out()
    snmp_burst: SnmpBurst | None = left_out()
    note: Note = left_out()
    hangs_on_device_id: Id | None = left_out()
    hangs_on_link_id: Id | None = left_out()


# ------------------------------------------------------------ models

Maker = Annotated[str, Text(60), Field(examples=["Huawei"])]
ModelName = Annotated[str, Text(80), Field(examples=["MA5800-X7"])]
PonPorts = Annotated[int, Whole(1, 1024)]
Oid = Annotated[
    str,
    Field(pattern=r"^[0-9]{1,10}(\.[0-9]{1,10}){2,30}$", max_length=120, examples=["1.3.6.1.4.1.2011"]),
    Typed(wrong="must be an OID such as 1.3.6.1.4.1.2011"),
]


class NewModel(Body):
    """What a model is made of."""

    maker: Maker
    name: ModelName
    role: Role = "router"
    pon_ports: PonPorts | None = None
    sys_object_id: Oid | None = None


# ------------------------------------------------------------ links

LinkName = Annotated[str, Text(80, least=0), Field(examples=["Backbone norte"])]
Medium = Literal["fibre", "radio", "copper", "virtual", "leased"]
Capacity = Annotated[
    int,
    Whole(1, MOST_BPS),
    Field(description="bit/s", examples=[10_000_000_000]),
    Typed(form_values.bps, form_values.show_bps),
]


class NewLink(Body):
    """What a link is made of; its two ends are of equal rank."""

    a_device_id: Id
    b_device_id: Id
    medium: Medium = "fibre"
    name: LinkName = ""
    capacity_bps: Capacity | None = None
    a_interface_id: Id | None = None
    b_interface_id: Id | None = None
    note: Note = ""


class LinkChange(Change):
    """What of a link may change."""

    a_device_id: Id = left_out()
    b_device_id: Id = left_out()
    medium: Medium = left_out()
    name: LinkName = left_out()
    capacity_bps: Capacity | None = left_out()
    a_interface_id: Id | None = left_out()
    b_interface_id: Id | None = left_out()
    note: Note = left_out()


# ------------------------------------------------------------ maintenance

What = Annotated[str, Text(400), Field(description="What is done", examples=["Troca de fonte"])]


class NewWindow(Body):
    """A maintenance window: on exactly one of site, device and PON port."""

    starts_at: Instant
    ends_at: Instant
    note: What
    site_id: Id | None = None
    device_id: Id | None = None
    pon_id: Id | None = None


class WindowChange(Change):
    """What of a window may change."""

    starts_at: Instant = left_out()
    ends_at: Instant = left_out()
    note: What = left_out()
    site_id: Id | None = left_out()
    device_id: Id | None = left_out()
    pon_id: Id | None = left_out()


def _moment(value: str) -> str:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("must be a day and a time") from None
    return value


Moment = Annotated[
    str,
    Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?$"),
    AfterValidator(_moment),
    Typed(wrong="must be a day and a time"),
]
Target = Annotated[
    str, Field(pattern=r"^(site|device|pon)-[1-9][0-9]{0,17}$"), Typed(wrong="is not one of the choices")
]


class WindowForm(Body):
    """A window as the console asks for it: times as the browser's field has them, in the provider's zone."""

    target: Target
    starts_at: Moment
    ends_at: Moment
    note: Annotated[What, Typed(form_values.paragraph)]

    def on(self) -> dict[str, Any]:
        """What it is on, as the room below takes it."""
        kind, _, key = self.target.partition("-")
        return {f"{one}_id": int(key) if one == kind else None for one in ("site", "device", "pon")}
