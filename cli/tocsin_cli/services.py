"""`tocsin services`: which services are known by name, and what their replies prove."""

from typing import TYPE_CHECKING, Annotated

import typer

from tocsin_cli.output import AsJson, print_json, say, table

if TYPE_CHECKING:
    from tocsin.config.catalogue import Service

ANYBODY = "HOST"
"""Stands in a dialogue for the host that is not known yet."""


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(services)


def services(
    name: Annotated[
        str | None, typer.Argument(help="Show this one with its dialogue.", metavar="[NAME]")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List the services that can be watched by name, and what a reply of each proves.

    The first mode of TLS is the one that is meant unless a monitor says another.
    """
    from tocsin.config import catalogue  # noqa: PLC0415 - pydantic and YAML, not for --help
    from tocsin.config.fault import MistakeError  # noqa: PLC0415

    if name is None:
        _list(as_json=as_json)
        return
    try:
        own = catalogue.service_name(name)
    except MistakeError as mistake:
        raise typer.BadParameter(f"{mistake.message}. {mistake.fix}.") from None
    service = catalogue.services()[own]
    if as_json:
        print_json({**document(own, service), "dialogues": _dialogues(service)})
    else:
        _show(own, service)


def document(name: str, service: "Service") -> dict[str, object]:
    """Give a service as `--json` prints it."""
    return {
        "name": name,
        "aliases": list(service.aliases),
        "title": service.title,
        "group": service.group,
        "port": service.port,
        "modes": list(service.modes),
        "proves": service.proves,
        "note": service.note,
        "source": service.source,
    }


def _list(*, as_json: bool) -> None:
    from tocsin.config import catalogue  # noqa: PLC0415 - as above

    known = catalogue.services()
    groups = tuple(dict.fromkeys(service.group for service in known.values()))
    grouped = sorted(known.items(), key=lambda item: groups.index(item[1].group))
    if as_json:
        print_json([document(name, service) for name, service in grouped])
        return
    table(
        ("GROUP", "SERVICE", "PORT", "MODES", "WHAT A REPLY PROVES"),
        [
            (service.group, name, str(service.port), " ".join(service.modes), service.proves)
            for name, service in grouped
        ],
        grouped=True,
    )


def _show(name: str, service: "Service") -> None:
    also = f" (also {', '.join(service.aliases)})" if service.aliases else ""
    say(f"{name}{also}: {service.title}, port {service.port}", "bold")
    say(service.proves)
    if service.note:
        say(service.note)
    say(service.source, "dim")
    for mode, lines in _dialogues(service).items():
        usual = ", unless another is said" if mode == service.usual else ""
        say(f"{mode}{usual}:", "bold")
        for line in lines or ["nothing is said"]:
            say(f"  {line}")


def _dialogues(service: "Service") -> dict[str, list[str]]:
    from tocsin_cli.dialogue import steps  # noqa: PLC0415 - as above

    return {str(mode): steps(service.script(mode, ANYBODY)) for mode in service.modes}
