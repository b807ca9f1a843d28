"""How numbers, times and identifiers are written: LOOK section 5."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web import formats

SP = ZoneInfo("America/Sao_Paulo")
NOW = datetime(2026, 11, 23, 17, 32, 8, tzinfo=UTC)  # 14:32:08 in São Paulo, a Monday
S, M = formats.NBSP, formats.MINUS


@pytest.mark.parametrize(
    ("cents", "pt", "en"),
    [
        (0, f"R${S}0,00", "R$0.00"),
        (5, f"R${S}0,05", "R$0.05"),
        (123456, f"R${S}1.234,56", "R$1,234.56"),
        (-10990, f"{M}R${S}109,90", f"{M}R$109.90"),
        (123456789012, f"R${S}1.234.567.890,12", "R$1,234,567,890.12"),
    ],
)
def test_money_has_two_decimals_and_its_minus_before_the_sign(cents: int, pt: str, en: str) -> None:
    assert (formats.money(cents, "pt-BR"), formats.money(cents, "en")) == (pt, en)


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_no_cent_is_lost_in_writing(cents: int) -> None:
    digits = "".join(c for c in formats.money(cents, "pt-BR") if c.isdigit())
    assert int(digits) == abs(cents)
    assert formats.money(cents, "pt-BR").startswith(M) == (cents < 0)


def test_numbers_are_grouped_by_language() -> None:
    assert formats.number(41872, "pt-BR") == "41.872"
    assert formats.number(41872, "en") == "41,872"
    assert formats.number(-146, "pt-BR") == f"{M}146"
    assert formats.number(2.5, "pt-BR", 0) == "3"
    assert formats.percent(4.75, "pt-BR") == f"4,8{S}%"
    assert formats.percent(4.8, "en") == "4.8%"


@pytest.mark.parametrize(
    ("kbps", "words"), [(500_000, "500"), (1_000_000, "1.000"), (1500, "1,5"), (512, "0,5"), (64, "0,06"), (0, "0")]
)
def test_rates_are_megabits_with_a_decimal_only_where_it_says_something(kbps: int, words: str) -> None:
    assert formats.rate(kbps, "pt-BR") == f"{words}{S}Mbps"


def test_volumes_are_decimal_gigabytes() -> None:
    assert formats.volume(641 * 10**9, "pt-BR") == f"641{S}GB"
    assert formats.volume(7_400_000_000, "en") == f"7.4{S}GB"
    assert formats.volume(9_960_000_000, "en") == f"10{S}GB"
    assert formats.volume(40_000_000, "pt-BR") == f"0,04{S}GB"


def test_optical_power_has_one_decimal_and_a_true_minus() -> None:
    assert formats.dbm(-19.4, "pt-BR") == f"{M}19,4{S}dBm"
    assert formats.dbm(-22, "en") == f"{M}22.0{S}dBm"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (48.9, f"48{S}s"),
        (2460, f"41{S}min"),
        (22_320, f"6{S}h{S}12{S}min"),
        (7200, f"2{S}h"),
        (1_018_800, f"11{S}d{S}19{S}h"),
        (1_994_400, f"23{S}d{S}02{S}h"),
        (-3, f"0{S}s"),
    ],
)
def test_a_duration_names_its_two_largest_parts(seconds: float, words: str) -> None:
    assert formats.duration(seconds) == words


def test_latency_changes_its_unit_with_its_size() -> None:
    assert formats.latency(0.041, "pt-BR") == f"41{S}ms"
    assert formats.latency(0.6, "pt-BR") == f"0,6{S}s"
    assert formats.latency(1, "en") == f"1{S}s"
    assert formats.latency(75, "en") == f"1{S}min"


def test_past_times_are_relative_for_two_days_and_then_a_day() -> None:
    def said(**back: int) -> str:
        return formats.ago(NOW - timedelta(**back), NOW, SP, "pt-BR")

    assert said() == "agora"
    assert said(seconds=42) == f"há{S}42{S}s"
    assert said(minutes=12) == f"há{S}12{S}min"
    assert said(hours=47) == f"há{S}47{S}h"
    assert said(days=2) == f"21{S}nov"
    assert formats.ago(NOW - timedelta(minutes=12), NOW, SP, "en") == f"12{S}min{S}ago"


def test_coming_times_say_in_how_long() -> None:
    soon = NOW + timedelta(seconds=42)
    assert formats.until(soon, NOW, SP, "pt-BR") == f"em{S}42{S}s"
    assert formats.ago(soon, NOW, SP, "en") == f"in{S}42{S}s"
    assert formats.until(NOW - timedelta(seconds=5), NOW, SP, "pt-BR") == "agora"


def test_a_moment_is_a_clock_today_a_day_this_year_and_a_year_before() -> None:
    assert formats.moment(NOW, NOW, SP, "pt-BR") == "14:32"
    assert formats.moment(datetime(2026, 10, 23, 12, tzinfo=UTC), NOW, SP, "pt-BR") == f"23{S}out"
    assert formats.moment(datetime(2025, 10, 23, 12, tzinfo=UTC), NOW, SP, "en") == f"23{S}Oct{S}2025"


def test_the_day_is_the_one_of_the_providers_zone() -> None:
    late = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)  # still Monday evening in São Paulo
    assert formats.moment(late, NOW, SP, "pt-BR") == "22:30"
    assert formats.clock(late, SP, seconds=True) == "22:30:00"


def test_deadlines_carry_the_weekday() -> None:
    assert formats.deadline(date(2026, 11, 25), "pt-BR") == "quarta, 25 de novembro"
    assert formats.deadline(date(2026, 11, 25), "en") == "Wednesday, 25 November"
    assert formats.stamp(NOW, SP, "pt-BR") == "segunda, 23 nov 2026, 14:32:08"


def test_due_days_are_written_as_bills_are_read() -> None:
    today = NOW.date()
    assert formats.slashed(date(2026, 11, 25), today, "pt-BR") == "25/11"
    assert formats.slashed(date(2027, 1, 5), today, "pt-BR") == "05/01/2027"
    assert formats.slashed(date(2026, 11, 25), today, "en") == f"25{S}Nov"
    assert formats.month(date(2026, 11, 1), "pt-BR") == f"nov{S}2026"


@pytest.mark.parametrize(
    ("value", "masked", "whole"),
    [
        ("12348291709", "***.482.917-**", "123.482.917-09"),
        ("123.482.917-09", "***.482.917-**", "123.482.917-09"),
        ("12345678000190", "**.345.678/0001-**", "12.345.678/0001-90"),
        ("12abc34501de35", "**.ABC.345/01DE-**", "12.ABC.345/01DE-35"),
        ("AB12", "****", "AB12"),
    ],
)
def test_tax_numbers_are_masked_until_asked(value: str, masked: str, whole: str) -> None:
    assert formats.tax_id(value) == masked
    assert formats.tax_id(value, reveal=True) == whole


@pytest.mark.parametrize(
    ("value", "masked", "whole"),
    [
        ("35999990417", f"(35){S}9{S}****-0417", f"(35){S}9{S}9999-0417"),
        ("+55 (35) 99999-0417", f"(35){S}9{S}****-0417", f"(35){S}9{S}9999-0417"),
        ("3538210417", f"(35){S}****-0417", f"(35){S}3821-0417"),
        ("+351 21 000", "******* 000", "+351 21 000"),
    ],
)
def test_telephones_are_masked_until_asked(value: str, masked: str, whole: str) -> None:
    assert formats.phone(value, reveal=True) == whole
    assert formats.phone(value) == masked


def test_a_mac_is_upper_case_with_colons_from_any_spelling() -> None:
    assert {formats.mac(v) for v in ("4f20a8910d2e", "4f-20-a8-91-0d-2e", "4f20.a891.0d2e")} == {"4F:20:A8:91:0D:2E"}
    assert formats.mac("not a mac") == "not a mac"


def test_small_identifiers() -> None:
    assert formats.postcode("37200000") == "37200-000"
    assert formats.initials("Tainá de Souza Brandão") == "TB"
    assert formats.initials("Ícaro") == "Í"
    assert formats.initials("") == ""
