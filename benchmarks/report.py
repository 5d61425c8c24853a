"""The table for people, and the page that is kept: the figures with machine and versions."""

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from benchmarks.measures import Figure
from benchmarks.programs import BLACKBOX, path_of

_HEAD: Final = ("what", "ours", "theirs", "ratio", "wanted", "holds")
_HOW: Final = """\
`make bench` wrote this page. Ours and theirs are medians of rounds taken in turns, after one that
does not count; of the import they are the quickest of each, since noise only adds to it.

- CPU is user and system time of the prober's process alone. The servers that are checked (a sink
  in C, nginx, Knot) and whoever asks for probes are processes of their own.
- The blackbox exporter probes when it is asked to over HTTP, so taking the request and giving the
  metrics is in its figure. It is asked over 16 connections that are kept alive, and spared
  compression. Ours is the engine with all monitors in one tick, with the defaults of a file (5 s,
  two re-checks), warm as in Lambda from the second minute on.
- Both want status 200 and match a pattern in the body; both compare the address in the DNS answer.
- The loop in C connects without blocking, waits with epoll, reads TCP_INFO and closes. Ours does so
  too, looks 20 ms later whether the connection was kept, and bounds it all in time.
- Judging begins with the stored bytes: state and reports of every shard are unpacked, judged, and
  the new state compared with the old. One monitor in a hundred fails at one location and one in two
  hundred at all of them, a fifth is checked every five minutes, one in fifty has a limit of time.
- The month that is replayed is told from the first three days of it, read from a packed file. Each
  of its monitors fails at one location about once a week, and at all about once a month.
- The console begins with the stored bytes, too: states, newest reports, a day of hours and three
  months of days are unpacked and drawn, the worst first, 250 monitors on a page. Close up, half an
  hour of reports from five locations is read besides.
- A cold start is timed from the start of Python to the end of the first event, in what `sam build`
  makes and `tocsin deploy` compiles, from the layer's and the function's folders alone; boto3 is
  beside them as in Lambda's runtime. A control group holds it to three tenths of a processor, which
  is what 512 MB give; the heartbeat endpoint and the stand-by have half of that, the notifier twice
  as much. That Lambda gives more while a function starts is not counted on. The local stack's AWS
  answers without such a limit, and its time is in the figure. The quickest of all rounds counts.
- Connecting is timed by the kernel's own clock; what the event loop's would say stands beside it.
"""


def table(figures: Sequence[Figure]) -> str:
    """Write the figures as a table, in Markdown."""
    rows = [_HEAD, *(_row(figure) for figure in figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, tuple("-" * width for width in widths))
    lines = (" | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(f"| {line} |" for line in lines)


def page(figures: Sequence[Figure]) -> str:
    """Write the whole page."""
    facts = "\n".join(f"- {name}: {value}" for name, value in _surroundings().items())
    return f"# Benchmarks\n\n{table(figures)}\n\n{_HOW}\n{facts}\n"


def _row(figure: Figure) -> tuple[str, ...]:
    compared = figure.theirs is not None
    if figure.most is None:
        wanted = holds = ""
    else:
        wanted = f"≤ {figure.most:g}" + ("" if compared else f" {figure.unit}")
        holds = "yes" if figure.holds else "NO"
    return (
        figure.what,
        f"{figure.ours:.3g} {figure.unit}",
        f"{figure.theirs:.3g} {figure.unit}" if figure.theirs is not None else "",
        f"{figure.value:.2f}" if compared else "",
        wanted,
        holds,
    )


def _surroundings() -> dict[str, str]:
    cpu = Path("/proc/cpuinfo").read_text("utf-8").partition("model name\t: ")[2].split("\n")[0]
    libraries = ("boto3", "dnspython", "h11", "pydantic")
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": f"{os.cpu_count()} processors, {cpu}, Linux {platform.release()}",
        "Python": f"{platform.python_version()} with "
        + ", ".join(f"{name} {version(name)}" for name in libraries),
        BLACKBOX: _first_line(BLACKBOX, "--version").partition(",")[2].split("(")[0].strip(),
        "nginx": _first_line("nginx", "-v"),
        "Knot DNS": _first_line("knotd", "--version"),
        "gcc": _first_line("gcc", "--version"),
    }


def _first_line(program: str, option: str) -> str:
    done = subprocess.run([path_of(program), option], capture_output=True, text=True, check=True)
    return (done.stdout or done.stderr).splitlines()[0]
