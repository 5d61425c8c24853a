"""Reports in columns: what was packed is what is read, and what is spoilt is not read by half."""

import json
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.make import ABSTAIN, CERTIFICATE, FAIL, PASS, TICK, WARN, report
from tocsin.adapters import codec
from tocsin.adapters.columns import FORM, pack_report, unpack_report
from tocsin.domain.outcome import Certificate, Exchange, Outcome, Vote
from tocsin.domain.report import Folded, Report, Sighting
from tocsin.usecases.ports import UnreadableError

TEXTS = st.text(max_size=9)
INSTANTS = st.datetimes(
    min_value=datetime(1960, 1, 1),  # noqa: DTZ001 - the zone is drawn beside it
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=2))]),
)
CERTIFICATES = st.builds(Certificate, fingerprint=TEXTS, issuer=TEXTS, expires_at=INSTANTS)
EXCHANGES = st.builds(Exchange, question=TEXTS, server=TEXTS, rcode=TEXTS)
PASSES = st.builds(
    Outcome,
    vote=st.just(Vote.PASS),
    layer=st.none() | st.just(FAIL.layer),
    evidence=TEXTS,
    address=st.none() | TEXTS,
    phases_ms=st.dictionaries(
        st.sampled_from(["dns", "connect", "tls"]), st.floats(0, 9e6), max_size=3
    ),
    attempts=st.integers(1, 3),
    certificate=st.none() | CERTIFICATES,
    warning=st.none() | st.just(WARN.warning),
    exchange=st.none() | EXCHANGES,
    serials=st.dictionaries(TEXTS, st.integers(0, 9), max_size=1),
)
OUTCOMES = PASSES | st.sampled_from([FAIL, ABSTAIN, PASS])


@st.composite
def reports(draw: st.DrawFn) -> Report:
    outcomes = draw(st.dictionaries(TEXTS, OUTCOMES, max_size=6))
    ages = draw(st.lists(st.integers(0, 9), min_size=len(outcomes), max_size=len(outcomes)))
    return Report(
        location=draw(TEXTS),
        shard=draw(TEXTS),
        tick=TICK,
        config_version=draw(st.integers(0, 9)),
        suspect=draw(TEXTS),
        sightings={
            name: Sighting(
                outcome=outcome,
                checked_at=TICK - age,
                failing_since=TICK - age if outcome.vote is Vote.FAIL else None,
            )
            for (name, outcome), age in zip(outcomes.items(), ages, strict=True)
        },
    )


@settings(deadline=None)
@given(reports())
def test_what_was_packed_is_what_is_read(whole: Report) -> None:
    read = unpack_report(pack_report(whole))

    assert read == whole


@settings(deadline=None)
@given(reports())
def test_what_was_read_says_of_what_is_calm_what_the_whole_would_say(whole: Report) -> None:
    read = unpack_report(pack_report(whole))
    everything = {(tick, name) for tick, names in whole.calm().items() for name in names}
    cheaply = {(tick, name) for tick, names in read.calm().items() for name in names}

    assert cheaply <= everything
    assert {name for _, name in cheaply}.isdisjoint(read.uneasy())
    assert {name for _, name in cheaply} | set(read.uneasy()) == set(whole.sightings)


def crowd(number: int) -> Report:
    """Let so many monitors pass, no two of them alike."""
    random = Random(number)  # noqa: S311 - the same every time, not a secret
    sightings = {
        f"service-{each}": Sighting(
            outcome=replace(
                PASS,
                address=f"192.0.2.{each % 256}",
                phases_ms={name: random.randrange(9999) / 10 for name in ("dns", "connect", "tls")},
                certificate=replace(CERTIFICATE, fingerprint=f"{random.getrandbits(64):016x}"),
            ),
            checked_at=TICK,
        )
        for each in range(number)
    }
    return replace(report("lima", mail=FAIL), sightings={**sightings, **FAILING})


FAILING = report("lima", mail=FAIL, web=WARN).sightings


@pytest.mark.parametrize("number", [0, 1, 40, 60, 250])
def test_a_report_on_however_many_is_read_and_is_one_text_to_any_zlib(number: int) -> None:
    packed = pack_report(crowd(number))
    head, columns, rest = map(json.loads, zlib.decompress(packed).split(b"\n"))

    assert unpack_report(packed) == crowd(number)
    assert (head["form"], len(columns["names"]), [*rest]) == (FORM, number, [*FAILING])


def test_a_large_report_is_smaller_than_as_one_block_and_a_small_one_no_larger() -> None:
    large, small = pack_report(crowd(250)), pack_report(crowd(3))

    assert len(large) < 0.95 * len(zlib.compress(zlib.decompress(large), 6))
    assert len(small) <= len(zlib.compress(zlib.decompress(small), 6))


def test_a_report_of_before_there_were_columns_is_read() -> None:
    former = report("lima", db=PASS, web=FAIL, mail=WARN)

    assert unpack_report(codec.pack(Report, former)) == former


def test_nothing_is_made_of_what_nobody_asks_for() -> None:
    read = unpack_report(pack_report(report("lima", db=PASS, web=FAIL)))

    assert isinstance(read.sightings, Folded)
    assert read.sightings.uneasy().keys() == {"web"}
    assert (len(read.sightings), "db" in read.sightings, "x" in read.sightings) == (2, True, False)


def test_what_is_put_in_the_place_of_a_calm_one_is_what_is_read() -> None:
    read = unpack_report(pack_report(report("lima", db=PASS, web=PASS)))
    failing = report("lima", db=FAIL).sightings

    changed = read.changed(failing)

    assert changed == report("lima", db=FAIL, web=PASS)
    assert changed.calm() == {TICK: frozenset({"web"})}
    assert read == report("lima", db=PASS, web=PASS)


SHOWN = replace(PASS, certificate=CERTIFICATE, address="192.0.2.7", evidence="hello", attempts=2)
WHOLE = replace(
    report("lima", db=SHOWN, web=PASS, mail=FAIL),
    sightings={
        **report("lima", db=SHOWN, mail=FAIL).sightings,
        "web": Sighting(outcome=PASS, checked_at=TICK - 1),
    },
)


def spoilt(change: Callable[[dict[str, Any], dict[str, Any]], object]) -> bytes:
    """Pack a report whose head and columns somebody has changed."""
    head, columns, rest = zlib.decompress(pack_report(WHOLE)).split(b"\n")
    said, packed = json.loads(head), json.loads(columns)
    change(said, packed)
    parts = (json.dumps(said).encode(), json.dumps(packed).encode(), rest)
    return zlib.compress(b"\n".join(parts))


def test_what_is_spoilt_here_can_be_read_as_long_as_nobody_spoils_it() -> None:
    assert unpack_report(spoilt(lambda _head, _columns: None)) == WHOLE


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda h: h.update(form=FORM + 1), id="a newer form"),
        pytest.param(lambda h: h.update(tick="7"), id="a tick in words"),
        pytest.param(lambda h: h.update(tick=True), id="a tick that is a truth"),
        pytest.param(lambda h: h.update(tick=-1), id="a tick before 1970"),
        pytest.param(lambda h: h.update(location=None), id="no location"),
        pytest.param(lambda h: h.pop("config_version"), id="no version"),
        pytest.param(lambda h: h.update(config_version=-1), id="a negative version"),
        pytest.param(lambda h: h.update(config_version=10**18), id="too great a version"),
    ],
)
def test_a_report_whose_head_is_spoilt_is_unreadable(change: Callable[[Any], object]) -> None:
    with pytest.raises(UnreadableError):
        unpack_report(spoilt(lambda head, _: change(head)))


@pytest.mark.parametrize(
    ("change", "left"),
    [
        pytest.param(lambda c: c.update(names=["db", 7]), {"db"}, id="a name that is a number"),
        pytest.param(lambda c: c.update(names=["\ud800", "web"]), {"web"}, id="a name of no text"),
        pytest.param(lambda c: c.update(names=["db", "mail"]), {"db"}, id="a name also in full"),
        pytest.param(lambda c: c.update(ages=[0, -1]), {"db"}, id="seen after the report's tick"),
        pytest.param(lambda c: c.update(ages=[0, TICK + 1]), {"db"}, id="seen before 1970"),
        pytest.param(lambda c: c.update(ages=[0, 0.5]), {"db"}, id="half a tick"),
        pytest.param(lambda c: c.update(attempts=[0, 1]), {"web"}, id="no attempt"),
        pytest.param(lambda c: c.update(attempts=[10**18, 1]), {"web"}, id="too many attempts"),
        pytest.param(lambda c: c.update(evidence=["a", None]), {"db"}, id="no evidence"),
        pytest.param(lambda c: c.update(addresses=["a", 7]), {"db"}, id="a number for an address"),
        pytest.param(lambda c: c.update(shapes=[0, 9]), {"db"}, id="an unknown shape, the last"),
        pytest.param(lambda c: c.update(shapes=[-1, 0]), {"web"}, id="a shape from the end"),
        pytest.param(lambda c: c.update(ms=[1.5, -1]), {"db"}, id="a negative time"),
        pytest.param(lambda c: c.update(ms=[1.5, 1e7]), {"db"}, id="a time that is too long"),
        pytest.param(lambda c: c.update(ms=[float("nan"), 1]), {"web"}, id="no number"),
        pytest.param(lambda c: c.update(ms=[1.5, float("inf")]), {"db"}, id="no end"),
        pytest.param(lambda c: c.update(ms=[True, 1.5]), {"web"}, id="a time that is a truth"),
        pytest.param(lambda c: c.update(shown=[0, 1]), {"db"}, id="an unknown certificate"),
        pytest.param(lambda c: c.update(shown=[0, -2]), {"db"}, id="a certificate from the end"),
        pytest.param(lambda c: c.update(marks=[]), {"web"}, id="too few fingerprints"),
        pytest.param(lambda c: c.update(ends=[10**12]), {"web"}, id="after the last year"),
        pytest.param(lambda c: c.update(ends=[0.5]), {"web"}, id="a broken second"),
        # Where it cannot be told what is whose, none of the passes is believed.
        pytest.param(lambda c: (c.pop("ages"), c.update(names=["db"] * 2)), set(), id="one twice"),
        pytest.param(lambda c: c.update(names=["db"]), set(), id="too few names"),
        pytest.param(lambda c: c.update(names="dw"), set(), id="names in one text"),
        pytest.param(lambda c: c.update(evidence=["a"]), set(), id="a column that is too short"),
        pytest.param(lambda c: c.update(kinds=[]), set(), id="no shape"),
        pytest.param(lambda c: c.update(kinds={"a": 1}), set(), id="shapes by name"),
        pytest.param(lambda c: c.update(kinds=[["dns", "dns"]]), set(), id="a phase twice"),
        pytest.param(lambda c: c.update(kinds=[["dns", "tls"]]), set(), id="too few times"),
        pytest.param(lambda c: c.update(ms=7), set(), id="times that are a number"),
        pytest.param(lambda c: c.clear(), set(), id="no columns"),
    ],
)
def test_a_pass_that_is_spoilt_makes_no_other_sighting_silent(
    change: Callable[[Any], object], left: set[str]
) -> None:
    read = unpack_report(spoilt(lambda _, columns: change(columns)))

    in_full = {"mail"} if "mail" not in str(change.__code__.co_consts) else set()
    assert read.sightings.keys() == left | in_full
    assert read.spoilt
    assert all(each.checked_at <= TICK for each in read.sightings.values())


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda m: m.update(outcome=7), id="an outcome that is a number"),
        pytest.param(lambda m: m.pop("failing_since"), id="a failure of no beginning"),
        pytest.param(lambda m: m.update(checked_at=TICK + 1), id="seen after the report's tick"),
        pytest.param(lambda m: m["outcome"].update(reason="moon"), id="an unknown reason"),
        pytest.param(lambda m: m["outcome"].update(vote="pass"), id="a pass with a reason"),
        pytest.param(lambda m: m["outcome"].update(phases_ms={"a": -1}), id="a negative time"),
    ],
)
def test_a_failure_that_is_spoilt_makes_no_other_sighting_silent(
    change: Callable[[Any], object],
) -> None:
    head, columns, rest = zlib.decompress(pack_report(TWO_FAIL)).split(b"\n")
    said = json.loads(rest)
    change(said["mail"])
    packed = zlib.compress(b"\n".join((head, columns, json.dumps(said).encode())))

    read = unpack_report(packed)

    assert ({*read.sightings}, read.spoilt) == ({"db", "web", "zone"}, 1)
    assert read == replace(TWO_FAIL, sightings=dict(read.sightings), spoilt=1)


TWO_FAIL = replace(
    WHOLE, sightings={**WHOLE.sightings, "zone": report("lima", zone=FAIL).sightings["zone"]}
)


@pytest.mark.parametrize(
    ("columns", "rest", "left"),
    [
        pytest.param(None, b"[" * 100_000, {"db", "web"}, id="the rest is deep"),
        pytest.param(None, b"{", {"db", "web"}, id="the rest is cut off"),
        pytest.param(None, b"[]", {"db", "web"}, id="the rest is a list"),
        pytest.param(b"\xff", None, {"mail"}, id="the columns are no text"),
        pytest.param(b"[]", None, {"mail"}, id="the columns are a list"),
    ],
)
def test_a_part_that_is_spoilt_leaves_the_other(
    columns: bytes | None, rest: bytes | None, left: set[str]
) -> None:
    parts = zlib.decompress(pack_report(WHOLE)).split(b"\n")
    packed = zlib.compress(b"\n".join((parts[0], columns or parts[1], rest or parts[2])))

    read = unpack_report(packed)

    assert ({*read.sightings}, read.spoilt) == (left, 1)


def test_of_a_report_of_before_there_were_columns_the_rest_is_read_too() -> None:
    said = json.loads(zlib.decompress(codec.pack(Report, report("lima", db=PASS, web=FAIL))))
    said["sightings"]["db"]["checked_at"] = TICK + 1
    said["sightings"]["mail"] = 7

    read = unpack_report(zlib.compress(json.dumps(said).encode()))

    assert read == replace(report("lima", web=FAIL), spoilt=2)


def test_between_two_of_which_nobody_knows_how_many_times_they_have_nobody_is_believed() -> None:
    whole = report("lima", a=PASS, b=PASS, c=PASS, d=PASS, e=PASS)
    head, text, rest = zlib.decompress(pack_report(whole)).split(b"\n")
    columns = {**json.loads(text), "shapes": [0, 9, 0, 9, 0]}
    packed = zlib.compress(b"\n".join((head, json.dumps(columns).encode(), rest)))

    read = unpack_report(packed)

    assert ({*read.sightings}, read.spoilt) == ({"a", "e"}, 3)


@settings(max_examples=300)
@given(reports(), st.integers(0, 10_000), st.binary(min_size=1, max_size=3))
def test_bytes_that_were_spoilt_before_they_were_packed_make_few_silent(
    whole: Report, where: int, noise: bytes
) -> None:
    text = zlib.decompress(pack_report(whole))
    begin = text.index(b"\n") + 1
    at = begin + where % max(1, len(text) - begin - len(noise))
    try:
        read = unpack_report(zlib.compress(text[:at] + noise + text[at + len(noise) :]))
    except UnreadableError:
        raise AssertionError("the head is whole, so the report can be read") from None
    assert len(list(read.sightings.items())) == len(read.sightings)
    assert all(each.checked_at <= read.tick for each in read.sightings.values())
    assert all(tick <= TICK for tick in read.calm())


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{}", id="an empty object"),
        pytest.param(b"{}\n{}", id="a part too few"),
        pytest.param(b"[]\n[]\n{}", id="lists"),
        pytest.param(b'{"form":2}\n{}\n{}', id="a head that says nothing"),
        pytest.param(b"[" * 100_000 + b"\n{}\n{}", id="a deep one"),
        pytest.param(b"\xff\n{}\n{}", id="no text"),
    ],
)
def test_what_is_no_report_is_unreadable(text: bytes) -> None:
    with pytest.raises(UnreadableError):
        unpack_report(zlib.compress(text))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=5,
)
NAMES = ("names", "kinds", "ages", "attempts", "evidence", "addresses", "shapes", "ms", "shown")


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*NAMES, "marks", "issuers", "ends"]), VALUES))
def test_what_can_be_read_at_all_can_be_looked_at_whole(columns: dict[str, Any]) -> None:
    try:
        read = unpack_report(spoilt(lambda _head, packed: packed.update(columns)))
    except UnreadableError:
        return
    assert len(list(read.sightings.items())) == len(read.sightings)
