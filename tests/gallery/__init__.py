"""Every page looked at: as pictures for people (`make gallery`), and by axe-core for who cannot see pictures."""
