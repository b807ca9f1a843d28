"""Tickets, SLA, knowledge base, work orders."""
