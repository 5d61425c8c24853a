"""The public page holds nothing but what was made public, whatever the house has inside."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.make import NOON, THREE, TICK
from tests.fakes.projections import InMemoryProjections
from tests.unit.pages.boards import FACE
from tests.unit.usecases.test_board import Filed
from tocsin.adapters.calendar import next_start
from tocsin.domain.control import Said, Silence
from tocsin.domain.incident import Ending, Incident, Kind, Moment, Subject, Trouble
from tocsin.domain.monitor import Monitor, Route
from tocsin.domain.outcome import Layer, Reason, Vote
from tocsin.domain.publicity import Public
from tocsin.domain.quorum import Ballot, Verdict
from tocsin.domain.rollup import HOUR
from tocsin.domain.shard import Shard
from tocsin.domain.standing import Standing
from tocsin.domain.state import ShardState
from tocsin.domain.target import HttpTarget
from tocsin.domain.uptime import DAY, Digest
from tocsin.domain.window import Window
from tocsin.pages.publication import draw
from tocsin.usecases.board import present, remembering
from tocsin.usecases.survey import Known

HOSTILE = ("", "<script>", "'\"&]]>", "\x1b[2J", "\N{RIGHT-TO-LEFT OVERRIDE}", "=1+1", "../", "%0d")


@dataclass
class Secrets:
    """Texts that must stay inside: each has a word in it that is found nowhere else."""

    around: Callable[[], str] = str
    words: list[str] = field(default_factory=list)

    def __call__(self, *, plain: bool = False) -> str:
        word = f"zq{len(self.words):03}xk"
        self.words.append(word)
        return word if plain else f"{self.around()}{word}{self.around()}"


def said(secret: Secrets) -> Said:
    return Said(by=secret(), at=NOON - timedelta(minutes=2), note=secret())


def watched(secret: Secrets, number: int, *, public: bool) -> Monitor:
    return Monitor(
        id=secret(plain=True),
        target=HttpTarget(url=f"https://{secret(plain=True)}.example.com/{secret(plain=True)}"),
        locations=THREE,
        need=2,
        runbook=f"https://wiki.example.com/{secret()}",
        tags=(secret(),),
        was=secret(plain=True),
        public=Public(name=f"Service {number}", group=f"Group {number % 2}") if public else None,
    )


def ballot(secret: Secrets) -> Ballot:
    return Ballot(
        location=secret(),
        vote=Vote.FAIL,
        counted=True,
        layer=Layer.CONNECT,
        reason=Reason.REFUSED,
        evidence=secret(),
        address=secret(),
    )


def trouble(
    secret: Secrets, house: list[Monitor], kind: Kind, ago: int, lasted: int | None
) -> Incident:
    subjects = tuple(
        Subject(
            monitor=each.id,
            target=secret(),
            need=2,
            ballots=(ballot(secret),),
            runbook=secret(),
            tags=(secret(),),
            hangs=tuple(other.id for other in house),
            fallen=tuple(other.id for other in house[1:2]),
        )
        for each in house
    )
    opened = NOON - timedelta(minutes=ago)
    return Incident(
        id=f"{house[0].id}-{opened:%Y%m%dT%H%M%SZ}-{secret(plain=True)}",
        kind=kind,
        opened_at=opened,
        routes=(Route.PAGE,),
        subjects=subjects,
        troubles=(Trouble(location=secret(), since=opened, text=secret()),),
        shared=secret(),
        acknowledged=said(secret),
        moments=(Moment(at=opened, what=secret(), by=secret(), note=secret()),),
        ended_at=None if lasted is None else opened + timedelta(minutes=lasted),
        ending=None if lasted is None else Ending.RECOVERED,
    )


def house_of(secret: Secrets, data: st.DataObject) -> tuple[Known, InMemoryProjections, Filed]:
    flags = data.draw(st.lists(st.booleans(), min_size=1, max_size=5))
    house = [watched(secret, number, public=flag) for number, flag in enumerate(flags)]
    house = [replace(each, depends_on=tuple(o.id for o in house[:1])) for each in house]
    standings = {
        each.id: Standing(
            verdict=data.draw(st.sampled_from(Verdict)),
            since=NOON - timedelta(minutes=9),
            failing=(secret(),),
            silent=(secret(),),
        )
        for each in house
    }
    kinds = st.sampled_from(Kind)
    state = ShardState(
        shard=secret(plain=True),
        standings=standings,
        incidents=(trouble(secret, house, data.draw(kinds), 9, None),),
        closed=(trouble(secret, house, data.draw(kinds), 90, 20),),
        paused={each.id: said(secret) for each in house[:1]},
        silences=(
            Silence(id=secret(), said=said(secret), until=NOON + timedelta(hours=1), tags=("a",)),
        ),
    )
    windows = (
        Window(length=timedelta(hours=2), cron="0 11 * * *", tags=(house[0].tags[0],)),
        Window(length=timedelta(hours=2), cron="0 13 * * *", monitors=(house[-1].id,)),
    )
    shard = Shard(id=state.shard, version=1, monitors=tuple(house), windows=windows)
    past = InMemoryProjections()
    seconds = {each.id: {Verdict.UP: 80_000, Verdict.DOWN: 600} for each in house}
    past.keep_day(Digest(shard=shard.id, number=TICK // HOUR // DAY - 1, seconds=seconds))
    known = Known(
        shards={shard.id: (shard, state)},
        monitors={each.id: each for each in house},
        standings=standings,
    )
    former = [replace(each, id=each.was or each.id) for each in house]
    return known, past, Filed(trouble(secret, former, data.draw(kinds), 9000, 30))


@settings(max_examples=60)
@given(st.data())
def test_no_byte_of_any_file_is_of_what_is_inside(data: st.DataObject) -> None:
    secret = Secrets(lambda: data.draw(st.sampled_from(HOSTILE)))
    known, past, history = house_of(secret, data)

    board = remembering(present(known, next_start, NOON), known, past, history)
    files = [*draw(FACE, board)]

    everything = "\n".join(f"{file.path}\n{file.body.decode()}" for file in files).lower()
    assert [word for word in secret.words if word in everything] == []
    assert len(secret.words) > 20
    assert len(board.parts) == sum(each.public is not None for each in known.monitors.values())


def test_such_a_house_has_much_to_tell() -> None:
    """Else the test above would look for it in an empty page."""
    secret = Secrets()
    house = [watched(secret, number, public=True) for number in range(3)]
    state = ShardState(shard="s0", incidents=(trouble(secret, house, Kind.DOWN, 9, None),))
    shard = Shard(id="s0", version=1, monitors=tuple(house))
    known = Known(shards={"s0": (shard, state)}, monitors={m.id: m for m in house}, standings={})

    files = draw(FACE, present(known, next_start, NOON))

    text = "".join(file.body.decode() for file in files)
    assert "Outage of all services" in text
    assert all(f"Service {number}" in text for number in range(3))
