"""The schema that editors read."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.unit.config.files import watching
from tocsin.config.reader import parse
from tocsin.config.schema import schema

ROOT = Path(__file__).parents[3]


REDIS = {"service": "redis", "host": "a.example.com"}
PORT = {"tcp": "a.example.com:1"}
PAGE = {"http": "https://a.example.com/"}
QUESTION = {"dns": {"name": "a.example.com"}}
ZONE = {"zone": "example.com"}
RESOLVER = {"resolver": "8.8.8.8"}
HOST = {"icmp": "a.example.com"}
JOB = {"heartbeat": "1d"}


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    document = json.loads(schema())
    Draft202012Validator.check_schema(document)
    return Draft202012Validator(document)


def example() -> Any:
    return yaml.safe_load((ROOT / "monitors.yaml").read_text(encoding="utf-8"))


def test_the_committed_schema_is_current() -> None:
    committed = (ROOT / "docs" / "monitors.schema.json").read_text(encoding="utf-8")

    assert committed == schema(), "run python -m tocsin.config.schema"


def test_the_example_at_the_root_satisfies_the_schema(validator: Draft202012Validator) -> None:
    assert not list(validator.iter_errors(example()))


@pytest.mark.parametrize(
    "monitor",
    [
        pytest.param({"tcp": "a.example.com:1", "colour": "red"}, id="an unknown key"),
        pytest.param({"tcp": "a.example.com:1", "method": "GET"}, id="another kind's key"),
        pytest.param({"tcp": "a.example.com"}, id="no port"),
        pytest.param({"interval": "5m"}, id="no kind"),
        pytest.param({"tcp": "a.example.com:1", "timeout": "5 s"}, id="a bad duration"),
        pytest.param({"dns": {"type": "MX"}}, id="a question without a name"),
        pytest.param({"ping": "192.0.2.1"}, id="a kind that is none"),
        pytest.param({"service": "redis"}, id="a service without a host"),
        pytest.param({**REDIS, "tls": "tls"}, id="a mode that is none"),
        pytest.param({**REDIS, "tls": {"cert": "a.pem"}}, id="a rule that is none"),
        pytest.param({**REDIS, "expect": {"certificate_days": "soon"}}, id="days in words"),
        pytest.param({**PORT, "script": ["startls"]}, id="a misspelt step"),
        pytest.param({**PORT, "script": [{"sned": "a"}]}, id="a step that is none"),
        pytest.param({**PORT, "script": [{"send": {"hex": "0"}}]}, id="half a byte"),
        pytest.param({**PORT, "slow": {"conect": "1s"}}, id="a phase that is none"),
        pytest.param({**PAGE, "bearer": "hunter2"}, id="a token in clear"),
        pytest.param({**PAGE, "limit": "64 kB"}, id="a size that is none"),
        pytest.param({**PAGE, "basic": None}, id="a key without a value"),
        pytest.param({**PORT, "script": [{}]}, id="a step that says nothing"),
        pytest.param({"dns": {"name": "a", "type": "MXX"}}, id="a type that is none"),
        pytest.param({"dns": {"name": "a", "clas": "IN"}}, id="a misspelt part of a question"),
        pytest.param({**QUESTION, "expect": {"rcode": "NXDOMIAN"}}, id="a code that is none"),
        pytest.param({**QUESTION, "expect": {"count": {"mn": 1}}}, id="a bound that is none"),
        pytest.param({**QUESTION, "expect": {"count": 513}}, id="more records than are looked at"),
        pytest.param({**QUESTION, "expect": {"ttl_at_least": 300}}, id="a TTL without a unit"),
        pytest.param({**QUESTION, "expect": {"dnssec": "auto"}}, id="a zone's word"),
        pytest.param({**ZONE, "records": ["www"]}, id="a name without a type"),
        pytest.param({**ZONE, "expect": {"servers": "some"}}, id="servers in words"),
        pytest.param({**ZONE, "expect": {"signature_days": {"fial": 1}}}, id="misspelt days"),
        pytest.param({**ZONE, "tls": {"minimum": "1.3"}}, id="TLS of a zone"),
        pytest.param({**RESOLVER, "expect": {"validates": "maybe"}}, id="a flag that is none"),
        pytest.param({**HOST, "count": 21}, id="a flood"),
        pytest.param({**HOST, "expect": {"loss": 100}}, id="all may be lost"),
        pytest.param({**HOST, "expect": {"rtt": 200}}, id="a round trip without a unit"),
        pytest.param({"heartbeat": 60}, id="a period without a unit"),
        pytest.param({"heartbeat": {"crom": "0 3 * * *"}}, id="a misspelt line"),
        pytest.param({**JOB, "locations": ["eu-west-1"]}, id="from where a job is checked"),
        pytest.param({**JOB, "timeout": "5s"}, id="a timeout of a job"),
        pytest.param({**PORT, "script": [{"send": "a", "expect": "b"}]}, id="two steps in one"),
        pytest.param({**PORT, "script": [{"send": {"hex": "00", "text": "b"}}]}, id="two texts"),
        pytest.param({**PORT, "depends_on": "website"}, id="a word for what it depends on"),
        pytest.param({**PORT, "was": "The Web"}, id="a name that never was one"),
        pytest.param({**PORT, "maintenance": []}, id="windows of one monitor"),
    ],
)
def test_an_editor_sees_a_wrong_monitor(
    validator: Draft202012Validator, monitor: dict[str, object]
) -> None:
    document = example()
    document["monitors"]["wrong"] = monitor

    assert list(validator.iter_errors(document))


@pytest.mark.parametrize(
    "monitor",
    [
        pytest.param(
            {
                **PAGE,
                "quorum": 2,
                "family": 4,
                "expect": {
                    "status": [200, "300-399"],
                    "json": {"$.a": True, "$.b": None, "$.c": 3},
                    "headers": {"A": "^b", "C": None},
                },
                "tls": {"minimum": 1.3, "self_signed": True},
                "basic": {"user": "a", "password": "${ssm:/tocsin/a}"},
                "limit": "1MiB",
                "slow": {"total": "2s", "connect": "200ms"},
            },
            id="a page",
        ),
        pytest.param(
            {**REDIS, "port": 6380, "tls": "direct", "expect": {"certificate_days": 14}},
            id="a service",
        ),
        pytest.param(
            {
                **REDIS,
                "tls": {"mode": "direct", "ca": "ca.pem", "minimum": "1.2"},
                "expect": {"certificate_days": {"warn": 30, "fail": 7}},
                "slow": "1s",
            },
            id="a service with rules",
        ),
        pytest.param({**REDIS, "expect": {"open": True}}, id="a port alone"),
        pytest.param({**PORT, "depends_on": ["website"], "was": "old"}, id="relations"),
        pytest.param({**JOB, "depends_on": ["website"], "was": "old"}, id="relations of a job"),
        pytest.param(
            {
                "dns": {"name": "a", "type": "TYPE65280", "class": "CH", "edns": 512},
                "expect": {"count": {"min": 1, "max": "4"}, "equals": [], "aa": True},
            },
            id="a question",
        ),
        pytest.param(
            {
                "zone": "example.com",
                "port": 5353,
                "records": ["@ MX"],
                "expect": {"servers": "all", "dnssec": "auto", "signature_days": 3},
            },
            id="a zone",
        ),
        pytest.param(
            {**RESOLVER, "name": "a", "tls": {"minimum": 1.3}, "expect": {"validates": True}},
            id="a resolver",
        ),
        pytest.param({**HOST, "count": 10, "expect": {"loss": 20, "rtt": "1s"}}, id="a host"),
        pytest.param(JOB, id="a job"),
        pytest.param(
            {
                "heartbeat": {"cron": "0 3 * * *", "timezone": "UTC", "grace": "1h"},
                "alert": ["page"],
            },
            id="a job by cron",
        ),
        pytest.param(
            {
                **PORT,
                "tls": {"name": "a.example.com"},
                "script": [
                    {"send": "a\\r\\n"},
                    {"send": {"hex": "00 ff"}},
                    {"expect": "a", "timeout": "1s"},
                    {"expect": {"regex": "^a"}, "declines": "^b", "wrong": "^c"},
                    "starttls",
                ],
            },
            id="a script",
        ),
    ],
)
def test_an_editor_accepts_what_is_written_the_usual_way(
    validator: Draft202012Validator, monitor: dict[str, object]
) -> None:
    document = example()
    document["locations"]["office"] = None
    document["monitors"]["right"] = monitor

    assert not list(validator.iter_errors(document))


@pytest.mark.parametrize(
    "window",
    [
        pytest.param({"weekly": "sunday", "for": "2h", "all": True}, id="a day alone"),
        pytest.param({"from": "2026-12-01", "for": "2h", "all": True}, id="a date alone"),
        pytest.param({"weekly": "sunday 02:00", "for": 2, "all": True}, id="no unit"),
        pytest.param({"weekly": "sunday 02:00", "for": "2h", "monitors": "web"}, id="a word"),
        pytest.param({"weekly": "sunday 02:00", "lasts": "2h", "all": True}, id="an unknown key"),
        pytest.param("sunday 02:00", id="text"),
        pytest.param(None, id="nothing"),
    ],
)
def test_an_editor_sees_a_wrong_window(validator: Draft202012Validator, window: object) -> None:
    document = example()
    document["maintenance"].append(window)

    assert list(validator.iter_errors(document))


WINDOWS = (
    "{from: 2026-12-01 22:00, until: 2026-12-02T02:00, timezone: Europe/Berlin, all: true}",
    "{from: '2026-12-01 22:00:00', for: 4h, monitors: [m]}",
    "{weekly: Sun 2:00, for: 90m, tags: [5]}",
    "{weekly: sunday 02:00, for: 120m, tags: [blue], monitors: [m]}",
    "{cron: '@monthly', for: 1d, all: true}",
    "{cron: 0 2 1 * *, for: 1d, all: true, timezone: UTC}",
)


@pytest.mark.parametrize("window", WINDOWS)
def test_what_the_reader_takes_of_windows_no_editor_marks(
    validator: Draft202012Validator, window: str
) -> None:
    text = watching(f"  m: {{heartbeat: 1d, tags: [5, blue]}}\nmaintenance: [{window}]")

    assert parse(text, "monitors.yaml").configuration is not None
    # As editors read it, that is as YAML 1.2: `22:00:00` and the like are text.
    assert not list(validator.iter_errors(yaml.safe_load(text)))


KINDS = (
    "{service: postgres, host: a.example.com",
    "{tcp: 'a.example.com:1'",
    "{http: 'https://a.example.com/'",
    "{dns: {name: a.example.com}",
    "{dns: {name: a.example.com, resolver: 'tls://8.8.8.8'}",
    "{zone: example.com",
    "{resolver: 8.8.8.8",
    "{resolver: 'tls://8.8.8.8', name: a.example.com",
    "{icmp: a.example.com, locations: [office]",
    "{heartbeat: 1d",
    "{heartbeat: {cron: 0 3 * * *}",
)
SAID = {
    "expect": (
        *("{banner: 220}", "{pattern: 200, text: 5, without: true}", "{equals: [5]}", "{equals: }"),
        *("{headers: {A: 5, B: ~}}", "{json: {'$.a': ~}}", "{status: ['200-299', 404]}"),
        *("{count: 3}", "{count: '3'}", "{count: {min: '1'}}", "{rcode: NXDOMAIN}", "{rcode: 3}"),
        *(
            "{equals: [192.0.2.1]}",
            "{one_of: [5]}",
            "{matches: 5}",
            "{ttl_at_least: 5m}",
            "{ad: true}",
        ),
        *(
            "{dnssec: valid}",
            "{dnssec: off}",
            "{aliases: '0'}",
            "{serial_lag: 5m}",
            "{servers: all}",
        ),
        *("{servers: '3'}", "{signature_days: 3}", "{signature_days: {warn: 9}}", "{loss: '0'}"),
        *("{validates: true}", "{absent: b.example.com}", "{loss: 99, rtt: 1s}"),
        *("{certificate_days: '5'}", "{certificate_days: {warn: '9', fail: 2}}", "{open: true}"),
    ),
    "tls": (
        *("direct", "starttls", "plain", "~", "{}", "{mode: starttls, minimum: 1.2}"),
        *("{mode: direct, self_signed: true}", "{minimum: '1.3'}"),
    ),
    "script": (
        *("[{expect: 7}]", "[{send: 7}, {expect: a}]", "[{expect: {regex: 7}, wrong: 4}]", "~"),
        *("[{expect: {hex: 00}}, starttls]", "[{send: {hex: '00 4e'}}, {expect: a, timeout: 1s}]"),
    ),
    "slow": ("1s", "{connect: 5ms}", "{}", "~"),
    "port": ("1", "'1'", "x"),
    "host": ("b.example.com", "'[2606:4700::1]'"),
    "body": ("5", "true", "a"),
    "basic": ("~", "{user: a, password: '${ssm:/tocsin/a}'}"),
    "addresses": ("all", "2"),
    "limit": ("1MiB", "1"),
    "locations": ("~", "[eu]"),
    "records": ("[www A]", "['@  MX']", "[www]"),
    "parents": ("[8.8.8.8]", "[]"),
    "family": ("4", "'6'", "any"),
    "count": ("1", "'20'", "21"),
    "timeout": ("5s", "5"),
    "alert": ("[page]", "page"),
    "for": ("5m", "5"),
    "interval": ("5m", "30s"),
    "headers": ("{A: 5}", "{}"),
    "quorum": ("2", "'2'", "all"),
    "retries": ("2", "'2'", "11"),
    "redirects": ("2", "'10'"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_reader_takes_no_editor_marks(validator: Draft202012Validator, kind: str) -> None:
    taken = 0
    for key, values in SAID.items():
        if f"{key}:" in kind:
            continue
        for value in values:
            text = watching(f"  m: {kind}, {key}: {value}}}")
            if parse(text, "monitors.yaml").configuration is not None:
                taken += 1
                assert not list(validator.iter_errors(yaml.safe_load(text))), text

    assert taken
