"""TR-069 ACS: codec, session, its own listener."""
