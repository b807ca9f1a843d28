"""Tests of the lab: real UDP and TCP sockets on loopback, against a small server made of radius/."""
