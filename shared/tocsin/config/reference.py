"""The page that explains every key of monitors.yaml to a person, made of the models themselves."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from inspect import cleandoc
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tocsin.config import models, scripts, security, slowness

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

The key `service`, `tcp`, `http` or `dns` says of which kind a monitor is. Lengths of time are
written like `500ms`, `30s`, `5m`, `1h` or `1d`. Secrets never stand in the file:
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
        model=models.LocationModel,
        title="locations",
        level=3,
        example="""
            locations: {eu-west-1: {}, us-east-1: {}, ap-southeast-1: {}, office: {kind: agent}}
        """,
    ),
    _Section(
        model=models.MonitorSettings,
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
        beyond=models.MonitorSettings,
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
        beyond=models.MonitorSettings,
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
        beyond=models.MonitorSettings,
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
        model=models.DnsMonitor,
        title="dns",
        beyond=models.MonitorSettings,
        example="""
            monitors:
              mx:
                dns: {name: example.com, type: MX}
                expect: {equals: ["10 mail.example.com."]}
              gone:
                dns: {name: old.example.com, resolver: "8.8.8.8:53"}
                expect: {rcode: NXDOMAIN}
        """,
    ),
    _Section(model=models.Question, title="the question", level=3),
    _Section(model=models.DnsExpectation, title="expect of records", level=3),
    _Section(model=security.Security, title="tls"),
    _Section(model=security.DaysLeft, title="certificate_days", level=3),
)


_LINKED = frozenset({"tls", "slow", "script", "basic", "certificate_days", "send"})
"""Keys under which a mapping may stand that has a section of the same name."""


def page() -> str:
    """Give the page as the text of a file."""
    return "\n".join((_HEAD, *map(_section, _SECTIONS)))


def write(path: Path) -> None:
    """Write it to a file, as the tests want to find it in docs/configuration.md."""
    path.write_text(page(), encoding="utf-8")


def _section(section: _Section) -> str:
    skipped = section.beyond.model_fields if section.beyond else {}
    own = {name: f for name, f in section.model.model_fields.items() if name not in skipped}
    beyond = "Beside the keys of [every monitor](#every-monitor):\n\n" if section.beyond else ""
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
        key = f"[{key}](#{name})" if name in _LINKED else key
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
