"""Mail: SMTP, IMAP, POP3, ManageSieve."""

from tests.services.exchange import Exchange, Hears, Says, Secures, Turn, declining
from tests.services.framing import line
from tocsin.config.security import Mode
from tocsin.domain.outcome import Reason

PLAIN = (Mode.PLAIN,)
DIRECT = (Mode.DIRECT,)
STARTTLS = (Mode.STARTTLS,)

_POSTFIX = "the replies of Postfix 3.7 of Debian 12; RFC 5321, 4.2"
_POSTSCREEN = "Postfix, POSTSCREEN_README: the pregreet teaser"
_HELO = "recorded from Postfix 3.7 with smtpd_delay_reject = no and a rule on names"
_TLS = "RFC 3207, 4"
_DOVECOT = "recorded from Dovecot 2.3.19 of Debian 12"
_SIEVE = "RFC 5804, 1.7, 1.8 and 2.2"

_ehlo = Hears(line("EHLO tocsin.invalid"))
_starttls = Hears(line("STARTTLS"))
_quit = Hears(line("QUIT"))
_banner = Says(b"220 mx.example.com ESMTP Postfix (Debian/GNU)\r\n")
_able = Says(b"250-mx.example.com\r\n250-SIZE 10240000\r\n250-STARTTLS\r\n250 CHUNKING\r\n")
_refusal = Says(b"554 5.7.1 <tocsin.invalid>: Helo command rejected: Access denied\r\n")


def _smtp(service: str, *, plain: bool, starttls: bool) -> tuple[Exchange, ...]:
    modes = PLAIN if plain else DIRECT
    shows = ('greeting "mx.example.com ESMTP Postfix (Debian/GNU)"',)
    exchanges = [
        Exchange(
            service=service,
            modes=modes,
            turns=(_banner, _ehlo, _able, _quit),
            source=_POSTFIX,
            shows=shows,
        ),
        declining(
            service,
            "too busy",
            Says(b"421 4.3.2 mx.example.com Error: too many connections\r\n"),
            modes=modes,
            source="Postfix 3.7, anvil and smtpd",
        ),
        declining(
            service,
            "no service here",
            Says(b"554 5.7.1 No SMTP service here\r\n"),
            modes=modes,
            source="RFC 5321, 3.1",
        ),
        Exchange(
            service=service,
            modes=modes,
            label="a server whose rules refuse our name",
            turns=(_banner, _ehlo, _refusal, _quit),
            source=_HELO,
            shows=('refusal "554 5.7.1 <tocsin.invalid>: Helo command rejected',),
        ),
        declining(
            service,
            "a server that refuses the prober after its name",
            _banner,
            _ehlo,
            Says(b"554 5.7.1 Client host rejected: Access denied\r\n"),
            modes=modes,
            source="Postfix 3.7, with smtpd_delay_reject = no and a rule on clients",
        ),
        declining(
            service,
            "going down after the greeting",
            _banner,
            _ehlo,
            Says(b"421 4.3.2 Service shutting down\r\n"),
            modes=modes,
            source="RFC 5321, 3.8",
        ),
    ]
    if starttls:
        until = (_banner, _ehlo, _able, _starttls)
        exchanges += [
            Exchange(
                service=service,
                modes=STARTTLS,
                turns=(*until, Says(b"220 2.0.0 Ready to start TLS\r\n"), Secures(), _quit),
                source=_TLS,
                shows=shows,
            ),
            Exchange(
                service=service,
                modes=STARTTLS,
                label="a server whose rules refuse our name, in two lines",
                turns=(
                    _banner,
                    _ehlo,
                    Says(b"550-HELO tocsin.invalid is not known here\r\n550 Sorry\r\n"),
                    _starttls,
                    Says(b"220 2.0.0 Ready to start TLS\r\n"),
                    Secures(),
                    _quit,
                ),
                source="Exim's documentation, 44: acl_smtp_helo; RFC 5321, 4.2.1",
            ),
            declining(
                service,
                "too busy, before TLS",
                Says(b"421 4.3.2 mx.example.com Error: too many connections\r\n"),
                modes=STARTTLS,
                source="Postfix 3.7, anvil and smtpd",
            ),
            declining(
                service,
                "going down before TLS",
                _banner,
                _ehlo,
                Says(b"421 4.3.2 Service shutting down\r\n"),
                modes=STARTTLS,
                source="RFC 5321, 3.8",
            ),
            declining(
                service,
                "TLS not available",
                *until,
                Says(b"454 4.7.0 TLS not available due to local problem\r\n"),
                modes=STARTTLS,
                source=_TLS,
                reason=Reason.NO_STARTTLS,
            ),
            declining(
                service,
                "a server that has never heard of TLS",
                *until,
                Says(b"502 5.5.1 Error: command not implemented\r\n"),
                modes=STARTTLS,
                source=_TLS,
                reason=Reason.NO_STARTTLS,
            ),
        ]
    return tuple(exchanges)


_hello = Says(
    b"* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ STARTTLS "
    b"AUTH=PLAIN] Dovecot (Debian) ready.\r\n"
)
_bye = Says(b"* BYE Too many connections from your IP\r\n")


def _imap(service: str, modes: tuple[Mode, ...]) -> tuple[Exchange, ...]:
    return (
        Exchange(
            service=service,
            modes=modes,
            turns=(_hello, Hears(line("a1 LOGOUT"))),
            source=_DOVECOT,
            shows=('greeting "Dovecot (Debian) ready."',),
        ),
        declining(service, "too busy", _bye, modes=modes, source="RFC 9051, 7.1.5"),
    )


def _pop3(service: str, modes: tuple[Mode, ...]) -> tuple[Exchange, ...]:
    return (
        Exchange(
            service=service,
            modes=modes,
            turns=(Says(b"+OK Dovecot (Debian) ready.\r\n"), _quit),
            source=_DOVECOT,
            shows=('greeting "Dovecot (Debian) ready."',),
        ),
        declining(
            service,
            "too busy",
            Says(b"-ERR [SYS/TEMP] Too many connections\r\n"),
            modes=modes,
            source="RFC 1939, 3 and RFC 3206, 4",
        ),
    )


def _turning(
    service: str, *turns: Turn, agrees: bytes, busy: bytes, refuses: bytes, source: str
) -> tuple[Exchange, ...]:
    """Give the two ends of a request for TLS."""
    *before, farewell = turns
    return (
        Exchange(
            service=service,
            modes=STARTTLS,
            turns=(*before, Says(agrees), Secures(), farewell),
            source=source,
        ),
        declining(service, "too busy, before TLS", Says(busy), modes=STARTTLS, source=source),
        declining(
            service,
            "TLS refused",
            *before,
            Says(refuses),
            modes=STARTTLS,
            source=source,
            reason=Reason.NO_STARTTLS,
        ),
    )


_abilities = Says(
    b'"IMPLEMENTATION" "Dovecot Pigeonhole"\r\n"SIEVE" "fileinto reject"\r\n"STARTTLS"\r\n'
    b'"VERSION" "1.0"\r\nOK "Dovecot ready."\r\n'
)

MAIL = (
    *_smtp("smtp", plain=True, starttls=True),
    *_smtp("submission", plain=True, starttls=True),
    *_smtp("smtps", plain=False, starttls=False),
    Exchange(
        service="smtp",
        label="a greeting of several lines, the first to catch those who cannot wait",
        turns=(
            Says(b"220-mx.example.com ESMTP Postfix\r\n"),
            Says(b"220-no bulk mail\r\n220 mx.example.com ESMTP Postfix\r\n"),
            _ehlo,
            Says(b"250 mx.example.com\r\n"),
            _quit,
        ),
        source=_POSTSCREEN,
        shows=('greeting "mx.example.com ESMTP Postfix"',),
    ),
    *_imap("imap", PLAIN),
    *_imap("imaps", DIRECT),
    *_turning(
        "imap",
        _hello,
        Hears(line("a1 STARTTLS")),
        Hears(line("a2 LOGOUT")),
        busy=b"* BYE Too many connections from your IP\r\n",
        agrees=b"a1 OK Begin TLS negotiation now.\r\n",
        refuses=b"a1 BAD TLS support isn't enabled.\r\n",
        source=_DOVECOT,
    ),
    *_pop3("pop3", PLAIN),
    *_pop3("pop3s", DIRECT),
    *_turning(
        "pop3",
        Says(b"+OK Dovecot (Debian) ready.\r\n"),
        Hears(line("STLS")),
        _quit,
        busy=b"-ERR [SYS/TEMP] Too many connections\r\n",
        agrees=b"+OK Begin TLS negotiation now.\r\n",
        refuses=b"-ERR Unknown command.\r\n",
        source=_DOVECOT,
    ),
    Exchange(
        service="managesieve",
        turns=(_abilities, Hears(line("LOGOUT"))),
        source=_SIEVE,
        shows=('software "Dovecot Pigeonhole"',),
    ),
    declining(
        "managesieve",
        "too busy",
        Says(b'BYE (TRYLATER) "Too many connections"\r\n'),
        source=_SIEVE,
    ),
    *_turning(
        "managesieve",
        _abilities,
        _starttls,
        Hears(line("LOGOUT")),
        busy=b'BYE (TRYLATER) "Too many connections"\r\n',
        agrees=b'OK "Begin TLS negotiation now."\r\n',
        refuses=b'NO "TLS support isn\'t enabled."\r\n',
        source=_SIEVE,
    ),
)
