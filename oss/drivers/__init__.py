"""Routers and OLTs, one file a maker."""
