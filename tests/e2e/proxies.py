"""The microbursts between the functions and AWS: faults are given to them, and they tell of each.

A fault is a rule of microburst: what it matches, what it does, and how often or how long.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any, Final

HOST: Final = "127.0.0.1"
PATIENCE_S: Final = 10.0
READY_WITHIN_S: Final = 30.0
POLL_S: Final = 0.2
MOST: Final = 2000
"""Fired faults that a proxy remembers."""

type Rule = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Injected:
    """A fault that is in force at the proxy of a region, and how to end it."""

    region: str
    number: int
    rule: Rule


class Proxies:
    """All proxies of a stack; `ports` has each region's."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        self.ports = dict(ports)

    def ready(self) -> None:
        """Wait until all of them answer; TimeoutError where they do not."""
        deadline = time.monotonic() + READY_WITHIN_S
        for region in self.ports:
            while not self._answers(region):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"the proxy of {region} does not answer")
                time.sleep(POLL_S)

    def inject(self, region: str, rule: Rule) -> Injected:
        """Put a fault in force, behind those that are."""
        (made,) = self._ask(region, "PATCH", "rules", [rule])
        return Injected(region=region, number=made["id"], rule=rule)

    def end(self, injected: Injected) -> None:
        """End a fault; what it holds up is not let go."""
        kept = ("service", "operation", "body")
        mark = {name: value for name, value in injected.rule.items() if name in kept}
        self._ask(injected.region, "DELETE", "rules", [mark])

    def fired(self, injected: Injected) -> list[float]:
        """Tell when a fault was met, by the clock."""
        fired = self._ask(
            injected.region, "GET", f"fired?limit={MOST}&rule_id={injected.number}", None
        )
        return [each["ts"] for each in fired]

    def _answers(self, region: str) -> bool:
        try:
            return bool(self._ask(region, "GET", "health", None))
        except OSError:
            return False

    def _ask(self, region: str, method: str, path: str, what: object) -> Any:
        connection = HTTPConnection(HOST, self.ports[region], timeout=PATIENCE_S)
        try:
            connection.request(method, f"/_microburst/{path}", json.dumps(what))
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise OSError(f"the proxy of {region} answered {answer.status}: {text!r}")
        return json.loads(text)
