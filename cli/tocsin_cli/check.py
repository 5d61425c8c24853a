"""`tocsin check`: check one target once, from this machine."""

from datetime import UTC, datetime, timedelta
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


def check(  # noqa: PLR0913 - each is an option of the command
    target: Annotated[str, typer.Argument(metavar="TARGET", help="What to check.")],
    *,
    timeout: Annotated[str, typer.Option(help="Time for one attempt.")] = "5s",
    retries: Annotated[int, typer.Option(min=0, max=10, help="Attempts after a failed one.")] = 2,
    slow: Annotated[str | None, typer.Option(help="Time above which it is degraded.")] = None,
    family: Annotated[str, typer.Option(help="IP version: any, 4 or 6.")] = "any",
    addresses: Annotated[
        str | None, typer.Option(help="How many of the name's addresses must pass: any or all.")
    ] = None,
    ca: Annotated[str | None, typer.Option(help="Authority, a PEM file.", metavar="FILE")] = None,
    certificate_days: Annotated[
        str | None,
        typer.Option(help="Days it must still be valid.", metavar="FAIL|WARN:FAIL"),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="The certificate's name, if it is not the host.")
    ] = None,
    minimum: Annotated[str | None, typer.Option(help="The oldest TLS that passes.")] = None,
    self_signed: Annotated[
        bool, typer.Option("--self-signed", help="Let a self-signed certificate pass.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check one target from this machine, with the checks of the probes.

    TARGET is a service, a port, a URL, a question, a zone, a resolver or a host to ping:

    \b
      postgres://db.example.com?tls=starttls&ca=internal.pem
      smtp://mx.example.com:587?tls=starttls&warn_days=30&fail_days=7
      ldaps://192.0.2.7?name=ldap.example.com&addresses=all
      redis://cache.example.com?open=true
      tcp://game.example.com:7777?banner=^HELLO
      tcp://vault.example.com:8200?tls=direct&self_signed=true&minimum=1.3
      https://www.example.com/health   (with --ca, --name, --certificate-days …)
      dns://example.com?type=MX&resolver=192.0.2.1:53&equals=10 mail.example.com.
      zone://example.com?record=www A&serial_lag=5m&warn_days=7
      resolver+tls://dns.google?name=www.example.com&validates=true
      icmp://192.0.2.1?count=10&loss=20&rtt=100ms

    `tocsin services` lists the services; a port is their own unless it is given.

    Exit: 0 up, 1 degraded (slower than --slow, or a certificate that expires soon), 2 down,
    3 unknown (this machine could not tell), 64 if the command or the target is wrong.
    """  # noqa: D301 - the control character tells click to leave the lines as they are
    from tocsin.config import durations  # noqa: PLC0415 - not for --help
    from tocsin.config.fault import MistakeError  # noqa: PLC0415
    from tocsin.domain.monitor import Monitor  # noqa: PLC0415
    from tocsin_cli.target import Options, parse  # noqa: PLC0415

    options = Options(
        family=family,
        addresses=addresses,
        ca=ca,
        name=name,
        self_signed=self_signed,
        minimum=minimum,
        days=certificate_days,
    )
    try:
        monitor = Monitor(
            id="check",
            target=parse(target, options),
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
    return DEGRADED if late or outcome.warning else UP


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
        "certificate": _certificate(outcome),
        "warning": outcome.warning,
    }


def _certificate(outcome: "Outcome") -> dict[str, str] | None:
    if outcome.certificate is None:
        return None
    return {
        "fingerprint": outcome.certificate.fingerprint,
        "issuer": outcome.certificate.issuer,
        "expires_at": outcome.certificate.expires_at.isoformat(timespec="seconds"),
    }


def _show(monitor: "Monitor", status: str, outcome: "Outcome") -> None:
    from tocsin.messages.words import milliseconds  # noqa: PLC0415 - not for --help

    why = f" ({outcome.layer or 'prober'}: {outcome.reason})" if outcome.reason else ""
    why = f" ({outcome.warning})" if outcome.warning else why
    if status == DEGRADED and not outcome.warning and monitor.slow is not None:
        why = f" (slower than {milliseconds(monitor.slow / timedelta(milliseconds=1))})"
    say(f"{status}{why}  {monitor.target}", STYLE[status])
    if outcome.evidence:
        say(outcome.evidence)
    tries = f"{outcome.attempts} attempt{'s' * (outcome.attempts > 1)}"
    say(f"{outcome.address or 'no address'}, {tries}, {milliseconds(outcome.total_ms)}", "dim")
    if outcome.certificate is not None:
        left = (outcome.certificate.expires_at - datetime.now(UTC)).days
        ends = outcome.certificate.expires_at.date().isoformat()
        say(f"certificate of {outcome.certificate.issuer}, {left} days left (until {ends})", "dim")
        say(f"sha256 {outcome.certificate.fingerprint}", "dim")
    longest = max(outcome.phases_ms.values(), default=0.0) or 1.0
    table(
        ("phase", "time", ""),
        [
            (phase, milliseconds(ms), "█" * max(1, round(BAR * ms / longest)))
            for phase, ms in outcome.phases_ms.items()
        ],
    )
