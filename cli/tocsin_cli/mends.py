"""What is wrong with a target that was typed, in the words of the command line.

The file and the command have the same readers, and their mends name keys of the file: here they
become what one types.
"""

import re
from collections.abc import Callable
from types import MappingProxyType

from tocsin.config.fault import Fault

_KEY = re.compile(
    r"`(tls|mode|ca|name|minimum|self_signed|open|addresses|dnssec|validates): ([a-z0-9.]+)`"
)
_SAID = re.compile("`(dnssec): ([a-z]+)`")
_PHRASES = MappingProxyType(
    {
        " to `tls`": "",
        " that begins in the folder of monitors.yaml": " that begins in this folder",
        ", or its text from -----BEGIN CERTIFICATE----- on": "",
        ", or a script with the step starttls": "",
        " in place of `service` and `host`": "",
        "`dns: {…, resolver: address}`": "`?resolver=address`",
        "Add `name:`": "Add `?name=`",
        "remove `signature_days`": "remove the days",
    }
)
"""What the command line has no place for, and what stands there instead."""


def typed(fault: Fault) -> tuple[str, str]:
    """Give the message and the mend of a fault to whoever typed the target."""
    message, fix = fault.message.replace("`certificate_days`", "the days left"), fault.fix
    message = _SAID.sub(r"`\1=\2`", message)
    if fault.code in _OTHERWISE:
        return _OTHERWISE[fault.code](message, fix)
    for phrase, instead in _PHRASES.items():
        fix = fix.replace(phrase, instead)
    return message, _KEY.sub(_option, fix)


def _option(key: re.Match[str]) -> str:
    name = "tls" if key[1] == "mode" else key[1]
    return f"`?{name}={key[2]}`"


_OTHERWISE: MappingProxyType[str, Callable[[str, str], tuple[str, str]]] = MappingProxyType(
    {
        "bad_count": lambda message, _fix: (message, "Write a number, or bounds such as 1-4"),
        "bad_days": lambda message, _fix: (
            message,
            "Write more days to warn at, as in --certificate-days 30:7, or as `warn_days`",
        ),
        "two_modes": lambda _message, _fix: (
            "a port alone has no words that turn to TLS",
            "Write `?tls=direct`, or the name of the service in place of tcp, as in smtp://…",
        ),
        "secret_in_clear": lambda message, _fix: (
            message,
            "Remove it: a check by hand sends no login. A monitor may: `basic` or `bearer`",
        ),
    }
)
