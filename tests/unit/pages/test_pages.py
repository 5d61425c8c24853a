"""The console's pages: whole, inert, legible, and the same in a dashboard and on a site."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.make import NOON
from tests.unit.pages.reading import Element, Page
from tests.unit.pages.scenes import (
    ENDPOINT_ARN,
    HOUSE,
    Scene,
    Votes,
    fails,
    many,
    passes,
    replace_calm,
    watched,
)
from tocsin.domain.control import Said
from tocsin.domain.outcome import Certificate, Exchange, Outcome, Reason
from tocsin.domain.quorum import Verdict
from tocsin.domain.suspicion import Doubt
from tocsin.pages import render
from tocsin.pages.manner import CloudWatch, Manner, Site
from tocsin.usecases.overview import PAGE, Wish

AWS = CloudWatch(endpoint=ENDPOINT_ARN)
SITE = Site()
SCENE = Scene()
NAMES = [monitor.id for monitor, *_ in HOUSE] + ["backup"]
MOST_BYTES = 512 * 1024
LINE = "\N{RIGHT-TO-LEFT OVERRIDE}<script>alert(1)</script><img src=x onerror=alert(2)>\" ' =1+1 "
HOSTILE = (LINE + "\x1b[2J\r\n" + "A" * 65_536)[:65_536]


def pages(scene: Scene = SCENE, manner: Manner = AWS) -> Iterator[tuple[str, Page]]:
    yield "overview", Page(scene.page(manner))
    for monitor in scene.shard.monitors:
        yield monitor.id, Page(scene.look(monitor.id, manner))


@pytest.mark.parametrize("manner", [AWS, SITE], ids=["in a dashboard", "on a site"])
def test_every_page_is_well_formed_and_refers_to_what_is_there(manner: Manner) -> None:
    for name, page in pages(manner=manner):
        ids = [each.attributes["id"] for each in page.found if "id" in each.attributes]
        named = {
            each.attributes[of]
            for each in page.found
            for of in ("aria-labelledby", "form", "for")
            if of in each.attributes
        }
        assert len(ids) == len(set(ids)), name
        assert named <= {*ids}, name


@pytest.mark.parametrize(
    "scene", [replace_calm(), Scene(house=())], ids=["all is well", "no house"]
)
def test_what_is_quiet_is_a_page_too(scene: Scene) -> None:
    text = scene.page(AWS)

    assert Page(text).by_id("t-overall")
    assert "Open incidents" not in text


@pytest.mark.parametrize("manner", [AWS, SITE], ids=["in a dashboard", "on a site"])
def test_nothing_is_in_them_that_a_dashboard_would_strip_or_a_reader_fear(manner: Manner) -> None:
    for name, page in pages(manner=manner):
        tags = {each.tag for each in page.found}
        attributes = {of for each in page.found for of in each.attributes}
        links = {each.attributes.get("href", "/") for each in page.found}
        assert not tags & {"script", "iframe", "use", "object", "embed", "img", "link"}, name
        assert not [of for of in attributes if of.startswith("on") or of in {"style", "src"}], name
        assert all(link.startswith(("/", "https://wiki.example.com/")) for link in links), name
    assert "url(" not in render.style()
    assert "@import" not in render.style()


def actions(page: Page) -> list[tuple[Element, dict[str, object]]]:
    return [(each, json.loads(each.text)) for each in page.all("cwdb-action")]


def test_every_action_belongs_to_a_button_and_calls_this_function() -> None:
    for _, page in pages():
        found = actions(page)
        buttons = page.all("button")
        assert [action.before for action, _ in found] == buttons
        for action, _ in found:
            assert action.attributes["action"] == "call"
            assert action.attributes["endpoint"] == ENDPOINT_ARN
            assert action.before is not None
            assert action.before.attributes["type"] == "button"


def test_what_does_something_is_confirmed_first_and_what_shows_something_is_not() -> None:
    found = [action for _, page in pages() for action in actions(page)]

    doing = [words for action, words in found if "confirmation" in action.attributes]
    assert {words["do"] for words in doing} == {
        "acknowledge",
        "pause",
        "resume",
        "silence",
        "unsilence",
    }
    assert [words for action, words in found if "do" in words] == doing
    assert {words["at"] for words in doing} == {int(NOON.timestamp())}


def test_the_way_to_a_monitor_and_back_keeps_the_filter() -> None:
    wish = Wish(state="down", tag="shop")
    overview = Page(SCENE.page(AWS, wish))
    seen, drawn = SCENE.closeup("db")
    close = Page(render.closeup(seen, drawn, AWS, wish=wish))

    assert {"state": "down", "tag": "shop", "monitor": "db"} in [w for _, w in actions(overview)]
    assert {"state": "down", "tag": "shop"} in [words for _, words in actions(close)]


def test_on_a_site_the_same_is_links_and_a_form() -> None:
    overview, close = Page(SCENE.page(SITE)), Page(SCENE.look("db", SITE))

    assert "/?monitor=db" in {each.attributes["href"] for each in overview.all("a")}
    assert overview.by_id("t-filter").attributes == {
        "id": "t-filter",
        "method": "get",
        "action": "/",
    }
    assert close.by_id("tocsin-orders").attributes["method"] == "post"
    orders = [json.loads(b.attributes["value"]) for b in close.all("button") if b.attributes]
    assert [words["do"] for words in orders if "do" in words] == ["silence", "pause"]
    assert all("data-confirm" in b.attributes for b in close.all("button"))


def text(page: str) -> str:
    return re.sub(r"\s+", " ", page)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param("2 of 14 monitors are down", id="the worst"),
        pytest.param("3 of 3 locations fail (refused)", id="the votes on an incident"),
        pytest.param("0 of 3 locations heard, 2 needed", id="what nobody sees"),
        pytest.param("Down with it: cart", id="what fell with it"),
        pytest.param("Acknowledged by ann: failing over", id="who takes care of it"),
        pytest.param("fails 4 of 9 monitors that the others see", id="a location not believed"),
        pytest.param("heard 0 s ago, 2 failing", id="a location that is heard"),
        pytest.param("60 days known: no outage", id="the days of one that is younger"),
        pytest.param("nothing is known of the last 90 days", id="the days of a new one"),
        pytest.param('<td class="t-quick"><svg viewBox="0 0 96 20"', id="the course of times"),
    ],
)
def test_the_overview_says_it_in_words(said: str) -> None:
    scene = Scene()
    for (shard, number), day in [*scene.past.dated.items()]:
        if number < 20_454 - 59:
            gone = {name: each for name, each in day.seconds.items() if name != "cart"}
            scene.past.dated[shard, number] = replace(day, seconds=gone)
        quiet = {
            name: {Verdict.UP: 86_400} if name == "cart" else each
            for name, each in scene.past.dated[shard, number].seconds.items()
        }
        scene.past.dated[shard, number] = replace(scene.past.dated[shard, number], seconds=quiet)

    assert said in text(scene.page(AWS))


@pytest.mark.parametrize(
    ("monitor", "said"),
    [
        ("db", "db is down"),
        ("db", "[Errno 111] Connection refused"),
        ("db", "failing: ap-southeast-1, eu-west-1"),
        ("db", "acknowledged by <b>ann</b>: failing over"),
        ("db", 'href="https://wiki.example.com/db" target="_blank" rel="noopener noreferrer"'),
        ("shop", "1 of 3 locations fails (wrong HTTP status)"),
        ("shop", "Locations are shown different certificates."),
        ("shop", '<td class="t-number b">9</td><td>2026-01-11</td>'),
        ("zone", "2026010101 (differs)"),
        ("mx", "example.com. 300 IN MX 10 mail2.example.com."),
        ("mx", "asked of 192.0.2.53, NOERROR, flags qr rd ra"),
        ("vpn", "paused by ann: new certificate tonight"),
        ("wiki", "silenced until 14:00 UTC by bob: moving house"),
        ("backup", "backup is waiting"),
        ("new", "not known"),
    ],
)
def test_a_closeup_says_it_in_words(monitor: str, said: str) -> None:
    assert said in text(SCENE.look(monitor, AWS))


def test_what_became_of_an_order_is_told_on_the_page_and_to_screen_readers() -> None:
    told = "db is silenced <b>"
    seen, drawn = SCENE.closeup("db")

    for page in (
        render.overview(SCENE.overview(), AWS, told=told),
        render.closeup(seen, drawn, AWS, wish=Wish(), told=told),
        render.refusal(told, AWS),
    ):
        element = Page(page).by_id("t-told")
        assert element.text == told
        assert element.attributes["role"] in {"status", "alert"}


def test_a_runbook_is_one_click_from_its_incident() -> None:
    scene = Scene()
    stored = scene.states.load("s0")
    first, *others = stored.state.incidents
    subjects = tuple(
        replace(each, runbook="https://wiki.example.com/db") for each in first.subjects
    )
    incidents = (replace(first, subjects=subjects), *others)
    scene.states.items["s0"] = replace(stored, state=replace(stored.state, incidents=incidents))

    (link,) = Page(scene.page(AWS)).all("a")

    assert link.text == "Runbook"
    assert link.attributes["href"] == "https://wiki.example.com/db"
    assert link.attributes["rel"] == "noopener noreferrer"


def hostile() -> Scene:
    """Make a house in which all that strangers say is hostile, and was never made inert."""
    certificate = Certificate(fingerprint=HOSTILE, issuer=HOSTILE, expires_at=NOON)
    exchange = Exchange(
        question=HOSTILE, server=HOSTILE, rcode=HOSTILE, flags=(HOSTILE,), records=(HOSTILE,)
    )
    said: Outcome = replace(
        fails(said=HOSTILE),
        address=HOSTILE,
        certificate=certificate,
        exchange=exchange,
        phases_ms={LINE: 1.0},
        serials={HOSTILE: 7},
    )
    warned = replace(
        passes(certificate=certificate), evidence=HOSTILE, warning=Reason.CERTIFICATE_EXPIRES_SOON
    )
    votes: Votes = (said, said, warned)
    monitor = watched("db", None, runbook="javascript:alert(1)")
    scene = Scene(house=((monitor, Verdict.DOWN, 7, votes),))
    stored = scene.states.load("s0")
    subjects = tuple(
        replace(each, runbook="javascript:alert(1)") for each in stored.state.incidents[0].subjects
    )
    by = Said(by=HOSTILE, at=NOON, note=HOSTILE)
    incident = replace(
        stored.state.incidents[0],
        shared=HOSTILE,
        subjects=subjects,
        acknowledged=by,
        moments=(
            replace(stored.state.incidents[0].moments[0], what=HOSTILE, by=HOSTILE, note=LINE),
        ),
    )
    state = replace(
        stored.state,
        incidents=(incident,),
        paused={"db": by},
        doubts={"eu-west-1": Doubt(since=NOON, text=HOSTILE)},
    )
    scene.states.items["s0"] = replace(stored, state=state)
    return scene


@pytest.mark.parametrize("manner", [AWS, SITE], ids=["in a dashboard", "on a site"])
def test_what_strangers_say_is_inert_short_and_only_text(manner: Manner) -> None:
    scene = hostile()
    for written in (scene.page(manner), scene.look("db", manner)):
        page = Page(written)
        assert not {each.tag for each in page.found} & {"script", "img"}
        assert not [of for e in page.found for of in e.attributes if of.startswith("on")]
        assert not [c for c in written if not (c.isprintable() or c == "\n")]
        assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in written
        assert "javascript:" not in {e.attributes.get("href", "")[:11] for e in page.found}
        assert "&lt;script&gt;alert(1)" in written
        assert max(map(len, re.findall("A+", written))) < 512
        assert len(written) < 100_000


def test_an_incident_of_a_strange_name_breaks_out_of_no_action() -> None:
    odd = "</cwdb-action><script>'\"&amp;"
    link = str(AWS.link("x", {"monitor": odd})) + str(AWS.button("y", {"do": odd}, odd))

    found = Page(link)

    assert [each.tag for each in found.found] == ["button", "cwdb-action"] * 2
    assert json.loads(found.all("cwdb-action")[0].text) == {"monitor": odd}
    assert found.all("cwdb-action")[1].attributes["confirmation"] == odd


def test_a_thousand_monitors_fit_into_half_a_megabyte() -> None:
    scene = many(1000)

    first = scene.page(AWS)

    assert len(first.encode()) < MOST_BYTES
    assert first.count("<tr ") == PAGE
    assert "10 of 1,001 monitors are down" in first
    pages = Page(first)
    assert {words.get("page") for _, words in actions(pages)} == {None, 2, 3, 4, 5}


@pytest.mark.parametrize("theme", ["light", "dark", "auto"])
def test_the_theme_is_that_of_the_dashboard(theme: render.Theme) -> None:
    assert f't-theme-{theme}" id="tocsin"' in SCENE.page(AWS, theme=theme)


def test_the_style_comes_along_unless_the_page_has_it() -> None:
    assert "<style>" in SCENE.page(SITE)
    assert "<style>" not in SCENE.page(Site(styled=False))
    assert "cwdb-no-default-styles" in SCENE.page(AWS)


def test_nothing_changes_from_one_second_to_the_next_but_times() -> None:
    def still(scene: Scene) -> str:
        page = re.sub(r"\d+ s\b|seen at .*? UTC", "", scene.page(SITE))
        return re.sub(r'"at": \d+|&#34;at&#34;: \d+', "", page)

    second_later = replace(SCENE, now=NOON + timedelta(seconds=1), random=SCENE.random)
    later = Scene(now=NOON)
    later.now = second_later.now

    assert still(later) == still(Scene())


# Colours: https://www.w3.org/TR/WCAG22/#contrast-minimum

TONES = ("up", "down", "degraded", "unknown", "quiet")
READ = [
    *((text, ground) for text in ("ink", "soft", "link") for ground in ("bg", "sunk")),
    *((tone, ground) for tone in TONES for ground in ("bg", "sunk", f"{tone}-bg")),
]


def palettes() -> dict[str, dict[str, str]]:
    blocks = re.findall(
        r"(\.tocsin[\w.-]*) \{ color-scheme: \w+;(.*?)\}", render.style(), re.DOTALL
    )
    return {
        name: dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", inside)) for name, inside in blocks
    }


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("palette", palettes().values(), ids=palettes())
@pytest.mark.parametrize(("words", "ground"), READ)
def test_what_is_read_has_contrast(palette: dict[str, str], words: str, ground: str) -> None:
    dark, light = sorted((luminance(palette[words]), luminance(palette[ground])))

    assert (light + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize("palette", palettes().values(), ids=palettes())
@pytest.mark.parametrize("drawn", [*(f"p{n}" for n in range(7)), "focus"])
def test_what_is_drawn_stands_out(palette: dict[str, str], drawn: str) -> None:
    dark, light = sorted((luminance(palette[drawn]), luminance(palette["bg"])))

    assert (light + 0.05) / (dark + 0.05) >= 3
