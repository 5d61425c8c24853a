"""What the raw reports have said so far: since when each monitor is well, seeing, or on its own.

It is gathered at every moment at which a judgement was made, and never from what was judged.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.simulation.votes import Votes

MEMORY = timedelta(minutes=30)


@dataclass
class Known:
    """Of one monitor."""

    votes: Votes | None = None
    well_since: datetime | None = None
    blind_since: datetime | None = None
    steady_since: datetime | None = None
    free_since: datetime | None = None
    turns: list[datetime] = field(default_factory=list)
    crossings: list[datetime] = field(default_factory=list)
    paused_at: datetime | None = None
    recovered: bool = False
    fallen: bool = False
    child: bool = False

    def look(self, votes: Votes, now: datetime, recover_for: timedelta) -> None:
        """Take in the votes of a moment."""
        before, fallen = self.votes, self.fallen
        if before is not None and before.well != votes.well:
            self.turns.append(now)
        self.votes = votes
        self.well_since = (self.well_since or now) if votes.well else None
        self.blind_since = (self.blind_since or now) if votes.blind and not votes.down else None
        self.steady_since = (self.steady_since or now) if votes.well else None
        self.recovered |= lasted(self.well_since, now, recover_for)
        if votes.down:
            self.recovered = False
        self.fallen = votes.down or (self.fallen and not self.recovered)
        if before is not None and self.fallen != fallen:
            self.crossings.append(now)

    def forget(self, now: datetime) -> None:
        """Begin anew: it is paused, and judged as if for the first time after that."""
        self.votes = self.well_since = self.blind_since = self.steady_since = None
        self.free_since = None
        self.fallen = self.recovered = False
        self.crossings.clear()
        self.paused_at = now

    def changed(self) -> None:
        """Count nothing that must last from before a change of the configuration."""
        self.blind_since = self.steady_since = self.free_since = None

    def flaps(self, now: datetime) -> bool:
        """Tell whether it has gone down and come back too often to be believed either way."""
        return sum(now - each < MEMORY - timedelta(minutes=1) for each in self.crossings) > 4

    def restless(self, now: datetime) -> bool:
        """Tell whether it may flap: it has come and gone more than once or twice lately."""
        self.turns = [turn for turn in self.turns if now - turn <= MEMORY + timedelta(minutes=2)]
        return len(self.turns) > 3


def lasted(since: datetime | None, now: datetime, length: timedelta) -> bool:
    """Tell whether something that is so since a moment is so for long enough."""
    return since is not None and now - since >= length
