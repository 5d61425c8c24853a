"""What the file says comes back from the store as it was: no field is lost on the way."""

from dataclasses import fields

import pytest

from tests.unit.config.files import configured, watching
from tocsin.adapters.codec import pack, unpack
from tocsin.config.compile import compile_shards
from tocsin.domain.shard import Shard

DIGEST = 64 * "0"
WHOLE = {
    "dns": "{dns: {name: a.example.com, type: MX, class: CH, resolver: 'tls://8.8.8.8',"
    " recursive: false, edns: 512}, tls: {name: b.example.com},"
    " expect: {contains: [10 a.], one_of: [10 a.], none_of: [20 a.], count: {min: 1, max: 4},"
    " matches: x, ttl_at_least: 5m, aa: true, ad: true, aliases: 0}}",
    "zone": "{zone: example.com, parents: [8.8.8.8], resolver: 1.1.1.1, port: 5353, family: 4,"
    " records: ['@ MX', www A], expect: {serial_lag: 5m, dnssec: valid,"
    " signature_days: {warn: 7, fail: 2}, servers: 3}}",
    "resolver": "{resolver: 'https://dns.google/q', name: a.example.com, type: AAAA,"
    " tls: {minimum: 1.3}, expect: {equals: ['2001:db8::1'], absent: b.example.com,"
    " validates: true, bogus: c.example.com}}",
    "icmp": "{icmp: a.example.com, count: 20, family: 6, locations: [office],"
    " expect: {loss: 0, rtt: 200ms}}",
    "heartbeat": "{heartbeat: {cron: 0 3 * * *, timezone: Europe/Berlin, grace: 1h, run_time: 2h},"
    " for: 1m, recover_for: 2m, alert: [page, chat], runbook: 'https://a.example.com/',"
    " tags: [a]}",
}
OTHERS = (
    "{dns: {name: a.example.com}, expect: {equals: []}}",
    f"{{dns: {{name: a}}, expect: {{dnssec: valid, anchors: ['. DS 1 13 2 {DIGEST}']}}}}",
    "{dns: {name: a.example.com}, expect: {rcode: NXDOMAIN, count: {min: 0}}}",
    "{dns: {name: a.example.com}, expect: {equals: [192.0.2.1]}}",
    "{zone: example.com, expect: {dnssec: off}}",
    "{resolver: 8.8.8.8}",
    "{heartbeat: 366d}",
    "{heartbeat: {period: 1m, grace: 20s, run_time: 90m}}",
)
EXCLUDE_EACH_OTHER = {"period", "equals", "rcode", "dnssec", "anchors"}
"""What the one monitor of its kind above cannot say beside the rest; the others say it."""


@pytest.mark.parametrize("kind", WHOLE)
def test_the_monitors_that_are_stored_here_say_all_that_there_is_to_say(kind: str) -> None:
    (monitor,) = configured(watching(f"  m: {WHOLE[kind]}")).monitors

    unsaid = {
        field.name
        for field in fields(monitor.target)
        if getattr(monitor.target, field.name) == field.default and field.name != "kind"
    }

    assert monitor.target.kind == kind
    assert unsaid <= EXCLUDE_EACH_OTHER


@pytest.mark.parametrize("monitor", [*WHOLE.values(), *OTHERS])
def test_a_monitor_comes_back_from_the_store_as_it_was(monitor: str) -> None:
    shards = compile_shards(configured(watching(f"  m: {monitor}")), (), 1)

    stored = tuple(unpack(Shard, pack(Shard, shard)) for shard in shards)

    assert stored == shards


def test_monitors_of_all_kinds_are_told_apart_in_one_store() -> None:
    monitors = "\n".join(f"  {kind}: {monitor}" for kind, monitor in WHOLE.items())

    (shard,) = compile_shards(configured(watching(monitors)), (), 1)

    restored = unpack(Shard, pack(Shard, shard))
    assert {m.id: str(m.target.kind) for m in restored.monitors} == {kind: kind for kind in WHOLE}


def test_windows_renamings_and_dependencies_come_back_from_the_store_as_they_were() -> None:
    file = watching(
        "  web: {tcp: 'a.example.com:1', depends_on: [db], tags: [shop], was: site}\n"
        "  db: {heartbeat: 1d}\n"
        "maintenance:\n"
        "  - {from: 2026-12-01 22:00, for: 4h, timezone: Europe/Berlin, all: true}\n"
        "  - {weekly: sunday 02:00, for: 2h, timezone: Europe/Berlin, monitors: [web, db]}\n"
        "  - {cron: 0 2 1 * *, for: 366d, monitors: [web], tags: [shop]}"
    )
    (shard,) = compile_shards(configured(file), (), 1)

    stored = unpack(Shard, pack(Shard, shard))

    assert stored == shard
    assert len(stored.windows) == 3
    assert {m.id: (m.depends_on, m.was) for m in stored.monitors} == {
        "db": ((), None),
        "web": (("db",), "site"),
    }
