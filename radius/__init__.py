"""RADIUS on the wire: packets, integrity, a UDP server and a client. Knows nothing of rows, web or customers.

Everything between a datagram and an object is free of sockets (`packet`, `attributes`, `integrity`, `auth`);
the sockets are in `server` and `client` alone. Each rule names the paragraph of the RFC it comes from.
"""
