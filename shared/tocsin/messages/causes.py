"""Which advice an alert calls for: what each thing that is wrong usually means, and what to try."""

from collections import Counter
from collections.abc import Iterable, Iterator

from tocsin.domain.incident import Alert, Event, Kind
from tocsin.domain.outcome import Reason, Vote
from tocsin.domain.quorum import Ballot
from tocsin.messages import voting, words
from tocsin.messages.advice import (
    BLIND_LOCATION,
    ONE_SIDED,
    SILENT_LOCATIONS,
    SLOW,
    Advice,
    advised,
)

CAUSES_AT_MOST = 3

_ON_THE_WAY = {Reason.REFUSED, Reason.UNREACHABLE, Reason.CONNECT_TIMEOUT}
"""Their advice is for a service that is down; from some places only, it is the way that fails."""


def causes(alert: Alert) -> Iterator[tuple[str, Advice]]:
    """Give each cause by its name with the advice for it, the most frequent first."""
    if alert.event is Event.RESOLVED:
        return
    seen = [ballot for subject in alert.subjects for ballot in voting.failing(subject)]
    told = tuple(_told(seen))
    if alert.kind is Kind.LOCATION:
        yield "this", BLIND_LOCATION
    elif alert.kind is Kind.UNKNOWN:
        if not all(map(voting.is_job, alert.subjects)):
            yield "this", SILENT_LOCATIONS
        ballots = (ballot for subject in alert.subjects for ballot in subject.ballots)
        told = tuple(_told(b for b in ballots if not b.counted and b.vote is Vote.ABSTAIN))
    elif alert.kind is Kind.DEGRADED:
        warnings = tuple(_warnings(alert))
        if seen:
            yield "this", ONE_SIDED
        elif not warnings or any(subject.slow for subject in alert.subjects):
            yield "being slow", SLOW
        told = *(each for each in told if each[0] not in _ON_THE_WAY), *warnings
    for reason, advice in told[:CAUSES_AT_MOST]:
        yield f'"{words.REASONS[reason]}"', advice


def _told(ballots: Iterable[Ballot]) -> Iterator[tuple[Reason, Advice]]:
    """Explain each reason once, at the layer where most have seen it."""
    given = Counter((b.reason, b.layer) for b in ballots if b.reason is not None)
    known = set()
    for (reason, layer), _ in given.most_common():
        if reason not in known:
            known.add(reason)
            yield reason, advised(reason, layer)


def _warnings(alert: Alert) -> Iterator[tuple[Reason, Advice]]:
    """Explain what passes will soon fail for, each once."""
    warned = (ballot for subject in alert.subjects for ballot in voting.warned(subject.ballots))
    for reason in dict.fromkeys(ballot.warning for ballot in warned if ballot.warning):
        yield reason, advised(reason, None)
