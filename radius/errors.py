"""What can go wrong on the wire; one root, so that a caller above can translate it in one place."""


class RadiusError(Exception):
    """Root of everything this package raises on purpose."""


class Malformed(RadiusError):
    """A datagram that RFC 2865 section 3 or 5 tells us to discard silently."""


class Unencodable(RadiusError):
    """A value that does not fit an attribute (253 octets, 32 bits) or a packet (4096 octets)."""


class NoReply(RadiusError):
    """The other side did not answer, or nothing that could be believed, in the time given."""


class UnknownVendor(RadiusError):
    """No file in `radius/vendors/` has this name."""
