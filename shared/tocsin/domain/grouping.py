"""Fold faults that begin together and share something into one: one cause is one alert.

What they share is looked for in the order in which it explains most: an address, a host, a
nameserver, a certificate, a tag. Each fault is in exactly one group.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from tocsin.domain.incident import Subject
from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Layer, Vote
from tocsin.domain.questions import DnsTarget, ResolverTarget
from tocsin.domain.quorum import Ballot

type Fault = tuple[Monitor, Subject]
type Marks = Callable[[Monitor, Subject], Iterable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Faults, and what they share, as people read it; nothing where there is one alone."""

    faults: tuple[Fault, ...]
    shared: str = ""


def grouped(faults: Sequence[Fault]) -> Iterator[Group]:
    """Put each fault into one group, the largest first to share something."""
    left = list(faults)
    for name, marks in _SHARED:
        while (best := _largest(left, marks)) is not None:
            mark, members = best
            yield Group(faults=tuple(members), shared=f"{name} {mark}")
            left = [fault for fault in left if fault not in members]
    for fault in left:
        yield Group(faults=(fault,))


def _largest(faults: list[Fault], marks: Marks) -> tuple[str, list[Fault]] | None:
    groups: dict[str, list[Fault]] = {}
    for fault in faults:
        for mark in dict.fromkeys(marks(*fault)):
            groups.setdefault(mark, []).append(fault)
    shared = [(mark, members) for mark, members in groups.items() if len(members) > 1]
    return max(shared, key=lambda each: (len(each[1]), each[0]), default=None)


def _addresses(_monitor: Monitor, subject: Subject) -> Iterator[str]:
    yield from (ballot.address for ballot in _failing(subject) if ballot.address)


def _host(monitor: Monitor, _subject: Subject) -> Iterator[str]:
    host = getattr(monitor.target, "host", None)
    url = getattr(monitor.target, "url", None)
    if url is not None:
        host = urlsplit(url).hostname
    if host:
        yield host


def _nameserver(monitor: Monitor, subject: Subject) -> Iterator[str]:
    if not any(ballot.layer is Layer.DNS for ballot in _failing(subject)):
        return
    match monitor.target:
        case DnsTarget(resolver=str(server)) | ResolverTarget(server=server):
            yield server
        case _:
            return


def _certificate(_monitor: Monitor, subject: Subject) -> Iterator[str]:
    for ballot in _failing(subject):
        if ballot.layer is Layer.TLS and ballot.certificate is not None:
            yield ballot.certificate.mark


def _tags(monitor: Monitor, _subject: Subject) -> Iterator[str]:
    yield from monitor.tags


def _failing(subject: Subject) -> Iterator[Ballot]:
    """Give the votes that made it fail: what does not count explains nothing."""
    return (b for b in subject.ballots if b.counted and b.vote is Vote.FAIL)


_SHARED: tuple[tuple[str, Marks], ...] = (
    ("the address", _addresses),
    ("the host", _host),
    ("the nameserver", _nameserver),
    ("the certificate", _certificate),
    ("the tag", _tags),
)
