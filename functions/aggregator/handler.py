"""Judge shards: those that the reports table's stream has news of, or all of them once a minute.

Both ways run the same code on what is stored now. A stream record is only a doorbell, so doubled,
late and lost ones change nothing; silence makes no record, and is heard on the minute. An operator
may have a test sent through a route, since nobody but this function can publish to the topics.
"""

import gc

gc.disable()  # what is imported stays: looking for garbage in it is an eighth of a cold start

import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from tocsin.domain.monitor import Route
from tocsin.domain.schedule import instant_of, tick_of
from tocsin.domain.shard import Layout, Shard, layout
from tocsin.usecases.assess import Assessment, assess
from tocsin.usecases.rehearse import rehearse
from tocsin.wiring import aggregator, home
from tocsin.wiring.home import told

gc.freeze()
gc.enable()

PACE_SECONDS = 0.25
"""Between two alerts: SNS switches a mail subscription off above 10 messages a second, and the
stream and the minute may each have an aggregator sending."""

SENDING_NEEDS = timedelta(seconds=35)
"""For one message at its slowest, and for striking it off: no further one is begun in less."""

JUDGING_NEEDS = timedelta(seconds=20)
"""For a shard whose tables answer slowly; what is left waits for the next wake-up."""

PUBLISHING_NEEDS = timedelta(seconds=25)
"""For another file of the status page, and for noting what was written."""

TEST_LASTS_SECONDS = 5
"""Between the beginning and the end of a test."""

STRIDE = 0.6180339887
"""Of all shards, from one minute's beginning to the next: the golden section leaves no gaps."""

logger = Logger()


@dataclass(slots=True)
class WakeUp:
    """The time that Lambda gives this invocation."""

    context: LambdaContext
    next_turn: float = 0.0

    def now(self) -> datetime:
        """Give the present instant."""
        return datetime.now(UTC)

    def turn(self) -> None:
        """Wait until it is another alert's turn."""
        time.sleep(max(0.0, self.next_turn - time.monotonic()))
        self.next_turn = time.monotonic() + PACE_SECONDS

    def enough(self) -> bool:
        """Tell whether another message can be begun."""
        return self.left() > SENDING_NEEDS

    def room(self) -> bool:
        """Tell whether another file of the status page can be begun."""
        return self.left() > PUBLISHING_NEEDS

    def left(self) -> timedelta:
        """Give what is left until Lambda ends the function."""
        return timedelta(milliseconds=self.context.get_remaining_time_in_millis())


class SweepError(Exception):
    """Some shards could not be judged; the next minute tries them again."""


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Judge what the event is about; a stream's records that failed are given back by number."""
    if "test_alert" in event:
        return _rehearse(Route(event["test_alert"]))
    shards = {shard.id: shard for shard in home.configs().shards()}
    among = layout(shards.values())
    wake_up = WakeUp(context)
    if "Records" not in event:
        sweep = in_turn([*shards.values()], tick_of(wake_up.now()))
        failed, done = _judge(sweep, among, wake_up)
        _emit_ages(done)
        if told("TOCSIN_SITE_BUCKET", ""):
            _publish(wake_up)
        if failed:
            raise SweepError(f"not judged: {', '.join(sorted(failed))}")
        return {"judged": len(shards)}
    rung = [(_shard(record), record["dynamodb"]["SequenceNumber"]) for record in event["Records"]]
    failed, _ = _judge(
        (shards[name] for name in {name for name, _ in rung} & shards.keys()),
        among,
        wake_up,
    )
    return {
        "batchItemFailures": [{"itemIdentifier": number} for name, number in rung if name in failed]
    }


def _rehearse(route: Route) -> dict[str, Any]:
    """Send a test through a route, and say what the topic answered. Nothing else is touched."""
    sent = rehearse(
        route,
        aggregator.alerts(),
        now=lambda: datetime.now(UTC),
        wait=lambda: time.sleep(TEST_LASTS_SECONDS),
    )
    for each in sent:
        said = "a test was not accepted" if each.problem else "a test was sent"
        logger.info(said, alert=each.alert, accepted_as=each.message, problem=each.problem)
    return {"test_alert": str(route), "sent": [asdict(each) for each in sent]}


def in_turn(shards: Sequence[Shard], minute: int) -> Sequence[Shard]:
    """Begin at another shard each minute: where there is time for some, each has its turn soon."""
    first = int(minute * STRIDE % 1 * len(shards))
    return [*shards[first:], *shards[:first]]


def _judge(
    shards: Iterable[Shard], among: Layout, wake_up: WakeUp
) -> tuple[set[str], list[Assessment]]:
    """Judge each shard on its own, so that one that fails keeps no other from being judged."""
    done, failed = [], set()
    for shard in shards:
        if wake_up.left() < JUDGING_NEEDS:
            logger.warning("no time left to judge a shard", shard=shard.id)
            failed.add(shard.id)
            continue
        try:
            done.append(assess(shard, among, aggregator.bench(), wake_up))
        except Exception:
            logger.exception("a shard was not judged", shard=shard.id)
            failed.add(shard.id)
    _emit(done, len(failed))
    return failed, done


def _publish(wake_up: WakeUp) -> None:
    """Renew the status page, last of all; nothing that goes wrong with it is the judging's."""
    problem = ""
    try:
        from tocsin.wiring.publisher import publisher  # noqa: PLC0415 - most have no such page

        done = publisher().publish(wake_up.now(), wake_up.room)
        owed, problem = done.owed, done.problem
    except Exception:
        logger.exception("the status page was not written")
        owed = True
    if problem:
        logger.error("the status page was not written and stays owed", problem=problem)
    metric = home.metrics()
    metric.add_metric("StatusPageOwed", MetricUnit.Count, int(owed))
    metric.flush_metrics()


def _shard(record: dict[str, Any]) -> str:
    """Read which shard a record of the reports table is about: `pk` is `<location>#<shard>`."""
    key: str = record["dynamodb"]["Keys"]["pk"]["S"]
    return key.rpartition("#")[2]


def _emit(done: list[Assessment], failed: int) -> None:
    metrics = home.metrics()
    counts = {
        "Assessments": len(done),
        "FailedAssessments": failed,
        "StateChanges": sum(each.changed for each in done),
        "AlertsSent": sum(each.sending.sent for each in done),
        "AlertsUnsent": sum(each.sending.unsent for each in done),
        "AlertsGivenUp": sum(len(each.given_up) for each in done),
        "PlainAlerts": sum(len(each.sending.plain) for each in done),
        "UnfiledIncidents": sum(len(each.unfiled) for each in done),
        "IgnoredVotes": sum(each.ignored for each in done),
        "UnreadableReports": sum(len(each.unreadable) for each in done),
        "UnreadableSightings": sum(number for each in done for _, number in each.spoilt),
        "QuarantinedStates": sum(len(each.quarantined) for each in done),
        "OutdatedConfig": sum(bool(each.outdated) for each in done),
        "UnreadableShards": home.configs().unreadable,
        "StaleConfig": home.configs().stale,
    }
    for name, count in counts.items():
        metrics.add_metric(name, MetricUnit.Count, count)
    metrics.flush_metrics()
    for each in done:
        _tell(each)


def _emit_ages(done: list[Assessment]) -> None:
    """Say of each location how old its oldest newest report is: once a minute, for the dashboard.

    The probes' own metrics are in their own regions.
    """
    oldest: dict[str, int] = {}
    for name, tick in (heard for each in done for heard in each.heard.items()):
        oldest[name] = min(tick, oldest.get(name, tick))
    now = datetime.now(UTC)
    for name, tick in sorted(oldest.items()):
        age = max(0.0, (now - instant_of(tick)).total_seconds())
        metric = home.metrics()
        metric.add_dimension("location", name)
        metric.add_metric("ReportAge", MetricUnit.Seconds, round(age, 1))
        metric.flush_metrics()


def _tell(each: Assessment) -> None:
    """Log what somebody may want to look into."""
    _tell_of_what_is_stored(each)
    _tell_of_alerts(each)
    if not each.projected:
        logger.warning("what people read was not written and stays owed", shard=each.shard)
    if each.changed:
        logger.info("a shard's state changed", shard=each.shard, sent=each.sending.sent)


def _tell_of_what_is_stored(each: Assessment) -> None:
    for name in each.quarantined:
        logger.error(
            "a state could not be read: the shard begins anew", shard=each.shard, kept_as=name
        )
    if each.outdated:
        logger.error(
            "a shard is not judged: its state is of a newer configuration than is in force",
            shard=each.shard,
            versions_behind=each.outdated,
            mend="apply the present file with `tocsin apply`: it goes on above that version",
        )
    if each.unreadable:
        logger.warning("reports could not be read", shard=each.shard, reported_by=each.unreadable)
    for location, number in each.spoilt:
        logger.warning(
            "sightings in a report could not be read",
            shard=each.shard,
            reported_by=location,
            sightings=number,
        )


def _tell_of_alerts(each: Assessment) -> None:
    for problem in each.sending.problems:
        logger.error("an alert was not accepted and stays owed", problem=problem)
    for problem in each.sending.plain:
        logger.error("an alert was sent without its details", problem=problem)
    for name in each.given_up:
        logger.error("an alert was never accepted and is given up", given_up=name)
    for name in each.unfiled:
        logger.error("the history did not answer, an incident is not in it", incident=name)
