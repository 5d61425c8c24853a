"""Judge shards: those that the reports table's stream has news of, or all of them once a minute.

Both ways run the same code on what is stored now. A stream record is only a doorbell, so doubled,
late and lost ones change nothing; silence makes no record, and is heard on the minute. An operator
may have a test sent through a route, since nobody but this function can publish to the topics.
"""

import gc

gc.disable()  # what is imported stays: looking for garbage in it is an eighth of a cold start

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from tocsin.adapters.hearers import WORST_SECONDS
from tocsin.domain.endpoint import Endpoint
from tocsin.domain.monitor import Route
from tocsin.domain.schedule import tick_of
from tocsin.domain.shard import Layout, Shard, jobs, layout
from tocsin.domain.standby import Progress
from tocsin.usecases import listen
from tocsin.usecases.assess import Assessment, assess
from tocsin.usecases.ports import StorageError
from tocsin.usecases.reckon import Sweep, reckoned, swept
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

JUDGING_NEEDS = timedelta(seconds=26)
"""For a shard whose tables answer slowly, and for the note; the rest waits for the next wake-up."""

PUBLISHING_NEEDS = timedelta(seconds=25)
"""For another file of the status page, and for noting what was written."""

NOTING_NEEDS = timedelta(seconds=6)
"""For the note of how far the home has come, whose client waits for little."""

HEARING_NEEDS = timedelta(seconds=20)
"""For one read of a table that answers slowly."""

CALLING_NEEDS = timedelta(seconds=10)
"""For a call to the watchdog, which is cut off after half of it."""

LISTENING_NEEDS = timedelta(seconds=WORST_SECONDS + 3)
"""For asking who hears of each route, where nothing answers in time."""

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
        order = in_turn([*shards.values()], tick_of(wake_up.now()))
        failed, done = _judge(order, among, wake_up)
        sweep = _swept(order, done, wake_up)
        _note(done, failed, sweep, wake_up)  # before the endpoint is read, which may take long
        if (endpoint := _endpoint(order, wake_up)) is not None:
            sweep = _swept(order, done, wake_up, endpoint)
        _report(sweep)
        _call_watchdog(sweep, wake_up)
        if told("TOCSIN_SITE_BUCKET", ""):
            _publish(wake_up)
        _listen(order, wake_up, home.scheduled(event))
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
    # Of this version alone, for the alarm that takes a new one back while it is rolled out.
    home.emit({"FailedAssessments": len(failed)}, version=wake_up.context.function_version)
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
    home.emit({"StatusPageOwed": int(owed)})


def _listen(shards: Iterable[Shard], wake_up: WakeUp, tick: int | None) -> None:
    """Say which routes nobody hears of; nothing that goes wrong with it is the judging's."""
    asking = aggregator.asking()
    if tick is None or not asking.due(tick):
        return
    if wake_up.left() < LISTENING_NEEDS:
        logger.warning("no time left to ask who hears of alerts")
        return
    asking.ask(tick)
    try:
        answer = aggregator.hearers().unheard(listen.used(shards))
    except Exception:
        logger.exception("who hears of alerts was not answered")
        return
    for problem in answer.problems:
        logger.error("who hears of alerts was not answered", problem=problem)
    if answer.unheard:
        logger.error("nobody hears of what monitors alert by", routes=answer.unheard)
    figure = {"UnheardRoutes": len(answer.unheard)}
    home.emit(figure, always=figure if asking.all_heard(answer) else ())


def _shard(record: dict[str, Any]) -> str:
    """Read which shard a record of the reports table is about: `pk` is `<location>#<shard>`."""
    key: str = record["dynamodb"]["Keys"]["pk"]["S"]
    return key.rpartition("#")[2]


def _emit(done: list[Assessment], failed: int) -> None:
    configs = home.configs()
    unread = {"UnreadableShards": configs.unreadable, "StaleConfig": configs.stale}
    home.emit(reckoned(done, failed) | unread)
    for each in done:
        _tell(each)


def _endpoint(shards: Sequence[Shard], wake_up: WakeUp) -> Endpoint | None:
    """Read whether jobs can report, where there are any."""
    if any(any(jobs(shard)) for shard in shards) and wake_up.left() > HEARING_NEEDS:
        with suppress(StorageError):  # a shard with jobs was not judged then, and that is told
            return aggregator.ear().pulses.endpoint()
    return None


def _swept(
    shards: Sequence[Shard],
    done: list[Assessment],
    wake_up: WakeUp,
    endpoint: Endpoint | None = None,
) -> Sweep:
    """Say what a sweep has found, and whether jobs can report."""
    configs = home.configs()
    return swept(
        shards,
        done,
        wake_up.now(),
        beyond=configs.unreadable,
        outdated=configs.stale > 0,
        endpoint=endpoint,
    )


def _note(done: list[Assessment], failed: set[str], sweep: Sweep, wake_up: WakeUp) -> None:
    """Note how far the home has come: in another region somebody may be looking for it.

    A shard that was left as it is, or could not be read, is one that was not judged.
    """
    now = wake_up.now()
    outdated = sum(bool(each.outdated) for each in done)
    progress = Progress(
        at=now,
        judged=len(done) - outdated,
        failed=len(failed) + outdated + home.configs().unreadable,
        owed_since=None if sweep.owed_for is None else now - sweep.owed_for,
    )
    try:
        if wake_up.left() > NOTING_NEEDS:
            aggregator.progress().note(progress)
    except StorageError:
        logger.exception("how far the home has come was not noted")


def _report(sweep: Sweep) -> None:
    """Emit what a sweep has found.

    That `Sweeps` is there at all says that the aggregator works. The age of reports is told while
    they are late: the probes' own metrics are in their own regions.
    """
    home.emit(
        {
            "Sweeps": 1,
            "UnjudgedShards": sweep.unjudged,
            "SilentLocations": len(sweep.silent),
            "EndpointOut": int(sweep.deaf),
        },
        always=("Sweeps",),
    )
    owed_for = (sweep.owed_for or timedelta()).total_seconds()
    home.emit({"OutboxAge": max(0.0, round(owed_for, 1))}, unit=MetricUnit.Seconds)
    for name, age in sorted(sweep.silent.items()):
        if age is not None:
            late = {"ReportAge": round(age.total_seconds(), 1)}
            home.emit(late, unit=MetricUnit.Seconds, location=name)


def _call_watchdog(sweep: Sweep, wake_up: WakeUp) -> None:
    """Say outside of AWS that all is judged and told, where it is."""
    watchdog = aggregator.watchdog()
    if watchdog is not None and sweep.complete and wake_up.left() > CALLING_NEEDS:
        problem = watchdog.call()
        if problem:
            logger.warning("the watchdog was not told that all is judged", problem=problem)


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
