"""Links to devices: SSH, telnet, the RouterOS API; the engine of command lines; one queue a device; transcripts."""
