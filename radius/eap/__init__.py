"""EAP, the authenticator's side, without a socket: packets, methods, TLS tunnels, conversations (RFC 3748, 3579)."""
