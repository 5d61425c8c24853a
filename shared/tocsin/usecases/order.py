"""Carry out what people ask for, beside the aggregators that write the same documents.

An order is run again on the newest state until its write has won, so neither a judgement nor
another order is lost to it; and one that is already so writes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tocsin.domain.state import ShardState
from tocsin.usecases.ports import ConflictError, States

ATTEMPTS = 10
"""How often a lost race for the document is run again before the order is given up."""

type Order = Callable[[ShardState], ShardState]
"""Gives what a state becomes; the same one where nothing is to be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What an order found when it came, and what stands now.

    `before` is from ahead of its first attempt: a write whose answer was lost looks like a defeat,
    and at the next attempt like something that was always so.
    """

    before: ShardState
    after: ShardState


def carry_out(order: Order, shard: str, states: States) -> Done:
    """Bring a shard's state to what the order makes of it.

    Raises ConflictError where others won every race, StorageError where the table does not answer:
    then nobody knows whether it was done, and to ask again makes no difference.
    """
    stored = first = states.load(shard)
    for _ in range(ATTEMPTS):
        after = order(stored.state)
        if after == stored.state:
            return Done(before=first.state, after=after)
        try:
            states.save(after, over=stored.revision)
        except ConflictError:
            stored = states.load(shard)
            continue
        return Done(before=first.state, after=after)
    raise ConflictError(f"shard {shard}: lost {ATTEMPTS} races in a row, run it again")
