"""Name servers, files, news."""

from tests.services.exchange import Exchange, Hears, Says, Secures, declining
from tests.services.framing import counted, dns_question, line, smb_negotiate
from tocsin.config.security import Mode
from tocsin.domain.outcome import Reason

DIRECT = (Mode.DIRECT,)
STARTTLS = (Mode.STARTTLS,)

_KNOT = "recorded from Knot DNS 3.2.6 of Debian 12"
_VSFTPD = "recorded from vsftpd 3.0.3 of Debian 12"
_SMB = "[MS-SMB2] 2.2.4 and 4.1"

_ask = Hears(counted(2, dns_question))
_quit = Hears(line("QUIT"))
_auth = Hears(line("AUTH TLS"))
_banner = Says(b"220 (vsFTPd 3.0.3)\r\n")
_negotiate = Hears(counted(4, smb_negotiate))


def _dns(service: str, mode: Mode) -> tuple[Exchange, ...]:
    return (
        Exchange(
            service=service,
            modes=(mode,),
            turns=(_ask, Says(bytes.fromhex("0011544f80050001000000000000 0000020001"))),
            source=_KNOT,
        ),
        declining(
            service,
            "SERVFAIL",
            _ask,
            Says(bytes.fromhex("0011544f80020001000000000000 0000020001")),
            modes=(mode,),
            source="RFC 1035, 4.1.1",
            shows=("declines to serve (SERVFAIL)",),
        ),
    )


def _ftp(service: str, mode: Mode) -> tuple[Exchange, ...]:
    return (
        Exchange(
            service=service,
            modes=(mode,),
            turns=(_banner, _quit),
            source=_VSFTPD,
            shows=('greeting "(vsFTPd 3.0.3)"',),
        ),
        declining(
            service,
            "full",
            Says(b"421 There are too many connected users, please try later.\r\n"),
            modes=(mode,),
            source="vsftpd 3.0.3, prelogin.c",
        ),
    )


def _smb2(status: int) -> Says:
    header = b"\xfeSMB" + bytes.fromhex("4000 0000") + status.to_bytes(4, "little")
    header += bytes.fromhex("0000 0100 01000000") + bytes(4 + 8 + 4 + 4 + 8 + 16)
    body = bytes.fromhex("4100 0100 1002 0000") + b"tocsin-test-guid" + bytes(40)
    return Says((len(header) + len(body)).to_bytes(4) + header + body)


OTHER = (
    *_dns("dns-tcp", Mode.PLAIN),
    *_dns("dns-tls", Mode.DIRECT),
    *_ftp("ftp", Mode.PLAIN),
    *_ftp("ftps", Mode.DIRECT),
    Exchange(
        service="ftp",
        label="a greeting of several lines",
        turns=(
            Says(b"220-Welcome.\r\n  Be nice.\r\n220 files.example.com ready\r\n"),
            _quit,
        ),
        source="RFC 959, 4.2",
        shows=('greeting "files.example.com ready"',),
    ),
    Exchange(
        service="ftp",
        modes=STARTTLS,
        turns=(_banner, _auth, Says(b"234 Proceed with negotiation.\r\n"), Secures(), _quit),
        source=_VSFTPD,
    ),
    declining(
        "ftp",
        "full, before TLS",
        Says(b"421 There are too many connected users, please try later.\r\n"),
        modes=STARTTLS,
        source="vsftpd 3.0.3, prelogin.c",
    ),
    declining(
        "ftp",
        "a server without TLS",
        _banner,
        _auth,
        Says(b"530 Please login with USER and PASS.\r\n"),
        modes=STARTTLS,
        source=_VSFTPD,
        reason=Reason.NO_STARTTLS,
    ),
    Exchange(
        service="nntp",
        turns=(Says(b"200 news.example.com InterNetNews server ready\r\n"), _quit),
        source="RFC 3977, 5.1",
        shows=('greeting "news.example.com InterNetNews server ready"',),
    ),
    declining(
        "nntp",
        "not now",
        Says(b"400 Service temporarily unavailable\r\n"),
        source="RFC 3977, 5.1.1",
    ),
    Exchange(
        service="rsync",
        turns=(Says(b"@RSYNCD: 32.0 sha512 sha256 sha1 md5 md4\n"),),
        source="recorded from the rsync 3.5.0 of Debian 12's backports",
        shows=("protocol 32.0",),
    ),
    declining(
        "rsync",
        "full",
        Says(b"@ERROR: max connections (10) reached -- try again later\n"),
        source="rsync 3.2, clientserver.c",
    ),
    Exchange(service="smb", turns=(_negotiate, _smb2(0)), source=_SMB),
    declining(
        "smb",
        "out of resources",
        _negotiate,
        _smb2(0xC000009A),
        source="[MS-SMB2] 3.3.5.4: STATUS_INSUFFICIENT_RESOURCES",
        shows=("declines to serve (insufficient resources)",),
    ),
)
