"""SNMP on the wire: client, traps, OIDs; knows no rows."""
