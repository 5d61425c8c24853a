"""SSH, RDP, VNC, Telnet."""

from tests.services.exchange import Exchange, Hears, Says, Secures, declining
from tests.services.framing import counted, exactly, line, rdp_request, ssh_disconnect
from tocsin.config.security import Mode
from tocsin.domain.outcome import Reason

_OPENSSH = "recorded from OpenSSH 9.2p1 of Debian 12, the lists of algorithms shortened"
_RDP = "[MS-RDPBCGR] 4.1.2 and 2.2.1.2.2"
_XRDP = "recorded from xrdp 0.9.21 of Debian 12"
_TIGERVNC = "recorded from Xtigervnc 1.12.0 of Debian 12"

_ours = Hears(line("SSH-2.0-Tocsin"))
_goodbye = Hears(counted(4, ssh_disconnect))
_banner = Says(b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10\r\n")


def _kexinit() -> Says:
    lists = b"".join(
        len(name).to_bytes(4) + name for name in (b"curve25519-sha256", b"ssh-ed25519")
    )
    payload = b"\x14" + bytes.fromhex("81275b58bcf30a228da2421585029804") + lists + bytes(8 * 4 + 5)
    padding = 8 - (len(payload) + 5) % 8 + 4
    body = bytes([padding]) + payload + bytes(padding)
    return Says(len(body).to_bytes(4) + body)


_connect = Hears(rdp_request)
_version = Hears(exactly(b"RFB 003.008\n"))

REMOTE = (
    Exchange(
        service="ssh",
        turns=(_banner, _ours, _kexinit(), _goodbye),
        source=_OPENSSH,
        shows=('software "OpenSSH_9.2p1 Debian-2+deb12u10"',),
    ),
    Exchange(
        service="ssh",
        label="lines before the version",
        turns=(
            Says(b"Authorized use only.\r\n\r\n"),
            Says(b"SSH-1.99-Cisco-1.25\n"),
            _ours,
            _kexinit(),
            _goodbye,
        ),
        source="RFC 4253, 4.2 and 5.1",
        shows=("software Cisco-1.25",),
    ),
    declining(
        "ssh", "too many strangers", Says(b"Exceeded MaxStartups\r\n"), source="OpenSSH 9.2, sshd.c"
    ),
    declining(
        "ssh",
        "the prober is shut out",
        Says(b"Not allowed at this time\r\n"),
        source="OpenSSH 9.8, sshd.c",
    ),
    declining(
        "ssh",
        "taking leave after the versions",
        _banner,
        _ours,
        Says(bytes.fromhex("0000001c 07 01 0000000b 00000007") + b"go away" + bytes(4 + 7)),
        source="RFC 4253, 11.1: SSH_MSG_DISCONNECT",
        shows=('declines to serve (reason "go away")',),
        open_ended=True,
    ),
    Exchange(
        service="rdp",
        turns=(_connect, Says(bytes.fromhex("030000130ed000001234000201080001000000"))),
        source=_XRDP,
    ),
    Exchange(
        service="rdp",
        label="a server without negotiation",
        turns=(_connect, Says(bytes.fromhex("0300000b06d00000123400"))),
        source="[MS-RDPBCGR] 2.2.1.2",
    ),
    Exchange(
        service="rdp",
        modes=(Mode.STARTTLS,),
        turns=(
            _connect,
            Says(bytes.fromhex("030000130ed000001234000209080002000000")),
            Secures(),
        ),
        source=_RDP,
    ),
    declining(
        "rdp",
        "only its own encryption",
        _connect,
        Says(bytes.fromhex("030000130ed000001234000300080002000000")),
        modes=(Mode.STARTTLS,),
        source="[MS-RDPBCGR] 2.2.1.2.2: SSL_NOT_ALLOWED_BY_SERVER",
        reason=Reason.NO_STARTTLS,
        shows=("does not turn to TLS (allows no TLS)",),
    ),
    declining(
        "rdp",
        "a host that has lost its certificate",
        _connect,
        Says(bytes.fromhex("030000130ed000001234000300080003000000")),
        modes=(Mode.STARTTLS,),
        source="[MS-RDPBCGR] 2.2.1.2.2: SSL_CERT_NOT_ON_SERVER",
        reason=Reason.NO_STARTTLS,
        shows=("does not turn to TLS (has no certificate)",),
    ),
    declining(
        "rdp",
        "a server without negotiation, before TLS",
        _connect,
        Says(bytes.fromhex("0300000b06d00000123400")),
        modes=(Mode.STARTTLS,),
        source="[MS-RDPBCGR] 2.2.1.2",
        reason=Reason.NO_STARTTLS,
        shows=("does not turn to TLS (offers no TLS)",),
    ),
    Exchange(
        service="vnc",
        turns=(Says(b"RFB 003.008\n"), _version, Says(b"\1\2")),
        source=_TIGERVNC,
        shows=("protocol 003.008",),
    ),
    Exchange(
        service="vnc",
        label="a server that blocks the prober",
        turns=(
            Says(b"RFB 003.003\n"),
            _version,
            Says(b"\0\0\0\0\0\0\0\x1aToo many security failures"),
        ),
        source=_TIGERVNC,
        shows=("Too many security failures",),
    ),
    Exchange(
        service="vnc",
        label="a server of macOS, whose version is its own",
        turns=(Says(b"RFB 003.889\n"), _version, Says(b"\4\x1e\x21\x24\x23")),
        source="the greeting of Screen Sharing, as public clients of it know it; RFC 6143, 7.1.2",
        shows=("protocol 003.889",),
    ),
    declining(
        "vnc",
        "no display",
        Says(b"RFB 003.008\n"),
        _version,
        Says(b"\0\0\0\0\x16No session is running."),
        source="RFC 6143, 7.1.2",
        shows=('declines to serve (reason "No session is running.")',),
        open_ended=True,
    ),
    Exchange(
        service="telnet",
        turns=(Says(bytes.fromhex("fffd18 fffd20 fffd23 fffd27")),),
        source="inetutils telnetd: DO terminal type, speed, location, environment; RFC 854",
    ),
)
