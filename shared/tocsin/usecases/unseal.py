"""Put secrets into a monitor just before it is checked, and take them out of what came of it.

The file, the tables, the logs and the alerts hold `${ssm:/path}` only.
"""

import re
from dataclasses import dataclass, replace

from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Outcome
from tocsin.domain.target import HttpTarget
from tocsin.usecases.ports import SecretError, Secrets

_SEALED = re.compile(r"\$\{ssm:([^}]+)\}")
_CONCEALED = "[secret]"
_CUT = "…"
_TELLING = 4
"""Characters at the beginning of a secret that say something of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsealed:
    """A monitor ready to be checked, and the secrets that its outcome must not show."""

    monitor: Monitor
    secrets: tuple[str, ...] = ()

    def redact(self, outcome: Outcome) -> Outcome:
        """Blot out every secret that a target echoed, also where its end was cut off."""
        evidence = outcome.evidence
        for secret in self.secrets:
            evidence = evidence.replace(secret, _CONCEALED)
            for length in range(len(secret) - 1, _TELLING - 1, -1):
                evidence = evidence.replace(secret[:length] + _CUT, _CONCEALED + _CUT)
        return replace(outcome, evidence=evidence)


def unseal(monitor: Monitor, secrets: Secrets) -> Unsealed:
    """Replace `${ssm:…}` in what is sent to the target.

    SecretError where one cannot be read, or is no text that a header or URL can hold.
    """
    target = monitor.target
    if not isinstance(target, HttpTarget):
        return Unsealed(monitor=monitor)
    sealed = "\n".join((target.url, target.body or "", *(text for _, text in target.headers)))
    revealed = {name: _sound(name, secrets.reveal(name)) for name in _SEALED.findall(sealed)}
    if not revealed:
        return Unsealed(monitor=monitor)

    def open_(text: str) -> str:
        return _SEALED.sub(lambda match: revealed[match[1]], text)

    opened = replace(
        target,
        url=open_(target.url),
        body=None if target.body is None else open_(target.body),
        headers=tuple((name, open_(text)) for name, text in target.headers),
    )
    longest_first = sorted(revealed.values(), key=len, reverse=True)
    return Unsealed(monitor=replace(monitor, target=opened), secrets=tuple(longest_first))


def _sound(name: str, secret: str) -> str:
    """See that a secret can be sent; a line end after it is the commonest slip of all."""
    if not secret.isascii() or not secret.isprintable() or secret != secret.strip():
        raise SecretError(
            f"parameter {name} has a line end, a space around it, or characters that are not ASCII:"
            " store it again without"
        )
    return secret
