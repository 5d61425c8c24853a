"""The running stack as the page sees it: looked at once a second, answered from memory."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from types import MappingProxyType

from tocsin.pages.console import Answer, Console, Question
from tocsin.pages.manner import Manner
from tocsin.usecases.publish import File
from tocsin_cli.local.inbox import Delivery
from tocsin_cli.local.job import Job
from tocsin_cli.local.services import Service
from tocsin_cli.local.stack import SOURCES, LocalStack
from tocsin_cli.local.view import Letter, LogLine, MonitorView, ServiceView, Snapshot
from tocsin_cli.survey import Survey, eyes

EVERY_S = 1.0
KEPT = 200
"""Lines of the log and letters in the inbox; the oldest go first."""

type Told = Callable[[str], None]

type Breakable = Service | Job

_NO_SERVICES: Mapping[str, Breakable] = MappingProxyType({})
_LOCATIONS = {source: location for location, source in SOURCES.items()}


class LiveView:
    """What is going on, from the first step of the building on.

    `told` hears every line of the log.
    """

    def __init__(self, told: Told, services: Mapping[str, Breakable] = _NO_SERVICES) -> None:
        self._told = told
        self._services = services
        self._log: deque[LogLine] = deque(maxlen=KEPT)
        self._letters: deque[Letter] = deque(maxlen=KEPT)
        self._busy: str | None = "Starting"
        self._seen: Survey | None = None
        self._console: Console | None = None
        self._stack: LocalStack | None = None

    def progress(self, text: str) -> None:
        """Take down a step of the building."""
        self._busy = text
        self._note("stack", text)

    @contextmanager
    def watching(self, stack: LocalStack) -> Iterator[None]:
        """Look at this stack for as long as the `with` block lasts."""
        self._busy = "Looking for the first time"
        self._stack = stack
        self._console = Console(
            eyes=eyes(stack.home),
            past=stack.home.projections,
            reports=stack.home.reports,
            history=stack.home.history,
        )
        over = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(stack, over), name="watcher")
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()
            self._console = self._stack = None
            self._busy = "The stack ends"

    def snapshot(self) -> Snapshot:
        """Give the present state."""
        return Snapshot(
            at=datetime.now(UTC),
            busy_with=self._busy,
            locations=tuple(SOURCES),
            monitors=_monitors(self._seen),
            incidents=self._seen.incidents if self._seen else (),
            inbox=tuple(reversed(self._letters)),
            services=tuple(map(_service, self._services.values())),
            log=tuple(reversed(self._log)),
            doubts=self._seen.doubts if self._seen else {},
        )

    def console(self, question: Question, manner: Manner) -> Answer | None:
        """Do what is asked of the console, and show it; None while nothing runs."""
        if self._console is None:
            return None
        answer = self._console.answer(question, manner, datetime.now(UTC))
        if answer.done is not None:
            self._note("you", f"{answer.done.wanted.deed} {answer.done.about}")
        return answer

    def published(self, path: str) -> File | None:
        """Give a file of the public status page; None where there is none, or none yet."""
        return self._stack.published(path) if self._stack is not None else None

    def stop(self, service: str) -> None:
        """Close the service's port."""
        self._services[service].stop()
        self._note("you", f"stopped {service}")

    def heal(self, service: str) -> None:
        """Open the port, for all locations."""
        healed = self._services[service]
        healed.start()
        if isinstance(healed, Service):
            for source in healed.blocked:
                healed.unblock(source)
        self._note("you", f"healed {service}")

    def isolate(self, service: str, location: str) -> None:
        """Make the service fail from one location only."""
        cut = self._services[service]
        if isinstance(cut, Service):
            cut.block(SOURCES[location])
            self._note("you", f"cut {service} off from {location}")

    def _watch(self, stack: LocalStack, over: threading.Event) -> None:
        while not over.wait(EVERY_S):
            try:
                self._seen = stack.survey()
                self._busy = None
                for delivery in stack.inbox.collect():
                    self._deliver(delivery)
            except Exception as error:  # noqa: BLE001 - a page that stands still looks healthy
                self._note("page", f"cannot look: {type(error).__name__}: {error}")

    def _deliver(self, delivery: Delivery) -> None:
        self._letters.append(
            Letter.of(delivery.text, route=delivery.route, received_at=delivery.at)
        )
        self._note(delivery.route, delivery.subject)

    def _note(self, source: str, text: str) -> None:
        self._log.append(LogLine(at=datetime.now(UTC), source=source, text=text))
        self._told(f"{source}: {text}")


def _monitors(seen: Survey | None) -> tuple[MonitorView, ...]:
    if seen is None:
        return ()
    return tuple(
        MonitorView(
            id=sight.monitor.id,
            target=str(sight.monitor.target),
            standing=sight.standing,
            ballots=sight.ballots,
            slow=sight.slow,
            paused=sight.paused,
            behind=sight.behind,
        )
        for sight in seen.sights
    )


def _service(service: Breakable) -> ServiceView:
    blocked = service.blocked if isinstance(service, Service) else frozenset[str]()
    return ServiceView(
        name=service.name,
        title=service.title,
        address=service.address,
        running=service.running,
        cut_off=tuple(sorted(_LOCATIONS[source] for source in blocked)),
        looked_at=isinstance(service, Service),
    )
