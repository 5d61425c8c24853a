"""Everybody who hears of alerts, as servers on loopback, and the parameters that lead to them."""

import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import trustme
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.e2e import receivers
from tests.e2e.receivers import HOST, Arrival, Endpoint
from tests.e2e.signatures import certified
from tocsin_cli.local.deploy import HOME

LAUNCHER: Final = Path(__file__).with_name("delivering_ministack.py")
ACCOUNT: Final = "000000000000"
PHONES: Final = {"page": "+4915100000001", "notice": "+4915100000002"}
OUTLET_ADDRESS: Final = "outlet@example.com"


@dataclass(kw_only=True)
class Audience:
    """The servers that listen; queues and SMS come with the stack."""

    endpoints: Mapping[str, Endpoint]
    gone: Endpoint
    """Confirmed its subscription once; then nobody answers there."""
    leave: Callable[[], None]
    """Closes it."""
    nobody: int
    """A port where nobody ever answers."""
    mail_port: int
    mail: list[Arrival]
    webhook_port: int
    webhook: list[Arrival]
    launcher: tuple[Path, Path]

    @property
    def parameters(self) -> dict[str, str]:
        """Name them to the template."""
        return {
            "PageEmail": "page@example.com",
            "PagePhone": PHONES["page"],
            "PageEndpoint": self.endpoints["page"].url("integration/KEY/enqueue"),
            "PageEndpoint2": self.gone.url(),
            "PageQueueArn": queue_arn("page"),
            "NoticeEmail": "notice@example.com",
            "NoticePhone": PHONES["notice"],
            "NoticeEndpoint": self.endpoints["notice"].url("alerts"),
            "NoticeQueueArn": queue_arn("notice"),
        }

    @property
    def outlets(self) -> dict[str, str]:
        """Give the URLs of Apprise, by route and name; one leads to nobody."""
        mail = f"mailto://{HOST}:{self.mail_port}?from=tocsin@example.com&to={OUTLET_ADDRESS}"
        return {
            "page/webhook": f"json://{HOST}:{self.webhook_port}/webhook",
            "notice/mail": mail,
            "chat/gone": f"json://{HOST}:{self.nobody}/",
        }


@contextmanager
def audience(folder: Path) -> Iterator[Audience]:
    """Let everybody listen; `folder` takes what AWS is told of them."""
    authority = trustme.CA()
    identity = _identity(authority)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    key = generate_private_key(public_exponent=65537, key_size=2048)
    with ExitStack() as all_of, ExitStack() as dying:
        certificate = all_of.enter_context(receivers.certificate(certified(key), identity))

        def listening(scope: ExitStack) -> Endpoint:
            made = Endpoint(trust=trust, certificates=certificate.rpartition("/")[0] + "/")
            return scope.enter_context(receivers.endpoint(made, identity))

        mail_port, mail = all_of.enter_context(receivers.mailboxes())
        webhook_port, webhook = all_of.enter_context(receivers.webhook())
        gone = listening(dying)

        def leave() -> None:
            dying.close()
            all_of.enter_context(receivers.nobody(gone.port))

        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        settings = {
            "key": secret.decode(),
            "certificate": certificate,
            "authority": authority.cert_pem.bytes().decode(),
            "mail_port": mail_port,
        }
        told = folder / "sns.json"
        told.write_text(json.dumps(settings))
        yield Audience(
            endpoints={route: listening(all_of) for route in ("page", "chat", "notice")},
            gone=gone,
            leave=leave,
            nobody=all_of.enter_context(receivers.nobody()),
            mail_port=mail_port,
            mail=mail,
            webhook_port=webhook_port,
            webhook=webhook,
            launcher=(LAUNCHER, told),
        )


def queue_name(queue: str) -> str:
    return f"reader-{queue}"


def queue_arn(queue: str) -> str:
    return f"arn:aws:sqs:{HOME.location}:{ACCOUNT}:{queue_name(queue)}"


def _identity(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(HOST).configure_cert(context)
    return context
