"""Rules on maintenance windows: when they begin and end, and what they are about.

Each looks at one window and keeps quiet about what was refused already.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.config import crontab, wallclock
from tocsin.config.document import Document
from tocsin.config.durations import DAY, spelt
from tocsin.config.fault import Place, Severity, listed, nearest, shown
from tocsin.config.finding import Finding
from tocsin.config.maintenance import BEGINNINGS, KEYS, WindowModel
from tocsin.config.relations import GUESSED, Mention, Roster, unknown_monitors

LONG = timedelta(days=7)
"""A window that is longer was hardly meant: nobody hears of its monitors for so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowDraft:
    """A window before it is known to be sound; `damaged` are the keys that were refused already."""

    index: int
    model: WindowModel
    document: Document
    damaged: frozenset[str] = frozenset()

    @property
    def once(self) -> tuple[datetime, timedelta] | None:
        """When it begins and how long it lasts, where that is once, known, and shown by clocks."""
        if not self.sound("until", "timezone") or any(self.skipped):
            return None
        return self.model.once

    @property
    def skipped(self) -> Iterator[tuple[str, datetime]]:
        """The times in it that clocks never show, and their keys."""
        for key, local in (("from", self.model.begin), ("until", self.model.until)):
            if local is not None and not wallclock.exists(local, self.model.timezone):
                yield key, local

    def lacks(self, *keys: str) -> bool:
        """Tell that it says none of these, also not by a key that is not known: it may be one."""
        unknown = self.damaged - {*KEYS}
        return not unknown and not any(map(self.own, keys))

    def sound(self, *keys: str) -> bool:
        """Tell that nothing under these keys was refused."""
        return self.damaged.isdisjoint(keys)

    def own(self, key: str) -> bool:
        """Tell whether the window says this."""
        return self.document.holds(("maintenance", self.index, key))

    def at(self, *path: str | int) -> Place:
        """Give the place of a value in it, or of the window."""
        return self.document.value_at(("maintenance", self.index, *path))

    def key_at(self, key: str) -> Place:
        """Give the place of a key in it."""
        return self.document.key_at(("maintenance", self.index, key))


def begins_in_one_way(draft: WindowDraft) -> Iterator[Finding]:
    """See that a window begins once, every week or by a line of cron."""
    said = [key for key in BEGINNINGS if draft.own(key)]
    if draft.lacks(*BEGINNINGS):
        yield Finding(
            place=draft.at(),
            code="no_beginning",
            message="nothing says when the window begins",
            fix='Add `from: "2026-12-01 22:00"`, `weekly: sunday 02:00` or `cron: "0 2 1 * *"`',
        )
    elif len(said) > 1:
        keys = tuple(f"`{key}`" for key in said)
        yield Finding(
            place=draft.key_at(said[-1]),
            code="two_beginnings",
            message=f"a window begins by {listed(keys)}, not by more than one of them",
            fix="Keep one of them, or make two windows",
        )


def ends_in_one_way(draft: WindowDraft) -> Iterator[Finding]:
    """See that a window has an end: a length, or where it begins once a time."""
    once, again = draft.own("from"), draft.own("weekly") or draft.own("cron")
    if once is again:
        return
    until, length = draft.own("until"), draft.own("for")
    if again and until:
        yield Finding(
            place=draft.key_at("until"),
            code="no_once",
            message="`until` ends a window that begins once, and this one comes again",
            fix="Remove it, and say how long it lasts: `for: 2h`",
        )
    elif until and length:
        yield Finding(
            place=draft.key_at("for"),
            code="two_ends",
            message="a window ends at a time (`until`) or after a time (`for`), not by both",
            fix="Remove one of the two",
        )
    elif draft.lacks("until", "for"):
        yield Finding(
            place=draft.at(),
            code="no_end",
            message="the window has no end",
            fix="Add `for: 2h`" + (", or `until:` with a date and a time" if once else ""),
        )


def clocks_show_it(draft: WindowDraft) -> Iterator[Finding]:
    """See that clocks ever show the times that are written."""
    zone = draft.model.timezone
    for key, local in draft.skipped:
        later, sooner = wallclock.around(local, zone)
        yield Finding(
            place=draft.at(key),
            code="no_such_time",
            message=f"clocks of {zone} go forward then, and never show {_minute(local)}",
            fix=f"Write {_minute(later)}, or {_minute(sooner)}",
        )


def ends_after_it_begins(draft: WindowDraft) -> Iterator[Finding]:
    """See that a window does not end before it begins."""
    begin, once = draft.model.begin, draft.once
    if begin is None or once is None or once[1] > timedelta():
        return
    yield Finding(
        place=draft.at("until"),
        code="ends_first",
        message="the window ends before it begins",
        fix=f"Write a time after {_minute(begin)}",
    )


def holds_for_a_while(draft: WindowDraft) -> Iterator[Finding]:
    """Warn of a window that is open for very long, or always."""
    model = draft.model
    if (length := _length(draft)) is None:
        return
    place = draft.at("until" if model.until is not None else "for")
    if model.line is not None and crontab.always_within(model.line, length):
        yield Finding(
            place=place,
            code="always_open",
            message="the window begins anew before it has ended: it is always open,"
            " and nobody ever hears of what it is about",
            fix="Write less than the time from one beginning to the next",
            severity=Severity.WARNING,
        )
    elif length > LONG:
        yield Finding(
            place=place,
            code="long_window",
            message=f"nobody hears of what the window is about for {length / DAY:.0f} days",
            fix=f"Write {spelt(LONG)} or less"
            if model.until is None
            else "Write a time within a week of its beginning",
            severity=Severity.WARNING,
        )


def says_what_it_is_about(draft: WindowDraft) -> Iterator[Finding]:
    """See that no window is about everything because a key was forgotten."""
    model = draft.model
    named = [key for key in ("monitors", "tags") if draft.own(key)]
    if not draft.sound("monitors", "tags", "all"):
        return
    if draft.lacks("monitors", "tags") and not model.everything:
        yield Finding(
            place=draft.at(),
            code="no_scope",
            message="nothing says what the window is about",
            fix="Add `monitors: […]`, `tags: […]`, or `all: true`",
        )
    elif named and model.everything:
        yield Finding(
            place=draft.key_at("all"),
            code="two_scopes",
            message=f"a window about all monitors does not also name {listed(tuple(named), 'and')}",
            fix=f"Remove it, or remove {listed(tuple(f'`{key}`' for key in named), 'and')}",
        )


def monitors_exist(drafts: Iterable[WindowDraft], roster: Roster) -> Iterator[Finding]:
    """See that every monitor that a window names is one of the file's."""
    mentions = (
        Mention(name=name, place=draft.at("monitors", index))
        for draft in drafts
        for index, name in enumerate(draft.model.monitors)
    )
    yield from unknown_monitors(mentions, roster)


def tags_exist(drafts: Iterable[WindowDraft], roster: Roster) -> Iterator[Finding]:
    """See that some monitor has each of the tags that a window names."""
    if (known := roster.tags) is None:
        return
    missing = (
        (tag, draft.at("tags", index))
        for draft in drafts
        for index, tag in enumerate(draft.model.tags)
        if tag not in known
    )
    for number, (tag, place) in enumerate(missing):
        guess = nearest(tag, known) if number < GUESSED else None
        yield Finding(
            place=place,
            code="unknown_tag",
            message=f"no monitor has the tag {shown(tag)}",
            fix=f"Write {guess}" if guess else "Give it to a monitor, or remove it here",
        )


def is_to_come(draft: WindowDraft, now: datetime) -> Iterator[Finding]:
    """Warn of a window that was once, and is over."""
    if (once := draft.once) is None:
        return
    begin, length = once
    if timedelta() < length <= now - begin:
        yield Finding(
            place=draft.at("until" if draft.model.until is not None else "from"),
            code="over",
            message=f"the window was over at {_minute(begin + length)} UTC",
            fix="Remove the window, or write a time to come",
            severity=Severity.WARNING,
        )


type _Rule = Callable[[WindowDraft], Iterator[Finding]]

_RULES: tuple[_Rule, ...] = (
    begins_in_one_way,
    ends_in_one_way,
    clocks_show_it,
    ends_after_it_begins,
    holds_for_a_while,
    says_what_it_is_about,
)


def findings(
    drafts: Iterable[WindowDraft], roster: Roster, now: datetime | None
) -> Iterator[Finding]:
    """Hold every rule against every window; without a time, none is over."""
    every = tuple(drafts)
    for draft in every:
        for rule in _RULES:
            yield from rule(draft)
        if now is not None:
            yield from is_to_come(draft, now)
    yield from monitors_exist(every, roster)
    yield from tags_exist(every, roster)


def _length(draft: WindowDraft) -> timedelta | None:
    """Say how long a window lasts, where that is known and it begins and ends in one way."""
    ways = sum(map(draft.own, BEGINNINGS)), sum(map(draft.own, ("until", "for")))
    if ways != (1, 1):
        return None
    if draft.model.line is not None:
        return draft.model.length
    return draft.once and draft.once[1]


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
