"""What drives a bill up, in words: each with its price and what can be done."""

from collections.abc import Iterator

from tocsin.config.configuration import LocationKind
from tocsin_cli.cost.consumption import (
    MINUTES,
    Installation,
    at,
    dead_s,
    questions,
    runs,
)
from tocsin_cli.cost.pricing import Prices

WORTH_TELLING_USD = 0.5
"""A month: less than that is no news."""
QUIET_METRICS = 2
"""Metrics that a monitor would have of its own: whether it is up, and how long it takes."""
_SLOW_QUESTIONS = 20


def drivers(here: Installation, prices: Prices) -> Iterator[str]:
    """Say what makes this installation dear, or would."""
    yield from _dead_targets(here, prices)
    yield from _networks(here, prices)
    yield from _zones(here)
    yield from _own_metrics(here, prices)
    yield from _dashboard(here, prices)


def _dead_targets(here: Installation, prices: Prices) -> Iterator[str]:
    """Price the worst: a tick lasts as long as its slowest check, and is paid for by the second."""
    worst = None
    for shard in here.shards:
        for monitor in shard.monitors:
            places = [place for place in here.probes if monitor in at(shard, place)]
            usd = sum(
                prices[f"lambda-gb-s-{here.stacks[place].architecture}"].of(
                    runs(monitor)
                    * dead_s(monitor)
                    * here.stacks[place].memory["ProbeFunction"]
                    / 1024
                )
                for place in places
            )
            if places and (worst is None or usd > worst[0]):
                worst = (usd, monitor)
    if worst is not None and worst[0] >= WORTH_TELLING_USD:
        usd, monitor = worst
        yield (
            f"while {monitor.id} is dead and does not answer, each tick waits"
            f" {dead_s(monitor):.0f} s longer, ${usd / 30:.2f} a day (${usd:.2f} if it stays so for"
            " a month): a shorter timeout, fewer retries or a longer interval lower that, and what"
            " is gone for good is better removed"
        )


def _networks(here: Installation, prices: Prices) -> Iterator[str]:
    inside = [e.name for e in here.configuration.locations if e.kind is LocationKind.VPC]
    for name in inside:
        yield (
            f"{name} is in a VPC: where its way out is a NAT gateway, that is"
            f" ${prices['nat-gateway'].of(1):.2f} a month and $0.045 a GB more, and not in the sum:"
            " in the home region a gateway endpoint for DynamoDB and an interface endpoint for SSM"
            " will do, and an agent needs neither"
        )


def _zones(here: Installation) -> Iterator[str]:
    zones = [
        monitor.id
        for monitor in here.configuration.monitors
        if questions(monitor) > _SLOW_QUESTIONS and runs(monitor) == MINUTES
    ]
    if zones:
        yield (
            f"{', '.join(zones)}: every server of a zone is asked at every address, some"
            " forty questions in each minute: an interval of 5m is enough for most zones"
        )


def _own_metrics(here: Installation, prices: Prices) -> Iterator[str]:
    number = len(here.configuration.monitors) * len(here.probes) * QUIET_METRICS
    usd = prices["metrics"].of(number)
    if usd >= WORTH_TELLING_USD:
        yield (
            "no monitor has a metric in CloudWatch of its own, and none should be given one: two"
            f" for each monitor and location would be ${usd:,.2f} a month"
        )


def _dashboard(here: Installation, prices: Prices) -> Iterator[str]:
    number = sum(stack.dashboards for stack in here.stacks.values())
    if number:
        yield (
            f"the dashboard is ${prices['dashboards'].of(number):.2f} a month where the account has"
            f" more than {prices['dashboards'].free} of them: OwnDashboard=false in samconfig.toml"
            " leaves it out, and its widget can stand on one that is there"
        )
