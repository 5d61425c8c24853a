"""`tocsin local up` and `tocsin local demo`: the whole system on this machine."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin_cli.output import CommandError, complain, say

if TYPE_CHECKING:
    from types import FrameType

    from tocsin.config.configuration import Configuration
    from tocsin.config.reader import Reading
    from tocsin_cli.local.job import Job
    from tocsin_cli.local.live import LiveView
    from tocsin_cli.local.stack import LocalStack

REFUSED = 2
INTERRUPTED = 130
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PORT = 8025

Port = Annotated[int, typer.Option(help="The page's port; 0 takes a free one.", min=0, max=65535)]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    local = typer.Typer(
        help="The whole system on this machine: nothing leaves it, nothing of it stays.",
        no_args_is_help=True,
    )
    local.command()(up)
    local.command()(demo)
    app.add_typer(local, name="local")


def up(
    monitors: Annotated[Path, typer.Option(help="The file of monitors.")] = Path("monitors.yaml"),
    port: Port = PORT,
) -> None:
    """Watch a file's monitors with a local AWS, and show them on a page, until Ctrl-C.

    Loopback and private targets are allowed here and only here. Exit: 0 at Ctrl-C, 1 if the stack
    cannot be brought up, 2 if the file has errors.
    """
    from tocsin.config.reader import read  # noqa: PLC0415 - not for --help
    from tocsin_cli.local.live import LiveView  # noqa: PLC0415

    configuration = _sound(read(monitors, allow_private=True))
    with _until_interrupted():
        _run(LiveView(say), configuration, port)


def demo(
    port: Port = PORT,
    *,
    once: Annotated[
        bool, typer.Option("--once", help="Play it unattended, as JSON lines.")
    ] = False,
) -> None:
    """Watch services and a job on loopback, to be stopped and healed on the page, until Ctrl-C.

    With --once nobody is needed: exit 0 if every alert came, in order, exactly once, 130 if it was
    interrupted.
    """
    from tocsin.config.reader import parse  # noqa: PLC0415 - not for --help
    from tocsin_cli.local.job import Job  # noqa: PLC0415
    from tocsin_cli.local.live import LiveView  # noqa: PLC0415
    from tocsin_cli.local.once import tell_once  # noqa: PLC0415
    from tocsin_cli.local.services import JOB, DemoServices, monitors_file  # noqa: PLC0415
    from tocsin_cli.local.stack import SOURCES  # noqa: PLC0415

    if once:
        with _until_interrupted(INTERRUPTED):
            raise typer.Exit(0 if tell_once(Path.cwd()) else 1)
    with _until_interrupted(), DemoServices() as services:
        text = monitors_file(services.services, tuple(SOURCES))
        configuration = _sound(parse(text, "demo", allow_private=True))
        job = Job(JOB, "nightly backup")
        try:
            _run(LiveView(say, {**services.services, JOB: job}), configuration, port, job)
        finally:
            job.stop()


def _run(
    view: "LiveView", configuration: "Configuration", port: int, job: "Job | None" = None
) -> None:
    from tocsin_cli.local.emulator import LocalStackError  # noqa: PLC0415 - not for --help
    from tocsin_cli.local.page import PageServer  # noqa: PLC0415
    from tocsin_cli.local.stack import running  # noqa: PLC0415

    try:
        server = PageServer(view, port)
    except OSError as error:
        raise CommandError(f"port {port}: {error}; choose another with --port") from error
    try:
        with server as page:
            say(f"the page is at {page.url}", "bold")
            with running(Path.cwd(), progress=view.progress) as stack:
                version = stack.apply(configuration)
                view.progress(f"configuration version {version} is in force; Ctrl-C ends it all")
                _tell_urls(view, stack, configuration, job)
                with view.watching(stack):
                    _wait(stack)
    except LocalStackError as error:
        complain(*f"tocsin: {error}".splitlines())  # SAM's last lines may be among them
        raise typer.Exit(1) from error


def _tell_urls(
    view: "LiveView", stack: "LocalStack", configuration: "Configuration", job: "Job | None"
) -> None:
    """Make a URL for each job of the file: our own calls it, and people are told theirs."""
    from tocsin.domain.target import Kind  # noqa: PLC0415 - not for --help

    for monitor in configuration.monitors:
        if monitor.target.kind is not Kind.HEARTBEAT:
            continue
        url = stack.url(monitor.id)
        if job is not None and job.name == monitor.id:
            job.report_to(url)
        else:
            view.progress(f"{monitor.id} reports to {url}")


def _sound(reading: "Reading") -> "Configuration":
    """Give the configuration if it can be run here; show what is wrong with it otherwise."""
    from tocsin.config.configuration import LocationKind  # noqa: PLC0415 - not for --help
    from tocsin_cli.local.stack import SOURCES  # noqa: PLC0415

    for fault in reading.faults:
        complain(str(fault))
    if reading.configuration is None:
        raise typer.Exit(REFUSED)
    named = {name for monitor in reading.configuration.monitors for name in monitor.locations}
    absent = [each for each in reading.configuration.locations if each.name in named - set(SOURCES)]
    if strange := [each.name for each in absent if each.kind is LocationKind.LAMBDA]:
        raise CommandError(
            f"no such location here: {', '.join(sorted(strange))}; "
            f"the local stack has {', '.join(SOURCES)}"
        )
    for each in absent:
        complain(f"{each.name} does not run here: what only it can see stays unknown")
    return reading.configuration


@contextmanager
def _until_interrupted(code: int = 0) -> Iterator[None]:
    """Let Ctrl-C, a plain kill and a closed terminal end things in order, and exit with `code`."""
    before = {
        number: signal.signal(number, _interrupt)
        for number in _ENDING
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN  # nohup
    }
    try:
        yield
    except KeyboardInterrupt:
        complain("stopped; nothing is left running")
        raise typer.Exit(code) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait(stack: "LocalStack") -> None:
    """Sleep until a signal comes, or the local AWS has ended."""
    while True:
        stack.emulator.ensure_running()
        time.sleep(1)


def _interrupt(_number: int, _frame: "FrameType | None") -> None:
    for number in _ENDING:  # once is enough: nothing may cut the cleaning up short
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
