"""Writes docs/services.md from the table and from what the real check says of each failure.

Run as `python -m tests.services.page`; a test sees to it that the page is what this would write.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from tests.services.failures import SHOWN_HOST, Failure, failures
from tocsin.config.catalogue import Service, services
from tocsin.config.security import Mode

PAGE = Path(__file__).parents[2] / "docs" / "services.md"
REPRESENTATIVE = "postgres"

_HOSTS = {
    "vpn": "vpn.example.com",
    "databases": "db.example.com",
    "mail": "mail.example.com",
    "directories": "dc.example.com",
    "remote access": "host.example.com",
    "network devices": "router.example.com",
    "messaging": "mq.example.com",
    "other": "srv.example.com",
}
_TITLES = {"vpn": "VPN"}
_MEANING = {
    "refused": "The host answers, and nothing listens on the port.",
    "silent": "Something accepts and says nothing: a firewall, a proxy with nothing behind it, a "
    "service that hangs.",
    "unexpected_reply": "Something answers, and it is another program.",
    "declined": "The service itself answers that it cannot serve now, in its own words.",
    "no_starttls": "With `tls: starttls`: the service speaks, and does not turn to TLS.",
    "certificate_expired": "Under TLS: the certificate is no longer valid. Not yet valid, for "
    "another name, of an unknown authority and too weak are reasons of their own.",
}
_HEAD = f"""\
<!-- Written by `python -m tests.services.page`; do not edit. -->

# Well-known services

An open port is not a living service. `service: postgres` opens the port of PostgreSQL, says
what any client of it would say first, and passes only if PostgreSQL answers. Nobody logs in,
and no password is needed.

```yaml
monitors:
  db: {{service: postgres, host: db.example.com}}
  other-port: {{service: postgres, host: db.example.com, port: 5433}}
  under-tls: {{service: postgres, host: db.example.com, tls: starttls}}
  certificate:
    {{service: ldaps, host: dc.example.com, expect: {{certificate_days: {{warn: 30, fail: 14}}}}}}
  only-the-port: {{service: postgres, host: db.example.com, expect: {{open: true}}}}
```

```console
$ tocsin services
$ tocsin check postgres://db.example.com
$ tocsin check "postgres://db.example.com:5433?tls=starttls"
```

`tls` is `plain`, `starttls` (the service turns to TLS in the course of the dialogue) or
`direct` (TLS from the first byte). Each service has the modes that are listed below; the first
one is meant unless another is said. The dialogues themselves are data, in the form of a
monitor's own `script:`: [`services.yaml`](../shared/tocsin/config/services.yaml). Each is
tested against recorded or documented words of its service, whole, byte by byte, cut short, and
replaced by those of every other.

The failures on this page are what the check itself says, with the address {SHOWN_HOST} and the
usual time of 5 s.

## What the server notices

From each location a short connection in each interval, which ends with the protocol's own goodbye
where it has one, and no login. Most servers log it; what is worth knowing of one stands with it.
Three things hold for all:

- What counts visits without a login as attacks (fail2ban with strict filters, MySQL's
  `max_connect_errors`, VNC) may shut the prober out after a while. Where the server says so, the
  text has its words; a firewall says nothing, and the check fails at `connect`. Let the prober's
  addresses pass, or raise the limit.
- A server that wants a certificate of its clients ends the handshake: the text says that it
  `wants a certificate of ours`. A check has none; `expect: {{open: true}}` watches the port.
- A proxy or balancer that speaks the protocol itself (PgBouncer, ProxySQL, nginx for mail) answers
  for itself. Watch what is behind it too.
"""


def page() -> str:
    """Give the page."""
    texts = failures()
    parts = [_HEAD, "## At a glance\n", *_glance(), "## What a failure says\n"]
    parts += [_reasons(texts[REPRESENTATIVE])]
    for group, members in _groups():
        parts.append(f"## {_title(group)}\n")
        parts += [_section(name, service, texts[name]) for name, service in members.items()]
    return "\n".join(parts)


def _groups() -> Iterator[tuple[str, Mapping[str, Service]]]:
    for group, members in groupby(services().items(), key=lambda item: item[1].group):
        yield group, dict(members)


def _glance() -> Iterator[str]:
    for group, members in _groups():
        rows = [_row(name, service) for name, service in members.items()]
        yield f"**{_title(group)}**\n"
        yield _table(("service", "port", "TLS", "what a reply proves"), rows)


def _row(name: str, service: Service) -> tuple[str, ...]:
    link = f"[`{name}`](#{_anchor(name, service)})"
    return link, str(service.port), _modes(service), service.proves


def _reasons(shown: Sequence[Failure]) -> str:
    text = f"Here for `{REPRESENTATIVE}`; those of each service stand with it.\n\n"
    rows = [(f"`{f.reason}`", _MEANING[f.reason], f"`{f.text}`") for f in shown]
    return text + _table(("reason", "what it means", "what is said"), rows)


def _section(name: str, service: Service, shown: Sequence[Failure]) -> str:
    host = _HOSTS[service.group]
    known = f" Also known as {_listed(service.aliases)}." if service.aliases else ""
    lines = [
        f"### {_heading(name, service)}\n",
        f"{service.proves}\n",
        *([f"*{service.note.strip()}*\n"] if service.note else []),
        f"Port {service.port}; TLS: {_modes(service)}.{known} [Source]({service.source}).\n",
        "```text",
        f"{{service: {name}, host: {host}}}",
        f"tocsin check {name}://{host}",
        "```\n",
        "<details><summary>What its failures say</summary>\n",
        "```text",
        *(f"{failure.reason:<20} {failure.text}" for failure in shown),
        "```\n",
        "</details>\n",
    ]
    return "\n".join(lines)


def _heading(name: str, service: Service) -> str:
    return f"{name}: {service.title}"


def _anchor(name: str, service: Service) -> str:
    """Make the name that GitHub gives a heading."""
    kept = (c for c in _heading(name, service).lower() if c.isalnum() or c in " -_")
    return "".join(kept).replace(" ", "-")


def _modes(service: Service) -> str:
    if service.modes.get(Mode.PLAIN) == ():
        return "the port only"
    return ", ".join(service.modes)


def _title(group: str) -> str:
    return _TITLES.get(group, group.capitalize())


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    cells = ([cell.replace("|", "\\|") for cell in line] for line in lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
