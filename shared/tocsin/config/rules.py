"""What the fields of a monitor must agree on.

Each rule looks at one monitor and keeps quiet about what was refused already.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from tocsin.config import (
    answers,
    delegations,
    dialogues,
    handshakes,
    publishing,
    reach,
    records,
    resolving,
    timetables,
    voting,
)
from tocsin.config.draft import Draft
from tocsin.config.echoes import IcmpMonitor
from tocsin.config.fault import Severity, listed, shown
from tocsin.config.finding import Finding, Rule
from tocsin.config.jobs import HeartbeatMonitor
from tocsin.config.models import KINDS
from tocsin.domain.monitor import Monitor
from tocsin.domain.schedule import CHECK_BUDGET, RECHECK_PAUSE, budget
from tocsin.domain.target import TcpTarget

SECOND = timedelta(seconds=1)


def has_a_kind(draft: Draft) -> Iterator[Finding]:
    """See that a monitor watches something."""
    if draft.kindless:
        yield Finding(
            place=draft.document.key_at(("monitors", draft.name)),
            code="no_kind",
            message=f"{shown(draft.name)} does not say what it watches",
            fix=f"Add one of the keys {listed(KINDS)}",
        )


def attempts_fit_a_tick(draft: Draft) -> Iterator[Finding]:
    """See that all attempts of a check end within its tick."""
    timeout = draft.settings("timeout").timeout
    retries = draft.settings("retries").retries
    needed = _longest(timeout, retries)
    if needed <= CHECK_BUDGET or not draft.sound("timeout", "retries"):
        return
    fitting = (CHECK_BUDGET - RECHECK_PAUSE * retries) // (1 + retries) // SECOND
    most = f"{CHECK_BUDGET / SECOND:g}s"
    attempts = f"{1 + retries} attempts of {timeout / SECOND:g}s"
    yield Finding(
        place=draft.at(
            "timeout" if draft.own("timeout") or not draft.own("retries") else "retries"
        ),
        code="over_budget",
        message=f"{attempts} may take {needed / SECOND:g}s, and a check has {most}",
        fix=f"Write `timeout: {fitting}s` or less, or fewer `retries`",
    )


def slowness_can_show(draft: Draft) -> Iterator[Finding]:
    """Warn where a target fails before it is slow."""
    slow, timeout = draft.settings("slow").slow, draft.settings("timeout").timeout
    if not draft.sound("slow", "timeout"):
        return
    total = () if slow.total is None else (("total", slow.total),)
    for phase, limit in (*total, *slow.phases):
        if limit >= timeout:
            yield Finding(
                place=draft.at("slow", phase) if _spelt_out(draft) else draft.at("slow"),
                code="never_slow",
                message=f"an attempt ends after {timeout / SECOND:g}s, before it is slow",
                fix="Write less than the timeout",
                severity=Severity.WARNING,
            )
    rtt = draft.model.expect.rtt if isinstance(draft.model, IcmpMonitor) else None
    if rtt is not None and rtt >= timeout and draft.sound("expect"):
        yield Finding(
            place=draft.at("expect", "rtt"),
            code="never_slow",
            message=f"an attempt ends after {timeout / SECOND:g}s, before a round trip is so long",
            fix="Write less than the timeout",
            severity=Severity.WARNING,
        )


def _spelt_out(draft: Draft) -> bool:
    """Tell whether `slow` is a mapping, wherever it is said."""
    where = ("monitors", draft.name) if draft.own("slow") else ("defaults",)
    said = draft.settings("slow").slow.model_fields_set
    return any(draft.document.holds((*where, "slow", phase)) for phase in said)


def _longest(timeout: timedelta, retries: int) -> timedelta:
    target = TcpTarget(host="any", port=1)
    return budget(
        Monitor(
            id="any", target=target, locations=("any",), need=1, timeout=timeout, retries=retries
        )
    )


OF_CHECKS: tuple[Rule, ...] = (
    has_a_kind,
    voting.locations_exist,
    voting.quorum_within_reach,
    voting.quorum_not_alone,
    reach.port_open_from_lambda,
    reach.echoes_need_an_agent,
    attempts_fit_a_tick,
    slowness_can_show,
    dialogues.one_dialogue,
    dialogues.tls_starts_once,
    dialogues.steps_fit_the_attempt,
    dialogues.something_is_expected,
    handshakes.mode_is_known,
    handshakes.tls_begins_once,
    handshakes.trust_has_one_root,
    handshakes.rules_have_tls,
    handshakes.nothing_but_open,
    answers.headers_agree,
    answers.one_credential,
    answers.secrets_travel_sealed,
    answers.bodies_agree,
    answers.headers_are_expected_once,
    answers.texts_can_both_be,
    answers.json_is_written_as_json,
    records.records_are_of_the_type,
    records.an_error_has_no_records,
    records.sets_can_all_be_met,
    records.the_server_can_say_so,
    resolving.validation_can_begin,
    resolving.a_resolver_is_asked_sensibly,
    delegations.records_lie_in_the_zone,
    delegations.signatures_are_looked_at,
    publishing.a_host_is_no_name,
)
OF_JOBS: tuple[Rule, ...] = (
    timetables.nothing_is_checked,
    timetables.one_schedule,
    timetables.a_missed_run_shows,
    publishing.a_host_is_no_name,
)


def findings(drafts: Iterable[Draft], *, allow_private: bool) -> Iterator[Finding]:
    """Hold every rule against every monitor."""
    of_checks = OF_CHECKS if allow_private else (*OF_CHECKS, reach.target_is_public)
    for draft in drafts:
        for rule in OF_JOBS if isinstance(draft.model, HeartbeatMonitor) else of_checks:
            yield from rule(draft)
