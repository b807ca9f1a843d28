"""Channels: a folder of messages, and when a password may leave in clear (never)."""

from __future__ import annotations

import email
from email.message import EmailMessage
from pathlib import Path

import pytest

from oss.notify.channels import folder, smtp


def message() -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"], made["X-Milha-Mail"] = "a@isp.example", "b@isp.example", "Olá", "7"
    made.set_content("olá\n")
    return made


async def test_a_folder_keeps_a_message_for_its_owner_alone(tmp_path: Path) -> None:
    await folder.send((tmp_path / "mails").as_uri(), message())
    [path] = (tmp_path / "mails").iterdir()
    assert email.message_from_bytes(path.read_bytes())["To"] == "b@isp.example"
    assert path.stat().st_mode & 0o777 == 0o600


async def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(smtp.MailNotTaken):
        await folder.send((tmp_path / "file" / "mails").as_uri(), message())


@pytest.mark.parametrize(
    ("url", "starttls"),
    [
        ("smtp://mail.isp.example", None),
        ("smtp://mail.isp.example?starttls", True),
        ("smtp://mail.isp.example?starttls=required", True),
        ("smtp://user:word@mail.isp.example", True),
        ("smtp://user:word@127.0.0.1:25", None),
        ("smtp://relay.isp.example?starttls=never", False),
    ],
)
def test_starttls_is_demanded_where_a_password_leaves_this_machine(url: str, starttls: bool | None) -> None:
    assert smtp._starttls(url) is starttls
