"""The environment is read once, typed, and every mistake in it is told at once."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest

from oss.base import config
from oss.base.config import WrongConfiguration, load

KEY = "dGVzdC1rZXktdGVzdC1rZXktdGVzdC1rZXktMTIzNDU="


def mistakes(env: dict[str, str]) -> list[str]:
    with pytest.raises(WrongConfiguration) as wrong:
        load(env)
    return wrong.value.mistakes


def test_an_empty_environment_gives_a_sound_configuration_on_loopback() -> None:
    found = load({})
    assert (found.web_host, found.web_port, found.public_url) == ("127.0.0.1", 8080, "http://127.0.0.1:8080")
    assert (found.radius_host, found.radius_auth_port, found.radius_acct_port) == ("127.0.0.1", 1812, 1813)
    assert (found.durable, found.log_level, found.log_format) == ("journal", "info", "text")
    assert found.database_url is None and found.data_dir.is_absolute() and found.fault is None


def test_values_are_parsed_to_their_types() -> None:
    found = load(
        {
            "MILHA_TRUSTED_PROXIES": "10.0.0.0/8, 2001:db8::/32",
            "MILHA_PUBLIC_URL": "https://isp.example/",
            "MILHA_ZONE": "America/Manaus",
            "MILHA_NODE": "pop-1.sp",
            "MILHA_SEALING_KEY": KEY,
            "MILHA_DATABASE_URL": "postgresql://milha:secret@db:5432/milha",
        }
    )
    assert found.trusted_proxies == (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("2001:db8::/32"))
    assert (found.public_url, found.zone, found.node) == ("https://isp.example", "America/Manaus", "pop-1.sp")
    assert found.sealing_key == KEY


def test_an_ipv6_host_makes_an_address_a_browser_understands() -> None:
    assert load({"MILHA_WEB_HOST": "::1"}).public_url == "http://[::1]:8080"


def test_all_mistakes_are_told_at_once() -> None:
    found = mistakes(
        {
            "MILHA_WEB_PORT": "eighty",
            "MILHA_RADIUS_HOST": "localhost",
            "MILHA_LOG_LEVEL": "loud",
            "MILHA_ZONE": "Mars/Olympus",
            "MILHA_DURABLE": "maybe",
            "MILHA_DATABASE_URL": "mysql://root@db/isp",
            "MILHA_PUBLIC_URL": "isp.example",
            "MILHA_TRUSTED_PROXIES": "10.0.0.1/8",
            "MILHA_NODE": "../etc",
            "MILHA_FAULT": "sleep@1",
            "MILHA_WEB_TLS_CERT": "/nowhere/cert.pem",
            "MILHA_DATA_DIRECTORY": "/tmp/x",
        }
    )
    told = {mistake.partition("=")[0].partition(":")[0] for mistake in found}
    names = ("WEB_PORT", "RADIUS_HOST", "LOG_LEVEL", "ZONE", "DURABLE", "DATABASE_URL", "PUBLIC_URL")
    names += ("TRUSTED_PROXIES", "NODE", "FAULT", "WEB_TLS_CERT", "DATA_DIRECTORY")
    assert told == {f"MILHA_{name}" for name in names}


@pytest.mark.parametrize("port", ["0", "65536", "-1", "²", "٣", "80.0", "1e3"])
def test_what_is_no_port_is_refused(port: str) -> None:
    assert mistakes({"MILHA_WEB_PORT": port}) == [f"MILHA_WEB_PORT={port!r}: a port is a number from 1 to 65535"]


@pytest.mark.parametrize(
    "url", ["postgresql://u:hunter2@db:port/x", "postgresql://u:hunter2@db", "mysql://u:hunter2@db/x"]
)
def test_a_wrong_database_address_is_told_without_its_password(url: str) -> None:
    (told,) = mistakes({"MILHA_DATABASE_URL": url})
    assert told.startswith("MILHA_DATABASE_URL: must look like") and "hunter2" not in told


@pytest.mark.parametrize("key", ["c2hvcnQ=", "not base64 at all!"])
def test_a_wrong_sealing_key_is_a_mistake_of_the_configuration_and_never_shown(key: str) -> None:
    (told,) = mistakes({"MILHA_SEALING_KEY": key})
    assert told.startswith("MILHA_SEALING_KEY: ") and key not in told


def test_a_value_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("s3cret\n")
    assert load({"MILHA_METRICS_TOKEN_FILE": str(file)}).metrics_token == "s3cret"


def test_a_file_that_cannot_be_read_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "raw").write_bytes(b"\xff\xfe\x00")
    for name in ("missing", "raw"):
        (told,) = mistakes({"MILHA_METRICS_TOKEN_FILE": str(tmp_path / name)})
        assert told.startswith("MILHA_METRICS_TOKEN_FILE=")


def test_a_value_and_its_file_may_not_both_be_given(tmp_path: Path) -> None:
    file = tmp_path / "port"
    file.write_text("8081")
    found = mistakes({"MILHA_WEB_PORT": "8080", "MILHA_WEB_PORT_FILE": str(file)})
    assert found == ["MILHA_WEB_PORT and MILHA_WEB_PORT_FILE are both set: keep one"]


def test_certificate_and_key_go_together(tmp_path: Path) -> None:
    cert = tmp_path / "cert.pem"
    cert.write_text("-")
    assert "go together" in mistakes({"MILHA_WEB_TLS_CERT": str(cert)})[0]
    assert load({"MILHA_WEB_TLS_CERT": str(cert), "MILHA_WEB_TLS_KEY": str(cert)}).web_tls_key == cert


def test_the_two_radius_ports_must_differ() -> None:
    assert "must differ" in mistakes({"MILHA_RADIUS_AUTH_PORT": "1813"})[0]


def test_every_known_name_may_be_set(tmp_path: Path) -> None:
    assert load(dict.fromkeys((f"MILHA_{name}" for name in config.KNOWN), "")).web_port == 8080


def test_a_persons_data_stays_in_his_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_DATA_HOME", "/srv/ana/data")
    assert config.default_data_dir() == Path("/srv/ana/data/milha")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert config.default_data_dir() == Path("/var/lib/milha")
