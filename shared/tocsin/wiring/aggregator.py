"""The aggregator: the state of each shard, and the way out."""

from functools import cache, partial
from uuid import uuid4

from tocsin.adapters import dynamodb, sns
from tocsin.adapters.calendar import next_start, next_time
from tocsin.adapters.hearers import AwsHearers
from tocsin.adapters.heartbeats import DynamoHeartbeats
from tocsin.adapters.history import DynamoHistory
from tocsin.adapters.progress import DynamoProgress
from tocsin.adapters.projections import DynamoProjections
from tocsin.adapters.sns import SnsAlerts
from tocsin.adapters.states import DynamoStates
from tocsin.adapters.views import NEAR
from tocsin.adapters.watchdog import Watchdog
from tocsin.domain.monitor import Route
from tocsin.messages.bundle import render
from tocsin.messages.plain import plain
from tocsin.usecases.assess import Bench
from tocsin.usecases.hear import Ear
from tocsin.usecases.listen import Asking
from tocsin.usecases.project import Projector
from tocsin.wiring import home
from tocsin.wiring.home import told
from tocsin.wiring.links import links


@cache
def bench() -> Bench:
    """Build all that it takes to judge."""
    return Bench(
        reports=home.reports(),
        ear=ear(),
        states=states(),
        history=DynamoHistory(home.tables(), told("TOCSIN_STATE_TABLE")),
        alerts=alerts(),
        next_start=next_start,
        projector=Projector(
            reports=home.reports(),
            projections=DynamoProjections(home.tables(), told("TOCSIN_STATE_TABLE")),
            next_start=next_start,
            history=DynamoHistory(home.tables(), told("TOCSIN_STATE_TABLE")),
        ),
        quarantine=states(),
    )


@cache
def progress() -> DynamoProgress:
    """Build the note that a stand-by in another region looks for.

    It is written with what time a sweep has left, so its client waits for little.
    """
    near = dynamodb.connect(told("TOCSIN_HOME_REGION"), NEAR)
    return DynamoProgress(near, told("TOCSIN_STATE_TABLE"))


@cache
def states() -> DynamoStates:
    """Build the keeper of the state documents; each write bears a token of its own."""
    return DynamoStates(home.tables(), told("TOCSIN_STATE_TABLE"), lambda: uuid4().hex)


@cache
def ear() -> Ear:
    """Build what hears the jobs that must report."""
    pulses = DynamoHeartbeats(home.tables(), told("TOCSIN_STATE_TABLE"))
    return Ear(pulses=pulses, next_time=next_time)


@cache
def alerts() -> SnsAlerts:
    """Build the way out."""
    return SnsAlerts(
        sns.connect(told("TOCSIN_HOME_REGION")),
        topics(),
        partial(render, links=links()),
        partial(plain, links=links()),
    )


@cache
def hearers() -> AwsHearers:
    """Build what asks who hears of alerts."""
    return AwsHearers(
        told("TOCSIN_HOME_REGION"),
        topics(),
        outlets=told("TOCSIN_OUTLETS"),
        bus=told("TOCSIN_EVENT_BUS", ""),
    )


@cache
def asking() -> Asking:
    """Build what remembers when that was asked."""
    return Asking()


def topics() -> dict[Route, str]:
    """Name the topic of each route."""
    return {route: told(f"TOCSIN_TOPIC_{route.upper()}") for route in Route}


@cache
def watchdog() -> Watchdog | None:
    """Build the way to whoever watches from outside of AWS, if anybody does."""
    url = told("TOCSIN_WATCHDOG_URL", "")
    return Watchdog(url) if url else None
