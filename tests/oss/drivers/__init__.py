"""Drivers against transcripts, links against real servers."""
