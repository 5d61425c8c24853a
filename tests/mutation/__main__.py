"""Change the judging core in every small way, and see that a unit test notices each.

`python -m tests.mutation quorum standing` tries the mutants of these modules, and prints those
that survive. The tests are collected once; each mutant lives in a process forked from there, and
meets only the short tests that run the changed function, until one of them fails: those first that
killed others lately, then the fastest.
"""

import gc
import json
import os
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from types import CodeType, ModuleType

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.mutation.applying import applied, functions
from tests.mutation.changes import Mutant, mutants
from tocsin import domain

TESTS = ("tests/unit/domain", "tests/unit/usecases")
ALL = sorted(path.stem for path in Path(domain.__file__).parent.glob("[a-z]*.py"))
OPTIONS = (
    "-q",
    "-x",
    "-p",
    "no:randomly",
    "-p",
    "no:cacheprovider",
    "-s",
    "--assert=plain",  # what a failing test has to say is read by nobody
    "--tb=native",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
)
PATIENCE = 20
"""Seconds of processor time that a mutant has beyond twice what its tests take."""
LONG = 0.3
"""Seconds: what only a longer test notices survives, so the figures are of what is said sharply."""
UNLOADABLE = "cannot be loaded: "
TOOL = 3
"""A number that sys.monitoring leaves to whoever wants it."""


@dataclass
class Result:
    """What became of the mutants of a module."""

    killed: int = 0
    unloadable: int = 0
    survivors: list[str] = field(default_factory=list)

    @property
    def tried(self) -> int:
        """Mutants that were tried."""
        return self.killed + len(self.survivors)


class Trial:
    """A plugin of pytest that runs its tests against mutants instead of once."""

    def __init__(self, modules: Iterable[str]) -> None:
        self.modules = [import_module(f"tocsin.domain.{name}") for name in modules]
        self.failed = False
        self.kills: dict[str, int] = {}
        self.turn = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed = self.failed or report.failed

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        session.config.pluginmanager.unregister(name="terminalreporter")
        covering = self._covering(session.items)
        gc.collect()
        gc.freeze()
        self._control(self.modules[0], session.items, covering[""])
        for module in self.modules:
            self._try(module, session.items, covering)
        return True

    def _control(
        self, module: ModuleType, items: list[pytest.Item], times: dict[str, float]
    ) -> None:
        """See that what is not changed survives, or nothing that dies says anything."""
        mine = [item for item in items if times.get(item.nodeid, LONG) < LONG]
        mine.sort(key=lambda item: times[item.nodeid])
        cost = sum(times[item.nodeid] for item in mine)
        status, killer = _forked(partial(self._meets, None, module, mine), cost)
        if status != os.EX_OK:
            raise SystemExit(f"fails without any mutant: {killer}")

    def _try(
        self, module: ModuleType, items: list[pytest.Item], covering: dict[str, dict[str, float]]
    ) -> None:
        result, begun = Result(), time.monotonic()
        live = functions(module)
        for mutant in mutants(Path(str(module.__file__)).read_text()):
            # Whoever looks at a constant is not known; a function is looked at by who enters it.
            other = {} if mutant.where in live else covering[""]
            times = covering.get(f"{module.__name__}:{mutant.where}", other)
            mine = [item for item in items if times.get(item.nodeid, LONG) < LONG]
            mine.sort(key=lambda item: (-self.kills.get(item.nodeid, 0), times[item.nodeid]))
            meets = partial(self._meets, mutant, module, mine)
            status, killer = _forked(meets, sum(times[item.nodeid] for item in mine))
            if killer.startswith(UNLOADABLE):
                result.unloadable += 1
            elif killer:
                self.turn += 1
                self.kills[killer] = self.turn
            if status == os.EX_OK:
                result.survivors.append(str(mutant))
                _say(f"  {module.__name__.rpartition('.')[2]} {mutant}")
            else:
                result.killed += 1
        name = module.__name__.rpartition(".")[2]
        took = time.monotonic() - begun
        _say(
            f"{name}: {result.tried} mutants, {result.killed} killed, "
            f"{result.unloadable} of them when they were loaded; {took:.0f} s"
        )

    def _meets(
        self, mutant: Mutant | None, module: ModuleType, items: list[pytest.Item]
    ) -> str | None:
        """Run the tests until one fails, and name that; None where the mutant survives them."""
        try:
            possible = mutant is None or applied(mutant, module)
        except Exception as error:  # noqa: BLE001 - whatever stops it from being loaded
            return f"{UNLOADABLE}{error!r}"
        if not possible:
            return None
        self.failed = False
        for item, following in zip(items, [*items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self.failed:
                return item.nodeid
        return None

    def _covering(self, items: list[pytest.Item]) -> dict[str, dict[str, float]]:
        """Run all tests once, and give for each function those that run it, and how long."""
        there, here = os.pipe()
        if (child := os.fork()) == 0:
            watched = self._watched(items)
            with os.fdopen(here, "w") as pipe:
                json.dump({"failed": self.failed, "found": watched}, pipe)
            os._exit(0)
        os.close(here)
        with os.fdopen(there) as pipe:
            said = json.load(pipe)
        os.waitpid(child, 0)
        if said["failed"]:
            raise SystemExit("the tests fail without any mutant")
        found: dict[str, dict[str, float]] = said["found"]
        return found

    def _watched(self, items: list[pytest.Item]) -> dict[str, dict[str, float]]:
        names = {
            function.__code__: f"{module.__name__}:{name}"
            for module in self.modules
            for name, function in functions(module).items()
        }
        entered: set[str] = set()
        _watch(names, entered)
        found: dict[str, dict[str, float]] = defaultdict(dict)
        for item, following in zip(items, [*items[1:], None], strict=True):
            entered.clear()
            sys.monitoring.restart_events()
            begun = time.process_time()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self.failed:
                _say(f"fails without any mutant: {item.nodeid}")
                break
            took = time.process_time() - begun
            for name in ("", *entered):
                found[name][item.nodeid] = took
        return found


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _watch(names: dict[CodeType, str], entered: set[str]) -> None:
    events = sys.monitoring.events.PY_START

    def start(code: CodeType, _offset: int) -> object:
        entered.add(names[code])
        return sys.monitoring.DISABLE

    sys.monitoring.use_tool_id(TOOL, "mutation")
    sys.monitoring.register_callback(TOOL, events, start)
    for code in names:
        sys.monitoring.set_local_events(TOOL, code, events)


def _forked(work: Callable[[], str | None], cost: float) -> tuple[int, str]:
    """Do it in a process of its own; what never ends is ended, and what cannot be loaded is dead.

    Give its status and what it says.
    """
    there, here = os.pipe()
    if (child := os.fork()) == 0:
        status = 1
        with suppress(BaseException):
            signal.setitimer(signal.ITIMER_PROF, PATIENCE + 2 * cost)
            said = work()
            os.write(here, (said or "").encode())
            status = os.EX_OK if said is None else 1
        os._exit(status)
    os.close(here)
    with os.fdopen(there) as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    return status, said


def main() -> None:
    """Try the modules that are named."""
    settings.register_profile(
        "mutation",
        database=None,
        deadline=None,
        derandomize=True,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    plugin = Trial(sys.argv[1:] or ALL)
    raise SystemExit(
        pytest.main([*OPTIONS, "--hypothesis-profile=mutation", *TESTS], plugins=[plugin])
    )


if __name__ == "__main__":
    main()
