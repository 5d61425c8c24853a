"""Make a failing world small: leave out what it does not take to fail."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from tests.simulation.ledger import ViolationError
from tests.simulation.plan import Plan
from tests.simulation.steps import Calm, Probe, Ring, Step

type Trial = Callable[[Plan, Sequence[Step]], ViolationError | None]


class Shrinker:
    """Holds the smallest world so far that breaks the same invariant, within so many trials.

    The last `kept` steps stay: they are the calm in which all must end.
    """

    def __init__(
        self,
        plan: Plan,
        steps: Sequence[Step],
        trial: Trial,
        *,
        invariant: str,
        kept: int = 0,
        effort: int = 400,
    ) -> None:
        self.plan = plan
        self.steps = list(steps)
        self.trial = trial
        self.invariant = invariant
        self.kept = kept
        self.effort = effort

    def shrink(self) -> None:
        """Leave out steps, then monitors, then what befalls single steps, as long as that helps."""
        size = max(1, self._loose() // 2)
        while size and self.effort:
            if not self._without_runs(size):
                size //= 2
        self._without_monitors()
        self._plainer()

    def _loose(self) -> int:
        return len(self.steps) - self.kept

    def _fails(self, plan: Plan, steps: list[Step]) -> bool:
        if self.effort <= 0:
            return False
        self.effort -= 1
        found = self.trial(plan, steps)
        if found is None or found.invariant != self.invariant:
            return False
        self.plan, self.steps = plan, steps
        return True

    def _without_runs(self, size: int) -> bool:
        """Leave out runs of so many steps, from the end; tell whether any could go."""
        smaller, start = False, self._loose() - size
        while start > -size and self.effort > 0:
            begin = max(0, start)
            smaller |= self._fails(self.plan, self.steps[:begin] + self.steps[start + size :])
            start -= size
        return smaller

    def _without_monitors(self) -> None:
        for name in [wish.name for wish in self.plan.draft.wishes]:
            draft = self.plan.draft
            rest = tuple(wish for wish in draft.wishes if wish.name != name)
            if rest and not any(name in wish.depends_on for wish in rest):
                self._fails(replace(self.plan, draft=replace(draft, wishes=rest)), self.steps)
        for bare in (
            replace(self.plan, skews={}),
            replace(self.plan, draft=replace(self.plan.draft, windows=())),
        ):
            self._fails(bare, self.steps)

    def _plainer(self) -> None:
        for number in range(self._loose()):
            for plain in _plainer(self.steps[number]):
                self._fails(self.plan, [*self.steps[:number], plain, *self.steps[number + 1 :]])


def _plainer(step: Step) -> Iterator[Step]:
    match step:
        case Ring():
            yield replace(step, rival=None)
            yield replace(step, fate=None)
            yield replace(step, skew=0)
            yield replace(step, again=False)
        case Probe(late=late) if late > 60:
            yield replace(step, at=step.at - 60, late=late - 60)
        case _:
            return


def calm_from(steps: Sequence[Step]) -> int:
    """Count the steps from the calm on."""
    begin = next((n for n, step in enumerate(steps) if isinstance(step, Calm)), len(steps))
    return len(steps) - begin
