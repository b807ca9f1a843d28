"""Subscribers, plans, NAS and history taken over from another system, with a report of what was not understood."""
