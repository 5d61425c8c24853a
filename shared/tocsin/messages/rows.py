"""Who sees what, in rows for people: each location's vote on a monitor, or many votes summed up."""

from collections import Counter
from collections.abc import Iterator

from tocsin.domain.incident import Alert, Ending, Event, Subject
from tocsin.domain.outcome import Layer, Vote
from tocsin.domain.quorum import Ballot
from tocsin.messages import voting, words
from tocsin.messages.differences import differences
from tocsin.messages.fit import wrapped
from tocsin.messages.headline import short_target
from tocsin.messages.inert import line, quoted

IN_FULL_AT_MOST = 5
"""Monitors that get a row per location; where there are more, locations are summed up."""


def sightings(alert: Alert) -> Iterator[list[str]]:
    """Give the sections that say who sees what, as lines, and where they differ."""
    if not alert.subjects:
        return
    sees = "SEES NOW" if alert.event is Event.RESOLVED else "SEES"
    verb = "SAW LAST" if alert.ending is Ending.DELETED else sees
    title = f"WHAT EACH LOCATION {verb} (times in UTC)"
    if all(map(voting.is_job, alert.subjects)):
        title = "WHAT IS KNOWN OF IT"
    if len(alert.subjects) == 1:
        yield [title, *_rows(alert, alert.subjects[0])]
        yield wrapped(" ".join(differences(alert.subjects[0])))
    elif len(alert.subjects) <= IN_FULL_AT_MOST:
        yield [title]
        for subject in alert.subjects:
            parted = wrapped(" ".join(differences(subject)))
            head = f"{entry(subject)}: {voting.quorum(alert, subject)}"
            yield [head, *_rows(alert, subject), *parted]
    else:
        yield [title, *(f"* {said}" for said in summed_up(alert))]
        yield [f"THE {len(alert.subjects)} MONITORS", *_entries(alert)]


def _rows(alert: Alert, subject: Subject) -> Iterator[str]:
    for ballot in sorted(subject.ballots, key=_importance):
        yield f"* {line(ballot.location)}: {_vote(alert, ballot)}"
        if said := _evidence(ballot):
            yield f"    evidence: {said}"
        if ballot.counted:
            yield from (f"    {said}" for said in _circumstances(alert, ballot))
    yield from _certificates(alert, subject)


def votes(alert: Alert, subject: Subject) -> Iterator[tuple[str, str]]:
    """Give each location's vote in a few words, with its evidence, the failures first."""
    for ballot in sorted(subject.ballots, key=_importance):
        where = f" ({_phases(ballot)})" if subject.slow and ballot.phases_ms else ""
        yield f"{line(ballot.location)}: {_vote(alert, ballot)}{where}", _evidence(ballot)


def _evidence(ballot: Ballot) -> str:
    """Show what a vote rests on; that of an old vote no longer tells anything."""
    shown = ballot.counted or ballot.vote is Vote.ABSTAIN
    return quoted(ballot.evidence) if shown else ""


def _certificates(alert: Alert, subject: Subject) -> Iterator[str]:
    """Give each certificate with who is shown it, where they differ or one is the matter."""
    shown = [(b, b.certificate) for b in subject.ballots if b.counted and b.certificate]
    certificates = {certificate.mark: certificate for _, certificate in shown}
    matter = any(ballot.warning or ballot.layer is Layer.TLS for ballot, _ in shown)
    if len(certificates) == 1 and not matter:
        return
    for mark, certificate in certificates.items():
        to = line(", ".join(ballot.location for ballot, seen in shown if seen.mark == mark))
        yield f"* certificate shown to {to}: {words.end(certificate, voting.voted_at(alert))}"
        yield f"    issuer {quoted(certificate.issuer)}; SHA-256 {quoted(mark)}..."


def _importance(ballot: Ballot) -> int:
    if not ballot.counted:
        return 1
    return 0 if ballot.vote is Vote.FAIL else 2


def _vote(alert: Alert, ballot: Ballot) -> str:
    if not ballot.counted:
        why = voting.absence(ballot, voting.voted_at(alert))
        return f"not counted, {why}{_last_vote(alert, ballot)}"
    if ballot.vote is Vote.FAIL and ballot.reason and ballot.layer:
        return f"FAILS, {words.REASONS[ballot.reason]} ({ballot.layer} layer)"
    took = sum(ms for _, ms in ballot.phases_ms)
    passes = f"passes in {words.milliseconds(took)}" if ballot.phases_ms else "passes"
    soon = voting.warning(ballot, voting.voted_at(alert))
    return f"{passes}, but {soon}" if soon else passes


def _last_vote(alert: Alert, ballot: Ballot) -> str:
    verb = {Vote.PASS: "passed", Vote.FAIL: "failed"}.get(ballot.vote) if ballot.vote else None
    if verb is None or ballot.checked_at is None:
        return ""
    return f" (it last {verb}, at {words.clock(ballot.checked_at, alert.at)})"


def _circumstances(alert: Alert, ballot: Ballot) -> Iterator[str]:
    said = []
    if ballot.address:
        said.append(f"address {line(ballot.address)}")
    if ballot.attempts > 1:
        said.append(f"{ballot.attempts} attempts")
    if ballot.failing_since:
        said.append(f"failing since {words.clock(ballot.failing_since, alert.at)}")
    if ballot.phases_ms:
        said.append(_phases(ballot))
    if said:
        yield "; ".join(said)


def _phases(ballot: Ballot) -> str:
    return ", ".join(f"{line(name)} {words.milliseconds(ms)}" for name, ms in ballot.phases_ms)


def summed_up(alert: Alert) -> Iterator[str]:
    """Give a line per location and state: whose silence it is matters more than of what."""
    total = len(alert.subjects)
    states = Counter(
        (ballot.location, _vote_in_short(alert, ballot))
        for subject in alert.subjects
        for ballot in subject.ballots
    )
    for (location, state), number in sorted(states.items()):
        yield f"{line(location)}: {state} ({number} of {total} monitors)"


def _vote_in_short(alert: Alert, ballot: Ballot) -> str:
    if not ballot.counted:
        return voting.absence(ballot, voting.voted_at(alert))
    if ballot.vote is Vote.FAIL and ballot.reason:
        return f"fails, {words.REASONS[ballot.reason]}"
    return f"passes, but {words.REASONS[ballot.warning]}" if ballot.warning else "passes"


def _entries(alert: Alert) -> Iterator[str]:
    """List the monitors, those with the same votes together."""
    for votes, group in _by_votes(alert).items():
        yield f"{votes[:1].upper()}{votes[1:]}:"
        yield from (f"* {entry(subject)}" for subject in group)


def _by_votes(alert: Alert) -> dict[str, list[Subject]]:
    groups: dict[str, list[Subject]] = {}
    for subject in alert.subjects:
        groups.setdefault(voting.quorum(alert, subject), []).append(subject)
    return groups


def entry(subject: Subject) -> str:
    """Name a monitor with its target in short."""
    where = short_target(subject.target)[0]
    return f"{line(subject.monitor)} ({line(where)})" if where else line(subject.monitor)
