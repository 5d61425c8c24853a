"""Postfix and Dovecot."""

import os
import pwd
from typing import Final

from tests.programs.declaration import Declaration, Offer, Place
from tests.programs.programs import HERE, found

_QUEUES: Final = ("active", "incoming", "maildrop", "pid", "private", "public")
_ROOTS: Final = frozenset({"queue", "queue/pid"})


def _postfix(place: Place) -> list[str]:
    master = found("master", "postfix", ["/usr/lib/postfix/sbin"])
    owner = pwd.getpwnam("postfix").pw_uid
    for name in ("data", "queue", *(f"queue/{queue}" for queue in _QUEUES)):
        path = place.make(name)
        if name not in _ROOTS:
            os.chown(path, owner, 0)
    (place.folder / "queue").chmod(0o755)
    place.write("main.cf", _postfix_main(place))
    place.write("master.cf", _postfix_master(place))
    # As it is for a debugger: in the foreground, in the session that it was started in.
    return [master, "-d", "-c", str(place.folder)]


def _postfix_main(place: Place) -> str:
    return f"""
compatibility_level = 3.6
queue_directory = {place.folder}/queue
data_directory = {place.folder}/data
maillog_file = {place.folder}/queue/log
maillog_file_prefixes = {place.folder}
myhostname = mail.example.test
mydestination =
inet_interfaces = {HERE}
inet_protocols = ipv4
alias_maps =
alias_database =
smtpd_relay_restrictions = reject
smtpd_recipient_restrictions = reject
smtpd_tls_security_level = {"may" if place.tls else "none"}
{place.secured(f"smtpd_tls_cert_file = {place.chain}")}
{place.secured(f"smtpd_tls_key_file = {place.key}")}
{place.lines}
"""


def _postfix_master(place: Place) -> str:
    smtp, submission, smtps = (place.ports[name] for name in ("smtp", "submission", "smtps"))
    return f"""
{smtp} inet n - n - - smtpd
{submission} inet n - n - - smtpd{place.secured(" -o smtpd_tls_security_level=encrypt")}
{place.secured(f"{smtps} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes")}
tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""


def _dovecot(place: Place) -> list[str]:
    place.write("dovecot.conf", _dovecot_conf(place))
    return [found("dovecot", "dovecot-core"), "-F", "-c", f"{place.folder}/dovecot.conf"]


def _dovecot_conf(place: Place) -> str:
    ports = dict(place.ports) if place.tls else {**place.ports, "imaps": 0, "pop3s": 0}
    return f"""
base_dir = {place.folder}/run
state_dir = {place.folder}
log_path = /dev/stderr
listen = {HERE}
protocols = imap pop3
default_internal_user = {place.user}
default_internal_group = {place.group}
default_login_user = {place.user}
ssl = {"yes" if place.tls else "no"}
{place.secured(f"ssl_cert = <{place.chain}")}
{place.secured(f"ssl_key = <{place.key}")}
passdb {{
  driver = static
  args = nopassword=y
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {ports["imap"]}
  }}
  inet_listener imaps {{
    port = {ports["imaps"]}
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {ports["pop3"]}
  }}
  inet_listener pop3s {{
    port = {ports["pop3s"]}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
{place.lines}
"""


POSTFIX: Final = Declaration(
    name="postfix",
    command=_postfix,
    as_root=True,
    offers=(
        Offer(service="smtp", mode="plain", says="ESMTP Postfix", port="smtp"),
        Offer(service="smtp", mode="starttls", says="ESMTP Postfix", port="smtp"),
        Offer(service="submission", mode="starttls", says="ESMTP Postfix", port="submission"),
        Offer(service="smtps", mode="direct", says="ESMTP Postfix", port="smtps"),
    ),
)
DOVECOT: Final = Declaration(
    name="dovecot",
    command=_dovecot,
    offers=(
        Offer(service="imap", mode="plain", says="Dovecot", port="imap"),
        Offer(service="imap", mode="starttls", says="Dovecot", port="imap"),
        Offer(service="imaps", mode="direct", says="Dovecot", port="imaps"),
        Offer(service="pop3", mode="plain", says="Dovecot", port="pop3"),
        Offer(service="pop3", mode="starttls", says="Dovecot", port="pop3"),
        Offer(service="pop3s", mode="direct", says="Dovecot", port="pop3s"),
    ),
)
