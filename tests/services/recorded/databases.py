"""Databases and caches."""

import struct

from tests.services.exchange import Exchange, Hears, Says, Secures, declining
from tests.services.framing import (
    cassandra_options,
    counted,
    exactly,
    get,
    line,
    mongodb_hello,
    mysql_ssl_request,
    ssl_request,
    tds_prelogin,
    tns_ping,
)
from tests.services.recorded.vpn import HOST
from tocsin.config.security import Mode
from tocsin.domain.outcome import Reason

DIRECT = (Mode.DIRECT,)
EITHER = (Mode.PLAIN, Mode.DIRECT)
STARTTLS = (Mode.STARTTLS,)

_POSTGRES = "recorded from PostgreSQL 15.18 of Debian 12"
_POSTGRES_PAGE = "PostgreSQL documentation, 55.2.10 and 55.7"
_MARIADB = "recorded from MariaDB 10.11.19 of Debian 12"
_MYSQL = "MySQL internals, Protocol::HandshakeV10 and ERR_Packet"
_MONGODB = "MongoDB specifications: OP_MSG, mongodb-handshake; errors of mongod 4.2 and 7.0"
_REDIS = "recorded from Redis 7.0.15 of Debian 12"
_MSSQL = "[MS-TDS] 2.2.6.5 and 4.2"
_ORACLE = "the answer of a 19c listener to tnsping, as in two public test tools"
_ELASTIC = "Elasticsearch API documentation, root endpoint; headers as of 7.14"
_CASSANDRA = "native_protocol_v4.spec, 4.2.4 and 9"
_MEMCACHED = "recorded from memcached 1.6.18 of Debian 12"
_ZOOKEEPER = "ZooKeeper Administrator's Guide, The Four Letter Words"

_ask_ssl = Hears(counted(4, ssl_request, itself=True))


def _like_postgres(service: str, source: str) -> tuple[Exchange, ...]:
    fault = b"SFATAL\0C53300\0Msorry, too many clients already\0\0"
    return (
        Exchange(service=service, turns=(_ask_ssl, Says(b"S")), source=source, shows=('said "S"',)),
        Exchange(
            service=service,
            label="a server without TLS",
            turns=(_ask_ssl, Says(b"N")),
            source=source,
            shows=('said "N"',),
        ),
        Exchange(
            service=service, modes=STARTTLS, turns=(_ask_ssl, Says(b"S"), Secures()), source=source
        ),
        declining(
            service,
            "an error instead",
            _ask_ssl,
            Says(b"E" + struct.pack(">I", len(fault) + 4) + fault),
            source=_POSTGRES_PAGE,
            shows=('declines to serve (error "sorry, too many clients already")',),
        ),
        declining(
            service,
            "no process left, said in the oldest form",
            _ask_ssl,
            Says(b"Ecould not fork new process for connection: Cannot allocate memory\n\0"),
            source="PostgreSQL 15, postmaster.c: report_fork_failure_to_client",
            shows=("declines to serve (error", "could not fork new process"),
        ),
        declining(
            service,
            "a server without TLS",
            _ask_ssl,
            Says(b"N"),
            modes=STARTTLS,
            source=source,
            reason=Reason.NO_STARTTLS,
            shows=("does not turn to TLS (offers no TLS)",),
        ),
    )


def _greeting(version: bytes, capabilities: int = 0xF7FE) -> Says:
    body = b"\x0a" + version + b"\0" + bytes.fromhex("28000000 235c2850 3c7b7761 00")
    body += struct.pack("<HBH", capabilities, 8, 2) + bytes.fromhex("ff8115") + bytes(6)
    body += bytes.fromhex("1d000000") + b"cN:xm;{zu\\MK\0mysql_native_password\0"
    return Says(len(body).to_bytes(3, "little") + b"\0" + body)


def _error(number: int, text: str) -> Says:
    body = b"\xff" + struct.pack("<H", number) + text.encode()
    return Says(len(body).to_bytes(3, "little") + b"\0" + body)


def _like_mysql(service: str, version: str, source: str) -> tuple[Exchange, ...]:
    secured = _greeting(version.encode(), 0xFFFE)
    name = "MariaDB" if service == "mariadb" else "MySQL"
    return (
        Exchange(
            service=service,
            turns=(secured,),
            source=source,
            shows=(f"version {version.removeprefix('5.5.5-')}",),
        ),
        Exchange(
            service=service,
            modes=STARTTLS,
            turns=(secured, Hears(mysql_ssl_request), Secures()),
            source=source,
            shows=(f"version {version.removeprefix('5.5.5-')}",),
        ),
        Exchange(
            service=service,
            label="a server that grants nothing to the prober",
            turns=(_error(1130, f"Host '{HOST}' is not allowed to connect to this {name} server"),),
            source=_MARIADB,
            shows=("is not allowed to connect",),
            open_ended=True,
        ),
        Exchange(
            service=service,
            label="a server that blocks the prober",
            turns=(_error(1129, f"Host '{HOST}' is blocked because of many connection errors"),),
            source=_MARIADB,
            shows=("is blocked",),
            open_ended=True,
        ),
        Exchange(
            service=service,
            label="a server that grants nothing to the prober, in another language",
            turns=(
                _error(
                    1130,
                    f"Host '{HOST}' hat keine Berechtigung, sich mit diesem MySQL-Server "
                    "zu verbinden",
                ),
            ),
            source="nmap-service-probes of Nmap 7.9, which knows it in German",
            shows=("hat keine Berechtigung",),
            open_ended=True,
        ),
        Exchange(
            service=service,
            label="a server that puts the SQL state before its refusal",
            turns=(_error(1130, f"#HY000Host '{HOST}' is not allowed to connect"),),
            source="MySQL internals, ERR_Packet: sql_state_marker and sql_state",
            shows=("is not allowed to connect",),
            open_ended=True,
        ),
        declining(
            service,
            "full",
            _error(1040, "Too many connections"),
            source=_MYSQL,
            shows=('declines to serve (error "Too many connections")',),
            open_ended=True,
        ),
        declining(
            service,
            "the prober is blocked, so no certificate can be seen",
            _error(1129, f"Host '{HOST}' is blocked because of many connection errors"),
            modes=STARTTLS,
            source=_MARIADB,
            shows=("is blocked",),
            open_ended=True,
        ),
        declining(
            service,
            "full, before TLS",
            _error(1040, "Too many connections"),
            modes=STARTTLS,
            source=_MYSQL,
        ),
        declining(
            service,
            "a server without TLS",
            _greeting(version.encode(), 0xF7FE),
            Hears(mysql_ssl_request),
            modes=STARTTLS,
            source=_MYSQL,
            reason=Reason.NO_STARTTLS,
            shows=("does not turn to TLS (offers no TLS)",),
        ),
    )


def _bson(*elements: bytes) -> bytes:
    body = b"".join(elements) + b"\0"
    return struct.pack("<i", len(body) + 4) + body


def _string(name: str, value: str) -> bytes:
    raw = value.encode() + b"\0"
    return b"\x02" + name.encode() + b"\0" + struct.pack("<i", len(raw)) + raw


def _number(name: str, value: float) -> bytes:
    return b"\x01" + name.encode() + b"\0" + struct.pack("<d", value)


def _flag(name: str, *, value: bool) -> bytes:
    return b"\x08" + name.encode() + b"\0" + bytes([value])


def _op_msg(*elements: bytes) -> Says:
    body = struct.pack("<i4siiB", 7, b"TOCS", 2013, 0, 0) + _bson(*elements)
    return Says(struct.pack("<i", len(body) + 4) + body)


_hello = Hears(counted(4, mongodb_hello, order="little", itself=True))
_ping = Hears(exactly(b"*1\r\n$4\r\nPING\r\n"))
_quit = Hears(exactly(b"*1\r\n$4\r\nQUIT\r\n"))
_prelogin = Hears(tds_prelogin)
_tnsping = Hears(tns_ping)
_root = Hears(get("/", HOST))
_options = Hears(cassandra_options)
_version = Hears(line("version"))
_srvr = Hears(exactly(b"srvr"))


def _refuse(text: str) -> Says:
    body = bytes.fromhex("0000 0400 0000 2200") + struct.pack(">H", len(text)) + text.encode()
    return Says(struct.pack(">H", len(body) + 2) + body)


def _cassandra_error(code: int, text: str) -> Says:
    body = struct.pack(">IH", code, len(text)) + text.encode()
    return Says(bytes.fromhex("8400000000") + struct.pack(">I", len(body)) + body)


_SUPPORTED = b"".join(
    (
        b"\0\3",
        b"\0\x11PROTOCOL_VERSIONS" + b"\0\2" + b"\0\4" + b"4/v4" + b"\0\4" + b"5/v5",
        b"\0\x0bCOMPRESSION" + b"\0\1" + b"\0\3lz4",
        b"\0\x0bCQL_VERSION" + b"\0\1" + b"\0\x05" + b"3.4.5",
    )
)

DATABASES = (
    *_like_postgres("postgres", _POSTGRES),
    *_like_postgres("pgbouncer", "PostgreSQL documentation, 55.2.10, which PgBouncer follows"),
    *_like_postgres("cockroachdb", "PostgreSQL documentation, 55.2.10, which CockroachDB follows"),
    *_like_mysql("mysql", "8.0.36", _MYSQL),
    *_like_mysql("mariadb", "5.5.5-10.11.19-MariaDB-0+deb12u1", _MARIADB),
    Exchange(
        service="mongodb",
        modes=EITHER,
        turns=(
            _hello,
            _op_msg(
                _flag("helloOk", value=True),
                _string("setName", "rs0"),
                _flag("isWritablePrimary", value=True),
                b"\x10maxWireVersion\0" + struct.pack("<i", 21),
                _number("ok", 1.0),
            ),
        ),
        source=_MONGODB,
        shows=("replica set rs0",),
    ),
    Exchange(
        service="mongodb",
        label="a server before 4.4, which does not know hello",
        turns=(
            _hello,
            _op_msg(_number("ok", 0), _string("errmsg", "no such command: 'hello'")),
        ),
        source=_MONGODB,
    ),
    Exchange(
        service="mongodb",
        label="another database in this protocol, whose ok is a whole number",
        turns=(_hello, _op_msg(_flag("helloOk", value=True), b"\x10ok\0" + struct.pack("<i", 1))),
        source="BSON specification, 1.1: int32; drivers take ok for any number",
    ),
    declining(
        "mongodb",
        "shutting down",
        _hello,
        _op_msg(_number("ok", 0), _string("errmsg", "The server is in quiesce mode")),
        source=_MONGODB,
        shows=('declines to serve (error "The server is in quiesce mode")',),
    ),
    Exchange(
        service="redis",
        modes=EITHER,
        turns=(_ping, Says(b"+PONG\r\n"), _quit),
        source=_REDIS,
        shows=('said "+PONG"',),
    ),
    Exchange(
        service="redis",
        label="a server with a password",
        turns=(_ping, Says(b"-NOAUTH Authentication required.\r\n"), _quit),
        source=_REDIS,
        shows=("wants NOAUTH",),
    ),
    declining(
        "redis",
        "loading",
        _ping,
        Says(b"-LOADING Redis is loading the dataset in memory\r\n"),
        modes=EITHER,
        source="Redis 7.0, server.c",
    ),
    declining(
        "redis",
        "full",
        Says(b"-ERR max number of clients reached\r\n"),
        _ping,
        source="Redis 7.0, networking.c",
    ),
    Exchange(
        service="mssql",
        turns=(
            _prelogin,
            Says(
                bytes.fromhex("0401 0030 0000 0100")
                + bytes.fromhex("00 001f 0006  01 0025 0001  02 0026 0001  03 0027 0000")
                + bytes.fromhex("04 0027 0001  06 0028 0000  ff")
                + bytes.fromhex("100003e80000 02 00 01")
            ),
        ),
        source=_MSSQL,
        shows=("speaks mssql",),
    ),
    Exchange(
        service="oracle",
        modes=EITHER,
        turns=(_tnsping, _refuse("(DESCRIPTION=(TMP=)(VSNNUM=0)(ERR=0)(ALIAS=LISTENER))")),
        source=_ORACLE,
        shows=("listener LISTENER",),
    ),
    Exchange(
        service="oracle",
        label="a listener that wants the packet again",
        turns=(_tnsping, Says(bytes.fromhex("0008 0000 0b00 0000"))),
        source="Wireshark's dissector of TNS: type 11, RESEND",
    ),
    declining(
        "oracle",
        "no handler left",
        _tnsping,
        _refuse(
            "(DESCRIPTION=(TMP=)(VSNNUM=318767104)(ERR=12519)(ERROR_STACK=(ERROR=(CODE=12519))))"
        ),
        source="Oracle Database Error Messages, TNS-12519",
        shows=("declines to serve (error 12519)",),
    ),
    Exchange(
        service="elasticsearch",
        modes=EITHER,
        turns=(
            _root,
            Says(
                b"HTTP/1.1 200 OK\r\nX-elastic-product: Elasticsearch\r\n"
                b"content-type: application/json\r\ncontent-length: 170\r\n\r\n"
                b'{\n  "name" : "es1",\n  "cluster_name" : "docs",\n  "version" : {\n'
                b'    "number" : "8.11.1",\n    "build_flavor" : "default"\n  }\n}\n'
            ),
        ),
        source=_ELASTIC,
        shows=("cluster docs", "version 8.11.1"),
    ),
    Exchange(
        service="elasticsearch",
        modes=EITHER,
        label="a node that wants a login",
        turns=(
            _root,
            Says(
                b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="security", '
                b'charset="UTF-8"\r\ncontent-type: application/json\r\n\r\n'
                b'{"error":{"type":"security_exception"},"status":401}'
            ),
        ),
        source=_ELASTIC,
    ),
    Exchange(
        service="elasticsearch",
        modes=EITHER,
        label="a node of OpenSearch that wants a login and does not name its realm",
        turns=(
            _root,
            Says(
                b"HTTP/1.1 401 Unauthorized\r\ncontent-type: text/plain; charset=UTF-8\r\n"
                b"content-length: 12\r\n\r\nUnauthorized"
            ),
        ),
        source="OpenSearch Security, HTTPBasicAuthenticator with challenge: false",
    ),
    declining(
        "elasticsearch",
        "no master",
        _root,
        Says(b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\n\r\n{}"),
        modes=DIRECT,
        source=_ELASTIC,
    ),
    Exchange(
        service="cassandra",
        modes=EITHER,
        turns=(
            _options,
            Says(bytes.fromhex("8400000006") + struct.pack(">I", len(_SUPPORTED)) + _SUPPORTED),
        ),
        source=_CASSANDRA,
    ),
    Exchange(
        service="cassandra",
        label="a node that speaks other versions only",
        turns=(_options, _cassandra_error(10, "Invalid or unsupported protocol version (4)")),
        source=_CASSANDRA,
    ),
    declining(
        "cassandra",
        "bootstrapping",
        _options,
        _cassandra_error(0x1002, "Cannot serve requests while bootstrapping"),
        source=_CASSANDRA,
        shows=('declines to serve (error "Cannot serve requests while bootstrapping")',),
        open_ended=True,
    ),
    Exchange(
        service="memcached",
        modes=EITHER,
        turns=(_version, Says(b"VERSION 1.6.18\r\n"), Hears(line("quit"))),
        source=_MEMCACHED,
        shows=("version 1.6.18",),
    ),
    Exchange(
        service="memcached",
        label="a server that wants a login",
        turns=(_version, Says(b"CLIENT_ERROR unauthenticated\r\n"), Hears(line("quit"))),
        source="recorded from memcached 1.6.18 of Debian 12 with --auth-file",
        shows=("refusal unauthenticated",),
    ),
    declining(
        "memcached",
        "full",
        _version,
        Says(b"ERROR Too many open connections\r\n"),
        modes=EITHER,
        source="memcached 1.6.18, memcached.c",
    ),
    Exchange(
        service="zookeeper",
        modes=EITHER,
        turns=(
            _srvr,
            Says(
                b"Zookeeper version: 3.8.1-74db005175a4ec545697012f9069cb9dcc8cdda7, built on "
                b"2023-01-25 16:31 UTC\nLatency min/avg/max: 0/0.0/0\nMode: standalone\n"
            ),
        ),
        source=_ZOOKEEPER,
        shows=("version 3.8.1",),
    ),
    Exchange(
        service="zookeeper",
        label="a server that does not allow the question",
        turns=(_srvr, Says(b"srvr is not executed because it is not in the whitelist.\n")),
        source=_ZOOKEEPER,
    ),
    Exchange(
        service="zookeeper",
        label="ClickHouse Keeper",
        turns=(
            _srvr,
            Says(
                b"ClickHouse Keeper version: v21.11.1.1-prestable-7a4a0b0edef0ad6e0aa662cd3b90c3f4"
                b"acf796e7\nLatency min/avg/max: 0/0/0\nMode: leader\nNode count: 4\n"
            ),
        ),
        source="ClickHouse documentation, ClickHouse Keeper, Four Letter Word Commands",
        shows=("v21.11.1.1-prestable",),
    ),
    declining(
        "zookeeper",
        "without a quorum",
        _srvr,
        Says(b"This ZooKeeper instance is not currently serving requests\n"),
        source=_ZOOKEEPER,
    ),
    declining(
        "zookeeper",
        "ClickHouse Keeper without a quorum",
        _srvr,
        Says(b"This instance is not currently serving requests"),
        source="ClickHouse, tests/integration/helpers/keeper_utils.py",
    ),
)
