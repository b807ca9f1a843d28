"""Every page is in the gallery and under axe-core: the list is the router's, what a page names has an example."""

from __future__ import annotations

from tests.gallery import pages
from web.app import feature_routes


def test_every_page_that_names_a_thing_has_an_example_of_it() -> None:
    routes = pages.page_routes()
    assert len(routes) > 60
    assert pages.without_example(routes) == [], "say in tests/gallery/pages.py (EXAMPLES) where one is found"


def test_what_is_listed_is_there() -> None:
    """Nothing is said of routes that are gone."""
    routes = pages.page_routes()
    written = {place for route in routes for _, place in pages.named(route)}
    assert set(pages.EXAMPLES) <= written
    assert {*pages.FACES, *pages.OTHERS, *pages.EMPTY_HOUSE, *pages.HALF_WAY} <= set(routes)
    assert [place for place in pages.ASKED if not any(route.startswith(place) for route in routes)] == []
    every = {pages.as_written(route.path) for features in feature_routes() for route in features.routes}
    assert {*pages.NO_PAGES, *pages.API_PAGES} <= every


def test_a_page_without_an_example_is_found() -> None:
    routes = {"/console/moons": False, "/console/moons/{id}": False, "/console/plans/{id}/history": False}
    assert pages.without_example(routes) == ["/console/moons/{id}"]


def test_files_streams_and_the_api_are_no_pages() -> None:
    assert [one for one in ("/console/x.csv", "/console/live", "/api/v1/plans") if pages.is_page(one)] == []
    assert pages.is_page("/api/v1/docs") and pages.is_page("/console/new-page")
