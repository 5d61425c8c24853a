"""Rules on what monitors say of one another: which depend on which, and what they were before."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tocsin.config.draft import Draft
from tocsin.config.fault import Place, nearest, shown
from tocsin.config.finding import Finding
from tocsin.config.publishing import names_differ
from tocsin.config.values import NAME

GUESSED = 50
"""Unknown names for which a known one is looked up that is like them: among many it takes long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Who is in the file: all names, also of monitors that were refused, and who was who before.

    `names` and `tags` are None where some of them were refused, so that not all are known.
    """

    names: frozenset[str] | None
    now: Mapping[str, str]
    tags: tuple[str, ...] | None

    def lacks(self, name: str) -> bool:
        """Tell whether it is certain that no monitor has this name."""
        return self.names is not None and name not in self.names


def roster(drafts: Iterable[Draft], names: Iterable[str]) -> Roster:
    """Look once at the whole file."""
    known, every = tuple(drafts), frozenset(names)
    whole = len(known) == len(every) and all(draft.sound("tags") for draft in known)
    tags = dict.fromkeys(tag for draft in known for tag in draft.model.tags)
    return Roster(
        names=every if all(map(NAME.fullmatch, every)) else None,
        now={draft.model.was: draft.name for draft in known if draft.model.was is not None},
        tags=tuple(tags) if whole else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A monitor's name where the file names one; `by` is the monitor that does, if one does."""

    name: str
    place: Place
    by: str = ""


def unknown_monitors(mentions: Iterable[Mention], among: Roster) -> Iterator[Finding]:
    """Say of each name that no monitor has it, and of the first of them which was meant."""
    names = tuple(sorted(among.names or ()))
    missing = (each for each in mentions if among.lacks(each.name))
    for number, each in enumerate(missing):
        guess = among.now.get(each.name)
        if guess is None and number < GUESSED:
            guess = nearest(each.name, tuple(name for name in names if name != each.by))
        yield Finding(
            place=each.place,
            code="unknown_monitor",
            message=f"there is no monitor {shown(each.name)}",
            fix=f"Write {guess}" if guess else "Name a monitor of this file, or remove it",
        )


def findings(drafts: Iterable[Draft], among: Roster) -> Iterator[Finding]:
    """Hold every rule against the whole file."""
    known = tuple(drafts)
    yield from unknown_monitors(_parents(known), among)
    for draft in known:
        yield from _is_not_its_own_parent(draft)
    yield from _no_circles(known)
    yield from _renamings_are_plain(known, among)
    yield from names_differ(known)


def _parents(drafts: Iterable[Draft]) -> Iterator[Mention]:
    for draft in drafts:
        for index, name in enumerate(draft.model.depends_on):
            yield Mention(name=name, place=draft.at("depends_on", index), by=draft.name)


def _is_not_its_own_parent(draft: Draft) -> Iterator[Finding]:
    if draft.name in draft.model.depends_on:
        yield Finding(
            place=draft.at("depends_on", draft.model.depends_on.index(draft.name)),
            code="circle",
            message=f"{draft.name} depends on itself",
            fix="Remove it",
        )


def _no_circles(drafts: tuple[Draft, ...]) -> Iterator[Finding]:
    known = {draft.name: draft for draft in drafts}
    parents = {
        name: tuple(parent for parent in draft.model.depends_on if parent != name)
        for name, draft in known.items()
    }
    for way in circles(parents):
        first = known[way[0]]
        yield Finding(
            place=first.at("depends_on", first.model.depends_on.index(way[1])),
            code="circle",
            message=f"monitors depend on one another in a circle: {' -> '.join(way)}",
            fix="Remove one of these dependencies",
        )


def circles(parents: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Give ways round, such as `(a, b, a)`: each monitor that is in a circle is in one of them."""
    children: dict[str, list[str]] = defaultdict(list)
    for name, above in parents.items():
        for parent in above:
            children[parent].append(name)
    # Nobody is in a circle who depends on nobody that may be, or on whom nobody does.
    left = _entangled(_entangled(parents.keys(), parents, children), children, parents)
    told: set[str] = set()
    for name in parents:
        if name in left and name not in told and (way := _way_round(name, parents, left)):
            told.update(way)
            yield way


def _entangled(
    names: Iterable[str],
    ahead: Mapping[str, Iterable[str]],
    behind: Mapping[str, Iterable[str]],
) -> dict[str, None]:
    """Drop those that have nobody ahead of them, until everybody who is left has."""
    left = dict.fromkeys(names)
    counts = {name: sum(each in left for each in ahead.get(name, ())) for name in left}
    free = [name for name, count in counts.items() if not count]
    while free:
        done = free.pop()
        del left[done]
        for name in behind.get(done, ()):
            if name in left:
                counts[name] -= 1
                if not counts[name]:
                    free.append(name)
    return left


def _way_round(
    name: str, parents: Mapping[str, tuple[str, ...]], left: Mapping[str, None]
) -> tuple[str, ...] | None:
    """Go from a monitor over what it depends on back to it, the shortest way, if there is one."""
    ways: deque[str] = deque([name])
    came: dict[str, str] = {}
    while ways:
        here = ways.popleft()
        for parent in parents[here]:
            if parent == name:
                way = [here]
                while way[-1] != name:
                    way.append(came[way[-1]])
                return (*reversed(way), name)
            if parent in left and parent not in came:
                came[parent] = here
                ways.append(parent)
    return None


def _renamings_are_plain(drafts: tuple[Draft, ...], among: Roster) -> Iterator[Finding]:
    """See that a former name is nobody's now, and nobody else's before."""
    heirs: dict[str, str] = {}
    for draft in drafts:
        former = draft.model.was
        if former is None:
            continue
        heir = heirs.setdefault(former, draft.name)
        if former == draft.name:
            code, message, fix = "same_name", f"{former} is its name already", "Remove `was`"
        elif among.names is not None and former in among.names:
            code, message = "name_in_use", f"{former} is a monitor of this file still"
            fix = f"Remove the monitor {former}, or `was` where it was renamed before"
        elif heir != draft.name:
            code, message = "named_twice", f"{former} is what {heir} was already"
            fix = "Keep it where the history is to go on"
        else:
            continue
        yield Finding(place=draft.at("was"), code=code, message=message, fix=fix)
