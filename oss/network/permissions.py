"""What may be done with the network as it stands: places, equipment, plant.

None of it is some customer's, so nothing here is scoped; whose lines hang on it is asked with `customers.read`.
"""

from __future__ import annotations

from oss.staff.permissions import N_, Permission


class NetworkPermission(Permission):
    """Sites, devices, links, maintenance."""

    READ = "network.read", N_("See sites, devices, plant and maintenance")
    WRITE = "network.write", N_("Create and change sites, devices, links and maintenance")
    EXPORT = "network.export", N_("Export lists of the network")
    TRANSCRIPTS = "network.transcripts", N_("Read what was said to devices and what they answered")
    KEYS = "network.keys", N_("Believe a device that shows another key than before")
    CONFIGURATIONS = "network.configurations", N_("See the configurations of devices, without their secrets")
    CONFIGURATIONS_CLEAR = "network.configurations_clear", N_("Download configurations with their secrets in clear")
    TOOLS = "network.tools", N_("Ping and trace routes from routers")


class PlantPermission(Permission):
    """What a crew in the street changes."""

    WRITE = "plant.write", N_("Create and change boxes and ONUs, and say whose line an ONU carries")
