"""A month's bill: what is used, at its price, by service and by monitor."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from tocsin_cli.cost.consumption import EVERYBODY, Usage
from tocsin_cli.cost.pricing import Prices

SERVICES: Final[Mapping[str, tuple[str, ...]]] = {
    "Lambda": ("lambda-requests", "lambda-gb-s-arm64", "lambda-gb-s-x86_64"),
    "DynamoDB": ("dynamodb-writes", "dynamodb-reads", "dynamodb-storage", "dynamodb-pitr"),
    "CloudWatch alarms": ("alarms",),
    "CloudWatch dashboard": ("dashboards",),
    "CloudWatch metrics": ("metrics",),
    "CloudWatch logs": ("logs", "logs-storage"),
    "SQS": ("sqs-requests", "sqs-fifo-requests"),
    "EventBridge": ("scheduler", "events"),
    "SNS": ("sns-publishes", "sns-mails"),
    "KMS": ("kms-keys",),
}
"""What is paid for, by the name that a bill has for it."""
EGRESS: Final = ("egress", "egress-regions")
"""What is shown apart: who is watched decides it more than how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """So much of something, and the dollars that it costs."""

    name: str
    quantity: float
    unit: str
    usd: float


@dataclass(frozen=True, kw_only=True)
class Bill:
    """A month's bill; nothing is taken off for what is free."""

    usage: Usage
    prices: Prices

    @cached_property
    def services(self) -> Mapping[str, tuple[Line, ...]]:
        """What each service costs, line by line; one that is not used has none."""
        found = {name: self._lines(names) for name, names in SERVICES.items()}
        return {name: lines for name, lines in found.items() if lines}

    @cached_property
    def egress(self) -> tuple[Line, ...]:
        """What leaves for the internet and for other regions."""
        return self._lines(EGRESS)

    @cached_property
    def total(self) -> float:
        """All services in all, in dollars; egress is apart."""
        return sum(line.usd for lines in self.services.values() for line in lines)

    @cached_property
    def free(self) -> float:
        """How much of it an account pays nothing for, that uses these services for nothing else."""
        quantities = self._quantities()
        inside = (name for names in SERVICES.values() for name in names)
        return sum(
            self.prices[name].of(min(quantities[name], self.prices[name].free)) for name in inside
        )

    @cached_property
    def monitors(self) -> Mapping[str, float]:
        """What each monitor adds, in dollars, the dearest first; the rest is everybody's."""
        dollars: defaultdict[str, float] = defaultdict(float)
        for (name, owner), quantity in self.usage.items():
            if owner != EVERYBODY and name not in EGRESS:
                dollars[owner] += self.prices[name].of(quantity)
        return dict(sorted(dollars.items(), key=lambda each: (-each[1], each[0])))

    @cached_property
    def shared(self) -> float:
        """What is no single monitor's, in dollars."""
        return self.total - sum(self.monitors.values())

    def _quantities(self) -> Mapping[str, float]:
        quantities: dict[str, float] = dict.fromkeys(self.prices, 0.0)
        for (name, _), quantity in self.usage.items():
            quantities[name] += quantity
        return quantities

    def _lines(self, names: tuple[str, ...]) -> tuple[Line, ...]:
        quantities = self._quantities()
        return tuple(
            Line(
                name=name,
                quantity=quantities[name],
                unit=self.prices[name].unit,
                usd=self.prices[name].of(quantities[name]),
            )
            for name in names
            if quantities[name]
        )
