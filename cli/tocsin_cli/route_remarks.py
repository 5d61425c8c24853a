"""What people read of the routes: a line for each, and what is to be done where one is broken."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from tocsin.adapters.receivers import Letters, Ringing
from tocsin.domain.incident import listed
from tocsin.domain.monitor import Route
from tocsin.domain.spans import spoken
from tocsin.messages.words import count
from tocsin_cli.documents import at
from tocsin_cli.routes import Hearers, Passage, Routes, Sms

type Line = tuple[str, str]
"""A text, and its style on a terminal."""

WARNING = "yellow"
NEAR = 0.8
"""Of the spend limit of SMS."""

_MENDS = {
    "undelivered": "a subscriber did not take them; each message in UndeliveredQueue says why",
    "lost handovers": "an outlet did not take them; the notifier's log says which, and why",
}


def lines(seen: Routes, now: datetime) -> Iterator[Line]:
    """Say how the routes stand."""
    for route, each in seen.routes.items():
        yield from _route(route, each, now)
    yield from _watcher(seen.watcher)
    yield from _ringing(seen.ringing, now)
    yield from _letters(seen.letters)
    if seen.sms is not None:
        yield from _sms(seen.sms)
    for text in seen.unseen:
        yield f"not shown: {text}", ""


def hearing(hear: Hearers) -> str:
    """Count who hears, by protocol, and who has not confirmed yet."""
    parts = []
    if hear.subscribers is None:
        parts.append("its subscribers are not known")
    else:
        confirmed, pending = hear.subscribers.confirmed, hear.subscribers.pending
        for protocol in sorted(confirmed.keys() | pending.keys()):
            waiting = f" ({pending[protocol]} not confirmed)" if protocol in pending else ""
            total = confirmed.get(protocol, 0) + pending.get(protocol, 0)
            parts.append(f"{total} {protocol}{waiting}")
    if hear.outlets:
        parts.append(count(hear.outlets, "outlet"))
    return ", ".join(parts) or "nobody"


def document(seen: Routes) -> dict[str, object]:
    """Give the routes as JSON has them; null is not known."""
    return {
        "routes": [
            {
                "route": route,
                **who(each.hearers),
                "monitors": list(each.monitors),
                "refused": each.refused,
                "refused_since": at(each.refused_since),
            }
            for route, each in seen.routes.items()
        ],
        "watcher": who(seen.watcher),
        "alarms": seen.ringing
        and [
            {
                "name": each.name,
                "since": at(each.since),
                "meaning": each.meaning,
                "runbook": each.runbook or None,
            }
            for each in seen.ringing
        ],
        "dead_letters": {
            name.replace(" ", "_"): each and _dead(each) for name, each in seen.letters.items()
        },
        "sms": seen.sms
        and {
            "limit_usd": seen.sms.limit,
            "spent_usd": seen.sms.spent,
            "sandboxed": seen.sms.sandboxed,
        },
        "unseen": list(seen.unseen),
    }


def who(hear: Hearers) -> dict[str, object]:
    """Give who hears as JSON has it; null is not known."""
    known = hear.subscribers
    return {
        "subscribers": known and dict(known.confirmed),
        "not_confirmed": known and dict(known.pending),
        "outlets": hear.outlets,
    }


def _dead(letters: Letters) -> dict[str, object]:
    oldest = None if letters.oldest is None else letters.oldest.total_seconds()
    return {"messages": letters.number, "oldest_s": oldest}


def _route(route: Route, each: Passage, now: datetime) -> Iterator[Line]:
    number = len(each.monitors)
    used = f"{count(number, 'monitor')} alert{'' if number > 1 else 's'} by it"
    style = WARNING if each.hearers.nobody and number else ""
    yield (
        f"{route}: {hearing(each.hearers)}; {used if number else 'no monitor alerts by it'}",
        style,
    )
    if each.hearers.nobody and number:
        mend = (
            "have it confirmed"
            if each.hearers.subscribers and each.hearers.subscribers.pending
            else "subscribe somebody, as docs/routes.md tells"
        )
        yield f"{route}: nobody hears of {listed(each.monitors)}: {mend}", WARNING
    elif each.hearers.subscribers and each.hearers.subscribers.pending:
        yield f"{route}: what is not confirmed within two days AWS drops without a word", WARNING
    if each.refused_since is not None:
        since = f"the first owed for {spoken(now - each.refused_since)}"
        mend = f"`tocsin test-alert {route}` says why"
        yield f"{route}: {count(each.refused, 'alert')} not accepted, {since}: {mend}", WARNING


def _watcher(hear: Hearers) -> Iterator[Line]:
    if hear.nobody:
        yield "alarms about Tocsin itself: nobody hears of them: deploy with WatcherEmail", WARNING
    else:
        yield f"alarms about Tocsin itself: {hearing(hear)}", ""


def _ringing(alarms: tuple[Ringing, ...] | None, now: datetime) -> Iterator[Line]:
    for each in alarms or ():
        page = f" {each.runbook}" if each.runbook else ""
        yield f"alarm {each.name} for {spoken(now - each.since)}: {each.meaning}{page}", WARNING
    if alarms == ():
        yield "alarms: none rings", ""


def _letters(letters: Mapping[str, Letters | None]) -> Iterator[Line]:
    for name, each in letters.items():
        if each is not None and each.number:
            age = "" if each.oldest is None else f", the oldest for {spoken(each.oldest)}"
            yield f"{name}: {count(each.number, 'alert')}{age}: {_MENDS[name]}", WARNING
    if letters and all(each is not None and not each.number for each in letters.values()):
        yield "dead letters: none", ""


def _sms(sms: Sms) -> Iterator[Line]:
    spent = "unknown" if sms.spent is None else f"${sms.spent:.2f}"
    limit = "unknown" if sms.limit is None else f"${sms.limit:.2f}"
    known = sms.spent is not None and sms.limit is not None
    if known and (sms.spent or 0) >= NEAR * (sms.limit or 0):
        mend = "beyond it SNS drops them in silence: raise it under Service Quotas"
        yield f"SMS: {spent} of {limit} spent this month; {mend}", WARNING
    elif sms.spent is not None or sms.limit is not None:
        yield f"SMS: {spent} of {limit} spent this month", ""
    if sms.sandboxed:
        yield "SMS: the account is in the sandbox: only numbers verified there get any", WARNING
