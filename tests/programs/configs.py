"""The files that the programs are started with: small, and nothing outside their own folder."""

from pathlib import Path
from string import Template
from typing import Final

ZONE: Final = "example.test"
CHAPTERS: Final = tuple(f"chapter {number:03} of a long story" for number in range(100))
"""Texts of one TXT set that no answer over UDP has room for."""

NGINX: Final = Template("""
daemon off;
pid $folder/nginx.pid;
worker_processes 1;
events { worker_connections 64; }
http {
    access_log off;
    client_body_temp_path $folder/body;
    proxy_temp_path $folder/proxy;
    fastcgi_temp_path $folder/fastcgi;
    uwsgi_temp_path $folder/uwsgi;
    scgi_temp_path $folder/scgi;
    server {
        listen $listen;
        $tls
        root $folder;
        location = / { return 200 "welcome"; }
        location = /moved { return 301 /; }
        # 444 is nginx's own: it closes the connection and answers nothing.
        location = /mute { return 444; }
        location = /behind { proxy_pass http://127.0.0.1:1; }
        # Bytes a second, of the head too: the answer takes some two seconds to the end of its head.
        location = /trickle { limit_rate 100; add_header X-Story "${story}"; return 200; }
    }
}
""")

KNOT: Final = Template("""
server:
    rundir: "$folder"
    listen: 127.0.0.1@$port
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
    tcp-io-timeout: 300
log:
  - target: stderr
    any: info
database:
    storage: "$folder"
zone:
  - domain: $zone
    file: "$folder/zone"
""")

RECORDS: Final = f"""
$ORIGIN {ZONE}.
$TTL 300
@       SOA   ns hostmaster 1 3600 600 86400 60
        NS    ns
        MX    10 mail
        MX    20 backup
        TXT   "v=spf1 mx " "-all"
ns      A     192.0.2.53
mail    A     192.0.2.25
backup  A     192.0.2.26
www     A     192.0.2.80
        A     192.0.2.81
shop    CNAME www
"""


def nginx(folder: Path, port: int, *, tls: bool = False) -> str:
    """Serve pages; with `tls` under the key and certificate in `folder`."""
    lines = f"ssl_certificate {folder}/chain.pem; ssl_certificate_key {folder}/key.pem;"
    return NGINX.substitute(
        folder=folder,
        listen=f"127.0.0.1:{port}{' ssl' * tls}",
        tls=lines * tls,
        story="once upon a time " * 8,
    )


def knot(folder: Path, port: int) -> str:
    """Serve the zone in `folder`."""
    return KNOT.substitute(folder=folder, port=port, zone=ZONE)


def zone() -> str:
    """Give the zone, with one set of texts that is too large for UDP."""
    return RECORDS + "".join(f'story   TXT   "{chapter}"\n' for chapter in CHAPTERS)
