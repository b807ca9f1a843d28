"""wpa_supplicant's eapol_test as one function: a supplicant and a NAS in one program, another's code."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from radius.sockets import Address


@dataclass(frozen=True, slots=True)
class Tested:
    """What eapol_test made of it. ``status`` 0: every authentication went well, and the keys were the same."""

    status: int
    output: str

    @property
    def keys_match(self) -> bool:
        """Whether the MSK of the supplicant is what the NAS got in MS-MPPE keys, each time."""
        return "mismatch: 0" in self.output and "MPPE keys OK: 0" not in self.output

    @property
    def resumed(self) -> bool:
        """Whether a TLS session came back."""
        return (
            "resumed session" in self.output or "Session resumed" in self.output or "session resumption" in self.output
        )


async def eapol_test(address: Address, folder: Path, network: str, *options: str, secret: str = "testing123") -> Tested:
    """Run it with the lines of a network block."""
    path = folder / "network.conf"
    path.write_text(f"network={{\n key_mgmt=WPA-EAP\n {network}\n}}\n")
    command = ["eapol_test", "-c", str(path), "-a", address[0], "-p", str(address[1]), "-s", secret, "-t", "5"]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, *options, stdout=pipe, stderr=asyncio.subprocess.STDOUT)
    output, _ = await process.communicate()
    assert process.returncode is not None
    return Tested(process.returncode, output.decode("utf-8", "replace"))
