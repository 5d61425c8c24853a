"""See everything at once in the home tables, as `tocsin status` and `tocsin incidents` show it."""

from collections.abc import Iterator
from datetime import datetime

from tocsin.adapters.calendar import next_start, next_time
from tocsin.usecases import survey as seeing
from tocsin.usecases.hear import Ear
from tocsin.usecases.survey import Eyes, Known, Opening, Sight, Survey, believed, silences
from tocsin_cli.home import Home

__all__ = ["Known", "Opening", "Sight", "Survey", "eyes", "read", "sights_of", "silences", "survey"]


def eyes(home: Home) -> Eyes:
    """Look with the home tables."""
    return Eyes(
        configs=home.configs,
        states=home.states,
        reports=home.reports,
        ear=Ear(pulses=home.heartbeats, next_time=next_time),
        next_start=next_start,
    )


def read(home: Home) -> Known:
    """Read the configuration in force, and the state of every shard."""
    return seeing.read(home.configs, home.states)


def survey(home: Home, now: datetime) -> Survey:
    """Read every shard's configuration, state and newest reports."""
    return seeing.survey(eyes(home), now)


def sights_of(home: Home, known: Known, of: str, now: datetime) -> Iterator[Sight]:
    """See each monitor of a shard."""
    looking = eyes(home)
    votes = believed(looking, *known.shards[of], now)
    return seeing.sights_of(looking, known, of, votes, now)
