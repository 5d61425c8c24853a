"""An alert in one line: what is broken, where, how many see it, since when.

The parts are in the order of reading; their ranks say which of them a short line keeps.
"""

from collections.abc import Callable, Sequence
from urllib.parse import parse_qs, urlsplit

from tocsin.domain.incident import Alert, Ending, Event, Kind, Subject
from tocsin.domain.outcome import Reason, Vote
from tocsin.domain.spans import spoken
from tocsin.messages import voting, words
from tocsin.messages.fit import Part, fit
from tocsin.messages.inert import line, quoted

NAMES_AT_MOST = 12
"""Names that a headline ever lists."""
ZONE = "zone:"
"""How the target of a zone begins."""

_LABELS = {
    Kind.DOWN: "DOWN",
    Kind.DEGRADED: "DEGRADED",
    Kind.UNKNOWN: "BLIND",
    Kind.LOCATION: "BLIND",
}


def label(alert: Alert) -> str:
    """Give the word that leads every message."""
    if alert.event is Event.RESOLVED:
        return "RESOLVED"
    word = _LABELS[alert.kind]
    if alert.event is Event.UPDATED:
        if _again(alert):
            return f"{word} AGAIN"
        return "FLAPPING" if alert.flapping and not alert.note else f"{word}, UPDATE"
    return f"STILL {word}" if alert.event is Event.REMINDER else word


def _again(alert: Alert) -> bool:
    """Tell whether an update is about what was well in the meantime, as the label says."""
    return alert.note.partition(":")[0].endswith(" again")


def one_line(
    lead: str,
    parts: Sequence[Part],
    *,
    limit: int,
    spell: Callable[[str], str],
    size: Callable[[str], int] = len,
) -> str:
    """Write a lead and parts in a reader's alphabet, as much of them as the limit allows."""
    all_parts = (Part(forms=(lead,), rank=0), *parts)
    spelt = [Part(forms=tuple(map(spell, part.forms)), rank=part.rank) for part in all_parts]
    return fit(spelt, limit, size)


def headline(alert: Alert) -> tuple[Part, ...]:
    """Give the parts after the label: what is concerned, what happened to it, and where."""
    if alert.kind is Kind.LOCATION:
        return _of_locations(alert)
    if len(alert.subjects) > 1:
        names = listing([subject.monitor for subject in alert.subjects])
        return (
            Part(forms=(words.count(len(alert.subjects), "monitor"),), rank=0),
            Part(forms=(*(f"({form})" for form in names), ""), rank=3),
            Part(forms=(*_shared_story(alert), ""), rank=2),
        )
    only = alert.subjects[0]
    return (
        Part(forms=(only.monitor,), rank=0),
        Part(forms=(*short_target(only.target), ""), rank=3),
        Part(forms=(*_story(alert, only), ""), rank=2),
        Part(forms=(*_whereabouts(alert, only), ""), rank=4),
    )


def news(alert: Alert) -> Part:
    """Say what an update is about, unless the label says it already; of an end, what it was."""
    note = "" if alert.event is Event.UPDATED and _again(alert) else quoted(alert.note).rstrip(".")
    return Part(forms=(f"- {note}" if note else "", ""), rank=1)


def _of_locations(alert: Alert) -> tuple[Part, ...]:
    names = listing([line(trouble.location) for trouble in alert.troubles])
    what = "location" if len(alert.troubles) == 1 else "locations"
    if alert.event is Event.RESOLVED:
        told: tuple[str, ...] = _ended(alert, "was")
    else:
        texts = tuple(dict.fromkeys(quoted(each.text) for each in alert.troubles))
        told = texts if len(texts) == 1 else ()
    return (
        Part(forms=(what,), rank=0),
        Part(forms=(*names, ""), rank=2),
        Part(forms=(*told, ""), rank=3),
    )


def listing(names: list[str]) -> tuple[str, ...]:
    """List names, whole ones only: all of them, or some `+3 more`."""
    shown = range(min(len(names), NAMES_AT_MOST), 0, -1)
    return tuple(
        ", ".join(names[:some]) + (f" +{len(names) - some} more" if some < len(names) else "")
        for some in shown
    )


def short_target(target: str) -> tuple[str, ...]:
    """Name a target without its scheme, then by its host alone."""
    try:
        url = urlsplit(target)
        if url.scheme == "heartbeat":
            return ()  # its schedule tells less than what it did
        if url.scheme == "dns":
            asked = parse_qs(url.query).get("type", [""])[0]
            return (f"{url.netloc} {asked}".strip(), url.netloc)
    except ValueError:  # text that a URL cannot be, as in `https://[`
        return (target,)
    if not url.netloc:
        return (target,)
    path = url.path.rstrip("/")
    query = f"?{url.query}" if url.query else ""
    return tuple(dict.fromkeys((f"{url.netloc}{path}{query}", f"{url.netloc}{path}", url.netloc)))


def _story(alert: Alert, subject: Subject) -> tuple[str, ...]:
    if alert.event is Event.RESOLVED:
        return _ended(alert, "was")
    fails, passes = voting.failing(subject), voting.passing(subject)
    heard = len(fails) + len(passes)
    if subject.ballots and voting.is_job(subject):
        return _of_a_job(subject)
    if alert.kind is Kind.UNKNOWN:
        return (f"{heard}/{len(subject.ballots)} heard",)
    if not fails:
        return _blemish(alert, subject)
    share = f"{len(fails)}/{heard}"
    names = [words.REASONS[reason] for reason in words.reasons(fails)]
    shown = range(len(names), 0, -1)
    short = (*(f"{', '.join(names[:some])} {share}" for some in shown), share)
    if not subject.target.startswith(ZONE):
        return short
    # Which server, what, and seen from where: of a zone its name alone says little.
    said = quoted(voting.lead(subject))
    return (f"{said}, {voting.whence(subject)}", f"{said} {share}", *short)


def _of_a_job(subject: Subject) -> tuple[str, ...]:
    """Tell what a job did, or did not do."""
    ballot = subject.ballots[0]
    name = words.REASONS[ballot.reason] if ballot.reason else "unknown"
    if ballot.vote is not Vote.FAIL:
        return (name,)
    said = quoted(ballot.evidence.partition(";")[0])
    # What the job itself said comes after a colon, and may be long.
    forms = (said, said.partition(": ")[0])
    led = f"{name}: " if ballot.reason is Reason.LATE else ""
    return (*dict.fromkeys(f"{led}{form}" for form in forms), name)


def _blemish(alert: Alert, subject: Subject) -> tuple[str, ...]:
    """Tell why a monitor that passes is degraded: the nearest end, else what is slow."""
    if warned := voting.warned(subject.ballots):
        nearest = min(warned, key=voting.expiry)
        share = f"{len(warned)}/{len(voting.passing(subject))}"
        name = words.REASONS[nearest.warning] if nearest.warning else ""
        if subject.target.startswith(ZONE):
            said = quoted(nearest.evidence.partition(";")[0])
            return (f"{said} {share}", f"{name} {share}", name)
        return (f"{voting.warning(nearest, alert.at)} {share}", f"{name} {share}", name)
    for much in subject.slow:
        what = f"slow {much.phase}" if much.phase else "slow"
        took, limit = words.milliseconds(much.ms), words.milliseconds(much.limit_ms)
        return (f"{what} {took} (limit {limit})", f"{what} {took}", what, "slow")
    return (f"slow {words.milliseconds(voting.median_ms(subject))}", "slow")


def _shared_story(alert: Alert) -> tuple[str, ...]:
    if alert.event is Event.RESOLVED:
        return _ended(alert, "were")
    if alert.kind is not Kind.UNKNOWN:
        shared = (f"share {quoted(alert.shared)}",) if alert.shared else ()
        return (*shared, str(alert.kind))
    missing = [
        frozenset(b.location for b in subject.ballots if not b.counted)
        for subject in alert.subjects
    ]
    silent = sorted(frozenset.intersection(*missing))
    return (*(f"nothing from {form}" for form in listing(silent)), "too few locations heard")


def _ended(alert: Alert, was: str) -> tuple[str, ...]:
    state = "blind" if alert.kind is Kind.LOCATION else alert.kind
    lasted = f"{was} {state} {spoken(alert.at - alert.opened_at)}"
    if alert.ending in {Ending.DELETED, Ending.PAUSED}:
        return (f"{alert.ending}, {lasted}", str(alert.ending))
    if alert.kind is Kind.DOWN and voting.marred(alert):
        return (f"{lasted}, now degraded", "now degraded")
    return (lasted, f"{was} {state}")


def _whereabouts(alert: Alert, subject: Subject) -> tuple[str, ...]:
    """Name the locations that fail or warn where only some do: the first question it raises."""
    if alert.event is Event.RESOLVED or alert.kind is not Kind.DEGRADED:
        return ()
    fails, warned = voting.failing(subject), voting.warned(subject.ballots)
    if not fails and len(warned) == len(voting.passing(subject)):
        return ()  # everywhere
    if fails and subject.target.startswith(ZONE):
        return ()  # said already
    names = [ballot.location for ballot in fails or warned]
    return tuple(f"from {form}" for form in listing(names))
