"""The status page as the public gets it: files with CloudFront's headers, and no script at all."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from playwright.sync_api import expect

from tests.browser import worlds
from tests.browser.conftest import Open, Serve
from tests.browser.worlds import STRANGE
from tests.unit.pages.boards import TROUBLE, board, part
from tocsin.pages.publication import Face

ROOM = """() => [...document.querySelectorAll("text")].map((text) => {
  const room = text.textLength.baseVal.value;
  text.removeAttribute("textLength");
  return room / text.getComputedTextLength();
})"""


@pytest.fixture
def url(serve: Serve) -> str:
    return serve(worlds.status_page(TROUBLE))


def test_without_a_script_it_is_the_same(windows: Open, url: str) -> None:
    with_one, without = windows(url), windows(url, java_script_enabled=False)

    assert with_one.at("body").inner_text() == without.at("body").inner_text()
    expect(without.at("#overall")).to_contain_text("Outage of Checkout and Customer API")
    assert without.at("script").count() == 0


def test_its_headers_let_nobody_frame_it_and_nothing_run(windows: Open, url: str) -> None:
    window = windows(url)
    answer = window.page.reload()
    assert answer is not None

    said = answer.headers["content-security-policy"]
    assert {"default-src 'none'", "frame-ancestors 'none'"} <= set(said.split("; "))
    window.page.evaluate(
        "() => document.body.append(Object.assign("
        "document.createElement('script'), { textContent: 'window.ran = 1' }))"
    )
    assert window.page.evaluate("() => window.ran") is None
    assert "Content Security Policy" in window.complaints.pop()


def test_what_it_links_to_is_there(windows: Open, url: str) -> None:
    window = windows(url)
    hrefs = [each.get_attribute("href") for each in window.at("[href]").all()]

    for href in hrefs:
        if href and not href.startswith("#"):
            assert window.page.request.get(url + href).ok, href


def test_an_item_of_the_feed_leads_to_its_incident(windows: Open, url: str) -> None:
    window = windows(url)
    feed = ET.fromstring(window.page.request.get(f"{url}feed.xml").text())  # noqa: S314 - our own
    links = [each.text or "" for each in feed.iterfind("channel/item/link")]

    for link in links:
        window.page.goto(f"{url}#{link.partition('#')[2]}")
        expect(window.at(":target")).to_be_in_viewport()
    assert links


@pytest.mark.parametrize("name", ["Customer API", "iiiiiiii", "WWWWWWWWMMMMMM", "x" * 99])
def test_a_badge_has_about_the_room_that_its_text_takes(
    windows: Open, serve: Serve, name: str
) -> None:
    url = serve(worlds.status_page(board([replace(part("a"), name=name)]), Face(title=name)))
    page = windows(url).page

    for path in ("badges/a.svg", "badge.svg"):
        page.set_content(page.request.get(url + path).text())
        assert all(0.75 < share < 1.45 for share in page.evaluate(ROOM))


def test_keys_alone_skip_to_the_services(windows: Open, url: str) -> None:
    window = windows(url, width=320)

    window.page.keyboard.press("Tab")
    expect(window.named("link", "Skip to the services")).to_be_in_viewport()
    window.page.keyboard.press("Enter")

    expect(window.at("#services")).to_be_in_viewport()


def test_names_like_markup_stay_text(windows: Open, serve: Serve) -> None:
    hostile = board([replace(part("a"), name=STRANGE, group=STRANGE)])
    url = serve(worlds.status_page(hostile, Face(title=STRANGE, url="http://127.0.0.1/")))
    window = windows(url, width=320)

    expect(window.at("h1")).to_contain_text("<script>alert(1)</script>")
    assert window.at("body :is(script, img, iframe, style)").count() == 0
    window.see_that_it_fits()
    window.page.set_content(window.page.request.get(f"{url}badges/a.svg").text())
    expect(window.at("text").first).to_contain_text("<script>")
