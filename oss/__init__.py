"""The operator's world: people, contracts, network and access (floor 2)."""
