"""The page of the local stack: real links, real forms, and a script that keeps it in step."""

from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from tests.browser import worlds
from tests.browser.conftest import Open, Serve
from tests.browser.window import Window
from tests.browser.worlds import FLOOD, STRANGE, MadeUp
from tests.fakes.make import NOON
from tocsin.domain.control import Said
from tocsin.domain.monitor import Route
from tocsin_cli.local.page import PageServer
from tocsin_cli.local.view import Letter, LogLine


@pytest.fixture
def view() -> MadeUp:
    return worlds.stack()


@pytest.fixture
def url(view: MadeUp, serve: Serve) -> str:
    return serve(worlds.local_page(view))


def rows(window: Window) -> list[str]:
    return window.at("#t-grid tbody th").all_inner_texts()


def acknowledged(view: MadeUp, name: str) -> Said | None:
    incidents = view.scene.states.load("s0").state.incidents
    return next(each.acknowledged for each in incidents if each.id.startswith(name))


def kept_in_step(page: Page, times: int = 1) -> None:
    """Wait until the script has asked for the console so many times."""
    for _ in range(times):
        with page.expect_response(lambda answer: "/console?" in f"{answer.url}?"):
            pass


def test_a_filter_is_a_link_that_can_be_sent_and_stays(windows: Open, url: str) -> None:
    window = windows(url)

    window.named("link", "2 down").click()
    assert rows(window) == ["db", "mx"]

    window.at("#t-state").select_option("troubled")
    window.at("#t-tag").select_option("dns")
    window.named("button", "Filter").click()
    expect(window.page).to_have_url(f"{url}?state=troubled&tag=dns&filter=1")
    kept_in_step(window.page)
    assert rows(window) == ["mx", "zone"]
    assert rows(windows(window.page.url)) == ["mx", "zone"]


def test_a_monitor_is_looked_at_close_up_and_the_way_back_keeps_the_filter(
    windows: Open, url: str
) -> None:
    window = windows(f"{url}?state=down")

    window.named("link", "mx").click()
    expect(window.at("#t-overall")).to_contain_text("mx is down")
    expect(window.at("#t-h-dns")).to_be_visible()

    window.named("link", "← All monitors").click()
    assert rows(window) == ["db", "mx"]


def test_an_incident_is_acknowledged_after_a_question(
    windows: Open, url: str, view: MadeUp
) -> None:
    window = windows(url)
    window.page.get_by_label("Your name").fill("eve")
    window.page.get_by_label("Why").fill("on it")
    card = window.at(".t-incident", has_text="mx")

    with window.asked(agree=False):
        card.get_by_role("button").click()
    assert acknowledged(view, "mx") is None

    with window.asked() as questions:
        card.get_by_role("button").click()
        expect(window.at("#said")).to_contain_text("is acknowledged by eve (console).")
    said = acknowledged(view, "mx")
    assert said is not None
    assert (said.by, said.note) == ("eve (console)", "on it")
    assert questions == ["Acknowledge the incident of mx? No more reminders of it will come."]
    expect(window.at(".t-incident", has_text="on it")).to_contain_text("mx")
    expect(window.page).to_have_url(url)


def test_what_became_of_an_order_is_in_nobodys_way_for_long(windows: Open, url: str) -> None:
    window = windows(f"{url}?monitor=db")
    window.page.clock.install()
    window.page.reload()

    with window.asked():
        window.named("button", "Pause").click()
        expect(window.at("#said")).to_contain_text("db is paused")
    window.page.clock.fast_forward(20_000)

    expect(window.at("#said")).to_be_empty()


@pytest.mark.parametrize(
    ("monitor", "button", "said"),
    [
        ("db", "Silence", "db is silenced until 16:00 UTC by eve (console)."),
        ("smtp", "End silence", "smtp is no longer silenced by eve (console)."),
        ("db", "Pause", "db is paused by eve (console)."),
        ("vpn", "Resume", "vpn is resumed by eve (console)."),
    ],
)
def test_a_monitor_is_silenced_and_paused(
    windows: Open, url: str, monitor: str, button: str, said: str
) -> None:
    window = windows(f"{url}?monitor={monitor}")
    window.page.get_by_label("Your name").fill("eve")
    window.page.get_by_label("Silence for").select_option("4h")

    with window.asked():
        window.named("button", button).click()
        expect(window.at("#said")).to_contain_text(said)


def test_what_is_typed_chosen_and_open_stays_while_the_page_keeps_in_step(
    windows: Open, url: str, view: MadeUp
) -> None:
    window = windows(url)
    letters = window.at("details")
    letters.nth(2).locator("summary").click()
    letters.nth(2).get_by_text("SMS", exact=True).click()
    window.at("#t-state").select_option("down")
    name = window.page.get_by_label("Your name")
    name.fill("eve")

    view.shown = replace(
        view.shown, log=(LogLine(at=NOON, source="you", text="news"), *view.shown.log)
    )
    expect(window.at(".log li").first).to_contain_text("news")
    kept_in_step(window.page, 2)

    expect(name).to_have_value("eve")
    expect(name).to_be_focused()
    expect(window.at("#t-state")).to_have_value("down")
    expect(letters.nth(2).locator(".bubble")).to_be_visible()


def test_a_letter_is_shown_as_mail_as_sms_and_as_json(windows: Open, url: str) -> None:
    letter = windows(url).at("details").first

    for tab, panel in (("SMS", ".sms"), ("JSON", ".json"), ("Mail", ".mail")):
        letter.get_by_text(tab, exact=True).click()
        expect(letter.locator(panel)).to_be_visible()
        expect(letter.locator(".panel:visible")).to_have_count(1)


def test_a_service_is_broken_by_its_buttons_and_not_by_those_that_do_nothing(
    windows: Open, url: str, view: MadeUp
) -> None:
    window = windows(url)

    for button in ("Heal mail", "Stop mail", "Heal database"):
        with window.page.expect_response(lambda answer: "/live" in answer.url):
            window.named("button", button).click(force=True)
    mail = window.named("group", "Break mail from one location only")
    with window.page.expect_response(lambda answer: "/live" in answer.url):
        mail.get_by_role("button", name="eu-west-1").click()

    assert view.asked == [("stop", "mail"), ("heal", "database"), ("isolate", "mail", "eu-west-1")]


def test_keys_alone_filter_look_and_acknowledge(windows: Open, url: str, view: MadeUp) -> None:
    window = windows(url)
    press = window.page.keyboard.press

    press("Tab")
    expect(window.named("link", "Skip to the monitors")).to_be_focused()
    press("Enter")
    press("Tab")
    expect(window.named("link", "14 all")).to_be_focused()

    window.at("#t-state").focus()
    window.page.keyboard.type("unknown")
    press("Tab")
    press("Tab")
    press("Enter")
    expect(window.at("#t-grid tbody tr")).to_have_count(1)

    window.named("link", "ldap").focus()
    press("Enter")
    with window.asked():
        window.named("button", "Acknowledge").focus()
        press("Enter")
        expect(window.at("#said")).to_contain_text("is acknowledged by somebody (console).")
    assert acknowledged(view, "ldap") is not None


def test_a_stack_that_is_gone_is_said_to_be_and_its_return_too(windows: Open, view: MadeUp) -> None:
    with PageServer(view) as server:
        window = windows(server.url)
        expect(window.at("#lost")).to_be_hidden()
    port = int(server.url.rstrip("/").rpartition(":")[2])

    expect(window.at("#lost")).to_be_visible()
    with PageServer(view, port=port):
        expect(window.at("#lost")).to_be_hidden()

    assert {each.partition("(")[0] for each in window.complaints} == {
        "Failed to load resource: net::ERR_CONNECTION_REFUSED"
    }
    window.complaints.clear()


def test_without_a_script_all_of_it_works_too(windows: Open, url: str, view: MadeUp) -> None:
    window = windows(url, java_script_enabled=False)
    again = "meta[http-equiv=refresh]"

    assert window.at(again).get_attribute("content") == "30"
    window.at("#t-state").select_option("down")
    window.named("button", "Filter").click()
    assert rows(window) == ["db", "mx"]

    window.page.get_by_label("Your name").fill("eve")
    window.at(".t-incident", has_text="mx").get_by_role("button").click()
    expect(window.at("#t-told")).to_contain_text("is acknowledged by eve (console).")
    assert acknowledged(view, "mx") is not None
    # Looking again must not ask for the order again, nor fall on a page that only takes orders.
    assert window.at(again).get_attribute("content") == "30; url=/"

    window.named("button", "Stop mail").click()
    assert view.asked == [("stop", "mail")]


@pytest.mark.parametrize("query", ["", "?monitor=db"], ids=["all", "close up"])
def test_what_strangers_say_stays_text(windows: Open, serve: Serve, query: str) -> None:
    letter = Letter(
        id=STRANGE,
        route=Route.PAGE,
        received_at=NOON,
        subject=STRANGE,
        mail=FLOOD,
        sms=STRANGE,
        json=FLOOD,
    )
    log = (LogLine(at=NOON, source=STRANGE, text=FLOOD),)
    view = worlds.stack(worlds.hostile(), inbox=(letter,), log=log)
    url = serve(worlds.local_page(view))
    window = windows(url + query, width=320)
    kept_in_step(window.page)

    expect(window.at("summary")).to_contain_text("<script>alert(1)</script>")
    assert window.at("body :is(script, img, iframe, style)").count() == 0
    window.see_that_it_fits()


def test_the_public_page_is_there_too(windows: Open, url: str) -> None:
    window = windows(url)

    window.named("link", "the status page").click()

    expect(window.at("#overall")).to_contain_text("All services are operational")
    expect(window.at("#overall")).not_to_have_css("background-color", "rgba(0, 0, 0, 0)")


def test_the_head_says_of_the_monitors_what_the_console_says(windows: Open, serve: Serve) -> None:
    for made_up in (worlds.stack(), worlds.calm()):
        window = windows(serve(worlds.local_page(made_up)))

        said = window.at("header .overall strong").inner_text()

        assert said == window.at("#t-overall").inner_text()
