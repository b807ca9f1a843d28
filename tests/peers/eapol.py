"""wpa_supplicant's eapol_test as one function: a supplicant and a NAS in one program, another's code."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path

from radius.sockets import Address


@dataclass(frozen=True, slots=True)
class Outcome:
    """What eapol_test made of it. ``status`` 0: every authentication went well, and the keys were the same."""

    status: int
    output: str

    @property
    def keys_match(self) -> bool:
        """Whether the MSK of the supplicant is what the NAS got in MS-MPPE keys, each time."""
        found = re.search(r"MPPE keys OK: (\d+)  mismatch: (\d+)", self.output)
        return found is not None and int(found[1]) > 0 and int(found[2]) == 0

    @property
    def resumed(self) -> list[bool]:
        """Of each TLS handshake, whether a session came back."""
        return [word == "1" for word in re.findall(r"Handshake finished - resumed=(\d)", self.output)]

    @property
    def requests(self) -> int:
        """How many Access-Requests it took."""
        return self.output.count("Sending RADIUS message to authentication server")

    @property
    def version(self) -> str:
        """The last TLS version that was spoken."""
        found = re.findall(r"Using TLS version (\S+)", self.output)
        return found[-1] if found else ""

    @property
    def largest(self) -> int:
        """Octets of the largest EAP packet that came."""
        return max(map(int, re.findall(r"decapsulated EAP packet \(code=\d+ id=\d+ len=(\d+)\)", self.output)))


async def eapol_test(
    address: Address, folder: Path, network: str, *options: str, secret: str = "testing123"
) -> Outcome:
    """Run it with the lines of a network block."""
    path = folder / "network.conf"
    path.write_text(f"network={{\n key_mgmt=WPA-EAP\n {network}\n}}\n")
    command = ["eapol_test", "-c", str(path), "-a", address[0], "-p", str(address[1]), "-s", "testing123", "-t", "5"]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, *options, stdout=pipe, stderr=asyncio.subprocess.STDOUT)
    output, _ = await process.communicate()
    assert process.returncode is not None
    return Outcome(process.returncode, output.decode("utf-8", "replace"))
