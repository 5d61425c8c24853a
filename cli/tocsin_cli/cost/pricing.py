"""The table of prices: each with its region, its date and where it was read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from botocore.session import Session

from tocsin_cli.output import CommandError

REFERENCE: Final = "us-east-1"
"""The region of which every price is known."""
_FILE: Final = Path(__file__).with_name("prices.json")


class PriceError(CommandError):
    """There is no price for what is asked; the text says what there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What `per` units cost in dollars; `free` of them are free for each account, every month."""

    name: str
    unit: str
    usd: float
    per: int
    free: int
    region: str
    dated: date
    source: str

    def of(self, quantity: float) -> float:
        """Give the dollars that so much costs, before anything is free."""
        return quantity * self.usd / self.per


type Prices = Mapping[str, Price]


def prices(region: str) -> Prices:
    """Give every price in a region; where it is not known, that of REFERENCE. PriceError."""
    known = _regions()
    if region not in known:
        near = get_close_matches(region, known, n=1)
        meant = f"did you mean {near[0]}?" if near else "write one such as eu-west-1"
        raise PriceError(f"there is no region {region}: {meant}")
    table: dict[str, Any] = json.loads(_FILE.read_text("utf-8"))
    return {name: _price(name, each, region) for name, each in table.items()}


def elsewhere(table: Prices, region: str) -> tuple[Price, ...]:
    """Give the prices that are another region's."""
    return tuple(each for each in table.values() if each.region != region)


def _price(name: str, said: Mapping[str, Any], region: str) -> Price:
    where = region if region in said["regions"] else REFERENCE
    here = said["regions"][where]
    return Price(
        name=name,
        unit=said["unit"],
        usd=here["usd"],
        per=said["per"],
        free=said["free"],
        region=where,
        dated=date.fromisoformat(here["date"]),
        source=here["source"],
    )


def _regions() -> list[str]:
    """Name the regions of AWS that have functions, as botocore knows them; nothing is asked."""
    session = Session()
    partitions = session.get_available_partitions()
    return [name for each in partitions for name in session.get_available_regions("lambda", each)]
