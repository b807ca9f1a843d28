"""Channels of messages, one file each."""
