"""What Lambda does at a cold start: import the handler, and hand it an event.

A program for `python -I`, which finds nothing but what it is told: the folders to import from, the
remaining events, and where to answer. It runs in the built artefact, which holds nothing of ours.
"""

import json
import sys
import time


class Context:
    """As much of Lambda's context as a handler may use."""

    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:tocsin"
    function_version = "1"
    aws_request_id = "c0ffee00-0000-0000-0000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        """Give what is left."""
        return 50_000


def main() -> None:
    """Import, take one event, and say how much of the processor both took so far."""
    folders, event = json.loads(sys.argv[1]), json.loads(sys.argv[2])
    sys.path[:0] = folders
    sys.dont_write_bytecode = True  # Lambda's folders cannot be written to
    import handler  # type: ignore[import-not-found]  # noqa: PLC0415 - found only now

    imported = time.process_time()
    handler.lambda_handler(event, Context())
    print(f"\n{imported} {time.process_time()}", flush=True)
    # What a thread or a connection would still do is no part of the start.
    sys.stdout.flush()


main()
