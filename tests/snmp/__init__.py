"""Tests of the wire of SNMP."""
