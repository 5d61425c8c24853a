"""Every service, in every mode, against its own words: whole, dripping, cut short and declining."""

import re
from ssl import SSLContext

import pytest

from tests.integration.checks.servers import assert_failed, assert_passed, serving
from tests.services.asking import ask, expanded
from tests.services.exchange import HEALTHY, Exchange, Says, said
from tests.services.peer import Peer
from tests.services.recorded import EXCHANGES
from tocsin.checks.dial import Dialer
from tocsin.config.catalogue import services
from tocsin.config.security import Mode
from tocsin.domain.outcome import Layer, Outcome, Reason, Vote
from tocsin.domain.script import Expect, Step

EVERY = [
    pytest.param(exchange, mode, id=f"{exchange.service}, {mode}, {exchange.label}")
    for exchange in EXCHANGES
    for mode in exchange.modes
]
HELD = [
    pytest.param(exchange, mode, id=f"{exchange.service}, {mode}")
    for exchange in EXCHANGES
    for mode in exchange.modes
    if exchange.label == HEALTHY and any(isinstance(turn, Says) for turn in exchange.turns)
]


def test_every_mode_of_every_service_has_its_exchange() -> None:
    table = {(name, mode) for name, service in services().items() for mode in service.modes}

    held = [(e.service, mode) for e in EXCHANGES for mode in e.modes if e.label == HEALTHY]

    assert sorted(held) == sorted(table)


def test_every_exchange_is_told_apart_and_says_where_it_is_from() -> None:
    told = [(held.service, mode, held.label) for held in EXCHANGES for mode in held.modes]

    assert len(told) == len(set(told))
    assert all(exchange.source for exchange in EXCHANGES)


@pytest.mark.parametrize("dripping", [False, True], ids=["at once", "byte by byte"])
@pytest.mark.parametrize(("exchange", "mode"), EVERY)
async def test_a_service_is_understood_and_spoken_to_properly(
    exchange: Exchange, mode: Mode, *, dripping: bool, secured: SSLContext, trusting: Dialer
) -> None:
    peer = Peer(exchange.turns, tls=secured, dripping=dripping)

    async with serving(peer, tls=secured if mode is Mode.DIRECT else None) as port:
        outcome = await ask(exchange.service, mode, port, dialer=trusting)
        complaint = await peer.over()

    _assert_as_recorded(outcome, exchange, whole=not (dripping and exchange.open_ended))
    # Who has heard enough need not hear the last bytes of a drip, and leaves in the middle of them.
    if outcome.vote is Vote.PASS and not dripping:
        assert complaint is None


@pytest.mark.parametrize(("exchange", "mode"), HELD)
@pytest.mark.parametrize("missing", ["a byte", "half"])
async def test_a_reply_that_was_cut_short_is_no_reply(
    exchange: Exchange, mode: Mode, missing: str, secured: SSLContext, trusting: Dialer
) -> None:
    *_, last = (n for n, turn in enumerate(exchange.turns) if isinstance(turn, Says))
    needed = _needed(expanded(exchange.service, mode, 1).script, said(exchange.turns))
    cut = Says(needed[: len(needed) // 2] if missing == "half" else needed[:-1])
    peer = Peer((*exchange.turns[:last], cut), tls=secured, leaving=True)

    async with serving(peer, tls=secured if mode is Mode.DIRECT else None) as port:
        outcome = await ask(exchange.service, mode, port, dialer=trusting)

    assert outcome.vote is Vote.FAIL, outcome
    assert outcome.reason in {
        Reason.CLOSED,
        Reason.RESET,
        Reason.UNEXPECTED_REPLY,
        Reason.NO_STARTTLS,
    }, outcome


def _assert_as_recorded(outcome: Outcome, exchange: Exchange, *, whole: bool) -> None:
    shows = exchange.shows if whole else ()
    if exchange.reason is None:
        assert_passed(outcome, *shows)
    else:
        layer = Layer.TLS if exchange.reason is Reason.NO_STARTTLS else Layer.PROTOCOL
        assert_failed(outcome, layer, exchange.reason, *shows)
        # It was understood as a refusal, not taken for noise.
        assert ", which is not what" not in outcome.evidence


def _needed(script: tuple[Step, ...], replies: tuple[bytes, ...]) -> bytes:
    """Give the last reply up to where nothing more is waited for."""
    awaited = [step.pattern for step in script if isinstance(step, Expect)]
    left = replies[-1].decode("latin-1")
    # MySQL's greeting alone is looked at in two steps.
    for pattern in awaited[len(replies) - 1 :]:
        found = re.search(pattern, left)
        assert found is not None
        left = left[found.end() :]
    return replies[-1][: len(replies[-1]) - len(left)]
