"""PostgreSQL, MariaDB, Redis and memcached."""

from pathlib import Path
from signal import SIGINT
from typing import Final

from tests.programs.declaration import Declaration, Offer, Place
from tests.programs.programs import HERE, found

_QUICK: Final = ("--no-sync", "-U", "postgres")


def _postgresql(place: Place) -> list[str]:
    # Debian keeps each major version in a folder of its own, off the PATH.
    versions = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
    initdb = found("initdb", "postgresql", versions)
    data = str(place.folder / "data")
    place.prepare(initdb, "-D", data, "--locale=C", "--auth=trust", *_QUICK)
    server = found("postgres", "postgresql", versions)
    tls = ["ssl=on", f"ssl_cert_file={place.chain}", f"ssl_key_file={place.key}"]
    settings = [*(tls if place.tls else []), *place.more]
    where = ["-h", HERE, "-p", str(place.ports["plain"]), "-k", ""]
    return [server, "-D", data, *where, "-F", *(w for each in settings for w in ("-c", each))]


def _mariadb(place: Place) -> list[str]:
    install = found("mariadb-install-db", "mariadb-server")
    server = found("mariadbd", "mariadb-server")
    data = f"--datadir={place.folder}/data"
    quick = ["--innodb-log-file-size=4M", "--innodb-buffer-pool-size=8M", "--skip-log-bin"]
    # One that starts clears its folder of temporary tables, and would clear another one's.
    quick.append(f"--tmpdir={place.folder}")
    login = "--auth-root-authentication-method=normal"
    place.prepare(install, "--no-defaults", data, login, "--skip-test-db", *quick)
    tls = [f"--ssl-cert={place.chain}", f"--ssl-key={place.key}"]
    return [
        *[server, "--no-defaults", data, *quick],
        *[f"--bind-address={HERE}", f"--port={place.ports['plain']}"],
        *[f"--socket={place.folder}/socket", "--innodb-flush-log-at-trx-commit=0"],
        *(tls if place.tls else ["--skip-ssl"]),
        *place.more,
    ]


def _redis(place: Place) -> list[str]:
    tls = ["--tls-port", str(place.ports["direct"]), "--tls-auth-clients", "no"]
    tls += ["--tls-cert-file", str(place.chain), "--tls-key-file", str(place.key)]
    tls += ["--tls-ca-cert-file", str(place.authority)]
    where = ["--bind", HERE, "--port", str(place.ports["plain"]), "--dir", str(place.folder)]
    server = found("redis-server", "redis-server")
    return [server, *where, *(tls if place.tls else []), "--save", "", *place.more]


def _memcached(place: Place) -> list[str]:
    server = found("memcached", "memcached")
    where = ["-l", HERE, "-p", str(place.ports["plain"])]
    return [server, *where, "-U", "0", "-m", "8", "-t", "1", *place.more]


POSTGRESQL: Final = Declaration(
    name="postgresql",
    command=_postgresql,
    # What PostgreSQL calls a fast shutdown: it does not wait for clients.
    stop_with=SIGINT,
    offers=(
        Offer(service="postgres", mode="plain", says='speaks postgres; said "S"'),
        Offer(service="postgres", mode="starttls", says='speaks postgres; said "S"'),
        Offer(service="cockroachdb", mode="plain", says='said "S"'),
    ),
)
MARIADB: Final = Declaration(
    name="mariadb",
    command=_mariadb,
    offers=(
        Offer(service="mariadb", mode="plain", says="-MariaDB"),
        Offer(service="mariadb", mode="starttls", says="-MariaDB"),
        Offer(service="mysql", mode="plain", says="speaks mysql; version 10."),
        Offer(service="mysql", mode="starttls", says="speaks mysql; version 10."),
    ),
)
REDIS: Final = Declaration(
    name="redis",
    command=_redis,
    offers=(
        Offer(service="redis", mode="plain", says="+PONG"),
        Offer(service="redis", mode="direct", says="+PONG", port="direct"),
    ),
)
MEMCACHED: Final = Declaration(
    name="memcached",
    command=_memcached,
    offers=(Offer(service="memcached", mode="plain", says="version 1."),),
)
