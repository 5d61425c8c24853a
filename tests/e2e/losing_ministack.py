"""MiniStack, whose home region can be lost: while a file is there, DynamoDB there swallows calls.

A script, run by `Emulator`. Functions get no answer and no refusal, as through a black hole; the
account's root, who looks on, is answered.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
# Of this process alone: what functions can import is what was deployed.
sys.path[:0] = [str(ROOT), str(ROOT / "cli")]

from ministack import app  # noqa: E402

from tocsin_cli.local import emulator, strict_ministack  # noqa: E402
from tocsin_cli.local.deploy import HOME  # noqa: E402

SWALLOWED_S: Final = 5.0
"""Longer than any of our clients waits for an answer."""

type Handler = Callable[..., Awaitable[Any]]


def swallowing(handle: Handler, lost: Callable[[], bool]) -> Handler:
    """Answer nobody but root in the home region, while that is lost."""

    async def extended(
        method: str, path: str, headers: Mapping[str, str], *request: object
    ) -> object:
        if lost() and _of_the_home(headers):
            await asyncio.sleep(SWALLOWED_S)
            return 503, {}, b""
        return await handle(method, path, headers, *request)

    return extended


def _of_the_home(headers: Mapping[str, str]) -> bool:
    """Tell by a request's signature, `Credential=<who>/<day>/<region>/…`, if it is swallowed."""
    credential = headers.get("authorization", "").partition("Credential=")[2]
    who, _day, region, *_ = [*credential.split("/"), "", "", ""]
    return region == HOME.location and who != emulator.ROOT["AWS_ACCESS_KEY_ID"]


if __name__ == "__main__":
    app.SERVICE_HANDLERS["dynamodb"] = swallowing(
        app.SERVICE_HANDLERS["dynamodb"], Path(sys.argv.pop()).exists
    )
    strict_ministack.main()
