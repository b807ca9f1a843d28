"""SNMP against agents of others (snmpd, snmpsim) and against ones that misbehave on command."""
