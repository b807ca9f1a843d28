"""What a template says in its own words goes through the catalogues: no literal sentence stands outside ``_()``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from jinja2 import nodes

from web.render import environment

from .tree import texts

# What the trade says in every language, names of things that have one name, and units.
SAID_ANYWHERE = frozenset(
    {
        "milha",
        "Milha",
        "CPF",
        "CNPJ",
        "CEP",
        "CoA",
        "Disconnect",
        "PON",
        "ONU",
        "OLT",
        "NAS",
        "NAS-Identifier",
        "MAC",
        "IP",
        "IPv4",
        "IPv6",
        "DNS",
        "VLAN",
        "RADIUS",
        "RadSec",
        "EAP",
        "TLS",
        "UDP",
        "TCP",
        "API",
        "URL",
        "CSV",
        "XLSX",
        "PAP",
        "CHAP",
        "MS-CHAP",
        "MSCHAP",
        "NOC",
        "SLA",
        "NPS",
        "MRR",
        "ARPU",
        "LTV",
        "Pix",
        "Boleto",
        "PostgreSQL",
        "RouterOS",
        "Ctrl",
        "Esc",
        "Enter",
        "Tab",
        "Alt",
        "Shift",
        "km",
        "ms",
        "min",
        "Mbps",
        "Gbps",
        "GB",
        "MB",
        "kB",
        "dBm",
        "pid",
        "p99",
        "UTC",
        "OpenAPI",
        "JSON",
        "AGPL",
        "TOTP",
        "QR",
        "Português",
        "English",
        "AAA",
        "ID",
        "SNMP",
    }
)
SPOKEN = {"title", "aria-label", "placeholder", "alt", "label", "data-one", "data-many", "data-copied"}
SILENT = {"script", "style", "svg", "code", "kbd", "pre"}
MARKUP = re.compile(r"{#.*?#}|{%-?\s*trans\b.*?endtrans\s*-?%}|{%.*?%}|{{.*?}}", re.DOTALL)
GAP = "\N{CURRENCY SIGN}"
WORD = re.compile(r"[^\W\d_][^\W_]*(?:-[^\W_]+)*")
SENTENCE = re.compile(r"[A-ZÀ-Ý][a-zà-ÿ]{2,}( .*)?|[\wà-ÿ]+( [\wà-ÿ,]+)* [\wà-ÿ]+[.!?]", re.DOTALL)
# Templates whose words are not for the house's people: the API's page is English, as its document is.
ENGLISH_ONLY = {"web/templates/api/docs.html"}
# What is pasted into a router is in the router's own words.
PASTED = {"web/templates/console/nas/_staff.html"}
# Shows the macros with names of people and plans that were made up.
EXAMPLES = {"web/templates/console/style/page.html"}
TRANSLATED = {"_", "gettext", "ngettext", "pgettext", "npgettext"}


class Reader(HTMLParser):
    """Texts that are seen or read aloud."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in SILENT
        self.said += [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in SILENT and self.silent > 0

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.said.append(data)


def untranslated(source: str) -> list[str]:
    """Words in the markup that everybody would read in one language."""
    reader = Reader()
    markup = MARKUP.sub(GAP, source)
    reader.feed(markup.replace("<" + GAP, "<x").replace("</" + GAP, "</x"))  # a tag that is chosen is one all the same
    reader.close()
    words = [word for text in reader.said for word in WORD.findall(text)]
    return [word for word in words if len(word) > 1 and word not in SAID_ANYWHERE]


def literals(source: str) -> Iterator[str]:
    """Sentences as constants of expressions (arguments of macros, mostly) that no catalogue is asked for."""
    tree = environment().parse(source)
    asked = {
        id(one)
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name in TRANSLATED
        for one in call.find_all(nodes.Const)
    }
    asked |= {id(one) for pair in tree.find_all(nodes.Pair) for one in pair.key.find_all(nodes.Const)}
    asked |= {id(pair.key) for pair in tree.find_all(nodes.Pair) if isinstance(pair.key, nodes.Const)}
    for one in tree.find_all(nodes.Const):
        if not isinstance(one.value, str) or id(one) in asked or not SENTENCE.fullmatch(one.value.strip()):
            continue
        if not all(word in SAID_ANYWHERE for word in WORD.findall(one.value)):
            yield one.value


def templates() -> list[tuple[str, str]]:
    return [(path, source) for path, source in texts() if path.startswith("web/templates/") and path.endswith(".html")]


def test_no_template_speaks_one_language_only() -> None:
    found = [
        f"{path}: {' '.join(words)}"
        for path, source in templates()
        if path not in ENGLISH_ONLY | PASTED and (words := untranslated(source))
    ]
    assert not found, "\n".join(found)


def test_no_sentence_is_given_to_a_macro_untranslated() -> None:
    shown = [(path, source) for path, source in templates() if path not in ENGLISH_ONLY | EXAMPLES]
    found = [f"{path}: {one}" for path, source in shown for one in literals(source)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<p>Customer</p>", ["Customer"]),
        ('<p>{{ _("Customer") }}</p>', []),
        ("<p>{# a remark #}{% if x %}CPF{% endif %}</p>", []),
        ('<a title="Open it" href="/customers">{{ x }}</a>', ["Open", "it"]),
        ('<a title="{{ _("Open it") }}" class="quiet small">Pix</a>', []),
        ("<script>const word = 1</script><svg><title>drawn</title></svg>", []),
        ('<input placeholder="Nome" value="nome">', ["Nome"]),
        ("<p>{% trans %}Some words{% endtrans %} 41 ms</p>", []),
    ],
)
def test_words_outside_the_catalogues_are_found(source: str, expected: list[str]) -> None:
    assert untranslated(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('{{ ui.button("Save it") }}', ["Save it"]),
        ('{{ ui.button("Save") }}', ["Save"]),
        ('{{ ui.button(_("Save it"), "main", icon="check") }}', []),
        ('{{ ui.tag("online", "it is on.") }}', ["it is on."]),
        ('{{ {"Save": 1}["Save"] if x else _("Pix") }}', ["Save"]),
        ('{{ ui.key("Ctrl") }}{{ ui.field("cpf", "CPF") }}', []),
    ],
)
def test_sentences_outside_the_catalogues_are_found(source: str, expected: list[str]) -> None:
    assert list(literals(source)) == expected
