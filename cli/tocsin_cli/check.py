"""`tocsin check`: check one target once, from this machine."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin_cli.output import AsJson, print_json, say, table

if TYPE_CHECKING:
    from tocsin.domain.monitor import Monitor
    from tocsin.domain.outcome import Outcome

UP, DEGRADED, DOWN, UNKNOWN = "up", "degraded", "down", "unknown"
EXIT = {UP: 0, DEGRADED: 1, DOWN: 2, UNKNOWN: 3}
STYLE = {UP: "bold green", DEGRADED: "bold yellow", DOWN: "bold red", UNKNOWN: "bold magenta"}
BAR = 40
"""Characters of the longest phase's bar."""


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(check)


def check(
    target: Annotated[str, typer.Argument(metavar="TARGET", help="What to check.")],
    timeout: Annotated[str, typer.Option(help="Time for one attempt.")] = "5s",
    retries: Annotated[int, typer.Option(min=0, max=10, help="Attempts after a failed one.")] = 2,
    slow: Annotated[str | None, typer.Option(help="Time above which it is degraded.")] = None,
    family: Annotated[str, typer.Option(help="IP version: any, 4 or 6.")] = "any",
    *,
    as_json: AsJson = False,
) -> None:
    """Check one target from this machine, with the checks of the probes.

    TARGET is tcp://host:port[?banner=REGEX], http(s)://…, or
    dns://name[?type=MX&resolver=192.0.2.1:53&rcode=NOERROR&equals=…&contains=…].

    Exit: 0 up, 1 degraded (slower than --slow), 2 down, 3 unknown (this machine could not tell),
    64 if the command or the target is wrong.
    """
    from tocsin.config import durations  # noqa: PLC0415 - not for --help
    from tocsin.config.fault import MistakeError  # noqa: PLC0415
    from tocsin.domain.monitor import Monitor  # noqa: PLC0415
    from tocsin_cli.target import parse  # noqa: PLC0415

    try:
        monitor = Monitor(
            id="check",
            target=parse(target, family),
            locations=("here",),
            need=1,
            timeout=durations.timeout(timeout),
            retries=retries,
            slow=None if slow is None else durations.threshold(slow),
        )
    except MistakeError as mistake:
        raise typer.BadParameter(f"{mistake.message}. {mistake.fix}.") from None
    outcome = _run(monitor)
    status = _status(monitor, outcome)
    if as_json:
        print_json(_document(monitor, status, outcome))
    else:
        _show(monitor, status, outcome)
    raise typer.Exit(EXIT[status])


def _run(monitor: "Monitor") -> "Outcome":
    import asyncio  # noqa: PLC0415 - not for --help

    from tocsin.checks.dial import Dialer  # noqa: PLC0415
    from tocsin.checks.engine import Engine  # noqa: PLC0415
    from tocsin.domain.egress import Egress  # noqa: PLC0415
    from tocsin.domain.schedule import budget  # noqa: PLC0415

    async def once() -> "Outcome":
        engine = Engine(Dialer(egress=Egress.LOOPBACK))
        spare = budget(monitor) + timedelta(seconds=2)
        deadline = asyncio.get_running_loop().time() + spare.total_seconds()
        return (await engine.run([monitor], deadline=deadline))[monitor.id]

    return asyncio.run(once())


def _status(monitor: "Monitor", outcome: "Outcome") -> str:
    match outcome.vote:
        case "fail":
            return DOWN
        case "abstain":
            return UNKNOWN
    late = monitor.slow and timedelta(milliseconds=outcome.total_ms) > monitor.slow
    return DEGRADED if late else UP


def _document(monitor: "Monitor", status: str, outcome: "Outcome") -> dict[str, object]:
    return {
        "target": str(monitor.target),
        "status": status,
        "layer": outcome.layer,
        "reason": outcome.reason,
        "evidence": outcome.evidence,
        "address": outcome.address,
        "phases_ms": {phase: round(ms, 3) for phase, ms in outcome.phases_ms.items()},
        "attempts": outcome.attempts,
    }


def _show(monitor: "Monitor", status: str, outcome: "Outcome") -> None:
    from tocsin.messages.words import milliseconds  # noqa: PLC0415 - not for --help

    why = f" ({outcome.layer or 'prober'}: {outcome.reason})" if outcome.reason else ""
    say(f"{status}{why}  {monitor.target}", STYLE[status])
    if outcome.evidence:
        say(outcome.evidence)
    tries = f"{outcome.attempts} attempt{'s' * (outcome.attempts > 1)}"
    say(f"{outcome.address or 'no address'}, {tries}, {milliseconds(outcome.total_ms)}", "dim")
    longest = max(outcome.phases_ms.values(), default=0.0) or 1.0
    table(
        ("phase", "time", ""),
        [
            (phase, milliseconds(ms), "█" * max(1, round(BAR * ms / longest)))
            for phase, ms in outcome.phases_ms.items()
        ],
    )
