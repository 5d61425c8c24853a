"""Brokers and chat."""

from tests.services.exchange import Exchange, Hears, Says, Secures, declining
from tests.services.framing import counted, exactly, kafka_versions, mqtt_connect
from tests.services.recorded.vpn import HOST
from tocsin.config.security import Mode
from tocsin.domain.outcome import Reason

PLAIN = (Mode.PLAIN,)
DIRECT = (Mode.DIRECT,)
EITHER = (Mode.PLAIN, Mode.DIRECT)
STARTTLS = (Mode.STARTTLS,)

_KAFKA = "Kafka protocol guide, ApiVersions Response (Version: 0)"
_RABBITMQ = "recorded from RabbitMQ 3.10.8 of Debian 12, the table shortened"
_MOSQUITTO = "recorded from mosquitto 2.0.11 of Debian 12; MQTT 3.1.1, 3.2.2.3"
_NATS = "NATS client protocol, INFO"
_PROSODY = "recorded from Prosody 0.12.3 of Debian 12"

_ask_versions = Hears(counted(4, kafka_versions))
_header = Hears(exactly(b"AMQP\0\0\x09\1"))
_connect = Hears(mqtt_connect)
_disconnect = Hears(exactly(b"\xe0\0"))
_bye = Hears(exactly(b"</stream:stream>"))


def _versions(error: int) -> Says:
    keys = bytes.fromhex("0000 0000 0009  0001 0000 000c  0012 0000 0003") if not error else b""
    body = b"TOCS" + error.to_bytes(2) + (len(keys) // 6).to_bytes(4) + keys
    return Says(len(body).to_bytes(4) + body)


def _start(product: bytes, version: bytes) -> Says:
    def text(name: bytes, value: bytes) -> bytes:
        return bytes([len(name)]) + name + b"S" + len(value).to_bytes(4) + value

    table = text(b"platform", b"Erlang/OTP 25.2.3")
    table += text(b"product", product) + text(b"version", version)
    body = bytes.fromhex("000a000a 00 09") + len(table).to_bytes(4) + table
    body += b"\0\0\0\x0eAMQPLAIN PLAIN\0\0\0\5en_US"
    return Says(b"\1\0\0" + len(body).to_bytes(4) + body + b"\xce")


def _amqp(service: str, modes: tuple[Mode, ...]) -> tuple[Exchange, ...]:
    return (
        Exchange(
            service=service,
            modes=modes,
            turns=(_header, _start(b"RabbitMQ", b"3.10.8")),
            source=_RABBITMQ,
            shows=("product RabbitMQ", "version 3.10.8"),
        ),
        Exchange(
            service=service,
            modes=modes,
            label="a broker of AMQP 1.0",
            turns=(_header, Says(b"AMQP\3\1\0\0")),
            source="OASIS AMQP 1.0, 2.2: the header of the version that is supported",
        ),
    )


def _mqtt(service: str, modes: tuple[Mode, ...]) -> tuple[Exchange, ...]:
    return (
        Exchange(
            service=service,
            modes=modes,
            turns=(_connect, Says(bytes.fromhex("20020000")), _disconnect),
            source=_MOSQUITTO,
        ),
        Exchange(
            service=service,
            modes=modes,
            label="a broker that lets no stranger in",
            turns=(_connect, Says(bytes.fromhex("20020005")), _disconnect),
            source=_MOSQUITTO,
        ),
        Exchange(
            service=service,
            modes=modes,
            label="a broker of MQTT 5 only",
            turns=(_connect, Says(bytes.fromhex("2003008400")), _disconnect),
            source="MQTT 5.0, 3.1.2.2: unsupported protocol version",
        ),
        declining(
            service,
            "unavailable",
            _connect,
            Says(bytes.fromhex("20020003")),
            modes=modes,
            source="MQTT 3.1.1, 3.2.2.3: server unavailable",
            shows=("declines to serve (server unavailable)",),
        ),
        declining(
            service,
            "busy, in the form of MQTT 5",
            _connect,
            Says(bytes.fromhex("2003008900")),
            modes=modes,
            source="MQTT 5.0, 3.2.2.2: server busy",
            shows=("declines to serve (busy)",),
        ),
    )


def _opens(kind: str) -> Hears:
    return Hears(
        exactly(
            f"<?xml version='1.0'?><stream:stream to='{HOST}' version='1.0' xml:lang='en' "
            f"xmlns='jabber:{kind}' xmlns:stream='http://etherx.jabber.org/streams'>".encode()
        )
    )


def _stream(kind: str, content: str) -> Says:
    return Says(
        "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' "
        f"id='818d9dab' xml:lang='en' version='1.0' xmlns='jabber:{kind}' from='{HOST}'>"
        f"{content}".encode()
    )


_FEATURES = (
    "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
    "</stream:features>"
)
_NS = "xmlns='urn:ietf:params:xml:ns:xmpp-streams'"
_UNKNOWN = f"<stream:error><host-unknown {_NS}/></stream:error></stream:stream>"
_SHUTDOWN = f"<stream:error><system-shutdown {_NS}/></stream:error></stream:stream>"
_ELSEWHERE = (
    f"<stream:error><see-other-host {_NS}>xmpp2.example.com</see-other-host></stream:error>"
    "</stream:stream>"
)
_turn = Hears(exactly(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"))


def _xmpp(service: str, modes: tuple[Mode, ...], kind: str = "client") -> tuple[Exchange, ...]:
    opens = _opens(kind)
    return (
        Exchange(
            service=service,
            modes=modes,
            turns=(opens, _stream(kind, _FEATURES), _bye),
            source=_PROSODY,
            shows=(f"domain {HOST}",),
        ),
        Exchange(
            service=service,
            modes=modes,
            label="a server that does not serve this domain",
            turns=(opens, _stream(kind, _UNKNOWN), _bye),
            source=_PROSODY,
        ),
        declining(
            service,
            "going down",
            opens,
            _stream(kind, _SHUTDOWN),
            modes=modes,
            source="RFC 6120, 4.9.3.20",
            shows=("declines to serve (error system-shutdown)",),
        ),
    )


MESSAGING = (
    Exchange(service="kafka", modes=EITHER, turns=(_ask_versions, _versions(0)), source=_KAFKA),
    Exchange(
        service="kafka",
        label="a broker that wants another version of the question",
        turns=(_ask_versions, _versions(35)),
        source="Kafka protocol guide, error codes: UNSUPPORTED_VERSION",
    ),
    declining(
        "kafka",
        "an unknown error",
        _ask_versions,
        _versions(0xFFFF),
        source="Kafka protocol guide, error codes: UNKNOWN_SERVER_ERROR",
        shows=("declines to serve (unknown server error)",),
    ),
    *_amqp("amqp", EITHER),
    *_amqp("amqps", DIRECT),
    *_mqtt("mqtt", EITHER),
    *_mqtt("mqtts", DIRECT),
    Exchange(
        service="nats",
        modes=EITHER,
        turns=(Says(b'INFO {"server_id":"NAB","version":"2.10.7","max_payload":1048576} \r\n'),),
        source=_NATS,
        shows=("version 2.10.7",),
    ),
    declining(
        "nats",
        "full",
        Says(b"-ERR 'maximum connections exceeded'\r\n"),
        source=_NATS,
    ),
    Exchange(
        service="nats",
        modes=STARTTLS,
        turns=(
            Says(b'INFO {"server_id":"NAB","version":"2.10.7","tls_required":true} \r\n'),
            Secures(),
        ),
        source=_NATS,
        shows=("version 2.10.7",),
    ),
    declining(
        "nats",
        "a server without TLS",
        Says(b'INFO {"server_id":"NAB","version":"2.10.7"} \r\n'),
        modes=STARTTLS,
        source=_NATS,
        reason=Reason.NO_STARTTLS,
    ),
    *_xmpp("xmpp", PLAIN),
    *_xmpp("xmpps", DIRECT),
    *_xmpp("xmpp-server", PLAIN, "server"),
    Exchange(
        service="xmpp",
        label="a server that sends its clients elsewhere",
        turns=(_opens("client"), _stream("client", _ELSEWHERE), _bye),
        source="RFC 6120, 4.9.3.19",
    ),
    Exchange(
        service="xmpp-server",
        modes=STARTTLS,
        turns=(
            _opens("server"),
            _stream("server", _FEATURES),
            _turn,
            Says(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
            Secures(),
        ),
        source=_PROSODY,
    ),
    Exchange(
        service="xmpp",
        modes=STARTTLS,
        turns=(
            _opens("client"),
            _stream("client", _FEATURES),
            _turn,
            Says(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
            Secures(),
            _opens("client"),
            _stream("client", "<stream:features><mechanisms/></stream:features>"),
            _bye,
        ),
        source=_PROSODY,
    ),
    declining(
        "xmpp",
        "going down before TLS",
        _opens("client"),
        _stream("client", _SHUTDOWN),
        modes=STARTTLS,
        source="RFC 6120, 4.9.3.20",
        shows=("declines to serve (error system-shutdown)",),
    ),
    declining(
        "xmpp",
        "going down under TLS",
        _opens("client"),
        _stream("client", _FEATURES),
        _turn,
        Says(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
        Secures(),
        _opens("client"),
        _stream("client", _SHUTDOWN),
        modes=STARTTLS,
        source="RFC 6120, 4.9.3.20",
        shows=("declines to serve (error system-shutdown)",),
    ),
    declining(
        "xmpp",
        "TLS refused",
        _opens("client"),
        _stream("client", _FEATURES),
        _turn,
        Says(b"<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>"),
        modes=STARTTLS,
        source="RFC 6120, 5.4.2.2",
        reason=Reason.NO_STARTTLS,
    ),
)
