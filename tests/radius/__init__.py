"""Tests of the wire: RFC vectors, pyrad as the second opinion, real sockets."""
