"""An alert as one SMS: at most 160 characters of GSM-7, whatever it is about."""

from tocsin.domain.incident import Alert, Ending, Event, Kind
from tocsin.domain.spans import spoken
from tocsin.messages import gsm7, voting
from tocsin.messages.fit import Part
from tocsin.messages.headline import headline, label, news, one_line


def text(alert: Alert) -> str:
    """Write the message, such as `DOWN db db.example.com:5432 refused 3/3 since 12:00 UTC`."""
    parts = (*headline(alert), when(alert), news(alert))
    return one_line(label(alert), parts, limit=gsm7.LIMIT, spell=gsm7.spell, size=gsm7.septets)


def when(alert: Alert) -> Part:
    """Say since when, for how long, or until when: what an hour later nobody can tell otherwise."""
    return Part(forms=(_when(alert), ""), rank=2)


def _when(alert: Alert) -> str:
    if alert.event is Event.RESOLVED:
        return f"{'at' if alert.ending is Ending.DELETED else 'until'} {alert.at:%H:%M} UTC"
    if alert.kind is Kind.LOCATION and len(alert.troubles) == 1:
        return ""  # since when it is blind is said already
    if alert.event is Event.OPENED:
        if alert.kind is Kind.DOWN and all(map(voting.is_job, alert.subjects)):
            return ""  # what it did or did not do has its time
        return f"since {alert.opened_at:%H:%M} UTC"
    return f"for {spoken(alert.at - alert.opened_at)}"
