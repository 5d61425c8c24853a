"""The page that explains every key of monitors.yaml to a person, made of the models themselves."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from inspect import cleandoc
from pathlib import Path
from types import MappingProxyType

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tocsin.config import echoes, jobs, models, naming, scripts, security, settings, slowness

PAGE = Path("docs/configuration.md")

_HEAD = """\
<!-- Written by `python -m tocsin.config.reference`; do not edit. -->

# monitors.yaml

`tocsin validate` checks the file, `tocsin plan` shows what would change, `tocsin apply` puts it in
force. Editors complete and check it with [`monitors.schema.json`](monitors.schema.json).

```yaml
# yaml-language-server: $schema=docs/monitors.schema.json
locations: {eu-west-1: {}, us-east-1: {}, ap-southeast-1: {}}
defaults: {interval: 1m, timeout: 5s, retries: 2, quorum: majority, alert: [notice]}
monitors:
  db: {service: postgres, host: db.example.com, alert: [page]}
```

The key `service`, `tcp`, `http`, `dns`, `zone`, `resolver`, `icmp` or `heartbeat` says of which
kind a monitor is. Lengths of time are written like `500ms`, `30s`, `5m`, `1h` or `1d`. Secrets
never stand in the file:
`${ssm:/tocsin/name}` is read from Parameter Store at the moment of the check. Unknown keys are
refused.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    """A model, the level and text of its heading, and an example of it."""

    model: type[BaseModel]
    title: str
    level: int = 2
    beyond: type[BaseModel] | None = None
    """What it inherits and another section explains."""
    example: str = ""


_SECTIONS = (
    _Section(model=models.File, title="The file"),
    _Section(
        model=settings.LocationModel,
        title="locations",
        level=3,
        example="""
            locations: {eu-west-1: {}, us-east-1: {}, ap-southeast-1: {}, office: {kind: agent}}
        """,
    ),
    _Section(
        model=settings.MonitorSettings,
        title="Every monitor",
        example="""
            monitors:
              db:
                service: postgres
                host: db.example.com
                for: 2m
                slow: {total: 1s, connect: 200ms}
                alert: [page, chat]
                runbook: "https://wiki.example.com/db"
                tags: [team:storage]
        """,
    ),
    _Section(model=slowness.Slowness, title="slow", level=3),
    _Section(
        model=models.ServiceMonitor,
        title="service",
        beyond=settings.MonitorSettings,
        example="""
            monitors:
              db: {service: postgres, host: db.example.com, tls: starttls, addresses: all}
              ldap:
                service: ldaps
                host: ldap.example.com
                tls: {name: ldap.internal, minimum: "1.3"}
                expect: {certificate_days: {warn: 30, fail: 7}}
              firewall: {service: fortinet, host: fw.example.com, tls: {self_signed: true}}
              cache: {service: redis, host: cache.example.com, expect: {open: true}}
        """,
    ),
    _Section(model=models.ServiceExpectation, title="expect of a service", level=3),
    _Section(
        model=models.TcpMonitor,
        title="tcp",
        beyond=settings.MonitorSettings,
        example=r"""
            monitors:
              bastion: {tcp: "bastion.example.com:22", expect: {banner: '^SSH-2\.0-'}}
              game:
                tcp: "game.example.com:7777"
                tls: direct
                script:
                  - send: 'HELLO ${host}\r\n'
                  - {expect: '+OK', timeout: 2s}
                  - send: {hex: "00 01 ff"}
                  - {expect: {regex: '^version (?P<version>[0-9.]+)'}, declines: '^busy'}
        """,
    ),
    _Section(model=models.TcpExpectation, title="expect of a port", level=3),
    _Section(model=scripts.StepModel, title="script", level=3),
    _Section(model=scripts.Sent, title="send", level=4),
    _Section(model=scripts.Expected, title="expect of a step", level=4),
    _Section(
        model=models.HttpMonitor,
        title="http",
        beyond=settings.MonitorSettings,
        example="""
            monitors:
              api:
                http: "https://origin.example.com/health"
                host: api.example.com
                tls: {name: api.example.com}
                bearer: "${ssm:/tocsin/api-token}"
                redirects: 1
                expect:
                  status: [200, "300-399"]
                  headers: {Content-Type: '^application/json', X-Debug: null}
                  json: {"$.database": ok}
                  without: error
        """,
    ),
    _Section(model=models.Credentials, title="basic", level=3),
    _Section(model=models.HttpExpectation, title="expect of an answer", level=3),
    _Section(
        model=naming.DnsMonitor,
        title="dns",
        beyond=settings.MonitorSettings,
        example=r"""
            monitors:
              mx:
                dns: {name: example.com, type: MX}
                expect: {equals: ["10 mail.example.com."]}
              gone:
                dns: {name: old.example.com, resolver: "8.8.8.8:53"}
                expect: {rcode: NXDOMAIN}
              web:
                dns: {name: www.example.com, resolver: "tls://dns.google"}
                expect:
                  one_of: ["192.0.2.7", "192.0.2.8"]
                  count: {min: 1, max: 2}
                  dnssec: valid
              start-of-authority:
                dns: {name: example.com, type: SOA, resolver: "https://dns.google/dns-query"}
                expect: {ad: true, matches: '^ns1\.example\.com\. '}
        """,
    ),
    _Section(model=naming.Question, title="the question", level=3),
    _Section(model=naming.DnsExpectation, title="expect of records", level=3),
    _Section(model=naming.Count, title="count", level=3),
    _Section(
        model=naming.ZoneMonitor,
        title="zone",
        beyond=settings.MonitorSettings,
        example="""
            monitors:
              zone:
                zone: example.com
                records: ["www.example.com A", "@ MX"]
                expect:
                  serial_lag: 5m
                  dnssec: valid
                  signature_days: {warn: 7, fail: 2}
                alert: [page]
        """,
    ),
    _Section(model=naming.ZoneExpectation, title="expect of a zone", level=3),
    _Section(
        model=naming.ResolverMonitor,
        title="resolver",
        beyond=settings.MonitorSettings,
        example="""
            monitors:
              resolver:
                resolver: "https://dns.google/dns-query"
                name: www.example.com
                expect: {validates: true}
        """,
    ),
    _Section(model=naming.ResolverExpectation, title="expect of a resolver", level=3),
    _Section(
        model=echoes.IcmpMonitor,
        title="icmp",
        beyond=settings.MonitorSettings,
        example="""
            locations:
              eu-west-1: {}
              us-east-1: {}
              ap-southeast-1: {}
              office: {kind: agent}
              warehouse: {kind: agent}
            monitors:
              router:
                icmp: 192.0.2.1
                locations: [office, warehouse]
                expect: {loss: 25, rtt: 200ms}
        """,
    ),
    _Section(model=echoes.IcmpExpectation, title="expect of a host", level=3),
    _Section(
        model=jobs.HeartbeatMonitor,
        title="heartbeat",
        beyond=settings.MonitorSettings,
        example="""
            monitors:
              backup:
                heartbeat: {cron: "0 3 * * *", timezone: Europe/Berlin, grace: 1h, run_time: 2h}
                alert: [chat]
              rotation: {heartbeat: 1d}
              export: {heartbeat: {period: 6h, grace: 30m}}
        """,
    ),
    _Section(model=jobs.Schedule, title="when a job is due", level=3),
    _Section(model=security.Security, title="tls"),
    _Section(model=security.DaysLeft, title="certificate_days", level=3),
)


_LINKED = MappingProxyType(
    {
        **{key: key for key in ("tls", "slow", "script", "basic", "certificate_days", "send")},
        "signature_days": "certificate_days",
    }
)
"""Keys under which a mapping may stand that has a section, and its heading."""


def page() -> str:
    """Give the page as the text of a file."""
    return "\n".join((_HEAD, *map(_section, _SECTIONS)))


def write(path: Path) -> None:
    """Write it to a file, as the tests want to find it in docs/configuration.md."""
    path.write_text(page(), encoding="utf-8")


def _section(section: _Section) -> str:
    skipped = section.beyond.model_fields if section.beyond else {}
    own = {name: f for name, f in section.model.model_fields.items() if name not in skipped}
    without = section.model is jobs.HeartbeatMonitor
    kept = " that are about alerts" if without else ""
    beyond = f"Beside the keys of [every monitor](#every-monitor){kept}:\n\n"
    beyond = beyond if section.beyond else ""
    return (
        f"{'#' * section.level} {section.title}\n\n{cleandoc(section.model.__doc__ or '')}\n"
        f"{_fenced(section.example)}\n{beyond}| key | what it says | by default |\n"
        f"| --- | --- | --- |\n{''.join(_rows(own))}"
    )


def _fenced(example: str) -> str:
    return f"\n```yaml\n{cleandoc(example)}\n```\n" if example else ""


def _rows(own: dict[str, FieldInfo]) -> Iterator[str]:
    for name, field in own.items():
        said = (field.description or "").replace("\\", "\\\\").replace("|", "\\|")
        key = f"`{field.alias or name}`"
        key = f"[{key}](#{_LINKED[name]})" if name in _LINKED else key
        yield f"| {key} | {said} | {_default(field)} |\n"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    none = field.default in (None, (), {}) or isinstance(field.default, BaseModel)
    return "" if none else f"`{_written(field.default)}`"


def _written(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int(size) if size and size % 1024 == 0:
            return f"{size // 1024}KiB"
        case timedelta():
            return _length(value)
        case tuple():
            return f"[{', '.join(map(_item, value))}]"
        case _:
            return str(value)


def _item(value: object) -> str:
    return "-".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _length(time: timedelta) -> str:
    seconds = int(time.total_seconds())
    return f"{seconds // 60}m" if seconds and seconds % 60 == 0 else f"{seconds}s"


if __name__ == "__main__":
    write(PAGE)
