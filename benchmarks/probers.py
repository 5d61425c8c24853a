"""Those that are compared: each gives the processor time that it spent on so many checks.

A run in which any check did not pass is an error: failures may be cheap.
"""

import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from http.client import HTTPConnection
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Final, Protocol
from urllib.parse import urlencode

from benchmarks.programs import BLACKBOX, HERE, ProgramError, built, free_port, path_of, running
from benchmarks.targets import ADDRESS, BODY, HTTP_HOSTS, ZONE, Targets
from benchmarks.ticks import Answer, Request

from tocsin.domain.target import Kind

SCRAPERS: Final = 16
"""Connections to the blackbox exporter, all kept alive."""
_MODULES: Final = {
    "modules": {
        "tcp": {"prober": "tcp", "timeout": "5s", "tcp": {"preferred_ip_protocol": "ip4"}},
        "http": {
            "prober": "http",
            "timeout": "5s",
            "http": {
                "preferred_ip_protocol": "ip4",
                "valid_status_codes": [200],
                "fail_if_body_not_matches_regexp": [BODY],
            },
        },
        "dns": {
            "prober": "dns",
            "timeout": "5s",
            "dns": {
                "preferred_ip_protocol": "ip4",
                "query_name": f"www.{ZONE}",
                "query_type": "A",
                "validate_answer_rrs": {"fail_if_not_matches_regexp": [ADDRESS]},
            },
        },
    }
}


class Prober(Protocol):
    """Makes checks of one of the targets."""

    def spend(self, kind: Kind, checks: int) -> float:
        """Make so many checks, and give the seconds of processor time that they took."""
        ...


class Ours:
    """The engine, in a process of its own."""

    def __init__(self, process: Popen[str], targets: Targets) -> None:
        self._process = process
        self._targets = targets

    def tick(self, kind: Kind, monitors: int, *, by_loop: bool = False) -> Answer:
        """Run a tick in which every monitor passes."""
        port: int = getattr(self._targets, kind)
        request = Request(kind=kind, port=port, monitors=monitors, by_loop=by_loop)
        answer = Answer(**json.loads(_asked(self._process, json.dumps(asdict(request)))))
        _all_passed("the engine", answer.passed, monitors)
        return answer

    def spend(self, kind: Kind, checks: int) -> float:
        """Run a tick with so many monitors."""
        return self.tick(kind, checks).cpu_s


class Loop:
    """The loop in C: knows TCP only."""

    def __init__(self, process: Popen[str]) -> None:
        self._process = process

    def spend(self, _kind: Kind, checks: int) -> float:
        """Connect so many times."""
        passed, seconds = _asked(self._process, str(checks)).split()
        _all_passed("the loop in C", int(passed), checks)
        return float(seconds)


class Blackbox:
    """The blackbox exporter, told to probe by the requests that Prometheus would send.

    That is how it works, so taking the request and giving the metrics is a part of its check. It is
    spared their compression, which Prometheus would ask for.
    """

    def __init__(self, pid: int, port: int, targets: Targets) -> None:
        self._stat = Path(f"/proc/{pid}/stat")
        self._port = port
        self._targets = targets

    def spend(self, kind: Kind, checks: int) -> float:
        """Ask for so many probes, over all connections at once."""
        before = self._seconds()
        with ThreadPoolExecutor(SCRAPERS) as pool:
            shares = [range(first, checks, SCRAPERS) for first in range(SCRAPERS)]
            passed = sum(pool.map(lambda share: self._scrape(kind, share), shares))
        _all_passed("the blackbox exporter", passed, checks)
        return self._seconds() - before

    def _scrape(self, kind: Kind, numbers: range) -> int:
        connection = HTTPConnection(HERE, self._port)
        passed = 0
        for number in numbers:
            query = urlencode({"module": kind, "target": self._target(kind, number)})
            connection.request("GET", f"/probe?{query}")
            passed += b"\nprobe_success 1\n" in connection.getresponse().read()
        connection.close()
        return passed

    def _target(self, kind: Kind, number: int) -> str:
        if kind is Kind.HTTP:
            return f"http://{HTTP_HOSTS[number % len(HTTP_HOSTS)]}:{self._targets.http}/"
        return f"{HERE}:{getattr(self._targets, kind)}"

    def _seconds(self) -> float:
        # The program's name is in parentheses and may hold anything.
        fields = self._stat.read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def ours(targets: Targets) -> Iterator[Ours]:
    """Run the engine."""
    with _answering([sys.executable, "-m", "benchmarks.ticks"]) as process:
        yield Ours(process, targets)


@contextmanager
def loop(targets: Targets, folder: Path) -> Iterator[Loop]:
    """Run the loop in C."""
    with _answering([built("connect", folder), str(targets.tcp)]) as process:
        yield Loop(process)


@contextmanager
def blackbox(targets: Targets, folder: Path) -> Iterator[Blackbox]:
    """Run the blackbox exporter."""
    config, port = folder / "blackbox.yml", free_port()
    config.write_text(json.dumps(_MODULES))  # JSON is YAML
    command = [path_of(BLACKBOX), f"--config.file={config}"]
    command.append(f"--web.listen-address={HERE}:{port}")
    with running(command, port, folder / "blackbox.log") as pid:
        yield Blackbox(pid, port, targets)


@contextmanager
def _answering(command: list[str]) -> Iterator[Popen[str]]:
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


def _asked(process: Popen[str], line: str) -> str:
    print(line, file=process.stdin, flush=True)
    if process.stdout is None or not (answer := process.stdout.readline()):
        raise ProgramError(f"{process.args!r} has ended")
    return answer


def _all_passed(who: str, passed: int, checks: int) -> None:
    if passed != checks:
        raise ProgramError(f"{who} passed {passed} of {checks} checks of healthy targets")
