"""Plans and contracts: what is sold, to whom, since when."""
