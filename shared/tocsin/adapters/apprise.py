"""Apprise: one library for all the services of other people that can tell somebody something.

A URL is a secret, and so is what a service answers to it. Nothing of either leaves this module:
neither in an error, nor in what Apprise and the libraries under it would log.
"""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from apprise import (
    Apprise,
    AppriseAsset,
    AppriseResult,
    NotifyBase,
    NotifyFormat,
    NotifyType,
    OverflowMode,
    PersistentStoreMode,
)

from tocsin.adapters.plugins import read_in
from tocsin.domain.incident import Alert, Ending, Event, Kind
from tocsin.usecases.ports import HandoverError

PATIENCE_SECONDS: Final = 10.0
"""For one answer, whatever a URL asks for: a URL may take several."""

_STATUS: Final = re.compile(r"\berror=(\d{3})\b")

type Writer = Callable[[Alert, int], tuple[str, str]]
"""Writes an alert, as a title and a text, for a service that takes so many characters."""


class AppriseMessenger:
    """Whatever an Apprise URL stands for."""

    def __init__(self, write: Writer) -> None:
        self._write = write
        self._asset = AppriseAsset(
            app_id="Tocsin",
            app_desc="Tocsin",
            app_url="",
            image_url_mask="",
            image_url_logo="",
            async_mode=False,
            storage_mode=PersistentStoreMode.MEMORY,
        )

    def tell(self, url: str, alert: Alert) -> None:
        """Bring an alert there; HandoverError where it was not taken."""
        with _unheard():
            result = self._notify(self._service(url), alert)
        if not result:
            raise HandoverError(_why(result))

    def _service(self, url: str) -> NotifyBase:
        read_in(url)
        service = Apprise.instantiate(url, asset=self._asset)
        if service is None:
            raise HandoverError("its URL is none that Apprise can read")
        service.socket_connect_timeout = min(service.socket_connect_timeout, PATIENCE_SECONDS)
        service.socket_read_timeout = min(service.socket_read_timeout, PATIENCE_SECONDS)
        # A service would refuse what is too long for it, or take it in twenty pieces.
        if service.overflow_mode is OverflowMode.UPSTREAM:
            service.overflow_mode = OverflowMode.TRUNCATE
        return service

    def _notify(self, service: NotifyBase, alert: Alert) -> AppriseResult:
        title, text = self._write(alert, service.body_maxlen)
        kind = _type(alert, closes=_tied(service, alert))
        outlet = Apprise(asset=self._asset)
        outlet.add(service)
        return outlet.notify(
            title=title, body=text, notify_type=kind, body_format=NotifyFormat.TEXT
        )


def _tied(service: Any, alert: Alert) -> bool:  # noqa: ANN401 - what only some of them have
    """Have a service that keeps incidents close with our end what our beginning opened.

    By itself it would look for one of the same title. False where it keeps none, or its URL names
    one for all alerts.
    """
    if getattr(service, "dedup", "") is not None:
        return False
    service.dedup, service.action = alert.incident, "map"
    return True


def _type(alert: Alert, *, closes: bool) -> NotifyType:
    """Give the kind of an alert; where an end closes an incident, any end must."""
    if alert.event is Event.RESOLVED:
        well = closes or alert.ending is Ending.RECOVERED
        return NotifyType.SUCCESS if well else NotifyType.INFO
    return NotifyType.FAILURE if alert.kind is Kind.DOWN else NotifyType.WARNING


def _why(result: AppriseResult) -> str:
    """Say why in words of our own: of what Apprise logs, only a status holds no secret."""
    lines = (entry.message for each in result.results for entry in each.logs())
    if found := [match[1] for line in lines if (match := _STATUS.search(line))]:
        return f"it answered with HTTP status {found[-1]}"
    return "it could not be reached, was too slow or did not take it"


@contextmanager
def _unheard() -> Iterator[None]:
    """Let nothing that is logged meanwhile be heard: URLs, tokens and answers are in it."""
    root = logging.getLogger()
    before = root.handlers
    root.handlers = [logging.NullHandler()]
    try:
        yield
    finally:
        root.handlers = before
