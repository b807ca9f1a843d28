"""Access: accounts, NAS, sessions, holds, the decision, and the AAA node that carries it out."""
