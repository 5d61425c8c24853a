"""How long it takes from a fault until SNS has taken its alert, over faults all over the minute."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

MINUTE_S: Final = 60.0
MEAN_S: Final = 40.0
WORST_S: Final = 75.0
"""What is promised of monitors that are checked every minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """A fault: of which monitor, when it began, and when its alert arrived, if it did."""

    monitor: str
    struck: datetime
    heard: datetime | None

    @property
    def seconds(self) -> float | None:
        """What lies between."""
        return None if self.heard is None else (self.heard - self.struck).total_seconds()


def moments(monitors: Sequence[str], seed: int) -> list[tuple[float, str]]:
    """Say in which second each fault begins: one at random in each equal part of a minute.

    So the faults meet every phase of the minute, wherever in it the ticks are.
    """
    chance = random.Random(seed)  # noqa: S311 - to be told again by its seed
    order = chance.sample(monitors, len(monitors))
    part = MINUTE_S / len(monitors)
    return [(part * (number + chance.random()), name) for number, name in enumerate(order)]


def complaints(detections: Sequence[Detection]) -> Iterator[str]:
    """Say what of the promise does not hold."""
    taken = [each.seconds for each in detections if each.seconds is not None]
    for each in detections:
        if each.heard is None:
            yield f"the fault of {each.monitor} was never told"
    if not taken:
        return
    if (mean := sum(taken) / len(taken)) >= MEAN_S:
        yield f"on the mean {mean:.1f} s, and {MEAN_S:.0f} s are promised"
    if (worst := max(taken)) >= WORST_S:
        yield f"at worst {worst:.1f} s, and {WORST_S:.0f} s are promised"


def table(detections: Sequence[Detection], seed: int) -> str:
    """Show each fault, in the order in which they began, and what it comes to."""
    lines = [f"detection of {len(detections)} faults (seed {seed})"]
    for each in sorted(detections, key=lambda each: each.struck):
        heard = "never" if each.seconds is None else f"{each.seconds:5.1f} s"
        lines.append(f"  {each.monitor:<6} {each.struck:%H:%M:%S.%f}"[:-5] + f"  {heard}")
    taken = sorted(each.seconds for each in detections if each.seconds is not None)
    if taken:
        mean, middle = sum(taken) / len(taken), taken[len(taken) // 2]
        lines.append(f"  mean {mean:.1f} s, median {middle:.1f} s, worst {taken[-1]:.1f} s")
    return "\n".join(lines)
