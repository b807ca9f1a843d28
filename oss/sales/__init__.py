"""Leads and proposals."""
