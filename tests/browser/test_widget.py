"""The console in a dashboard: what a click does, by the function itself against moto's tables."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser import worlds
from tests.browser.conftest import Open, Serve
from tests.browser.window import Window
from tests.integration.cli.stage import Stage
from tests.integration.functions.environment import Context, forget, tell
from tests.integration.functions.load import handler
from tests.unit.pages.scenes import Scene, many
from tocsin.usecases.overview import PAGE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

HANDLER = handler("widget")
DEFAULT_STYLES = """() => [...document.querySelectorAll("#widget *")]
  .filter((e) => getComputedStyle(e).outlineStyle === "dotted").map((e) => e.outerHTML)"""


@pytest.fixture
def stage(dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """Watch five monitors for three minutes, in which `db` has gone down."""
    tell(monkeypatch, POWERTOOLS_SERVICE_NAME="widget")
    yield Stage(dynamodb).live(3, "db")
    forget()


@pytest.fixture
def url(stage: Stage, serve: Serve) -> str:
    def call(event: dict[str, Any]) -> str:
        answer: str = HANDLER.lambda_handler(event, Context())
        return answer

    return serve(worlds.dashboard(call))


def shown(window: Window) -> list[str]:
    return window.at("#t-grid tbody th").all_inner_texts()


def test_it_takes_no_style_of_the_dashboard_and_follows_its_theme(windows: Open, url: str) -> None:
    light, dark = windows(url), windows(url, theme="dark")

    for window in (light, dark):
        expect(window.at("#t-overall")).to_have_text("1 of 5 monitors is down")
        assert window.page.evaluate(DEFAULT_STYLES) == []
    expect(light.at("#tocsin")).to_have_css("background-color", "rgb(255, 255, 255)")
    expect(dark.at("#tocsin")).to_have_css("background-color", "rgb(17, 23, 31)")


def test_it_is_filtered_by_a_total_by_state_and_by_tag(windows: Open, url: str) -> None:
    window = windows(url)

    window.named("button", "1 down").click()
    expect(window.at("#t-grid tbody tr")).to_have_count(1)
    expect(window.at("#t-state")).to_have_value("down")

    window.at("#t-state").select_option("up")
    window.at("#t-tag").select_option("shop")
    window.named("button", "Filter").click()
    expect(window.at("#t-grid tbody tr")).to_have_count(3)
    assert shown(window) == ["desk", "till", "web"]

    window.at("#t-tag").select_option("post")
    window.at("#t-state").select_option("down")
    window.named("button", "Filter").click()
    window.named("button", "Show all").click()
    expect(window.at("#t-grid tbody tr")).to_have_count(5)


def test_a_click_shows_a_monitor_close_up_and_the_way_back_keeps_the_filter(
    windows: Open, url: str
) -> None:
    window = windows(url)

    window.named("button", "4 up").click()
    expect(window.at("#t-grid tbody tr")).to_have_count(4)
    window.named("button", "web").click()
    expect(window.at("#t-overall")).to_contain_text("web is up")
    expect(window.at(".t-ballot")).to_have_count(3)

    window.named("button", "← All monitors").click()
    expect(window.at("#t-state")).to_have_value("up")


def test_an_incident_is_acknowledged_after_a_question_in_the_name_that_was_typed(
    windows: Open, url: str, stage: Stage
) -> None:
    window = windows(url)
    window.page.get_by_label("Your name").fill("eve")
    window.page.get_by_label("Why").fill("on it")

    with window.asked(agree=False):
        window.named("button", "Acknowledge").click()
    assert stage.state().incidents[0].acknowledged is None

    with window.asked() as questions:
        window.named("button", "Acknowledge").click()
        expect(window.at("#t-told")).to_contain_text("is acknowledged by eve (console).")

    said = stage.state().incidents[0].acknowledged
    assert said is not None
    assert (said.by, said.note) == ("eve (console)", "on it")
    assert questions == ["Acknowledge the incident of db? No more reminders of it will come."]
    expect(window.at(".t-incident")).to_contain_text("Acknowledged by eve (console): on it")
    expect(window.named("button", "Acknowledge")).to_have_count(0)


def test_a_monitor_is_silenced_and_paused_for_as_long_as_somebody_wants(
    windows: Open, url: str, stage: Stage
) -> None:
    window = windows(f"{url}?monitor=mail")
    steps = [
        ("Silence", "mail is silenced until"),
        ("End silence", "mail is no longer silenced by eve (console)."),
        ("Pause", "mail is paused by eve (console)."),
        ("Resume", "mail is resumed by eve (console)."),
    ]
    seen = []

    for button, said in steps:
        window.page.get_by_label("Your name").fill("eve")
        window.page.get_by_label("Silence for").select_option("7d")
        with window.asked() as questions:
            window.named("button", button).click()
            expect(window.at("#t-told")).to_contain_text(said)
        state = stage.state("s1")
        seen.append((sorted(state.paused), [each.until for each in state.silences]))
        assert [each.split()[:3] for each in questions]

    (until,) = seen[0][1]
    assert timedelta(days=6, hours=23) < until - datetime.now(UTC) < timedelta(days=7)
    assert [paused for paused, _ in seen] == [[], [], ["mail"], []]
    assert [len(silences) for _, silences in seen] == [1, 0, 0, 0]


def test_keys_alone_filter_look_and_acknowledge(windows: Open, url: str, stage: Stage) -> None:
    window = windows(url)
    press = window.page.keyboard.press

    window.at("#t-state").focus()
    window.page.keyboard.type("down")
    press("Tab")
    press("Tab")
    press("Enter")
    expect(window.at("#t-grid tbody tr")).to_have_count(1)

    window.named("button", "db").focus()
    press("Enter")
    expect(window.at("#t-overall")).to_contain_text("db is down")
    with window.asked():
        window.named("button", "Acknowledge").focus()
        press("Space")
        expect(window.at("#t-told")).to_contain_text("by somebody (console)")

    assert stage.state().incidents[0].acknowledged is not None


@pytest.mark.parametrize("query", ["", "?monitor=db"], ids=["all", "close up"])
def test_what_strangers_say_stays_text(windows: Open, serve: Serve, query: str) -> None:
    url = serve(worlds.dashboard(worlds.widget(worlds.hostile())))
    window = windows(url + query, width=320)

    expect(window.at("#t-overall")).to_be_visible()
    assert window.at("#tocsin :is(script, img, iframe, a)").count() == 0
    if query:
        expect(window.page.get_by_text("<script>alert(1)</script>").first).to_be_visible()
        expect(window.page.get_by_text("javascript:alert(6)")).to_be_visible()
    window.see_that_it_fits()


def test_a_thousand_monitors_fit_and_are_leafed_through(windows: Open, serve: Serve) -> None:
    url = serve(worlds.dashboard(worlds.widget(many(1000))))
    window = windows(url, width=768)

    expect(window.at("#t-grid tbody tr")).to_have_count(PAGE)
    window.named("button", "Page 4").click()
    expect(window.at("[aria-current=page]")).to_have_text("4")
    window.see_that_it_fits()


def test_a_button_of_this_morning_does_nothing(windows: Open, serve: Serve) -> None:
    scene = Scene()
    call = worlds.widget(scene)

    def later(event: dict[str, Any]) -> str:
        scene.now += timedelta(minutes=20)
        return call(event)

    url = serve(worlds.dashboard(later))
    window = windows(f"{url}?monitor=cart")
    for button, said in (("Pause", "cart is paused"), ("Resume", "cart is resumed")):
        with window.asked():
            window.named("button", button).click()
            expect(window.at("#t-told")).to_contain_text(said)

    scene.now += timedelta(minutes=20)
    with window.asked():
        window.named("button", "Pause").click()
        expect(window.named("alert", "")).to_contain_text("older than 30 minutes")
    assert "cart" not in scene.states.load("s0").state.paused
