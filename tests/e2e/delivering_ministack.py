"""MiniStack, made to deliver what it leaves undelivered.

A script, run by `Emulator`. MiniStack picks the text that SNS sends by each protocol, but sends no
mail and no SMS; it asks no endpoint that CloudFormation subscribes to confirm; it signs with
"FAKE"; and it forgets what an endpoint did not take. Here mail goes to a server of mail, SMS onto
MiniStack's own list of them, confirmations are asked for, messages are signed as the topic says,
and what was not taken goes where the subscription's redrive policy says, after one try.

Whom a message goes to, with what text, and whether the queue lets it in, stays MiniStack's.
"""

import asyncio
import json
import smtplib
import ssl
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
# Of this process alone: what functions can import is what was deployed.
sys.path[:0] = [str(ROOT), str(ROOT / "cli")]

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: E402
from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: E402
from ministack.core import iam_evaluator  # noqa: E402
from ministack.services import sns  # noqa: E402
from ministack.services.cloudformation import provisioners  # noqa: E402

from tests.e2e import signatures  # noqa: E402
from tocsin_cli.local import strict_ministack  # noqa: E402

PATIENCE_S: Final = 15.0
SENDER: Final = "no-reply@sns.amazonaws.com"

type Subscription = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """What SNS sends with: a key, where its certificate is, whom it trusts, and a mail server."""

    key: RSAPrivateKey
    certificate: str
    trust: ssl.SSLContext
    mail: tuple[str, int]

    def post(self, endpoint: str, text: str, kind: str) -> int:
        """Sign a message and post it; OSError where it is not taken."""
        message = json.loads(text)
        topic = sns._topic_by_arn_any_scope(message["TopicArn"])
        signed = signatures.sign(
            message,
            self.key,
            version=topic["attributes"].get("SignatureVersion", "1"),
            certificate=self.certificate,
        )
        request = urllib.request.Request(  # noqa: S310 - https, as the template has it
            endpoint,
            data=json.dumps(signed).encode(),
            headers={
                "Content-Type": "text/plain; charset=UTF-8",
                "x-amz-sns-message-type": kind,
                "x-amz-sns-message-id": message["MessageId"],
                "x-amz-sns-topic-arn": message["TopicArn"],
            },
        )
        with urllib.request.urlopen(  # noqa: S310
            request, timeout=PATIENCE_S, context=self.trust
        ) as answer:
            status: int = answer.status
            return status

    def mail_to(self, address: str, subject: str, text: str) -> None:
        """Send a mail as SNS does: the topic's subject, and the text for `email`."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = SENDER, address, subject
        mail.set_content(text)
        host, port = self.mail
        with smtplib.SMTP(host, port, local_hostname="sns", timeout=PATIENCE_S) as server:
            server.send_message(mail)


async def deliver(endpoint: str, envelope: str) -> None:
    """Post a message to an endpoint, or put it where its subscription says."""
    try:
        await asyncio.to_thread(sns._http_post_sync, endpoint, envelope, "Notification")
    except OSError as error:
        topic = json.loads(envelope)["TopicArn"]
        sns.logger.warning("SNS: %s did not take a message: %s", endpoint, error)
        # SNS itself speaks by TLS, as queues demand; here nobody has asked, by any wire.
        iam_evaluator.pin_request_origin("127.0.0.1", True)
        for each in _of(topic, "https"):
            if each["endpoint"] == endpoint and (policy := each["attributes"].get("RedrivePolicy")):
                queue = json.loads(policy)["deadLetterTargetArn"]
                sns._deliver_to_sqs(queue, envelope, False, "", topic_arn=topic)


def fanning_out(fan_out: Callable[..., None], sender: Sender) -> Callable[..., None]:
    """Deliver by mail and SMS too."""

    # By MiniStack's own names: some of it passes them.
    def extended(
        topic_arn: str,
        msg_id: str,
        message: str,
        subject: str,
        message_structure: str = "",
        message_attributes: dict[str, Any] | None = None,
        **more: str,
    ) -> None:
        about = (message, subject, message_structure, message_attributes)
        fan_out(topic_arn, msg_id, *about, **more)
        for each in (*_of(topic_arn, "email"), *_of(topic_arn, "sms")):
            text = sns._resolve_message_for_protocol(message, message_structure, each["protocol"])
            if not sns._matches_filter_policy(each, message_attributes or {}, text):
                continue
            if each["protocol"] == "sms":
                sns._sms_log_for(each["endpoint"]).append(
                    {"TopicArn": topic_arn, "Message": text, "Timestamp": time.time()}
                )
            else:
                send = partial(sender.mail_to, each["endpoint"], subject, text)
                Thread(target=send, daemon=True).start()

    return extended


def _of(topic: str, protocol: str) -> list[Subscription]:
    """Give the confirmed subscriptions of a topic by one protocol."""
    found = sns._topic_by_arn_any_scope(topic)["subscriptions"]
    return [each for each in found if each["confirmed"] and each["protocol"] == protocol]


def signing(create: Callable[..., Any]) -> Callable[..., Any]:
    """Let a topic of CloudFormation keep how its messages are signed."""

    def extended(logical_id: str, properties: dict[str, Any], stack: str) -> object:
        arn, attributes = create(logical_id, properties, stack)
        if version := properties.get("SignatureVersion"):
            sns._topics[arn]["attributes"]["SignatureVersion"] = version
        return arn, attributes

    return extended


def asking(create: Callable[..., Any]) -> Callable[..., Any]:
    """Ask an endpoint that CloudFormation subscribes to confirm."""

    def extended(logical_id: str, properties: dict[str, Any], stack: str) -> object:
        arn, attributes = create(logical_id, properties, stack)
        topic = properties["TopicArn"]
        subscription = sns._find_subscription(topic, arn)
        if subscription is not None and not subscription["confirmed"]:
            subscription["token"] = sns.new_uuid()
            subscription["attributes"]["PendingConfirmation"] = "true"
            ask = sns._send_subscription_confirmation
            Thread(target=lambda: asyncio.run(ask(topic, subscription)), daemon=True).start()
        return arn, attributes

    return extended


def _sender(file: Path) -> Sender:
    told = json.loads(file.read_text())
    key = load_pem_private_key(told["key"].encode(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("SNS signs with RSA")
    return Sender(
        key=key,
        certificate=told["certificate"],
        trust=ssl.create_default_context(cadata=told["authority"]),
        mail=("127.0.0.1", told["mail_port"]),
    )


def _extend(sender: Sender) -> None:
    sns._http_post_sync = sender.post
    sns._deliver_to_http = deliver
    sns._fanout = fanning_out(sns._fanout, sender)
    kinds = provisioners._RESOURCE_HANDLERS
    topic, subscription = kinds["AWS::SNS::Topic"], kinds["AWS::SNS::Subscription"]
    topic["create"] = signing(topic["create"])
    subscription["create"] = asking(subscription["create"])


if __name__ == "__main__":
    _extend(_sender(Path(sys.argv.pop())))
    strict_ministack.main()
