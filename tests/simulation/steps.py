"""What happens in a world, as data: any of it can be left out, and the rest still means something.

`at` counts seconds from the beginning of the world.
"""

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that happens."""

    at: int

    def __str__(self) -> str:
        hours, rest = divmod(self.at, 3600)
        said = " ".join(
            f"{each.name}={value}"
            for each in fields(self)
            if each.name != "at" and (value := getattr(self, each.name)) not in (None, (), "", 0)
        )
        name = type(self).__name__.lower()
        return f"{hours:02}:{rest // 60:02}:{rest % 60:02} {name} {said}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe(Step):
    """A location's tick is over, `late` seconds after the minute called for it.

    `env` is which of its warm processes ran it: each remembers its own ticks only.
    """

    place: str
    env: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cold(Step):
    """A location's process is replaced, and remembers nothing."""

    place: str
    env: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """How an aggregator fares: what befalls it at the n-th point between two effects.

    `how` is `crash`, or `error` for a table or topic that does not answer; `budget` is how many
    messages it has time for.
    """

    point: int = 0
    how: str = "crash"
    budget: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring(Step):
    """An aggregator is woken for a shard, its clock off by `skew` seconds.

    `rival` is another that runs at the same time; `order` says whose next effect it is. `again`
    runs it once more at the same moment.
    """

    shard: str
    env: int = 0
    skew: int = 0
    fate: Fate | None = None
    rival: "Ring | None" = None
    order: str = "ab"
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn(Step):
    """A target turns: it is in this trouble now, as seen from these locations; 0 is none."""

    name: str
    trouble: int = 0
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Net(Step):
    """A location's own network: well, or out, with its `canaries` failing too or not."""

    place: str
    out: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Garble(Step):
    """A location's stored reports cannot be read, or can be again."""

    place: str
    on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic(Step):
    """SNS: well, `throttled` (refuses every other), `mute` (accepts, answers no more) or `down`."""

    mode: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit(Step):
    """A new configuration is applied; `lags` says in how many seconds each reader has it."""

    what: str
    name: str = ""
    value: object = None
    lags: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Order(Step):
    """Somebody says `pause`, `resume`, `ack`, `silence` or `loud` of a monitor or a tag."""

    what: str
    name: str
    minutes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Calm(Step):
    """All that is out of order is mended; what was decided and stored stays."""
