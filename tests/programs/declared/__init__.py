"""The programs, by what people use them for."""

from typing import Final

from tests.programs.declaration import Declaration
from tests.programs.declared import (
    access,
    databases,
    directories,
    mail,
    messaging,
    network,
    vpn,
)

PROGRAMS: Final[tuple[Declaration, ...]] = (
    databases.POSTGRESQL,
    databases.MARIADB,
    databases.REDIS,
    databases.MEMCACHED,
    mail.POSTFIX,
    mail.DOVECOT,
    directories.SLAPD,
    directories.KDC,
    vpn.OPENVPN,
    vpn.OCSERV,
    messaging.MOSQUITTO,
    messaging.RABBITMQ,
    messaging.PROSODY,
    access.OPENSSH,
    access.XRDP,
    access.VNC,
    access.VSFTPD,
    network.KNOT,
    network.SNMPD,
)
