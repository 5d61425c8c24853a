"""See one monitor with all that is known of it: what `tocsin show` shows."""

from datetime import datetime

from tocsin.usecases import closeup as seeing
from tocsin.usecases.closeup import LAST, Closeup, Relative
from tocsin_cli.home import Home
from tocsin_cli.past import months, over
from tocsin_cli.survey import Known, eyes

__all__ = ["LAST", "Closeup", "Relative", "closeup"]


def closeup(home: Home, known: Known, name: str, now: datetime) -> Closeup:
    """Look at a monitor that is in force."""
    return seeing.closeup(eyes(home), known, name, over(home, months(now)), now)
