"""A view of a stack that is not there, in every state that the page can show."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from tests.unit.messages import cases
from tocsin.domain.control import Said
from tocsin.domain.incident import Alert, Event, Incident, Kind
from tocsin.domain.monitor import Route
from tocsin.domain.outcome import Layer, Reason, Vote
from tocsin.domain.quorum import Ballot, Delay, Verdict
from tocsin.domain.standing import FLIPS, Standing
from tocsin.domain.suspicion import Doubt
from tocsin.messages import payload
from tocsin.pages.console import Answer, Question
from tocsin.pages.manner import Manner
from tocsin.usecases.publish import File
from tocsin_cli.local.view import Letter, LogLine, MonitorView, ServiceView, Snapshot

LOCATIONS = cases.PLACES
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass
class FakeView:
    """Shows a given moment and console, and writes down what was asked of it."""

    shown: Snapshot
    answer: Answer | None = None
    asked: list[tuple[str, ...]] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    files: dict[str, File] = field(default_factory=dict)

    def snapshot(self) -> Snapshot:
        return self.shown

    def console(self, question: Question, manner: Manner) -> Answer | None:
        self.questions.append(question)
        return self.answer

    def published(self, path: str) -> File | None:
        return self.files.get(path)

    def stop(self, service: str) -> None:
        self.asked.append(("stop", service))

    def heal(self, service: str) -> None:
        self.asked.append(("heal", service))

    def isolate(self, service: str, location: str) -> None:
        self.asked.append(("isolate", service, location))


def _at(ballot: Ballot, now: datetime) -> Ballot:
    """Move a ballot of the cases' noon to another time."""
    return replace(
        ballot,
        checked_at=ballot.checked_at and ballot.checked_at - cases.NOON + now,
        failing_since=ballot.failing_since and ballot.failing_since - cases.NOON + now,
    )


def _monitor(
    name: str, verdict: Verdict, age: timedelta, now: datetime, *votes: Ballot
) -> MonitorView:
    target = {
        "web": "https://shop.example.com/health?deep=yes",
        "dns": "dns://www.demo.test?type=A",
    }
    standing = Standing(verdict=verdict, since=now - age)
    return MonitorView(
        id=name,
        target=target.get(name, f"tcp://{name}.example.com:5432"),
        standing=standing,
        ballots=tuple(_at(vote, now) for vote in votes),
    )


def _flapping(now: datetime, *votes: Ballot) -> MonitorView:
    shown = _monitor("queue", Verdict.UP, timedelta(minutes=1), now, *votes)
    flips = tuple(now - timedelta(minutes=n + 1) for n in range(FLIPS + 1))
    return replace(shown, standing=Standing(verdict=Verdict.UP, since=flips[0], flips=flips))


def letter(alert: Alert, route: Route, at: datetime) -> Letter:
    return Letter.of(payload.dump(alert), route=route, received_at=at)


def everything(now: datetime = NOON) -> Snapshot:
    """Show every verdict, vote, service and letter at once."""
    here, there, far = LOCATIONS
    wrong = cases.fails(
        far,
        reason=Reason.STATUS_NOT_EXPECTED,
        layer=Layer.HTTP,
        evidence="503 Service Unavailable, expected 200-299",
        phases_ms=(
            ("dns", 2.5),
            ("connect", 8.0),
            ("tls", 19.75),
            ("send", 0.4),
            ("first_byte", 40.5),
        ),
    )
    abstains = Ballot(
        location=far,
        counted=False,
        vote=Vote.ABSTAIN,
        reason=Reason.OUT_OF_SOCKETS,
        evidence="900 sockets open",
        attempts=1,
        checked_at=NOON,
    )
    hour, quick, slow = (
        timedelta(hours=1),
        cases.passes(here, ms=2.31),
        cases.passes(there, ms=1480),
    )
    monitors = (
        _monitor(
            "database",
            Verdict.DOWN,
            timedelta(minutes=7),
            now,
            *(cases.fails(p) for p in LOCATIONS),
        ),
        _monitor("web", Verdict.DEGRADED, timedelta(minutes=12), now, quick, slow, wrong),
        _monitor(
            "dns", Verdict.UNKNOWN, timedelta(minutes=4), now, quick, cases.silent(there), abstains
        ),
        _monitor(
            "mail",
            Verdict.UP,
            30 * hour,
            now,
            quick,
            replace(cases.passes(there), certificate=cases.certificate(days=83.5)),
            cases.passes(far, ms=231.7),
        ),
        replace(
            _monitor("ldap", Verdict.DEGRADED, hour, now, *(cases.warns(p) for p in LOCATIONS)),
            slow=(Delay(phase="connect", ms=310, limit_ms=200),),
        ),
        replace(
            _monitor("vpn", Verdict.PAUSED, 2 * hour, now),
            ballots=tuple(Ballot(location=place, counted=False) for place in LOCATIONS),
            paused=Said(by="ann", at=now - 2 * hour, note="new certificate tonight"),
        ),
        replace(
            _monitor("shop", Verdict.DOWN, timedelta(minutes=6), now, *map(cases.fails, LOCATIONS)),
            behind=("database",),
        ),
        _flapping(now, *map(cases.passes, LOCATIONS)),
        replace(
            _monitor(
                "backup", Verdict.UP, hour, now, cases.reported("reported success at 02:04 UTC")
            ),
            target="heartbeat: 0 3 * * * (Europe/Berlin)",
        ),
        MonitorView(
            id="a-monitor-with-a-name-of-sixty-three-letters-is-the-longest-one",
            target="tcp://new.example.com:22",
        ),
    )
    down = Incident(
        id=cases.DOWN.incident,
        kind=Kind.DOWN,
        opened_at=now - timedelta(minutes=7),
        routes=(Route.PAGE, Route.NOTICE),
        subjects=(replace(cases.FALLEN.subjects[0], monitor="database", fallen=("shop",)),),
        acknowledged=Said(by="ann", at=now - timedelta(minutes=3), note="failing over"),
        reminders=2,
        reminded_at=now - timedelta(minutes=4),
        flapping=True,
    )
    folded = Incident(
        id=f"{cases.FOLDED.incident}-2",
        kind=Kind.DOWN,
        opened_at=now - timedelta(minutes=9),
        routes=(Route.PAGE, Route.CHAT),
        subjects=cases.FOLDED.subjects,
        shared=cases.FOLDED.shared,
    )
    dark = Incident(
        id=cases.DARK.incident,
        kind=Kind.LOCATION,
        opened_at=now - timedelta(minutes=5),
        routes=(Route.NOTICE,),
        troubles=cases.DARK.troubles,
    )
    blind = Incident(
        id=cases.BLIND.incident,
        kind=Kind.UNKNOWN,
        opened_at=now - timedelta(hours=3),
        routes=(Route.NOTICE,),
        subjects=cases.BLIND.subjects,
    )
    said = [
        ("aggregator", "shard s0: database is down"),
        ("sns", "published db-20260101T120000Z-2c7ee2#opened to page"),
        ("probe us-east-1", "tick 29456640, 6 checks, 2 failed, 1,204 ms"),
        ("you", "stopped database"),
        ("deploy", "home stack in us-east-1 is ready"),
    ]
    return Snapshot(
        at=now,
        locations=LOCATIONS,
        monitors=monitors,
        incidents=(down, blind, folded, dark),
        doubts={
            there: Doubt(since=now - timedelta(minutes=6), text=cases.DARK.troubles[0].text),
            far: Doubt(
                since=now - timedelta(minutes=9),
                text=cases.DOUBTED.troubles[0].text,
                well_since=now - timedelta(minutes=1),
            ),
        },
        inbox=(
            letter(cases.recovered(cases.DOWN), Route.PAGE, now - timedelta(seconds=20)),
            letter(cases.FLAPPING, Route.PAGE, now - timedelta(seconds=50)),
            letter(replace(cases.DOWN, event=Event.REMINDER, number=1), Route.PAGE, now),
            letter(cases.DARK, Route.NOTICE, now - timedelta(minutes=2)),
            letter(cases.BLIND, Route.NOTICE, now - timedelta(minutes=3)),
            letter(cases.DOWN, Route.PAGE, now - timedelta(minutes=7)),
            letter(cases.DOWN, Route.NOTICE, now - timedelta(minutes=7)),
        ),
        services=(
            ServiceView(
                name="database", title="PostgreSQL", address="127.0.0.1:40351", running=False
            ),
            ServiceView(name="mail", title="mail server", address="127.0.0.1:40352", running=True),
            ServiceView(
                name="dns",
                title="DNS zone demo.test",
                address="127.0.0.1:40353",
                running=True,
                cut_off=(there,),
            ),
            ServiceView(
                name="backup",
                title="nightly backup",
                address="reports with curl",
                running=True,
                looked_at=False,
            ),
            ServiceView(
                name="web", title="web page /health", address="127.0.0.1:40354", running=True
            ),
        ),
        log=tuple(
            LogLine(at=now - timedelta(seconds=9 * n), source=source, text=text)
            for n, (source, text) in enumerate(said * 5)
        ),
    )


def quiet(now: datetime = NOON) -> Snapshot:
    """Show a stack in which all is well."""
    whole = everything(now)
    return replace(
        whole,
        monitors=whole.monitors[3:4],
        incidents=(),
        inbox=(),
        services=whole.services[1:2],
        doubts={},
    )
