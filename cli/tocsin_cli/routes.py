"""See how the routes stand, and Tocsin itself: who hears, what did not arrive, which alarms ring.

What AWS does not answer, or not to this caller, is named among what is unseen: it is never fatal,
and all is asked at once, so that nobody waits for long.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial

from tocsin.adapters.receivers import Letters, Places, Receivers, Ringing, Subscribers
from tocsin.adapters.refusals import RefusedError
from tocsin.domain.monitor import Monitor, Route
from tocsin.domain.outbox import Owed

SMS = "sms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearers:
    """Who hears of a topic; None is not known."""

    subscribers: Subscribers | None
    outlets: int | None = 0

    @property
    def nobody(self) -> bool:
        """Whether it is known that nobody hears."""
        if self.subscribers is None or self.outlets is None:
            return False
        return not self.subscribers.confirmed and not self.outlets


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A route: who hears, the monitors that alert by it, and since when it refuses how many."""

    hearers: Hearers
    monitors: tuple[str, ...] = ()
    refused: int = 0
    refused_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sms:
    """What SMS of this month may cost and have cost; None is not known."""

    limit: float | None
    spent: float | None
    sandboxed: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """All that can be seen of the routes; `unseen` says what cannot, and why.

    `ringing` are the alarms about Tocsin itself that ring in the home region; None is not known.
    """

    routes: Mapping[Route, Passage]
    watcher: Hearers
    ringing: tuple[Ringing, ...] | None = ()
    letters: Mapping[str, Letters | None] = field(default_factory=dict)
    sms: Sms | None = None
    unseen: tuple[str, ...] = ()


def look(
    receivers: Receivers,
    places: Places,
    monitors: Iterable[Monitor],
    owed: Iterable[Owed],
    now: datetime,
) -> Routes:
    """Ask AWS of every route."""
    watched, waiting = tuple(monitors), tuple(owed)
    with ThreadPoolExecutor(max_workers=8) as pool:
        asking = _Asking(pool)
        heard = _ask_who_hears(receivers, places, asking)
        ringing = asking.ask("which alarms ring", partial(receivers.ringing, places.watcher))
        lying = {
            name: asking.ask(f"dead letters ({name})", partial(receivers.letters, queue, now))
            for name, queue in (
                ("undelivered", places.undelivered),
                ("lost handovers", places.lost_handovers),
            )
        }
        hear = {route: answer() for route, answer in heard.items()}
        texted = any(
            SMS in each.subscribers.confirmed for each in hear.values() if each.subscribers
        )
        sms = _ask_about_sms(receivers, asking, now) if texted else None
        letters = {name: answer() for name, answer in lying.items()}
    return Routes(
        routes={route: _passage(route, hear[route], watched, waiting) for route in Route},
        watcher=hear[None],
        ringing=ringing(),
        letters=letters,
        sms=sms,
        unseen=tuple(asking.unseen),
    )


def who_hears(
    receivers: Receivers, places: Places, route: Route
) -> tuple[Hearers, tuple[str, ...]]:
    """Ask who hears of one route; beside it what is unseen, and why."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        asking = _Asking(pool)
        hear = _ask_who_hears(receivers, places, asking, only=(route,))[route]()
    return hear, tuple(asking.unseen)


type Answer[T] = Callable[[], T]
"""What was asked already, and is waited for when it is called."""


class _Asking:
    """Questions that are asked at once; of those that are not answered it is kept why."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self.unseen: list[str] = []

    def ask[T](self, what: str, question: Callable[[], T]) -> Answer[T | None]:
        """Ask; `what` names the question for people."""
        return partial(self._answer, what, self._pool.submit(question))

    def _answer[T](self, what: str, future: Future[T]) -> T | None:
        try:
            return future.result()
        except RefusedError as error:
            self.unseen.append(f"{what}: {error}")
            return None


def _ask_who_hears(
    receivers: Receivers,
    places: Places,
    asking: _Asking,
    only: tuple[Route | None, ...] = (*Route, None),
) -> dict[Route | None, Answer[Hearers]]:
    """Ask who hears of each route, and (None) of the alarms about Tocsin itself."""
    outlets = cache(asking.ask("outlets", partial(receivers.outlets, places.outlets)))

    def heard(route: Route | None, subscribers: Answer[Subscribers | None]) -> Hearers:
        if route is None:
            return Hearers(subscribers=subscribers())
        known = outlets()
        return Hearers(
            subscribers=subscribers(), outlets=None if known is None else known.get(route, 0)
        )

    def counted(route: Route | None) -> Answer[Subscribers | None]:
        topic = places.watcher if route is None else places.topics[route]
        question = partial(receivers.subscribers, topic, but=places.alerts_queue)
        return asking.ask(f"subscribers of {route or 'the watcher'}", question)

    return {route: partial(heard, route, counted(route)) for route in only}


def _passage(
    route: Route, hear: Hearers, monitors: tuple[Monitor, ...], owed: tuple[Owed, ...]
) -> Passage:
    # What was claimed once may be on its way at this moment.
    refused = [each.alert.at for each in owed if route in each.routes and each.tries > 1]
    return Passage(
        hearers=hear,
        monitors=tuple(sorted(each.id for each in monitors if route in each.routes)),
        refused=len(refused),
        refused_since=min(refused, default=None),
    )


def _ask_about_sms(receivers: Receivers, asking: _Asking, now: datetime) -> Sms:
    limit = asking.ask("the spend limit of SMS", receivers.spend_limit)
    spent = asking.ask("the spend on SMS", partial(receivers.spent, now))
    sandboxed = asking.ask("the SMS sandbox", receivers.sandboxed)
    return Sms(limit=limit(), spent=spent(), sandboxed=sandboxed())
