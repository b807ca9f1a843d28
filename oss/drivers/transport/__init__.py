"""The ways to a device: SSH, telnet, RouterOS API, SNMP; each kept open, one command after the other."""
