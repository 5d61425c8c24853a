"""Run the worlds of seeds, and say what went wrong in as few words as it takes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.simulation.ledger import ViolationError
from tests.simulation.making import made
from tests.simulation.plan import Plan
from tests.simulation.shrinking import Shrinker, calm_from
from tests.simulation.steps import Step
from tests.simulation.world import Loop, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A seed whose world broke an invariant, and the fewest steps that were found to do so."""

    seed: int
    violation: ViolationError
    plan: Plan
    steps: Sequence[Step]

    def __str__(self) -> str:
        watched = "\n".join(f"  {wish}" for wish in self.plan.draft.wishes)
        course = "\n".join(f"  {step}" for step in self.steps)
        return (
            f"seed {self.seed}: {self.violation}\n"
            f"watched:\n{watched}\nwindows: {self.plan.draft.windows}\nskews: {self.plan.skews}\n"
            f"steps ({len(self.steps)}):\n{course}\n"
            f"again: make simulate SEED={self.seed}"
        )


@dataclass(slots=True)
class Count:
    """What the worlds have lived through."""

    worlds: int = 0
    steps: int = 0
    alerts: int = 0
    messages: int = 0
    minutes: int = 0


def ran(seed: int, loop: Loop, count: Count, effort: int) -> Failure | None:
    """Run the world of a seed."""
    plan, steps = made(seed)
    try:
        world = lived(plan, steps, loop)
    except ViolationError as violation:
        return _shortest(seed, plan, steps, violation, loop, effort)
    count.worlds += 1
    count.steps += len(steps)
    count.alerts += len(world.ledger.decided)
    count.messages += sum(map(len, world.ledger.sent.values()))
    count.minutes += steps[-1].at // 60
    return None


def failures(seeds: Iterable[int], count: Count, effort: int = 400) -> list[Failure]:
    """Run the worlds of many seeds."""
    loop = Loop()
    try:
        return [found for seed in seeds if (found := ran(seed, loop, count, effort)) is not None]
    finally:
        loop.close()


def lived(plan: Plan, steps: Sequence[Step], loop: Loop) -> World:
    """Live through a world to its calm end, where nothing must be open or owed."""
    world = World(plan, loop)
    world.live(steps)
    world.at_rest()
    return world


def _shortest(
    seed: int,
    plan: Plan,
    steps: Sequence[Step],
    violation: ViolationError,
    loop: Loop,
    effort: int,
) -> Failure:
    """Shrink a world that fails: in its course, or only at its end."""
    last = violation.step

    def trial(plan: Plan, steps: Sequence[Step]) -> ViolationError | None:
        world = World(plan, loop)
        try:
            world.live(steps)
            if last is None:
                world.at_rest()
        except ViolationError as found:
            return found if (found.step is None) == (last is None) else None
        return None

    shrinker = Shrinker(
        plan,
        steps if last is None else steps[: last + 1],
        trial,
        invariant=violation.invariant,
        kept=calm_from(steps) if last is None else 1,
        effort=effort,
    )
    shrinker.shrink()
    found = trial(shrinker.plan, shrinker.steps) or violation
    return Failure(seed=seed, violation=found, plan=shrinker.plan, steps=shrinker.steps)
