"""What one location knows of one shard: which of it is calm, and how it is made when asked for."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from tests.fakes.make import ABSTAIN, FAIL, PASS, TICK, WARN, report, sighting
from tocsin.domain.outcome import Exchange
from tocsin.domain.report import LAST_TICK, PASS_TEXT, Folded, Report, Sighting, kept

SEEN = {
    "db": sighting(PASS),
    "web": sighting(PASS, at=TICK - 3),
    "mail": sighting(FAIL),
    "ldap": sighting(WARN),
    "ssh": sighting(ABSTAIN),
}
CALM = {TICK: frozenset({"db"}), TICK - 3: frozenset({"web"})}
UNEASY = {name: SEEN[name] for name in ("mail", "ldap", "ssh")}


def folded(made: list[str] | None = None) -> Folded:
    def make(name: str) -> Sighting:
        if made is not None:
            made.append(name)
        return SEEN[name]

    return Folded(CALM, make, UNEASY)


def of(sightings: Mapping[str, Sighting]) -> Report:
    return replace(report("lima"), sightings=sightings)


def test_folded_sightings_are_those_that_were_folded() -> None:
    found = folded()

    assert dict(found) == SEEN
    assert len(found) == len(SEEN)
    assert found == SEEN
    assert found.uneasy() == UNEASY


def test_a_calm_sighting_is_made_when_it_is_asked_for_and_once() -> None:
    made: list[str] = []
    found = folded(made)

    assert set(found) == SEEN.keys()
    assert all(name in found for name in SEEN)
    assert made == []
    assert [found["db"], found["db"], found["mail"]] == [SEEN["db"], SEEN["db"], SEEN["mail"]]
    assert made == ["db"]


def test_what_is_neither_calm_nor_otherwise_known_is_not_there() -> None:
    found = folded()

    assert "stranger" not in found
    assert found.get("stranger") is None
    with pytest.raises(KeyError):
        found["stranger"]


@pytest.mark.parametrize(
    ("found", "latest"),
    [
        pytest.param(folded(), TICK, id="of both"),
        pytest.param(Folded({TICK: frozenset()}, SEEN.__getitem__, {}), TICK, id="of the calm"),
        pytest.param(Folded({}, SEEN.__getitem__, UNEASY), TICK, id="of the others"),
        pytest.param(
            Folded({TICK - 1: frozenset({"db"})}, SEEN.__getitem__, {"web": SEEN["web"]}),
            TICK - 1,
            id="the calm are later",
        ),
        pytest.param(Folded({}, SEEN.__getitem__, {}), 0, id="of nothing"),
    ],
)
def test_the_latest_tick_is_that_of_any_of_them(found: Folded, latest: int) -> None:
    assert found.latest == latest


def test_a_report_that_was_not_folded_finds_out_who_is_calm_and_shows_all() -> None:
    assert of(SEEN).calm() == CALM
    assert of(SEEN).uneasy() == SEEN


def test_of_a_folded_report_nothing_calm_is_made_before_somebody_asks_for_it() -> None:
    made: list[str] = []
    found = of(folded(made)).changed({"mail": SEEN["mail"]})

    assert found.calm() == CALM
    assert found.uneasy() == UNEASY
    assert made == []


@pytest.mark.parametrize("sightings", [SEEN, folded()], ids=["whole", "folded"])
def test_other_sightings_take_the_place_of_some(sightings: Mapping[str, Sighting]) -> None:
    changes = {"db": sighting(FAIL), "mail": sighting(PASS, at=TICK - 1)}

    after = of(sightings).changed(changes)

    assert after.sightings == SEEN | changes
    assert len(after.sightings) == len(SEEN)
    assert type(after.sightings) is type(sightings)
    assert "db" not in {name for names in after.calm().values() for name in names}
    assert after == replace(of(SEEN), sightings=after.sightings)
    assert of(sightings).sightings["db"] == SEEN["db"]


def test_without_a_change_it_is_the_same_report() -> None:
    whole = of(SEEN)

    assert whole.changed({}) is whole


@pytest.mark.parametrize("sightings", [SEEN, folded()], ids=["whole", "folded"])
def test_a_report_repeats_nothing_that_is_later_than_itself(
    sightings: Mapping[str, Sighting],
) -> None:
    assert of(sightings).tick == TICK
    with pytest.raises(ValueError, match="after its tick"):
        replace(of(sightings), tick=TICK - 1)


@pytest.mark.parametrize("tick", [0, LAST_TICK - 1], ids=["the first", "the last"])
def test_a_tick_at_the_edge_of_time_is_one(tick: int) -> None:
    empty = report("lima", tick=tick)

    assert (empty.tick, empty.spoilt, empty.suspect) == (tick, 0, "")
    assert report("lima", tick=tick, db=FAIL).sightings["db"].failing_since == tick


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(lambda: sighting(PASS, at=-1), id="a pass before 1970"),
        pytest.param(lambda: sighting(FAIL, at=5, since=-1), id="a failure that began before 1970"),
        pytest.param(lambda: sighting(FAIL, at=5, since=6), id="a failure that begins later"),
    ],
)
def test_a_sighting_that_no_clock_could_have_made_is_refused(broken: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"1970|begin"):
        broken()


def test_of_a_pass_the_exchange_is_not_kept_and_of_a_failure_it_is() -> None:
    exchange = Exchange(question="example.com. IN MX", server="192.0.2.1", rcode="NOERROR")

    assert kept(replace(PASS, exchange=exchange)).exchange is None
    assert kept(replace(FAIL, exchange=exchange)).exchange == exchange
    assert kept(replace(PASS, evidence="e" * PASS_TEXT)).evidence == "e" * PASS_TEXT
