"""What docs/cost.md shows of the bills: made by the command itself, so that it cannot go stale.

`PYTHONPATH=.:shared:cli python -m tests.unit.cli.cost_page` writes it anew.
"""

import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path

from tocsin.config.configuration import Configuration, Location
from tocsin.config.reader import read
from tocsin.domain.monitor import Monitor
from tocsin.domain.questions import DnsTarget
from tocsin.domain.target import HttpTarget, TcpTarget, Tls
from tocsin_cli.cost.bill import Bill
from tocsin_cli.cost.commands import installed, show
from tocsin_cli.cost.consumption import MINUTES, Installation, kind_of, used
from tocsin_cli.cost.pricing import Prices, prices

PROJECT = Path(__file__).parents[3]
PAGE = PROJECT / "docs" / "cost.md"
TEMPLATE = PROJECT / "template.yaml"
PLACES = ("eu-west-1", "us-east-1", "ap-southeast-1")
MIXED = {"tcp": 400, "https": 250, "tls": 150, "http": 100, "dns": 100}
CROWDS = {
    "1,000 of many kinds": MIXED,
    "1,000 TCP ports": {"tcp": 1000},
    "1,000 HTTPS pages": {"https": 1000},
    "100 of many kinds": {kind: number // 10 for kind, number in MIXED.items()},
    "10 HTTPS pages": {"https": 10},
}
NAMED = (
    "Lambda",
    "DynamoDB",
    "SNS",
    "EventBridge",
    "CloudWatch logs",
    "CloudWatch alarms",
)
"""The services of the aim: at most $10 a month for 1,000 monitors from three locations."""
SEEN = {"tcp": 0, "tls": 0, "http": 1, "https": 2}
"""What Route 53 can check, and how many of its features that takes: a text to find, and HTTPS."""


def crowd(kinds: dict[str, int]) -> Configuration:
    """Watch so many services of each kind, every minute from three locations."""
    return Configuration(
        locations=tuple(Location(name=place) for place in PLACES),
        monitors=tuple(
            Monitor(id=f"{kind}-{number}", target=_target(kind), locations=PLACES, need=2)
            for kind, count in kinds.items()
            for number in range(count)
        ),
    )


def _target(kind: str) -> TcpTarget | HttpTarget | DnsTarget:
    match kind:
        case "http" | "https":
            return HttpTarget(url=f"{kind}://www.example.com/", pattern="well")
        case "dns":
            return DnsTarget(name="www.example.com")
        case _:
            tls = Tls() if kind == "tls" else None
            return TcpTarget(host="db.example.com", port=5432, tls=tls)


def reckoned(configuration: Configuration) -> tuple[Installation, Bill]:
    """Reckon what a configuration costs with the project's own template."""
    here = replace(installed(configuration, TEMPLATE), region="us-east-1")
    return here, Bill(usage=used(here), prices=prices("us-east-1"))


def named(bill: Bill) -> float:
    """Give what the services of the aim cost."""
    return sum(line.usd for name in NAMED for line in bill.services.get(name, ()))


def example() -> str:
    """Give what the command says of the project's own file."""
    configuration = read(PROJECT / "monitors.yaml").configuration
    assert configuration is not None
    here, bill = reckoned(configuration)
    with redirect_stdout(StringIO()) as output:
        show(bill, here, "us-east-1")
    said = output.getvalue().replace("\t", "  ")
    return f"```console\n$ tocsin cost --region us-east-1\n{said}```"


def thousands() -> str:
    """Give the table of crowds."""
    head = "| watched every minute from three locations | Lambda | DynamoDB | alarms | all else |"
    head += " in all, no dashboard | with one | after free tiers | egress, apart |"
    rows = [head, "|" + " --- |" * 9]
    for name, kinds in CROWDS.items():
        _, bill = reckoned(crowd(kinds))
        parts = {each: sum(line.usd for line in bill.services[each]) for each in bill.services}
        cells = [parts[each] for each in ("Lambda", "DynamoDB", "CloudWatch alarms")]
        without = bill.total - parts["CloudWatch dashboard"]
        cells += [without - sum(cells), without, bill.total, bill.total - bill.free]
        cells.append(sum(line.usd for line in bill.egress))
        rows.append(f"| {name} | " + " | ".join(f"${each:,.2f}" for each in cells) + " |")
    return "\n".join(rows)


def compared() -> str:
    """Give the table beside what AWS has of its own."""
    known = prices("us-east-1")
    file = read(PROJECT / "monitors.yaml").configuration
    assert file is not None
    watched = {"the example": file} | {name: crowd(kinds) for name, kinds in CROWDS.items()}
    rows = [
        "| watched | Tocsin | Route 53 health checks | of the monitors | CloudWatch Synthetics |",
        "|" + " --- |" * 5,
    ]
    for name, configuration in watched.items():
        _, bill = reckoned(configuration)
        able = [each for each in configuration.monitors if kind_of(each) in SEEN and _public(each)]
        route53 = sum(_route53(each, known) for each in able)
        runs = sum(
            MINUTES / (each.interval.total_seconds() / 60) * len(set(each.locations) & {*PLACES})
            for each in configuration.monitors
        )
        rows.append(
            f"| {name} | ${bill.total:,.2f} | ${route53:,.2f} | {len(able):,} of"
            f" {len(configuration.monitors):,} | ${known['synthetics-run'].of(runs):,.2f} |"
        )
    return "\n".join(rows)


def _public(monitor: Monitor) -> bool:
    return isinstance(monitor.target, TcpTarget | HttpTarget)


def _route53(monitor: Monitor, known: Prices) -> float:
    features = SEEN[kind_of(monitor)]
    return known["route53-check"].of(1) + known["route53-feature"].of(features)


def page(before: str) -> str:
    """Give the page with its tables made anew."""
    blocks: Iterator[str] = iter((example(), thousands(), compared()))
    return re.sub(
        r"(<!-- made -->\n).*?(<!-- end -->)",
        lambda match: f"{match[1]}{next(blocks)}\n{match[2]}",
        before,
        flags=re.DOTALL,
    )


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
