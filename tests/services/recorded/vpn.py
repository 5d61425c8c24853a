"""VPN gateways. The host that is checked is always the one in `HOST`."""

from tests.services.exchange import Exchange, Hears, Says, declining
from tests.services.framing import counted, get, openvpn_reset, pptp_start, pptp_stop
from tocsin.config.security import Mode

HOST = "127.0.0.1"
DIRECT = (Mode.DIRECT,)

_OPENVPN = "recorded from OpenVPN 2.6.14 of Debian 12, with `mode server` and `proto tcp-server`"
_AS = "the headers that nmap-service-probes of Nmap 7.9 knows OpenVPN Access Server by"
_OCSERV = "recorded from ocserv 1.1.6 of Debian 12"
_ASA = "the answer of a Cisco ASA that nmap-service-probes of Nmap 7.9 knows"
_FORTINET = "the answer of FortiOS to GET /remote/login, as published with CVE-2024-21762"
_WG_EASY = "wg-easy, src/lib/Server.js of tag v14"
_NITRO = "wg-easy, src/server/api/session.get.ts of tag v15.4.0, in the error format of h3"
_PPTP = "RFC 2637, section 2.2"

_reset = Hears(counted(2, openvpn_reset))
_admin = Hears(get("/admin/", HOST))
_home = Hears(get("/", HOST))
_login = Hears(get("/remote/login?lang=en", HOST))
_session = Hears(get("/api/session", HOST))
_start = Hears(counted(2, pptp_start, itself=True))
_stop = Hears(counted(2, pptp_stop, itself=True))

_UNAVAILABLE = Says(
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)


def _pptp_reply(result: int) -> Says:
    body = bytes.fromhex("009c00011a2b3c4d000200000100") + bytes([result, 0])
    body += bytes.fromhex("0000000100000001") + bytes.fromhex("00000001")
    return Says(body + b"local".ljust(64, b"\0") + b"linux".ljust(64, b"\0"))


VPN = (
    Exchange(
        service="openvpn",
        turns=(
            _reset,
            Says(bytes.fromhex("001a40c20dfd134270963601000000 00") + b"TOCSIN\0\1" + bytes(4)),
        ),
        source=_OPENVPN,
        shows=("speaks openvpn",),
    ),
    Exchange(
        service="openvpn",
        label="a peer in the point-to-point mode, which resets first",
        turns=(Says(bytes.fromhex("000e40c20dfd134270963600 00000000")), _reset),
        source="nmap-service-probes of Nmap 7.9, and OpenVPN's ssl_pkt.h",
    ),
    Exchange(
        service="openvpn",
        label="a server that sends its ack by itself",
        turns=(_reset, Says(bytes.fromhex("001628c20dfd13427096360100000000") + b"TOCSIN\0\1")),
        source="OpenVPN's ssl_pkt.h and reliable.c: P_ACK_V1",
        shows=("speaks openvpn",),
    ),
    Exchange(
        service="openvpn-admin",
        modes=DIRECT,
        turns=(
            _admin,
            Says(
                b"HTTP/1.1 302 Found\r\nDate: Wed, 18 Jan 2017 10:19:46 GMT\r\n"
                b"Connection: close\r\nContent-Type: text/html; charset=UTF-8\r\n"
                b"Server: OpenVPN-AS\r\n"
                b"Location: /__session_start__/admin/\r\n\r\n"
            ),
        ),
        source=_AS,
        shows=("status 302", "software OpenVPN-AS"),
    ),
    declining("openvpn-admin", "unavailable", _admin, _UNAVAILABLE, modes=DIRECT, source=_AS),
    Exchange(
        service="anyconnect",
        modes=DIRECT,
        turns=(
            _home,
            Says(
                b"HTTP/1.1 200 OK\r\nConnection: Keep-Alive\r\nContent-Type: text/xml\r\n"
                b"Content-Length: 306\r\nX-Transcend-Version: 1\r\n\r\n"
                b'<?xml version="1.0" encoding="UTF-8"?>\n'
                b'<config-auth client="vpn" type="auth-request">\n'
            ),
        ),
        source=_OCSERV,
        shows=("status 200",),
    ),
    Exchange(
        service="anyconnect",
        modes=DIRECT,
        label="a Cisco ASA",
        turns=(
            _home,
            Says(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nCache-Control: no-cache\r\n"
                b"Set-Cookie: tg=; expires=Thu, 01 Jan 1970 22:00:00 GMT; path=/; secure\r\n"
                b"Set-Cookie: webvpn=; expires=Thu, 01 Jan 1970 22:00:00 GMT; path=/; secure\r\n"
                b"\r\n"
                b'<script>document.location.replace("/+CSCOE+/logon.html")</script>'
            ),
        ),
        source=_ASA,
    ),
    Exchange(
        service="anyconnect",
        modes=DIRECT,
        label="a Cisco gateway that leads to its portal",
        turns=(
            _home,
            Says(
                b"HTTP/1.0 302 Object Moved\r\nContent-Type: text/html; charset=UTF-8\r\n"
                b"Content-Length: 0\r\nCache-Control: no-cache\r\nPragma: no-cache\r\n"
                b"Connection: Close\r\nLocation: /+webvpn+/index.html\r\n"
                b"Set-Cookie: tg=; expires=Thu, 01 Jan 1970 22:00:00 GMT; path=/; secure\r\n\r\n"
            ),
        ),
        source="a published log of openconnect against a Cisco gateway, of 2013",
        shows=("status 302",),
    ),
    declining("anyconnect", "unavailable", _home, _UNAVAILABLE, modes=DIRECT, source="RFC 9110"),
    Exchange(
        service="fortinet",
        modes=DIRECT,
        turns=(
            _login,
            Says(
                b"HTTP/1.1 200 OK\r\nDate: Tue, 20 Feb 2024 03:01:15 GMT\r\n"
                b"Server: xxxxxxxx-xxxxx\r\n"
                b"Set-Cookie: SVPNCOOKIE=; path=/; expires=Sun, 11 Mar 1984 12:00:00 GMT; secure; "
                b"httponly; SameSite=Strict;\r\n"
                b"Content-Type: text/html; charset=utf-8\r\nConnection: close\r\n\r\n"
                b"<!DOCTYPE html>"
            ),
        ),
        source=_FORTINET,
        shows=("status 200",),
    ),
    declining("fortinet", "unavailable", _login, _UNAVAILABLE, modes=DIRECT, source="RFC 9110"),
    Exchange(
        service="wireguard-api",
        modes=(Mode.PLAIN, Mode.DIRECT),
        turns=(
            _session,
            Says(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nConnection: close\r\n\r\n"
                b'{\n  "requiresPassword": true,\n  "authenticated": false\n}'
            ),
        ),
        source=_WG_EASY,
        shows=("status 200",),
    ),
    Exchange(
        service="wireguard-api",
        label="wg-easy 15, which says no",
        turns=(
            _session,
            Says(
                b"HTTP/1.1 401 Not authenticated\r\ncontent-type: application/json\r\n\r\n"
                b'{"error":true,"statusCode":401,"statusMessage":"Not authenticated"}'
            ),
        ),
        source=_NITRO,
    ),
    declining("wireguard-api", "unavailable", _session, _UNAVAILABLE, source="RFC 9110"),
    Exchange(
        service="pptp",
        turns=(_start, _pptp_reply(1), _stop),
        source=_PPTP,
        shows=("host local",),
    ),
    declining(
        "pptp",
        "result 2, general error",
        _start,
        _pptp_reply(2),
        source=_PPTP,
        shows=("declines to serve (general error)",),
    ),
)
