"""``milha eap``: what is offered to devices, and why something is not."""

from __future__ import annotations

import pytest

from oss.__main__ import build_parser
from oss.base import db
from oss.base.config import Config
from tests.radius.eap.certificates import Authority


async def said(config: Config, capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    """The lines of a command, run as the parser would."""
    options = build_parser().parse_args(["eap", *words])
    assert await options.run(config, options) == 0
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


async def test_without_a_certificate_it_says_where_one_belongs(
    settings: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = await said(settings, capsys)
    certs = settings.data_dir / "certs"
    missing = f"not offered: there is no server.pem and server.key in {certs}"
    assert lines == [f"PEAP {missing}", f"TTLS {missing}", f"TLS {missing}", "MSCHAPv2 offered", "MD5 offered"]
    certs.mkdir()
    Authority().issue("radius.example").write(certs, "server.pem", "server.key")
    lines = await said(settings, capsys)
    assert lines[:3] == ["PEAP offered", "TTLS offered", f"TLS not offered: there is no ca.pem in {certs}"]
    (certs / "server.key").write_text("half a key")
    assert "the certificate cannot be used" in (await said(settings, capsys))[0]


async def test_what_is_offered_is_a_setting_with_a_note_of_who_changed_it(
    settings: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await said(settings, capsys, "offer", "mschapv2", "md5", "mschapv2") == ["MSCHAPv2 offered", "MD5 offered"]
    connection = await db.connect(settings.database_url or "")
    row = await connection.fetchrow("select actor, object_id from audit where action = 'setting.changed'")
    await connection.close()
    assert row["actor"].startswith("cli:") and row["object_id"] == "access.eap_methods"


def test_a_method_nobody_knows_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        build_parser().parse_args(["eap", "offer", "leap"])
    assert "invalid choice: 'leap'" in capsys.readouterr().err
