"""The aggregator: the state of each shard, and the way out."""

from functools import cache
from uuid import uuid4

from pydantic import Field

from tocsin.adapters import sns
from tocsin.adapters.sns import SnsAlerts
from tocsin.adapters.states import DynamoStates
from tocsin.domain.monitor import Route
from tocsin.messages.bundle import render
from tocsin.wiring import home


class AggregatorSettings(home.Settings):
    """What the aggregator is told: the topic of each route."""

    page: str = Field(alias="TOCSIN_TOPIC_PAGE", min_length=1)
    chat: str = Field(alias="TOCSIN_TOPIC_CHAT", min_length=1)
    notice: str = Field(alias="TOCSIN_TOPIC_NOTICE", min_length=1)


@cache
def states() -> DynamoStates:
    """Build the keeper of the state documents; each write bears a token of its own."""
    settings = home.told(home.Settings)
    client = home.tables(settings.home_region)
    return DynamoStates(client, settings.state_table, lambda: uuid4().hex)


@cache
def alerts() -> SnsAlerts:
    """Build the way out."""
    settings = home.told(AggregatorSettings)
    topics = {
        Route.PAGE: settings.page,
        Route.CHAT: settings.chat,
        Route.NOTICE: settings.notice,
    }
    return SnsAlerts(sns.connect(settings.home_region), topics, render)
