"""Where an HTTP check goes, redirect by redirect, and what each server on the way is given.

Headers, body and password are for the server that the file names, at first and at each redirect on
the same origin; from the first other origin on nobody gets them any more, not even that server:
where a stranger sends them is not ours to say. What must be true of TLS holds for all, save what is
said of one server alone: its name, and that it may have signed its certificate itself.
"""

from base64 import b64encode
from dataclasses import dataclass, replace
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from tocsin import __version__
from tocsin.checks.failure import CheckFailedError, quoted
from tocsin.checks.message import Answer, Request
from tocsin.checks.url import Url, joined, parse
from tocsin.domain.outcome import Layer, Reason, printable
from tocsin.domain.target import HttpTarget, Tls

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_FORGETS_POST: Final = frozenset({301, 302})
_CIRCLE_LIMIT: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One server on the way, and what it is asked.

    `confided` says that no other origin has been met so far.
    """

    url: Url
    request: Request
    home: tuple[str, str, int]
    confided: bool = True

    @property
    def at_home(self) -> bool:
        """Tell whether this is the server that the file names."""
        return self.url.origin == self.home

    def rules(self, target: HttpTarget) -> Tls | None:
        """Give what must be true of TLS here."""
        if self.at_home or target.tls is None:
            return target.tls
        return replace(target.tls, name=None, self_signed=False)


def first(target: HttpTarget) -> Hop:
    """Begin where the file says."""
    url = _parsed(target.url)
    body = None if target.body is None else target.body.encode()
    return Hop(url=url, request=_confiding(target, url, target.method, body), home=url.origin)


# Monitors ask for the same in every tick.
@lru_cache(maxsize=4096)
def _parsed(url: str) -> Url:
    return parse(url)


def location(answer: Answer) -> bytes | None:
    """Give where a redirect leads; None for any other answer."""
    if answer.status not in _REDIRECTS:
        return None
    return next(iter(answer.values(b"location")), None)


def following(target: HttpTarget, trail: list[Hop], answer: Answer) -> Hop:
    """Go on from the last hop as RFC 9110 (15.4) has it.

    Raises CheckFailedError where the way leads nowhere, round, or further than is allowed.
    """
    here, there = trail[-1], _target_of(trail[-1].url, answer)
    confided = here.confided and there.origin == here.home
    method, body = here.request.method, here.request.body or None
    if not confided:
        method = "HEAD" if method == "HEAD" else "GET"
        host = target.host if there.origin == here.home else None
        request = _request(there, method, host=host)
    else:
        forgets = answer.status in _FORGETS_POST and method == "POST"
        if forgets or (answer.status == HTTPStatus.SEE_OTHER and method != "HEAD"):
            method, body = "GET", None
        request = _confiding(target, there, method, body)
    hop = Hop(url=there, request=request, home=here.home, confided=confided)
    _hold_to_limits(target, trail, hop)
    return hop


def _hold_to_limits(target: HttpTarget, trail: list[Hop], hop: Hop) -> None:
    """Nothing is kept between two requests, so the same one again gets the same answer."""
    same = (hop.url.origin, hop.request)
    for position, passed in enumerate(trail):
        if (passed.url.origin, passed.request) == same:
            circle = [*trail[position:], hop]
            share = _CIRCLE_LIMIT // len(circle)
            text = " -> ".join(printable(each.url.text, max(share, 20)) for each in circle)
            text = f"redirects in a circle: {text}"
            raise CheckFailedError(Layer.HTTP, Reason.TOO_MANY_REDIRECTS, text)
    if len(trail) > target.redirects:
        count = f"{target.redirects} redirect{'s' if target.redirects > 1 else ''}"
        text = f"more than {count}; the last one leads to {quoted(hop.url.text.encode())}"
        raise CheckFailedError(Layer.HTTP, Reason.TOO_MANY_REDIRECTS, text)


def _target_of(url: Url, answer: Answer) -> Url:
    there = location(answer) or b""
    try:
        return joined(url, there)
    except ValueError as error:
        text = f"status {answer.status} redirects to {quoted(there)}: {error}"
        raise CheckFailedError(Layer.HTTP, Reason.BAD_REDIRECT, text) from None


def _confiding(target: HttpTarget, url: Url, method: str, body: bytes | None) -> Request:
    headers = {name.lower(): value for name, value in target.headers}
    if target.basic is not None:
        # RFC 7617: a colon ends the user's name.
        credential = b64encode(":".join(target.basic).encode()).decode()
        headers["authorization"] = f"Basic {credential}"
    return _request(url, method, host=target.host, headers=headers, body=body)


def _request(
    url: Url,
    method: str,
    *,
    host: str | None = None,
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
) -> Request:
    said = {
        "host": host or url.authority,
        "user-agent": f"tocsin/{__version__}",
        "accept": "*/*",
        "accept-encoding": "identity",
        "connection": "close",
    }
    if body is not None or method in {"POST", "PUT", "PATCH"}:
        said["content-length"] = str(len(body or b""))
    said |= headers or {}
    return Request(method=method, path=url.path, headers=tuple(said.items()), body=body or b"")
