"""The heartbeat endpoint: where jobs' reports are kept."""

from functools import cache

from tocsin.adapters import dynamodb
from tocsin.adapters.heartbeats import PROMPT, DynamoHeartbeats
from tocsin.wiring.home import told


@cache
def heartbeats() -> DynamoHeartbeats:
    """Build the keeper of the reports of jobs, with little patience: its callers have none."""
    tables = dynamodb.connect(told("TOCSIN_HOME_REGION"), PROMPT)
    return DynamoHeartbeats(tables, told("TOCSIN_STATE_TABLE"))
