"""One run of a stack behind microburst: faults that are timed, then the faults of AWS."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final

from tests.e2e import detection
from tests.e2e.acceptance import OPENED, RESOLVED
from tests.e2e.detection import Detection
from tests.e2e.hardship import Account
from tests.e2e.ordeal import Hole, Play, subject
from tests.e2e.proxies import Proxies
from tests.e2e.scenarios import OUTAGE_S, SHARDS, Victim, Wave, scenarios
from tests.e2e.targets import Target
from tocsin.config.reader import parse
from tocsin.domain.quorum import Verdict
from tocsin.domain.shard import Shard
from tocsin_cli.local.deploy import HOME
from tocsin_cli.local.stack import SOURCES, LocalStack

QUIET_SHARD: Final = "s0"
"""Of the monitors whose detection is timed."""
UP_WITHIN_S: Final = 150.0
HEARD_WITHIN_S: Final = 150.0
"""Twice what is promised: what comes later shows in the table."""
OVER_WITHIN_S: Final = OUTAGE_S + 300.0
QUIET_S: Final = 8.0
"""After the end: long enough for a repeat to show itself."""
POLL_S: Final = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it, when it was over."""

    seed: int
    detections: list[Detection]
    accounts: list[Account]
    ended: list[str]
    """Of the timed monitors, those whose end was heard, in the order in which it was."""
    hole: Hole
    of_locations: list[str]
    strangers: list[str]
    owed: list[str]
    cut_short: list[str]
    """What the log has of functions that were not done in their time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A stack, what it watches, and the proxies in front of AWS; `timed` are watched in peace."""

    stack: LocalStack
    proxies: Proxies
    targets: Mapping[str, Target]
    timed: Sequence[str]

    def outcome(self) -> Outcome:
        """Live through it."""
        pages = self.stack.outputs[HOME.location]["PageTopicArn"]
        plays = [
            Play(
                scenario=each,
                target=self.targets[each.name],
                stack=self.stack,
                proxies=self.proxies,
            )
            for each in scenarios(pages)
        ]
        self._watch({each.scenario.name: each.scenario.route for each in plays})
        assert self._until(self._up, UP_WITHIN_S), "not all is seen up everywhere"
        seed = random.SystemRandom().randrange(10_000)
        struck = self._strike_over_a_minute(seed)
        self._until(lambda: len(self._heard(OPENED)) >= len(self.timed), HEARD_WITHIN_S)
        detections = self._detections(struck)
        hole = Hole(stack=self.stack, proxies=self.proxies, shard=plays[0].scenario.shard)
        self._suffer(plays, hole)
        time.sleep(QUIET_S)
        self.stack.inbox.collect()
        log = self.stack.emulator.log_file.read_text(errors="replace")
        judges = [each for each in plays if each.scenario.victim is Victim.AGGREGATOR]
        deaths = [at for each in judges for at in each.killed]
        deliveries = self.stack.inbox.deliveries
        states = [
            self.stack.home.states.load(each).state for each in (QUIET_SHARD, *SHARDS.values())
        ]
        return Outcome(
            seed=seed,
            detections=detections,
            accounts=[each.account(deaths) for each in plays],
            ended=self._heard(RESOLVED),
            hole=hole,
            of_locations=[each.event for each in deliveries if not subject(each)],
            strangers=[
                f"{each.event} {name}"
                for each in deliveries
                if (name := subject(each))
                and (name not in self.targets or each.event not in {OPENED, RESOLVED})
            ],
            owed=[owed.alert.id for state in states for owed in state.outbox],
            cut_short=[line for line in log.splitlines() if "timed out after" in line],
        )

    def _suffer(self, plays: Sequence[Play], hole: Hole) -> None:
        """Let everything go wrong until it is over.

        Right after a tick. The second wave waits until the dying is done: what is told beside it
        would be told again.
        """
        first = [each for each in plays if each.scenario.wave is Wave.FIRST]
        hole.begin()
        for each in first:
            each.strike()

        def step(held: Callable[[], bool]) -> bool:
            for each in plays:
                each.step()
            hole.step()
            return held()

        def survived() -> bool:
            dying = [each for each in first if each.scenario.victim is not None]
            return bool(first[0].heard(OPENED)) and all(each.killed for each in dying)

        def over() -> bool:
            return hole.back is not None and all(each.over for each in plays)

        self._until(lambda: step(survived), OVER_WITHIN_S)
        for name in self.timed:
            self.targets[name].start()
        for each in plays:
            if each not in first:
                each.strike()
        self._until(lambda: step(over), OVER_WITHIN_S)

    def _strike_over_a_minute(self, seed: int) -> dict[str, datetime]:
        began = time.monotonic()
        struck: dict[str, datetime] = {}
        for second, name in detection.moments(self.timed, seed):
            self._until(partial(_past, began + second), detection.MINUTE_S)
            struck[name] = datetime.now(UTC)
            self.targets[name].stop()
        return struck

    def _detections(self, struck: Mapping[str, datetime]) -> list[Detection]:
        opened = [each for each in self.stack.inbox.deliveries if each.event == OPENED]
        heard = {subject(each): each.at for each in reversed(opened)}
        return [
            Detection(monitor=name, struck=at, heard=heard.get(name)) for name, at in struck.items()
        ]

    def _heard(self, event: str) -> list[str]:
        """Name the timed monitors of which this was delivered, as often as it was."""
        told = (subject(each) for each in self.stack.inbox.deliveries if each.event == event)
        return [name for name in told if name in self.timed]

    def _watch(self, routes: Mapping[str, str]) -> None:
        """Put a configuration in force whose monitors lie in shards of their own."""
        lines = [
            f'  {name}: {{tcp: "{target.address}", alert: [{routes.get(name, "notice")}]}}'
            for name, target in self.targets.items()
        ]
        text = (
            f"locations: {{{', '.join(f'{name}: {{}}' for name in SOURCES)}}}\n"
            "defaults: {interval: 1m}\n"
            "monitors:\n" + "\n".join(lines)
        )
        reading = parse(text, "e2e", allow_private=True)
        assert reading.configuration is not None, reading.errors
        monitors = {monitor.id: monitor for monitor in reading.configuration.monitors}
        members = {QUIET_SHARD: self.timed} | {shard: [name] for name, shard in SHARDS.items()}
        laid_out = tuple(
            Shard(id=shard, version=1, monitors=tuple(monitors[name] for name in names))
            for shard, names in members.items()
        )
        configs = self.stack.home.configs
        configs.replace(laid_out, over=configs.current(), at="e2e")
        self.stack.apply(reading.configuration)

    def _up(self) -> bool:
        return all(
            sight.standing is not None
            and sight.standing.verdict is Verdict.UP
            and not sight.standing.silent
            for sight in self.stack.survey().sights
        )

    def _until(self, holds: Callable[[], bool], within_s: float) -> bool:
        """Wait until something holds, taking in what arrives; False if it never does."""
        deadline = time.monotonic() + within_s
        while not holds():
            if time.monotonic() > deadline:
                return False
            self.stack.emulator.ensure_running()
            time.sleep(POLL_S)
            self.stack.inbox.collect()
        return True


def _past(moment: float) -> bool:
    return time.monotonic() >= moment
