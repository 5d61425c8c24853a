"""Rules on TLS: where it begins, what it is held to, and that there is any to hold."""

from collections.abc import Iterator

from tocsin.config.draft import Draft
from tocsin.config.fault import Place, listed, shown
from tocsin.config.finding import Finding
from tocsin.config.naming import DnsMonitor, ResolverMonitor
from tocsin.config.pages import HttpMonitor
from tocsin.config.ports import ServiceMonitor, TcpMonitor
from tocsin.config.scripts import where_tls_starts
from tocsin.config.security import Mode, Security, Trust

_SAY_SO = ("tls", "script", "expect", "dns", "resolver")
"""Keys that say whether there is TLS, and how it is."""


def mode_is_known(draft: Draft) -> Iterator[Finding]:
    """See that a service has a dialogue in the mode that is asked for."""
    model = draft.model
    if not isinstance(model, ServiceMonitor) or model.mode in model.entry.modes:
        return
    known = tuple(f"`tls: {mode}`" for mode in model.entry.modes)
    yield Finding(
        place=_mode_at(draft),
        code="no_such_mode",
        message=f"{model.service} is not known to speak in mode {model.mode}",
        fix=f"Write {listed(known)}, or another service: `tocsin services` lists them",
    )


def tls_begins_once(draft: Draft) -> Iterator[Finding]:
    """See that a script and the mode agree on where TLS begins."""
    model = draft.model
    if not isinstance(model, TcpMonitor) or not draft.sound("tls", "script"):
        return
    asked, turns = model.tls.mode, bool(where_tls_starts(model.script or ()))
    if asked is None or turns is (asked is Mode.STARTTLS):
        return
    if not turns:
        message, fix = "no step of a script turns to TLS", _with_starttls(model)
    else:
        message = f"the script turns to TLS, and the mode is {asked}"
        fix = "Remove the step starttls" if asked is Mode.DIRECT else "Remove the mode"
    yield Finding(place=_mode_at(draft), code="two_modes", message=message, fix=fix)


def trust_has_one_root(draft: Draft) -> Iterator[Finding]:
    """See that a certificate is not to be signed by itself and by an authority."""
    trust = _trust(draft)
    if trust is None or not trust.self_signed or trust.ca is None:
        return
    yield Finding(
        place=draft.at("tls", "self_signed"),
        code="two_roots",
        message="a certificate is signed by itself or by the authority of `ca`, not by both",
        fix="Remove one of the two",
    )


def rules_have_tls(draft: Draft) -> Iterator[Finding]:
    """See that rules for TLS stand where there is some."""
    trust = _trust(draft)
    if trust is None or _secured(draft) or not draft.sound(*_SAY_SO):
        return
    said = trust.says if isinstance(trust, Security) else trust.model_fields_set
    days = draft.document.holds(("monitors", draft.name, "expect", "certificate_days"))
    for path in ([("tls", min(said))] if said else []) + (
        [("expect", "certificate_days")] if days else []
    ):
        yield Finding(
            place=draft.document.key_at(("monitors", draft.name, *path)),
            code="no_tls",
            message=f"{shown(path[-1])} is about TLS, and there is none here",
            fix=_with_tls(draft),
        )


def nothing_but_open(draft: Draft) -> Iterator[Finding]:
    """See that nothing more is said of a port that has but to accept."""
    model = draft.model
    if not isinstance(model, ServiceMonitor) or not model.expect.open:
        return
    for path, said in (
        (("tls",), model.tls.model_fields_set),
        (("expect", "certificate_days"), model.expect.certificate_days),
    ):
        if said:
            yield Finding(
                place=draft.document.key_at(("monitors", draft.name, *path)),
                code="two_expectations",
                message=f"`open` looks at the port alone, {shown(path[-1])} behind it",
                fix=f"Remove {shown(path[-1])}, or `open`",
            )


def _trust(draft: Draft) -> Trust | None:
    match draft.model:
        case ServiceMonitor(tls=trust) | TcpMonitor(tls=trust):
            return trust
        case HttpMonitor(tls=trust) | DnsMonitor(tls=trust) | ResolverMonitor(tls=trust):
            return trust or Trust()
        case _:
            return None


def _secured(draft: Draft) -> bool:
    match draft.model:
        case ServiceMonitor() as model:
            return model.expect.open or model.mode is not Mode.PLAIN
        case TcpMonitor() as model:
            return model.mode is not Mode.PLAIN
        case (HttpMonitor() | DnsMonitor() | ResolverMonitor()) as model:
            return model.secured
        case _:
            return True


def _with_tls(draft: Draft) -> str:
    match draft.model:
        case HttpMonitor():
            return "Write the URL with https://, or remove it"
        case DnsMonitor() | ResolverMonitor():
            return "Write the resolver as tls://host or https://host/path, or remove it"
        case ServiceMonitor() as model:
            modes = tuple(mode for mode in model.entry.modes if mode is not Mode.PLAIN)
            key, verb = ("mode", "Add") if model.tls.says else ("tls", "Write")
            told = listed(tuple(f"`{key}: {mode}`" for mode in modes))
            where = " to `tls`" if model.tls.says else ""
            return f"{verb} {told}{where}" if modes else "Remove it"
        case _:
            return "Write `tls: direct`, or a script with the step starttls"


def _with_starttls(model: TcpMonitor) -> str:
    if model.script is not None:
        return "Add the step starttls to `script`"
    return "Write `tls: direct`, or watch it as the `service` that it is, or add a `script`"


def _mode_at(draft: Draft) -> Place:
    path = ("tls", "mode") if draft.document.holds(("monitors", draft.name, "tls", "mode")) else ()
    return draft.at(*(path or ("tls",)))
