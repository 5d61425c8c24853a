"""The probe: a location's eyes."""

import time
from collections.abc import Callable
from functools import cache
from traceback import extract_tb
from urllib.parse import urlsplit

from aws_lambda_powertools import Logger

from tocsin.adapters import dynamodb, parameters
from tocsin.adapters.buffer import LateReports
from tocsin.adapters.parameters import SsmSecrets
from tocsin.adapters.views import NEAR, DynamoViews
from tocsin.checks.dial import Dialer
from tocsin.checks.engine import Engine
from tocsin.domain.egress import Egress
from tocsin.domain.monitor import Monitor
from tocsin.domain.target import TcpTarget, Tls
from tocsin.usecases.observe import Prober
from tocsin.usecases.ports import SecretError
from tocsin.wiring import home
from tocsin.wiring.home import told

CANARIES = 3
"""How many are asked in each tick."""


@cache
def prober() -> Prober:
    """Build this location's prober."""
    dialer = Dialer(
        egress=Egress(told("TOCSIN_EGRESS", Egress.PUBLIC)),
        source=told("TOCSIN_SOURCE_ADDRESS", "") or None,
    )
    return Prober(
        location=told("TOCSIN_LOCATION"),
        configs=home.configs(),
        reports=late(),
        checker=Engine(dialer, on_crash=log_crash),
        secrets=SsmSecrets(parameters.connect(told("AWS_REGION")), time.monotonic),
        endpoint=endpoint(),
        canaries=canaries(told("TOCSIN_CANARIES", ""), told("AWS_REGION")),
        showcase=showcase(),
    )


@cache
def late() -> LateReports:
    """Build the keeper of the reports, with those that the home did not take."""
    return LateReports(home.reports())


@cache
def showcase() -> DynamoViews | None:
    """Find the table of this region's stand-by, where there is one."""
    table = told("TOCSIN_STANDBY_TABLE", "")
    return DynamoViews(dynamodb.connect(told("AWS_REGION"), NEAR), table) if table else None


def canaries(text: str, *regions: str) -> tuple[Monitor, ...]:
    """Read the canaries, `tls://host:port` or `tcp://host:port` with spaces between.

    Those of these regions, first of all our own, are left out: what shares a fate with us, or with
    what is asked about, tells nothing.
    """
    shared = [f".{region}." for region in regions]
    others = [each for each in text.split() if not any(part in each for part in shared)]
    others = others[:CANARIES]
    return tuple(_canary(number, each) for number, each in enumerate(others))


def _canary(number: int, text: str) -> Monitor:
    url = urlsplit(text)
    target = TcpTarget(
        host=url.hostname or "",
        port=url.port or 443,
        tls=Tls() if url.scheme == "tls" else None,
    )
    return Monitor(id=f"/canaries/{number}", target=target, locations=("here",), need=1, retries=1)


def endpoint() -> Callable[[], str | None]:
    """Find where jobs report to: the home stack notes it in Parameter Store of its region."""
    name = told("TOCSIN_HEARTBEAT_URL_PARAMETER", "")
    store = SsmSecrets(parameters.connect(told("TOCSIN_HOME_REGION")), time.monotonic)

    def find() -> str | None:
        try:
            return store.reveal(name) if name else None
        except SecretError:
            return None

    return find


def log_crash(monitor: Monitor, error: Exception) -> None:
    """Log a fault of our own; that monitor abstains, and the others go on.

    Where it broke, not what it says: an error may quote what was sent, secrets included.
    """
    frames = [f"{f.filename}:{f.lineno} {f.name}" for f in extract_tb(error.__traceback__)]
    Logger().error("a check broke", monitor=monitor.id, error=type(error).__name__, frames=frames)
