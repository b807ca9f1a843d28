"""An authority, a server's certificate and a client's, made once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from OpenSSL import SSL

from oss.lab import supplicant
from radius.eap.tls import TlsServer
from tests.radius.eap.certificates import ASKS, Authority, upn


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="session")
def certs(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``server.pem``, ``server.key``, ``ca.pem``; ``client.pem`` and ``client.key`` of User."""
    folder = tmp_path_factory.mktemp("certs")
    authority.issue("radius.example").write(folder, "server.pem", "server.key")
    authority.issue("User", ASKS).write(folder, "client.pem", "client.key")
    authority.issue("Somebody", ASKS, (upn("User"),)).write(folder, "upn.pem", "upn.key")
    authority.issue("User", ASKS, days=-1).write(folder, "old.pem", "old.key")
    Authority("Elsewhere").issue("User", ASKS).write(folder, "foreign.pem", "foreign.key")
    (folder / "ca.pem").write_bytes(authority.pem)
    return folder


@pytest.fixture
def server(certs: Path) -> TlsServer:
    """Nobody's session is known to it yet."""
    return TlsServer(certs / "server.pem", certs / "server.key", certs / "ca.pem")


@pytest.fixture(params=["TLS 1.2", "TLS 1.3"])
def tls13(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "TLS 1.3")


@pytest.fixture
def trusting(certs: Path, tls13: bool) -> SSL.Context:
    """A device that knows the authority and has the certificate ``client.pem``."""
    return supplicant.context(*(str(certs / name) for name in ("ca.pem", "client.pem", "client.key")), tls13=tls13)


@pytest.fixture
def device(trusting: SSL.Context) -> Callable[..., supplicant.Device]:
    """Makes User's device for a method."""

    def make(method: int, inner: str = "pap", **more: object) -> supplicant.Device:
        words: dict[str, object] = {"login": b"User", "password": b"clientPass", "context": trusting, **more}
        return supplicant.Device(method=method, inner=inner, **words)  # type: ignore[arg-type]

    return make
