"""The stand-by: what looks at the home from another region, and the way out of this one."""

import asyncio
from functools import cache, partial
from uuid import uuid4

from tocsin.adapters import dynamodb, sns
from tocsin.adapters.bell import SnsBell
from tocsin.adapters.progress import DynamoProgress
from tocsin.adapters.views import NEAR, DynamoViews
from tocsin.adapters.watches import DynamoWatches
from tocsin.checks.dial import Dialer
from tocsin.checks.engine import Engine
from tocsin.domain.egress import Egress
from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Outcome, Vote
from tocsin.messages.silent import Place, render
from tocsin.usecases.stand_by import Post
from tocsin.wiring import home
from tocsin.wiring.home import told
from tocsin.wiring.probe import canaries, log_crash

CANARY_SECONDS = 8.0
"""For all canaries together."""


@cache
def post() -> Post:
    """Build the stand-by of this region."""
    here, of_home = told("AWS_REGION"), told("TOCSIN_HOME_REGION")
    near, table = dynamodb.connect(here, NEAR), told("TOCSIN_STANDBY_TABLE")
    topic = told("TOCSIN_STANDBY_TOPIC")
    _, partition, _, region, account, _ = topic.split(":")
    place = Place(
        home=of_home,
        location=told("TOCSIN_LOCATION"),
        region=region,
        account=account,
        partition=partition,
    )
    # What is in the home region tells nothing of our own network while that region is lost.
    asked = canaries(told("TOCSIN_CANARIES", ""), here, of_home)
    return Post(
        home=of_home,
        region=DynamoProgress(home.tables(), told("TOCSIN_STATE_TABLE")),
        views=DynamoViews(near, table),
        watches=DynamoWatches(near, table, lambda: uuid4().hex),
        bell=SnsBell(sns.connect(here), topic, partial(render, place=place)),
        blind=partial(blind, asked, Dialer(egress=Egress(told("TOCSIN_EGRESS", Egress.PUBLIC)))),
    )


def blind(asked: tuple[Monitor, ...], dialer: Dialer) -> str:
    """Ask the canaries; where most of them fail, say why our own network is not to be trusted."""
    if not asked:
        return ""
    failed = [each for each in asyncio.run(_ask(asked, dialer)) if each.vote is not Vote.PASS]
    if 2 * len(failed) <= len(asked):
        return ""
    return f"{len(failed)} of our {len(asked)} canaries fail: {failed[0].evidence}"


async def _ask(asked: tuple[Monitor, ...], dialer: Dialer) -> list[Outcome]:
    deadline = asyncio.get_running_loop().time() + CANARY_SECONDS
    found = await Engine(dialer, on_crash=log_crash).run(asked, deadline=deadline)
    return [*found.values()]
