"""The whole way to a service by its name: each address that counts is dialled and talked to.

Of several addresses one that passes is enough, or all must. When the name does not resolve, the
addresses at which the check passed last are tried: where the service answers there, it is its name
that is down. That stays a failure, with the reason for which the name did not resolve.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from tocsin.checks.attempt import Attempt
from tocsin.checks.connection import Connection
from tocsin.checks.dial import Dialer, Failures, in_turn
from tocsin.checks.failure import ABSTAINING, CheckFailedError
from tocsin.domain.outcome import EVIDENCE_LIMIT, Layer, Reason, printable
from tocsin.domain.target import Addresses, Family

type Talk[T] = Callable[[Connection], Awaitable[T]]

RESOLVING: Final = 0.6
"""The share of an attempt that resolving may take where there is another way to go."""
KNOWN: Final = 4
"""Addresses that are tried at most when the name does not resolve."""
MOST: Final = 32
"""Addresses of a name that are tried where all must pass; a pass says when there are more."""
_CAUSE: Final = 120
_LEAST: Final = 24


async def reach[T](  # noqa: PLR0913 - a service and how it is looked for
    dialer: Dialer,
    attempt: Attempt,
    host: str,
    port: int,
    talk: Talk[T],
    *,
    family: Family = Family.ANY,
    addresses: Addresses = Addresses.ANY,
    layer: Layer = Layer.PROTOCOL,
) -> T:
    """Give what `talk` makes of the address that passes; of the last one where all must.

    `layer` is where a failure of the talk belongs. Each connection is closed after its talk.
    Raises CheckFailedError, which tells of every address that failed.
    """
    way = _Way(dialer, attempt, port, talk, layer)
    every = addresses is Addresses.ALL
    place = host.lower().removesuffix("."), port, family
    known = dialer.last_good.at(place)
    try:
        if known:
            with attempt.within(attempt.left() * RESOLVING):
                found = await dialer.resolve(attempt, host, family, every=every)
        else:
            found = await dialer.resolve(attempt, host, family, every=every)
    except CheckFailedError as unresolved:
        known = tuple(filter(dialer.permits, known))[:KNOWN]
        if not known or unresolved.reason in ABSTAINING:
            raise
        raise await _without_its_name(way, unresolved, known) from None
    try:
        return await (way.each_of(found) if every else way.one_of(found))
    finally:
        if way.passed and found[0] != host:  # an address is its own name
            dialer.last_good.note(place, tuple(way.passed))


class _Way[T]:
    """What is done at each address, and how each of them fared."""

    __slots__ = ("attempt", "dialer", "failures", "layer", "passed", "port", "talk")

    def __init__(
        self, dialer: Dialer, attempt: Attempt, port: int, talk: Talk[T], layer: Layer
    ) -> None:
        self.dialer = dialer
        self.attempt = attempt
        self.port = port
        self.talk = talk
        self.layer = layer
        self.passed: list[str] = []
        self.failures: Failures = []

    async def one_of(self, addresses: tuple[str, ...]) -> T:
        """Try them in turn: a connection gets its share of the time left, a talk all of it."""
        attempt = self.attempt
        shown = attempt.certificate, attempt.warning

        async def go(address: str, sharers: int) -> T:
            attempt.certificate, attempt.warning = shown
            return await self._go(address, sharers)

        result = await in_turn(attempt, addresses, go, self.failures)
        if self.failures:
            blamed = [f"but {failure.evidence}" for _, failure in self._blamed()]
            attempt.notes += tuple(blamed[:1])
        return result

    async def each_of(self, addresses: tuple[str, ...]) -> T:
        """Try all, each in its share of the time left; the phases told are the slowest one's."""
        attempt, before = self.attempt, self.attempt.phases_ms
        tried = addresses[:MOST]
        slowest: dict[str, float] = {}
        results: list[T] = []
        for position, address in enumerate(tried):
            attempt.phases_ms = dict(before)
            try:
                with attempt.within(attempt.left() / (len(tried) - position)):
                    results.append(await self._go(address, 1))
            except CheckFailedError as failure:
                self.failures.append((address, failure.kept()))
            except asyncio.CancelledError:
                # Should this be the deadline, what failed before is told as well.
                self.failures.append((address, attempt.stuck()))
                attempt.stuck = lambda: self._some(len(addresses))
                raise
            attempt.leave()
            slowest = max(slowest, attempt.phases_ms, key=lambda phases: sum(phases.values()))
        attempt.phases_ms = slowest
        unjudged = [f for _, f in self.failures if f.reason is Reason.NO_ROUTE_FAMILY]
        if not results or len(unjudged) < len(self.failures):
            raise self._some(len(addresses))
        if len(results) < len(addresses):
            attempt.notes += (f"{len(results)} of {len(addresses)} addresses",)
        elif len(addresses) > 1:
            attempt.notes += (f"all {len(addresses)} addresses",)
        attempt.notes += tuple(failure.evidence for failure in unjudged[:1])
        return results[-1]

    async def _go(self, address: str, sharers: int) -> T:
        connection = await self.dialer.connect(
            self.attempt, address, self.port, layer=self.layer, sharers=sharers
        )
        try:
            result = await self.talk(connection)
        finally:
            connection.close()
        self.passed.append(address)
        return result

    def _blamed(self) -> Failures:
        """Give the failures that speak of the target."""
        return [f for f in self.failures if f[1].reason not in ABSTAINING]

    def _some(self, count: int) -> CheckFailedError:
        """Make one failure of those of all addresses; no one's text pushes another's out."""
        if count == 1:
            return self.failures[0][1]
        failures = self._blamed() or self.failures
        self.attempt.address, main = failures[0]
        text = f"{len(failures)} of {count} addresses fail{'s' if len(failures) == 1 else ''}: "
        share = max(_LEAST, (EVIDENCE_LIMIT - len(text)) // len(failures) - 2)
        text += "; ".join(printable(failure.evidence, share) for _, failure in failures)
        return CheckFailedError(main.layer, main.reason, text)


async def _without_its_name[T](
    way: _Way[T], unresolved: CheckFailedError, known: tuple[str, ...]
) -> CheckFailedError:
    """Say whether the service is there all the same; the failure stays the name's."""

    def lost(failure: CheckFailedError) -> CheckFailedError:
        if failure.reason in ABSTAINING:
            return unresolved
        which = "its last address" if len(known) == 1 else "its last addresses"
        text = (
            f"{printable(unresolved.evidence, _CAUSE)}, and it does not answer at "
            f"{', '.join(known)}, {which}, either: {failure.evidence}"
        )
        return CheckFailedError(unresolved.layer, unresolved.reason, text)

    try:
        await way.one_of(known)
    except CheckFailedError as failure:
        return lost(failure)
    except asyncio.CancelledError:
        told = way.attempt.stuck
        way.attempt.stuck = lambda: lost(told())
        raise
    text = f"the service answers at {way.passed[0]}; its name does not resolve"
    cause = f"{text}: {unresolved.evidence}"
    return CheckFailedError(unresolved.layer, unresolved.reason, cause)
