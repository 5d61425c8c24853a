"""Where a monitor stands: its verdict, since when, and whether it flaps."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.domain.monitor import Monitor
from tocsin.domain.quorum import Tally, Verdict, decide

FLIPS = 4
"""Times that a monitor may go down or come back within `FLAPPING`; with more it flaps."""
FLAPPING = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a monitor stands, and since when its verdict has been what it is.

    `failing` names the locations whose fresh votes fail, `silent` those without a fresh vote. It is
    `well` while enough of them pass and too few fail. `held_down` is one that went down and has not
    recovered, also while nobody sees it; `recovering_since` is set while it passes but not yet for
    long enough. `flips` are the last moments at which it went down or had recovered. It is
    `sheltered` while something that it depends on is down; `freed_at` is when that was well again.
    It has `failed` while a quorum fails, also where that does not last yet: it is down soon.
    """

    verdict: Verdict
    since: datetime
    failing: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    well: bool = False
    held_down: bool = False
    recovering_since: datetime | None = None
    flips: tuple[datetime, ...] = ()
    sheltered: bool = False
    freed_at: datetime | None = None
    failed: bool = False

    def flaps(self, now: datetime) -> bool:
        """Tell whether it goes up and down too often to be believed either way."""
        return sum(now - flip <= FLAPPING for flip in self.flips) > FLIPS


def resting(names: Iterable[str], standings: Mapping[str, Standing]) -> set[str]:
    """Name those of these whose standing another moment in which all pass leaves as it is."""
    return {
        name
        for name in names
        if (known := standings.get(name)) is not None
        and known.well
        and known.verdict is Verdict.UP
        and not (known.held_down or known.sheltered or known.failed)
        and not (known.failing or known.silent or known.flips)
        and known.recovering_since is None
        and known.freed_at is None
    }


def stand(monitor: Monitor, tally: Tally, before: Standing | None, now: datetime) -> Standing:
    """Give a monitor's standing by its votes."""
    held_down, recovering_since = _held(monitor, tally, before, now)
    verdict = decide(tally, held_down=held_down)
    return Standing(
        verdict=verdict,
        since=before.since if before and before.verdict is verdict else now,
        failing=tally.failing,
        silent=tally.silent,
        well=tally.recovered,
        held_down=held_down,
        recovering_since=recovering_since,
        flips=_flips(before, now, held_down=held_down),
        failed=len(tally.failing) >= tally.need,
    )


def _held(
    monitor: Monitor, tally: Tally, before: Standing | None, now: datetime
) -> tuple[bool, datetime | None]:
    """Tell whether it went down and has not recovered since, and since when it recovers."""
    if tally.down:
        return True, None
    if before is None or not before.held_down or not tally.recovered:
        return before is not None and before.held_down, None
    since = before.recovering_since or now
    return (False, None) if now - since >= monitor.recover_for else (True, since)


def _flips(before: Standing | None, now: datetime, *, held_down: bool) -> tuple[datetime, ...]:
    """Note that it went down or has recovered, also out of sight; a pause begins anew."""
    if before is None or before.verdict is Verdict.PAUSED:
        return ()
    known = before.flips
    if before.held_down != held_down:
        known = (*known, now)
    recent = tuple(flip for flip in known if now - flip <= FLAPPING)
    # As many as tell that it flaps, and no more: the state grows with monitors, not with time.
    return recent[-(FLIPS + 1) :]
