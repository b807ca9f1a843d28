"""Pages: language, escaping, strictness, and a markup that a strict content security policy lets work."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from oss.base.problems import Conflict, NotFound
from oss.monitoring import kinds
from oss.monitoring.objects import Object
from oss.staff.factors import Standing
from oss.staff.sign_in_rules import FREE
from web import catalogues, navigation, render
from web.build import ASSETS, BUNDLES, COPIES, VENDOR
from web.console import audit_words, graph_words, style

ALL = frozenset(place.permission for section in navigation.SECTIONS for place in section.places)
STANDING = Standing(codes=True, passkeys=1, recovery=3, rules=FREE)
PAGES: dict[str, dict[str, Any]] = {
    "console/style/page.html": {"tokens": style.tokens(), "pairs": style.pairs(), "seen": style.listed()},
    "console/login/password.html": {"next": "/", "login": "", "error": None, "origin": "https://isp.example"},
    "console/login/code.html": {"standing": STANDING, "error": "No.", "origin": "https://isp.example", "next": "/"},
    "error.html": {"problem": {"status": 503, "code": "x", "message": "A is away. B goes on.", "facts": {}}},
}


def context(**changes: Any) -> render.RenderContext:
    given: dict[str, Any] = {
        "user": render.User("Tainá Brandão", "noc"),
        "provider_name": "Serra <Azul>",
        "now": datetime(2026, 11, 23, 17, 32, 8, tzinfo=UTC),
        "timezone": ZoneInfo("America/Sao_Paulo"),
        "permissions": ALL,
        "path": "/console/sessions",
        "csrf_token": "token-1",
        "live": {"radius_rate": 186, "radius_p99_ms": 4, "counts": {"enforcement": 3}, "stream": "/console/live"},
    }
    return render.RenderContext(**(given | changes))


PAGES["console/style/page.html"]["graph"] = graph_words.graph(
    context(), kinds.SERVER, [Object(kinds.SERVER, 1, "milha")], ["accepts_s", "rejects_s"]
)


def page(name: str, **changes: Any) -> str:
    return render.render(name.partition("?")[0], context(**changes), **PAGES[name])


def inline(source: str, **changes: Any) -> str:
    """Render a template given as text, as pages do."""
    with render._speaking(context(**changes)):
        return render.environment().from_string(source).render()


class Tags(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("language", render.LANGUAGES)
def test_every_page_obeys_a_policy_without_inline_style_or_script(name: str, language: str) -> None:
    for tag, attributes in Tags(page(name, language=language)).found:
        assert tag != "style"
        assert "style" not in attributes, (tag, attributes)
        assert not [key for key in attributes if key.startswith(("on", "hx-on"))], (tag, attributes)
        assert tag != "script" or (attributes.get("src") or "").startswith("/static/")
        for key in ("src", "href", "action"):
            assert not re.match(r"(https?:)?//|javascript:", attributes.get(key) or "")


@pytest.mark.parametrize("name", PAGES)
def test_every_page_has_a_language_one_heading_and_labelled_buttons(name: str) -> None:
    html = page(name, language="en")
    tags = Tags(html).found
    assert (tags[0][0], tags[0][1]["lang"]) == ("html", "en")
    assert len([1 for tag, _ in tags if tag == "h1"]) == 1
    for button in re.findall(r"<button\b.*?</button>", html, re.S):
        words = re.sub(r"<[^>]+>", "", button).strip()
        assert words or "aria-label=" in button, button


def test_every_field_of_a_form_that_posts_carries_the_token() -> None:
    for name in PAGES:
        forms = re.findall(r'<form method="post".*?</form>', page(name), re.S)
        assert forms
        assert all('name="csrf_token" value="token-1"' in form for form in forms)


def test_the_language_is_that_of_the_request_whatever_came_before() -> None:
    first, second = (
        page("console/login/password.html", language="pt-BR"),
        page("console/login/password.html", language="en"),
    )
    third = page("console/login/password.html", language="pt-BR")
    assert "Entrar na Serra &lt;Azul&gt;" in first
    assert "Sign in to Serra &lt;Azul&gt;" in second
    assert first == third


def test_macros_and_filters_speak_the_language_of_the_request() -> None:
    source = "{{ ui.keyset(1, 22, 41872, 0.041) }}{{ 123456|money }}{{ -19.4|dbm }}"
    portuguese, english = inline(source, language="pt-BR"), inline(source, language="en")
    assert "1 a 22 de 41.872" in portuguese
    assert "41\u00a0ms" in portuguese
    assert "R$\u00a01.234,56" in portuguese
    assert "1 to 22 of 41,872" in english
    assert "R$1,234.56" in english


def test_values_are_escaped_and_unknown_names_are_errors() -> None:
    assert "&lt;b&gt;" in inline('{{ ui.tag("online", "<b>") }}')
    with pytest.raises(UndefinedError):
        inline("{{ nothing }}")
    with pytest.raises(UndefinedError):
        inline("{{ ui.no_such_macro() }}")


def test_system_theme_leaves_the_choice_to_the_style_sheet() -> None:
    assert "data-theme" not in Tags(page("console/login/password.html", theme="system")).found[0][1]
    assert Tags(page("console/login/password.html", theme="dark")).found[0][1]["data-theme"] == "milha-dark"


def test_the_shell_lists_only_what_a_person_may_open_and_marks_where_they_are() -> None:
    few = page("console/style/page.html", permissions=frozenset({"sessions.read"}))
    links = [attributes for tag, attributes in Tags(few).found if attributes.get("class") == "nav-i"]
    assert [link["href"] for link in links] == [
        f"/console/{place}" for place in ("bandwidth", "sessions", "rejects", "addresses", "enforcement")
    ]
    assert [link["href"] for link in links if "aria-current" in link] == ["/console/sessions"]


def test_a_page_below_a_place_belongs_to_it_but_the_front_page_holds_only_itself() -> None:
    places = {place.key: place for section in navigation.SECTIONS for place in section.places}
    assert places["subscribers"].holds("/console/subscribers/42")
    assert not places["subscribers"].holds("/console/subscribers-old")
    assert places["overview"].holds("/console/")
    assert not places["overview"].holds("/console/plans")


def test_shortcuts_to_places_are_all_different() -> None:
    keys = [place.shortcut for section in navigation.SECTIONS for place in section.places]
    assert len(keys) == len(set(keys))


def test_attributes_that_the_policy_would_ignore_are_refused() -> None:
    assert render.attributes({"hx_post": "/a?b=1&c", "disabled": True, "hidden": None}) == Markup(
        ' hx-post="/a?b=1&amp;c" disabled'
    )
    for name in ("style", "onclick"):
        with pytest.raises(ValueError, match="policy"):
            render.attributes({name: "x"})


def test_links_change_one_part_of_the_address_and_keep_the_rest() -> None:
    params = {"q": "ana maria", "sort": "name", "after": "42"}
    assert render.query_url("/x", params, sort="-name", after=None) == "/x?q=ana+maria&sort=-name"
    assert render.query_url("/x", {"q": ""}) == "/x"
    assert render.query_url("/x", {"city": ["a", "b"]}) == "/x?city=a&city=b"


def test_a_static_address_changes_with_the_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "STATIC", tmp_path)
    assert render.static_url("a.css") == "/static/a.css"
    (tmp_path / "a.css").write_text("one")
    first = render.static_url("a.css")
    (tmp_path / "a.css").write_text("three")
    assert first != render.static_url("a.css")
    assert re.fullmatch(r"/static/a\.css\?v=[0-9a-f]{10}", first)


def test_every_static_file_a_template_names_exists_or_is_built() -> None:
    built = {f"vendor/{name}" for name in (*COPIES.values(), *BUNDLES, "milha.css")}
    for path in render.TEMPLATES.rglob("*.html"):
        for name in re.findall(r'static\("([^"]+)"\)', path.read_text()):
            assert name in built or (render.STATIC / name).exists(), (path, name)
    assert VENDOR.name == "vendor"


def test_a_block_renders_alone_for_a_part_that_is_swapped() -> None:
    part = render.render_block("console/style/page.html", "main", context(), **PAGES["console/style/page.html"])
    assert "<html" not in part
    assert "<h1" in part


def test_a_problem_is_told_in_the_language_of_the_reader() -> None:
    assert render.tell("pt-BR", NotFound(thing="page")) == "Não encontrado: página."
    assert render.tell("en", NotFound(thing="page")) == "There is no such page."
    assert render.tell("en", Conflict(thing="plan", value="{x}")) == "The plan {x} stands in the way."
    assert "{value}" in render.tell("en", Conflict(thing="plan"))


def test_portuguese_is_complete_and_keeps_every_placeholder() -> None:
    assert catalogues.untranslated("pt_BR") == []
    for message in catalogues.read_catalogue(catalogues.catalogue_path("pt_BR")):
        ids = message.id if isinstance(message.id, (list, tuple)) else [message.id]
        strings = message.string if isinstance(message.string, (list, tuple)) else [message.string]
        wanted = {name for text in ids for name in placeholders(text)}
        for text in strings if message.id else []:
            assert set(placeholders(text)) <= wanted, message.id


def placeholders(text: str) -> list[str]:
    return re.findall(r"%\(\w+\)[sd]|\{\w+\}", text)


def test_the_catalogue_answers_from_its_source_when_nothing_was_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda self: self.suffix != ".mo" and self.is_file())
    render.translations.cache_clear()
    try:
        assert render.translate("pt-BR", "Customers") == "Clientes"
    finally:
        render.translations.cache_clear()


def test_the_style_page_shows_every_macro_that_others_do_not_use() -> None:
    shown = "".join(path.read_text() for path in render.TEMPLATES.rglob("*.html"))
    ui = render.environment().globals["ui"]
    assert isinstance(ui, render.Macros)
    assert len(ui.names()) > 50
    unused = [
        name
        for name in ui.names()
        if not re.search(rf"ui\.{name}[()]|\{{{{ {name}\(|call {name}\(", shown.replace("  ui.", ""))
    ]
    assert unused == ["alpine"]  # for pages that keep state of their own


def test_every_icon_named_in_a_template_is_known() -> None:
    icons = render.environment().globals["icon_paths"]
    assert isinstance(icons, dict)
    for path in render.TEMPLATES.rglob("*.html"):
        for name in re.findall(r'icon\("([a-z0-9-]+)"|icon="([a-z0-9-]+)"', path.read_text()):
            assert "".join(name) in icons, (path, name)
    places = [place.icon for section in navigation.SECTIONS for place in section.places]
    assert {*places, *(icon for _, icon in audit_words.ICONS)} <= set(icons)


def test_sparklines_keep_gaps_and_stay_inside_their_frame() -> None:
    assert render.sparkline_points([]) == []
    assert render.sparkline_points([None, None]) == []
    runs = render.sparkline_points([1, 2, None, 5, 0])
    assert len(runs) == 2
    for point in " ".join(runs).split():
        x, y = map(float, point.split(","))
        assert 0 <= x <= 72
        assert 0 <= y <= 18
    assert render.sparkline_points([3, 3]) == ["0.0,16.6 72.0,16.6"]


def test_scripts_of_ours_use_nothing_the_policy_forbids() -> None:
    for path in (ASSETS / "js").glob("*.js"):
        source = path.read_text()
        assert not re.search(r"\beval\(|new Function|setAttribute\(\s*[\"']style|\.innerHTML\s*=|onclick", source), path


def test_a_mark_that_was_drawn_is_drawn_the_same_and_escaped_by_what_it_is() -> None:
    ui = render.environment().globals["ui"]
    assert ui.glyph("online", 11) is ui.glyph("online", 11)
    assert ui.glyph("online", 11) != ui.glyph("online", 12)
    assert "&lt;" not in ui.key(Markup("<i>")) and "&lt;i&gt;" in ui.key("<i>")


def test_a_sentence_that_lacks_its_values_is_an_error_and_a_percent_sign_is_none() -> None:
    page = render.environment().from_string("{{ _('%(count)s contracts') }}")
    with render._speaking(render.RenderContext(language="en")):
        with pytest.raises(KeyError):
            page.render()
        assert render.environment().from_string("{{ _('5 %% of %(of)s', of='<b>') }}").render() == "5 % of &lt;b&gt;"
        assert render.environment().from_string("{{ _('5 %%') }}").render() == "5 %"
