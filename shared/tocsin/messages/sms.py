"""An alert as one SMS: at most 160 characters of GSM-7, whatever it is about."""

from tocsin.domain.incident import Alert, Ending, Event, Kind
from tocsin.domain.spans import spoken
from tocsin.messages import gsm7, voting
from tocsin.messages.fit import Part, fit
from tocsin.messages.headline import headline, label


def text(alert: Alert) -> str:
    """Write the message, such as `DOWN db db.example.com:5432 refused 3/3 since 12:00 UTC`."""
    parts = (
        Part(forms=(label(alert),), rank=0),
        *headline(alert),
        Part(forms=(_when(alert), ""), rank=1),
    )
    spelt = [Part(forms=tuple(map(gsm7.spell, part.forms)), rank=part.rank) for part in parts]
    return fit(spelt, gsm7.LIMIT, gsm7.septets)


def _when(alert: Alert) -> str:
    if alert.event is Event.RESOLVED:
        return f"{'at' if alert.ending is Ending.DELETED else 'until'} {alert.at:%H:%M} UTC"
    if alert.event is Event.OPENED:
        if alert.kind is Kind.LOCATION:
            return ""  # since when it is blind is said already
        if alert.kind is Kind.DOWN and all(map(voting.is_job, alert.subjects)):
            return ""  # what it did or did not do has its time
        return f"since {alert.opened_at:%H:%M} UTC"
    return f"for {spoken(alert.at - alert.opened_at)}"
