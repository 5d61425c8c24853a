"""What a change of the file does to the bill."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from tocsin.config.configuration import Configuration, Location
from tocsin.domain.heartbeat import ENDPOINT
from tocsin.domain.shard import Shard
from tocsin_cli.cost.bill import Bill
from tocsin_cli.cost.commands import installed
from tocsin_cli.cost.consumption import used
from tocsin_cli.cost.pricing import prices


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Dollars a month of what is in force, and of what would be."""

    before: float
    after: float

    def __str__(self) -> str:
        change = self.after - self.before
        more = f"{abs(change):.2f} {'more' if change > 0 else 'less'} than now"
        same = "as now"
        return f"costs ${self.after:.2f} a month, {same if abs(change) < 0.005 else f'${more}'}"  # noqa: PLR2004 - half a cent


def difference(before: Iterable[Shard], after: Configuration, template: Path) -> Difference:
    """Reckon both. TemplateError, PriceError."""
    monitors = tuple(monitor for shard in before for monitor in shard.monitors)
    kinds = {each.name: each for each in after.locations}
    names = dict.fromkeys(n for m in monitors for n in m.locations if n != ENDPOINT)
    locations = tuple(kinds.get(name, Location(name=name)) for name in names)
    # A location that nobody watches from has its stack all the same.
    known = (*locations, *(each for each in after.locations if each.name not in names))
    now = replace(after, monitors=monitors, locations=known)
    return Difference(before=_total(now, template), after=_total(after, template))


def _total(configuration: Configuration, template: Path) -> float:
    here = installed(configuration, template)
    return Bill(usage=used(here), prices=prices(here.region)).total
