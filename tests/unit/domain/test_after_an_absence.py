"""What is told after nobody has judged for a while, and after a state came back from a backup."""

from tests.fakes.make import MINUTE, monitor
from tests.unit.domain.history import Life
from tocsin.domain.incident import Event


def away(life: Life, minutes: int, *, down: set[str] | None = None) -> None:
    """Let locations go on reporting while nobody judges."""
    before = life.state
    told = len(life.alerts)
    life.live(minutes, down=down or ())
    del life.alerts[told:]
    life.state = before


def test_what_began_while_nobody_judged_is_told_once_and_since_when() -> None:
    life = Life.of().live(3)
    began = life.now + MINUTE
    away(life, 60, down={"db"})

    life.live(5, down={"db"})

    (opened,) = life.alerts
    assert opened.event is Event.OPENED
    assert opened.at == began + 60 * MINUTE
    assert {ballot.failing_since for ballot in opened.subjects[0].ballots} == {began}


def test_what_began_and_ended_while_nobody_judged_is_told_to_nobody() -> None:
    life = Life.of().live(3)
    away(life, 30, down={"db"})
    away(life, 30)

    assert life.live(5).told() == []


def test_what_ended_while_nobody_judged_ends_once_under_its_id() -> None:
    life = Life.of().live(3).live(3, down={"db"})
    away(life, 60)

    life.live(5)

    assert [alert.event for alert in life.alerts] == [Event.OPENED, Event.RESOLVED]
    assert len({alert.incident for alert in life.alerts}) == 1


def test_what_opens_after_a_restore_has_a_name_that_was_never_used() -> None:
    life = Life.of(monitor(), monitor("web")).live(3)
    backup = life.state
    life.live(3, down={"db"}).live(10)
    used = {alert.id for alert in life.alerts}

    life.state = backup
    told = len(life.alerts)
    life.live(3, down={"db"}).live(10)

    assert len(life.alerts) == told + 2
    assert not used & {alert.id for alert in life.alerts[told:]}


def test_what_was_open_in_the_backup_ends_under_the_name_that_people_know() -> None:
    life = Life.of().live(3).live(3, down={"db"})
    backup = life.state
    life.live(10)
    first_end = life.alerts[-1]

    life.state = backup
    life.live(10)

    assert life.alerts[-1].event is Event.RESOLVED
    assert life.alerts[-1].id == first_end.id  # so a receiver that drops repeats drops it


def test_what_was_owed_in_the_backup_is_sent_again_under_the_same_id() -> None:
    life = Life.of(deaf=True).live(3).live(1, down={"db"})
    backup = life.state
    life.live(3, down={"db"})
    owed = [each.alert.id for each in life.state.outbox]

    life.state = backup
    life.judge()

    assert len(owed) == 1
    assert [each.alert.id for each in life.state.outbox] == owed
