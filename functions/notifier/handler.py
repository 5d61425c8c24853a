"""Hand alerts on to the outlets of their routes: what Apprise reaches, and a bus of events.

Two queues lead here. What the topics publish comes by the first, and is put on the second once for
each outlet that is owed it. What fails is given back, and is seen again after a growing pause.
"""

import gc

gc.disable()  # what is imported stays: looking for garbage in it is an eighth of a cold start

from dataclasses import dataclass
from datetime import timedelta
from traceback import extract_tb
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from tocsin.adapters import sqs
from tocsin.usecases.hand_on import TRIES, hand_over, owed, pause
from tocsin.usecases.ports import HandoverError
from tocsin.wiring import home, notifier
from tocsin.wiring.home import told

gc.freeze()
gc.enable()

logger = Logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message of one of the queues; `tries` counts how often it was seen, this time too."""

    id: str
    queue: str
    body: str
    receipt: str
    tries: int

    @property
    def published(self) -> bool:
        """Whether a topic has sent it; else it is what is owed to an outlet."""
        return self.queue == told("TOCSIN_ALERTS_QUEUE")

    @property
    def last(self) -> bool:
        """Whether it goes to the dead letters if this fails."""
        return self.tries >= TRIES


def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Take messages of either queue; those that failed are given back by id."""
    messages = [_message(record) for record in event["Records"]]
    failed = [message for message in messages if not _done(message)]
    _emit(failed)
    return {"batchItemFailures": [{"itemIdentifier": message.id} for message in failed]}


def _message(record: dict[str, Any]) -> Message:
    queues = (told("TOCSIN_ALERTS_QUEUE"), told("TOCSIN_HANDOVERS_QUEUE"))
    name = record["eventSourceARN"].rpartition(":")[2]
    return Message(
        id=record["messageId"],
        queue=next(url for url in queues if url.endswith(f"/{name}")),
        body=record["body"],
        receipt=record["receiptHandle"],
        tries=int(record["attributes"]["ApproximateReceiveCount"]),
    )


def _done(message: Message) -> bool:
    """Do what a message asks for; False where it must be seen again."""
    try:
        if message.published:
            _spread(message)
        else:
            _hand_over(message)
    except HandoverError as error:
        _put_off(message, why=str(error))
    except Exception as error:  # noqa: BLE001 - one message of many; its text may quote a secret
        frames = [f"{f.filename}:{f.lineno} {f.name}" for f in extract_tb(error.__traceback__)]
        _put_off(message, why=type(error).__name__, frames=frames)
    else:
        return True
    return False


def _spread(message: Message) -> None:
    """Put what a topic has published on the queue, once for each outlet."""
    published = sqs.published(message.body)
    alert = notifier.parse(published.text)
    outlets, bus = notifier.hands().outlets, bool(notifier.bus())
    # All of them are known before the first is queued.
    for each in tuple(owed(alert, published.text, published.route, outlets, bus=bus)):
        notifier.handovers().put(each)


def _hand_over(message: Message) -> None:
    """Tell an outlet what it is owed."""
    owed_to = sqs.handover(message.body)
    told_it = hand_over(owed_to, notifier.parse(owed_to.text), notifier.hands())
    said = "an alert was handed over" if told_it else "an outlet is no longer there"
    logger.info(said, outlet=owed_to.outlet, alert=owed_to.alert, tries=message.tries)


def _put_off(message: Message, **why: Any) -> None:  # noqa: ANN401 - what the log takes
    """Let a message be seen again after a pause, or be given up, and say so."""
    seconds = timedelta() if message.last else pause(message.tries)
    if not sqs.postpone(notifier.queues(), message.queue, message.receipt, seconds):
        logger.warning("a pause could not be set: the queue's own holds")
    said = _about(message) | why | {"tries": message.tries}
    if message.last:
        logger.error("an alert was given up and is among the dead letters", **said)
    else:
        logger.warning("an alert was not handed over and will be tried again", **said)


def _about(message: Message) -> dict[str, str]:
    """Say which alert this is, and whose, where it can be read."""
    try:
        owed_to = sqs.handover(message.body)
    except ValueError:
        return {"queue": message.queue.rpartition("/")[2], "message_id": message.id}
    return {"outlet": owed_to.outlet, "alert": owed_to.alert}


def _emit(failed: list[Message]) -> None:
    """Emit what failed: what is handed over SQS counts itself, as deleted from its queue."""
    home.emit(
        {
            "FailedHandovers": len(failed),
            "LostHandovers": sum(each.last for each in failed),
        }
    )
