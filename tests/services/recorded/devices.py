"""What network devices listen on."""

from tests.services.exchange import Exchange, Hears, Says, declining
from tests.services.framing import ber, snmp_get

_SNMPD = "recorded from snmpd 5.9.3 of Debian 12, the text shortened"

_get = Hears(ber(snmp_get))


def _response(status: int, value: bytes) -> Says:
    pair = bytes.fromhex("06082b06010201010100") + value
    second = bytes.fromhex("06082b06010201010300 4303008bf3")
    pairs = b"\x30" + bytes([len(pair)]) + pair + b"\x30" + bytes([len(second)]) + second
    body = b"\2\4TOCS\2\1" + bytes([status]) + b"\2\1\0\x30" + bytes([len(pairs)]) + pairs
    message = b"\2\1\1\4\6public\xa2" + bytes([len(body)]) + body
    return Says(b"\x30" + bytes([len(message)]) + message)


DEVICES = (
    Exchange(
        service="snmp",
        turns=(_get, _response(0, b"\x04\x13Linux gw 6.1.0 x86_")),
        source=_SNMPD,
        shows=('system "Linux gw 6.1.0 x86_"',),
    ),
    Exchange(
        service="snmp",
        label="an agent that has no description",
        turns=(_get, _response(0, b"\x80\x00")),
        source="RFC 3416, 4.2.1: noSuchObject",
    ),
    declining(
        "snmp",
        "an error of its own",
        _get,
        _response(5, b"\x05\x00"),
        source="RFC 3416, 4.2.1: genErr",
        shows=("declines to serve (general error)",),
    ),
    Exchange(service="snmp-trap", turns=(), source="RFC 3416, 4.2.6: a trap is not answered"),
    Exchange(service="winbox", turns=(), source="no document; MikroTik publishes none"),
)
