"""Mosquitto, RabbitMQ and Prosody."""

from typing import Final

from tests.programs.declaration import Declaration, Offer, Place
from tests.programs.programs import HERE, found, free_port


def _mosquitto(place: Place) -> list[str]:
    secure = f"listener {place.ports['mqtts']} {HERE}\ncertfile {place.chain}\nkeyfile {place.key}"
    place.write(
        "mosquitto.conf",
        f"""
allow_anonymous true
persistence false
listener {place.ports["mqtt"]} {HERE}
{place.secured(secure)}
{place.lines}
""",
    )
    return [found("mosquitto", "mosquitto"), "-c", f"{place.folder}/mosquitto.conf"]


def _rabbitmq(place: Place) -> list[str]:
    # The scripts on the PATH want to be root or rabbitmq; these are what they run.
    server = found("rabbitmq-server", "rabbitmq-server", ["/usr/lib/rabbitmq/bin"])
    names, node = free_port(), free_port()
    place.write(
        "rabbitmq.conf",
        f"""
listeners.tcp.1 = {HERE}:{place.ports["amqp"]}
listeners.ssl.1 = {HERE}:{place.ports["amqps"]}
ssl_options.certfile = {place.chain}
ssl_options.keyfile = {place.key}
ssl_options.cacertfile = {place.authority}
ssl_options.verify = verify_none
log.console = true
log.file = false
{place.lines}
""",
    )
    # Erlang would start a daemon of its own for names, on all addresses, and leave it behind.
    script = f"""
export ERL_EPMD_ADDRESS={HERE} ERL_EPMD_PORT={names}
export RABBITMQ_DIST_PORT={node} RABBITMQ_NODENAME=n{node}@localhost
setpriv --pdeathsig KILL epmd &
exec {server}
"""
    return [found("sh", "dash"), "-c", script]


def _prosody(place: Place) -> list[str]:
    key = f'ssl = {{ key = "{place.key}"; certificate = "{place.chain}" }}'
    # It takes a file for its configuration by the end of the name.
    path = place.write(
        "prosody.cfg.lua",
        f"""
pidfile = "{place.folder}/pid"
data_path = "{place.folder}"
certificates = "{place.folder}"
interfaces = {{ "{HERE}" }}
c2s_ports = {{ {place.ports["xmpp"]} }}
c2s_direct_tls_ports = {{ {place.secured(str(place.ports["xmpps"]))} }}
c2s_direct_tls_ssl = {{ key = "{place.key}"; certificate = "{place.chain}" }}
c2s_require_encryption = false
modules_enabled = {{ "saslauth"{place.secured(', "tls"')} }}
modules_disabled = {{ "s2s"{"" if place.tls else ', "tls"'} }}
log = {{ warn = "*console" }}
{place.lines}
VirtualHost "{HERE}"
  {place.secured(key)}
""",
    )
    return [found("prosody", "prosody"), "-F", "--config", str(path)]


MOSQUITTO: Final = Declaration(
    name="mosquitto",
    command=_mosquitto,
    offers=(
        Offer(service="mqtt", mode="plain", says="speaks mqtt", port="mqtt"),
        Offer(service="mqtt", mode="direct", says="speaks mqtt", port="mqtts"),
        Offer(service="mqtts", mode="direct", says="speaks mqtts", port="mqtts"),
    ),
)
RABBITMQ: Final = Declaration(
    name="rabbitmq",
    command=_rabbitmq,
    environment={
        "HOME": "{folder}",
        "RABBITMQ_CONF_ENV_FILE": "{folder}/none",
        "RABBITMQ_CONFIG_FILE": "{folder}/rabbitmq.conf",
        "RABBITMQ_ENABLED_PLUGINS_FILE": "{folder}/plugins",
        "RABBITMQ_GENERATED_CONFIG_DIR": "{folder}/generated",
        "RABBITMQ_LOG_BASE": "{folder}",
        "RABBITMQ_MNESIA_BASE": "{folder}/mnesia",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {{127,0,0,1}}",
    },
    offers=(
        Offer(service="amqp", mode="plain", says="RabbitMQ", port="amqp"),
        Offer(service="amqps", mode="direct", says="RabbitMQ", port="amqps"),
    ),
)
PROSODY: Final = Declaration(
    name="prosody",
    command=_prosody,
    offers=(
        Offer(service="xmpp", mode="plain", says="domain 127.0.0.1", port="xmpp"),
        Offer(service="xmpp", mode="starttls", says="domain 127.0.0.1", port="xmpp"),
        Offer(service="xmpps", mode="direct", says="domain 127.0.0.1", port="xmpps"),
    ),
)
