"""A RouterOS: its API (words, sentences, tags), its menus, and /export over SSH, all from one state."""
