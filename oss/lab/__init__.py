"""A small ISP on loopback: routers and subscribers that speak real RADIUS and misbehave on command."""
