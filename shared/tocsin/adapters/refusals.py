"""What AWS does not answer, or not to this caller, in a few words."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

DENIED = {"AuthorizationError", "AccessDenied", "AccessDeniedException"}


class RefusedError(Exception):
    """AWS did not answer, or not to this caller; `code` is AWS's own word for it."""

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.code = code


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what botocore raises into RefusedError, in a few words."""
    try:
        yield
    except ClientError as error:
        told = error.response.get("Error", {})
        code = told.get("Code", "")
        if code in DENIED:
            raise RefusedError(
                f"this identity may not call {error.operation_name}", code
            ) from error
        raise RefusedError(f"{code}: {told.get('Message', '')}".rstrip(": "), code) from error
    except (BotoCoreError, ResponseParserError, ValueError) as error:
        raise RefusedError(f"no answer ({type(error).__name__})") from error
