"""OpenSSH, xrdp, TigerVNC and vsftpd: what people log in to."""

from typing import Final

from tests.programs.declaration import Declaration, Offer, Place
from tests.programs.programs import HERE, found


def _openssh(place: Place) -> list[str]:
    keygen = found("ssh-keygen", "openssh-client")
    place.prepare(keygen, "-q", "-t", "ed25519", "-N", "", "-f", f"{place.folder}/host_key")
    place.write(
        "sshd_config",
        f"""
ListenAddress {HERE}
Port {place.ports["plain"]}
HostKey {place.folder}/host_key
PidFile none
UsePAM no
{place.lines}
""",
    )
    sshd = found("sshd", "openssh-server")
    return [sshd, "-D", "-e", "-f", f"{place.folder}/sshd_config"]


def _xrdp(place: Place) -> list[str]:
    path = place.write(
        "xrdp.ini",
        f"""
[Globals]
ini_version=1
fork=true
port=tcp://{HERE}:{place.ports["plain"]}
security_layer=negotiate
crypt_level=high
certificate={place.chain}
key_file={place.key}
ssl_protocols=TLSv1.2, TLSv1.3
max_bpp=32
{place.lines}
[Logging]
LogFile={place.folder}/xrdp.log
LogLevel=INFO
EnableSyslog=false
[Channels]
[Xorg]
name=Xorg
lib=libxup.so
username=ask
password=ask
ip={HERE}
port=-1
code=20
""",
    )
    return [found("xrdp", "xrdp"), "--nodaemon", "--config", str(path)]


def _vnc(place: Place) -> list[str]:
    server = found("Xtigervnc", "tigervnc-standalone-server")
    port = str(place.ports["plain"])
    # A display has a number; the port's is as free as the port.
    quiet = ["-nolisten", "unix", "-nolisten", "tcp", "-SecurityTypes", "None"]
    return [server, f":{port}", "-rfbport", port, "-localhost", *quiet, *place.more]


def _vsftpd(place: Place) -> list[str]:
    tls = f"""
ssl_enable=YES
allow_anon_ssl=YES
rsa_cert_file={place.chain}
rsa_private_key_file={place.key}"""
    path = place.write(
        "vsftpd.conf",
        f"""
listen=YES
background=NO
listen_address={HERE}
listen_port={place.ports["plain"]}
run_as_launching_user=YES
anonymous_enable=YES
local_enable=NO
xferlog_enable=NO
seccomp_sandbox=NO
isolate=NO
isolate_network=NO
secure_chroot_dir={place.make("empty")}
{place.secured(tls).strip()}
{place.lines}
""".strip(),
    )
    return [found("vsftpd", "vsftpd"), str(path)]


OPENSSH: Final = Declaration(
    name="openssh",
    command=_openssh,
    offers=(Offer(service="ssh", mode="plain", says="OpenSSH_"),),
)
XRDP: Final = Declaration(
    name="xrdp",
    command=_xrdp,
    offers=(
        Offer(service="rdp", mode="plain", says="speaks rdp"),
        Offer(service="rdp", mode="starttls", says="speaks rdp"),
    ),
)
VNC: Final = Declaration(
    name="tigervnc",
    command=_vnc,
    environment={"HOME": "{folder}"},
    offers=(Offer(service="vnc", mode="plain", says="protocol 003.008"),),
)
VSFTPD: Final = Declaration(
    name="vsftpd",
    command=_vsftpd,
    offers=(
        Offer(service="ftp", mode="plain", says="vsFTPd"),
        Offer(service="ftp", mode="starttls", says="vsFTPd"),
    ),
)
