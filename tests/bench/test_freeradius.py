"""FreeRADIUS's configurations as text. That the server takes them is seen by ``make bench-radius`` itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.freeradius import Flavour, Ports, authorize_file, radiusd_conf, sql_module, stock_conf, stock_site

PORTS = Ports(18120, 18130, 18121)
DSN = "postgresql://radius:radpass@127.0.0.1:21432/radius"
MODULE = """sql {
\tdialect = "sqlite"
\tdriver = "rlm_sql_null"
#\tdriver = "rlm_sql_${dialect}"
\tradius_db = "radius"
\tacct_table1 = "radacct"
#\tread_clients = yes
}
"""


def conf(flavour: Flavour = "lean") -> str:
    return radiusd_conf(Path("/run/x"), flavour, PORTS, 8)


def section(text: str, name: str) -> str:
    """The words of a section of the virtual server, without sections inside it."""
    found = re.search(rf"^\t{name} \{{\n(.*?)^\t\}}", text, re.MULTILINE | re.DOTALL)
    assert found, name
    return found[1]


@pytest.mark.parametrize("flavour", ["lean", "files"])
def test_every_section_that_opens_closes_on_a_line_of_its_own(flavour: Flavour) -> None:
    lines = [line.strip() for line in conf(flavour).splitlines()]
    assert sum(line.endswith("{") for line in lines) == sum(line == "}" for line in lines) > 10
    assert not [line for line in lines if "{" in line and "}" in line]


def test_lean_reads_sql_writes_sql_and_logs_to_sql() -> None:
    text = conf()
    assert section(text, "authorize").split() == ["chap", "mschap", "sql", "pap"]
    assert section(text, "accounting").split() == ["sql"]
    assert section(text, "post-auth").split()[0] == "sql"


def test_files_touches_no_database() -> None:
    assert not re.search(r"\bsql\b", conf("files"))
    assert section(conf("files"), "authorize").split() == ["chap", "mschap", "files", "pap"]


def test_both_want_a_message_authenticator_and_keep_answers_for_repetitions() -> None:
    for flavour in ("lean", "files"):
        assert "require_message_authenticator = yes" in conf(flavour)
        assert "cleanup_delay = 5" in conf(flavour)


def test_threads_and_ports_are_those_asked_for() -> None:
    assert set(re.findall(r"(?:start|max|min_spare|max_spare)_servers = (\d+)", conf())) == {"8"}
    assert re.findall(r"port = (\d+)", conf()) == ["18120", "18130"]


def test_both_sockets_have_the_large_receive_buffer() -> None:
    assert conf().count("recv_buff = 4194304\n") == 2


def test_the_sql_module_is_debians_but_for_the_database() -> None:
    text = sql_module(MODULE, DSN)
    assert 'dialect = "postgresql"' in text
    assert 'driver = "rlm_sql_postgresql"' in text
    for line in ('server = "127.0.0.1"', "port = 21432", 'login = "radius"', 'password = "radpass"'):
        assert f"\t{line}\n" in text
    assert '\tradius_db = "radius"\n\tacct_table1 = "radacct"\n#\tread_clients = yes\n' in text


def test_stock_reads_its_clients_from_the_database() -> None:
    assert "\n\tread_clients = yes\n" in sql_module(MODULE, DSN, read_clients=True)


def test_the_subscribers_of_files_are_those_of_the_database() -> None:
    lines = authorize_file(12).splitlines()
    assert len(lines) == 24
    assert lines[22] == 'user000011 Cleartext-Password := "pw000011"'
    assert lines[23].startswith(
        '\tMikrotik-Rate-Limit := "20M/40M", Framed-Pool := "pool-plan1", Framed-Protocol := PPP'
    )


def test_stock_listens_where_it_is_told() -> None:
    site = "listen {\n\tport = 0\n}\nlisten {\n\tport = 0\n}\nlisten {\n\tport = 0\n}\n"
    assert re.findall(r"port = (\d+)", stock_site(site, PORTS)) == ["18120", "18130", "18120"]


def test_stock_keeps_everything_but_its_folders_and_its_user() -> None:
    debian = "raddbdir = /etc/freeradius/3.0\nlogdir = /var/log\nrun_dir = /run\n\tuser = freerad\n"
    debian += "max_requests = 16384\nx = y"
    text = stock_conf(debian, Path("/run/x"))
    assert "raddbdir = /run/x\nlogdir = /run/x/log\nrun_dir = /run/x/run\n" in text
    assert "#user = freerad" in text
    assert text.endswith("max_requests = 131072\nx = y")
