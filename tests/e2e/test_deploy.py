"""Four regions, twice in a row: deployed, upgraded while an incident is open, and removed again.

The build before is deployed, as the history has it; a service goes down, and the present build
comes while it is. The first time that one sees the service come back. The second time it is taken
back as well, and the build before judges on from what it finds. No minute is missed and nobody is
told twice. What is kept when it is removed stands in the way of the next time, and is told.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

import pytest

from tests.architecture.cloudformation import PROJECT
from tests.e2e.conftest import Show
from tests.e2e.installation import (
    REGIONS,
    Earlier,
    Operator,
    Said,
    earlier,
    leftovers,
    standstills,
    tables,
    ticks,
    versions,
    watch,
    woken,
)
from tocsin.domain.quorum import Verdict
from tocsin_cli.deployment import sam
from tocsin_cli.deployment.template import parameters
from tocsin_cli.local.deploy import HOME, architecture
from tocsin_cli.local.emulator import Emulator
from tocsin_cli.local.inbox import Delivery, Inbox
from tocsin_cli.local.services import DemoServices

PATIENCE_S: Final = 200.0
QUIET_S: Final = 8.0
POLL_S: Final = 0.5
TELLING: Final = 3
"""Routes of the monitor: each tells of everything once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """An upgrade while an incident was open, and what everybody was told of that."""

    first: Said
    upgrade: Said
    back: Said | None
    told_before: Counter[str]
    """Which events had been told when the upgrade began."""
    told_after: Counter[str]
    """And when that was over, and taken back where it was to be."""
    told: Counter[str]
    incidents: set[str]
    ticks: dict[str, list[int]]
    woken: dict[str, set[int]]
    releases: dict[str, dict[str, str]]
    versions: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What came of it."""

    before: Earlier
    upgraded: Round
    gone: Said
    left: list[str]
    again: Said
    data: Said
    taken_back: Round
    end: Said
    left_at_the_end: list[str]
    standstills: set[int]
    """The minutes in which the local AWS kept functions from reporting."""

    @property
    def rounds(self) -> tuple[Round, Round]:
        """Both times."""
        return self.upgraded, self.taken_back


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    before = earlier(tmp_path_factory.mktemp("earlier"))
    with (
        Emulator(tmp_path_factory.mktemp("aws")) as emulator,
        DemoServices() as services,
    ):
        operator = Operator(emulator, tmp_path_factory.mktemp("operator"))
        with standstills(emulator) as found:
            story = _live(emulator, operator, services, before)
        yield replace(story, standstills=found)


def test_each_command_did_what_it_was_called_for(story: Story, show: Show) -> None:
    for each in story.rounds:
        back = each.back.out if each.back else ""
        show(f"upgraded {_from(story.before)}\n{each.upgrade.out}\n{back}".rstrip())

    said = [each for it in story.rounds for each in (it.first, it.upgrade, it.back) if each]
    done = (*said, story.gone, story.data, story.end)
    assert [each.code for each in done] == [0] * len(done)
    assert [each.out.count(": release ") for each in said] == [len(REGIONS)] * 5


def test_every_minute_in_which_a_probe_was_woken_is_reported(story: Story, show: Show) -> None:
    if story.standstills:
        show(
            f"the local AWS stood still in {len(story.standstills)} minutes, and they prove nothing"
        )
    # Where a function is called without an alias, as it once was, MiniStack ends what it is doing
    # when it is updated; AWS does not.
    spare = 0 if "AutoPublishAlias" in story.before.template else 1
    for each in story.rounds:
        for region, found in each.ticks.items():
            since = {tick for tick in each.woken[region] if found[0] <= tick <= found[-1]}
            missed = since - {*found} - story.standstills
            assert len(missed) <= spare, f"{region} missed {missed}"
            assert len(since) >= 2, f"{region}: one before the upgrade and one after it"


def test_nobody_is_told_twice_or_not_at_all(story: Story) -> None:
    for each in story.rounds:
        assert each.told_before == {"opened": TELLING}
        assert each.told_after == {"opened": TELLING}
        assert each.told == {"opened": TELLING, "resolved": TELLING}
        assert len(each.incidents) == 1


def test_the_upgrade_is_a_release_of_its_own_in_each_region(story: Story) -> None:
    for each in story.rounds:
        after = {region: outputs["Release"] for region, outputs in each.releases.items()}

        assert len(set(after.values())) == len(REGIONS), "each has parameters of its own"
        assert each.versions.keys() == set(REGIONS)


def test_the_home_stack_is_first_and_last(story: Story) -> None:
    def order(said: Said | None, what: str) -> list[bool]:
        assert said is not None
        return ["home" in line for line in said.out.splitlines() if what in line]

    for each in story.rounds:
        assert order(each.upgrade, ": release ") == [True, False, False, False]
    assert order(story.taken_back.back, ": release ") == [False, False, False, True]
    assert order(story.gone, "): deleted") == [False, False, False, True]


def test_what_is_kept_is_told_and_nothing_else_is_left(story: Story) -> None:
    assert story.left == ["eu-west-1 dynamodb tocsin-state"]
    assert "AWS::DynamoDB::Table tocsin-state in eu-west-1: stays" in story.gone.out


def test_what_was_kept_stands_in_the_way_before_anything_is_changed(story: Story) -> None:
    assert story.again.code == 2
    assert "tocsin-state is there already, and is of no stack" in story.again.err
    assert "tocsin destroy --data" in story.again.err
    assert "nothing was changed" in story.again.err


def test_in_the_end_nothing_is_left(story: Story) -> None:
    assert story.left_at_the_end == []


def _from(before: Earlier) -> str:
    if before.commit:
        return f"from commit {before.commit[:12]}"
    return "the build to itself, with another parameter: this clone has no commit before this one"


def _live(emulator: Emulator, operator: Operator, services: DemoServices, before: Earlier) -> Story:
    upgraded = _round(emulator, operator, services, before, back=False)
    gone = operator.make("destroy")
    left = leftovers(emulator, ours=("inbox",))
    again = operator.make_deploy(Rollout="all-at-once")
    data = operator.make("destroy", "--data")
    taken_back = _round(emulator, operator, services, before, back=True)
    end = operator.make("destroy", "--data")
    return Story(
        before=before,
        upgraded=upgraded,
        gone=gone,
        left=left,
        again=again,
        data=data,
        taken_back=taken_back,
        end=end,
        left_at_the_end=leftovers(emulator, ours=("inbox",)),
        standstills=set(),
    )


def _round(
    emulator: Emulator,
    operator: Operator,
    services: DemoServices,
    before: Earlier,
    *,
    back: bool,
) -> Round:
    first = operator.deploy(before.project, **_parameters(before))
    assert first.code == 0, first.err
    outputs = operator.outputs()
    inbox = Inbox(emulator, outputs[HOME.location])
    database = services.services["database"]
    watch(emulator, database.address, outputs)
    _until(emulator, lambda: _verdict(emulator) is Verdict.UP, "the database is seen up")

    database.stop()
    with ThreadPoolExecutor() as beside:  # what SAM has built once it need not build again
        building = beside.submit(_build, emulator)
        _until(emulator, lambda: _told(inbox)["opened"] >= TELLING, "everybody is told")
        building.result()
    told_before = _told(inbox)
    upgrade = operator.make_deploy(Rollout="all-at-once")
    assert upgrade.code == 0, upgrade.err
    releases = operator.outputs()
    switched = versions(emulator, releases)
    taken_back = operator.make("rollback") if back else None
    told_after = _told(inbox)
    seen = {region: ticks(emulator, region)[-1] for region in REGIONS}

    database.start()
    _until(emulator, lambda: _told(inbox)["resolved"] >= TELLING, "everybody is told of the end")
    time.sleep(QUIET_S)
    told = _told(inbox)
    _until(
        emulator,
        lambda: all(ticks(emulator, region)[-1] > seen[region] for region in REGIONS),
        "every location goes on",
    )
    return Round(
        first=first,
        upgrade=upgrade,
        back=taken_back,
        told_before=told_before,
        told_after=told_after,
        told=told,
        incidents={each.payload["incident"] for each in _about(inbox)},
        ticks={region: ticks(emulator, region) for region in REGIONS},
        woken={region: woken(emulator, outputs[region]["ProbeFunctionName"]) for region in REGIONS},
        releases=releases,
        versions=switched,
    )


def _parameters(before: Earlier) -> dict[str, str]:
    """Give what the earlier build needs to run here, and to be another than the present one."""
    known = parameters(before.template)
    slowly = {"Rollout": "all-at-once"} if "Rollout" in known else {}
    return slowly | ({} if before.commit else {"LogLevel": "WARNING"})


def _build(emulator: Emulator) -> None:
    sam.build(
        PROJECT,
        emulator.scratch / "build",
        architecture(),
        emulator.environment(HOME.location),
        progress=lambda _line: None,
    )


def _told(inbox: Inbox) -> Counter[str]:
    inbox.collect()
    return Counter(each.event for each in _about(inbox))


def _about(inbox: Inbox) -> list[Delivery]:
    """Leave out what is told of locations: a machine that is busy may keep one silent."""
    return [
        each
        for each in inbox.deliveries
        if "database" in {about.get("monitor") for about in each.payload["monitors"]}
        and each.payload["kind"] == "down"
    ]


def _verdict(emulator: Emulator) -> Verdict | None:
    standing = tables(emulator).states.load("s0").state.standings.get("database")
    return None if standing is None or standing.silent else standing.verdict


def _until(emulator: Emulator, holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"never: {what}"
        emulator.ensure_running()
        time.sleep(POLL_S)
