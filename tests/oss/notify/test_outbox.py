"""E-mails: written with their cause, sent once by a job, tried again, and sealed while they wait."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import pytest_asyncio

from oss.base import db, jobs, secrets
from oss.base.supervisor import Health
from oss.notify import outbox
from oss.notify.channels.smtp import MailNotTaken
from oss.notify.outbox import MailQueued, NoMailServer
from tests.mailbox import Mailbox, mail_server, text
from tests.waiting import eventually

FACTS = {"name": "Bea <b>", "login": "bea", "ip": "192.0.2.7", "link": "https://isp.example/recover/TOKEN-OF-BEA"}
SENDER = "Prova <console@isp.example>"


@pytest_asyncio.fixture(loop_scope="session")
async def box(database: str, sealer: secrets.Sealer) -> AsyncIterator[Mailbox]:
    """A mail server, and the outbox that sends to it."""
    async with mail_server(Mailbox()) as made:
        outbox.open_with(sealer, made.url, SENDER)
        yield made
    outbox.open_with(sealer, None, "")


async def queue(bulk: bool = False) -> int:
    async with db.transaction() as connection:
        return await outbox.send(connection, "bea@isp.example", "recovery", "pt-BR", bulk=bulk, **FACTS)


async def deliver(mail_id: int) -> None:
    async with db.transaction() as connection:
        await outbox.deliver(connection, MailQueued(mail_id))


async def test_a_letter_goes_out_by_a_job_in_plain_text_and_html(box: Mailbox, database: str) -> None:
    await queue()
    worker = asyncio.create_task(jobs.Worker(database, "default").run(Health("default")))
    [letter] = await eventually(lambda: box.letters)
    worker.cancel()
    with suppress(asyncio.CancelledError):
        await worker
    assert (letter["To"], letter["From"]) == ("bea@isp.example", SENDER)
    assert letter["Subject"] == "Milha: escolha uma nova senha"
    assert "Bea <b>, alguém pediu" in text(letter)
    assert "Escolher nova senha:\nhttps://isp.example/recover/TOKEN-OF-BEA" in text(letter)
    assert "Bea &lt;b&gt;" in text(letter, "html")
    assert 'href="https://isp.example/recover/TOKEN-OF-BEA">Escolher nova senha</a>' in text(letter, "html")


async def test_what_a_letter_says_is_sealed_while_it_waits_and_erased_once_it_is_sent(box: Mailbox) -> None:
    mail_id = await queue()
    waiting = str(await db.fetch("select * from mail")) + str(await db.fetch("select * from job"))
    assert "TOKEN-OF-BEA" not in waiting and "bea@isp.example" in waiting
    await deliver(mail_id)
    row = await db.fetchrow("select facts_sealed, sent_at, tries, last_error from mail")
    assert row["sent_at"] is not None and (row["facts_sealed"], row["tries"], row["last_error"]) == (None, 1, None)


async def test_a_letter_is_sent_once_however_often_its_job_runs(box: Mailbox) -> None:
    mail_id = await queue()
    await deliver(mail_id)
    await deliver(mail_id)
    assert len(box.letters) == 1


async def test_a_cause_that_is_undone_sends_nothing(box: Mailbox) -> None:
    with pytest.raises(LookupError):
        async with db.transaction() as connection:
            await outbox.send(connection, "bea@isp.example", "recovery", "en", **FACTS)
            raise LookupError
    assert await db.fetchval("select count(*) from mail") == 0
    assert await db.fetchval("select count(*) from job") == 0


async def test_a_server_that_is_away_is_noted_and_the_same_letter_comes_later(
    database: str, sealer: secrets.Sealer
) -> None:
    async with mail_server(Mailbox()) as box:
        outbox.open_with(sealer, box.url, SENDER)
    mail_id = await queue()
    with pytest.raises(MailNotTaken):
        await deliver(mail_id)
    row = await db.fetchrow("select sent_at, tries, last_error, facts_sealed from mail")
    assert (row["sent_at"], row["tries"]) == (None, 1) and "mail server" in row["last_error"] and row["facts_sealed"]
    async with mail_server(box):
        await deliver(mail_id)
    assert box.letters[0]["Message-ID"] == f"<milha-{mail_id}@isp.example>"


async def test_an_address_that_is_refused_for_good_is_not_tried_again(box: Mailbox) -> None:
    box.refuses = "550 no such mailbox"
    mail_id = await queue()
    await deliver(mail_id)
    row = await db.fetchrow("select sent_at, last_error, facts_sealed from mail")
    assert row["sent_at"] is None and "550" in row["last_error"] and row["facts_sealed"] is None
    box.refuses = None
    await deliver(mail_id)
    assert box.letters == []


async def test_an_address_that_is_refused_for_now_is_tried_again(box: Mailbox) -> None:
    box.refuses = "451 try later"
    mail_id = await queue()
    with pytest.raises(MailNotTaken, match="451"):
        await deliver(mail_id)
    box.refuses = None
    await deliver(mail_id)
    assert len(box.letters) == 1


async def test_the_server_is_given_user_and_password_and_an_error_names_neither(
    database: str, sealer: secrets.Sealer
) -> None:
    async with mail_server(Mailbox(account=("milha", "s3cret/word"))) as box:
        outbox.open_with(sealer, f"smtp://milha:s3cret%2Fword@127.0.0.1:{box.port}", SENDER)
        await deliver(await queue())
        assert box.proven == [True]
        outbox.open_with(sealer, f"smtp://milha:wr0ng-word@127.0.0.1:{box.port}", SENDER)
        with pytest.raises(MailNotTaken, match="535") as told:
            await deliver(await queue())
    assert "wr0ng-word" not in str(told.value)


async def test_one_of_many_waits_behind_what_somebody_waits_for(box: Mailbox) -> None:
    await queue()
    await queue(bulk=True)
    rows = await db.fetch("select lane, payload from job order by id")
    assert [row["lane"] for row in rows] == ["default", "bulk"]
    assert all(set(json.loads(row["payload"])) == {"mail_id"} for row in rows)


async def test_without_a_server_nothing_is_queued(database: str, sealer: secrets.Sealer) -> None:
    outbox.open_with(sealer, None, "")
    with pytest.raises(NoMailServer):
        await queue()
    assert not outbox.configured() and await db.fetchval("select count(*) from mail") == 0


async def test_a_letter_nobody_has_written_is_refused_at_once(box: Mailbox) -> None:
    with pytest.raises(FileNotFoundError):
        async with db.transaction() as connection:
            await outbox.send(connection, "bea@isp.example", "no_such_letter", "en")
    assert await db.fetchval("select count(*) from mail") == 0
