"""Samples, poller, traps, alerts, outages."""
