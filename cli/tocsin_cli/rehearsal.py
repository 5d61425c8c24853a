"""`tocsin test-alert`: see whether a route rings."""

from typing import TYPE_CHECKING, Annotated

import typer

from tocsin_cli.output import AsJson, CommandError, Region, print_json, say

if TYPE_CHECKING:
    from tocsin.adapters.receivers import Places
    from tocsin.adapters.refusals import RefusedError
    from tocsin.usecases.rehearse import Sent
    from tocsin_cli.routes import Hearers

_MENDS = {
    "AuthorizationError": "the topic's policy or the aggregator's role was changed: deploy again",
    "NotFound": "the topic was deleted: deploy again, and subscribe again whoever you had added",
    "KMS": "the key of the topic does not let the aggregator use it: see its policy and its state",
    "Throttl": "SNS takes no more for now: try again in a minute",
}
"""By what SNS's answer contains."""
_OTHERWISE = "the aggregator's log has more of it; the alerts of this route stay owed meanwhile"


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("test-alert")(rehearse)


def rehearse(
    route: Annotated[str, typer.Argument(help="page, chat or notice.", metavar="ROUTE")],
    region: Region = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Send a test through a route, a beginning and five seconds later its end, to all who hear.

    The aggregator itself sends it, as it sends alerts: so you need the right to invoke it, and
    whatever the route leads to rings, outlets and rules of EventBridge too. The monitor is called
    tocsin-test.

    Exit: 0 accepted, 1 refused, or nobody hears, or no home stack, 64 no such route.
    """
    from tocsin.adapters.refusals import RefusedError  # noqa: PLC0415 - not for --help
    from tocsin.domain.monitor import Route  # noqa: PLC0415
    from tocsin_cli.home import place  # noqa: PLC0415
    from tocsin_cli.landmarks import landmarks  # noqa: PLC0415
    from tocsin_cli.routes import who_hears  # noqa: PLC0415

    if route not in {*Route}:
        raise typer.BadParameter(f"there is no route {route}: choose {', '.join(Route)}")
    receivers, places = landmarks(place(region))
    try:
        sent = receivers.rehearse(places.aggregator, Route(route))
    except RefusedError as error:
        raise CommandError(_unsent(error, places)) from error
    hear, unseen = who_hears(receivers, places, Route(route))
    _show(route, sent, hear, unseen, as_json=as_json)
    if any(each.problem for each in sent) or hear.nobody:
        raise typer.Exit(1)


def _show(
    route: str, sent: "tuple[Sent, ...]", hear: "Hearers", unseen: tuple[str, ...], *, as_json: bool
) -> None:
    from dataclasses import asdict  # noqa: PLC0415 - not for --help

    from tocsin_cli import route_remarks  # noqa: PLC0415

    if as_json:
        who = route_remarks.who(hear)
        answers = [{**asdict(each), "mend": each.problem and mend(each.problem)} for each in sent]
        print_json({"route": route, "sent": answers, **who, "unseen": list(unseen)})
        return
    for each in sent:
        what = each.alert.rpartition("#")[2]
        if each.problem is None:
            say(f"{what}: accepted by SNS as {each.message}")
        else:
            say(f"{what}: not accepted: {each.problem}", "red")
            say(f"{what}: {mend(each.problem)}", "yellow")
    if len(sent) > 1 and sent[-1].problem:
        say("what was opened by it stays open: close it by hand", "yellow")
    say(f"{route}: {route_remarks.hearing(hear)}", "yellow" if hear.nobody else "")
    if hear.nobody:
        say("so nobody has heard it: subscribe somebody, as docs/routes.md tells", "yellow")
    for text in unseen:
        say(f"not shown: {text}")


def mend(problem: str) -> str:
    """Say what to do about SNS's answer."""
    return next((mend for sign, mend in _MENDS.items() if sign in problem), _OTHERWISE)


def _unsent(error: "RefusedError", places: "Places") -> str:
    match error.code:
        case "OldVersion" | "ResourceNotFoundException":
            mend = "deploy the home stack again (`make deploy`)"
        case "FunctionError":
            mend = "its log has more of it"
        case "TooManyRequestsException":
            mend = "it is busy, so try again in a minute"
        case "":
            mend = "see the aggregator's log before you try again: it may be sent all the same"
        case _:
            mend = "use a role that may invoke it, with AWS_PROFILE"
    return f"the aggregator {places.aggregator} could not be asked: {error}: {mend}"
