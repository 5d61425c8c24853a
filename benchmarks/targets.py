"""What is checked: three healthy servers, each a process of its own, so that none is counted."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.programs import HERE, built, free_port, path_of, running

HTTP_HOSTS: Final = tuple(f"127.0.0.{last}" for last in range(1, 9))
"""nginx closes first and keeps each connection in TIME_WAIT: one address would run out of them."""
BODY: Final = "all is well"
ZONE: Final = "bench.test"
"""Every name below it has the same ADDRESS."""
ADDRESS: Final = "192.0.2.80"

_NGINX: Final = """
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
worker_processes 1;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {folder}/client;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        {listen}
        default_type text/plain;
        location / {{ return 200 "{body}\\n"; }}
    }}
}}
"""
_KNOT: Final = """
server:
    rundir: {folder}
    listen: {here}@{port}
database:
    storage: {folder}
zone:
  - domain: {zone}
    file: {folder}/bench.zone
"""
_ZONE: Final = f"""
$ORIGIN {ZONE}.
$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 300
@ NS ns
ns A {HERE}
* A {ADDRESS}
"""


@dataclass(frozen=True, slots=True)
class Targets:
    """The port of each server."""

    tcp: int
    http: int
    dns: int


@contextmanager
def serving(folder: Path) -> Iterator[Targets]:
    """Run all three until the end of the block; `folder` holds their files."""
    targets = Targets(tcp=free_port(), http=free_port(), dns=free_port())
    listen = " ".join(f"listen {host}:{targets.http} backlog=4096;" for host in HTTP_HOSTS)
    nginx, knot = folder / "nginx.conf", folder / "knot.conf"
    nginx.write_text(_NGINX.format(folder=folder, listen=listen, body=BODY))
    knot.write_text(_KNOT.format(folder=folder, here=HERE, port=targets.dns, zone=ZONE))
    (folder / "bench.zone").write_text(_ZONE)
    with ExitStack() as stack:
        for command, port in (
            ([built("sink", folder), str(targets.tcp)], targets.tcp),
            ([path_of("nginx"), "-c", str(nginx), "-p", str(folder)], targets.http),
            ([path_of("knotd"), "-c", str(knot)], targets.dns),
        ):
            log = folder / f"{Path(command[0]).name}.log"
            stack.enter_context(running(command, port, log))
        yield targets
