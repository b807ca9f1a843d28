"""The command lines of makers, one file each (a long one in a folder of its own)."""
