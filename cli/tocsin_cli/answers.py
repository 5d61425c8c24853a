"""What an order has changed, and what was already so: for people, and for programs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tocsin.domain.control import Said
from tocsin_cli import documents
from tocsin_cli.output import print_json, say
from tocsin_cli.remarks import SOON, who


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of an order that somebody has `said`.

    `changed` names what it has changed, `already` what was so before, with who had said it where
    that is known. `more` is what else programs are told.
    """

    order: str
    said: Said
    changed: tuple[str, ...]
    already: Mapping[str, Said | None]
    more: Mapping[str, object] = field(default_factory=dict)

    @property
    def document(self) -> dict[str, object]:
        """This as `--json` prints it."""
        already = [{"name": n, "said": documents.said(s)} for n, s in self.already.items()]
        return {
            "order": self.order,
            **(documents.said(self.said) or {}),
            "changed": list(self.changed),
            "already": already,
            **self.more,
        }


def sorted_out(order: str, said: Said, found: Mapping[str, Said], **more: object) -> Answer:
    """Tell what was said now from what somebody had said before."""
    return Answer(
        order=order,
        said=said,
        changed=tuple(name for name, each in found.items() if each == said),
        already={name: each for name, each in found.items() if each != said},
        more=more,
    )


def tell(
    answer: Answer, *, done: str, was: str = "", lines: Iterable[str] = (), as_json: bool
) -> None:
    """Print an answer: `done` says what was changed, `was` what was already so."""
    if as_json:
        print_json(answer.document)
        return
    for name in answer.changed:
        say(f"{done} {name}", "bold")
    for name, said in answer.already.items():
        say(f"{name} was {was}" + (f" {who(said, answer.said.at)}" if said else ""))
    for line in lines:
        say(line)
    if answer.changed:
        say(SOON)
