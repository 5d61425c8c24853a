"""OpenLDAP's server, and MIT's Kerberos."""

from typing import Final

from tests.programs.declaration import Declaration, Offer, Place
from tests.programs.programs import HERE, found

_REALM: Final = "EXAMPLE.TEST"


def _slapd(place: Place) -> list[str]:
    # No database: the root entry is the server's own.
    place.write(
        "slapd.conf",
        f"""
pidfile {place.folder}/pid
argsfile {place.folder}/args
{place.secured(f"TLSCertificateFile {place.chain}")}
{place.secured(f"TLSCertificateKeyFile {place.key}")}
{place.lines}
""",
    )
    urls = f"ldap://{HERE}:{place.ports['ldap']}"
    urls += place.secured(f" ldaps://{HERE}:{place.ports['ldaps']}")
    # With a level of debugging, be it none, it stays in the foreground.
    return [found("slapd", "slapd"), "-d", "0", "-h", urls, "-f", f"{place.folder}/slapd.conf"]


def _kdc(place: Place) -> list[str]:
    kdc = found("krb5kdc", "krb5-kdc")
    place.write("krb5.conf", f"[libdefaults]\n default_realm = {_REALM}\n dns_lookup_kdc = false\n")
    place.write(
        "kdc.conf",
        f"""
[kdcdefaults]
  kdc_listen = ""
  kdc_tcp_listen = {HERE}:{place.ports["plain"]}
[realms]
  {_REALM} = {{
    database_name = {place.folder}/principal
    key_stash_file = {place.folder}/stash
    acl_file = {place.folder}/acl
  }}
[logging]
  kdc = STDERR
""",
    )
    make = found("kdb5_util", "krb5-kdc")
    place.prepare(make, "create", "-s", "-P", "open", "-r", _REALM)
    return [kdc, "-n"]


SLAPD: Final = Declaration(
    name="slapd",
    command=_slapd,
    offers=(
        Offer(service="ldap", mode="plain", says="speaks ldap", port="ldap"),
        Offer(service="ldap", mode="starttls", says="speaks ldap", port="ldap"),
        Offer(service="ldaps", mode="direct", says="speaks ldaps", port="ldaps"),
    ),
)
KDC: Final = Declaration(
    name="krb5-kdc",
    command=_kdc,
    environment={
        "KRB5_CONFIG": "{folder}/krb5.conf",
        "KRB5_KDC_PROFILE": "{folder}/kdc.conf",
    },
    offers=(Offer(service="kerberos", mode="plain", says="speaks kerberos"),),
)
