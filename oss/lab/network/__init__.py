"""A provider's network on loopback: routers, switches and OLTs that answer SNMP, send traps, and break on command."""
