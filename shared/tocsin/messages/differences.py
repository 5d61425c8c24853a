"""Where locations that do not agree part: by the address, how far they get, the certificate."""

from collections.abc import Callable, Iterable, Iterator

from tocsin.domain.incident import Subject
from tocsin.domain.outcome import Layer, Vote
from tocsin.domain.quorum import Ballot
from tocsin.messages import voting
from tocsin.messages.inert import line, quoted
from tocsin.messages.words import listed

_ASKED = ("zone:", "dns:")
"""Targets whose address is that of a name server, which may be another at each question."""

_ORDER = tuple(Layer)

type _Deed = tuple[str, str]
"""What a location does, as a verb and what follows it: `("reach", "192.0.2.7")`."""


def differences(subject: Subject) -> Iterator[str]:
    """Say at which layers the counted votes differ, a sentence for each, the lowest layer first."""
    if voting.is_job(subject):
        return
    fails, passes = voting.failing(subject), voting.passing(subject)
    if not subject.target.startswith(_ASKED):
        ours, theirs = _grouped(fails, _reaches), _grouped(passes, _reaches)
        if ours and theirs and not ours.keys() & theirs.keys():
            yield _sentence(Layer.DNS, ours | theirs)
    shown = _grouped((*fails, *passes), _sees)
    lowest = min((b.layer for b in fails if b.layer), key=_ORDER.index, default=None)
    certificate = Layer.TLS if len(shown) > 1 else None
    if lowest not in {None, certificate} and {b.layer for b in (*fails, *passes)} != {lowest}:
        by_stage = sorted((*fails, *passes), key=_stage)
        yield _sentence(lowest, _grouped(by_stage, lambda ballot: _gets(ballot, lowest)))
    if certificate is not None:
        yield _sentence(certificate, shown)


def _reaches(ballot: Ballot) -> _Deed | None:
    return ("reach", line(ballot.address)) if ballot.address else None


def _sees(ballot: Ballot) -> _Deed | None:
    seen = ballot.certificate
    return ("see", f"the certificate {quoted(seen.mark)}") if seen is not None else None


def _gets(ballot: Ballot, lowest: Layer | None) -> _Deed:
    if ballot.vote is not Vote.FAIL or ballot.layer is None:
        return "pass", ""
    there = ballot.layer is lowest
    return ("fail", "there") if there else ("get", f"as far as the {ballot.layer} layer")


def _stage(ballot: Ballot) -> int:
    return len(_ORDER) if ballot.layer is None else _ORDER.index(ballot.layer)


def _grouped(
    ballots: Iterable[Ballot], deed: Callable[[Ballot], _Deed | None]
) -> dict[_Deed, list[str]]:
    groups: dict[_Deed, list[str]] = {}
    for ballot in ballots:
        if (done := deed(ballot)) is not None:
            groups.setdefault(done, []).append(line(ballot.location))
    return groups


def _sentence(layer: Layer | None, groups: dict[_Deed, list[str]]) -> str:
    said = (
        f"{listed(names)} {verb if len(names) > 1 else _third(verb)} {what}".rstrip()
        for (verb, what), names in groups.items()
    )
    return f"They differ at the {layer} layer: {'; '.join(said)}."


def _third(verb: str) -> str:
    return f"{verb}es" if verb.endswith(("s", "ch")) else f"{verb}s"
