"""Make a world and its misfortunes from a seed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random

from tests.fakes.make import NOON
from tests.simulation.plan import PLACES, Draft, Plan, Wish
from tests.simulation.steps import (
    Calm,
    Cold,
    Edit,
    Fate,
    Garble,
    Net,
    Order,
    Probe,
    Ring,
    Step,
    Topic,
    Turn,
)
from tests.simulation.trouble import TROUBLES
from tocsin.domain.monitor import Route
from tocsin.domain.window import Window

NAMES = ("api", "bastion", "cache", "db", "edge", "files", "git")
TAGS = ("blue", "green")
ROUGH = (12, 32)
"""Minutes, from and to."""
FLAPPED = 32
"""Minutes after which nothing flaps any more."""
SETTLING = 11
"""Minutes in which the slowest monitor is looked at, and recovers."""


def made(seed: int) -> tuple[Plan, list[Step]]:
    """Give the world of a seed."""
    return _Maker(Random(seed)).world()  # noqa: S311 - a replay, not a secret


class _Maker:
    def __init__(self, random: Random) -> None:
        self.random = random
        self.places = PLACES[: random.choice((2, 3, 3, 3, 4, 5))]
        self.homes = random.choice((1, 1, 2, 2, 3))
        self.kin = self._chance(0.3)
        if self.kin:
            self.homes = random.choice((2, 3, 3))
        self.wishes = self._wishes()
        self.windows = self._windows() if self._chance(0.4) else ()
        self.restless = self.random.choice(self.wishes).name if self._chance(0.3) else ""
        self.steps: list[Step] = []

    def world(self) -> tuple[Plan, list[Step]]:
        draft = Draft(version=1, homes=self.homes, wishes=self.wishes, windows=self.windows)
        skewed = {place: self.random.randint(-30, 30) for place in self.places}
        plan = Plan(draft=draft, skews=skewed if self._chance(0.2) else {})
        minute = self._rough()
        self._calm(minute)
        return plan, sorted(self.steps, key=lambda step: step.at)

    def _chance(self, likely: float) -> bool:
        return self.random.random() < likely

    # What is watched.

    def _wishes(self) -> tuple[Wish, ...]:
        names = NAMES[: self.random.choice((2, 3, 4, 4, 5, 7))]
        return tuple(self._wish(name, names[:number]) for number, name in enumerate(names))

    def _wish(self, name: str, older: tuple[str, ...]) -> Wish:
        pick = self.random.choice
        places = self.places
        if self._chance(0.3):
            places = tuple(self.random.sample(places, self.random.randint(1, len(places))))
        return Wish(
            name=name,
            places=places,
            quorum=pick(("majority", "majority", "any", "all", self.random.randint(1, 3))),
            home=self._home(older),
            interval=pick((1, 1, 1, 1, 2, 3, 5)),
            fail_for=pick((0, 0, 0, 1, 2, 3)),
            recover_for=pick((0, 0, 0, 1, 2, 3)),
            shape=pick(("tcp", "http", "dns")),
            host=pick(("", "", "one", "two")),
            slow=self._chance(0.3),
            routes=pick(((Route.PAGE,), (Route.PAGE, Route.CHAT), (Route.NOTICE,))),
            tags=pick(((), (), ("blue",), ("green",), TAGS)),
            depends_on=self._parents(older),
        )

    def _home(self, older: tuple[str, ...]) -> int:
        """Give a shard; where they are kin, another one than its parent's."""
        return len(older) % self.homes if self.kin else self.random.randrange(self.homes)

    def _parents(self, older: tuple[str, ...]) -> tuple[str, ...]:
        if older and self.kin and self._chance(0.8):
            return older[-1:]
        return tuple(self.random.sample(older, 1)) if older and self._chance(0.3) else ()

    def _windows(self) -> tuple[Window, ...]:
        about = self.random.choice(((), ("api",), ("db", "edge")))
        tags = self.random.choice(((), ("blue",)))
        length = timedelta(minutes=self.random.randint(2, 9))
        once = Window(
            begin=NOON + timedelta(minutes=self.random.randint(-2, 20)),
            length=length,
            monitors=about,
            tags=tags,
        )
        often = Window(
            cron=f"every {self.random.choice((5, 10, 15))}",
            length=timedelta(minutes=self.random.randint(1, 6)),
            monitors=about or ("cache",),
            tags=tags,
        )
        return self.random.choice(((once,), (often,), (once, often)))

    # What happens.

    def _rough(self) -> int:
        minute = 0
        for _ in range(self.random.randint(*ROUGH)):
            if self._chance(0.02):
                minute += self.random.choice((3, 8, 65, 200))  # all of it stands still
            self._misfortune(minute * 60)
            for place in self.places:
                self._tick(place, minute)
            self._wakes(minute)
            minute += 1
        return minute

    def _tick(self, place: str, minute: int) -> None:
        if self._chance(0.07):
            return
        for _ in range(2 if self._chance(0.05) else 1):
            slow = self._chance(0.04)
            late = self.random.randint(61, 110) if slow else self.random.randint(2, 25)
            env = int(self._chance(0.2))
            self.steps.append(Probe(at=minute * 60 + late, place=place, env=env, late=late))

    def _wakes(self, minute: int) -> None:
        for _ in range(self.random.choice((0, 1, 1, 2))):
            delay = self.random.randint(3, 180 if self._chance(0.15) else 28)
            self.steps.append(self._ring(minute * 60 + delay, self.random.randrange(self.homes)))
        for number in range(self.homes):
            if not self._chance(0.1):
                self.steps.append(self._ring(minute * 60 + self.random.randint(30, 34), number))

    def _ring(self, at: int, number: int) -> Ring:
        ring = Ring(
            at=at,
            shard=f"s{number}",
            env=int(self._chance(0.3)),
            skew=self.random.randint(-30, 30) if self._chance(0.2) else 0,
            fate=self._fate(),
            again=self._chance(0.1),
        )
        if not self._chance(0.06):
            return ring
        rival = replace(ring, env=self.random.randrange(2), fate=self._fate(), again=False)
        if self._chance(0.3):
            rival = replace(rival, skew=self.random.randint(-30, 30))
        if self._chance(0.2):
            rival = replace(rival, shard=f"s{self.random.randrange(self.homes)}")
        order = "".join(self.random.choice("aab") + self.random.choice("abb") for _ in range(12))
        return replace(ring, rival=rival, order=order, again=True)

    def _fate(self) -> Fate | None:
        if not self._chance(0.1):
            return None
        return Fate(
            point=self.random.randint(1, 30),
            how=self.random.choice(("crash", "crash", "error")),
            budget=self.random.choice((None, None, 0, 1)),
        )

    def _misfortune(self, at: int) -> None:
        self._of_targets(at)
        for place in self.places:
            self._of_place(at, place)
        if self._chance(0.04):  # nobody sees anything
            self.steps += [Net(at=at, place=place, out="canaries") for place in self.places]
        if self._chance(0.1):
            mode = self.random.choice(("", "", "throttled", "mute", "down"))
            self.steps.append(Topic(at=at, mode=mode))
        if self._chance(0.07):
            self.steps.append(self._edit(at + self.random.randrange(60)))
        if self._chance(0.08):
            self.steps.append(self._order(at + self.random.randrange(60)))

    def _of_targets(self, at: int) -> None:
        for wish in self.wishes:
            likely = 0.7 if wish.name == self.restless else 0.09
            if self._chance(likely):
                self._turns(self._turn(at, wish.name))
        if self._chance(0.05):  # all at once, as when their data centre goes
            self.steps += [self._turn(at, wish.name) for wish in self.wishes]

    def _of_place(self, at: int, place: str) -> None:
        if self._chance(0.05):
            out = self.random.choice(("", "", "canaries", "silent"))
            self.steps.append(Net(at=at, place=place, out=out))
        if self._chance(0.05):
            self.steps.append(Cold(at=at, place=place, env=self.random.randrange(2)))
        if self._chance(0.01):
            self.steps.append(Garble(at=at, place=place, on=self._chance(0.6)))

    def _turns(self, turn: Turn) -> None:
        """Let a target turn, and where they are kin, some that depend on it with it."""
        self.steps.append(turn)
        if self.kin and self._chance(0.7):
            family = [turn.name]
            for wish in self.wishes:  # the older ones come first
                if not {*family}.isdisjoint(wish.depends_on):
                    family.append(wish.name)
            self.steps += [replace(turn, name=name) for name in family[1:] if self._chance(0.7)]

    def _turn(self, at: int, name: str) -> Turn:
        if self._chance(0.45):
            return Turn(at=at, name=name)
        places = self.places
        if self._chance(0.4):
            places = tuple(self.random.sample(places, self.random.randint(1, len(places))))
        trouble = self.random.randrange(1, 12 if self._chance(0.2) else len(TROUBLES))
        return Turn(at=at, name=name, trouble=trouble, places=places)

    def _edit(self, at: int) -> Edit:
        readers = ("judge0", "judge1", *self.places)
        lags = tuple((who, self.random.choice((0, 5, 60, 180))) for who in readers)
        name = self._somebody()
        what, value = self.random.choice(tuple(self._changes(name)))
        if self.kin and self._chance(0.3):
            what, value = "rename", f"{name}2"
        return Edit(at=at, what=what, name=name, value=value, lags=lags)

    def _somebody(self) -> str:
        """Name a monitor, now and then by the name that it may have got."""
        name = self.random.choice(self.wishes).name
        return f"{name}2" if self._chance(0.15) else name

    def _changes(self, name: str) -> Iterator[tuple[str, object]]:
        random = self.random
        yield "quorum", random.choice(("any", "majority", "all", 2))
        yield "fail_for", random.randint(0, 3)
        yield "recover_for", random.randint(0, 3)
        yield "interval", random.choice((1, 2, 5))
        yield "host", random.choice(("three", "four"))
        yield "places", tuple(random.sample(PLACES, random.randint(1, len(PLACES))))
        yield "home", random.randrange(self.homes)
        yield "delete", None
        yield "rename", f"{name}2"
        yield "add", replace(random.choice(self.wishes), name=name, depends_on=())
        yield "windows", self._windows()
        yield "touched", None

    def _order(self, at: int) -> Order:
        what = self.random.choice(("pause", "resume", "silence", "loud", "ack"))
        name = self._somebody()
        if what in {"silence", "loud"} and self._chance(0.4):
            name = self.random.choice(TAGS)
        return Order(at=at, what=what, name=name, minutes=self.random.randint(1, 12))

    # The end.

    def _calm(self, minute: int) -> None:
        """Mend everything, and give what flapped the time that it takes to be quiet."""
        self.steps.append(Calm(at=minute * 60 + 1))
        # Whoever was late in the last rough minute comes to its end first.
        for step in [s for s in self.steps if s.at > minute * 60 and not isinstance(s, Calm)]:
            if not isinstance(step, Probe | Ring):
                self.steps.remove(step)
        moved = any(isinstance(step, Edit) and step.what == "places" for step in self.steps)
        places = PLACES if moved else self.places
        for start, length in ((minute + 3, 3), (minute + 6 + FLAPPED, SETTLING)):
            for each in range(start, start + length):
                for place in places:
                    self.steps.append(Probe(at=each * 60 + 5, place=place, late=5))
                for number in range(self.homes):
                    again = each == start + length - 1
                    self.steps.append(Ring(at=each * 60 + 20, shard=f"s{number}", again=again))
