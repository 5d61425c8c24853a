"""A small world: targets fail, locations go dark, deliveries misbehave; the use cases are real.

It lives through steps that are data, and holds the invariants after each of them.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from tests.fakes.make import NOON
from tests.fakes.memory import InMemorySecrets, deaf
from tests.simulation import edits
from tests.simulation.audit import Audit, Hush
from tests.simulation.ledger import Ledger, ViolationError, hold
from tests.simulation.plan import Draft, Plan
from tests.simulation.steps import (
    Calm,
    Cold,
    Edit,
    Garble,
    Net,
    Order,
    Probe,
    Ring,
    Step,
    Topic,
    Turn,
)
from tests.simulation.tables import Clock, Store, Tables, Topics
from tests.simulation.trouble import TROUBLES, UNREACHABLE
from tests.simulation.turns import CrashError, Process, Turns
from tests.simulation.votes import next_start
from tocsin.domain import orders
from tocsin.domain.control import Said, Silence
from tocsin.domain.incident import Kind
from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Outcome
from tocsin.domain.report import Report
from tocsin.domain.schedule import tick_of
from tocsin.domain.shard import Layout, Shard, layout
from tocsin.domain.state import ShardState
from tocsin.domain.target import TcpTarget
from tocsin.usecases.assess import Bench, assess
from tocsin.usecases.observe import Prober
from tocsin.usecases.ports import ConflictError, StorageError

CANARIES = tuple(
    Monitor(
        id=f"/canaries/{number}",
        target=TcpTarget(host=f"canary{number}.example.com", port=443),
        locations=("here",),
        need=1,
    )
    for number in range(3)
)
JUDGE = "judge"


class Loop(asyncio.SelectorEventLoop):
    """An event loop that makes blocking calls at once: no thread changes the order of things."""

    def run_in_executor[T](
        self, _executor: object, call: Callable[..., T], *args: object
    ) -> asyncio.Future[T]:
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(call(*args))
        except Exception as fault:  # noqa: BLE001 - it is the caller's
            done.set_exception(fault)
        return done


@dataclass
class Reader:
    """Who reads the configuration, each at its own time: versions, and since when it has them."""

    drafts: list[tuple[int, tuple[Shard, ...], Layout]] = field(default_factory=list)

    def learn(self, at: int, shards: tuple[Shard, ...], among: Layout) -> None:
        """Have a version from some moment on."""
        self.drafts.append((at, shards, among))

    def at(self, moment: int) -> tuple[tuple[Shard, ...], Layout]:
        """Give the newest version that is known at a moment."""
        known = [each for each in self.drafts if each[0] <= moment]
        return max(known, key=lambda each: each[1][0].version)[1:]


class World:
    """Lives through the steps of a plan."""

    def __init__(self, plan: Plan, loop: Loop) -> None:
        self.loop = loop
        self.plan = plan
        self.at = 0
        self.store = Store()
        self.ledger = Ledger()
        self.audit = Audit(store=self.store, ledger=self.ledger)
        self.draft = plan.draft
        self.readers: dict[str, Reader] = {}
        self.probers: dict[tuple[str, int], Prober] = {}
        self.troubles: dict[str, Turn] = {}
        self.nets: dict[str, str] = {}
        self.made = 0
        self.failed: dict[tuple[str, str, str], int] = {}
        self._apply(plan.draft, {})

    def live(self, steps: Sequence[Step]) -> None:
        """Live through all of it; ViolationError says which step broke what."""
        for number, step in enumerate(steps):
            self.at = step.at
            try:
                self._do(step)
            except ViolationError as fault:
                fault.step = number
                raise
            except Exception as fault:
                told = ViolationError("14 judging is total", f"{type(fault).__name__}: {fault}")
                told.step = number
                raise told from fault

    def at_rest(self) -> None:
        """Hold that all has come to its end, once nothing has been out of order for long."""
        self.ledger.all_told()
        for stored in self.store.states.values():
            hold(not stored.state.outbox, "6 no alert is lost", stored.state.outbox)
            hold(not stored.state.incidents, "3 an end comes", stored.state.incidents)
        hold(not self.audit.open, "3 an end comes", self.audit.open)
        unfiled = self.audit.ended - self.store.history.keys()
        hold(not unfiled, "6 no incident is lost", unfiled)

    @property
    def now(self) -> datetime:
        """The true time."""
        return NOON + timedelta(seconds=self.at)

    def _do(self, step: Step) -> None:
        match step:
            case Probe():
                self._probe(step)
            case Ring():
                self._ring(step)
            case Edit():
                self._edit(step)
            case Order():
                self._order(step)
            case Calm():
                self._calm()
            case _:
                self._befall(step)

    def _befall(self, step: Step) -> None:
        match step:
            case Turn():
                heirs = [wish.name for wish in self.draft.wishes if wish.was == step.name]
                self.troubles |= dict.fromkeys([step.name, *heirs], step)
            case Net():
                self.nets[step.place] = step.out
            case Cold():
                self.probers.pop((step.place, step.env), None)
            case Garble():
                (self.store.garbled.add if step.on else self.store.garbled.discard)(step.place)
            case Topic():
                self.store.topics = step.mode
            case _:
                raise NotImplementedError(step)

    # Locations.

    def _probe(self, step: Probe) -> None:
        key = (step.place, step.env)
        if key not in self.probers:
            self.probers[key] = self._prober(step.place)
        skew = self.plan.skews.get(step.place, 0)
        tick = tick_of(self.now + timedelta(seconds=skew - step.late))
        self.store.added.clear()
        self.loop.run_until_complete(self.probers[key].observe(tick, deadline=0))
        blind = self.nets.get(step.place) == "canaries"
        for report in self.store.added:
            hold(bool(report.suspect) == blind, "7 a blind location says so", report.suspect)
            self._failures(report)

    def _failures(self, report: Report) -> None:
        """Hold that no row of failures began before the first failure that was ever seen."""
        for name, each in report.sightings.items():
            if each.failing_since is not None:
                key = (report.location, report.shard, name)
                first = min(self.failed.get(key, each.checked_at), each.checked_at)
                begun = each.failing_since >= first
                hold(begun, "1 a row of failures begins with one", (name, each))
                self.failed[key] = first

    def _prober(self, place: str) -> Prober:
        return Prober(
            location=place,
            configs=_Seen(self, place),
            reports=self.store,
            checker=_Eyes(self, place),
            secrets=InMemorySecrets(),
            canaries=CANARIES,
        )

    def look(self, place: str, monitor: Monitor) -> Outcome:
        """See a target from a location, as the networks between them are now."""
        net = self.nets.get(place, "")
        if monitor.id.startswith("/"):
            return UNREACHABLE if net == "canaries" else TROUBLES[0]
        if net:
            return UNREACHABLE
        turn = self.troubles.get(monitor.id)
        return TROUBLES[turn.trouble] if turn and place in turn.places else TROUBLES[0]

    def known_to(self, who: str) -> tuple[tuple[Shard, ...], Layout]:
        """Give the configuration that somebody has now."""
        return self.readers.setdefault(who, self.readers[JUDGE]).at(self.at)

    # The aggregator.

    def _ring(self, step: Ring) -> None:
        runs = [step] if step.rival is None else [step, step.rival]
        self.audit.open_before = {
            (each.shard, name)
            for each in self.audit.open.values()
            if each.kind is Kind.DOWN
            for name in each.names
        }
        ready = [each for run in runs if (each := self._process(run)) is not None]
        ended: dict[int, bool] = {}
        jobs = [partial(self._run, process, ended) for process in ready]
        if len(jobs) > 1:
            turns = Turns(step.order)
            for process, job in zip(ready, jobs, strict=True):
                turns.add(process, job)
            turns.run()
        else:
            for job in jobs:
                job()
        for process in ready:
            if ended.get(id(process)) and len(ready) == 1:
                self.audit.finished(process, self.store.load(process.shard.id).state)
        if step.again:
            self._again(step)

    def _process(self, step: Ring) -> Process | None:
        shards, among = self.known_to(f"{JUDGE}{step.env}")
        shard = next((each for each in shards if each.id == step.shard), None)
        if shard is None:
            return None
        self.made += 1
        # No moment comes twice, as clocks that count microseconds have it: incidents rely on that.
        now = self.now + timedelta(seconds=step.skew, microseconds=self.made)
        return Process(shard=shard, among=among, now=now, fate=step.fate)

    def _run(self, process: Process, ended: dict[int, bool]) -> None:
        try:
            assess(process.shard, process.among, self._bench(process), Clock(process))
        except (CrashError, StorageError) as fault:
            self.ledger.ended(process)
            expected = process.fate is not None or isinstance(fault, ConflictError)
            hold(expected, "14 judging is total", fault)
        else:
            ended[id(process)] = True

    def _bench(self, process: Process) -> Bench:
        tables = Tables(self.store, process, self.audit.saved)
        accepted, unanswered = self.ledger.accepted, self.ledger.unanswered
        return Bench(
            reports=tables,
            ear=deaf(),
            states=tables,
            history=tables,
            alerts=Topics(self.store, process, accepted, unanswered),
            next_start=next_start,
        )

    def _again(self, step: Ring) -> None:
        """Wake it again at the same moment: what is left is mended and filed, then all is quiet."""
        last = self.now
        for turn in range(3):
            process = self._process(step)
            if process is None:
                return
            process.fate = None
            process.now = last = process.now if turn < 2 else last
            ended: dict[int, bool] = {}
            before, decided = self.store.load(step.shard), len(self.ledger.decided)
            sent = sum(map(len, self.ledger.sent.values()))
            self._run(process, ended)
            after = self.store.load(step.shard)
            if turn == 2 and not before.state.outbox and not before.state.closed:
                hold(before == after, "16 judging twice is judging once", _differs(before, after))
                hold(decided == len(self.ledger.decided), "4 a replay is nothing", step)
                now_sent = sum(map(len, self.ledger.sent.values()))
                hold(sent == now_sent, "4 a replay is nothing", step)
            if not turn and ended:
                self.audit.finished(process, after.state)

    # People.

    def _order(self, step: Order) -> None:
        said = Said(by="ann", at=self.now)
        silence = Silence(
            id=f"{step.name}-{step.what}",
            said=said,
            until=self.now + timedelta(minutes=step.minutes),
            monitors=(step.name,),
            tags=(step.name,),
        )
        match step.what:
            case "pause":
                self._change(lambda state, names: orders.paused(state, names & {step.name}, said))
                self._note_paused(step.name)
            case "resume":
                self._change(lambda state, _: orders.resumed(state, [step.name]))
                self.audit.paused -= {each for each in self.audit.paused if each[1] == step.name}
            case "silence":
                self._change(lambda state, _: orders.silenced(state, silence))
                for shard in self.draft.shards():
                    hush = Hush({step.name}, {step.name}, silence.until)
                    self.audit.hushes[shard.id, silence.id] = hush
            case "loud":
                quiet = f"{step.name}-silence"
                self._change(lambda state, _: orders.loud(state, quiet))
                for shard in self.draft.shards():
                    self.audit.hushes.pop((shard.id, quiet), None)
            case _:
                for name, each in self.audit.open.items():
                    if step.name in each.names:
                        self._acknowledge(name, said)

    def _acknowledge(self, incident: str, said: Said) -> None:
        self._change(lambda state, _: orders.acknowledged(state, incident, said))
        self.audit.acked.add(incident)

    def _note_paused(self, name: str) -> None:
        for shard in self.draft.shards():
            if name in self.store.load(shard.id).state.paused:
                self.audit.paused.add((shard.id, name))

    def _change(self, change: Callable[[ShardState, set[str]], ShardState]) -> None:
        for shard in self.draft.shards():
            stored = self.store.load(shard.id)
            after = change(stored.state, {monitor.id for monitor in shard.monitors})
            if after != stored.state:
                self.store.save(after, over=stored.revision)

    def _edit(self, step: Edit) -> None:
        self._apply(edits.applied(self.draft, step), dict(step.lags))
        if step.what == "rename" and (turn := self.troubles.get(step.name)) is not None:
            self.troubles[str(step.value)] = turn  # the target is the same

    def _apply(self, draft: Draft, lags: Mapping[str, int]) -> None:
        self.draft = draft
        shards = draft.shards()
        among = layout(shards)
        for who in (JUDGE, f"{JUDGE}0", f"{JUDGE}1", *self.plan_places()):
            self.readers.setdefault(who, Reader()).learn(self.at + lags.get(who, 0), shards, among)

    def plan_places(self) -> Iterable[str]:
        """Name every location that there can be."""
        return {place for wish in self.draft.wishes for place in wish.places} | self.readers.keys()

    def _calm(self) -> None:
        self.troubles.clear()
        self.nets.clear()
        self.store.garbled.clear()
        self.store.topics = ""
        for reader in self.readers.values():
            reader.drafts = [
                (min(at, self.at), shards, among) for at, shards, among in reader.drafts
            ]


@dataclass
class _Seen:
    """The configuration as a location has it."""

    world: World
    place: str

    def shards(self) -> tuple[Shard, ...]:
        return self.world.known_to(self.place)[0]


@dataclass
class _Eyes:
    """The engine at a location."""

    world: World
    place: str

    async def run(self, monitors: Iterable[Monitor], *, deadline: float) -> Mapping[str, Outcome]:
        return {monitor.id: self.world.look(self.place, monitor) for monitor in monitors}


def _differs(before: object, after: object) -> str:
    return f"{before} became {after}"
