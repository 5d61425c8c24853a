"""The demo unattended: break, wait for the alert, break from one place alone, heal, wait again.

Each step waits for what must come and prints one JSON object; what does not come in time, or comes
twice, or was not asked for, ends the story. A job stops, is late and comes back beside it all.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from tocsin.config.reader import parse
from tocsin.domain.outcome import Vote
from tocsin.domain.quorum import Verdict
from tocsin.usecases.ports import StorageError
from tocsin_cli.local.emulator import LocalStackError
from tocsin_cli.local.inbox import Delivery
from tocsin_cli.local.job import Job
from tocsin_cli.local.services import JOB, DemoServices, monitors_file
from tocsin_cli.local.stack import SOURCES, LocalStack, running
from tocsin_cli.local.trespass import attempts
from tocsin_cli.survey import Sight, Survey

BROKEN = "database"
"""The service that fails for everyone."""
ISOLATED = "mail"
"""The service that one location alone cannot reach."""

PATIENCE = timedelta(seconds=200)
"""For one step: a minute until the next tick, and what the machine needs to run it; a job is late
when its minute and its grace are over."""
QUIET = timedelta(seconds=8)
"""After the end: long enough for a repeat to show itself."""
POLL = timedelta(milliseconds=250)


class StoryError(Exception):
    """Something that had to happen did not, or something happened that must not."""


@dataclass(slots=True)
class Story:
    """The demo as it goes on; prints what happens."""

    stack: LocalStack
    services: DemoServices
    job: Job
    started: float = field(default_factory=time.monotonic)

    def tell(self, event: str, **details: object) -> None:
        """Print one event as a line of JSON."""
        seconds = round(time.monotonic() - self.started, 1)
        print(json.dumps({"event": event, "after_s": seconds, **details}), flush=True)

    def until(self, what: str, holds: Callable[[Survey], bool]) -> Survey:
        """Wait until something holds of everything, taking in what arrives; StoryError if never."""
        deadline = time.monotonic() + PATIENCE.total_seconds()
        while time.monotonic() < deadline:
            self.stack.emulator.ensure_running()
            self.stack.inbox.collect()
            seen = self.stack.survey()
            if holds(seen):
                return seen
            time.sleep(POLL.total_seconds())
        raise StoryError(f"{what}: not within {PATIENCE.total_seconds():.0f} s")

    def of(self, event: str, monitor: str) -> list[Delivery]:
        """Give what was delivered of a monitor's event, once it has come by every route."""
        found = [
            each
            for each in self.stack.inbox.deliveries
            if each.event == event and each.payload["monitors"][0]["monitor"] == monitor
        ]
        return found if len(found) >= len(_routes(self, monitor)) else []


def tell_once(project: Path) -> bool:
    """Run the whole story; True if everything came, in order, exactly once."""
    try:
        with (
            DemoServices() as services,
            running(project, progress=_progress) as stack,
        ):
            job = Job(JOB, "nightly backup")
            try:
                _live(Story(stack, services, job))
            finally:
                job.stop()
    except (StoryError, LocalStackError, StorageError) as error:
        print(json.dumps({"event": "failed", "why": str(error)}), flush=True)
        return False
    return True


def _live(story: Story) -> None:
    stack, services = story.stack, story.services.services
    _deny(story)
    reading = parse(monitors_file(services, tuple(SOURCES)), "demo", allow_private=True)
    if reading.configuration is None:
        raise StoryError("; ".join(map(str, reading.errors)))
    version = stack.apply(reading.configuration)
    story.job.report_to(stack.url(JOB))
    story.tell("applied", version=version, monitors=len(reading.configuration.monitors))

    story.until("all monitors up, by every location", lambda seen: all(map(_fine, seen.sights)))
    _nothing_but(story, [])
    story.tell("all_up", monitors=len(services) + 1, locations=len(SOURCES))

    services[BROKEN].stop()
    story.job.stop()
    story.tell("broken", monitors=[BROKEN, JOB])
    story.until("the alert", lambda _: bool(story.of("opened", BROKEN)))
    opened = story.of("opened", BROKEN)[0]
    votes = opened.payload["monitors"][0]["locations"]
    failing = [vote for vote in votes if vote["vote"] == Vote.FAIL and vote["counted"]]
    if len(failing) != len(SOURCES):
        raise StoryError(f"the alert counts {len(failing)} of {len(SOURCES)} failures")
    story.tell(
        "opened",
        alert=opened.alert,
        subject=opened.subject,
        failing=f"{len(failing)} of {len(SOURCES)}",
        reason=failing[0]["reason"],
    )
    story.until("the job's alert", lambda _: bool(story.of("opened", JOB)))
    late = story.of("opened", JOB)[0]
    story.tell("late", alert=late.alert, subject=late.subject)
    _nothing_but(story, [("opened", BROKEN), ("opened", JOB)])

    away = min(SOURCES)
    services[ISOLATED].block(SOURCES[away])
    story.tell("isolated", monitor=ISOLATED, location=away)
    story.until("one location's failure", lambda seen: _degraded(_of(seen, ISOLATED), away))
    _nothing_but(story, [("opened", BROKEN), ("opened", JOB)])
    story.tell("no_page", monitor=ISOLATED, verdict=Verdict.DEGRADED, failing=[away])

    services[BROKEN].start()
    services[ISOLATED].unblock(SOURCES[away])
    story.job.start()
    story.tell("healed", monitors=[BROKEN, ISOLATED, JOB])
    story.until("the end", lambda _: bool(story.of("resolved", BROKEN)))
    story.until("the job's end", lambda _: bool(story.of("resolved", JOB)))
    story.until("all monitors up again", lambda seen: all(map(_fine, seen.sights)))
    resolved, back = story.of("resolved", BROKEN)[0], story.of("resolved", JOB)[0]
    for end, beginning in ((resolved, opened), (back, late)):
        if end.payload["incident"] != beginning.payload["incident"]:
            raise StoryError(f"{end.alert} ends another incident than {beginning.alert} opened")
    time.sleep(QUIET.total_seconds())
    stack.inbox.collect()
    _nothing_but(
        story, [(event, name) for event in ("opened", "resolved") for name in (BROKEN, JOB)]
    )
    story.tell("resolved", alert=resolved.alert, subject=resolved.subject)
    story.tell("back", alert=back.alert, subject=back.subject)
    story.tell("done", deliveries=len(stack.inbox.deliveries))


def _deny(story: Story) -> None:
    """Show by calls that the roles can do what they must, and nothing else."""
    tried = list(attempts(story.stack.emulator, story.stack.outputs))
    if wrong := [each for each in tried if not each.as_it_must_be]:
        raise StoryError("; ".join(f"{w.role}: {w.call}: {w.answer}" for w in wrong))
    denied = Counter(each.role for each in tried if not each.allowed)
    story.tell("denied", calls=dict(denied), allowed=sum(each.allowed for each in tried))


def _nothing_but(story: Story, expected: Sequence[tuple[str, str]]) -> None:
    """See that each expected alert came once on each of its routes, and no other came at all."""
    story.stack.inbox.collect()
    came: Counter[tuple[str, str, str]] = Counter(
        (each.event, each.payload["monitors"][0]["monitor"], each.route)
        for each in story.stack.inbox.deliveries
    )
    wanted: Counter[tuple[str, str, str]] = Counter(
        (event, monitor, route) for event, monitor in expected for route in _routes(story, monitor)
    )
    if came != wanted:
        raise StoryError(f"delivered {dict(came - wanted)} too much, {dict(wanted - came)} too few")


def _routes(story: Story, monitor: str) -> tuple[str, ...]:
    monitors = (m for shard in story.stack.home.configs.shards() for m in shard.monitors)
    return tuple(route for m in monitors if m.id == monitor for route in m.routes)


def _of(seen: Survey, monitor: str) -> Sight:
    return next(sight for sight in seen.sights if sight.monitor.id == monitor)


def _fine(sight: Sight) -> bool:
    """Up, and seen so by every location."""
    return (
        sight.standing is not None
        and sight.standing.verdict is Verdict.UP
        and not sight.standing.silent
    )


def _degraded(sight: Sight, location: str) -> bool:
    return (
        sight.standing is not None
        and sight.standing.verdict is Verdict.DEGRADED
        and sight.standing.failing == (location,)
    )


def _progress(line: str) -> None:
    print(json.dumps({"event": "progress", "text": line}), flush=True)
