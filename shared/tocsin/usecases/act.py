"""Do what somebody asks for on a page: take an incident on, pause, resume or silence a monitor.

The same orders as an operator's command gives, to one monitor or incident at a time. Of silences,
only one that is about this monitor alone is ended here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

from tocsin.domain import orders
from tocsin.domain.control import Said, Silence
from tocsin.domain.incident import Incident
from tocsin.domain.shard import Shard
from tocsin.domain.state import ShardState
from tocsin.usecases.order import Order, carry_out
from tocsin.usecases.ports import Configs, States

NOBODY = "somebody"
"""Who gives no name."""
WHERE = "console"
"""Beside a name that was only typed: nobody has shown that it is his."""


class GoneError(Exception):
    """What the order is about is not there any more; the text says what to do."""


class Deed(StrEnum):
    """What can be asked for."""

    ACKNOWLEDGE = "acknowledge"
    PAUSE = "pause"
    RESUME = "resume"
    SILENCE = "silence"
    UNSILENCE = "unsilence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody who gives a name asks for, of a monitor or an incident."""

    deed: Deed
    monitor: str = ""
    incident: str = ""
    by: str = ""
    note: str = ""
    length: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What has become of it: in whose name, on what, and whether it was so before."""

    wanted: Wanted
    said: Said
    about: str
    already: bool = False
    until: datetime | None = None


def act(wanted: Wanted, configs: Configs, states: States, now: datetime) -> Act:
    """Carry an order out.

    Raises GoneError, TooManySilencesError, and StorageError where nobody knows what became of it.
    """
    said = orders.said(f"{wanted.by.strip() or NOBODY} ({WHERE})", now, wanted.note)
    if wanted.deed is Deed.ACKNOWLEDGE:
        incident, shard = _incident(wanted.incident, configs, states)
        order: Order = partial(orders.acknowledged, incident=incident.id, said=said)
        return _given(Act(wanted=wanted, said=said, about=incident.id), order, shard, states)
    shard = _shard(wanted.monitor, configs).id
    until = now + wanted.length if wanted.deed is Deed.SILENCE else None
    deed = Act(wanted=wanted, said=said, about=wanted.monitor, until=until)
    return _given(deed, _order(deed), shard, states)


def _given(deed: Act, order: Order, shard: str, states: States) -> Act:
    done = carry_out(order, shard, states)
    if done.before != done.after:
        return deed
    return Act(wanted=deed.wanted, said=deed.said, about=deed.about, already=True)


def _order(deed: Act) -> Order:
    names = (deed.wanted.monitor,)
    if deed.wanted.deed is Deed.PAUSE:
        return partial(orders.paused, monitors=names, said=deed.said)
    if deed.wanted.deed is Deed.RESUME:
        return partial(orders.resumed, monitors=names, said=deed.said)
    if deed.until is None:
        return partial(orders.loud, silence=orders.silence_id(names, ()), said=deed.said)
    silence = Silence(
        id=orders.silence_id(names, ()), said=deed.said, until=deed.until, monitors=names
    )
    return partial(orders.silenced, silence=silence)


def _shard(monitor: str, configs: Configs) -> Shard:
    """Find the shard of a monitor."""
    for shard in configs.shards():
        if any(each.id == monitor for each in shard.monitors):
            return shard
    raise GoneError(f"there is no monitor called {monitor}: it may have been renamed or removed")


def _incident(name: str, configs: Configs, states: States) -> tuple[Incident, str]:
    """Find an open incident, and its shard."""
    for shard in configs.shards():
        state: ShardState = states.load(shard.id).state
        for incident in state.incidents:
            if incident.id == name:
                return incident, shard.id
    raise GoneError(f"the incident {name} is not open any more")
