"""The first judgements after a time in which nobody judged and nobody could report."""

from tests.fakes.make import monitor
from tests.unit.domain.history import Life
from tocsin.domain.incident import Event
from tocsin.domain.quorum import Verdict

LOST = 150


def back(life: Life, minutes: int = LOST) -> list[Event]:
    """Judge once before the first report comes, then live on; tell what was announced."""
    told = len(life.alerts)
    life.tick += minutes
    life.judge()
    assert life.verdict() is Verdict.UNKNOWN
    life.live(10)
    return [alert.event for alert in life.alerts[told:]]


def test_a_home_that_is_back_before_its_reports_tells_nobody_that_it_was_blind() -> None:
    life = Life.of(monitor(), monitor("web")).live(3)

    assert back(life) == []
    assert life.verdict() is Verdict.UP


def test_what_was_down_when_it_was_lost_and_is_well_ends_once() -> None:
    life = Life.of(monitor(), monitor("web")).live(3).live(3, down={"db"})

    assert [event for event in back(life) if event is not Event.REMINDER] == [Event.RESOLVED]


def test_what_is_still_down_is_not_opened_anew() -> None:
    life = Life.of(monitor(), monitor("web")).live(3).live(3, down={"db"})
    life.tick += LOST
    life.judge()

    life.live(10, down={"db"})

    assert life.told(Event.OPENED) == ["db"]
    assert life.told(Event.RESOLVED) == []
