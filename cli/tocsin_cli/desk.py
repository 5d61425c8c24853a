"""Where an operator's orders are given: what they find, in whose name, and to which shards."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from getpass import getuser

from tocsin.domain import orders
from tocsin.domain.control import Said, Silence
from tocsin.domain.incident import Incident
from tocsin.domain.monitor import Monitor
from tocsin.usecases.order import Done, Order, carry_out
from tocsin.usecases.ports import StorageError
from tocsin_cli.home import Home, Place, connected, place
from tocsin_cli.output import CommandError, complain
from tocsin_cli.survey import Known, read


@contextmanager
def opened(region: str | None) -> Iterator["Desk"]:
    """Reach the home tables, and read what is in force."""
    where = place(region)
    with connected(where) as home:
        yield Desk(home=home, where=where, known=read(home), now=datetime.now(UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The home tables and what they held when the order came; each order says what became of it."""

    home: Home
    where: Place
    known: Known
    now: datetime

    def said(self, by: str | None, note: str) -> Said:
        """Note who speaks: whoever is named, else the AWS identity, else the login name."""
        name = (by or "").strip() or self.home.caller(self.where) or _login()
        return orders.said(name, self.now, note.strip())

    def acknowledge(self, incident: Incident, said: Said) -> Done:
        """Take an incident on."""
        order = partial(orders.acknowledged, incident=incident.id, said=said)
        holders = [s.shard for s in self.known.states if incident in s.incidents]
        return self._give(dict.fromkeys(holders, order))[0]

    def pause(self, monitors: Iterable[Monitor], said: Said) -> list[Done]:
        """Stop judging monitors."""
        mine = self._by_shard(monitors)
        orders_ = {s: partial(orders.paused, monitors=n, said=said) for s, n in mine.items()}
        return self._give(orders_)

    def resume(self, monitors: Iterable[Monitor], said: Said) -> list[Done]:
        """Judge monitors again."""
        mine = self._by_shard(monitors)
        orders_ = {s: partial(orders.resumed, monitors=n, said=said) for s, n in mine.items()}
        return self._give(orders_)

    def silence(self, silence: Silence) -> list[Done]:
        """Hold alerts: a shard has the monitors of its own, and every shard has the tags.

        So a silence is about monitors that get the tag later, too.
        """
        mine = self._by_shard(self.known.monitors[name] for name in silence.monitors)
        shards = self.known.shards if silence.tags else mine
        parts = {name: replace(silence, monitors=mine.get(name, ())) for name in shards}
        return self._give({s: partial(orders.silenced, silence=part) for s, part in parts.items()})

    def end(self, silence: Silence, said: Said) -> list[Done]:
        """End a silence before its time."""
        order = partial(orders.loud, silence=silence.id, said=said)
        return self._give(
            {s.shard: order for s in self.known.states if silence.id in {e.id for e in s.silences}}
        )

    def _by_shard(self, monitors: Iterable[Monitor]) -> dict[str, tuple[str, ...]]:
        wanted = {monitor.id for monitor in monitors}
        found = {
            name: tuple(m.id for m in shard.monitors if m.id in wanted)
            for name, (shard, _) in self.known.shards.items()
        }
        return {name: mine for name, mine in found.items() if mine}

    def _give(self, wanted: Mapping[str, Order]) -> list[Done]:
        """Carry orders out, shard by shard; where one fails it is said which are done."""
        done: list[Done] = []
        try:
            for shard, order in wanted.items():
                done.append(carry_out(order, shard, self.home.states))
        except (StorageError, orders.TooManySilencesError) as error:
            if done:
                complain(f"tocsin: done in {len(done)} of {len(wanted)} shards, and no further")
            if isinstance(error, orders.TooManySilencesError):
                raise CommandError(f"{error}: see `tocsin silence --list`, and end one") from None
            raise
        return done


def _login() -> str:
    try:
        return getuser()
    except (OSError, KeyError):
        raise CommandError("it is not known who you are: say it with --by") from None
