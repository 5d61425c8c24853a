"""What the page that explains monitors.yaml is made of: a chapter a mapping, with examples."""

from dataclasses import dataclass

from pydantic import BaseModel

from tocsin.config import (
    echoes,
    jobs,
    maintenance,
    models,
    naming,
    pages,
    ports,
    publicity,
    scripts,
    security,
    settings,
    slowness,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A model, the level and text of its heading, and an example of it."""

    model: type[BaseModel]
    title: str
    level: int = 2
    beyond: type[BaseModel] | None = None
    """What it inherits and another section explains."""
    example: str = ""


CHAPTERS = (
    Chapter(model=models.File, title="The file"),
    Chapter(
        model=settings.LocationModel,
        title="locations",
        level=3,
        example="""
            locations: {eu-west-1: {}, us-east-1: {}, ap-southeast-1: {}, office: {kind: agent}}
        """,
    ),
    Chapter(
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
                was: postgres-1
              shop:
                http: "https://shop.example.com/"
                depends_on: [db]
                public: {name: Web shop, group: For customers}
        """,
    ),
    Chapter(model=slowness.Slowness, title="slow", level=3),
    Chapter(model=publicity.Publicity, title="public", level=3),
    Chapter(
        model=maintenance.WindowModel,
        title="maintenance",
        example="""
            monitors:
              db: {service: postgres, host: db.example.com, tags: [storage]}
              shop: {http: "https://shop.example.com/"}
            maintenance:
              - {weekly: sunday 02:00, for: 2h, timezone: Europe/Berlin, tags: [storage]}
              - {cron: "30 4 1 * *", for: 45m, monitors: [shop]}
              - from: 2026-12-01 22:00
                until: 2026-12-02 02:00
                timezone: Europe/Berlin
                all: true
        """,
    ),
    Chapter(
        model=ports.ServiceMonitor,
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
    Chapter(model=ports.ServiceExpectation, title="expect of a service", level=3),
    Chapter(
        model=ports.TcpMonitor,
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
    Chapter(model=ports.TcpExpectation, title="expect of a port", level=3),
    Chapter(model=scripts.StepModel, title="script", level=3),
    Chapter(model=scripts.Sent, title="send", level=4),
    Chapter(model=scripts.Expected, title="expect of a step", level=4),
    Chapter(
        model=pages.HttpMonitor,
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
    Chapter(model=pages.Credentials, title="basic", level=3),
    Chapter(model=pages.HttpExpectation, title="expect of an answer", level=3),
    Chapter(
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
    Chapter(model=naming.Question, title="the question", level=3),
    Chapter(model=naming.DnsExpectation, title="expect of records", level=3),
    Chapter(model=naming.Count, title="count", level=3),
    Chapter(
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
    Chapter(model=naming.ZoneExpectation, title="expect of a zone", level=3),
    Chapter(
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
    Chapter(model=naming.ResolverExpectation, title="expect of a resolver", level=3),
    Chapter(
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
    Chapter(model=echoes.IcmpExpectation, title="expect of a host", level=3),
    Chapter(
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
    Chapter(model=jobs.Schedule, title="when a job is due", level=3),
    Chapter(model=security.Security, title="tls"),
    Chapter(model=security.DaysLeft, title="certificate_days", level=3),
)
