"""Alerts as they happen, and how each reads on paper.

`PYTHONPATH=.:shared python -m tests.unit.messages.cases` writes the golden files anew: read the
difference as the person who is woken by it.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tocsin.domain.heartbeat import ENDPOINT, HeartbeatTarget
from tocsin.domain.incident import Alert, Ending, Event, Kind, Subject, Trouble, incident_id
from tocsin.domain.monitor import Route
from tocsin.domain.outcome import Certificate, Layer, Reason, Vote
from tocsin.domain.questions import ZoneTarget
from tocsin.domain.quorum import Ballot, Delay
from tocsin.domain.target import IcmpTarget
from tocsin.messages.bundle import render
from tocsin.messages.links import Links

GOLDEN = Path(__file__).with_name("golden")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PLACES = ("us-east-1", "eu-west-1", "ap-southeast-1")
RESOLVED_AFTER = timedelta(minutes=12)
LINKS = Links(
    account="111122223333",
    region="eu-west-1",
    dashboard="Tocsin",
    status_page="https://status.example.com/",
)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def passes(location: str, *, ms: float = 11.5, at: datetime = NOON) -> Ballot:
    return Ballot(
        location=location,
        counted=True,
        vote=Vote.PASS,
        address="192.0.2.7",
        phases_ms=(("dns", 1.25), ("connect", ms - 1.25)),
        attempts=1,
        checked_at=at,
    )


def certificate(*, mark: str = "a1", days: float = 90) -> Certificate:
    return Certificate(
        fingerprint=mark * 8,
        issuer="CN=R11,O=Let's Encrypt,C=US",
        expires_at=NOON + timedelta(days=days),
    )


def warns(location: str, *, mark: str = "a1", days: float = 9.5) -> Ballot:
    return replace(
        passes(location),
        warning=Reason.CERTIFICATE_EXPIRES_SOON,
        certificate=certificate(mark=mark, days=days),
    )


def fails(
    location: str,
    *,
    reason: Reason = Reason.REFUSED,
    layer: Layer = Layer.CONNECT,
    evidence: str = "[Errno 111] Connection refused",
    address: str | None = "192.0.2.7",
    phases_ms: tuple[tuple[str, float], ...] = (("dns", 1.25), ("connect", 10.25)),
    since: datetime = NOON - timedelta(minutes=1),
) -> Ballot:
    return Ballot(
        location=location,
        counted=True,
        vote=Vote.FAIL,
        layer=layer,
        reason=reason,
        evidence=evidence,
        address=address,
        phases_ms=phases_ms,
        attempts=3,
        checked_at=NOON,
        failing_since=since,
    )


def silent(location: str, *, for_: timedelta = timedelta(minutes=6)) -> Ballot:
    return replace(passes(location), counted=False, checked_at=NOON - for_)


def subject(*ballots: Ballot, name: str = "db", runbook: bool = True) -> Subject:
    return Subject(
        monitor=name,
        target=f"tcp://{name}.example.com:5432",
        need=2,
        ballots=ballots,
        runbook=f"https://wiki.example.com/{name}" if runbook else None,
        tags=("team:data", "production"),
    )


def opened(kind: Kind, *subjects: Subject) -> Alert:
    return Alert(
        incident=incident_id(kind, subjects[0].monitor, NOON),
        event=Event.OPENED,
        kind=kind,
        at=NOON,
        opened_at=NOON,
        routes=(Route.PAGE, Route.NOTICE),
        subjects=subjects,
    )


def recovered(alert: Alert, *ballots: Sequence[Ballot]) -> Alert:
    now = NOON + RESOLVED_AFTER
    votes = ballots or [[passes(place, at=now) for place in PLACES] for _ in alert.subjects]
    return replace(
        alert,
        event=Event.RESOLVED,
        at=now,
        ending=Ending.RECOVERED,
        subjects=tuple(
            replace(each, ballots=tuple(cast))
            for each, cast in zip(alert.subjects, votes, strict=True)
        ),
    )


def deleted(alert: Alert) -> Alert:
    return replace(alert, event=Event.RESOLVED, at=NOON + minutes(95), ending=Ending.DELETED)


DOWN = opened(
    Kind.DOWN,
    subject(*(fails(place) for place in PLACES), silent("office")),
)
MIXED = opened(
    Kind.DOWN,
    replace(
        subject(
            fails(
                "us-east-1",
                reason=Reason.STATUS_NOT_EXPECTED,
                layer=Layer.HTTP,
                evidence="503 Service Unavailable, expected 200-299",
                phases_ms=(("dns", 2.5), ("connect", 8), ("tls", 19.75), ("first_byte", 40.5)),
            ),
            fails(
                "eu-west-1",
                reason=Reason.CONNECT_TIMEOUT,
                evidence="no answer in 5 s",
                phases_ms=(("dns", 2.5),),
                since=NOON - minutes(3),
            ),
            passes("ap-southeast-1"),
            runbook=False,
        ),
        monitor="api",
        target="https://api.example.com/health",
    ),
)
DEGRADED = opened(
    Kind.DEGRADED,
    subject(
        passes("us-east-1"),
        passes("eu-west-1"),
        fails(
            "ap-southeast-1",
            reason=Reason.CONNECT_TIMEOUT,
            evidence="no answer in 5 s",
            phases_ms=(("dns", 1.25),),
            since=NOON - minutes(10),
        ),
    ),
)
SLOW = opened(
    Kind.DEGRADED,
    replace(
        subject(*(passes(place, ms=812.5) for place in PLACES)),
        slow=(
            Delay(phase=None, ms=812.5, limit_ms=500),
            Delay(phase="connect", ms=811.25, limit_ms=200),
        ),
    ),
)
WARNED = opened(Kind.DEGRADED, subject(*(warns(place) for place in PLACES)))
HALF_RENEWED = opened(
    Kind.DEGRADED,
    subject(
        *(replace(passes(place), certificate=certificate(mark="b2")) for place in PLACES[:2]),
        warns(PLACES[2]),
    ),
)
INTERCEPTED = opened(
    Kind.DOWN,
    subject(
        *(
            replace(
                fails(
                    place,
                    reason=Reason.CERTIFICATE_UNTRUSTED,
                    layer=Layer.TLS,
                    evidence="192.0.2.7:5432 shows a self-signed certificate",
                ),
                certificate=Certificate(
                    fingerprint="c3d4" * 16,
                    issuer="CN=Corporate Proxy\\nhttp://evil.example",
                    expires_at=NOON - timedelta(days=2),
                ),
            )
            for place in PLACES[:2]
        ),
        replace(passes(PLACES[2]), certificate=certificate()),
    ),
)
UNKNOWN = opened(
    Kind.UNKNOWN,
    subject(
        passes("us-east-1"),
        silent("eu-west-1"),
        Ballot(
            location="ap-southeast-1",
            counted=False,
            vote=Vote.ABSTAIN,
            reason=Reason.OUT_OF_SOCKETS,
            evidence="900 sockets open",
            attempts=1,
            checked_at=NOON,
        ),
    ),
)
BLIND = opened(
    Kind.UNKNOWN,
    *(
        subject(passes("us-east-1"), silent("eu-west-1"), silent("ap-southeast-1"), name=name)
        for name in (
            "api", "bastion", "billing", "db", "ldap", "mail", "mx", "queue", "search", "shop",
            "vpn", "zone",
        )
    ),
)  # fmt: skip


def job(ballot: Ballot) -> Subject:
    """Make the subject of an alert about a job, which one place alone sees."""
    return replace(
        subject(replace(ballot, address=None, phases_ms=(), attempts=1), name="backup"),
        target=str(HeartbeatTarget(cron="0 3 * * *", timezone="Europe/Berlin", grace=minutes(60))),
        need=1,
    )


def reported(evidence: str, *, at: datetime = NOON) -> Ballot:
    return replace(
        passes(ENDPOINT, at=at), evidence=evidence, address=None, phases_ms=(), attempts=1
    )


def missing(reason: Reason, evidence: str) -> Ballot:
    return fails(ENDPOINT, reason=reason, layer=Layer.SCHEDULE, evidence=evidence)


def zone(*ballots: Ballot) -> Subject:
    return replace(subject(*ballots, name="zone"), target=str(ZoneTarget(zone="example.com")))


LATE = opened(
    Kind.DOWN,
    job(
        missing(
            Reason.LATE,
            "no success since 2025-12-31 02:04 UTC; it was due at 2026-01-01 03:00 Europe/Berlin,"
            " and the grace of 1 h has passed",
        )
    ),
)
FAILED = opened(
    Kind.DOWN,
    job(
        missing(
            Reason.JOB_FAILED,
            "reported failure (exit status 23) at 2026-01-01 11:59 UTC: rsync: <b>No space</b>",
        )
    ),
)
TOO_LONG = opened(
    Kind.DOWN,
    job(
        missing(
            Reason.TOO_LONG,
            "began at 2026-01-01 10:00 UTC and has not ended within 1 h 30 min",
        )
    ),
)
NEVER_SEEN = opened(
    Kind.DOWN,
    job(
        missing(
            Reason.NEVER_SEEN,
            "has never reported since its URL was made at 2025-12-31 15:20 UTC; it was due at"
            " 2026-01-01 03:00 Europe/Berlin, and the grace of 1 h has passed",
        )
    ),
)
ENDPOINT_OUT = opened(
    Kind.UNKNOWN,
    job(
        Ballot(
            location=ENDPOINT,
            counted=False,
            vote=Vote.ABSTAIN,
            reason=Reason.ENDPOINT_OUT,
            evidence="a report was due while the endpoint itself was out (2026-01-01 01:50 UTC to"
            " 2026-01-01 04:10 UTC), so whether the job ran is not known; it is due again at"
            " 2026-01-02 03:00 Europe/Berlin",
            attempts=1,
            checked_at=NOON,
        )
    ),
)
_BEHIND = "ns2.example.com. (192.0.2.12) serves 2026010101, 47 min behind 2026010104"
BEHIND = opened(
    Kind.DOWN,
    zone(
        *(
            fails(
                place,
                reason=Reason.SERIAL_BEHIND,
                layer=Layer.CONTENT,
                evidence=_BEHIND,
                address="192.0.2.12",
                phases_ms=(("dns", 84.5),),
                since=NOON - minutes(17),
            )
            for place in PLACES
        )
    ),
)
BEHIND_AT_ONE_SITE = opened(
    Kind.DEGRADED,
    zone(
        fails(
            PLACES[2],
            reason=Reason.SERIAL_BEHIND,
            layer=Layer.CONTENT,
            evidence=_BEHIND,
            address="192.0.2.12",
            phases_ms=(("dns", 84.5),),
            since=NOON - minutes(17),
        ),
        *(passes(place) for place in PLACES[:2]),
    ),
)
SIGNED_UNTIL = opened(
    Kind.DEGRADED,
    zone(
        *(
            replace(
                passes(place),
                warning=Reason.SIGNATURE_EXPIRES_SOON,
                evidence="the signatures of example.com. end in 4 days",
            )
            for place in PLACES
        )
    ),
)
LOST = opened(
    Kind.DOWN,
    replace(
        subject(
            fails(
                "office",
                reason=Reason.PACKET_LOSS,
                evidence="3 of 4 echo requests to 192.0.2.1 were not answered (75 %), and 50 % may",
                address="192.0.2.1",
                phases_ms=(("echo", 12.5),),
            ),
            name="router",
        ),
        target=str(IcmpTarget(host="192.0.2.1")),
        need=1,
    ),
)

FOLDED = replace(
    opened(
        Kind.DOWN,
        *(
            replace(subject(*(fails(place) for place in PLACES), name=name), tags=())
            for name in ("db", "mail", "web")
        ),
    ),
    shared="the address 192.0.2.7",
)
FALLEN = opened(
    Kind.DOWN,
    replace(DOWN.subjects[0], hangs=("api", "reports", "shop"), fallen=("api", "shop")),
)
AGAIN = replace(
    FOLDED,
    event=Event.UPDATED,
    number=1,
    note="Down again: mail",
    subjects=FOLDED.subjects[1:2],
    shared="",
    at=NOON + minutes(50),
)
WIDER = replace(
    DEGRADED,
    event=Event.UPDATED,
    number=1,
    at=NOON + minutes(9),
    note="Fails at more locations: us-east-1",
    subjects=(
        subject(
            fails("us-east-1", reason=Reason.RESET, evidence="connection reset", layer=Layer.TLS),
            passes("eu-west-1"),
            *DEGRADED.subjects[0].ballots[2:],
        ),
    ),
)
OTHERWISE = replace(
    MIXED,
    event=Event.UPDATED,
    number=2,
    at=NOON + minutes(31),
    note="Fails for another reason: wrong HTTP status, was refused",
)
ELSEWHERE = opened(
    Kind.DEGRADED,
    subject(
        *(passes(place) for place in PLACES[:2]),
        fails(PLACES[2], address="198.51.100.9"),
    ),
)
HANGING = opened(
    Kind.DOWN,
    replace(
        subject(
            *(
                fails(
                    place,
                    reason=Reason.SILENT,
                    layer=Layer.HTTP,
                    evidence="no answer to the request within 5 s",
                    phases_ms=(("dns", 2.5), ("connect", 8), ("tls", 19.75)),
                )
                for place in PLACES
            )
        ),
        monitor="shop",
        target="https://shop.example.com/cart?warm=1",
    ),
)
FLAPPING = replace(DOWN, event=Event.UPDATED, number=1, flapping=True, at=NOON + minutes(20))
DARK = Alert(
    incident=incident_id(Kind.LOCATION, "eu-west-1", NOON),
    event=Event.OPENED,
    kind=Kind.LOCATION,
    at=NOON,
    opened_at=NOON,
    routes=(Route.NOTICE,),
    troubles=(
        Trouble(
            location="eu-west-1",
            since=NOON - minutes(3),
            text="has been silent since 2026-01-01 11:54 UTC",
        ),
    ),
)
DOUBTED = replace(
    DARK,
    troubles=(
        Trouble(
            location="eu-west-1",
            since=NOON - minutes(3),
            text="fails 41 of 43 monitors that the others see passing",
        ),
    ),
)

BLIND_TWICE = replace(
    DARK,
    event=Event.UPDATED,
    number=1,
    note="Blind too: us-east-1",
    at=NOON + minutes(4),
    troubles=(
        *DARK.troubles,
        Trouble(
            location="us-east-1",
            since=NOON + minutes(4),
            text="has been silent since 2026-01-01 11:58 UTC",
        ),
    ),
)
HOSTILE = (
    "\x1b[31m\u202egnp.exe <script>alert(1)</script> <!channel> @here #all [bill](https://evil.example)"
    ' *b* _i_ ~s~ `c` &lt; :skull: www.evil.example =HYPERLINK(1)\r\n-1+1 "},{"a":1'
)
ATTACKED = opened(
    Kind.DOWN,
    subject(*(fails(place, evidence=HOSTILE) for place in PLACES[:2]), passes(PLACES[2])),
)
JOB_ATTACKED = opened(
    Kind.DOWN,
    job(missing(Reason.JOB_FAILED, f"reported failure at 2026-01-01 11:59 UTC: {HOSTILE}")),
)


def reminded(alert: Alert, *, after: timedelta) -> Alert:
    return replace(alert, event=Event.REMINDER, number=1, opened_at=NOON - after)


CASES = {
    "down-opened": DOWN,
    "down-opened-for-two-reasons": MIXED,
    "down-reminder": replace(DOWN, event=Event.REMINDER, opened_at=NOON - minutes(95)),
    "down-recovered": recovered(DOWN),
    "down-recovered-not-everywhere": recovered(
        DOWN, [passes("us-east-1"), passes("eu-west-1"), fails("ap-southeast-1")]
    ),
    "down-deleted": deleted(DOWN),
    "down-opened-for-three": FOLDED,
    "down-opened-with-dependents": FALLEN,
    "down-again": AGAIN,
    "down-flapping": FLAPPING,
    "down-updated-for-another-reason": OTHERWISE,
    "down-opened-hanging": HANGING,
    "down-opened-by-an-attacker": ATTACKED,
    "down-recovered-and-what-it-was": replace(
        recovered(DOWN), note="Connection refused at 3 of 3 locations"
    ),
    "degraded-reminder": reminded(DEGRADED, after=minutes(60)),
    "degraded-updated-at-more-locations": WIDER,
    "degraded-opened-at-another-address": ELSEWHERE,
    "unknown-reminder": reminded(UNKNOWN, after=minutes(120)),
    "unknown-again": replace(
        UNKNOWN, event=Event.UPDATED, number=1, note="Unknown again: db", at=NOON + minutes(20)
    ),
    "location-reminder": reminded(DARK, after=minutes(60)),
    "location-updated-two-blind": BLIND_TWICE,
    "job-failed-by-an-attacker": JOB_ATTACKED,
    "job-reminder": reminded(LATE, after=minutes(240)),
    "down-paused": replace(deleted(DOWN), ending=Ending.PAUSED),
    "location-silent": DARK,
    "location-doubted": DOUBTED,
    "location-sees-again": replace(
        DARK, event=Event.RESOLVED, ending=Ending.RECOVERED, at=NOON + RESOLVED_AFTER
    ),
    "degraded-opened": DEGRADED,
    "degraded-opened-slow": SLOW,
    "degraded-opened-for-a-warning": WARNED,
    "degraded-opened-half-renewed": HALF_RENEWED,
    "down-opened-intercepted": INTERCEPTED,
    "down-recovered-with-a-warning": recovered(DOWN, [warns(place) for place in PLACES]),
    "degraded-recovered": recovered(DEGRADED),
    "degraded-deleted": deleted(DEGRADED),
    "unknown-opened": UNKNOWN,
    "unknown-opened-for-twelve": BLIND,
    "unknown-recovered": recovered(UNKNOWN),
    "unknown-recovered-for-twelve": recovered(BLIND),
    "unknown-deleted": deleted(UNKNOWN),
    "job-late": LATE,
    "job-failed": FAILED,
    "job-too-long": TOO_LONG,
    "job-never-seen": NEVER_SEEN,
    "job-recovered": recovered(
        LATE,
        [
            reported(
                "reported success at 2026-01-01 12:12 UTC after 4 min; the next is due by"
                " 2026-01-02 04:00 Europe/Berlin",
                at=NOON + RESOLVED_AFTER,
            )
        ],
    ),
    "job-unknown": ENDPOINT_OUT,
    "zone-behind": BEHIND,
    "zone-behind-at-one-site": BEHIND_AT_ONE_SITE,
    "zone-signatures-end": SIGNED_UNTIL,
    "icmp-loss": LOST,
}  # fmt: skip


def on_paper(alert: Alert) -> str:
    """Write all that is sent for an alert on each route, for people to read."""
    messages = {route: render(alert, route, LINKS) for route in Route}
    texts = {route: json.loads(message.body) for route, message in messages.items()}
    mail = texts[Route.NOTICE]
    page, chat = (json.loads(texts[route]["https"]) for route in (Route.PAGE, Route.CHAT))
    card = {name: chat["content"].pop(name, "") for name in ("title", "description", "nextSteps")}
    sections = {
        "SUBJECT": messages[Route.NOTICE].subject,
        "SUBJECT OF A PAGE": messages[Route.PAGE].subject,
        "EMAIL": mail["email"].rstrip("\n"),
        "SMS": mail["sms"],
        "PAGE: DESCRIPTION": page.pop("AlarmDescription"),
        "PAGE: REASON": page.pop("NewStateReason"),
        "PAGE": _indented(page),
        "CHAT: TITLE": card["title"],
        "CHAT: DESCRIPTION": card["description"],
        "CHAT: NEXT STEPS": "\n".join(card["nextSteps"]),
        "CHAT": _indented(chat),
        "ATTRIBUTES": _indented(messages[Route.NOTICE].attributes),
        "DEFAULT": _indented(json.loads(mail["default"])),
    }
    return "\n\n".join(f"=== {name}\n{text}" for name, text in sections.items()) + "\n"


def _indented(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)


if __name__ == "__main__":
    for name, case in CASES.items():
        (GOLDEN / f"{name}.txt").write_text(on_paper(case))
