"""Hold the records that servers of a zone give against each other."""

from collections import Counter
from collections.abc import Iterator, Sequence

import dns.name
from dns.name import Name
from dns.rcode import Rcode
from dns.rdatatype import RdataType

from tocsin.checks.expectation import folded, listed
from tocsin.checks.wire import Answer

type Comparison = tuple[Name, RdataType]


def comparison(record: tuple[str, str]) -> Comparison:
    """Read what is compared, as the target has it."""
    return dns.name.from_text(record[0]), RdataType.make(record[1])


def chosen(
    wanted: Sequence[Comparison], room: int, turn: int, suspects: frozenset[Comparison]
) -> list[Comparison]:
    """Choose what is compared now: what differed before, then the next ones in turn."""
    if room >= len(wanted):
        return list(wanted)
    first = [each for each in wanted if each in suspects][:room]
    rest = [each for each in wanted if each not in suspects]
    left = room - len(first)
    begin = turn * left % len(rest) if rest else 0
    return first + (rest[begin:] + rest[:begin])[:left]


def told(answer: Answer) -> frozenset[str]:
    """Say what was answered, so that equal answers are equal."""
    said = [folded(each.kind, each.data) for each in answer.records]
    if not said:
        said = [Rcode.to_text(answer.rcode) if answer.rcode else "no record"]
    return frozenset(said)


def differences[S](
    record: Comparison, said: Sequence[tuple[S, str, frozenset[str]]]
) -> Iterator[tuple[S, str]]:
    """Name those whose answer is not that of the most; of two that differ, the second.

    `said` is by whom, what people call it, and what it answered.
    """
    views = Counter(answer for _, _, answer in said)
    if len(views) < 2:  # noqa: PLR2004 - all alike
        return
    common, holders = views.most_common(1)[0]
    first = next(name for _, name, answer in said if answer == common)
    others = f" and {holders - 1} other{'s' * (holders > 2)}" if holders > 1 else ""  # noqa: PLR2004 - plural
    for server, name, answer in said:
        if answer != common:
            what = f"{record[0]} {RdataType.to_text(record[1])}"
            text = f"{name} answers {what} {_unlike(answer, common)}, unlike {first}{others}"
            yield server, text


def _unlike(answer: frozenset[str], common: frozenset[str]) -> str:
    """Say in what an answer differs, which of two long ones is what one wants to know."""
    added, lacking = answer - common, common - answer
    if not added:
        return f"without {listed(lacking)}"
    instead = f"instead of {listed(lacking)}" if lacking else "as well"
    return f"with {listed(added)} {instead}"
