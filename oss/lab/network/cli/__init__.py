"""Command lines of makers over SSH and telnet, on one frame: `line` says what a maker's is made of, `talk` is one
connection, `doors` opens the ports."""
