"""LDAP, Active Directory's global catalog, Kerberos."""

from tests.services.exchange import Exchange, Hears, Says, Secures, declining
from tests.services.framing import counted, kerberos_request, ldap
from tocsin.config.security import Mode
from tocsin.domain.outcome import Reason

_SLAPD = "recorded from slapd 2.5.13 of Debian 12"
_AD = "RFC 4511, 4.5.2, with lengths in four bytes, as Active Directory writes them"
_KDC = "recorded from krb5kdc 1.20.1 of Debian 12"

_ASKED = (b"\x30\x1c\4\x0bdnsHostName", b"\4\x0dvendorVersion")
_SEARCH, _EXTENDED, _UNBIND = 0x63, 0x77, 0x42
_search = Hears(ldap(1, _SEARCH, b"objectClass", *_ASKED))
_search_again = Hears(ldap(2, _SEARCH, b"objectClass", *_ASKED))
_unbind = Hears(ldap(3, _UNBIND))
_start = Hears(ldap(1, _EXTENDED, b"1.3.6.1.4.1.1466.20037"))
_ask = Hears(counted(4, kerberos_request))


def _element(tag: int, content: bytes, *, wide: bool = False) -> bytes:
    length = b"\x84" + len(content).to_bytes(4) if wide else bytes([len(content)])
    return bytes([tag]) + length + content


def _entry(number: int) -> bytes:
    return bytes.fromhex(f"30 09 0201{number:02x} 64 04 0400 3000")


def _done(number: int, code: int) -> bytes:
    return bytes.fromhex(f"30 0c 0201{number:02x} 65 07 0a01{code:02x} 0400 0400")


def _controller(host: bytes) -> bytes:
    """Answer as a domain controller: its name, then success, all lengths in four bytes."""
    values = _element(0x31, _element(4, host, wide=True), wide=True)
    attribute = _element(0x30, _element(4, b"dnsHostName", wide=True) + values, wide=True)
    attributes = _element(0x30, attribute, wide=True)
    entry = _element(0x64, b"\4\0" + attributes, wide=True)
    done = _element(0x65, b"\x0a\1\0\4\0\4\0", wide=True)
    return b"".join(_element(0x30, b"\2\1\1" + part, wide=True) for part in (entry, done))


_ENDED = _element(
    0x30,
    b"\2\1\0" + _element(0x78, b"\x0a\1\x34\4\0\4\0" + _element(0x8A, b"1.3.6.1.4.1.1466.20036")),
)


def _ldap(service: str, mode: Mode) -> tuple[Exchange, ...]:
    modes = (mode,)
    return (
        Exchange(
            service=service,
            modes=modes,
            turns=(_search, Says(_entry(1) + _done(1, 0)), _unbind),
            source=_SLAPD,
        ),
        Exchange(
            service=service,
            modes=modes,
            label="Active Directory",
            turns=(_search, Says(_controller(b"dc0.example.com")), _unbind),
            source=_AD,
            shows=("server dc0.example.com",),
        ),
        Exchange(
            service=service,
            modes=modes,
            label="a server that lets no stranger search",
            turns=(_search, Says(_done(1, 48)), _unbind),
            source="RFC 4511, 4.1.9: inappropriateAuthentication",
        ),
        Exchange(
            service=service,
            modes=modes,
            label="a server that wants everybody to log in first",
            turns=(
                _search,
                Says(
                    bytes.fromhex("3023 020101 651e 0a0135 0400 0417") + b"authentication required"
                ),
                _unbind,
            ),
            source="recorded from slapd 2.5.13 of Debian 12, with `require authc`",
            shows=("authentication required",),
            open_ended=True,
        ),
        Exchange(
            service=service,
            modes=modes,
            label="a server that refers to another",
            turns=(
                _search,
                Says(
                    _element(
                        0x30,
                        b"\2\1\1"
                        + _element(
                            0x65,
                            b"\x0a\1\x0a\4\0\4\0"
                            + _element(0xA3, _element(4, b"ldap://ldap.example.com/")),
                        ),
                    )
                ),
                _unbind,
            ),
            source="RFC 4511, 4.1.10: referral",
        ),
        declining(
            service,
            "busy",
            _search,
            Says(_done(1, 51)),
            modes=modes,
            source="RFC 4511, 4.1.9: busy",
            shows=("declines to serve (busy)",),
        ),
        declining(
            service,
            "going down",
            _search,
            Says(_ENDED),
            modes=modes,
            source="RFC 4511, 4.4.1: notice of disconnection, unavailable",
            shows=("declines to serve (unavailable)",),
        ),
    )


def _krb_error(code: int) -> Says:
    body = bytes.fromhex("a0 03 020105 a1 03 02011e a4 11 180f") + b"20261122224556Z"
    body += bytes.fromhex(f"a5 05 02030880c5 a6 03 0201{code:02x} a9 10 1b0e") + b"TOCSIN.INVALID"
    body += bytes.fromhex("aa 23 3021 a003020102 a11a 3018 1b06") + b"krbtgt"
    body += b"\x1b\x0eTOCSIN.INVALID"
    message = b"\x7e" + bytes([len(body) + 2]) + b"\x30" + bytes([len(body)]) + body
    return Says(len(message).to_bytes(4) + message)


DIRECTORIES = (
    *_ldap("ldap", Mode.PLAIN),
    *_ldap("ldaps", Mode.DIRECT),
    *_ldap("global-catalog", Mode.PLAIN),
    *_ldap("global-catalog-ssl", Mode.DIRECT),
    Exchange(
        service="ldap",
        modes=(Mode.STARTTLS,),
        turns=(
            _start,
            Says(bytes.fromhex("30 0c 020101 78 07 0a0100 0400 0400")),
            Secures(),
            _search_again,
            Says(_entry(2) + _done(2, 0)),
            _unbind,
        ),
        source=_SLAPD,
    ),
    Exchange(
        service="ldap",
        modes=(Mode.STARTTLS,),
        label="Active Directory",
        turns=(
            _start,
            Says(
                _element(
                    0x30,
                    b"\2\1\1"
                    + _element(
                        0x78,
                        b"\x0a\1\0\4\0\4\0" + _element(0x8A, b"1.3.6.1.4.1.1466.20037"),
                        wide=True,
                    ),
                    wide=True,
                )
            ),
            Secures(),
            _search_again,
            Says(_entry(2) + _done(2, 0)),
            _unbind,
        ),
        source=_AD,
    ),
    declining(
        "ldap",
        "busy under TLS",
        _start,
        Says(bytes.fromhex("30 0c 020101 78 07 0a0100 0400 0400")),
        Secures(),
        _search_again,
        Says(_done(2, 51)),
        modes=(Mode.STARTTLS,),
        source="RFC 4511, 4.1.9: busy",
    ),
    declining(
        "ldap",
        "a server without TLS",
        _start,
        Says(
            _element(0x30, b"\2\1\1" + _element(0x78, b"\x0a\1\2\4\0\4\x15unsupported extension"))
        ),
        modes=(Mode.STARTTLS,),
        source="RFC 4511, 4.14.2: protocolError",
        reason=Reason.NO_STARTTLS,
        shows=("does not turn to TLS (offers no TLS)",),
    ),
    Exchange(
        service="kerberos",
        turns=(
            _ask,
            Says(
                bytes.fromhex("000000a1 7e819e 30819b a003020105 a10302011e a411 180f")
                + b"20261122224556Z"
                + bytes.fromhex("a505 02030880c5 a603 020106 a710 1b0e")
                + b"TOCSIN.INVALID"
                + bytes.fromhex("a813 3011 a003020101 a10a 3008 1b06")
                + b"tocsin\xa9\x10\x1b\x0eTOCSIN.INVALID"
                + bytes.fromhex("aa23 3021 a003020102 a11a 3018 1b06")
                + b"krbtgt\x1b\x0eTOCSIN.INVALID\xab\x12\x1b\x10CLIENT_NOT_FOUND"
            ),
        ),
        source=_KDC,
    ),
    Exchange(
        service="kerberos",
        label="a KDC of Active Directory",
        turns=(_ask, _krb_error(68)),
        source="RFC 4120, 5.9.1 and 7.5.9: KDC_ERR_WRONG_REALM",
    ),
    declining(
        "kerberos",
        "unavailable",
        _ask,
        _krb_error(29),
        source="RFC 4120, 7.5.9: KDC_ERR_SVC_UNAVAILABLE",
        shows=("declines to serve (service unavailable)",),
    ),
)
