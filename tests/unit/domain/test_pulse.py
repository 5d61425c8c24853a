"""What is remembered of a job, whatever order its reports come in and however often."""

from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_DNS, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tocsin.adapters.codec import pack
from tocsin.domain.outcome import EVIDENCE_LIMIT
from tocsin.domain.pulse import ENDS, OPEN_RUNS, TOLD_AGAIN, Beat, Pulse, Run, Signal, folded

THREE = datetime(2026, 11, 22, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NEW = Pulse(created_at=THREE - timedelta(days=1))

START, SUCCESS, FAIL, LOG = Signal.START, Signal.SUCCESS, Signal.FAIL, Signal.LOG


def told(*reports: tuple[Signal, str], every: timedelta = MINUTE, pulse: Pulse = NEW) -> Pulse:
    """Fold reports, each of a run (or of none), one a minute."""
    begin = THREE if pulse.heard_at is None else pulse.heard_at + every
    for number, (signal, run) in enumerate(reports):
        pulse = folded(pulse, Beat(signal=signal, at=begin + number * every, run=run))
    return pulse


def test_a_success_is_remembered_by_its_time() -> None:
    pulse = told((SUCCESS, ""))

    assert (pulse.success_at, pulse.heard_at, pulse.fails) == (THREE, THREE, False)


def test_a_failure_stands_until_the_next_success() -> None:
    failed = told((SUCCESS, ""), (FAIL, ""), (START, ""), (LOG, ""))

    assert failed.fails
    assert not told((SUCCESS, ""), pulse=failed).fails


def test_failures_in_a_row_are_dated_by_the_first_and_told_by_the_last() -> None:
    first = folded(NEW, Beat(signal=FAIL, at=THREE, status=1, said="disk full"))
    pulse = folded(first, Beat(signal=FAIL, at=THREE + MINUTE, status=2, said="no route"))

    assert pulse.failure is not None
    assert (pulse.failure.since, pulse.failure.at) == (THREE, THREE + MINUTE)
    assert (pulse.failure.status, pulse.failure.said) == (2, "no route")


def test_a_failure_after_a_success_begins_a_row_of_its_own() -> None:
    pulse = told((FAIL, ""), (SUCCESS, ""), (FAIL, ""))

    assert pulse.failure is not None
    assert pulse.failure.since == THREE + 2 * MINUTE


def test_every_report_is_counted_whatever_it_says() -> None:
    assert NEW.reports == Pulse(created_at=THREE).reports == 0
    assert told((START, "a"), (LOG, "a"), (START, "a"), (FAIL, "a"), (SUCCESS, "b")).reports == 5


def test_a_failure_is_lifted_by_the_first_success_after_it() -> None:
    pulse = told((FAIL, ""), (SUCCESS, ""), (SUCCESS, ""))

    assert pulse.failure is not None
    assert pulse.failure.lifted_at == THREE + MINUTE


def test_a_run_that_ends_gives_its_time() -> None:
    assert told((START, "a"), (START, "b"), (SUCCESS, "a")).took == 2 * MINUTE
    assert told((START, "a"), (FAIL, "a")).took == MINUTE
    assert told((START, "a"), (SUCCESS, "a")).runs == ()


def test_an_end_without_a_name_ends_the_latest_start() -> None:
    pulse = told((START, ""), (START, "b"), (SUCCESS, ""))

    assert pulse.took == MINUTE
    assert [run.id for run in pulse.runs] == [""]


def test_an_end_of_an_unknown_run_ends_no_other() -> None:
    pulse = told((START, "a"), (SUCCESS, "b"))

    assert [run.id for run in pulse.runs] == ["a"]
    assert pulse.took is None


def test_a_start_without_a_name_leaves_the_one_before_and_remembers_when() -> None:
    pulse = told((START, ""), (START, ""))

    assert pulse.runs == (
        Run(id="", began_at=THREE, left_at=THREE + MINUTE),
        Run(id="", began_at=THREE + MINUTE),
    )


def test_a_start_without_a_name_leaves_no_run_that_has_one() -> None:
    assert [run.left_at for run in told((START, "a"), (START, "")).runs] == [None, None]


def test_a_run_that_was_left_behind_ends_with_no_failure_but_with_the_next_success() -> None:
    failed = told((START, ""), (START, ""), (FAIL, ""), (FAIL, ""))

    assert failed.took is None
    assert [run.left_at for run in failed.runs] == [THREE + MINUTE]
    assert told((SUCCESS, ""), pulse=failed).runs == ()


def test_a_log_changes_nothing_but_that_it_was_heard() -> None:
    before = told((START, "a"), (FAIL, "b"))
    after = told((LOG, "a"), pulse=before)

    assert (after.runs, after.failure, after.success_at) == (before.runs, before.failure, None)
    assert after.heard_at == THREE + 2 * MINUTE


def test_a_start_told_again_does_not_begin_the_run_anew() -> None:
    assert told((START, "a"), (START, "a"), (SUCCESS, "a")).took == 2 * MINUTE


def test_a_start_that_its_own_end_overtook_opens_nothing() -> None:
    assert told((SUCCESS, "a"), (START, "a")).runs == ()


@pytest.mark.parametrize(
    ("received", "under_way"), [(-1, 0), (0, 1)], ids=["before the success", "after it"]
)
def test_a_start_that_came_before_a_success_and_is_stored_after_it_opens_nothing(
    received: int, under_way: int
) -> None:
    """A client that has waited long enough goes on, and its first call may still be on its way."""
    begun = Beat(signal=START, at=THREE + timedelta(milliseconds=received))

    assert len(folded(told((SUCCESS, "")), begun).runs) == under_way


def test_a_success_told_again_lifts_no_failure_that_came_between() -> None:
    assert told((SUCCESS, "a"), (FAIL, "b"), (SUCCESS, "a")).fails
    assert not told((SUCCESS, "a"), (FAIL, "b"), (SUCCESS, "c")).fails


def test_a_run_that_failed_and_was_mended_is_well() -> None:
    assert not told((FAIL, "a"), (SUCCESS, "a")).fails
    assert told((SUCCESS, "a"), (FAIL, "a")).fails


def test_a_run_that_was_mended_and_tells_of_it_again_lifts_no_later_failure() -> None:
    mended = told((FAIL, "a"), (SUCCESS, "a"))

    assert [end.id for end in mended.ends] == ["a"]
    assert told((FAIL, "b"), (SUCCESS, "a"), pulse=mended).fails


def test_a_failure_told_again_undoes_no_success_that_came_between() -> None:
    assert not told((FAIL, "a"), (SUCCESS, "b"), (FAIL, "a")).fails


@pytest.mark.parametrize(
    ("later", "fails"),
    [(TOLD_AGAIN, True), (TOLD_AGAIN + timedelta(seconds=1), False)],
    ids=["told again", "a new run of that name"],
)
def test_a_name_that_is_used_for_every_run_is_a_new_run_after_a_while(
    later: timedelta, *, fails: bool
) -> None:
    pulse = told((SUCCESS, "always"), (FAIL, ""))

    again = folded(pulse, Beat(signal=SUCCESS, at=THREE + later, run="always"))

    assert again.fails is fails
    assert again.success_at == THREE + later


def test_clocks_that_differ_do_not_turn_the_order_of_arrival() -> None:
    pulse = folded(told((SUCCESS, "")), Beat(signal=FAIL, at=THREE - MINUTE))

    assert pulse.fails
    assert pulse.failure is not None
    assert pulse.failure.since == THREE


def test_what_is_kept_is_bounded() -> None:
    names = [str(number) for number in range(150)]
    second = timedelta(seconds=1)
    begun = told(*((START, name) for name in names), every=second)
    ended = told(*((SUCCESS, name) for name in names), every=second)

    assert [run.id for run in begun.runs] == names[-50:]
    assert [end.id for end in ended.ends] == names[-50:]


def test_a_pulse_is_small_however_full_it_is() -> None:
    second = timedelta(seconds=1)
    names = [str(uuid5(NAMESPACE_DNS, str(number))) for number in range(ENDS + OPEN_RUNS)]
    ended = told(*((SUCCESS, name) for name in names[:ENDS]), every=second)
    full = told(*((START, name) for name in names[ENDS:]), every=second, pulse=ended)
    full = folded(full, Beat(signal=FAIL, at=THREE, run=names[0], said="\x00" * 5000))

    assert (len(full.ends), len(full.runs)) == (ENDS, OPEN_RUNS)
    assert len(pack(Pulse, full)) < 8192


def test_what_a_job_says_is_one_inert_line() -> None:
    pulse = folded(NEW, Beat(signal=FAIL, at=THREE, said="\x1b[2J\r\nSubject: x" + "y" * 5000))

    assert pulse.failure is not None
    assert pulse.failure.said.isprintable()
    assert len(pulse.failure.said) < EVIDENCE_LIMIT


RUNS = st.integers(0, 5)
ENDINGS = st.lists(st.tuples(RUNS, st.booleans()), max_size=6, unique_by=lambda each: each[0])


@given(st.data())
def test_reports_told_again_and_out_of_order_end_where_the_first_ones_do(
    data: st.DataObject,
) -> None:
    """Each run begins once and ends once; what is sent may come twice, and its start late."""
    how = dict(data.draw(ENDINGS))
    sent = [(START, str(run)) for run in how] + [
        (SUCCESS if well else FAIL, str(run)) for run, well in how.items()
    ]
    arrived = data.draw(
        st.permutations(
            sent + data.draw(st.lists(st.sampled_from(sent or [(LOG, "")]), max_size=8))
        )
    )
    once = list(dict.fromkeys(arrived))

    messy = told(*arrived, every=timedelta(seconds=1))
    tidy = told(*once, every=timedelta(seconds=1))

    assert messy.fails is tidy.fails
    assert messy.runs == () == tidy.runs
    ends = [signal for signal, _ in once if signal in {SUCCESS, FAIL}]
    assert messy.fails is (bool(ends) and ends[-1] is FAIL)


class Jobs(RuleBasedStateMachine):
    """Whatever is reported, with names and without, a plain model agrees on what fails."""

    def __init__(self) -> None:
        super().__init__()
        self.pulse = NEW
        self.at = THREE
        self.fails = False
        self.numbers = 0

    def report(self, signal: Signal, run: str = "") -> None:
        self.pulse = folded(self.pulse, Beat(signal=signal, at=self.at, run=run))

    def name(self) -> str:
        self.numbers += 1
        return f"run {self.numbers}"

    @rule(seconds=st.integers(-5, 3600))
    def wait(self, seconds: int) -> None:
        self.at += timedelta(seconds=seconds)

    @rule(named=st.booleans(), well=st.booleans(), times=st.integers(1, 3))
    def run(self, *, named: bool, well: bool, times: int) -> None:
        name = self.name() if named else ""
        for _ in range(times):
            self.report(START, name)
        for _ in range(times):
            self.report(SUCCESS if well else FAIL, name)
        self.fails = not well

    @rule()
    def begin_and_die(self) -> None:
        self.report(START, self.name())

    @rule()
    def speak(self) -> None:
        self.report(LOG)

    @invariant()
    def agrees(self) -> None:
        assert self.pulse.fails is self.fails
        assert len(self.pulse.runs) <= OPEN_RUNS
        assert all(run.began_at <= (self.pulse.heard_at or run.began_at) for run in self.pulse.runs)
        assert self.pulse.took is None or self.pulse.took >= timedelta()


TestJobs = Jobs.TestCase
