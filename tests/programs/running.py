"""A declared program that runs, and how `tocsin check` is told to look at it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from tests.programs.certificates import Certificate
from tests.programs.declaration import Declaration, Offer
from tests.programs.programs import HERE, Program


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A program and the certificate that it shows, if any; `folder` is its own."""

    declared: Declaration
    program: Program
    certificate: Certificate | None
    folder: Path

    @classmethod
    def settled(
        cls,
        declared: Declaration,
        folder: Path,
        certificate: Certificate | None,
        more: tuple[str, ...] = (),
    ) -> "Running":
        program = declared.settle(folder, certificate, more)
        return cls(declared=declared, program=program, certificate=certificate, folder=folder)

    def target(self, offer: Offer, **said: str) -> str:
        """Write the target for an offer; what TLS has to trust is told, unless `said` is."""
        trusting = self.certificate is not None and offer.mode != "plain"
        trust = {"ca": f"{self.folder}/authority.pem"} if trusting else {}
        options = {"tls": offer.mode} | (said or trust)
        return f"{offer.service}://{self.address(offer.port)}?{urlencode(options, safe='/')}"

    def address(self, port: str) -> str:
        """Give the address of one of its ports."""
        return f"{HERE}:{self.program.ports[port]}"

    def targets(self) -> list[str]:
        """Write the targets of all that it offers."""
        return [self.target(offer) for offer in self.declared.offers]


type Run = Callable[[Declaration], Running]
type RunApart = Callable[..., Running]
