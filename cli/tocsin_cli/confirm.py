"""`tocsin confirm`: confirm a subscription so that no mail scanner can end it."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated
from urllib.parse import parse_qs, urlsplit

import typer

from tocsin_cli.output import AsJson, CommandError, Region, print_json, say

if TYPE_CHECKING:
    from tocsin.adapters.receivers import Confirmed, Places
    from tocsin.adapters.refusals import RefusedError

LONGEST = 4096
_HOST = re.compile(r"sns\.([a-z]{2,3}(?:-[a-z]+)+-[0-9])\.amazonaws\.com(?:\.cn)?")
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]+):[0-9]{12}:[A-Za-z0-9_-]{1,256}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,2048}")
# As CloudFormation calls them after the stack, in each region that has a probe or the stand-by.
_BESIDE_HOME = re.compile(r"[A-Za-z0-9-]+-(?:Watcher|StandBy)Topic-[A-Za-z0-9]+")


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(confirm)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a link of SNS asks to confirm."""

    topic: str
    token: str

    @property
    def region(self) -> str:
        """Where the topic is."""
        return self.topic.split(":")[3]


def confirm(
    url: Annotated[
        str, typer.Argument(help="The link of the mail, in quotes.", metavar="TOKEN-URL")
    ],
    region: Region = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Confirm a mail address or an endpoint, so that only your account can end its subscription.

    Do not open the link: copy it. It is not fetched here either; what it names is confirmed by
    your own rights (sns:ConfirmSubscription).

    Exit: 0 confirmed, 1 the link is of no topic of ours or of no use any more, or no home stack.
    """
    from tocsin.adapters.receivers import Receivers  # noqa: PLC0415 - not for --help
    from tocsin.adapters.refusals import RefusedError  # noqa: PLC0415
    from tocsin_cli.home import place  # noqa: PLC0415
    from tocsin_cli.landmarks import landmarks  # noqa: PLC0415

    link = parsed(url)
    where = place(region)
    receivers, places = landmarks(where)
    name = _ours(link, places)
    if link.region != where.region:
        receivers = Receivers(link.region)
    try:
        done = receivers.confirm(link.topic, link.token)
    except RefusedError as error:
        raise CommandError(_refusal(error, name)) from error
    _show(done, name, as_json=as_json)


def parsed(url: str) -> Link:
    """Read a link of SNS, and nothing that only looks like one. CommandError."""
    # A mail's source has `&amp;`, and a copied line its end.
    text = url.strip().replace("&amp;", "&")
    if len(text) > LONGEST or not re.fullmatch(r"[!-~]+", text):
        raise _strange("it is too long, or has blanks or letters in it that no such link has")
    try:
        parts = urlsplit(text)
        asked = parse_qs(parts.query, keep_blank_values=True, strict_parsing=True, max_num_fields=8)
    except ValueError:
        raise _strange("it cannot be read: put it in quotes, all of it") from None
    host = _HOST.fullmatch(parts.netloc)
    if parts.scheme != "https" or host is None:
        raise _strange("it does not lead to https://sns.REGION.amazonaws.com")
    topic, token = (_one(asked, name) for name in ("TopicArn", "Token"))
    if parts.path != "/confirmation.html" and (
        parts.path not in {"", "/"} or _one(asked, "Action") != "ConfirmSubscription"
    ):
        raise _strange("it does something else")
    named = _TOPIC.fullmatch(topic)
    if named is None or not _TOKEN.fullmatch(token):
        raise _strange("its topic or its token is malformed")
    if named[1] != host[1]:
        raise _strange(f"its topic is not in the region {host[1]} that it leads to")
    return Link(topic=topic, token=token)


def _one(asked: dict[str, list[str]], name: str) -> str:
    match asked.get(name, []):
        case [value]:
            return value
        case []:
            raise _strange(f"it has no {name}: put it in quotes, all of it")
        case _:
            raise _strange(f"it has more than one {name}")


def _strange(why: str) -> CommandError:
    return CommandError(f"this is no link by which SNS confirms a subscription: {why}")


def _ours(link: Link, places: "Places") -> str:
    """Name the topic; CommandError where it is a stranger's."""
    for route, topic in places.topics.items():
        if topic == link.topic:
            return f"the route {route}"
    if link.topic == places.watcher:
        return "alarms about Tocsin itself"
    *_, account, called = link.topic.split(":")
    if account == places.watcher.split(":")[4] and _BESIDE_HOME.fullmatch(called):
        return f"alarms about Tocsin itself in {link.region}"
    raise CommandError(
        f"{link.topic} is no topic of this home stack, so nothing was confirmed: choose another "
        "stack with --region or AWS_PROFILE, or confirm it with `aws sns confirm-subscription`"
    )


def _show(done: "Confirmed", name: str, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "subscription": done.subscription,
                "hears_of": name,
                "protocol": done.protocol or None,
                "endpoint": done.endpoint or None,
                "guarded": done.guarded,
            }
        )
        return
    who = f"{done.protocol} {done.endpoint}".strip() or done.subscription
    say(f"confirmed: {who} hears of {name}")
    match done.guarded:
        case True:
            say("only your account can end it: the link below its mails no longer does")
        case False:
            say(
                "it had been confirmed by a click before, so whoever has one of its mails can end "
                f"it: `aws sns unsubscribe --subscription-arn {done.subscription}`, subscribe it "
                "again, and confirm it by this command",
                "yellow",
            )
        case None:
            say("whether others can end it is not shown: you may not read its attributes")


def _refusal(error: "RefusedError", name: str) -> str:
    match error.code:
        case "InvalidParameter" | "InvalidParameterException":
            mend = (
                "the link was used or is over two days old: where nothing is subscribed any more, "
                "deploy with the parameter empty, then with it set, and a new one is sent"
            )
        case "NotFound" | "NotFoundException":
            mend = "the topic is gone: deploy the home stack again"
        case "AuthorizationError" | "AccessDenied" | "AccessDeniedException":
            mend = "use a role that may, with AWS_PROFILE"
        case _:
            mend = "try again"
    return f"the subscription to {name} was not confirmed: {error}: {mend}"
