"""One message, 160 septets, whatever happens."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.messages.cases import (
    DOWN,
    HALF_RENEWED,
    PLACES,
    SLOW,
    WARNED,
    fails,
    opened,
    subject,
    warns,
)
from tests.unit.messages.strategies import alerts, names, subjects
from tocsin.domain.incident import Alert, Kind
from tocsin.messages import gsm7, sms


@given(alerts())
def test_it_always_fits_into_one_message(alert: Alert) -> None:
    text = sms.text(alert)

    assert gsm7.septets(text) <= 160
    assert set(text) <= gsm7.BASIC | gsm7.EXTENDED


@given(alerts(st.tuples(subjects())))
def test_the_name_of_a_monitor_is_never_cut(alert: Alert) -> None:
    assert alert.subjects[0].monitor in sms.text(alert).split()


@given(st.lists(names.map("{}!".format), min_size=2, max_size=60, unique=True))
def test_names_in_a_list_are_whole(monitors: list[str]) -> None:
    alert = opened(Kind.UNKNOWN, *(subject(fails("a"), name=name) for name in monitors))

    text = sms.text(alert)

    listed = text.partition("(")[2].partition(")")[0].partition(" +")[0]
    assert set(filter(None, listed.split(", "))) <= set(monitors)
    assert f"{len(monitors)} monitors" in text


@given(alerts(st.tuples(subjects(st.text(max_size=400)))))
def test_any_name_at_all_fits(alert: Alert) -> None:
    assert gsm7.septets(sms.text(alert)) <= 160


@pytest.mark.parametrize(
    ("text", "septets"), [("a", 1), ("€", 2), ("[a]", 5), ("~^|{}\\", 12), ("ü@Δ", 3)]
)
def test_the_extension_table_counts_double(text: str, septets: int) -> None:
    assert gsm7.septets(text) == septets


@pytest.mark.parametrize(
    ("text", "spelt"),
    [
        ("Zürich", "Zürich"),
        ("Kraków", "Krakow"),
        ("ﬁne", "fine"),
        ("a\N{EM DASH}b…", "a-b..."),
        ("数据库", "???"),
        ("a\nb", "a?b"),
        ("`", "?"),
    ],
)
def test_other_letters_become_the_nearest(text: str, spelt: str) -> None:
    assert gsm7.spell(text) == spelt


def test_a_long_target_gives_way_to_the_reason() -> None:
    long = subject(*(fails(place) for place in PLACES))
    long = replace(long, target=f"https://db.example.com/{'x' * 200}?y=1")

    assert sms.text(replace(DOWN, subjects=(long,))) == (
        "DOWN db db.example.com refused 3/3 since 12:00 UTC"
    )


@pytest.mark.parametrize(
    ("alert", "said"),
    [
        (WARNED, "certificate expires soon (9 days left) 3/3"),
        (HALF_RENEWED, "certificate expires soon (9 days left) 1/3 from ap-southeast-1"),
        (
            opened(Kind.DEGRADED, subject(fails("lima"), warns("mike"))),
            "refused 1/2 from lima",
        ),
        (SLOW, "slow 812 ms (limit 500 ms)"),
        (
            opened(Kind.DEGRADED, replace(SLOW.subjects[0], slow=SLOW.subjects[0].slow[1:])),
            "slow connect 811 ms (limit 200 ms)",
        ),
        (opened(Kind.DEGRADED, replace(SLOW.subjects[0], slow=())), "slow 812 ms"),
    ],
    ids=[
        "a warning",
        "at one location",
        "half of the locations",
        "slow",
        "a phase",
        "slow, from an older incident",
    ],
)
def test_a_degraded_service_says_why(alert: Alert, said: str) -> None:
    assert sms.text(alert) == f"DEGRADED db db.example.com:5432 {said} since 12:00 UTC"


def test_letters_that_count_double_are_counted_so_when_it_is_fitted() -> None:
    braces = replace(DOWN.subjects[0], target=f"https://db.example.com/{'{}' * 40}")

    text = sms.text(replace(DOWN, subjects=(braces,)))

    assert text == "DOWN db db.example.com refused 3/3 since 12:00 UTC"
