"""Alerts that nobody would think of: hostile evidence, hundreds of monitors, odd names."""

from datetime import timedelta

from hypothesis import strategies as st

from tests.unit.messages.cases import NOON
from tocsin.domain.incident import Alert, Ending, Event, Kind, Subject, Trouble
from tocsin.domain.monitor import Route
from tocsin.domain.outcome import Certificate, Layer, Reason, Vote, printable
from tocsin.domain.quorum import Ballot, Delay

names = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,62}", fullmatch=True)
"""What `tocsin.config` lets a monitor be called."""

hostile = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "\r\nSubject: you won",
            "\x1b]0;owned\x07",
            "\u202egnp.exe",
            "<script>alert(1)</script>",
            "=HYPERLINK(1)",
            "\\" * 256,
            '"' * 256,
            "\N{PILE OF POO}" * 256,
        ]
    ),
)
moments = st.timedeltas(timedelta(), timedelta(days=40)).map(lambda age: NOON - age)
targets = st.one_of(
    names.map(lambda name: f"tcp://{name}.example.com:5432"),
    st.tuples(names, hostile).map(lambda two: f"https://{two[0]}.example.com/{printable(two[1])}"),
    names.map(lambda name: f"dns://{name}.example.com?type=MX&resolver=192.0.2.53"),
    hostile.map(printable),
)


certificates = st.builds(
    Certificate,
    fingerprint=st.text("0123456789abcdef", min_size=16, max_size=64),
    issuer=hostile.map(printable),
    expires_at=st.timedeltas(timedelta(days=-400), timedelta(days=4000)).map(NOON.__add__),
)
delays = st.builds(
    Delay,
    phase=st.none() | st.sampled_from(["dns", "connect", "first_byte"]),
    ms=st.floats(0, 60_000),
    limit_ms=st.floats(0, 60_000),
)


@st.composite
def ballots(draw: st.DrawFn) -> Ballot:
    vote = draw(st.sampled_from([*Vote, None]))
    location = draw(st.from_regex(r"[a-z0-9][a-z0-9-]{0,30}", fullmatch=True))
    if vote is None:
        return Ballot(location=location, counted=False)
    checked_at = draw(moments)
    return Ballot(
        location=location,
        counted=vote is not Vote.ABSTAIN and draw(st.booleans()),
        vote=vote,
        layer=draw(st.sampled_from(Layer)) if vote is Vote.FAIL else None,
        reason=None if vote is Vote.PASS else draw(st.sampled_from(Reason)),
        evidence=printable(draw(hostile)),
        address=draw(st.none() | st.just("2001:db8::7")),
        phases_ms=draw(
            st.just(()) | st.floats(0, 60_000).map(lambda ms: (("dns", 1.0), ("connect", ms)))
        ),
        attempts=draw(st.integers(1, 9)),
        checked_at=checked_at,
        failing_since=checked_at if vote is Vote.FAIL else None,
        certificate=draw(st.none() | certificates),
        warning=draw(st.sampled_from([None, *Reason])) if vote is Vote.PASS else None,
    )


def subjects(named: st.SearchStrategy[str] = names) -> st.SearchStrategy[Subject]:
    return st.builds(
        Subject,
        monitor=named,
        target=targets,
        need=st.integers(1, 3),
        ballots=st.lists(ballots(), max_size=4).map(tuple),
        runbook=st.none() | names.map(lambda name: f"https://wiki.example.com/{name}"),
        tags=st.lists(names, max_size=3).map(tuple),
        slow=st.lists(delays, max_size=2).map(tuple),
    )


troubles = st.lists(
    st.builds(
        Trouble,
        location=st.from_regex(r"[a-z0-9][a-z0-9-]{0,30}", fullmatch=True),
        since=moments,
        text=hostile.map(printable),
    ),
    min_size=1,
    max_size=4,
).map(tuple)
crowds = st.lists(subjects(), min_size=1, max_size=7).map(tuple)


@st.composite
def alerts(draw: st.DrawFn, covering: st.SearchStrategy[tuple[Subject, ...]] = crowds) -> Alert:
    event = draw(st.sampled_from(Event))
    kinds = set(Kind) if covering is crowds else set(Kind) - {Kind.LOCATION}
    kind = draw(st.sampled_from(sorted(kinds)))
    return Alert(
        incident=f"{draw(names)}-20260101T120000Z-abcdef",
        event=event,
        kind=kind,
        at=NOON,
        opened_at=draw(moments),
        routes=tuple(draw(st.sets(st.sampled_from(Route), min_size=1))),
        subjects=() if kind is Kind.LOCATION else draw(covering),
        troubles=draw(troubles) if kind is Kind.LOCATION else (),
        shared=draw(st.just("") | hostile.map(printable)),
        flapping=draw(st.booleans()),
        note=draw(st.just("") | hostile.map(printable)),
        number=draw(st.integers(0, 9)),
        ending=draw(st.sampled_from(Ending)) if event is Event.RESOLVED else None,
    )
