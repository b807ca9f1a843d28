"""Each resource's life: created, read, listed, changed, ended; secrets go in and never come out."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from oss.access import passwords
from oss.base import clock, db
from oss.base.secrets import Sealer
from tests.conftest import TESTER, Seed, fall_overdue

from .conftest import Caller

OPEN = """insert into session_open (uid, nas_id, acct_session_id, login, contract_id, started_at, last_seen_at,
  framed_ip, input_octets, output_octets, desired, applied, drift_since)
values ($1, $2, $3, $4, $5, now(), now(), '100.64.0.7', 5,
  9000000000, 'full:500000/250000', $6, case when $6::text is null then now() end)"""
REFUSED = """insert into auth_reject (minute, nas_id, login, reason, detail, contract_id, count, first_at, last_at)
values (date_trunc('minute', now() - make_interval(mins => $1)), $2, $3, $4, '', $5, 3, now(), now())"""


async def open_session(seed: Seed, number: int, applied: str | None) -> uuid.UUID:
    uid = uuid.uuid4()
    login, contract = seed.logins[number], seed.contracts[number]
    await db.execute(OPEN, uid, seed.nas, f"8100{number}", login, contract, applied)
    return uid


async def test_a_customer_is_created_read_and_found_by_each_obvious_field(ask: Caller) -> None:
    new = {"name": "Íris Mourão", "document": "52998224725", "email": "iris@example.com", "phone": "11987654321"}
    new |= {"street": "Rua do Ouvidor, 50", "city": "São Paulo", "state": "SP"}
    made = await ask("POST", "/customers", new)
    assert made.status == 201 and made.body.items() >= new.items()
    assert made.headers["Location"] == f"/api/v1/customers/{made.body['id']}"
    assert made.body["created_at"].endswith("Z")
    assert (await ask("GET", f"/customers/{made.body['id']}")).body == made.body
    for query in ("document=52998224725", "name=iris mou", "name=ÍRIS", "email=iris@example.com", "phone=11987654321"):
        assert (await ask("GET", f"/customers?{query}")).body == {"items": [made.body], "next": None}, query
    assert (await ask("GET", "/customers?name=mourao")).body["items"] == []


async def test_a_customer_needs_no_more_than_a_name(ask: Caller) -> None:
    made = await ask("POST", "/customers", {"name": "José", "email": None})
    assert made.status == 201 and made.body["email"] is None and made.body["document"] is None


async def test_a_plan_is_created_changed_in_part_and_its_pool_cleared(ask: Caller) -> None:
    new = {"name": "Fibra 700", "down_kbps": 700_000, "up_kbps": 350_000, "price_cents": 12990, "pool": "dyn"}
    made = await ask("POST", "/plans", new)
    assert made.status == 201 and made.body["reduced_down_kbps"] == 1024 and made.body["active"] is True
    path = f"/plans/{made.body['id']}"
    changed = await ask("PATCH", path, {"price_cents": 13990, "active": False, "pool": None})
    assert changed.body == made.body | {"price_cents": 13990, "active": False, "pool": None, "version": 2}
    assert (await ask("GET", path)).body == changed.body
    assert [one["name"] for one in (await ask("GET", "/plans?active=false")).body["items"]] == ["Fibra 700"]


async def test_a_second_plan_of_one_name_is_refused_as_a_conflict(ask: Caller) -> None:
    new = {"name": "Fibra 500", "down_kbps": 1, "up_kbps": 1, "price_cents": 0}
    assert (await ask("POST", "/plans", new)).status == 409


async def test_a_contract_starts_today_in_the_only_company_and_is_in_order(ask: Caller, seed: Seed) -> None:
    made = await ask("POST", "/contracts", {"customer_id": seed.customers[0], "plan_id": seed.plan})
    assert made.status == 201 and made.body["company_id"] == seed.company
    assert made.body["started_on"] == str(clock.today("America/Sao_Paulo")) and made.body["due_day"] == 10
    access = {"decision": "full", "reason": "in_order", "until": None, "down_kbps": 500_000, "up_kbps": 250_000}
    assert made.body["access"].items() >= access.items()
    found = await ask("GET", f"/contracts?customer_id={seed.customers[0]}&status=active")
    assert [one["id"] for one in found.body["items"]] == [seed.contracts[0], made.body["id"]]


async def test_a_contract_of_one_of_several_companies_must_name_it(ask: Caller, seed: Seed) -> None:
    sql = "insert into company (name, legal_name, cnpj, zone) values ('Dois', 'Dois', $1, 'UTC') returning id"
    other = await db.fetchval(sql, "11444777000161")
    new = {"customer_id": seed.customers[0], "plan_id": seed.plan}
    assert (await ask("POST", "/contracts", new)).fields == {"company_id": "is required: there are several companies"}
    made = await ask("POST", "/contracts", new | {"company_id": other, "started_on": "2026-01-31"})
    assert (made.body["company_id"], made.body["started_on"]) == (other, "2026-01-31")


async def test_a_contract_changes_its_plan_then_ends_and_is_changed_no_more(ask: Caller, seed: Seed) -> None:
    plan = (await ask("POST", "/plans", {"name": "B", "down_kbps": 9, "up_kbps": 8, "price_cents": 1})).body["id"]
    path = f"/contracts/{seed.contracts[1]}"
    moved = await ask("PATCH", path, {"plan_id": plan})
    assert moved.body["plan_id"] == plan and moved.body["access"]["down_kbps"] == 9
    tomorrow = str(clock.today("America/Sao_Paulo") + timedelta(days=1))
    for day in ("2001-01-01", tomorrow):
        assert "ended_on" in (await ask("PATCH", path, {"ended_on": day})).fields
    today = str(clock.today("America/Sao_Paulo"))
    assert (await ask("PATCH", path, {"ended_on": today})).fields == {"end_reason": "must not be empty"}
    ended = await ask("PATCH", path, {"ended_on": today, "end_reason": "moved"})
    assert (ended.body["status"], ended.body["end_reason"]) == ("ended", "moved")
    assert ended.body["access"]["decision"] == "reject"
    assert (await ask("PATCH", path, {"plan_id": plan})).status == 409
    assert (await ask("PATCH", "/contracts/999999", {"plan_id": plan})).status == 404


async def test_a_contract_is_found_by_login_document_and_hold(ask: Caller, seed: Seed) -> None:
    await ask("POST", f"/contracts/{seed.contracts[2]}/holds", {"reason": "manual"})
    for query in (f"login={seed.logins[2]}", "hold=manual"):
        found = await ask("GET", f"/contracts?{query}")
        assert [one["id"] for one in found.body["items"]] == [seed.contracts[2]], query
    assert (await ask("GET", "/contracts?document=52998224725")).body["items"] == []


async def test_a_login_takes_a_password_that_is_sealed_and_never_shown(ask: Caller, seed: Seed, sealer: Sealer) -> None:
    new = {"contract_id": seed.contracts[0], "login": "Nova.Linha", "password": "s3nha"}
    made = await ask("POST", "/access-accounts", new)
    assert made.status == 201 and made.body["login"] == "nova.linha" and made.body["access"]["decision"] == "full"
    path = f"/access-accounts/{made.body['id']}"
    off = await ask("PATCH", path, {"password": "outra-s3nha", "enabled": False})
    assert off.body["enabled"] is False and off.body["access"]["reason"] == "account_disabled"
    stored = await db.fetchval("select password_sealed from access_account where id = $1", made.body["id"])
    assert sealer.open(stored, f"access_account/password_sealed/{made.body['id']}") == b"outra-s3nha"
    assert "s3nha" not in str([made.body, off.body, (await ask("GET", path)).body, stored])
    assert "s3nha" not in str(list(await db.fetch("select * from audit")))


async def test_a_login_tells_what_is_kept_of_its_password_and_by_which_methods_it_logs_in(
    ask: Caller, seed: Seed, sealer: Sealer
) -> None:
    new = {"contract_id": seed.contracts[0], "login": "nova", "password": "s3nha"}
    made = (await ask("POST", "/access-accounts", new)).body
    assert (made["password_kind"], made["methods"]) == ("clear", ["PAP", "CHAP", "MS-CHAP", "MS-CHAPv2"])
    async with db.transaction() as connection:
        await passwords.set_policy(connection, TESTER, "nt")
    assert (await ask("GET", f"/access-accounts/{made['id']}")).body["password_kind"] == "clear"
    changed = (await ask("PATCH", f"/access-accounts/{made['id']}", {"password": "outra"})).body
    assert (changed["password_kind"], changed["methods"]) == ("nt", ["PAP", "MS-CHAP", "MS-CHAPv2"])
    (found,) = (await ask("GET", "/access-accounts?login=nova")).body["items"]
    assert found["methods"] == changed["methods"]


async def test_logins_are_found_by_login_in_any_case_contract_and_state(ask: Caller, seed: Seed) -> None:
    await open_session(seed, 3, None)
    for query in ("login=CLI4", f"contract_id={seed.contracts[3]}", f"customer_id={seed.customers[3]}"):
        (found,) = (await ask("GET", f"/access-accounts?{query}")).body["items"]
        assert found["login"] == "cli4" and found["online"] is True, query
    assert (await ask("GET", "/access-accounts?enabled=false")).body["items"] == []


async def test_a_login_may_have_several_sessions_at_once(ask: Caller, seed: Seed) -> None:
    new: dict[str, Any] = {"contract_id": seed.contracts[0], "login": "lojas", "password": "x"}
    made = await ask("POST", "/access-accounts", new | {"max_sessions": 3})
    assert (made.body["max_sessions"], made.body["when_full"]) == (3, "newest")
    path = f"/access-accounts/{made.body['id']}"
    for change, now in (({"when_full": "deny"}, (3, "deny")), ({"max_sessions": 1000}, (1000, "deny"))):
        body = (await ask("PATCH", path, change)).body
        assert (body["max_sessions"], body["when_full"]) == now
    for wrong in ({"max_sessions": 0}, {"max_sessions": 1001}, {"max_sessions": True}, {"when_full": "oldest"}):
        assert list((await ask("PATCH", path, wrong)).fields) == list(wrong), wrong
    plain = await ask("POST", "/access-accounts", new | {"login": "casa"})
    assert (plain.body["max_sessions"], plain.body["when_full"]) == (1, "newest")
    assert await db.fetchval("select count(*) from audit where action = 'account.sessions_set'") == 3


async def test_a_login_of_a_taken_name_or_an_unknown_contract_is_refused(ask: Caller, seed: Seed) -> None:
    new: dict[str, Any] = {"contract_id": seed.contracts[0], "login": "CLI1", "password": "x"}
    assert (await ask("POST", "/access-accounts", new)).status == 409
    refused = await ask("POST", "/access-accounts", new | {"contract_id": 999999, "login": "new"})
    assert refused.fields == {"contract_id": "does not exist"}
    assert (await ask("PATCH", "/access-accounts/999999", {"enabled": True})).status == 404


async def test_a_hold_blocks_until_it_is_lifted_and_stays_in_the_history(ask: Caller, seed: Seed) -> None:
    path = f"/contracts/{seed.contracts[0]}"
    placed = await ask("POST", f"{path}/holds", {"reason": "fraud", "effect": "wall", "note": "chargeback"})
    assert placed.status == 201 and placed.headers["Location"] == f"/api/v1{path}/holds/fraud"
    assert (placed.body["owner"], placed.body["placed_by"]) == ("staff", "token:test admin")
    assert (await ask("GET", path)).body["access"]["decision"] == "walled"
    again = await ask("POST", f"{path}/holds", {"reason": "fraud"})
    assert (again.body["id"], again.body["effect"]) == (placed.body["id"], "cut")
    assert (await ask("GET", f"{path}/holds/fraud")).body == again.body
    assert (await ask("GET", f"{path}/holds")).body == {"items": [again.body], "next": None}
    assert (await ask("GET", "/holds?reason=fraud")).body["items"] == [again.body]
    gone = await ask("DELETE", f"{path}/holds/fraud")
    assert (gone.status, gone.body) == (204, "")
    assert (await ask("DELETE", f"{path}/holds/fraud")).status == 404
    assert (await ask("GET", path)).body["access"]["decision"] == "full"
    (lifted,) = (await ask("GET", f"{path}/holds?lifted=true")).body["items"]
    assert lifted["lifted_by"] == "token:test admin" and lifted["lifted_at"].endswith("Z")


async def test_an_overdue_hold_is_not_placed_by_hand_and_an_unknown_contract_is_404(ask: Caller, seed: Seed) -> None:
    refused = await ask("POST", f"/contracts/{seed.contracts[0]}/holds", {"reason": "overdue"})
    assert refused.status == 422 and list(refused.fields) == ["reason"]
    assert (await ask("POST", "/contracts/999999/holds", {"reason": "manual"})).status == 404
    assert (await ask("GET", "/contracts/999999/holds")).status == 404


async def test_a_promise_to_pay_opens_the_contract_once_until_its_day(ask: Caller, seed: Seed) -> None:
    await fall_overdue(seed.contracts[0], 20)
    path = f"/contracts/{seed.contracts[0]}"
    assert (await ask("GET", path)).body["access"]["decision"] == "walled"
    until = (clock.now() + timedelta(days=2)).replace(microsecond=0)
    promised = await ask("POST", f"{path}/promise", {"until": until.isoformat()})
    said = until.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert promised.status == 201 and promised.body["masked_until"] == said
    access = (await ask("GET", path)).body["access"]
    assert (access["decision"], access["reason"], access["until"]) == ("full", "promised", said)
    assert (await ask("POST", f"{path}/promise", {"until": until.isoformat()})).status == 409
    other = f"/contracts/{seed.contracts[1]}/promise"
    assert (await ask("POST", other, {"until": until.isoformat()})).status == 404
    assert (await ask("POST", other, {"until": "2026-01-01T00:00:00Z"})).fields == {"until": "must be in the future"}


async def test_an_invoice_is_issued_found_by_its_state_and_paid(ask: Caller, seed: Seed) -> None:
    contract = seed.contracts[0]
    new = {"contract_id": contract, "amount_cents": 10990, "period_from": "2026-10-01", "period_to": "2026-10-31"}
    new |= {"issued_on": "2026-10-01", "due_on": "2026-10-10", "explanation": "Outubro"}
    made = await ask("POST", "/invoices", new)
    assert made.status == 201 and made.body.items() >= (new | {"status": "open", "open_cents": 10990}).items()
    assert made.body["overdue"] is True
    await fall_overdue(seed.contracts[1], -5)
    for query in ("status=overdue", f"contract_id={contract}&status=open", "due_to=2026-10-31", "number=1"):
        assert [one["id"] for one in (await ask("GET", f"/invoices?{query}")).body["items"]] == [made.body["id"]], query
    assert len((await ask("GET", "/invoices?status=open")).body["items"]) == 2
    first = await ask("POST", "/payments", {"invoice_id": made.body["id"], "amount_cents": 990, "method": "cash"})
    assert first.body == {
        "id": first.body["id"],
        "invoice_id": made.body["id"],
        "contract_id": contract,
        "paid": False,
        "open_cents": 10000,
    }
    rest = {"invoice_id": made.body["id"], "amount_cents": 12000, "method": "pix", "reference": "E1"}
    second = await ask("POST", "/payments", rest | {"received_at": "2026-11-01T10:00:00-03:00"})
    assert (second.status, second.body["paid"], second.body["open_cents"]) == (201, True, 0)
    paid = (await ask("GET", f"/invoices/{made.body['id']}")).body
    assert (paid["status"], paid["paid_at"], paid["overdue"]) == ("paid", "2026-11-01T13:00:00Z", False)
    assert (await ask("POST", "/payments", rest)).status == 409
    assert (await ask("GET", "/invoices?status=overdue")).body["items"] == []
    kept = (await ask("GET", f"/payments/{second.body['id']}")).body
    assert kept["reference"] == "E1" and kept["contract_id"] == contract and kept["registered_by"] == "token:test admin"
    for query in ("reference=E1", "method=pix", f"invoice_id={made.body['id']}&method=pix"):
        assert (await ask("GET", f"/payments?{query}")).body["items"] == [kept], query
    assert len((await ask("GET", f"/payments?contract_id={contract}")).body["items"]) == 2


async def test_an_invoice_is_issued_today_by_default_and_its_days_must_agree(ask: Caller, seed: Seed) -> None:
    new: dict[str, Any] = {"contract_id": seed.contracts[0], "amount_cents": 1, "due_on": "2099-12-31"}
    new |= {"period_from": "2026-10-01", "period_to": "2026-10-31"}
    assert (await ask("POST", "/invoices", new)).body["issued_on"] == str(clock.today("America/Sao_Paulo"))
    assert (await ask("POST", "/invoices", new | {"contract_id": 999999})).fields == {"contract_id": "does not exist"}
    wrong = await ask("POST", "/invoices", new | {"due_on": "2020-01-01", "period_to": "2026-09-01"})
    assert set(wrong.fields) == {"due_on", "period_to"}


async def test_a_reference_is_taken_once_a_method_and_an_unknown_invoice_is_named(ask: Caller, seed: Seed) -> None:
    invoice = await fall_overdue(seed.contracts[0], 1)
    new = {"invoice_id": invoice, "amount_cents": 1, "method": "pix", "reference": "E9"}
    assert (await ask("POST", "/payments", new)).status == 201
    assert (await ask("POST", "/payments", new)).status == 409
    assert (await ask("POST", "/payments", new | {"method": "boleto"})).status == 201
    assert (await ask("POST", "/payments", new | {"invoice_id": 999999})).fields == {"invoice_id": "does not exist"}


async def test_sessions_show_wanted_and_applied_and_are_disconnected_by_order(ask: Caller, seed: Seed) -> None:
    obeyed = await open_session(seed, 0, "full:500000/250000")
    stuck = await open_session(seed, 1, None)
    everything = (await ask("GET", "/sessions")).body["items"]
    assert {one["uid"] for one in everything} == {str(obeyed), str(stuck)}
    (found,) = (await ask("GET", "/sessions?drifting=true")).body["items"]
    assert (found["uid"], found["desired"], found["applied"]) == (str(stuck), "full:500000/250000", None)
    assert found["framed_ip"] == "100.64.0.7" and found["output_octets"] == 9_000_000_000
    for query in ("login=Cli1", f"contract_id={seed.contracts[0]}", "acct_session_id=81000"):
        assert [one["uid"] for one in (await ask("GET", f"/sessions?{query}")).body["items"]] == [str(obeyed)], query
    assert len((await ask("GET", f"/sessions?framed_ip=100.64.0.7&nas_id={seed.nas}")).body["items"]) == 2
    assert (await ask("GET", f"/sessions/{stuck}")).body == found
    asked = await ask("DELETE", f"/sessions/{obeyed}")
    assert (asked.status, asked.body) == (202, {"uid": str(obeyed), "login": "cli1"})
    noted = await db.fetchval("select object_id from audit where action = 'session.disconnected'")
    assert noted == str(seed.contracts[0])
    assert (await ask("DELETE", f"/sessions/{uuid.uuid4()}")).status == 404


async def test_rejects_are_listed_newest_first_and_by_each_obvious_field(ask: Caller, seed: Seed) -> None:
    for ago, login, reason in ((90, "cli1", "wrong_password"), (5, "cli1", "manual"), (5, "nobody", "unknown_login")):
        await db.execute(REFUSED, ago, seed.nas, login, reason, seed.contracts[0] if login == "cli1" else None)
    everything = (await ask("GET", "/rejects")).body["items"]
    assert [one["reason"] for one in everything] == ["unknown_login", "manual", "wrong_password"]
    assert everything[0]["count"] == 3
    hour_ago = (clock.now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for query, count in ((f"nas_id={seed.nas}", 3), ("login=CLI1", 2), ("reason=manual", 1), (f"since={hour_ago}", 2)):
        assert len((await ask("GET", f"/rejects?{query}")).body["items"]) == count, query
    assert len((await ask("GET", f"/rejects?until={hour_ago}")).body["items"]) == 1
    assert len((await ask("GET", f"/rejects?contract_id={seed.contracts[0]}")).body["items"]) == 2


async def test_a_reject_tells_its_facts_and_its_reason_in_words(ask: Caller, seed: Seed) -> None:
    await db.execute(REFUSED, 1, seed.nas, "cli1", "overdue", seed.contracts[0])
    await db.execute("""update auth_reject set facts = '{"invoice": "1-123", "due_on": "2026-11-14"}'""")
    [one] = (await ask("GET", "/rejects")).body["items"]
    assert one["facts"] == {"invoice": "1-123", "due_on": "2026-11-14"}
    assert one["words"] == "Blocked: invoice 1-123 overdue since 2026-11-14"
    await db.execute("update auth_reject set reason = 'manual', detail = 'in dispute', facts = '{}'")
    [one] = (await ask("GET", "/rejects")).body["items"]
    assert (one["facts"], one["words"]) == ({}, "Blocked by staff: in dispute")


async def test_a_nas_keeps_its_secret_to_itself_and_over_a_change(ask: Caller, seed: Seed, sealer: Sealer) -> None:
    new = {"name": "BNG-2", "network": "10.20.0.9/24", "secret": "s3gredo", "coa_host": "10.20.0.1", "interim_s": 60}
    made = await ask("POST", "/nas", new)
    assert made.status == 201 and made.body["network"] == "10.20.0.0/24" and made.body["vendor"] == "mikrotik"
    path = f"/nas/{made.body['id']}"
    changed = await ask("PATCH", path, {"ma_policy": "required", "coa_host": None, "active": False})
    assert changed.body == made.body | {"ma_policy": "required", "coa_host": None, "active": False, "version": 2}
    sql = "select secret_sealed from nas where id = $1"
    place = f"nas/secret_sealed/{made.body['id']}"
    assert sealer.open(await db.fetchval(sql, made.body["id"]), place) == b"s3gredo"
    await ask("PATCH", path, {"secret": "outro-s3gredo"})
    assert sealer.open(await db.fetchval(sql, made.body["id"]), place) == b"outro-s3gredo"
    assert "s3gredo" not in str(
        [made.body, changed.body, (await ask("GET", path)).body, (await ask("GET", "/nas")).body]
    )
    assert "s3gredo" not in str(list(await db.fetch("select * from audit")))
    assert [one["name"] for one in (await ask("GET", "/nas?active=false")).body["items"]] == ["BNG-2"]


async def test_a_nas_the_domain_refuses_has_its_field_named(ask: Caller) -> None:
    new = {"name": "BNG-3", "network": "10.30.0.0/24", "secret": "x"}
    for field, value in (("network", "10.0.0.0/33"), ("vendor", "acme"), ("secret", "ã" * 65)):
        refused = await ask("POST", "/nas", new | {field: value})
        assert refused.status == 422 and list(refused.fields) == [field]


async def test_a_nas_of_a_taken_name_or_network_is_a_conflict(ask: Caller) -> None:
    for name, network in (("BNG-1", "10.9.9.9"), ("BNG-9", "127.0.0.1")):
        assert (await ask("POST", "/nas", {"name": name, "network": network, "secret": "x"})).status == 409


async def test_tokens_are_listed_without_their_secret_and_revoked_at_once(ask: Caller, callers: Any) -> None:
    reader = await callers("reader")
    mine = await reader("GET", "/tokens/current")
    assert mine.body["role"] == "reader" and "nas.read" in mine.body["permissions"]
    assert mine.body["revoked_at"] is None
    listed = (await ask("GET", "/tokens?role=reader")).body["items"]
    assert [one["id"] for one in listed] == [mine.body["id"]]
    assert "mil_" not in str(listed)
    assert (await ask("DELETE", f"/tokens/{mine.body['id']}")).status == 204
    assert (await reader("GET", "/tokens/current")).status == 401
    assert (await ask("DELETE", f"/tokens/{mine.body['id']}")).status == 404


async def test_what_does_not_exist_is_404_and_a_method_nobody_answers_405(ask: Caller) -> None:
    for path in ("/customers", "/plans", "/contracts", "/access-accounts", "/invoices", "/payments", "/nas"):
        assert (await ask("GET", f"{path}/4711000")).status == 404
        assert (await ask("PUT", path, {})).status == 405
        assert (await ask("GET", f"{path}/1/nothing")).status == 404


async def test_an_unchanged_answer_is_not_sent_again(ask: Caller, seed: Seed) -> None:
    path = f"/plans/{seed.plan}"
    first = await ask("GET", path)
    tag = first.headers["ETag"]
    for asked in (tag, f'"x", W/{tag}', "*"):
        same = await ask("GET", path, headers={"If-None-Match": asked})
        assert (same.status, same.body, same.headers["ETag"]) == (304, "", tag)
    await ask("PATCH", path, {"price_cents": 1})
    changed = await ask("GET", path, headers={"If-None-Match": tag})
    assert changed.status == 200 and changed.headers["ETag"] != tag


async def test_head_answers_as_get_without_a_body(ask: Caller, seed: Seed) -> None:
    answer = await ask("HEAD", f"/plans/{seed.plan}")
    assert answer.status == 200 and int(answer.headers["Content-Length"]) > 100
