"""A file of accounts: what is written is read back as it was; what is wrong is told by its line."""

from __future__ import annotations

import csv
import dataclasses
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from oss.access import account_csv, names
from oss.access.account_csv import Line, Mistake

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
NAME = TEXT.map(str.strip).filter(bool)
LOGIN = st.text(st.characters(min_codepoint=33, exclude_categories=["Cs", "Cc", "Z", "C"]), min_size=1, max_size=30)
PAIRS = st.lists(st.tuples(st.just("Reply-Message"), TEXT.filter(bool)), max_size=3).map(tuple)
BOUND = st.tuples(
    st.sampled_from([(), (("mac", "aa:bb:cc:dd:ee:ff"),)]),
    st.sampled_from([(), (("nas", "BNG-1"),)]),
    st.sampled_from([(), (("port", "-ether1"),), (("port", "slot=2;vlanid=7"),)]),
    st.sampled_from([(), (("vlan", "100"),), (("vlan", "100.7"),)]),
    st.sampled_from([(), (("circuit", "olt1|eth_0/1:7"),)]),
).map(lambda parts: sum(parts, ()))
LINES = st.builds(
    Line,
    LOGIN.map(names.typed).filter(lambda text: text and text == names.typed(text) and text.isprintable()),
    st.none() | TEXT.filter(bool),
    st.booleans(),
    st.integers(1, 1000),
    st.sampled_from(["newest", "deny"]),
    st.none() | NAME,
    st.none() | NAME,
    st.none() | st.from_regex(r"[0-9]{11}|[0-9A-Z]{12}[0-9]{2}", fullmatch=True),
    st.none() | st.integers(1, account_csv.MOST_CONTRACT),
    PAIRS,
    st.just(0),
    st.none() | st.sampled_from(["password", "circuit"]),
    st.none() | st.sampled_from(["off", "learn", "fixed", "plan"]),
    st.none() | st.sampled_from(["plan", "mac", "mac nas", "port vlan circuit"]),
    st.none() | BOUND.filter(bool),
)


def read(text: str) -> list[Line | Mistake]:
    return list(account_csv.read(io.StringIO(text, newline="")))


def mistakes(text: str) -> list[tuple[int, str]]:
    found = read(text)
    assert all(isinstance(one, Mistake) for one in found), found
    return [(one.number, one.what) for one in found if isinstance(one, Mistake)]


@given(st.lists(LINES, max_size=5, unique_by=lambda line: line.login), st.sampled_from(",;"))
@example([Line("a", "=cmd|' /C calc'!A0", True, 1, "deny", "+1", "@x", None, 1, (("Reply-Message", "-1"),))], ";")
@example([Line("-a", "'=x", True, 1, "deny", "''+", '"', None, None, ())], ",")
@example([Line("a", "\r\n=\t", True, 1, "deny", None, None, None, None, (("Reply-Message", ';,"\n'),))], ";")
def test_a_file_is_read_back_as_it_was_written(lines: list[Line], mark: str) -> None:
    most = max((len(line.reply or ()) for line in lines), default=0)
    written = account_csv.written([account_csv.header(most), *map(account_csv.cells, lines)], mark)
    found = read(written)
    bare = [dataclasses.replace(one, number=0) if isinstance(one, Line) else one for one in found]
    assert bare == [dataclasses.replace(line, reply=line.reply if most else None) for line in lines]
    again = account_csv.written(
        [account_csv.header(most), *(account_csv.cells(x) for x in bare if isinstance(x, Line))], mark
    )
    assert again == written


@given(LINES)
def test_no_cell_is_a_formula(line: Line) -> None:
    assert all(not cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in account_csv.cells(line))


@given(TEXT)
def test_a_guarded_cell_is_bared_to_what_it_was(cell: str) -> None:
    assert account_csv.bare(account_csv.guarded(cell)) == cell


def test_what_excel_in_portuguese_saves_is_read() -> None:
    text = "Login;Password;Enabled;Plan\r\n Ana@ISP ;s3nha;NÃO;Fibra 100\r\n;;;\r\nbia;x;sim;Fibra 100\r\n"
    assert read(text) == [
        Line("ana@isp", "s3nha", False, plan="Fibra 100", number=2),
        Line("bia", "x", True, plan="Fibra 100", number=4),
    ]


def test_a_column_that_is_not_there_says_nothing() -> None:
    assert read("login\nana\n") == [Line("ana", number=2)]
    [line] = read("login,enabled,reply1,reply2\nana,,,\n")
    assert isinstance(line, Line) and (line.enabled, line.reply) == (None, ())


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        ("two words,x,yes,1,deny", "login: 1 to 128 characters"),
        (",x,yes,1,deny", "login: 1 to 128 characters"),
        (f"a,{'x' * 129},yes,1,deny", "password: 1 to 128 octets"),
        ("a,x,maybe,1,deny", "enabled: yes or no"),
        ("a,x,yes,0,deny", "max_sessions: a number from 1 to 1000"),
        ("a,x,yes,many,deny", "max_sessions: a number"),
        ("a,x,yes,²,deny", "max_sessions: a number"),
        ("a,x,yes,1,oldest", "when_full: newest"),
        ("a,x,yes,1,deny,,,1234567890", "a spreadsheet drops zeros"),
        ("a,x,yes,1,deny,,,,x", "contract: a number"),
        ("a,x,yes,1,deny,,,,,ppp", "kind: password, mac, circuit"),
        ("a,x,yes,1,deny,,,,,mac", "login: of kind mac it is a MAC address"),
        ("a,x,yes,1,deny,,,,,,always", "binding: off, learn, fixed, plan"),
        ("a,x,yes,1,deny,,,,,,,mac ip", "bind_to: some of mac, nas, port, vlan, circuit, or plan"),
        ("a,x,yes,1,deny,,,,,,,,aa:bb", "mac: is not a MAC address"),
        ("a,x,yes,1,deny,,,,,,,,,,,x", "vlan: must be a VLAN"),
        ("a,x,yes,1,deny,,,,,,,,,,,,,Framed-Pol=x", "no attribute Framed-Pol in the dictionary"),
        ("a,x,yes,1,deny,,,,,,,,,,,,,Framed-Pool", "is written Name=Value"),
        ("a,x,yes,1,deny,,,,,,,,,,,,,Framed-IP-Address=x", "has no such value"),
        ("a,x,yes,1,deny,,,,,,,,,,,,,,", "has 19 cells"),
    ],
)
def test_a_wrong_line_is_told_by_its_number(cells: str, what: str) -> None:
    header = ",".join(account_csv.header(1))
    [(number, said)] = mistakes(f"{header}\r\n{cells}\r\n")
    assert number == 2 and what in said


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    text = 'login,password,enabled\nana,"two\nlines",yes\nbia,x,perhaps\n'
    found = read(text)
    assert [one.number for one in found] == [2, 4] and isinstance(found[1], Mistake)


def test_a_login_may_stand_once() -> None:
    found = read("login,password\nana,1\nAna ,2\n")
    assert found[1:] == [Mistake(3, "login ana stands on line 2 too: keep one of them")]


@pytest.mark.parametrize("first", ["", "user,password", "login,senha", "login,reply1x"])
def test_a_file_without_the_right_columns_is_told_them(first: str) -> None:
    [(number, said)] = mistakes(f"{first}\nana,x\n")
    assert number == 1 and "login, password, enabled" in said


def test_a_cell_longer_than_csv_allows_ends_the_file() -> None:
    limit = csv.field_size_limit()
    [(number, said)] = mistakes(f"login,password\na,{'x' * (limit + 1)}\n")
    assert number == 2 and "no CSV" in said
