"""A house with something of everything, as the console sees it.

`PYTHONPATH=.:shared:cli python -m tests.unit.pages.scenes FOLDER` writes pages to look at.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from tests.fakes.make import NOON, sighting
from tests.fakes.memory import InMemoryConfigs, InMemoryReports, InMemoryStates, deaf
from tests.fakes.projections import InMemoryProjections
from tests.unit.messages import cases
from tocsin.domain.control import Said, Silence
from tocsin.domain.heartbeat import ENDPOINT, HeartbeatTarget
from tocsin.domain.incident import Ending, Incident, Kind, Moment, Subject
from tocsin.domain.monitor import Monitor, Route, Target, majority
from tocsin.domain.orders import silence_id
from tocsin.domain.outcome import Certificate, Exchange, Layer, Outcome, Reason, Vote
from tocsin.domain.questions import DnsTarget, ZoneTarget
from tocsin.domain.quorum import Verdict, ballots
from tocsin.domain.report import Report, Sighting
from tocsin.domain.rollup import HOUR, Looks, Rollup, Row
from tocsin.domain.schedule import tick_of
from tocsin.domain.shard import Shard
from tocsin.domain.standing import Standing
from tocsin.domain.state import ShardState
from tocsin.domain.suspicion import Doubt
from tocsin.domain.target import HttpTarget, TcpTarget
from tocsin.domain.uptime import DAY, Digest
from tocsin.pages import render
from tocsin.pages.manner import CloudWatch, Manner, Site
from tocsin.usecases.closeup import Charts, Closeup, charts, closeup
from tocsin.usecases.overview import DAYS, Overview, Wish, framed, overview
from tocsin.usecases.ports import Stored
from tocsin.usecases.survey import Eyes, read

PLACES = ("ap-southeast-1", "eu-west-1", "us-east-1")
ENDPOINT_ARN = "arn:aws:lambda:eu-west-1:123456789012:function:customWidget-tocsin"
TICK = tick_of(NOON)
ANN = Said(by="ann", at=NOON - timedelta(minutes=3), note="failing over")
PHASES = {"dns": 2.5, "connect": 8.0, "tls": 19.5, "send": 0.4, "first_byte": 31.0}

type Votes = tuple[Outcome, Outcome, Outcome]


def passes(
    scale: float = 1.0, certificate: Certificate | None = None, *, plain: bool = False
) -> Outcome:
    phases = {"dns": 2.5, "connect": 8.0} if plain else PHASES
    return Outcome(
        vote=Vote.PASS,
        address="192.0.2.7",
        evidence="HTTP/1.1 200",
        phases_ms={phase: ms * scale for phase, ms in phases.items()},
        certificate=certificate,
    )


def fails(
    reason: Reason = Reason.REFUSED, layer: Layer = Layer.CONNECT, said: str = "refused"
) -> Outcome:
    return Outcome(
        vote=Vote.FAIL,
        layer=layer,
        reason=reason,
        evidence=said,
        address="192.0.2.7",
        phases_ms={"dns": 2.5, "connect": 9.0},
        attempts=3,
    )


def watched(name: str, target: Target | None = None, *tags: str, **more: object) -> Monitor:
    made = Monitor(
        id=name,
        target=target or TcpTarget(host=f"{name}.example.com", port=5432, service="postgres"),
        locations=PLACES,
        need=majority(len(PLACES)),
        routes=(Route.PAGE, Route.NOTICE),
        tags=tags,
    )
    return replace(made, **more)  # type: ignore[arg-type]  # as the caller says


OLD = cases.certificate(mark="9f", days=9.5)
NEW = cases.certificate(mark="a1", days=88)
ZONE = {
    "ns1.example.com. 192.0.2.53": 2026010104,
    "ns2.example.com. 198.51.100.53": 2026010104,
    "ns3.example.net. 203.0.113.53": 2026010101,
}
HOUSE: tuple[tuple[Monitor, Verdict | None, float, Votes | None], ...] = (
    (
        watched("db", None, "shop", "team:data", runbook="https://wiki.example.com/db"),
        Verdict.DOWN,
        7,
        (fails(), fails(said="[Errno 111] Connection refused"), fails()),
    ),
    (
        watched("shop", HttpTarget(url="https://shop.example.com/health"), "shop", "front"),
        Verdict.DEGRADED,
        12,
        (
            fails(Reason.STATUS_NOT_EXPECTED, Layer.HTTP, "503 Service Unavailable"),
            passes(1.2, OLD),
            passes(2.1, NEW),
        ),
    ),
    (
        watched(
            "cart", HttpTarget(url="https://shop.example.com/cart"), "shop", depends_on=("db",)
        ),
        Verdict.UP,
        60 * 31,
        (passes(3.1, NEW), passes(1.1, NEW), passes(2.0, NEW)),
    ),
    (
        watched("zone", ZoneTarget(zone="example.com."), "dns"),
        Verdict.DEGRADED,
        47,
        tuple(
            replace(passes(plain=True), warning=Reason.SERIAL_BEHIND, serials=ZONE) for _ in PLACES
        ),  # type: ignore[arg-type]  # three of them
    ),
    (
        watched("mx", DnsTarget(name="example.com.", type="MX"), "dns", "mail"),
        Verdict.DOWN,
        3,
        tuple(
            replace(
                fails(Reason.WRONG_ANSWER, Layer.CONTENT, "10 mail2.example.com., expected mail"),
                exchange=Exchange(
                    question="example.com. IN MX",
                    server="192.0.2.53",
                    rcode="NOERROR",
                    flags=("qr", "rd", "ra"),
                    records=("example.com. 300 IN MX 10 mail2.example.com.",),
                ),
            )
            for _ in PLACES
        ),  # type: ignore[arg-type]  # three of them
    ),
    (watched("vpn", None, "office"), Verdict.PAUSED, 120, (passes(), passes(), passes())),
    (watched("ldap", None, "office"), Verdict.UNKNOWN, 4, None),
    (watched("new", None, "office"), None, 0, None),
    *(
        (
            watched(name, TcpTarget(host=f"{name}.example.com", port=443), *tags),
            Verdict.UP,
            age,
            (passes(3.3, NEW), passes(0.9, NEW), passes(1.7, NEW)),
        )
        for name, age, *tags in (
            ("imap", 900.0, "mail"),
            ("smtp", 5000.0, "mail"),
            ("ssh-bastion", 90_000.0, "office"),
            ("wiki", 90_000.0, "office"),
            ("a-monitor-with-a-name-of-sixty-three-letters-is-the-longest-one", 33.0, "office"),
        )
    ),
)
BACKUP = Monitor(
    id="backup",
    target=HeartbeatTarget(cron="0 3 * * *", timezone="Europe/Berlin"),
    locations=(ENDPOINT,),
    need=1,
    routes=(Route.CHAT,),
)


@dataclass
class Scene:
    """The tables of such a house, in memory."""

    house: tuple[tuple[Monitor, Verdict | None, float, Votes | None], ...] = HOUSE
    now: datetime = NOON
    minutes: int = 31
    hours: int = 48
    past: InMemoryProjections = field(default_factory=InMemoryProjections)
    reports: InMemoryReports = field(default_factory=InMemoryReports)
    states: InMemoryStates = field(default_factory=InMemoryStates)
    random: Random = field(default_factory=lambda: Random(7))  # noqa: S311 - the same every time

    def __post_init__(self) -> None:
        monitors = (*(each for each, *_ in self.house), BACKUP)
        self.shard = Shard(id="s0", version=7, monitors=monitors)
        for tick in range(TICK - self.minutes, TICK + 1):
            for number, place in enumerate(PLACES):
                self.reports.add(self._report(place, number, tick))
        self.states.items["s0"] = Stored(state=self._state(), revision=1)
        self._remember()

    @property
    def eyes(self) -> Eyes:
        return Eyes(
            configs=InMemoryConfigs((self.shard,)),
            states=self.states,
            reports=self.reports,
            ear=deaf(),
            next_start=lambda _cron, _timezone, _after: None,
        )

    def overview(self, wish: Wish = Wish()) -> Overview:  # noqa: B008 - frozen
        return overview(self.eyes, self.past, wish, self.now)

    def closeup(self, name: str, wish: Wish = Wish()) -> tuple[Closeup, Charts]:  # noqa: B008 - frozen
        known = read(self.eyes.configs, self.states)
        seen = closeup(self.eyes, known, name, self._over(), self.now)
        return seen, charts(self.past, self.reports, known, seen, framed(wish, self.now))

    def page(self, manner: Manner, wish: Wish = Wish(), theme: render.Theme = "light") -> str:  # noqa: B008 - frozen
        return render.overview(self.overview(wish), manner, theme)

    def look(self, name: str, manner: Manner, theme: render.Theme = "light") -> str:
        seen, drawn = self.closeup(name)
        return render.closeup(seen, drawn, manner, wish=Wish(), theme=theme)

    def _report(self, place: str, number: int, tick: int) -> Report:
        sightings = {}
        for monitor, _, age, votes in self.house:
            if votes is None:
                continue
            outcome = votes[number]
            if outcome.vote is Vote.FAIL and TICK - tick > age:
                outcome = passes(number + 1)
            jitter = self.random.lognormvariate(0, 0.25)
            phases = {phase: round(ms * jitter, 2) for phase, ms in outcome.phases_ms.items()}
            sightings[monitor.id] = Sighting(
                outcome=replace(outcome, phases_ms=phases),
                checked_at=tick,
                failing_since=TICK - int(age) if outcome.vote is Vote.FAIL else None,
            )
        return Report(location=place, shard="s0", tick=tick, config_version=7, sightings=sightings)

    def _state(self) -> ShardState:
        standings = {
            monitor.id: Standing(
                verdict=verdict,
                since=self.now - timedelta(minutes=age),
                failing=tuple(
                    place
                    for place, vote in zip(PLACES, votes or (), strict=False)
                    if vote.vote is Vote.FAIL
                ),
                silent=PLACES if votes is None else (),
            )
            for monitor, verdict, age, votes in self.house
            if verdict is not None
        }
        return ShardState(
            shard="s0",
            config_version=7,
            standings=standings,
            incidents=tuple(self._open()),
            paused={"vpn": replace(ANN, note="new certificate tonight")},
            silences=(
                Silence(
                    id="s-1",
                    said=replace(ANN, by="bob", note="moving house"),
                    until=self.now + timedelta(hours=2),
                    monitors=("wiki",),
                ),
                Silence(
                    id=silence_id(("smtp",), ()),
                    said=replace(ANN, by="cara"),
                    until=self.now + timedelta(hours=1),
                    monitors=("smtp",),
                ),
            ),
            doubts={
                "ap-southeast-1": Doubt(
                    since=self.now - timedelta(minutes=5),
                    text="fails 4 of 9 monitors that the others see passing",
                    well_since=self.now - timedelta(minutes=1),
                )
            },
        )

    def _open(self) -> Iterator[Incident]:
        known = {m.id: (m, votes, age) for m, v, age, votes in self.house if v is not Verdict.UP}
        for name, kind in (("db", Kind.DOWN), ("mx", Kind.DOWN), ("ldap", Kind.UNKNOWN)):
            monitor, votes, age = known.get(name, (None, None, 0))
            if monitor is None:
                continue
            opened = self.now - timedelta(minutes=age)
            cast = {
                place: Report(
                    location=place,
                    shard="s0",
                    tick=TICK,
                    config_version=7,
                    sightings={name: sighting(vote, at=TICK)},
                )
                for place, vote in zip(PLACES, votes or (), strict=False)
            }
            yield Incident(
                id=f"{name}-20260101T115300Z-2c7ee2",
                kind=kind,
                opened_at=opened,
                routes=monitor.routes,
                subjects=(
                    Subject(
                        monitor=name,
                        target=str(monitor.target),
                        need=monitor.need,
                        ballots=ballots(monitor, cast, self.now),
                        tags=monitor.tags,
                        fallen=("cart",) if name == "db" else (),
                    ),
                ),
                acknowledged=ANN if name == "db" else None,
                moments=(
                    Moment(at=opened, what="opened", votes=((name, PLACES[:2]),)),
                    Moment(at=opened + timedelta(minutes=1), what="votes", votes=((name, PLACES),)),
                    *(
                        [Moment(at=ANN.at, what="acknowledged", by=ANN.by, note=ANN.note)]
                        if name == "db"
                        else []
                    ),
                ),
            )

    def _over(self) -> Iterator[Incident]:
        for days, length in ((2, 14), (19, 95), (40, 3)):
            opened = self.now - timedelta(days=days)
            for name in ("db", "shop"):
                yield Incident(
                    id=f"{name}-{days}",
                    kind=Kind.DOWN,
                    opened_at=opened,
                    routes=(Route.PAGE,),
                    subjects=(cases.subject(*map(cases.fails, PLACES), name=name),),
                    ended_at=opened + timedelta(minutes=length),
                    ending=Ending.RECOVERED,
                )

    def _remember(self) -> None:
        """Make up three months, with an outage here and there."""
        names = [monitor.id for monitor, *_ in self.house if monitor.id != "new"]
        today, hour = TICK // HOUR // DAY, TICK // HOUR
        for day in range(today - DAYS + 1, today + 1):
            whole = 86_400 if day < today else 11 * 3600
            seconds = {}
            for name in names:
                draw = self.random.random()
                down = 5400 if draw < 0.012 else 480 if draw < 0.04 else 0
                if day >= today - 2:
                    down = 480 if (name, day) == ("shop", today) else 0
                if name == "imap" and day < today - 33:
                    continue
                seconds[name] = {Verdict.UP: whole - down, Verdict.DOWN: down}
            ms = {name: self.random.lognormvariate(3.5, 0.3) for name in seconds}
            self.past.keep_day(Digest(shard="s0", number=day, seconds=seconds, ms=ms))
        for number in range(hour - self.hours, hour - 1):  # the last one is not rolled up yet
            rows = {}
            for name in names:
                down = 480 if (name, number) == ("shop", hour - 5) else 0
                rows[name] = Row(
                    seconds={Verdict.UP: 3600 - down, Verdict.DOWN: down},
                    locations={
                        place: Looks(
                            checks=60,
                            failures=down // 60,
                            p50_ms=round((far + 1) * 30 * self.random.lognormvariate(0, 0.2), 1),
                            p95_ms=round((far + 1) * 55 * self.random.lognormvariate(0, 0.3), 1),
                        )
                        for far, place in enumerate(PLACES)
                    },
                )
            self.past.keep(Rollup(shard="s0", hour=number, monitors=rows))


def many(number: int) -> Scene:
    """Make a large house, in which little is wrong."""
    kinds = [HOUSE[0], HOUSE[1], *[HOUSE[2]] * 98]
    return Scene(
        minutes=0,
        hours=3,
        house=tuple(
            (replace(monitor, id=f"service-{n}", depends_on=()), verdict, age, votes)
            for n in range(number)
            for monitor, verdict, age, votes in [kinds[n % len(kinds)]]
        ),
    )


_H1 = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)"


def document(inside: str) -> str:
    """Put it into a page, as CloudWatch and the local stack do."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tocsin</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"</head><body style='margin:0'><main><h1 style='{_H1}'>Tocsin</h1>{inside}</main>"
        "</body></html>"
    )


def main() -> None:
    """Write pages to look at."""
    folder = Path(sys.argv[1])
    scene, aws = Scene(), CloudWatch(endpoint=ENDPOINT_ARN)
    pages = {
        "overview": scene.page(aws),
        "overview-dark": scene.page(aws, theme="dark"),
        "site": scene.page(Site()),
        "calm": replace_calm().page(Site()),
        "many": many(1000).page(aws),
        **{name: scene.look(name, aws) for name in ("db", "shop", "zone", "mx", "new", "vpn")},
        "shop-dark": scene.look("shop", aws, "dark"),
    }
    for name, inside in pages.items():
        (folder / f"{name}.html").write_text(document(inside), "utf-8")


def replace_calm() -> Scene:
    """Make a house in which all is well."""
    return Scene(house=tuple(each for each in HOUSE if each[1] is Verdict.UP))


if __name__ == "__main__":
    main()
