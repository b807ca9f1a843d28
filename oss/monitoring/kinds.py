"""What is sampled: kinds of objects, each with its metrics and their units.

Stored arrays are by place: a metric is only ever added behind the last one, a kind's number is never used again.
"""

from __future__ import annotations

from dataclasses import dataclass

from oss.base.problems import NotFound
from oss.staff.permissions import N_


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure of an object.

    ``unit``: bps, pps, /s, %, °C, s, ms, dBm, m, records or "" for a number or state. ``low``: the worst of a while is
    the lowest (optical power), else the highest. ``digits``: decimals that mean something. ``adds``: the figures of
    several objects may be summed (traffic may, temperatures may not).
    """

    name: str
    label: str
    unit: str = ""
    low: bool = False
    digits: int = 0
    adds: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object; ``number`` is what stands in the rows.

    ``rolls``: it is made coarser when a day is over; else there are only its polls.
    """

    number: int
    name: str
    label: str
    metrics: tuple[Metric, ...]
    rolls: bool = True

    @property
    def width(self) -> int:
        """Metrics of one object."""
        return len(self.metrics)

    def place(self, metric: str) -> int:
        """Where a metric stands, from 0."""
        for place, one in enumerate(self.metrics):
            if one.name == metric:
                return place
        raise NotFound(thing="metric")

    def metric(self, name: str) -> Metric:
        """A metric by its name."""
        return self.metrics[self.place(name)]


def _flow(name: str, label: str, unit: str, digits: int = 0) -> Metric:
    return Metric(name, label, unit, digits=digits, adds=True)


INTERFACE = Kind(
    1,
    "interface",
    N_("Interface"),
    (
        _flow("in_bps", N_("In"), "bps"),
        _flow("out_bps", N_("Out"), "bps"),
        _flow("in_pps", N_("Packets in"), "pps"),
        _flow("out_pps", N_("Packets out"), "pps"),
        _flow("in_errors_s", N_("Errors in"), "/s", 3),
        _flow("out_errors_s", N_("Errors out"), "/s", 3),
        _flow("in_discards_s", N_("Discards in"), "/s", 3),
        _flow("out_discards_s", N_("Discards out"), "/s", 3),
        Metric("oper", N_("Operational"), low=True, digits=2),
    ),
)
DEVICE = Kind(
    2,
    "device",
    N_("Device"),
    (
        Metric("cpu_pct", N_("CPU"), "%", digits=1),
        Metric("memory_pct", N_("Memory"), "%", digits=1),
        Metric("temperature_c", N_("Temperature"), "°C", digits=1),
        Metric("uptime_s", N_("Uptime"), "s", low=True),
        Metric("sessions", N_("Sessions"), digits=1, adds=True),
    ),
)
SENSOR = Kind(3, "sensor", N_("Sensor"), (Metric("value", N_("Value"), digits=3),))
ONU = Kind(
    4,
    "onu",
    N_("ONU"),
    (
        Metric("rx_dbm", N_("Received by the ONU"), "dBm", low=True, digits=2),
        Metric("tx_dbm", N_("Sent by the ONU"), "dBm", low=True, digits=2),
        Metric("olt_rx_dbm", N_("Received by the OLT"), "dBm", low=True, digits=2),
        Metric("distance_m", N_("Distance"), "m"),
        Metric("state", N_("Online"), low=True, digits=2),
    ),
)
PING = Kind(
    5,
    "ping",
    N_("Ping"),
    (Metric("rtt_ms", N_("Round trip"), "ms", digits=2), Metric("loss_pct", N_("Loss"), "%", digits=1)),
)
SERVER = Kind(
    6,
    "server",
    N_("Our server"),
    (
        _flow("requests_s", N_("RADIUS requests"), "/s", 2),
        _flow("accepts_s", N_("Logins accepted"), "/s", 2),
        _flow("rejects_s", N_("Logins refused"), "/s", 2),
        _flow("drops_s", N_("RADIUS packets dropped"), "/s", 2),
        Metric("aaa_lag_ms", N_("Lag of the RADIUS loop"), "ms", digits=1),
        Metric("main_lag_ms", N_("Lag of the main loop"), "ms", digits=1),
        _flow("journal_lag", N_("Lag of the journal"), "records"),
        Metric("p99_ms", N_("Time of a login, p99"), "ms", digits=1),
        _flow("sample_drops_s", N_("Samples dropped"), "/s", 2),
    ),
)
NAS = Kind(
    7,
    "nas",
    N_("Router"),
    (
        _flow("sessions", N_("Sessions"), "", 1),
        _flow("in_bps", N_("In"), "bps"),
        _flow("out_bps", N_("Out"), "bps"),
    ),
)
# Of customers, so it stands in no list of kinds: whoever shows it asks for whom it may be shown (`bandwidth`), and
# nothing rolls it up: a hundred thousand lines by five minutes for ninety days are half a terabyte.
LINE = Kind(
    8,
    "line",
    N_("Line"),
    (_flow("down_bps", N_("Down"), "bps"), _flow("up_bps", N_("Up"), "bps")),
    rolls=False,
)
KINDS = {kind.name: kind for kind in (INTERFACE, DEVICE, SENSOR, ONU, PING, SERVER, NAS)}
BY_NUMBER = {kind.number: kind for kind in KINDS.values()}


def named(name: str) -> Kind:
    """A kind by its name."""
    if name not in KINDS:
        raise NotFound(thing="kind of sample")
    return KINDS[name]
