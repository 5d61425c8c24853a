"""The widget: the console as a dashboard shows it."""

from functools import cache
from uuid import uuid4

from tocsin.adapters.calendar import next_start, next_time
from tocsin.adapters.heartbeats import DynamoHeartbeats
from tocsin.adapters.history import DynamoHistory
from tocsin.adapters.projections import DynamoProjections
from tocsin.adapters.states import DynamoStates
from tocsin.pages.console import Console
from tocsin.usecases.hear import Ear
from tocsin.usecases.survey import Eyes
from tocsin.wiring import home
from tocsin.wiring.home import told


@cache
def console() -> Console:
    """Build what answers a dashboard."""
    tables, table = home.tables(), told("TOCSIN_STATE_TABLE")
    return Console(
        eyes=Eyes(
            configs=home.configs(),
            states=DynamoStates(tables, table, lambda: uuid4().hex),
            reports=home.reports(),
            ear=Ear(pulses=DynamoHeartbeats(tables, table), next_time=next_time),
            next_start=next_start,
        ),
        past=DynamoProjections(tables, table),
        reports=home.reports(),
        history=DynamoHistory(tables, table),
    )
