"""`tocsin cost`: what a file of monitors costs in a month, before it runs."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin_cli.output import AsJson, complain, print_json, say, table

if TYPE_CHECKING:
    from tocsin.config.configuration import Configuration
    from tocsin_cli.cost.bill import Bill, Line
    from tocsin_cli.cost.consumption import Installation
    from tocsin_cli.cost.pricing import Price

REFUSED = 2
SHOWN = 10
"""Monitors that are shown, the dearest of them; --json has all."""


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(cost)


def cost(
    monitors: Annotated[Path, typer.Option(help="The file of monitors.")] = Path("monitors.yaml"),
    region: Annotated[
        str | None,
        typer.Option(help="The region whose prices are taken.", show_default="the home region"),
    ] = None,
    *,
    incidents: Annotated[int, typer.Option(help="Incidents in a month.", min=0)] = 30,
    template: Annotated[
        Path, typer.Option(help="The template, which says what each stack has.")
    ] = Path("template.yaml"),
    as_json: AsJson = False,
) -> None:
    """Show what a file costs in a month, by service and by monitor, in US dollars.

    Nothing is asked of AWS. Durations, sizes and calls were measured on the local stack; prices
    have a date each. What the free tiers of an account take off is shown apart, and so is egress.

    Exit: 0 shown, 1 the template or a price is not to be had, 2 the file has errors.
    """
    from tocsin.config.reader import read  # noqa: PLC0415 - pydantic and YAML, not for --help
    from tocsin_cli.cost.bill import Bill  # noqa: PLC0415
    from tocsin_cli.cost.consumption import used  # noqa: PLC0415
    from tocsin_cli.cost.pricing import prices  # noqa: PLC0415

    reading = read(monitors, now=datetime.now(UTC))
    if reading.configuration is None:
        complain(*map(str, reading.faults), f"tocsin: {monitors} has errors; mend them first")
        raise typer.Exit(REFUSED)
    here = installed(reading.configuration, template, incidents=incidents)
    known = prices(region or here.region)
    bill = Bill(usage=used(here), prices=known)
    if as_json:
        print_json(document(bill, here, region or here.region))
    else:
        show(bill, here, region or here.region)


def installed(
    configuration: "Configuration", template: Path, *, incidents: int = 30
) -> "Installation":
    """Say what would be installed for a file: a stack for each location, as samconfig.toml has it.

    TemplateError.
    """
    from tocsin_cli.cost.blueprint import blueprint, load  # noqa: PLC0415 - YAML, not for --help
    from tocsin_cli.cost.consumption import Habits, Installation  # noqa: PLC0415
    from tocsin_cli.cost.measured import measured  # noqa: PLC0415
    from tocsin_cli.deployment.stacks import read  # noqa: PLC0415

    said = Path("samconfig.toml")
    stacks = {e.location: e for e in read(said.read_text("utf-8"))} if said.is_file() else {}
    shape = load(template)
    homes = [name for name, each in stacks.items() if each.part == "home"]
    places = [e.name for e in configuration.locations if e.kind != "agent"]
    home = homes[0] if homes else next(iter(places), "home")
    found = {}
    for name in dict.fromkeys((home, *places)):
        given = dict(stacks[name].parameters) if name in stacks else {"Location": name}
        found[name] = blueprint(shape, {**given, "Part": "home" if name == home else "probe"})
    return Installation(
        configuration=configuration,
        home=home,
        region=stacks[home].region if home in stacks else "us-east-1",
        stacks=found,
        measured=measured(),
        habits=Habits(incidents=incidents),
    )


def show(bill: "Bill", here: "Installation", region: str) -> None:
    """Print a bill."""
    from tocsin_cli.cost.drivers import drivers  # noqa: PLC0415 - not for --help

    rows = [
        (service, f"{line.quantity:,.{0 if line.quantity >= SHOWN else 2}f} {line.unit}", usd(line))
        for service, lines in bill.services.items()
        for line in lines
    ]
    table(("service", "in a month", "USD"), rows, grouped=True)
    say(f"in all: ${bill.total:.2f} a month", "bold")
    say(
        f"of that, ${bill.free:.2f} is free in an account that uses these services for nothing"
        f" else: then it is ${bill.total - bill.free:.2f}"
    )
    sent = sum(line.usd for line in bill.egress)
    parts = ", ".join(f"{line.quantity:,.1f} {line.unit} ${line.usd:.2f}" for line in bill.egress)
    say(f"egress, not in the sum: ${sent:.2f} ({parts})" if parts else "egress: none")
    dearest = [*bill.monitors.items()][:SHOWN]
    table(("monitor", "USD"), [(name, f"{each:.4f}") for name, each in dearest])
    others = len(bill.monitors) - len(dearest)
    more = f"; {others} more are in --json" if others else ""
    say(f"no single monitor's: ${bill.shared:.2f}{more}")
    for line in drivers(here, bill.prices):
        say(f"! {line}", "yellow")
    for line in doubts(bill, here, region):
        say(line, "dim")


def doubts(bill: "Bill", here: "Installation", region: str) -> list[str]:
    """Say where the figures are from, and what they do not know."""
    from tocsin_cli.cost.pricing import elsewhere  # noqa: PLC0415 - not for --help

    used = [line.name for lines in (*bill.services.values(), bill.egress) for line in lines]
    prices = [bill.prices[name] for name in used]
    borrowed = [each for each in elsewhere(bill.prices, region) if each.name in used]
    dates = sorted(each.dated for each in prices)
    where = f"measured on {here.measured.date} ({here.measured.processor})"
    said = [f"{where}; prices of {dates[0]} to {dates[-1]}"]
    if borrowed:
        said.append(
            f"{len(borrowed)} of {len(prices)} prices of {region} are not in the table: those of"
            f" {borrowed[0].region} stand in for them"
        )
    return said


def document(bill: "Bill", here: "Installation", region: str) -> dict[str, object]:
    """Give a bill as `--json` prints it."""
    from tocsin_cli.cost.drivers import drivers  # noqa: PLC0415 - not for --help

    return {
        "region": region,
        "total": round(bill.total, 4),
        "free": round(bill.free, 4),
        "services": {name: [*map(_line, lines)] for name, lines in bill.services.items()},
        "egress": [*map(_line, bill.egress)],
        "monitors": {name: round(each, 6) for name, each in bill.monitors.items()},
        "shared": round(bill.shared, 4),
        "warnings": [*drivers(here, bill.prices)],
        "measured": here.measured.date,
        "prices": {name: _price(each) for name, each in bill.prices.items() if _is_in(name, bill)},
    }


def usd(line: "Line") -> str:
    """Write what a line costs."""
    return f"{line.usd:.2f}"


def _line(line: "Line") -> dict[str, object]:
    return {
        "name": line.name,
        "quantity": round(line.quantity, 3),
        "unit": line.unit,
        "usd": round(line.usd, 4),
    }


def _price(price: "Price") -> dict[str, object]:
    return {
        "usd": price.usd,
        "per": price.per,
        "region": price.region,
        "date": price.dated.isoformat(),
        "source": price.source,
    }


def _is_in(name: str, bill: "Bill") -> bool:
    lines = (line for group in (*bill.services.values(), bill.egress) for line in group)
    return any(line.name == name for line in lines)
