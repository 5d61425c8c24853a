"""Put secrets into a monitor just before it is checked, and take them out of what came of it.

The file, the tables, the logs and the alerts hold `${ssm:/path}` only.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import quote

from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Outcome, Reason, printable
from tocsin.domain.target import HttpTarget
from tocsin.usecases.ports import SecretError, Secrets

_SEALED = re.compile(r"\$\{ssm:([^}]+)\}")
_REFUSED = re.compile(r"status 40[13]\b")
_CONCEALED = "[secret]"
_CUT = "…"
_TELLING = 4
"""Characters at the beginning of a secret that say something of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsealed:
    """A monitor ready to be checked, and the secrets that its outcome must not show.

    `names` are those of its parameters.
    """

    monitor: Monitor
    secrets: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def redact(self, outcome: Outcome) -> Outcome:
        """Blot out every secret that a target echoed, also where its end was cut off."""
        evidence = outcome.evidence
        for secret in self.secrets:
            evidence = evidence.replace(secret, _CONCEALED)
            # Only as much of it as there can be: some secrets are as long as a certificate.
            for length in range(min(len(secret), len(evidence)) - 1, _TELLING - 1, -1):
                evidence = evidence.replace(secret[:length] + _CUT, _CONCEALED + _CUT)
        return replace(outcome, evidence=printable(evidence))


def refused(outcome: Outcome) -> bool:
    """Tell whether a target has answered that it does not know who asks: with 401 or 403."""
    status = _REFUSED.match(outcome.evidence)
    return outcome.reason is Reason.STATUS_NOT_EXPECTED and status is not None


def unseal(monitor: Monitor, secrets: Secrets) -> Unsealed:
    """Replace `${ssm:…}` in what is sent to the target.

    SecretError where one cannot be read, or is no text that a header or URL can hold.
    """
    target = monitor.target
    if not isinstance(target, HttpTarget):
        return Unsealed(monitor=monitor)
    plain = (target.url, target.body or "", *(text for _, text in target.headers))
    revealed = {name: _sound(name, secrets.reveal(name)) for name in _named(plain)}
    for name in _named([target.url]):
        _hold_in_url(name, revealed[name])
    for name in _named(target.basic or ()):
        # A user and password are sent as UTF-8 in base64, which can hold more than a header can.
        revealed.setdefault(name, _one_line(name, secrets.reveal(name)))
    if not revealed and target.basic is None:
        return Unsealed(monitor=monitor)

    def open_(text: str) -> str:
        return _SEALED.sub(lambda match: revealed[match[1]], text)

    basic = None if target.basic is None else (open_(target.basic[0]), open_(target.basic[1]))
    opened = replace(
        target,
        url=open_(target.url),
        body=None if target.body is None else open_(target.body),
        headers=tuple((name, open_(text)) for name, text in target.headers),
        basic=basic,
    )
    hidden = {form for secret in revealed.values() for form in _forms(secret)}
    if basic is not None:
        hidden |= {*_forms(basic[1]), b64encode(":".join(basic).encode()).decode()}
    longest_first = sorted(filter(None, hidden), key=lambda form: (-len(form), form))
    return Unsealed(
        monitor=replace(monitor, target=opened),
        secrets=tuple(longest_first),
        names=tuple(revealed),
    )


def _named(texts: Iterable[str]) -> list[str]:
    return _SEALED.findall("\n".join(texts))


def _forms(secret: str) -> Iterator[str]:
    """Give a secret as it is, and as it looks in an echo: in a URL, in JSON, among raw bytes."""
    yield secret
    yield quote(secret)
    yield quote(secret, safe="")
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield secret.encode().hex(" ")


def _sound(name: str, secret: str) -> str:
    """See that a secret can be sent; a line end after it is the commonest slip of all."""
    if not secret.isascii():
        raise _unsound(name, "characters that are not ASCII")
    return _one_line(name, secret)


def _hold_in_url(name: str, secret: str) -> None:
    if re.search(r"[ #]", secret):
        raise _unsound(name, "a space or a #, which would end the URL there")


def _one_line(name: str, secret: str) -> str:
    if not secret.isprintable() or secret != secret.strip():
        raise _unsound(name, "a line end, a control character or a space around it")
    return secret


def _unsound(name: str, flaw: str) -> SecretError:
    return SecretError(f"parameter {name} has {flaw}: store it again without")
