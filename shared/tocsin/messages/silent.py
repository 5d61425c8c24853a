"""What the stand-by says when the home region is silent, and when it is back.

Mail and SMS are for people. An HTTPS endpoint gets an alarm of CloudWatch's form, as the route
`page` sends it, whose subject must begin with its state; all else gets JSON.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from tocsin.domain.incident import Event
from tocsin.domain.outlook import Failing, Outlook
from tocsin.domain.schedule import instant_of
from tocsin.domain.spans import spoken
from tocsin.domain.standby import KIND, HomeAlert
from tocsin.messages import gsm7, words
from tocsin.messages.fit import Part, as_many, fit, wrapped
from tocsin.messages.headline import listing
from tocsin.messages.inert import ascii_line, line, quoted, unmarked

SUBJECT_LIMIT = 99
TEXT_LIMIT = 1023
"""Of a reason in an alarm (SetAlarmState)."""
SHOWN = 20
"""Monitors that a mail names."""
RUNBOOK = "docs/runbooks/home-silent.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where this is said: the home that is meant, our own location, and whose account it is."""

    home: str
    location: str
    region: str
    account: str
    partition: str = "aws"


def render(alert: HomeAlert, place: Place) -> tuple[str, str]:
    """Write a subject, and as one JSON document the texts of all protocols."""
    posted = _alarm(alert, place)
    texts = {
        "default": _json(alert, place),
        "email": mail(alert, place),
        "sms": sms(alert, place),
        "http": posted,
        "https": posted,
    }
    return subject(alert, place), json.dumps(texts, ensure_ascii=False)


def subject(alert: HomeAlert, place: Place) -> str:
    """Write the subject, such as `ALARM: HOME SILENT eu-west-1 since 10:04 UTC`."""
    state = "OK" if alert.event is Event.RESOLVED else "ALARM"
    parts = (Part(forms=(f"{state}: {_headline(alert, place)}",), rank=0), _names(alert))
    return ascii_line(fit(parts, SUBJECT_LIMIT))


def sms(alert: HomeAlert, place: Place) -> str:
    """Write the message in one SMS: what can be read without the mail."""
    parts = [Part(forms=(_headline(alert, place),), rank=0), _names(alert)]
    if alert.event is not Event.RESOLVED:
        parts.append(Part(forms=("- Tocsin judges nothing until it is back", ""), rank=1))
    spelt = [Part(forms=tuple(map(gsm7.spell, each.forms)), rank=each.rank) for each in parts]
    return fit(spelt, gsm7.LIMIT, gsm7.septets)


def mail(alert: HomeAlert, place: Place) -> str:
    """Write the mail."""
    if alert.event is Event.RESOLVED:
        paragraphs = [wrapped(story(alert, place)), wrapped(_AFTERWARDS)]
    else:
        paragraphs = [
            wrapped(story(alert, place)),
            wrapped(f"Why this is said: {quoted(alert.trouble)}."),
            wrapped(_MEANWHILE),
            [each for text in _seen(alert.outlook, place) for each in wrapped(text)],
            [each for text in _listed(alert.outlook) for each in wrapped(text, bullet="* ")],
            wrapped(f"What to do: {RUNBOOK} in Tocsin's repository."),
        ]
    end = [f"Incident {alert.loss}", f"Sent by Tocsin's stand-by in {place.region}."]
    return "\n\n".join("\n".join(each) for each in (*paragraphs, end) if each) + "\n"


def story(alert: HomeAlert, place: Place) -> str:
    """Tell what has happened, in a sentence."""
    lasted = spoken(alert.at - alert.silent_since)
    since = f"{alert.silent_since:%Y-%m-%d %H:%M} UTC"
    if alert.event is Event.RESOLVED:
        return f"The home region {place.home} judges again, after {lasted}: silent since {since}."
    still = "still " if alert.event is Event.UPDATED else ""
    return (
        f"The home region {place.home} is {still}SILENT:"
        f" it has given no sign since {since}, for {lasted}."
    )


_MEANWHILE = (
    "Until it is back nobody judges your monitors: no alert of theirs comes by the usual routes,"
    " and none ends. Probes go on looking, and jobs cannot report."
)
_AFTERWARDS = (
    "It alerts again by the usual routes. What still fails it tells now; what failed and recovered"
    " meanwhile was told to nobody, and stands in the history as far as probes have kept it."
)


def _headline(alert: HomeAlert, place: Place) -> str:
    if alert.event is Event.RESOLVED:
        lasted = spoken(alert.at - alert.silent_since)
        return f"HOME BACK {place.home} at {alert.at:%H:%M} UTC, was silent {lasted}"
    said = f"HOME SILENT {place.home} since {alert.silent_since:%H:%M} UTC"
    seen = alert.outlook
    if seen is None or seen.suspect:
        return said
    return f"{said}, {seen.failed} of {seen.monitors} fail from {place.location}"


def _names(alert: HomeAlert) -> Part:
    """Name what fails, as much of it as there is room for."""
    names = [line(each.monitor) for each in alert.outlook.failing] if alert.outlook else []
    forms = listing(names) if names else ()
    return Part(forms=(*(f"({form})" for form in forms), ""), rank=2)


def _seen(outlook: Outlook | None, place: Place) -> Iterator[str]:
    """Say what fails from here: one location's word, which is better than none."""
    here = place.location
    if outlook is None:
        yield f"What fails is not known: the probe in {here} has not looked of late."
    elif outlook.suspect:
        why = quoted(outlook.suspect)
        yield f"What fails is not known: {here} does not believe itself ({why})."
    elif not outlook.failed:
        yield f"Seen from {here} alone, its {words.count(outlook.monitors, 'monitor')} are well."
    else:
        fail = "fails" if outlook.failed == 1 else "fail"
        yield (
            f"Seen from {here} alone, so that no quorum stands behind it, {outlook.failed} of"
            f" {words.count(outlook.monitors, 'monitor')} {fail}:"
        )


def _listed(outlook: Outlook | None) -> Iterator[str]:
    if outlook is None:
        return
    shown = outlook.failing[:SHOWN]
    for each in shown:
        yield f"{line(each.monitor)} since {_clock(each)}: {quoted(each.text)}"
    if more := outlook.failed - len(shown):
        yield f"and {more} more"


def _clock(failing: Failing) -> str:
    return f"{instant_of(failing.since):%Y-%m-%d %H:%M} UTC"


def _alarm(alert: HomeAlert, place: Place) -> str:
    """Write it as CloudWatch sends an alarm: of one loss the name is always the same."""
    over = alert.event is Event.RESOLVED
    name = f"Tocsin home {place.home} silent ({alert.loss})"
    told = [story(alert, place)]
    if not over:
        told += [quoted(alert.trouble), *_seen(alert.outlook, place), *_listed(alert.outlook)]
    return json.dumps(
        {
            "AlarmName": name,
            "AlarmDescription": f"{_AFTERWARDS if over else _MEANWHILE} See {RUNBOOK}.",
            "AWSAccountId": place.account,
            "AlarmConfigurationUpdatedTimestamp": _written(alert.silent_since),
            "NewStateValue": "OK" if over else "ALARM",
            "NewStateReason": as_many(map(unmarked, told), TEXT_LIMIT, "\n", "..."),
            "StateChangeTime": _written(alert.at),
            "Region": place.region,
            "AlarmArn": (
                f"arn:{place.partition}:cloudwatch:{place.region}:{place.account}:alarm:{name}"
            ),
            "OldStateValue": "OK" if alert.event is Event.OPENED else "ALARM",
            "OKActions": [],
            "AlarmActions": [],
            "InsufficientDataActions": [],
            "Trigger": {
                "MetricName": KIND,
                "Namespace": "Tocsin",
                "StatisticType": "Statistic",
                "Statistic": "MAXIMUM",
                "Unit": None,
                "Dimensions": [{"value": alert.loss, "name": "Incident"}],
                "Period": 60,
                "EvaluationPeriods": 1,
                "DatapointsToAlarm": 1,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "Threshold": 1.0,
                "TreatMissingData": "missing",
                "EvaluateLowSampleCountPercentile": "",
            },
        }
    )


def _json(alert: HomeAlert, place: Place) -> str:
    """Write it for machines, in the form of the other alerts' JSON as far as that goes."""
    seen = alert.outlook
    return json.dumps(
        {
            "version": 1,
            "id": alert.id,
            "incident": alert.loss,
            "event": str(alert.event),
            "kind": KIND,
            "severity": "critical",
            "summary": f"{story(alert, place)} {quoted(alert.trouble)}".strip(),
            "at": alert.at.isoformat(),
            "silent_since": alert.silent_since.isoformat(),
            "home": place.home,
            "seen_from": place.location,
            # Null where the location has not looked, or does not believe itself.
            "failed": None if seen is None or seen.suspect else seen.failed,
            "monitors": None if seen is None or seen.suspect else seen.monitors,
            "failing": [
                {
                    "monitor": line(each.monitor),
                    "failing_since": instant_of(each.since).isoformat(),
                    "evidence": quoted(each.text),
                }
                for each in (seen.failing if seen is not None else ())
            ],
        }
    )


def _written(at: datetime) -> str:
    """Write an instant as CloudWatch does: `2026-01-01T12:00:00.000+0000`."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}+0000"
