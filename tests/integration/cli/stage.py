"""A home with two shards that are watched and judged, for the commands of an operator."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.fakes.make import CERTIFICATE, FAIL, MINUTE, PASS, THREE, monitor
from tests.fakes.memory import FixedTime, InMemoryAlerts, deaf
from tocsin.adapters.calendar import next_start
from tocsin.domain.incident import Ending, Incident, Kind, Subject
from tocsin.domain.monitor import Monitor, Route
from tocsin.domain.outcome import Outcome
from tocsin.domain.report import Report, Sighting, follow
from tocsin.domain.schedule import instant_of, tick_of
from tocsin.domain.shard import Shard, layout
from tocsin.domain.state import ShardState
from tocsin.domain.window import Window
from tocsin.usecases.assess import Bench, assess
from tocsin_cli.home import Place, home

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WHERE = Place(region="eu-west-1", reports_table="reports", state_table="state")
DEEP = replace(PASS, certificate=replace(CERTIFICATE, expires_at=datetime(2040, 1, 1, tzinfo=UTC)))

SHOP = (
    replace(monitor("db"), tags=("shop",), runbook="https://wiki.example.com/db"),
    replace(monitor("web"), tags=("shop", "front"), depends_on=("db",)),
)
POST = (
    replace(monitor("mail"), tags=("post",), depends_on=("db",)),
    replace(monitor("desk"), tags=("shop",)),
    replace(monitor("till"), tags=("shop",)),
)


class Stage:
    """The tables; time goes on in minutes that end with the present one."""

    def __init__(self, client: "DynamoDBClient", *windows: Window) -> None:
        self.home = home(client, WHERE)
        self.shards = tuple(
            Shard(id=name, version=1, monitors=monitors, windows=windows)
            for name, monitors in (("s0", SHOP), ("s1", POST))
        )
        self.home.configs.replace(self.shards, over=self.home.configs.current(), at="now")
        self.alerts = InMemoryAlerts()
        self.known: dict[tuple[str, str], Report] = {}

    def live(
        self,
        minutes: int,
        *down: str,
        ago: int = 0,
        alone: str = "",
        dark: str = "",
        suspect: str = "",
    ) -> "Stage":
        """Let minutes pass that ended so many minutes ago; some monitors fail, maybe at one place.

        What passes shows a certificate. A `dark` place does not report, a `suspect` one says that
        it is not to be believed.
        """
        last = tick_of(datetime.now(UTC)) - ago
        for tick in range(last - minutes + 1, last + 1):
            for shard in self.shards:
                for place in THREE:
                    failing = down if alone in {"", place} else ()
                    why = "its canaries fail" if place == suspect else ""
                    if place != dark:
                        self._report(shard, place, tick, failing, why)
            self.judge(instant_of(tick))
        return self

    def judge(self, at: datetime | None = None) -> None:
        """Wake the aggregator."""
        bench = Bench(
            reports=self.home.reports,
            ear=deaf(),
            states=self.home.states,
            history=self.home.history,
            alerts=self.alerts,
            next_start=next_start,
        )
        for shard in self.shards:
            assess(shard, layout(self.shards), bench, FixedTime(at or datetime.now(UTC)))

    def state(self, shard: str = "s0") -> ShardState:
        return self.home.states.load(shard).state

    def incident(self, shard: str = "s0") -> str:
        """Give the id of the one open incident."""
        (incident,) = self.state(shard).incidents
        return incident.id

    def _report(
        self, shard: Shard, place: str, tick: int, failing: tuple[str, ...], suspect: str
    ) -> None:
        before = self.known.get((shard.id, place))
        report = Report(
            location=place,
            shard=shard.id,
            tick=tick,
            config_version=1,
            sightings={m.id: _sighting(m, before, tick, failing) for m in shard.monitors},
            suspect=suspect,
        )
        self.known[shard.id, place] = report
        self.home.reports.add(report)


def _sighting(
    watched: Monitor, before: Report | None, tick: int, failing: tuple[str, ...]
) -> Sighting:
    outcome: Outcome = FAIL if watched.id in failing else DEEP
    previous = before.sightings.get(watched.id) if before else None
    return follow(previous, outcome, tick, fresh_for=watched.fresh_for)


def over(name: str, began: datetime) -> Incident:
    """Give an incident that ended after half an hour."""
    return Incident(
        id=f"{name}-{began:%Y%m%dT%H%M%SZ}",
        kind=Kind.DOWN,
        opened_at=began,
        routes=(Route.PAGE,),
        subjects=(
            Subject(monitor=name, target=f"tcp://{name}.example.com:5432", need=2, ballots=()),
        ),
        ended_at=began + 30 * MINUTE,
        ending=Ending.RECOVERED,
    )


def ago(minutes: int) -> datetime:
    return datetime.now(UTC) - minutes * MINUTE


def window(begin: datetime, hours: int, *monitors: str) -> Window:
    return Window(begin=begin, length=timedelta(hours=hours), monitors=monitors)
