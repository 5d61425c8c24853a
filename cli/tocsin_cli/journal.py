"""What an agent says: a line a tick, and a line for whatever else a person should know.

Each line begins with AWS's time, so that it agrees with what the alerts say.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from tocsin.domain.heartbeat import ENDPOINT
from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Outcome
from tocsin.domain.schedule import instant_of
from tocsin.domain.shard import Shard
from tocsin.usecases.ports import StorageError
from tocsin.usecases.stay import Minute
from tocsin.wiring.agent import Agent
from tocsin_cli import systemd
from tocsin_cli.hindrance import hindrance

NAMED: Final = 3
"""Monitors of a kind whose evidence stands in the line; the others are counted."""

_REGION: Final = re.compile(r"[a-z]{2,3}(-[a-z]+)+-\d")


class AgentJournal:
    """The journal of one agent; `say` takes a line."""

    def __init__(self, agent: Agent, say: Callable[[str], None]) -> None:
        self._agent = agent
        self._say = say
        self._shards: tuple[Shard, ...] | None = None
        self._why = ""
        self._dropped = 0
        self._taken = 0
        self._refused = 0

    def unreached(self, why: StorageError) -> None:
        """Say that nothing can begin before AWS answers, and once why not."""
        systemd.notify("STATUS=waits for AWS")
        if (told := hindrance(why)) != self._why:
            self._line(f"waits for AWS: {told}")
        self._why = told

    def arrived(self) -> None:
        """Say what this location watches."""
        self._news()
        if _REGION.fullmatch(here := self._agent.location):
            self._line(
                f"{here} is the name of a region: if a Lambda function reports as {here} too, give "
                "this agent a location of its own"
            )

    def minute(self, minute: Minute) -> None:
        """Say what a tick found."""
        self._news()
        told = "; ".join(_told(minute))
        systemd.notify(f"STATUS={told}")
        self._say(f"{instant_of(minute.tick):%Y-%m-%d %H:%M} UTC: {told}")
        self._warn()

    def broke(self, error: Exception) -> None:
        """Say where a fault of ours is; not what it says, which may quote a secret."""
        self._line(f"a fault of tocsin's own: {_where(error)}")

    def crashed(self, monitor: Monitor, error: Exception) -> None:
        """Say that a check has such a fault."""
        self._line(f"the check of {monitor.id} broke, and it abstains: {_where(error)}")

    def left(self, waiting: int) -> None:
        """Say goodbye."""
        lost = f"; {_counted(waiting, 'report')} never reached AWS" if waiting else ""
        self._line(f"ends{lost}")

    def _news(self) -> None:
        """Say what is watched when it is not what was watched before."""
        shards = self._agent.configs.shards()
        if shards == self._shards:
            return
        self._shards = shards
        self._line(self._watched(shards))
        if self._agent.read.unreadable:
            parts = _counted(self._agent.read.unreadable, "part")
            self._line(f"{parts} of the configuration cannot be read: update this agent")

    def _watched(self, shards: tuple[Shard, ...]) -> str:
        if not shards:
            return "no configuration is in force: `tocsin apply` puts one"
        version = max(shard.version for shard in shards)
        here = self._agent.location
        names = {name for shard in shards for m in shard.monitors for name in m.locations}
        mine = sum(here in m.locations for shard in shards for m in shard.monitors)
        if mine:
            return f"version {version}: {_counted(mine, 'monitor')} at {here}"
        known = ", ".join(sorted(names - {ENDPOINT})) or "none at all"
        return (
            f"no monitor of version {version} uses the location {here}, only {known}: "
            "start this agent as one of these, or name it in `locations` of a monitor"
        )

    def _warn(self) -> None:
        """Say what went wrong since the last time."""
        reports, here = self._agent.reports, self._agent.location
        if (many := reports.dropped - self._dropped) > 0:
            self._line(f"{_counted(many, 'report')} dropped: an hour of them waits for AWS")
        if (many := reports.taken - self._taken) > 0:
            self._line(
                f"AWS had {_counted(many, 'report')} of {here} already: of this agent, before it "
                "was started anew or its network failed, or of another that runs under this name"
            )
        if (many := reports.refused - self._refused) > 0:
            self._line(f"{_counted(many, 'report')} dropped: AWS takes no such report")
        self._dropped, self._taken, self._refused = (
            reports.dropped,
            reports.taken,
            reports.refused,
        )
        if self._agent.read.stale:
            self._line(f"the configuration is {_counted(self._agent.read.stale, 'tick')} old")

    def _line(self, text: str) -> None:
        self._say(f"{self._agent.clock.present():%Y-%m-%d %H:%M} UTC: {text}")


def _told(minute: Minute) -> Iterator[str]:
    done = minute.done
    yield f"{done.checked} checked, {done.failed} failed, {done.abstained} abstained"
    if done.repeated:
        yield f"{done.repeated} not due"
    if minute.skipped:
        yield f"{_counted(minute.skipped, 'tick')} before it missed"
    if minute.failing:
        yield "failing " + ", ".join(_named(minute.failing))
    if minute.abstaining:
        yield "abstaining " + ", ".join(_named(minute.abstaining))
    if minute.waiting:
        why = hindrance(minute.trouble) if minute.trouble else "it has not answered yet"
        verb = "waits" if minute.waiting == 1 else "wait"
        yield f"{_counted(minute.waiting, 'report')} {verb} for AWS: {why}"


def _named(seen: tuple[tuple[str, Outcome], ...]) -> Iterable[str]:
    shown = [f"{name} ({outcome.evidence})" for name, outcome in seen[:NAMED]]
    more = len(seen) - len(shown)
    return [*shown, f"{more} more"] if more else shown


def _where(error: BaseException) -> str:
    trace, at = error.__traceback__, ""
    while trace is not None:
        at = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__}{at}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
